"""Which moments and bounds of a function are infinite, and which are only unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.extrema import Extremum
from actcli.core.analysis.function import Function
from actcli.core.analysis.moments import Moments
from actcli.core.analysis.sampling import Samples
from actcli.core.arrays import Array
from actcli.core.numerics.quadrature import expectations

if TYPE_CHECKING:
    from actcli.core.analysis.sides import Sides

_SQUARE_OVERFLOWS: Final = 2.0**511
_MOMENTS = ("mean", "second_moment", "slope_second_moment")
RANGE = {"infimum", "supremum"}
SLOPES = {"slope_infimum", "slope_supremum", "lipschitz", "saturates_below", "saturates_above"}


def told(
    normal: Moments, samples: Samples, bounds: Sequence[Extremum], doubts: set[str], finite: bool
) -> tuple[list[float | None], set[str]]:
    """E[f], E[f²], E[f'²], and the names of the uncertain ones.

    None: f has no value on an interval, or the integral diverges, which no bounded function's does.
    bounds: of f below and above, of f' below and above
    finite: no integral can diverge
    """
    if has_gap(samples):
        return [None] * 3, set()
    found = [normal.mean, normal.second, normal.slope_second]
    unsure: set[str] = set()
    usual = np.abs(samples.x) <= 8.0
    for point in samples.breakpoints:  # beside a pole, large numbers are no overflow
        usual &= np.abs(samples.x - point) > 1e-6
    for name, moment, of, needs in zip(
        _MOMENTS, found, (bounds[:2], bounds[:2], bounds[2:]), (RANGE, RANGE, SLOPES), strict=True
    ):
        near = np.abs((samples.slope if of == bounds[2:] else samples.value)[usual])
        beyond = near[np.isfinite(near)].max(initial=0.0) > _SQUARE_OVERFLOWS
        bounded = finite or beyond or all(math.isfinite(bound.value) for bound in of)
        steep = name == "slope_second_moment" and any(abs(pole) < _SEEN for pole in samples.poles)
        if moment is None and not steep and (not normal.certain or bounded or not needs.isdisjoint(doubts)):
            unsure.add(name)
    return found, unsure


def dies_out(activation: Elementwise) -> bool:
    """Whether f² and f'² grow more slowly than the normal density falls."""
    share = np.square(activation.value_and_slope(_OUTERMOST)) * np.exp(-0.5 * _OUTERMOST**2)
    return bool((share < _NOTHING).all())


def infinite_inside(bounds: Sequence[Extremum], sides: Mapping[float, Sides]) -> bool:
    """Whether f or f' is unbounded at a finite x."""
    places = [bound.low for bound in bounds if math.isinf(bound.value)]
    limits = [limit for side in sides.values() for limit in (*side.value, *side.slope) if limit is not None]
    return any(map(math.isfinite, places)) or any(map(math.isinf, limits))


_SEEN: Final = 8.0
"""A pole nearer to 0 makes E[f'²] infinite for certain: a square of slopes with a finite integral has a bounded f."""
_OUTERMOST: Final = np.array([-37.0, 37.0])
_NOTHING: Final = 1e-60


def has_gap(samples: Samples) -> bool:
    """Whether f has no value on an interval."""
    gap = np.isnan(samples.value)
    return bool((gap[1:] & gap[:-1] & (np.abs(samples.x[1:]) < 8.0)).any())


def infinite(
    function: Function, normal: Moments, breakpoints: Sequence[float], bounds: tuple[Extremum, Extremum]
) -> dict[str, float]:
    """Moments that diverge to ∞ or -∞: of a square always, of f if one of its two signs has a finite share."""
    squares = (("second_moment", normal.second), ("slope_second_moment", normal.slope_second))
    found = {name: math.inf for name, moment in squares if moment is None}
    if normal.mean is not None:
        return found
    below, above = (math.isfinite(bound.value) for bound in bounds)
    if not (below or above):

        def shares(x: Array) -> Array:
            value = function.activation(x)
            return np.stack([np.minimum(value, 0.0), np.maximum(value, 0.0)])

        below, above = np.isfinite(expectations(shares, breakpoints)).tolist()
    return found if below == above else {"mean": math.inf if below else -math.inf, **found}


def unbounded_inside(infimum: Extremum, supremum: Extremum, lowest: Extremum, highest: Extremum) -> set[str]:
    """Names of the properties that a pole or an infinite slope makes infinite, whatever happens at ±∞."""
    bounds = {"infimum": infimum, "supremum": supremum, "slope_infimum": lowest, "slope_supremum": highest}
    found = {name for name, bound in bounds.items() if math.isinf(bound.value) and math.isfinite(bound.low)}
    steep = {"lipschitz", "saturates_below", "saturates_above"}
    return found | steep if not found.isdisjoint({"slope_infimum", "slope_supremum"}) else found
