"""Symmetry of a function: even, odd, or odd about its value at 0."""

import math
from typing import Any, Final, Literal

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.asymptotes import FarEnd
from actcli.core.analysis.digits import no_number
from actcli.core.analysis.function import Function
from actcli.core.analysis.sampling import Samples
from actcli.core.arrays import Array, union

Symmetry = Literal["odd", "even", "odd about f(0)", "neither"]


def symmetry_of(function: Function, samples: Samples, left: FarEnd, right: FarEnd) -> Symmetry:
    """Symmetry at all points that are compared, and of the behaviour at ±∞."""
    found = _exact_symmetry(function, samples) if function.exact else None
    if found is None:
        found = _symmetry(function.activation, samples)
    if left.end is None or right.end is None or found == "neither":
        return found
    there, here = right.end.limit, left.end.limit
    if found == "odd":
        here = -here
    elif found == "odd about f(0)":
        here = 2.0 * float(function.activation(0.0)) - here
    return found if math.isnan(there) == math.isnan(here) and _alike(there, here) else "neither"


def _alike(a: float, b: float) -> bool:
    return math.isnan(a) or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)


def _symmetry(activation: Elementwise, samples: Samples) -> Symmetry:
    """Symmetry wherever f is smooth: even, odd, or odd f - f(0) as for sigmoid - 1/2."""
    x = _mirrored(samples)
    (there, slope), opposite = activation.value_and_slope(x), activation(-x)
    if (np.isnan(there) != np.isnan(opposite)).any():
        return "neither"
    known = ~np.isnan(there)
    x, there, slope, opposite = x[known], there[known], slope[known], opposite[known]
    # Rounding of the values, of the argument, and of terms that cancel near 0.
    rounding = 1e-12 * (np.abs(there) + np.abs(opposite)) + 2.0**-50 * (
        np.nan_to_num(np.abs(x * slope), nan=0.0, posinf=0.0) + np.abs(there[x <= 1.0]).max(initial=0.0)
    )
    if (_difference(there, opposite) <= rounding).all():
        return "even"
    middle = float(activation(0.0))
    if (_difference(there, -opposite) <= rounding).all() and not abs(middle) > _SMALL * np.abs(there).max(initial=0.0):
        return "odd"
    return "odd about f(0)" if (_difference(there - middle, middle - opposite) <= rounding).all() else "neither"


def _exact_symmetry(function: Function, samples: Samples) -> Symmetry | None:
    """As `_symmetry`, in more digits, at points without simple ratios and where float64 is the least symmetric.

    None if f is 0 at all of them.
    """
    pairs = []
    for point in (*_TRIED, *_least_symmetric(function.activation, _mirrored(samples))):
        there, opposite = (function.digits(x, 0, _BITS) for x in (point, -point))
        if there is not None and opposite is not None:
            pairs.append((there.derivatives[0], opposite.derivatives[0]))
    if any(no_number(a) != no_number(b) for a, b in pairs):
        return "neither"
    known = [(a, b) for a, b in pairs if not isinstance(a, float) and not isinstance(b, float)]
    zero = function.digits(0.0, 0, _BITS)
    middle = zero.derivatives[0] if zero is not None else math.nan
    if not known:
        return "neither"
    if not any(a or b for a, b in known):
        return None
    if all(_same(a, b) for a, b in known):
        return "even"
    largest = max(abs(a) for a, _ in known[:_CLOSE_ONES])
    if all(_same(a, -b) for a, b in known) and (isinstance(middle, float) or abs(middle) * (1 << 40) <= largest):
        return "odd"
    centred = not isinstance(middle, float) and all(_same(a - middle, middle - b) for a, b in known)
    return "odd about f(0)" if centred else "neither"


def _mirrored(samples: Samples) -> Array:
    """|x| > 0 of the samples, but for breakpoints of f(x) and f(-x)."""
    x = union(samples.x[samples.x > 0.0], -samples.x[samples.x < 0.0])
    for point in samples.breakpoints:
        x = x[np.abs(x - abs(point)) > 1e-12 * abs(point)]
    return x


def _least_symmetric(activation: Elementwise, x: Array) -> list[float]:
    """Those of x > 0 at which f(x) and ±f(-x), or f(x) - f(0) and f(0) - f(-x), differ most, by two measures."""
    there, opposite, middle = activation(x), activation(-x), float(activation(0.0))
    size = np.abs(there) + np.abs(opposite)
    gaps = (_difference(there, opposite), _difference(there, -opposite), _difference(there - middle, middle - opposite))
    shares = [gap / (least + size) for gap in gaps for least in (1.0, 1e-300)]
    return [float(x[np.where(np.isfinite(share), share, 0.0).argmax()]) for share in shares]


_SMALL: Final = 2.0**-40
"""Largest |f(0)| of an odd function, relative to its values; `1 if x >= 0 else -1` is not odd."""
_TRIED: Final = (0.0371, 0.412, 1.37, 3.83, 9.61, 27.4, 131.7, 1017.3, 30011.9)
_CLOSE_ONES: Final = 6
"""So many of them are no further out than the features of most functions."""
_BITS: Final = 320


def _same(a: Any, b: Any) -> bool:
    """Equality up to the rounding of a formula's constants."""
    return bool(abs(a - b) * (1 << 48) <= max(abs(a), abs(b)))


def _difference(a: Array, b: Array) -> Array:
    return np.where(a == b, 0.0, np.abs(a - b))
