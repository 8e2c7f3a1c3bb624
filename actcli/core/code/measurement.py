"""Measured accuracy of emitted code."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Mask
from actcli.core.audit.ulp import Reference, ulp_error, unlike

BOUND: Final = 16.0
"""Bound in ULP that emitted code should keep."""
_EPS: Final = 2.0**-52


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy of a function over a sample.

    ulp:     largest error, where code and exact function are finite; for a slope within 1 of its zero the smaller of
             ULP and units of 2^-52
    at:      x of that error
    beyond:  intervals between sample points with errors larger than BOUND
    within:  largest error outside of them
    missing: number of points at which the code is nan or infinite and the exact function is not
    points:  number of points of the sample
    """

    ulp: float
    at: float
    beyond: tuple[tuple[float, float], ...]
    within: float
    missing: int
    points: int


def accuracy(x: Array, computed: Array, exact: Reference, slope: bool, skip: Mask | bool = False) -> Accuracy:
    """Accuracy of results `computed` at ascending x. slope: they are slopes; skip: mask of points to leave out."""
    known = np.isfinite(exact.rounded) & ~np.asarray(skip)
    with np.errstate(invalid="ignore"):  # inf times 0 at points that are not known
        missing = known & unlike(computed, exact, "float64")
    error = ulp_error(computed, exact, "float64")
    if slope:
        near = near_a_zero(x, exact.exact)
        with np.errstate(invalid="ignore", over="ignore"):  # results that are not finite count as missing
            error = np.where(near, np.minimum(error, np.abs(computed - exact.exact) / _EPS), error)
    error = np.where(known, np.where(missing, np.inf, error), 0.0)
    finite = np.where(np.isfinite(error), error, 0.0)
    worst = int(finite.argmax())
    far = error > BOUND
    within = float(finite[~far].max(initial=0.0))
    beyond = _intervals(x[known], far[known])  # a point without an exact result, as 0 of sin(x)/x, separates nothing
    return Accuracy(float(finite[worst]), float(x[worst]), beyond, within, int(missing.sum()), len(x))


def fault_score(function: Callable[[Array], Array], x: Array, exact: Reference, skip: Mask | bool = False) -> int:
    """The number of points at which a function is no number; with those without a correct digit, which count thrice.

    At ±inf it may be nan, or the exact function's limit, as far as that function's two outermost values show one.
    """
    found, true = function(x), exact.exact
    with np.errstate(all="ignore"):  # inf - inf
        near = np.abs(found - true) <= 0.5 * np.abs(true) + _SMALL
    lost = np.isfinite(exact.rounded) & ~np.asarray(skip) & ~near
    score = int(lost.sum() + (_UNSEEN - 1) * (lost & np.isfinite(found)).sum())
    for last, before, end in ((true[0], true[1], -np.inf), (true[-1], true[-2], np.inf)):
        limit = last if last == before else np.copysign(np.inf, last) if abs(last) > _GROWTH * abs(before) else np.nan
        there = float(function(np.array([end]))[0])
        unknown = bool(np.isnan(limit) or np.isnan(there))
        score += 0 if unknown or there == limit or abs(there - limit) <= 1e-9 * abs(limit) else _UNSEEN
    return score


_UNSEEN: Final = 3
"""Weight of a wrong number, which nobody can tell from a right one, relative to nan."""
_SMALL: Final = 2.0**-1000
_GROWTH: Final = 10.0
"""Growth of a function without a bound between the two outermost points, whose x differ by a factor of 5e7."""


def _intervals(x: Array, mask: Mask) -> tuple[tuple[float, float], ...]:
    """First and last x of each run of the mask."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return tuple((float(x[first]), float(x[after - 1])) for first, after in zip(ends[::2], ends[1::2], strict=True))


def near_a_zero(x: Array, slope: Array) -> Mask:
    """Points within 1 of a zero of the slope: a change of sign, or a single 0."""
    signs = np.sign(slope)
    crossings = np.flatnonzero((signs[1:] * signs[:-1] < 0.0) & (x[1:] - x[:-1] < 1.0))
    touching = np.flatnonzero((signs[1:-1] == 0.0) & (signs[:-2] != 0.0) & (signs[2:] != 0.0)) + 1
    zeros = np.concatenate([0.5 * (x[crossings] + x[crossings + 1]), x[touching]])
    if not zeros.size:
        return np.zeros(x.shape, dtype=np.bool_)
    near: Mask = np.abs(x[:, None] - zeros).min(axis=1) <= 1.0
    return near


def run(text: str, name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Value and slope of an emitted NumPy module."""
    module: dict[str, Any] = {}
    exec(compile(text, f"<{name}>", "exec"), module)
    return module[name], module[f"{name}_slope"]
