"""The literature compared with torch-activation, an independent implementation of Kunc and Kléma's survey.

    python -m venv elsewhere && elsewhere/bin/pip install torch==2.13.0 torch-activation==1.0.0 scipy plotly .
    elsewhere/bin/python tests/literature/compare.py [--write]

Values and slopes at 200 points, in float64. A disagreement that is not in DISAGREEMENTS is a failure. --write saves
torch-activation's numbers to torch_activation.json beside this file, with which the suite compares without torch.
"""

import importlib
import inspect
import json
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.narrow import elementwise

HERE = Path(__file__).parent
STORED = HERE / "torch_activation.json"

POINTS = np.round(np.linspace(-5.9371, 6.0271, 200), 6)
"""No point is a kink of an entry with the parameters below."""

CLASSES = {
    "shifted_relu": "classical.relu.SReLU",
    "shifted_relu_a": "classical.relu.ShiftedReLU",
    "sqrt_af": "classical.sqrt.SQRT",
    "sine_pi": "classical.trig.Sine",
    "exp_decay": "classical.exp.Exponential",
    "exponential_swish": "classical.sigmoid_weighted.ESwish",
    "prelu_plus": "adaptive.relu.PReLUPlus",
    "drelu": "adaptive.relu.DReLU",
    "telu_elu": "adaptive.relu.TeLU",
    "delu": "adaptive.relu.DELU",
    "srelu": "adaptive.s_shaped.SReLU",
    "plu_piecewise": "classical.learnable.PLU",
    "eswish": "adaptive.sigmoid_weighted.ESwish",
    "maf_multiquadratic": "adaptive.sigmoid_weighted.MAF",
    "grelu_uaf": "adaptive.sigmoid_weighted.GReLU",
    "hard_swish_b": "adaptive.melu.HardSwish",
    "tanh_temperature": "classical.learnable.TSAF",
    "binary_window": "classical.other.Binary",
    "squareplus_epsilon": "adaptive.msrf.SquarePlus",
    "hcaf_1": "classical.caf.HCAF",
    "olrelu": "classical.relu.OLReLU",
    "frelu": "adaptive.relu.FReLU",
    "sinlu": "classical.sigmoid_weighted.SinLU",
}
"""Name -> class of torch-activation, if no alias matches or several classes match."""

NOT_THERE = {"telu", "cauchy", "lau_", "apa", "swish"}
"""Names with another meaning in torch-activation, or shared by its classes by chance."""

ARGUMENTS: dict[str, dict[str, Any]] = {
    "blu": {"a": 0.5}, "reblu": {"a": 0.5}, "mlrelu": {}, "hcaf_1": {"iterations": 1},
    "iplu": {"a": 2.0}, "delu": {"a": 1.0},
}  # fmt: skip
"""Name -> arguments of the class in addition to the entry's parameters, or instead of them."""

INVERSE_SOFTPLUS_OF_1 = 0.5413248546129181
RAW: dict[str, dict[str, float]] = {
    "p_sig_ramp": {"a": 0.0},  # sigmoid(0) is 0.5
    "agumb": {"a_init": INVERSE_SOFTPLUS_OF_1},
    "grelu_uaf": {"a": INVERSE_SOFTPLUS_OF_1, "b": INVERSE_SOFTPLUS_OF_1},  # 1 + softplus(a) is 2
}
"""Name -> arguments of a class that transforms its parameters, so that the result equals the entry's."""

