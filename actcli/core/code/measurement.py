"""How far emitted code is from the exact function: measured, by running it."""

import math
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
    radius:  up to this |x| all errors are at most BOUND; infinity where they are everywhere
    within:  the largest error up to the radius
    missing: at how many points the code has no number, or an infinite one, where the exact function has one
    points:  of the sample
    """

    ulp: float
    at: float
    radius: float
    within: float
    missing: int
    points: int


def accuracy(x: Array, computed: Array, exact: Reference, slope: bool, skip: Mask | bool = False) -> Accuracy:
    """What a function computed at ascending x, beside the exact results; not where `skip` is."""
    known = np.isfinite(exact.rounded) & ~np.asarray(skip)
    missing = known & unlike(computed, exact, "float64")
    error = ulp_error(computed, exact, "float64")
    if slope:
        near = near_a_zero(x, exact.exact)
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is counted as missing
            error = np.where(near, np.minimum(error, np.abs(computed - exact.exact) / _EPS), error)
    error = np.where(known, np.where(missing, np.inf, error), 0.0)
    finite = np.where(np.isfinite(error), error, 0.0)
    worst = int(finite.argmax())
    beyond = np.abs(x[error > BOUND])
    radius = float(np.abs(x)[np.abs(x) < beyond.min()].max(initial=0.0)) if beyond.size else math.inf
    within = float(finite[np.abs(x) <= radius].max(initial=0.0))
    return Accuracy(float(finite[worst]), float(x[worst]), radius, within, int(missing.sum()), len(x))


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
