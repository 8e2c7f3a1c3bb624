"""A workbench for activation functions: evaluate, differentiate, plot, compare, train.

The library is the names in this module. Each is imported from its own module at its first use.
"""

__version__ = "2.0.0"

# Not imported from typing, which takes longer than all else before __main__ handles Ctrl-C.
TYPE_CHECKING = False

_MODULES = {
    "Activation": "activations.activation",
    "approximate": "lessons.approximation",
    "Approximation": "lessons.approximation",
    "Audit": "audit.report",
    "Auditor": "audit.auditor",
    "Candidate": "theory.gain",
    "CATALOGUE": "activations.catalogue",
    "collapse": "lessons.collapse",
    "CollapseConfig": "lessons.collapse",
    "CollapseRun": "lessons.collapse",
    "Constant": "audit.report",
    "CriticalPoint": "theory.gain",
    "CurveProperties": "analysis.curve_properties",
    "DataSet": "network.datasets",
    "Defect": "audit.rows",
    "DepthBends": "lessons.collapse",
    "DepthConfig": "depth.config",
    "DepthExperiment": "depth.experiment",
    "DepthRun": "depth.experiment",
    "Difference": "analysis.comparison",
    "Elementwise": "activations.activation",
    "End": "analysis.asymptotes",
    "Errors": "audit.tally",
    "Extreme": "audit.report",
    "Extremum": "analysis.extrema",
    "FiniteWidth": "theory.finite_width",
    "FixedPoint": "theory.fixed_point",
    "from_examples": "network.datasets",
    "Gain": "theory.gain",
    "gain": "theory.gain",
    "gradient_depth": "depth.experiment",
    "HiddenUnit": "lessons.trace",
    "Identification": "identify.identification",
    "InputError": "errors",
    "LayerRecord": "depth.experiment",
    "LineProfile": "lessons.collapse",
    "Match": "identify.identification",
    "Moment": "depth.history",
    "Near": "identify.identification",
    "Network": "network.mlp",
    "Outcome": "lessons.trace",
    "Parameter": "activations.activation",
    "Parameters": "network.mlp",
    "ParameterValue": "analysis.properties",
    "Point": "audit.report",
    "Prediction": "depth.prediction",
    "Preference": "theory.preference",
    "Profile": "audit.report",
    "Properties": "analysis.properties",
    "Reference": "audit.ulp",
    "Region": "audit.inputs",
    "replay": "depth.experiment",
    "resolve": "activations.catalogue",
    "round_to": "numerics.formats",
    "row_sweep": "audit.rows",
    "RowAudit": "audit.rows",
    "RowAuditor": "audit.rows",
    "RowPoint": "audit.report",
    "RowProperties": "analysis.properties",
    "RowWise": "activations.activation",
    "Sample": "audit.report",
    "ScaledRow": "analysis.properties",
    "Segment": "audit.report",
    "Source": "audit.report",
    "Step": "network.training",
    "Stretch": "audit.report",
    "sweep": "audit.inputs",
    "Trace": "lessons.trace",
    "trace": "lessons.trace",
    "WeightStep": "lessons.trace",
}
"""Public name -> its module in actcli.core. Type checkers read the imports below."""

_WITH_MORE_DIGITS = {"compare": "digits", "describe": "digits", "identify": "naming"}
"""Public name -> its module in actcli, which gives the core more digits."""

__all__ = ["__version__", *_MODULES, *_WITH_MORE_DIGITS]