RENAMED: dict[str, dict[str, str]] = {
    "symmsaf": {"a": "a"}, "s_rrelu": {"l": "lower", "u": "u"}, "olrelu": {"l": "lower", "u": "u"},
    "fts": {"t": ""}, "delu": {"n": "a"}, "lrelu_elu": {"a": "a"},
    "prelu_pelu": {"a": "a", "b": "prelu_slope", "c": "pelu_alpha", "d": "pelu_beta"},
    "repsu": {"s": "e"}, "lelelu": {"a": "a"}, "rrelu_": {}, "msaf": {"a": "a", "b1": "", "b2": ""},
    "dlrelu": {"a": "a", "b": "mse"}, "softshrinkplus": {"a": "lambda_val"}, "hardshrinkplus": {"a": "lambda_val"},
    "uaf": {"f": "e"}, "eis_3": {"d": "", "f": ""}, "tanh_temperature": {"t": "init_t"},
    "plu_piecewise": {"a": ""}, "gra": {"a": "", "b": "", "c": ""}, "scaled_logistic_sigmoid": {"a": "", "b": ""},
    "funprelu": {"w": "init_w", "c": "init_c"}, "elu_softplus": {}, "saf": {"alpha": "", "beta": ""},
    "adalu": {"alpha": "", "beta": ""}, "taaf": {"alpha": "", "beta": "", "gamma": "", "delta": ""},
    "leaf": {"alpha": "", "beta": "", "gamma": ""}, "cataf": {"alpha": "", "beta": ""},
    "pmaf": {"a": "a"}, "ssaf": {"a": "a"}, "wave": {"a": "a"},
}  # fmt: skip
"""Name -> parameter -> its name in the class; "" if the class has a fixed value, which the entry then takes."""

EASY = 1e-9
"""Largest relative difference that counts as rounding."""

DISAGREEMENTS: dict[str, str] = {
    # Settled by the survey's text.
    "vlrelu": "z/3 below 0 (section 3.6.2 sets a = 3 in the LReLU's z/a); there 3 z",
    "linq": "the outer pieces are linear (section 3.8.8), as they must be to be continuous; there they are quadratic",
    "laf": "also published as symlog, and inverse to symexp (sections 3.13, 3.14): ln(|z| + 1); there ln(z) + 1",
    "blu": "a (sqrt(z^2 + 1) - 1) + z, of which the bent identity is a = 1/2 (section 3.10); there only sqrt is scaled",
    "reblu": "as blu, which it rectifies (section 4.2.38)",
    "geu": "the GEU multiplied by z is the PGELU (section 4.12): Phi(z/a); there z Phi(alpha z)",
    # Settled by the class's docstring, which its code contradicts.
    "hardelish": "exp(z) - 1 below 0, as its docstring and arXiv:1808.00783 have it; there 1 + exp(-z)",
    "polylu": "1/(1 - z) - 1 for every z < 0, as its docstring has it; there z is clamped at -0.999",
    "polu": "(1 - z)^-a - 1 for every z < 0, as its docstring has it; there z is clamped at -0.999",
    "ptalu": "z from b on, as its docstring has it; there z - b + tanh(b)",
    # Clamps, shortcuts and smoothings of the code.
    "sbaf": "not defined outside [0, 1]; there z is clamped",
    "repsu": "there 1e-8 is added to |z - c|",
    "binary_window": "the slope of a step is 0; there it is 1, a straight-through estimate for training",
    # Not settled: the paper was not available, and the available text of the survey lacks the formulas.
    "hexpo": "c (exp(z/d) - 1) below 0 is bounded and resembles tanh (section 3.2.12); there exp(-z/d), which is not",
    "polyexp": "(a z^2 + b z + c) exp(-d z^2); there only c is multiplied by the exponential",
    "wave": "(1 - z^2) exp(-a z^2); there 1 - z^2 exp(-a z^2)",
}
"""Name -> the literature's definition, and torch-activation's."""


def modules() -> list[ModuleType]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = importlib.import_module("torch_activation")
    assert root.__file__
    found = []
    for folder in ("adaptive", "classical"):
        for file in sorted((Path(root.__file__).parent / folder).glob("*.py")):
            if file.stem != "__init__":
                found.append(importlib.import_module(f"torch_activation.{folder}.{file.stem}"))
    return found


