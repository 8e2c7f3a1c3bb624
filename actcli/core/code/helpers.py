"""Helper functions of emitted code, because a target lacks them or has them wrong in a tail.

Each is written once, as a term, and printed for every target. Methods that keep the tails accurate:

- No 1 + small: sigmoid and softplus are computed from exp(-|x|), the normal distribution from its upper tail.
- exp(-u) as exp(-u/2) exp(-u/2), with the other factors between: a subnormal exp(-u) would have few digits.
- exp(-z²) as exp(-h²) exp(-(z - h)(z + h)) with h of few digits, whose square is exact (Cody 1969, Math. Comp. 23).
- exp(beta x) is compensated for the rounding error of beta x.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from actcli.core.code.term import Operand, Term, absolute, apply, exp, hypot, log1p, maximum, minimum, name, term, where
from actcli.core.numerics import special

TABLES: Final[Mapping[str, tuple[float, ...]]] = {
    "inverse_mills": special.INVERSE_MILLS_COEFFICIENTS,
    "erf_series": special.ERF_COEFFICIENTS,
    "tanh_shrink_p": (218243025.0, 16081065.0, 289575.0, 1430.0, 1.0),
    "tanh_shrink_a": (43648605.0, 1969110.0, 21450.0, 52.0),
}
"""Coefficients of polynomials, in ascending powers."""


@dataclass(frozen=True, eq=False, slots=True)
class Helper:
    """A helper function.

    names:  of its arguments
    says:   its docstring
    slopes: derivatives with respect to the arguments; None: by the rules, from the body
    """

    names: tuple[str, ...]
    body: Callable[..., Term]
    says: str
    slopes: tuple[Callable[..., Term] | None, ...] = ()


def polynomial(table: str, u: Term) -> Term:
    """The polynomial of a table."""
    return Term("polynomial", (u,), value=table)


def product_error(a: Term, b: Term) -> Term:
    """a b - (a b rounded); 0 if a factor is a power of two."""
    for factor in (a, b):
        if factor.is_number and abs(math.frexp(factor.number)[0]) == 0.5:
            return term(0.0)
    return apply("product_error", a, b)


def quotient_error(x: Term, quotient: Term, divisor: Term) -> Term:
    """x / divisor - quotient, for the rounded quotient; 0 if the divisor is a power of two."""
    if divisor.is_number and abs(math.frexp(divisor.number)[0]) == 0.5:
        return term(0.0)
    return apply("remainder", x, quotient, divisor) / divisor


def sum_error(total: Term, a: Term, b: Term) -> Term:
    """a + b - total, for the rounded total (Knuth's two-sum)."""
    back = total - a
    return (a - (total - back)) + (b - back)


def _halves(a: Term, label: str) -> tuple[Term, Term]:
    """a as the sum of two numbers of 26 bits (Veltkamp 1968)."""
    scaled = (134217729.0 * a).named(f"{label}_scaled")
    high = (scaled - (scaled - a)).named(f"{label}_high")
    return high, (a - high).named(f"{label}_low")


def _product_error(a: Term, b: Term) -> Term:
    """Dekker 1971, Numer. Math. 18."""
    a = apply("bounded", a).named("a_")
    (a_high, a_low), (b_high, b_low) = _halves(a, "a"), _halves(b, "b")
    return (((a_high * b_high - a * b) + a_high * b_low) + a_low * b_high) + a_low * b_low


def _remainder(x: Term, a: Term, b: Term) -> Term:
    """x - a b. All products are exact, so a compiler may fuse them with the sums."""
    x, a = apply("bounded", x).named("x_"), apply("bounded", a).named("a_")
    (a_high, a_low), (b_high, b_low) = _halves(a, "a"), _halves(b, "b")
    return (((x - a_high * b_high) - a_high * b_low) - a_low * b_high) - a_low * b_low


def _bounded(x: Term) -> Term:
    return minimum(maximum(x, -1e290), 1e290)


def _x_exp(x: Term) -> Term:
    half = exp(0.5 * x).named("half")
    return _below(x) * half * half


def _x_exp_slope(x: Term) -> Term:
    half = exp(0.5 * x).named("half")
    return (1.0 + _below(x)) * half * half


def _over_hypot(x: Term, a: Term) -> Term:
    near = apply("bounded", x).named("near")  # inf / inf is nan
    return near / hypot(near, a)


def _over_hypot_slope(x: Term, a: Term) -> Term:
    """a² / hypot³, without cancellation."""
    root = hypot(x, a).named("root")
    share = (a / root).named("share")
    return share * share / root


def _over_hypot_by_a(x: Term, a: Term) -> Term:
    root = hypot(x, a).named("root")
    return -(x / root) * (a / root) / root


def _sign(x: Term) -> Term:
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, x))


