"""E[f], E[f²] and E[f'²] for standard normal input.

On intervals where a formula overflows or cancels in float64, its values and slopes are interpolated from exact ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from actcli.core.analysis.function import Function
from actcli.core.analysis.sampling import runs_of
from actcli.core.arrays import Array, Mask, union
from actcli.core.numerics.quadrature import expectations

_LOOKED_AT: Final = union(
    np.linspace(-8.0, 8.0, 257), [s * 2.0**k for k in range(-30, 6) for s in (-1, 1)], [-38.0, 38.0]
)
_CLOSER: Final = np.array([s * 2.0**-k for k in range(6, 41, 2) for s in (-1, 1)])
_MOST_CLOSE_LOOKS: Final = 8
_ROUNDING: Final = 1e-11
"""Tolerated rounding error, relative to f or to its size near 0."""

_DEGREE: Final = 12
_CHEBYSHEV: Final = np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE)
_WEIGHTS: Final = np.sin(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE) * (-1.0) ** np.arange(_DEGREE)
_CHECKED: Final = np.array([-0.97, -0.31, 0.43, 0.97])
_MOST_PANELS: Final = 48


class Moments(NamedTuple):
    """E[f], E[f²], E[f'²]; None if the integral diverges or `certain` is False."""

    mean: float | None
    second: float | None
    slope_second: float | None
    certain: bool


def moments(function: Function, breakpoints: Iterable[float], closer: Iterable[float]) -> Moments:
    """The moments, to 1e-10. closer: points around which the quadrature is refined."""
    activation = function.activation
    breakpoints = sorted(breakpoints)
    patches = _patches(function, breakpoints) if function.exact else []

    def functions(x: Array) -> Array:
        value, slope = activation.value_and_slope(x)
        for patch in patches or ():
            patch.lay_over(x, value, slope)
        return np.stack([value, value * value, slope * slope])

    if patches is None:
        return Moments(None, None, None, certain=False)
    edges = [edge for patch in patches for edge in (patch.low, patch.high)]
    found = expectations(functions, (*breakpoints, *edges, *filter(math.isfinite, closer)))
    mean, second, slope_second = (None if math.isnan(moment) else moment for moment in found.tolist())
    return Moments(mean, second, slope_second, certain=True)


@dataclass(frozen=True, eq=False)
class _Patch:
    """Polynomials for f and f' on an interval, from values at Chebyshev points, of shape (2, n)."""

    low: float
    high: float
    table: Array

    def __call__(self, x: Array) -> Array:
        """By the barycentric formula (Berrut and Trefethen 2004)."""
        u = (x - 0.5 * (self.low + self.high)) / (0.5 * (self.high - self.low))
        away = u[:, None] - _CHEBYSHEV
        away[away == 0.0] = 2.0**-60
        shares = _WEIGHTS / away
        found: Array = (self.table @ shares.T) / shares.sum(axis=1)
        return found

    def lay_over(self, x: Array, value: Array, slope: Array) -> None:
        inside = (self.low <= x) & (x <= self.high)
        if inside.any():
            value[inside], slope[inside] = self(x[inside])


def _patches(function: Function, breakpoints: list[float]) -> list[_Patch] | None:
    """One patch per interval on which float64 gives no result; None if there would be too many."""
    near = [point for point in sorted(breakpoints, key=abs)[:_MOST_CLOSE_LOOKS] if abs(point) < 8.0]
    looked_at = union(_LOOKED_AT, *(point + _CLOSER for point in near))
    unknown, size = _unknown(function, looked_at, breakpoints)
    waiting = []
    for first, last in runs_of(unknown):
        low, high = float(looked_at[max(first - 1, 0)]), float(looked_at[min(last, len(looked_at) - 1)])
        cuts = [low, *(point for point in (*breakpoints, -8.0, -2.0, 2.0, 8.0) if low < point < high), high]
        waiting += list(zip(sorted(cuts), sorted(cuts)[1:], strict=False))
    patches: list[_Patch] = []
    tried = 0
    while waiting:
        low, high = waiting.pop(0)
        tried += 1
        if tried + len(waiting) > _MOST_PANELS:
            return None
        patch, check = _Patch(low, high, _exactly(function, _nodes(low, high, _CHEBYSHEV))), _nodes(low, high, _CHECKED)
        if not np.isfinite(patch.table).all():
            continue  # no values, or values beyond float64
        nearest = 0.0 if low < 0.0 < high else min(abs(low), abs(high))
        weight = (high - low) * math.exp(-0.5 * min(nearest, 37.0) ** 2)
        off = np.abs(patch(check) - _exactly(function, check)).max(axis=1)
        if (off * weight <= 0.01 * _ROUNDING * np.maximum(size, np.abs(patch.table).max(axis=1) * weight)).all():
            patches.append(patch)
        else:
            middle = 0.5 * (low + high)
            waiting += [(low, middle), (middle, high)]
    return patches


def _nodes(low: float, high: float, nodes: Array) -> Array:
    inside: Array = 0.5 * (low + high) + 0.5 * (high - low) * nodes
    return inside


def _exactly(function: Function, x: Array) -> Array:
    """f and f' in more digits, of shape (2, n)."""
    found = [function.at(float(point), 1, free=True, far=True) or [math.nan] * 2 for point in x]
    return np.array(found).T


def _unknown(function: Function, looked_at: Array, breakpoints: list[float]) -> tuple[Mask, Array]:
    """Mask of probed points at which float64 gives no result; size of f and f' near 0."""
    x = looked_at[~np.isin(looked_at, breakpoints)]
    table = function.activation.derivatives(x, 1)
    noise = function.rounding(x, table)
    known = np.isfinite(table)
    near = [np.sort(np.abs(row[good & (np.abs(x) <= 3.0)])) for row, good in zip(table, known, strict=True)]
    size = np.array([row[row.size // 2] if row.size else 1.0 for row in near])
    # Beside a breakpoint an error counts as much as the distance: only one that grows towards it matters.
    weight, usual = np.ones(x.shape), np.isin(x, _LOOKED_AT)
    for point in filter(lambda point: abs(point) < 8.0, breakpoints):
        weight = np.where(usual, 1.0, np.minimum(weight, np.abs(x - point)))
    lost = ~((noise * weight <= _ROUNDING * np.maximum(np.abs(table), size[:, None])) & known).all(axis=0)
    unknown = np.zeros(looked_at.shape, dtype=np.bool_)
    unknown[np.searchsorted(looked_at, x)] = lost
    return unknown, size