if TYPE_CHECKING:
    from actcli.core.activations.activation import Activation as Activation
    from actcli.core.activations.activation import Elementwise as Elementwise
    from actcli.core.activations.activation import Parameter as Parameter
    from actcli.core.activations.activation import RowWise as RowWise
    from actcli.core.activations.catalogue import CATALOGUE as CATALOGUE
    from actcli.core.activations.catalogue import resolve as resolve
    from actcli.core.analysis.asymptotes import End as End
    from actcli.core.analysis.comparison import Difference as Difference
    from actcli.core.analysis.curve_properties import CurveProperties as CurveProperties
    from actcli.core.analysis.extrema import Extremum as Extremum
    from actcli.core.analysis.properties import ParameterValue as ParameterValue
    from actcli.core.analysis.properties import Properties as Properties
    from actcli.core.analysis.properties import RowProperties as RowProperties
    from actcli.core.analysis.properties import ScaledRow as ScaledRow
    from actcli.core.audit.auditor import Auditor as Auditor
    from actcli.core.audit.inputs import Region as Region
    from actcli.core.audit.inputs import sweep as sweep
    from actcli.core.audit.report import Audit as Audit
    from actcli.core.audit.report import Constant as Constant
    from actcli.core.audit.report import Extreme as Extreme
    from actcli.core.audit.report import Point as Point
    from actcli.core.audit.report import Profile as Profile
    from actcli.core.audit.report import RowPoint as RowPoint
    from actcli.core.audit.report import Sample as Sample
    from actcli.core.audit.report import Segment as Segment
    from actcli.core.audit.report import Source as Source
    from actcli.core.audit.report import Stretch as Stretch
    from actcli.core.audit.rows import Defect as Defect
    from actcli.core.audit.rows import RowAudit as RowAudit
    from actcli.core.audit.rows import RowAuditor as RowAuditor
    from actcli.core.audit.rows import row_sweep as row_sweep
    from actcli.core.audit.tally import Errors as Errors
    from actcli.core.audit.ulp import Reference as Reference
    from actcli.core.depth.config import DepthConfig as DepthConfig
    from actcli.core.depth.experiment import DepthExperiment as DepthExperiment
    from actcli.core.depth.experiment import DepthRun as DepthRun
    from actcli.core.depth.experiment import LayerRecord as LayerRecord
    from actcli.core.depth.experiment import gradient_depth as gradient_depth
    from actcli.core.depth.experiment import replay as replay
    from actcli.core.depth.history import Moment as Moment
    from actcli.core.depth.prediction import Prediction as Prediction
    from actcli.core.errors import InputError as InputError
    from actcli.core.identify.identification import Identification as Identification
    from actcli.core.identify.identification import Match as Match
    from actcli.core.identify.identification import Near as Near
    from actcli.core.lessons.approximation import Approximation as Approximation
    from actcli.core.lessons.approximation import approximate as approximate
    from actcli.core.lessons.collapse import CollapseConfig as CollapseConfig
    from actcli.core.lessons.collapse import CollapseRun as CollapseRun
    from actcli.core.lessons.collapse import DepthBends as DepthBends
    from actcli.core.lessons.collapse import LineProfile as LineProfile
    from actcli.core.lessons.collapse import collapse as collapse
    from actcli.core.lessons.trace import HiddenUnit as HiddenUnit
    from actcli.core.lessons.trace import Outcome as Outcome
    from actcli.core.lessons.trace import Trace as Trace
    from actcli.core.lessons.trace import WeightStep as WeightStep
    from actcli.core.lessons.trace import trace as trace
    from actcli.core.network.datasets import DataSet as DataSet
    from actcli.core.network.datasets import from_examples as from_examples
    from actcli.core.network.mlp import Network as Network
    from actcli.core.network.mlp import Parameters as Parameters
    from actcli.core.network.training import Step as Step
    from actcli.core.numerics.formats import round_to as round_to
    from actcli.core.theory.finite_width import FiniteWidth as FiniteWidth
    from actcli.core.theory.fixed_point import FixedPoint as FixedPoint
    from actcli.core.theory.gain import Candidate as Candidate
    from actcli.core.theory.gain import CriticalPoint as CriticalPoint
    from actcli.core.theory.gain import Gain as Gain
    from actcli.core.theory.gain import gain as gain
    from actcli.core.theory.preference import Preference as Preference
    from actcli.digits import compare as compare
    from actcli.digits import describe as describe
    from actcli.naming import identify as identify
else:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module = _WITH_MORE_DIGITS.get(name) or f"core.{_MODULES[name]}"
        found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
        return found

    def __dir__():
        return sorted({*globals(), *__all__})
