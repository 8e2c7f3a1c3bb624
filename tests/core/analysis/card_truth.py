"""Reference properties of formulas from mpmath: values with hundreds of bits, slopes by differences.

Independent of actcli. `python -m tests.core.analysis.card_truth` writes card_truth.json.
"""

import json
import math
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

FILE = Path(__file__).with_name("card_truth.json")


LOST: list[Any] = []
"""Values so near a limit that a sum with that limit is rounded to it; cleared by the caller."""


def _near(value: Any, *limits: int) -> Any:
    """The value, noted in LOST if it is so near one of the limits, or so large, that a sum loses its digits."""
    if any(abs(value - limit) < mpf(2) ** (80 - mpmath.mp.prec) for limit in limits) or abs(value) > mpf(2) ** (
        mpmath.mp.prec - 80
    ):
        LOST.append(value)
    return value


def _exp(x: Any) -> Any:
    return _near(mpmath.exp(x), 0)


def _expm1(x: Any) -> Any:
    return _near(mpmath.expm1(x), -1)


def _tanh(x: Any) -> Any:
    return _near(mpmath.tanh(x), -1, 1)


def _erf(x: Any) -> Any:
    return _near(mpmath.erf(x), -1, 1)


def _clip(x: Any, low: float, high: float) -> Any:
    return min(max(x, mpf(low)), mpf(high))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + _exp(-x))


def _softplus(x: Any, beta: float = 1) -> Any:
    return mpmath.log(1 + _exp(beta * x)) / beta


def _normal_cdf(x: Any) -> Any:
    return _near(mpmath.erfc(-x / mpmath.sqrt(2)) / 2, 0, 1)


def _tanh_shrink(x: Any) -> Any:
    """About x³/3 near 0, where all digits of x and tanh(x) may cancel."""
    with mpmath.workprec(mpmath.mp.prec + (max(0, -2 * mpmath.mag(x)) if x else 0)):
        return x - _tanh(x)


def _elu(x: Any, alpha: float = 1) -> Any:
    return x if x > 0 else alpha * _expm1(x)


