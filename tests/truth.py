"""The catalogue's elementwise activations in mpmath, by the definitions of papers and libraries: the reference.

Independent of actcli. A definition is computed on a power series around the point, with 1,400 bits. The coefficients
of the result are the derivatives, exact to hundreds of digits even if 1 - 1 leaves only a tail of e^-745. At a kink the
comparisons select the piece whose slope PyTorch's autograd returns.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import mpmath
from mpmath import mpf

# The smallest float64 is 2^-1074; 300 more bits are its digits in a sum with 1.
BITS = 1400
NOTHING = 100_000  # e^-NOTHING is negligible

Number: TypeAlias = float | mpf


class Series:
    """A truncated power series c_0 + c_1 t + ... + c_n t^n. Comparisons use its value c_0."""

    def __init__(self, coefficients: list[mpf]) -> None:
        self.c = coefficients

    @property
    def value(self) -> mpf:
        return self.c[0]

    def of(self, constant: Number) -> "Series":
        return Series([mpf(constant), *[mpf(0)] * (len(self.c) - 1)])

    def lift(self, other: "Series | Number") -> "Series":
        return other if isinstance(other, Series) else self.of(other)

    def __add__(self, other: "Series | Number") -> "Series":
        return Series([a + b for a, b in zip(self.c, self.lift(other).c, strict=True)])

    def __mul__(self, other: "Series | Number") -> "Series":
        if not isinstance(other, Series):
            return Series([a * other for a in self.c])
        return Series([sum((self.c[j] * other.c[k - j] for j in range(k + 1)), mpf(0)) for k in range(len(self.c))])

    def __truediv__(self, other: "Series | Number") -> "Series":
        if not isinstance(other, Series):
            return Series([a / other for a in self.c])
        quotient: list[mpf] = []
        for k, a in enumerate(self.c):
            known = sum((other.c[j] * quotient[k - j] for j in range(1, k + 1)), mpf(0))
            quotient.append((a - known) / other.c[0])
        return Series(quotient)

    def __rtruediv__(self, other: Number) -> "Series":
        return self.of(other) / self

    def __neg__(self) -> "Series":
        return self * -1

    def __sub__(self, other: "Series | Number") -> "Series":
        return self + -other

    def __rsub__(self, other: Number) -> "Series":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self) -> "Series":
        return self * mpmath.sign(self.value)

    def __lt__(self, other: Number) -> bool:
        return bool(self.value < other)

    def __le__(self, other: Number) -> bool:
        return bool(self.value <= other)

    def __gt__(self, other: Number) -> bool:
        return bool(self.value > other)

    def __ge__(self, other: Number) -> bool:
        return bool(self.value >= other)


# --- functions of a series: the value is mpmath's, the other coefficients follow from f(u)' = rate * u' ---------------


def integral(start: mpf, rate: Series, u: Series) -> Series:
    """start + ∫ rate du."""
    terms = ([j * u.c[j] * rate.c[k - j] for j in range(1, k + 1)] for k in range(1, len(u.c)))
    return Series([start, *(sum(term, mpf(0)) / k for k, term in enumerate(terms, 1))])


def _exp(x: mpf) -> mpf:
    """e^x; mpmath takes five times as long for a whole number as for the number between two."""
    return mpmath.exp(x + 0.5) / mpmath.exp(mpf(0.5)) if x == mpmath.floor(x) else mpmath.exp(x)


def exp(u: Series) -> Series:
    if u < -NOTHING:
        return u.of(0)
    c = [_exp(u.value)]
    for k in range(1, len(u.c)):
        c.append(sum((j * u.c[j] * c[k - j] for j in range(1, k + 1)), mpf(0)) / k)
    return Series(c)


def sqrt(u: Series) -> Series:
    c = [mpmath.sqrt(u.value)]
    for k in range(1, len(u.c)):
        c.append((u.c[k] - sum((c[j] * c[k - j] for j in range(1, k)), mpf(0))) / (2 * c[0]))
    return Series(c)


def sin(u: Series) -> Series:
    s, c = [mpmath.sin(u.value)], [mpmath.cos(u.value)]
    for k in range(1, len(u.c)):
        s.append(sum((j * u.c[j] * c[k - j] for j in range(1, k + 1)), mpf(0)) / k)
        c.append(-sum((j * u.c[j] * s[k - j] for j in range(1, k + 1)), mpf(0)) / k)
    return Series(s)


def expm1(u: Series) -> Series:
    return integral(mpmath.expm1(u.value), exp(u), u)


def log1p(u: Series) -> Series:
    return integral(mpmath.log1p(u.value), 1 / (1 + u), u)


def arctan(u: Series) -> Series:
    return integral(mpmath.atan(u.value), 1 / (1 + u * u), u)


def erf(u: Series) -> Series:
    value, square = mpmath.erf(u.value) if abs(u.value) < 6 else mpf(0), u.value * u.value
    if not value and u.value:  # as below: of the tail the first few hundred bits count
        with mpmath.workprec(max(300, mpmath.mp.prec - int(min(square, NOTHING) / mpmath.ln2))):
            tail = mpmath.erfc(abs(u.value)) if square < NOTHING else mpf(0)
        value = mpmath.sign(u.value) * (1 - tail)
    return integral(value, exp(-u * u) * 2 / mpmath.sqrt(mpmath.pi), u)


def normal_cdf(u: Series) -> Series:
    # Limits the time: mpmath takes 15 ms for 1,400 bits of a tail, of which a few hundred matter.
    square = min(u.value * u.value, NOTHING)
    with mpmath.workprec(max(300, mpmath.mp.prec - int(square / 2 / mpmath.ln2))):
        tail = mpmath.ncdf(-abs(u.value)) if square < NOTHING else mpf(0)
    return integral(tail if u < 0 else 1 - tail, exp(-u * u / 2) / mpmath.sqrt(2 * mpmath.pi), u)


def tanh(u: Series) -> Series:
    if u > 0:
        return -tanh(-u)
    e = exp(2 * u)
    return (e - 1) / (e + 1)


def sigmoid(x: Series) -> Series:
    return 1 / (1 + exp(-x))


def softplus(x: Series, beta: Number = 1) -> Series:
    return log1p(exp(beta * x)) / beta


def hard_sigmoid(x: Series, alpha: Number = 1 / 6, beta: Number = 0.5) -> Series | Number:
    # The default is exactly (x + 3) / 6, clipped; any other alpha is the given float64.
    line = (x + 3) / 6 if (alpha, beta) == (1 / 6, 0.5) else alpha * x + beta
    return 0 if line <= 0 else 1 if line >= 1 else line


# --- the table: name -> definition(x, **parameters) -------------------------------------------------------------------

DEFINITIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda x: x,
    "relu": lambda x: x if x > 0 else 0,
    "leaky_relu": lambda x, negative_slope=0.01: x if x > 0 else negative_slope * x,
    "prelu": lambda x, weight=0.25: x if x > 0 else weight * x,
    "rrelu": lambda x, lower=1 / 8, upper=1 / 3: x if x > 0 else (mpf(lower) + upper) / 2 * x,
    "relu6": lambda x: 0 if x <= 0 else 6 if x >= 6 else x,
    "relu_squared": lambda x: x * x if x > 0 else 0,
    "threshold": lambda x, threshold=1, value=0: x if x > threshold else value,
    "elu": lambda x, alpha=1: x if x > 0 else alpha * expm1(x),
    "celu": lambda x, alpha=1: x if x > 0 else alpha * expm1(x / alpha),
    "selu": lambda x, alpha=1.6732632423543772, gamma=1.0507009873554805: gamma * (x if x > 0 else alpha * expm1(x)),
    "gelu": lambda x: x * normal_cdf(x),
    "gelu_tanh": lambda x: x / 2 * (1 + tanh(mpmath.sqrt(2 / mpmath.pi) * (x + 0.044715 * x * x * x))),
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "silu": lambda x, beta=1: x * sigmoid(beta * x),
    "mish": lambda x: x * tanh(softplus(x)),
    "softplus": softplus,
    "squareplus": lambda x, b=4: (x + sqrt(x * x + b)) / 2,
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: -softplus(-x),
    "hard_sigmoid": hard_sigmoid,
    "tanh": tanh,
    "hard_tanh": lambda x, min_val=-1, max_val=1: min_val if x <= min_val else max_val if x >= max_val else x,
    "hard_swish": lambda x: 0 if x <= -3 else x if x >= 3 else x * (x + 3) / 6,
    "hard_shrink": lambda x, lambd=0.5: x if abs(x) > lambd else 0,
    "soft_shrink": lambda x, lambd=0.5: x - lambd if x > lambd else x + lambd if x < -lambd else 0,
    "tanh_shrink": lambda x: x - tanh(x),
    "softsign": lambda x: x / (1 + abs(x)),
    "sparse_plus": lambda x: 0 if x <= -1 else x if x >= 1 else (x + 1) * (x + 1) / 4,
    "sparse_sigmoid": lambda x: 0 if x <= -1 else 1 if x >= 1 else (x + 1) / 2,
    "exponential": exp,
    "erf": erf,
    "sin": sin,
    "arctan": arctan,
    "snake": lambda x, a=1: x + sin(a * x) * sin(a * x) / a,
    "step": lambda x: 1 if x >= 0 else 0,
    "softcap": lambda x, cap=30: cap * tanh(x / cap),
    "laplace": lambda x, mu=0.707107, sigma=0.282095: normal_cdf((x - mu) / sigma),
    "gelu_10": lambda x: 10 if x > 10 else x * normal_cdf(x),
    "fatrelu": lambda x, threshold=0: x if x > threshold else 0,
    "shrink": lambda x, lambd=0.5, bias=0: x + bias if x < -lambd else x - bias if x > lambd else 0,
}


class Limits(NamedTuple):
    """Value and slope at -inf and at inf; nan where there is no limit."""

    low: float
    high: float
    low_slope: float
    high_slope: float


_RAMP, _GATE = Limits(0, math.inf, 0, 1), Limits(0, 1, 0, 0)

LIMITS: dict[str, Limits] = {
    **dict.fromkeys(("relu", "gelu", "gelu_tanh", "quick_gelu", "silu", "mish", "softplus", "squareplus"), _RAMP),
    **dict.fromkeys(("hard_swish", "sparse_plus", "threshold"), _RAMP),
    **dict.fromkeys(("sigmoid", "hard_sigmoid", "sparse_sigmoid", "step"), _GATE),
    **dict.fromkeys(("tanh", "hard_tanh", "erf", "softsign"), Limits(-1, 1, 0, 0)),
    **dict.fromkeys(("identity", "hard_shrink", "soft_shrink", "tanh_shrink"), Limits(-math.inf, math.inf, 1, 1)),
    **dict.fromkeys(("elu", "celu"), Limits(-1, math.inf, 0, 1)),
    "softcap": Limits(-30, 30, 0, 0),
    "laplace": _GATE,
    "gelu_10": Limits(0, 10, 0, 0),
    "fatrelu": _RAMP,
    "shrink": Limits(-math.inf, math.inf, 1, 1),
    "selu": Limits(-1.6732632423543772 * 1.0507009873554805, math.inf, 0, 1.0507009873554805),
    "leaky_relu": Limits(-math.inf, math.inf, 0.01, 1),
    "prelu": Limits(-math.inf, math.inf, 0.25, 1),
    "rrelu": Limits(-math.inf, math.inf, (1 / 8 + 1 / 3) / 2, 1),
    "relu6": Limits(0, 6, 0, 0),
    "relu_squared": Limits(0, math.inf, 0, math.inf),
    "log_sigmoid": Limits(-math.inf, 0, 1, 0),
    "exponential": Limits(0, math.inf, 0, math.inf),
    "arctan": Limits(-math.pi / 2, math.pi / 2, 0, 0),
    "sin": Limits(math.nan, math.nan, math.nan, math.nan),
    "snake": Limits(-math.inf, math.inf, math.nan, math.nan),
}

# Isolated zeros of the slope, to a few digits. Within a distance of 1 the error bound of the slope is absolute.
SLOPE_ZEROS: dict[str, Callable[..., tuple[Number, ...]]] = {
    "gelu": lambda: (-0.7517915246935645,),
    "gelu_10": lambda: (-0.7517915246935645,),
    "gelu_tanh": lambda: (-0.7524614220710163,),
    "quick_gelu": lambda: (-1.2784645427610738 / 1.702,),
    "silu": lambda beta=1: (-1.2784645427610738 / beta,) if beta else (),
    "mish": lambda: (-1.1924312145154952,),
    "hard_swish": lambda: (-1.5,),
    "tanh_shrink": lambda: (0.0,),
    "sin": lambda: (mpmath.pi / 2,),
    "snake": lambda a=1: (-mpmath.pi / 4 / a,),
}
PERIODS: dict[str, Callable[..., mpf]] = {"sin": lambda: +mpmath.pi, "snake": lambda a=1: mpmath.pi / a}


def near_a_zero_of_the_slope(name: str, x: float, **parameters: float) -> bool:
    """Whether the slope is 0 within a distance of 1 from x."""
    with mpmath.workprec(BITS):
        distances = [x - zero for zero in SLOPE_ZEROS.get(name, lambda **_: ())(**parameters)]
        if name in PERIODS:
            period = PERIODS[name](**parameters)
            distances = [distance - period * mpmath.nint(distance / period) for distance in distances]
        return any(abs(distance) <= 1 for distance in distances)


def exact(name: str, x: float, order: int = 0, **parameters: float) -> mpf:
    """The order-th derivative at a finite x, with far more digits than float64."""
    return derivatives(name, x, max(order, 1), **parameters)[order]


@lru_cache(maxsize=4096)
def derivatives(name: str, x: float, order: int, **parameters: float) -> tuple[mpf, ...]:
    """f, f', ... f^(order) at a finite x, with an absolute error of 2^-1300."""
    extent = (order + 2) * sum(abs(math.frexp(number)[1]) for number in parameters.values())
    with mpmath.workprec(BITS + max(0, math.frexp(x)[1]) + extent):
        series = Series([mpf(x), mpf(1), *[mpf(0)] * order][: order + 1])
        result = series.lift(DEFINITIONS[name](series, **{key: mpf(number) for key, number in parameters.items()}))
        return tuple(coefficient * math.factorial(k) for k, coefficient in enumerate(result.c))


def ulp_error(computed: float, truth: mpf) -> float:
    """|computed - truth| in spacings of float64 at the truth; inf for nan. A truth beyond float64 counts as inf."""
    if math.isnan(computed):
        return math.inf
    with mpmath.workprec(BITS):
        end = mpf(2) ** 1024
        difference = min(max(mpf(computed), -end), end) - min(max(truth, -end), end)
        return float(abs(difference) / mpf(2) ** min(max(mpmath.mag(truth) - 53, -1074), 971)) if difference else 0.0
