"""Time of evaluate's core for a million float64, relative to the usual expression in NumPy or SciPy.

    python -m tests.benchmarks.throughput [--size 1000000] [--repeats 15] [--only NAME,...]

Both are timed in turns, so that other load affects both; the ratio is the median over the turns. The bound is 3, and 8
for the three activations that compensate for the rounding error of their argument. Rows have 1,000 values. Without
SciPy, activations that NumPy lacks are left out. Exit code 1: a bound is broken.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import CATALOGUE
from tests.benchmarks.figures import Figure, report

try:
    from scipy import special
except ImportError:
    special = None

Function = Callable[[Any], Any]

SIZE, REPEATS = 1_000_000, 15
BOUND, BOUND_OF_COMPENSATED = 3.0, 8.0
COMPENSATED = {"gelu", "gelu_tanh", "quick_gelu"}
ROW = 1000


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def sparsemax(x: Any) -> Any:
    descending = -np.sort(-x, axis=-1)
    excess = descending.cumsum(axis=-1) - 1
    rank = np.arange(1, x.shape[-1] + 1)
    support = (descending * rank > excess).sum(axis=-1, keepdims=True)
    return np.maximum(x - np.take_along_axis(excess, support - 1, axis=-1) / support, 0)


def hardmax(x: Any) -> Any:
    return np.eye(x.shape[-1])[x.argmax(axis=-1)]


def gated(gate: Function) -> Function:
    def function(x: Any) -> Any:
        a, b = np.split(x, 2, axis=-1)
        return a * gate(b)

    return function


NUMPY: dict[str, Function] = {
    "identity": np.copy,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "prelu": lambda x: np.where(x > 0, x, 0.25 * x),
    "rrelu": lambda x: np.where(x > 0, x, 0.22916666666666666 * x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "relu_squared": lambda x: np.maximum(x, 0) ** 2,
    "threshold": lambda x: np.where(x > 1, x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x * x * x))),
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "sparse_plus": lambda x: np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4)),
    "exponential": np.exp,
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: -np.log1p(np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip((x + 3) / 6, 0, 1),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "tanh": np.tanh,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "arctan": np.arctan,
    "step": lambda x: np.where(x >= 0, 1.0, 0.0),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "sin": np.sin,
    "snake": lambda x: x + np.sin(x) ** 2,
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "softmin": lambda x: softmax(-x),
    "sparsemax": sparsemax,
    "hardmax": hardmax,
    "glu": gated(sigmoid),
    "swiglu": gated(lambda x: x * sigmoid(x)),
    "reglu": gated(lambda x: np.maximum(x, 0)),
}
SCIPY: dict[str, Function] = {
    "gelu": lambda x: x * special.ndtr(x),
    "erf": lambda x: special.erf(x),
    "geglu": gated(lambda x: x * special.ndtr(x)),
}


def seconds(function: Function, x: Any) -> float:
    start = time.perf_counter()
    function(x)
    return time.perf_counter() - start


def figure(name: str, size: int, repeats: int) -> Figure | None:
    """The figure; None without an expression to compare with."""
    by_scipy = SCIPY.get(name) if special else None
    naive = by_scipy or NUMPY.get(name)
    if naive is None:
        return None
    activation = CATALOGUE[name]
    x = np.random.default_rng(20).normal(0.0, 3.0, size)
    x = x.reshape(-1, ROW) if isinstance(activation, RowWise) else x
    with np.errstate(all="ignore"):
        turns = [(seconds(naive, x), seconds(activation, x)) for _ in range(repeats + 1)][1:]
    return Figure(
        name,
        "naive SciPy" if by_scipy else "naive NumPy",
        statistics.median(ours / theirs for theirs, ours in turns),
        BOUND_OF_COMPENSATED if name in COMPENSATED else BOUND,
        statistics.median(ours for _, ours in turns),
    )


def measured(names: Iterable[str] = CATALOGUE, size: int = SIZE, repeats: int = REPEATS) -> list[Figure]:
    return [found for name in names if (found := figure(name, size, repeats))]


def extremes() -> list[Figure]:
    """Figures of the catalogue: the median, and the slowest for each bound."""
    found = sorted(measured(), key=lambda figure: figure.ratio)
    slowest = {figure.at_most: figure for figure in found}.values()
    chosen = [("the middle one", found[len(found) // 2]), *(("the slowest of its bound", figure) for figure in slowest)]
    return [replace(f, what=f"{f.what}, {SIZE:,} float64 in memory: {place}") for place, f in chosen]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--only", default=",".join(CATALOGUE))
    options = parser.parse_args()
    return report(measured(options.only.split(","), options.size, options.repeats))


if __name__ == "__main__":
    sys.exit(main())
