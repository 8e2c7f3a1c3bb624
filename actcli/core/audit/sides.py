"""On which side of its float64 value an exact result lies.

tanh(20) is 1 - 8e-18 and 1 in float64; gelu(-1e-38) is a little more than -1e-38/2. float64 does not see the
difference, but it decides ties, and how wide the spacing is beside a power of two. Both follow from the line that
the function approaches there: from f(0) + f'(0) x the residue has the sign of f''(x); from the limit L at infinity
that of -f'(x) (to the left: f'(x)), and from a line through 0 that of f''(x).
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
"""(x, y) -> the sign of exact - y, asked for where float64 can't tell: an arithmetic of more digits."""

_NEAR: Final = np.ldexp(1.25, -np.arange(30, 141, 3))
"""Where the line at 0 is all that float64 sees."""
_FAR: Final = 1.25 * 2.0 ** np.arange(0.0, 127.0, 0.125)
_NEARLY_UNDERFLOWN: Final = 1e-100
_FEW_BITS: Final = 2.0**20
_UNSURE: Final = 8
"""float64's own error in its ULP, generously."""
_MOST_ASKED: Final = 4096


class Sides:
    """The sides of one derivative's results, at inputs that float64 holds exactly."""

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
            with np.errstate(all="ignore"):  # a derivative may not exist there, and nan has no sign
                near = activation.derivatives(sign * _NEAR, order + 2)[order:]
                far = activation.derivatives(sign * _FAR, order + 2)[order:]
            self._slopes[side] = near[1, -1]
            self._end_slopes[side] = far[1, -1]
            self._bends_near[side] = _common_sign(near[2])
            if np.isfinite(self._limits[side]):
                there = np.flatnonzero(far[0] == self._limits[side])
                # From a little before on: where the value is no longer told from 0, its slope may not be either.
                found = _common_sign(far[1][max(there[0] - 3, 0) :]) if there.size else None
                self._signs_far[side] = found if found is None else int(-sign * found)
            else:
                there = far[0] == self._end_slopes[side] * sign * _FAR
                self._signs_far[side] = _common_sign(far[2][there])

    def nearest(self, x: Array, y: Array, dtype: str) -> tuple[Array, Signs]:
        """The exact results as y + side * next to nothing: y as float64 knows it, put right where it errs.

        The side is 0 where the exact result is y, or where it does not matter for the type.
        """
        spacing = spacing_exponent(y, dtype)
        with np.errstate(invalid="ignore", over="ignore"):  # nan and inf are on no side
            halves = in_units(y, spacing - np.int32(1), dtype)
            whole = np.round(halves)
            off = np.abs(halves - whole)
        sides = np.zeros(len(y), dtype=np.int8)
        at = np.flatnonzero((off <= np.spacing(np.abs(halves)) * _UNSURE) & np.isfinite(y) & np.isfinite(x))
        if not at.size:
            return y, sides
        on = off[at] == 0.0
        with np.errstate(invalid="ignore", over="ignore"):  # what is no number is equal to none
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
        """The sides that follow from a line, and where there is one."""
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
    """Whether it is the exact slope and no rounding of it, to all appearances: a number of few bits."""
    return bool(np.isfinite(slope) and slope * _FEW_BITS % 1.0 == 0.0)


def _common_sign(values: Array) -> int | None:
    """The sign of all values, 0 if all are, None where they differ; a 0 that follows on next to nothing is none."""
    values = values[~np.isnan(values)]
    signs = np.unique(np.sign(values[values != 0.0]))
    if len(signs) == 0:
        return 0 if len(values) else None
    if len(signs) > 1:
        return None
    zeros = values == 0.0
    vanishing = np.abs(values[~zeros]).min() < _NEARLY_UNDERFLOWN
    return int(signs[0]) if vanishing or not zeros.any() else None
