"""A workbench for activation functions: evaluate, differentiate, plot, compare, train.

As a library it is what can be imported from here; its names are looked up where they live when they are first used.
"""

from typing import TYPE_CHECKING

__version__ = "1.0.0"

_MODULES = {
    "Activation": "activation",
    "Auditor": "audit",
    "CATALOGUE": "catalogue",
    "CollapseConfig": "collapse",
    "DataSet": "datasets",
    "DepthConfig": "depth_config",
    "DepthExperiment": "depth",
    "InputError": "errors",
    "approximate": "approximation",
    "collapse": "collapse",
    "compare": "comparison",
    "describe": "properties",
    "from_examples": "datasets",
    "gain": "theory",
    "gradient_depth": "depth",
    "replay": "replay",
    "resolve": "resolve",
    "round_to": "rounding",
    "sweep": "audit_sweep",
    "trace": "trace",
}
"""Public name -> the module of actcli.core that holds it. Type checkers read the imports below."""

__all__ = ["__version__", *_MODULES]

if TYPE_CHECKING:
    from actcli.core.activation import Activation as Activation
    from actcli.core.approximation import approximate as approximate
    from actcli.core.audit import Auditor as Auditor
    from actcli.core.audit_sweep import sweep as sweep
    from actcli.core.catalogue import CATALOGUE as CATALOGUE
    from actcli.core.collapse import CollapseConfig as CollapseConfig
    from actcli.core.collapse import collapse as collapse
    from actcli.core.comparison import compare as compare
    from actcli.core.datasets import DataSet as DataSet
    from actcli.core.datasets import from_examples as from_examples
    from actcli.core.depth import DepthExperiment as DepthExperiment
    from actcli.core.depth import gradient_depth as gradient_depth
    from actcli.core.depth_config import DepthConfig as DepthConfig
    from actcli.core.errors import InputError as InputError
    from actcli.core.properties import describe as describe
    from actcli.core.replay import replay as replay
    from actcli.core.resolve import resolve as resolve
    from actcli.core.rounding import round_to as round_to
    from actcli.core.theory import gain as gain
    from actcli.core.trace import trace as trace
else:

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = globals()[name] = getattr(import_module(f"{__name__}.core.{_MODULES[name]}"), name)
        return found

    def __dir__():
        return [*globals(), *_MODULES]
