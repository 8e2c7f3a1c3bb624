"""How far emitted code is from the exact function: measured, by running it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Mask
from actcli.core.audit.ulp import Reference, ulp_error, unlike

BOUND: Final = 16.0
"""The ULP that emitted code is meant to keep within."""
_EPS: Final = 2.0**-52


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The largest error of a function over a sample.

    ulp:     where both the code and the exact function have a number; of a slope within 1 of its zero in units of 2^-52
        where that is less
    at:      the x where it is
    beyond:  the intervals, from point to point, where the errors are larger than BOUND
    within:  the largest error outside of them
    missing: at how many points the code has no number, or an infinite one, where the exact function has one
    points:  of the sample
    """

    ulp: float
    at: float
    beyond: tuple[tuple[float, float], ...]
    within: float
    missing: int
    points: int


def accuracy(x: Array, computed: Array, exact: Reference, slope: bool, skip: Mask | bool = False) -> Accuracy:
    """What a function computed at ascending x, beside the exact results; not where `skip` is."""
    known = np.isfinite(exact.rounded) & ~np.asarray(skip)
    with np.errstate(invalid="ignore"):  # inf times 0, where there is nothing to be unlike
        missing = known & unlike(computed, exact, "float64")
    error = ulp_error(computed, exact, "float64")
    if slope:
        near = near_a_zero(x, exact.exact)
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is counted as missing
            error = np.where(near, np.minimum(error, np.abs(computed - exact.exact) / _EPS), error)
    error = np.where(known, np.where(missing, np.inf, error), 0.0)
    finite = np.where(np.isfinite(error), error, 0.0)
    worst = int(finite.argmax())
    far = error > BOUND
    within = float(finite[~far].max(initial=0.0))
    return Accuracy(float(finite[worst]), float(x[worst]), _intervals(x, far), within, int(missing.sum()), len(x))


def _intervals(x: Array, mask: Mask) -> tuple[tuple[float, float], ...]:
    """From the first to the last point of each run."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return tuple((float(x[first]), float(x[after - 1])) for first, after in zip(ends[::2], ends[1::2], strict=True))


def near_a_zero(x: Array, slope: Array) -> Mask:
    """Within 1 of where the slope changes its sign, or is zero between others."""
    signs = np.sign(slope)
    crossings = np.flatnonzero((signs[1:] * signs[:-1] < 0.0) & (x[1:] - x[:-1] < 1.0))
    touching = np.flatnonzero((signs[1:-1] == 0.0) & (signs[:-2] != 0.0) & (signs[2:] != 0.0)) + 1
    zeros = np.concatenate([0.5 * (x[crossings] + x[crossings + 1]), x[touching]])
    if not zeros.size:
        return np.zeros(x.shape, dtype=np.bool_)
    near: Mask = np.abs(x[:, None] - zeros).min(axis=1) <= 1.0
    return near


def run(text: str, name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Value and slope of a module of NumPy that was emitted here."""
    module: dict[str, Any] = {}
    exec(compile(text, f"<{name}>", "exec"), module)
    return module[name], module[f"{name}_slope"]
