"""The sign of (exact result - its float64 value).

tanh(20) is 1 - 8e-18, in float64 1; gelu(-1e-38) is slightly above -1e-38/2. float64 does not hold the difference, but
its sign decides ties and the spacing beside a power of two. The sign follows from the line that the function
approaches: beside f(0) + f'(0) x the difference has the sign of f''(x), beside a limit at inf that of -f'(x), beside a
limit at -inf that of f'(x), and beside an asymptote through 0 that of f''(x).
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Elementwise
from actcli.core.arrays import Array, Mask
from actcli.core.audit.ulp import Signs
from actcli.core.numerics.compensated import two_product, two_sum
from actcli.core.numerics.formats import in_units, spacing_exponent

ExactSigns = Callable[[Array, Array], Signs]
"""(x, y) -> sign of exact - y, from an arithmetic of more digits."""

_NEAR: Final = np.ldexp(1.25, -np.arange(30, 141, 3))
"""x > 0 at which f(x) rounds to its tangent at 0 in float64."""
_FAR: Final = 1.25 * 2.0 ** np.arange(0.0, 127.0, 0.125)
_NEARLY_UNDERFLOWN: Final = 1e-100
_FEW_BITS: Final = 2.0**20
_UNSURE: Final = 8
"""Bound on the error of the float64 values, in float64 ULP."""
_MOST_ASKED: Final = 4096


class Sides:
    """Signs of (exact - float64 value) for one derivative, at inputs that are float64 numbers.

    ask: called for ties and powers of two that the lines do not decide; without it their sign is 0
    """

    def __init__(self, activation: Elementwise, order: int, ask: ExactSigns | None = None) -> None:
        self._ask = ask
        both = np.array([-1.0, 1.0])
        self._at_zero = activation.derivative(np.zeros(1), order).item()
        self._limits = activation.derivative(both * np.inf, order)
        self._slopes = np.zeros(2)
        self._end_slopes = np.zeros(2)
        self._bends_near: list[int | None] = [None, None]
        self._signs_far: list[int | None] = [None, None]
        if order + 2 > MAX_ORDER:
            return
        for side, sign in enumerate(both):
            with np.errstate(all="ignore"):  # nan, where a derivative does not exist, has no sign
                near = activation.derivatives(sign * _NEAR, order + 2)[order:]
                far = activation.derivatives(sign * _FAR, order + 2)[order:]
            self._slopes[side] = near[1, -1]
            self._end_slopes[side] = far[1, -1]
            self._bends_near[side] = _common_sign(near[2])
            if np.isfinite(self._limits[side]):
                there = np.flatnonzero(far[0] == self._limits[side])
                # Three points earlier: where the value has reached its limit, the slope may have underflowed to 0.
                found = _common_sign(far[1][max(there[0] - 3, 0) :]) if there.size else None
                self._signs_far[side] = found if found is None else int(-sign * found)
            else:
                with np.errstate(over="ignore"):
                    there = far[0] == self._end_slopes[side] * sign * _FAR
                self._signs_far[side] = _common_sign(far[2][there])

    def nearest(self, x: Array, y: Array, dtype: str) -> tuple[Array, Signs]:
        """The float64 values y, corrected to a tie or power of two nearby, and the signs of exact - y.

        The sign is 0 where the exact result is y, or where rounding to the type does not depend on it.
        """
        spacing = spacing_exponent(y, dtype)
        with np.errstate(invalid="ignore", over="ignore"):  # nan and inf have no side
            halves = in_units(y, spacing - np.int32(1), dtype)
            whole = np.round(halves)
            off = np.abs(halves - whole)
        sides = np.zeros(len(y), dtype=np.int8)
        at = np.flatnonzero((off <= np.spacing(np.abs(halves)) * _UNSURE) & np.isfinite(y) & np.isfinite(x))
        if not at.size:
            return y, sides
        on = off[at] == 0.0
        with np.errstate(invalid="ignore", over="ignore"):  # nan equals no line
            found, known = self._by_lines(x[at], y[at])
        sides[at] = np.where(on, found, 0)
        odd = whole[at] % 2 != 0.0  # a tie
        mantissa, _ = np.frexp(y[at])
        matters = at[~known & (odd | (on & (np.abs(mantissa) == 0.5)))]
        if self._ask is not None and 0 < matters.size <= _MOST_ASKED:
            y = y.copy()
            y[matters] = np.ldexp(whole[matters], spacing[matters] - 1)
            sides[matters] = self._ask(x[matters], y[matters])
        return y, sides

    def _by_lines(self, x: Array, y: Array) -> tuple[Signs, Mask]:
        """The signs that follow from a line, and a mask of their places."""
        found, known = np.zeros(len(x), dtype=np.int8), np.zeros(len(x), dtype=bool)
        for side, here in enumerate((x < 0.0, x > 0.0)):
            far, near = self._signs_far[side], self._bends_near[side]
            limit, slope = self._limits[side], self._end_slopes[side]
            if far is not None:
                reached = y == limit if np.isfinite(limit) else (y == slope * x) & _short(slope)
                reached &= here & ((np.abs(x) > 1.0) | (np.isinf(limit) & (far == 0)))
                found[reached], known[reached] = far, True
            slope = self._slopes[side]
            if near is not None and np.isfinite(slope) and _short(self._at_zero):
                rise, rise_rest = two_product(x, slope)
                total, rest = two_sum(rise, self._at_zero)
                told = (rise_rest == 0.0) & _short(slope)
                if self._at_zero:
                    told |= (rest != 0.0) & (np.abs(x) < _NEAR[0])
                reached = (y == total) & here & ~known & told
                sign = np.where(rest != 0.0, np.sign(rest), near)
                found[reached], known[reached] = sign[reached], True
        known |= x == 0.0
        return found, known


def _short(slope: float) -> bool:
    """Whether a slope is a multiple of 2^-20, hence presumably exact and not rounded."""
    return bool(np.isfinite(slope) and slope * _FEW_BITS % 1.0 == 0.0)


def _common_sign(values: Array) -> int | None:
    """The common sign of all values, 0 if all are 0; None if they differ. Left out: nan, and 0 by underflow."""
    values = values[~np.isnan(values)]
    signs = np.unique(np.sign(values[values != 0.0]))
    if len(signs) == 0:
        return 0 if len(values) else None
    if len(signs) > 1:
        return None
    zeros = values == 0.0
    vanishing = np.abs(values[~zeros]).min() < _NEARLY_UNDERFLOWN
    return int(signs[0]) if vanishing or not zeros.any() else None