def folded(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def class_of(name: str, aliases: tuple[str, ...], classes: dict[str, list[type]]) -> type | None:
    """torch-activation's class for an entry: from CLASSES, or the only class with its name or an alias."""
    if name in NOT_THERE:
        return None
    if name in CLASSES:
        path, _, wanted = CLASSES[name].rpartition(".")
        return next(
            c for same in classes.values() for c in same if c.__name__ == wanted and c.__module__.endswith(path)
        )
    for spelling in (*aliases, name):
        same = classes.get(folded(spelling), [])
        if len(same) == 1:
            return same[0]
    return None


def made(kind: type, name: str, values: dict[str, float]) -> Any:
    """An instance of the class with the entry's parameter values, or the class's own fixed values."""
    arguments = dict(ARGUMENTS.get(name, {}))
    signature = inspect.signature(kind.__init__).parameters  # type: ignore[misc]  # of a class
    later = {}
    for parameter, value in values.items():
        theirs = RENAMED.get(name, {}).get(parameter, parameter)
        options = [theirs, f"{theirs}_init", f"init_{theirs}"] if theirs else []
        for option in options:
            if option in signature:
                arguments.setdefault(option, value)
                break
        else:
            later[parameter] = value
    if "input_shape" in signature:
        arguments |= {"input_shape": 1, "learnable": False}  # learnable parameters are drawn at random there
    arguments |= RAW.get(name, {})
    module = kind(**arguments).double().eval()
    import torch

    for parameter, value in later.items():
        own = getattr(module, parameter, None)
        if isinstance(own, torch.Tensor):
            with torch.no_grad():
                own.fill_(value)
        elif own is not None:
            setattr(module, parameter, value)
    return module


def theirs(module: Any, x: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    import torch

    points = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    for name, value in vars(module).items():  # a plain tensor attribute stays float32 otherwise
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            setattr(module, name, value.double())
    result = module(points)
    slope = torch.autograd.grad(result.sum(), points, allow_unused=True)[0]
    slopes = np.zeros(x.shape) if slope is None else slope.numpy()
    return result.detach().numpy().reshape(x.shape), slopes


def difference(ours: Any, other: Any) -> float:
    """Largest difference, divided by the larger of 1 and |value|. Points at which neither is a number do not count."""
    both = np.isfinite(ours) & np.isfinite(other)
    if (np.isfinite(ours) != np.isfinite(other)).any():
        return float("inf")
    return float(np.max(np.abs(ours - other)[both] / np.maximum(1, np.abs(ours[both])), initial=0.0))


def main(arguments: list[str]) -> int:
    import torch

    from actcli.core.activations.catalogue import literature

    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    classes: dict[str, list[type]] = {}
    for module in modules():
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == module.__name__:
                classes.setdefault(folded(kind.__name__), []).append(kind)
    stored, failures, absent = {}, 0, []
    for name, entry in literature().items():
        kind = class_of(name, entry.aliases, classes)
        if kind is None:
            absent.append(name)
            continue
        settings = {k: v for k, v in ARGUMENTS.get(name, {}).items() if k in entry.parameter_values}
        activation = elementwise(name).with_parameters(**settings)
        values, slopes = theirs(made(kind, name, activation.parameter_values), POINTS)
        gaps = difference(activation(POINTS), values), difference(activation.derivative(POINTS), slopes)
        agrees = max(gaps) <= EASY
        where = f"{kind.__module__.removeprefix('torch_activation.')}.{kind.__name__}"
        if agrees:
            stored[name] = {
                "class": where,
                "settings": settings,
                "values": [float(f"{v:.12g}") for v in values[::8]],
                "slopes": [float(f"{v:.12g}") for v in slopes[::8]],
            }
        elif name in DISAGREEMENTS:
            print(f"{name}: differs from {where} by {gaps[0]:.3g}, slopes {gaps[1]:.3g}: {DISAGREEMENTS[name]}")
        else:
            failures += 1
            print(f"{name}: FAILS against {where}: values {gaps[0]:.3g}, slopes {gaps[1]:.3g}")
        if agrees and name in DISAGREEMENTS:
            failures += 1
            print(f"{name}: agrees with {where}, and is said to disagree")
    print(
        f"{len(stored)} agree, {len(DISAGREEMENTS)} disagree, {failures} fail; not in torch-activation: {len(absent)}"
    )
    print(*absent)
    if "--write" in arguments:
        document = {"x": POINTS[::8].tolist(), "entries": stored}
        STORED.write_text(json.dumps(document, allow_nan=True) + "\n", encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
