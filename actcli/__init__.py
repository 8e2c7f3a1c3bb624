"""A workbench for activation functions: evaluate, differentiate, plot, compare, train.

As a library it is what can be imported from here; its names are looked up where they live when they are first used.
"""

__version__ = "1.0.0"

# As type checkers know it. To import it from typing takes longer than all else before __main__ can answer Ctrl-C.
TYPE_CHECKING = False

_MODULES = {
    "Activation": "activations.activation",
    "Auditor": "audit.auditor",
    "CATALOGUE": "activations.catalogue",
    "CollapseConfig": "lessons.collapse",
    "DataSet": "network.datasets",
    "DepthConfig": "depth.config",
    "DepthExperiment": "depth.experiment",
    "Elementwise": "activations.activation",
    "InputError": "errors",
    "RowWise": "activations.activation",
    "approximate": "lessons.approximation",
    "collapse": "lessons.collapse",
    "from_examples": "network.datasets",
    "gain": "theory.gain",
    "gradient_depth": "depth.experiment",
    "replay": "depth.experiment",
    "resolve": "activations.catalogue",
    "round_to": "numerics.formats",
    "sweep": "audit.inputs",
    "trace": "lessons.trace",
}
"""Public name -> the module of actcli.core that holds it. Type checkers read the imports below."""

_WITH_MORE_DIGITS = {"compare": "digits", "describe": "digits"}
"""Public name -> the module of actcli that hands the core what it needs for it."""

__all__ = ["__version__", *_MODULES, *_WITH_MORE_DIGITS]

if TYPE_CHECKING:
    from actcli.core.activations.activation import Activation as Activation
    from actcli.core.activations.activation import Elementwise as Elementwise
    from actcli.core.activations.activation import RowWise as RowWise
    from actcli.core.activations.catalogue import CATALOGUE as CATALOGUE
    from actcli.core.activations.catalogue import resolve as resolve
    from actcli.core.audit.auditor import Auditor as Auditor
    from actcli.core.audit.inputs import sweep as sweep
    from actcli.core.depth.config import DepthConfig as DepthConfig
    from actcli.core.depth.experiment import DepthExperiment as DepthExperiment
    from actcli.core.depth.experiment import gradient_depth as gradient_depth
    from actcli.core.depth.experiment import replay as replay
    from actcli.core.errors import InputError as InputError
    from actcli.core.lessons.approximation import approximate as approximate
    from actcli.core.lessons.collapse import CollapseConfig as CollapseConfig
    from actcli.core.lessons.collapse import collapse as collapse
    from actcli.core.lessons.trace import trace as trace
    from actcli.core.network.datasets import DataSet as DataSet
    from actcli.core.network.datasets import from_examples as from_examples
    from actcli.core.numerics.formats import round_to as round_to
    from actcli.core.theory.gain import gain as gain
    from actcli.digits import compare as compare
    from actcli.digits import describe as describe
else:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module = _WITH_MORE_DIGITS.get(name) or f"core.{_MODULES[name]}"
        found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
        return found

    def __dir__():
        return [*globals(), *__all__]
