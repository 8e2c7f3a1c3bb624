"""PyTorch's float64 functions and autograd slopes, measured like actcli's, on the same points.

    python -m tests.benchmarks.torch_accuracy [--points N] [--only NAME,...] [--orders 0,1] [--jobs 2]

PyTorch is no dependency of this project: run this in an interpreter with torch, numpy and mpmath, and actcli's source
on PYTHONPATH. Activations that PyTorch lacks are left out.
"""

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.accuracy import Error, Row, arguments, errors, run, worst_of
from tests.benchmarks.points import points
from tests.narrow import elementwise

try:
    import torch
    import torch.nn.functional as F  # noqa: N812 - its usual name
except ImportError:
    sys.exit("torch is not installed here: pip install torch, and see the top of this file")

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "prelu": lambda x: F.prelu(x, torch.tensor([0.25], dtype=x.dtype)),
    "rrelu": F.rrelu,
    "relu6": F.relu6,
    "threshold": lambda x: F.threshold(x, 1.0, 0.0),
    "elu": F.elu,
    "celu": F.celu,
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "hard_swish": F.hardswish,
    "softplus": F.softplus,
    "exponential": torch.exp,
    "sigmoid": torch.sigmoid,
    "log_sigmoid": F.logsigmoid,
    "hard_sigmoid": F.hardsigmoid,
    "tanh": torch.tanh,
    "hard_tanh": F.hardtanh,
    "softsign": F.softsign,
    "erf": torch.erf,
    "arctan": torch.arctan,
    "hard_shrink": F.hardshrink,
    "soft_shrink": F.softshrink,
    "tanh_shrink": F.tanhshrink,
    "sin": torch.sin,
}


def measure(name: str, xs: list[float], orders: tuple[int, ...]) -> Iterator[Error]:
    x = torch.tensor(xs, dtype=torch.float64, requires_grad=True)
    y = FUNCTIONS[name](x)
    if 0 in orders:
        yield from errors(elementwise(name), xs, 0, y.detach().numpy())
    if 1 in orders:
        (slope,) = torch.autograd.grad(y.sum(), x)
        yield from errors(elementwise(name), xs, 1, slope.numpy())


def row_of(task: tuple[str, int, tuple[int, ...]]) -> Row:
    name, count, orders = task
    if name not in FUNCTIONS:
        return Row(name, {})
    torch.set_num_threads(1)
    return worst_of(name, measure(name, [-math.inf, *points(elementwise(name), count), math.inf], orders))


if __name__ == "__main__":
    options = arguments(__doc__, orders="0,1").parse_args()
    print(f"PyTorch {torch.__version__}, NumPy {np.__version__}\n")
    run(row_of, options)