def _below(x: Term) -> Term:
    """max(x, -1e290)."""
    return where(x < 0.0, apply("bounded", x), x)


def _guarded_product(a: Term, b: Term) -> Term:
    return where(Term("==", (a, term(0.0))), 0.0, where(Term("==", (b, term(0.0))), 0.0, a * b))


# --- sigmoid, softplus, tanh ----------------------------------------------------------------------------------------


def _sigmoid(x: Term) -> Term:
    e = exp(-absolute(x)).named("e")
    return where(x >= 0.0, 1.0, e) / (1.0 + e)


def _sigmoid_slope(x: Term) -> Term:
    e = exp(-absolute(x)).named("e")
    return e / ((1.0 + e) * (1.0 + e))


def _softplus(x: Term) -> Term:
    return maximum(x, 0.0) + log1p(exp(-absolute(x)))


def _tanh_slope(x: Term) -> Term:
    e = exp(-2.0 * absolute(x)).named("e")
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


# --- x sigmoid(v) and its slope ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gate:
    """sigmoid(v + error), for a rounding error of v: e^-|v + error| = half * half * (1 + rest)."""

    v: Term
    half: Term
    rest: Term

    @property
    def negative(self) -> Term:
        """Whether v < 0."""
        return (self.v < 0.0).named("negative")

    @property
    def carried(self) -> Term:
        """1 + rest."""
        return (1.0 + self.rest).named("carried")

    @property
    def decay(self) -> Term:
        """e^-|v + error|."""
        return (self.half * self.carried * self.half).named("e")


def gate(v: Term, error: Operand) -> Gate:
    """The gate of v + error."""
    half = exp(-0.5 * absolute(v)).named("half")
    negative = (v < 0.0).named("negative")
    return Gate(v, half, where(negative, error, -term(error)) if not term(error).is_value(0.0) else term(0.0))


def gated(x: Term, gate: Gate) -> Term:
    """x sigmoid(v), if v has the sign of x."""
    e, size = gate.decay, apply("bounded", x)
    share = (1.0 / (1.0 + e)).named("share")
    return where(gate.negative, size * share * gate.half * gate.carried * gate.half, x * share)


def gated_slope(gate: Gate, growth: Term) -> Term:
    """sigmoid(v) + growth sigmoid'(v) with growth = x v': below 0 as one quotient, above 0 as 1 minus that of -x."""
    e = gate.decay
    size = absolute(apply("bounded", growth))
    below = ((1.0 - size + e) / ((1.0 + e) * (1.0 + e)) * gate.half * gate.carried * gate.half).named("below")
    return where(gate.negative, below, 1.0 - below)


def _silu(x: Term, beta: Term) -> Term:
    return gated(x, gate((beta * x).named("v"), product_error(x, beta)))


def _silu_slope(x: Term, beta: Term) -> Term:
    v = (beta * x).named("v")
    return gated_slope(gate(v, product_error(x, beta)), v)