SELU = mpf(1.6732632423543772), mpf(1.0507009873554805)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(mpmath, name)
        for name in ("log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "atan", "asin", "acos", "asinh", "log1p")
    },
    "exp": _exp,
    "expm1": _expm1,
    "tanh": _tanh,
    "erf": _erf,
    "abs": abs,
    "max": max,
    "min": min,
    "sign": mpmath.sign,
    "clip": _clip,
    "where": lambda condition, a, b: a if condition else b,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "arctan": mpmath.atan,
    "identity": lambda x: x,
    "relu": lambda x: max(x, mpf(0)),
    "relu6": lambda x: _clip(x, 0, 6),
    "relu_squared": lambda x: max(x, mpf(0)) ** 2,
    "leaky_relu": lambda x, negative_slope=0.01: x if x > 0 else negative_slope * x,
    "prelu": lambda x, weight=0.25: x if x > 0 else weight * x,
    "rrelu": lambda x, lower=0.125, upper=0.3333333333333333: x if x > 0 else (mpf(lower) + upper) / 2 * x,
    "threshold": lambda x, threshold=1, value=0: x if x > threshold else mpf(value),
    "fatrelu": lambda x, threshold=0: x if x > threshold else mpf(0),
    "elu": _elu,
    "celu": lambda x, alpha=1: x if x > 0 else alpha * _expm1(x / alpha),
    "selu": lambda x, alpha=SELU[0], gamma=SELU[1]: gamma * _elu(x, alpha),
    "gelu": lambda x: x * _normal_cdf(x),
    "gelu_10": lambda x: min(x * _normal_cdf(x), mpf(10)),
    "gelu_tanh": lambda x: x * _sigmoid(2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpf(0.044715) * x**3)),
    "quick_gelu": lambda x: x * _sigmoid(mpf(1.702) * x),
    "silu": lambda x, beta=1: x * _sigmoid(beta * x),
    "mish": lambda x: x * _tanh(_softplus(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "exponential": _exp,
    "step": lambda x: mpf(x >= 0),
    "hard_tanh": lambda x, min_val=-1, max_val=1: min(mpf(max_val), max(mpf(min_val), x)),
    "hard_sigmoid": lambda x, alpha=None, beta=0.5: _clip(alpha * x + beta if alpha else (x + 3) / 6, 0, 1),
    "sparse_sigmoid": lambda x: _clip((x + 1) / 2, 0, 1),
    "sparse_plus": lambda x: mpf(0) if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
    "hard_swish": lambda x: x * _clip((x + 3) / 6, 0, 1),
    "hard_shrink": lambda x, lambd=0.5: x if abs(x) > lambd else mpf(0),
    "soft_shrink": lambda x, lambd=0.5: x - _clip(x, -lambd, lambd),
    "shrink": lambda x, lambd=0.5, bias=0: x + bias if x < -lambd else x - bias if x > lambd else mpf(0),
    "tanh_shrink": _tanh_shrink,
    "squareplus": lambda x, b=4: (x + mpmath.sqrt(x * x + b)) / 2,
    "log_sigmoid": lambda x: -_softplus(-x),
    "snake": lambda x, a=1: x + mpmath.sin(a * x) ** 2 / a,
    "softcap": lambda x, cap=30: cap * _tanh(x / cap),
    "laplace": lambda x, mu=0.707107, sigma=0.282095: _normal_cdf((x - mu) / sigma),
    "pi": mpmath.pi,
}

STEP = mpf(2) ** -60
NEAR = 24
"""The interval [-NEAR, NEAR] is sampled densely."""


class Curve:
    """A formula, and the points at which it may be broken."""

    def __init__(self, text: str, breakpoints: Iterable[str] = ()) -> None:
        self.code = compile(text, text, "eval")
        self.reach = 700 if "erf(2*x)" in text else 100  # largest x² for which 1 + erf keeps digits
        self.breakpoints = sorted(mpf(f.numerator) / f.denominator for f in set(map(Fraction, breakpoints)))

    def __call__(self, x: Any) -> Any:
        try:
            return self._value(mpf(x))
        except ZeroDivisionError:
            return mpmath.nan

    def _value(self, x: Any) -> Any:
        with mpmath.workprec(max(mpmath.mp.prec, int(240 + 16 * min(abs(x), 40) + 6 * min(x * x, self.reach)))):
            return self.roughly(x)

    def roughly(self, x: Any) -> Any:
        """Value with an error of 1e-30 of the largest term."""
        return +mpf(eval(self.code, {"__builtins__": {}}, {**FUNCTIONS, "x": x}))  # the tests' own formulas

    def slope(self, x: Any, step: Any = STEP) -> Any:
        with mpmath.workprec(max(mpmath.mp.prec, int(200 - 2 * mpmath.log(step, 2)))):
            x = mpf(x)
            step = step * max(1, abs(x))
            return (self(x + step) - self(x - step)) / (2 * step)

    def beside(self, x: Any, side: int) -> tuple[Any, Any]:
        """One-sided limit and slope. The slope is infinite if it grows towards x."""
        with mpmath.workprec(1200):
            near, nearer = (x + side * mpf(2) ** -k for k in (200, 300))
            slope, steeper = (self.slope(at, mpf(2) ** -400) for at in (near, nearer))
            if abs(steeper) > 1.2 * abs(slope) and abs(steeper) > 20:
                steeper = math.copysign(math.inf, steeper)
            return self(x + side * mpf(2) ** -300), steeper


def truth(text: str, breakpoints: Iterable[str] = ()) -> dict[str, Any]:
    """Properties that the card of the formula must have."""
    with mpmath.workprec(240):
        curve = Curve(text, breakpoints)
        left, right = (_end(curve, side) for side in (-1, 1))
        points = sorted(_points(curve.breakpoints))
        table = [(x, curve(x), curve.slope(x)) for x in points]
        sides = [(b, curve.beside(b, -1), curve.beside(b, 1)) for b in curve.breakpoints]
        jumps = [b for b, (low, _), (high, _) in sides if max(abs(low - high), abs(curve(b) - low)) > mpf(10) ** -13]
        kinks = [b for b, (_, low), (_, high) in sides if b in jumps or _apart(low, high)]
        limits = [value for _, low, high in sides for value in (low[0], high[0])]
        slopes = [value for _, low, high in sides for value in (low[1], high[1])]
        values = [value for _, value, _ in table] + limits + [curve(b) for b in curve.breakpoints]
        steep = [slope for _, _, slope in table] + slopes
        low, high = _extremes(curve, table, values, [left["limit"], right["limit"]])
        flattest, steepest = _slope_extremes(curve, table, steep, [left["slope"], right["slope"]])
        steepness = max(abs(flattest), abs(steepest))
        lipschitz = math.inf if jumps else steepness
        rises, falls = max(steep) > mpf(10) ** -60, min(steep) < -(mpf(10) ** -60)
        for b in jumps:
            before, after = (next(s for p, *s in sides if p == b)[i][0] for i in (0, 1))
            rises, falls = rises or after > before, falls or after < before
        return {
            "left": left,
            "right": right,
            "infimum": low,
            "supremum": high,
            "slope_infimum": flattest,
            "slope_supremum": steepest,
            "lipschitz": lipschitz,
            "monotone": ("non-monotone" if rises and falls else "increasing" if rises else "decreasing")
            if rises or falls
            else "constant",
            "strictly": rises != falls and not _rests(table),
            "kinks": [float(b) for b in kinks],
            "jumps": [float(b) for b in jumps],
            "zeros": _zeros(curve, table, jumps),
            "moments": _moments(curve),
            "saturates": [_saturation(curve, table, steepness, end["slope"], s) for end, s in ((left, -1), (right, 1))],
        }


def _apart(low: Any, high: Any) -> bool:
    return math.inf in (abs(low), abs(high)) or abs(low - high) > mpf(10) ** -25


def _rests(table: list[Any]) -> bool:
    """Whether the function is constant somewhere: three neighbouring values are equal in all digits."""
    near = [value for x, value, _ in table if abs(x) < 6]
    return any(a == b == c for a, b, c in zip(near, near[1:], near[2:], strict=False))


_NODES, _WEIGHTS = (part.tolist() for part in np.polynomial.legendre.leggauss(20))
_PANELS = [mpf(k) for k in range(-11, 12)]


def _moments(curve: Curve) -> list[float]:
    """E[f(z)] and E[f(z)²] for z ~ N(0, 1), by Gauss's rule on panels that shrink towards the breaks."""
    edges = {*_PANELS, *(b + s * mpf(2) ** -k for b in curve.breakpoints for s in (-1, 1) for k in range(1, 40, 2))}
    ends = sorted(x for x in {*edges, *curve.breakpoints} if abs(x) <= 11)
    first = second = mpf(0)
    panels = ((*panel, *rule) for panel in pairwise(ends) for rule in zip(_NODES, _WEIGHTS, strict=True))
    with mpmath.workprec(100):
        for low, high, node, weight in panels:
            x = (low + high) / 2 + node * (high - low) / 2
            share, value = weight * (high - low) / 2 * mpmath.npdf(x), curve.roughly(x)
            first, second = first + share * value, second + share * value**2
    return [float(first), float(second)]


def _points(breakpoints: list[Any]) -> set[Any]:
    points = {mpf(k) / 6 + mpf(2) ** -9 for k in range(-6 * NEAR, 6 * NEAR + 1)}
    points |= {s * mpf(2) ** k for k in range(-16, 24) for s in (-1, 1)}
    for b in breakpoints:
        points |= {b + s * mpf(2) ** -k for k in range(2, 30, 3) for s in (-1, 1)}
    return points - set(breakpoints)


def _end(curve: Curve, side: int) -> dict[str, Any]:
    """Limit, and slope and intercept of the asymptote, from points at which rounding does not matter."""
    near, far = (side * mpf(2) ** k + mpf(1) / 3 for k in (50, 60))
    slope, slope_far = (curve.slope(x, mpf(2) ** -60) for x in (near, far))
    value, value_far = curve(near), curve(far)
    if abs(value_far - value) < mpf(10) ** -6 * max(1, abs(value)) and abs(slope_far) < mpf(10) ** -9:
        return {"limit": float(_short(value_far)), "slope": 0.0, "intercept": float(_short(value_far))}
    limit = math.copysign(math.inf, value_far)
    if abs(slope_far - slope) > mpf(10) ** -6 * abs(slope):
        steep = abs(slope_far) > abs(slope)
        return {"limit": limit, "slope": math.copysign(math.inf, slope_far) if steep else 0.0, "intercept": None}
    with mpmath.workprec(400):
        rest, rest_far = (f - s * x for f, s, x in ((value, slope, near), (value_far, slope_far, far)))
    settled = abs(rest_far - rest) < mpf(10) ** -6
    return {
        "limit": limit,
        "slope": float(_short(slope_far)),
        "intercept": float(_short(rest_far)) if settled else None,
    }


def _short(x: Any) -> Any:
    """x, or 0 if |x| < 1e-9."""
    return mpf(0) if abs(x) < mpf(10) ** -9 else x


def _extremes(curve: Curve, table: list[Any], values: list[Any], ends: list[float]) -> tuple[Any, Any]:
    found = []
    for sign in (-1, 1):
        best = max(sign * value for value in values)
        turning = [
            (a[0], b[0])
            for a, b in pairwise(table)
            if sign * a[2] > 0 > sign * b[2] and not any(a[0] < x < b[0] for x in curve.breakpoints)
        ]
        peaks = [_bisected(lambda x: sign * curve.slope(x) > 0, a, b) for a, b in turning]  # noqa: B023 - used at once
        best = max([best, *(sign * curve(x) for x in peaks)])
        outside = max(sign * end for end in ends)
        attained = not outside > best + mpf(10) ** -13 * max(1, abs(best))
        inside = [sign * value for value in [*(curve(b) for b in curve.breakpoints), *(curve(x) for x in peaks)]]
        inside += [sign * v for x, v, _ in table if abs(x) < 2 * NEAR]
        found.append([float(sign * max(best, outside)), attained, float(sign * max(inside))])
    return found[0], found[1]


def _slope_extremes(curve: Curve, table: list[Any], slopes: list[Any], ends: list[float]) -> tuple[float, float]:
    found = []
    for sign in (-1, 1):
        best = max([sign * slope for slope in slopes] + [sign * end for end in ends])
        for a, b, c in zip(table, table[1:], table[2:], strict=False):
            if max(abs(b[2] - a[2]), abs(b[2] - c[2])) < mpf(10) ** -12:
                continue  # a line
            if sign * b[2] >= max(sign * a[2], sign * c[2]) and not any(a[0] <= x <= c[0] for x in curve.breakpoints):
                best = max(best, _golden(lambda x: sign * curve.slope(x), a[0], c[0]))  # noqa: B023 - used at once
        found.append(float(sign * best))
    return found[0], found[1]


def _bisected(holds: Callable[[Any], bool], low: Any, high: Any) -> Any:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _golden(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """The maximum between two points with a single maximum between them (golden section)."""
    if abs(function((low + high) / 2)) < mpf(10) ** -12:
        return function(low)
    for _ in range(45):
        a, b = low + (high - low) * mpf("0.382"), low + (high - low) * mpf("0.618")
        low, high = (a, high) if function(a) < function(b) else (low, b)
    return function(low)


def _zeros(curve: Curve, table: list[Any], jumps: list[Any]) -> list[float]:
    zeros = [float(b) for b in curve.breakpoints if b not in jumps and abs(curve(b)) < mpf(10) ** -60]
    near = [row for row in table if abs(row[0]) < 2 * NEAR]
    for a, b in pairwise(near):
        if a[2] * b[2] < 0 < a[1] * b[1]:  # it may only touch
            at = _bisected(lambda x: curve.slope(x) * a[2] > 0, a[0], b[0])  # noqa: B023 - used at once
            zeros += [float(at)] * (abs(curve(at)) < mpf(10) ** -30)
        if a[1] == 0 and a[2] != 0:
            zeros.append(float(a[0]))
        if a[1] * b[1] < 0 and not any(a[0] <= j <= b[0] for j in jumps):
            zeros.append(float(_bisected(lambda x: (curve(x) > 0) == (a[1] > 0), a[0], b[0])))  # noqa: B023 - used at once
    found: list[float] = []
    for zero in sorted(zeros):
        zero = 0.0 if abs(zero) < 1e-12 else zero
        if not found or abs(zero - found[-1]) > 1e-9:
            found.append(zero)
    return found


def _saturation(curve: Curve, table: list[Any], lipschitz: float, end: float, side: int) -> float | None:
    if not math.isfinite(lipschitz) or not abs(end) < 0.05 * lipschitz:
        return None
    threshold = mpf(lipschitz) / 20
    outwards = [(x, abs(slope)) for x, _, slope in (reversed(table) if side > 0 else table)]
    for (beyond, _), (x, slope) in pairwise(outwards):
        if slope >= threshold:
            edge = _bisected(lambda at: abs(curve.slope(at, mpf(2) ** -200)) >= threshold, x, beyond)
            return float(edge)
    return None


if __name__ == "__main__":
    from tests.core.analysis.card_formulas import FORMULAS

    with Pool() as pool:
        found = dict(zip(FORMULAS, pool.starmap(truth, FORMULAS.items(), chunksize=1), strict=True))
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(found)} formulas\n")
