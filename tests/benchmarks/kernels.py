"""Time of value and slope, in ns per element: kernel, jet, and naive NumPy.

    python -m tests.benchmarks.kernels [--shape 128,64] [--repeats 200] [--only NAME,...]

The three are timed in turns, so that other load affects all; a ratio is the median over the turns. The naive version
follows the formula without regard for tails. `--only` takes formulas too, which have no kernel.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.arrays import Array
from tests.benchmarks.markdown import table
from tests.narrow import elementwise

Function = Callable[[Array], object]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _sigmoid(x: Array) -> object:
    y = sigmoid(x)
    return y, y * (1 - y)


def _tanh(x: Array) -> object:
    y = np.tanh(x)
    return y, 1 - y * y


def _elu(x: Array) -> object:
    return np.where(x > 0, x, np.expm1(x)), np.where(x > 0, 1, np.exp(x))


def _silu(x: Array) -> object:
    y = sigmoid(x)
    return x * y, y + x * y * (1 - y)


def _quick_gelu(x: Array) -> object:
    y = sigmoid(1.702 * x)
    return x * y, y + 1.702 * x * y * (1 - y)


def _gelu_tanh(x: Array) -> object:
    y = np.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))
    inner = 0.7978845608028654 * (1 + 3 * 0.044715 * x * x)
    return 0.5 * x * (1 + y), 0.5 * (1 + y) + 0.5 * x * (1 - y * y) * inner


def _mish(x: Array) -> object:
    y = np.tanh(np.log1p(np.exp(x)))
    return x * y, y + x * (1 - y * y) * sigmoid(x)


NAIVE: dict[str, Function] = {
    "identity": lambda x: (x.copy(), np.ones_like(x)),
    "relu": lambda x: (np.maximum(x, 0), (x > 0).astype(float)),
    "relu_squared": lambda x: (np.maximum(x, 0) ** 2, 2 * np.maximum(x, 0)),
    "leaky_relu": lambda x: (np.where(x > 0, x, 0.01 * x), np.where(x > 0, 1, 0.01)),
    "relu6": lambda x: (np.clip(x, 0, 6), ((x > 0) & (x < 6)).astype(float)),
    "hard_tanh": lambda x: (np.clip(x, -1, 1), ((x > -1) & (x < 1)).astype(float)),
    "hard_sigmoid": lambda x: (np.clip((x + 3) / 6, 0, 1), np.where(np.abs(x) < 3, 1 / 6, 0)),
    "hard_swish": lambda x: (
        x * np.clip(x + 3, 0, 6) / 6,
        np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6)),
    ),
    "elu": _elu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softsign": lambda x: (x / (1 + np.abs(x)), 1 / (1 + np.abs(x)) ** 2),
    "softplus": lambda x: (np.log1p(np.exp(x)), sigmoid(x)),
    "silu": _silu,
    "quick_gelu": _quick_gelu,
    "gelu_tanh": _gelu_tanh,
    "mish": _mish,
    "sin": lambda x: (np.sin(x), np.cos(x)),
}


def timed(function: Function, x: Array) -> float:
    """ns per element."""
    start = time.perf_counter()
    function(x)
    return 1e9 * (time.perf_counter() - start) / x.size


def row(text: str, x: Array, repeats: int) -> list[str]:
    activation = elementwise(text)
    contestants: list[Function | None] = [
        activation.value_and_slope,
        lambda x: activation.derivatives(x, 1),
        NAIVE.get(text),
    ]
    turns = [[timed(function, x) if function else 0.0 for function in contestants] for _ in range(repeats + 3)][3:]
    ours, jet, naive = (statistics.median(column) for column in zip(*turns, strict=True))
    of_jet = statistics.median(turn[0] / turn[1] for turn in turns)
    of_naive = [statistics.median(turn[0] / turn[2] for turn in turns)] if naive else []
    return [
        text,
        *(f"{ns:.1f}" for ns in (ours, jet)),
        *([f"{naive:.1f}"] if naive else ["—"]),
        f"{of_jet:.2f}",
        *([f"{ratio:.2f}" for ratio in of_naive] or ["—"]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="128,64", help="of a layer's pre-activations")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--only", default="", help="NAME,... instead of all that have a kernel")
    options = parser.parse_args()
    names = (
        options.only.split(",")
        if options.only
        else [name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise) and entry.fused]
    )
    shape = tuple(int(size) for size in options.shape.split(","))
    # Until a large block has been freed, glibc returns freed memory to the system, which is slower than the arithmetic.
    np.empty(4_000_000)
    x = np.random.default_rng(20).normal(0.0, 2.0, shape)
    with np.errstate(all="ignore"):
        rows = [row(name, x, options.repeats) for name in names]
    print(table(["activation", "ours, ns", "jet, ns", "naive, ns", "of the jet", "of naive"], rows))


if __name__ == "__main__":
    main()