def _mish(x: Term) -> Term:
    half = exp(-0.5 * absolute(x)).named("half")
    e = (half * half).named("e")
    below = apply("bounded", x) * (e + 2.0) / (e * (e + 2.0) + 2.0) * half * half
    return where(x < 0.0, below, x * ((1.0 + 2.0 * e) / (1.0 + 2.0 * e + 2.0 * e * e)))


def _mish_slope(x: Term) -> Term:
    half = exp(-0.5 * absolute(x)).named("half")
    e = (half * half).named("e")
    size = absolute(apply("bounded", x)).named("size")
    n = (e * (e + 2.0) + 2.0).named("n")
    below = (((e + 2.0) * n - 4.0 * size * (1.0 + e)) / (n * n) * half * half).named("below")
    d = (1.0 + 2.0 * e + 2.0 * e * e).named("d")
    above = (1.0 + 2.0 * e) / d + 4.0 * (size * e) * e * (1.0 + e) / (d * d)
    return where(x < 0.0, below, above)


# --- the normal distribution ------------------------------------------------------------------------------------------

_INVERSE_SQRT_2PI: Final = 1.0 / math.sqrt(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Bell:
    """exp(-z²/2) = half * half * rest, for 0 <= z <= 40; it is 0 beyond."""

    z: Term
    half: Term
    rest: Term


def bell(x: Term) -> Bell:
    """exp(-x²/2) in three factors."""
    z = minimum(absolute(x), 40.0).named("z")
    h = (apply("floor", 16.0 * z) / 16.0).named("h")
    return Bell(z, exp(-0.25 * h * h).named("half"), apply("exp_apart", -0.5 * (z - h) * (z + h)).named("rest"))


def inverse_mills(z: Term) -> Term:
    """exp(-z²/2) / Φ(-z)."""
    series = polynomial("inverse_mills", 1.0 - 8.0 / (z + 4.0))
    return (2.0 + (2.0 * z + z * series)).named("mills")


def _normal_cdf(x: Term) -> Term:
    b = bell(x)
    tail = (b.rest / inverse_mills(b.z) * b.half * b.half).named("tail")
    return where(x < 0.0, tail, 1.0 - tail)


def _normal_density(x: Term) -> Term:
    b = bell(x)
    return _INVERSE_SQRT_2PI * b.rest * b.half * b.half


def _density_slope(x: Term) -> Term:
    return -x * apply("normal_density", x)


def _gelu(x: Term) -> Term:
    b = bell(x)
    tail = (b.z * b.rest / inverse_mills(b.z) * b.half * b.half).named("tail")
    return where(x < 0.0, -tail, x - tail)


def _gelu_slope(x: Term) -> Term:
    b = bell(x)
    below = (b.rest * (1.0 / inverse_mills(b.z) - _INVERSE_SQRT_2PI * b.z) * b.half * b.half).named("below")
    return where(x < 0.0, below, 1.0 - below)


def _exp_minus_square(x: Term) -> Term:
    z = minimum(absolute(x), 30.0).named("z")
    h = (apply("floor", 16.0 * z) / 16.0).named("h")
    half = exp(-0.5 * h * h).named("half")
    return apply("exp_apart", -(z - h) * (z + h)) * half * half


_NEAR: Final = 0.7
"""Bound of |x| below which 1 - erfc(x) cancels."""


def _erf_beside(x: Term) -> tuple[Term, Term]:
    """erf(x) for |x| < 0.7, and erfc(|x|) for larger |x|."""
    near = minimum(absolute(x), _NEAR).named("near")
    z = absolute(x)
    tail = 2.0 * apply("exp_minus_square", x) / inverse_mills((math.sqrt(2.0) * minimum(z, 30.0)).named("u"))
    return x * polynomial("erf_series", near * near), tail.named("tail")


def _erf(x: Term) -> Term:
    near, tail = _erf_beside(x)
    return where(absolute(x) < _NEAR, near, where(x < 0.0, tail - 1.0, 1.0 - tail))


def _erfc(x: Term) -> Term:
    near, tail = _erf_beside(x)
    return where(absolute(x) < _NEAR, 1.0 - near, where(x < 0.0, 2.0 - tail, tail))


def _erf_slope(x: Term) -> Term:
    return 2.0 / math.sqrt(math.pi) * apply("exp_minus_square", x)


# --- the table --------------------------------------------------------------------------------------------------------


def by_slope(slope: str) -> tuple[Callable[..., Term]]:
    """Slopes of a function whose derivative is a helper of the same arguments."""
    return (lambda *args: apply(slope, *args),)


_X: Final = ("x",)
_OVER_HYPOT: Final = (*by_slope("over_hypot_slope"), _over_hypot_by_a)

HELPERS: Final[dict[str, Helper]] = {
    "product": Helper(
        ("a", "b"),
        _guarded_product,
        "a b; 0 if a factor is 0, even if the other is infinite.",
        (lambda a, b: b, lambda a, b: a),
    ),
    "bounded": Helper(_X, _bounded, "x clipped to finite numbers, so that 0 times it is 0."),
    "sign": Helper(_X, _sign, "The sign; nan at nan."),
    "remainder": Helper(("x", "a", "b"), _remainder, "x - a b in float64, if a b is close to x."),
    "x_exp": Helper(_X, _x_exp, "x exp(x).", by_slope("x_exp_slope")),
    "x_exp_slope": Helper(_X, _x_exp_slope, "(1 + x) exp(x)."),
    "over_hypot": Helper(("x", "a"), _over_hypot, "x / sqrt(x^2 + a^2).", _OVER_HYPOT),
    "over_hypot_slope": Helper(("x", "a"), _over_hypot_slope, "The slope of x / sqrt(x^2 + a^2)."),
    "product_error": Helper(("a", "b"), _product_error, "Rounding error of a b in float64: exact - rounded."),
    "sigmoid": Helper(_X, _sigmoid, "1 / (1 + exp(-x)).", by_slope("sigmoid_slope")),
    "sigmoid_slope": Helper(_X, _sigmoid_slope, "sigmoid(x) sigmoid(-x)."),
    "softplus": Helper(_X, _softplus, "log(1 + exp(x)).", by_slope("sigmoid")),
    "tanh_slope": Helper(_X, _tanh_slope, "1 - tanh(x)^2."),
    "silu": Helper(("x", "beta"), _silu, "x sigmoid(beta x).", (*by_slope("silu_slope"), None)),
    "silu_slope": Helper(("x", "beta"), _silu_slope, "The slope of x sigmoid(beta x)."),
    "mish": Helper(_X, _mish, "x tanh(log(1 + exp(x))).", by_slope("mish_slope")),
    "mish_slope": Helper(_X, _mish_slope, "The slope of x tanh(log(1 + exp(x)))."),
    "normal_cdf": Helper(_X, _normal_cdf, "(1 + erf(x / sqrt(2))) / 2.", by_slope("normal_density")),
    "normal_density": Helper(_X, _normal_density, "exp(-x^2 / 2) / sqrt(2 pi).", (_density_slope,)),
    "gelu": Helper(_X, _gelu, "x (1 + erf(x / sqrt(2))) / 2.", by_slope("gelu_slope")),
    "gelu_slope": Helper(_X, _gelu_slope, "The slope of x (1 + erf(x / sqrt(2))) / 2."),
    "exp_minus_square": Helper(
        _X, _exp_minus_square, "exp(-x^2).", (lambda x: -2.0 * (x * apply("exp_minus_square", x)),)
    ),
    "erf": Helper(_X, _erf, "The error function.", (_erf_slope,)),
    "erfc": Helper(_X, _erfc, "1 - erf(x).", (lambda x: -_erf_slope(x),)),
}  # fmt: skip
"""erf, erfc and sign are printed only for targets that lack them: torch.sign is 0 at nan."""


def body(helper: str) -> Term:
    """The term of a helper in its own argument names."""
    of = HELPERS[helper]
    return of.body(*map(name, of.names))
