"""Properties of activations against closed forms, mpmath and definitions."""

import json
import math
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.analysis.curve_properties import CurveProperties
from actcli.core.analysis.extrema import Extremum
from actcli.core.analysis.properties import describe
from actcli.streams.documents import jsonable
from tests.each import each
from tests.narrow import elementwise, known
from tests.truth import DEFINITIONS, LIMITS, Series

INF = math.inf
ELEMENTWISE = [name for name, activation in CATALOGUE.items() if isinstance(activation, Elementwise)]
ROWWISE = [name for name, activation in CATALOGUE.items() if isinstance(activation, RowWise)]

SELU_FLOOR = -1.6732632423543772 * 1.0507009873554805


@cache
def curve(text: str) -> CurveProperties:
    found = describe(resolve(text)).curve
    assert found is not None
    return found


def root(function: Any, near: float) -> float:
    with mpmath.workdps(40):
        return float(mpmath.findroot(function, mpf(near)))


def gelu(x: Any) -> Any:
    return x * mpmath.ncdf(x)


def silu(x: Any) -> Any:
    return x / (1 + mpmath.exp(-x))


def mish(x: Any) -> Any:
    return x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))


def gelu_tanh(x: Any) -> Any:
    return x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpf(0.044715) * x**3)))


def quick_gelu(x: Any) -> Any:
    return x / (1 + mpmath.exp(-mpf(1.702) * x))


# --- properties by definition ------------------------------------------------------------------------------------


class Shape(NamedTuple):
    """Properties that follow directly from the definition of an activation."""

    monotone: str
    strictly: bool
    symmetry: str = "neither"
    zeros: tuple[float, ...] = ()
    zero_intervals: tuple[tuple[float, float], ...] = ()
    kinks: tuple[float, ...] = ()
    jumps: tuple[float, ...] = ()


UP, FLAT, BENT = ("increasing", True), ("increasing", False), ("non-monotone", False)
NEGATIVE = ((-INF, 0.0),)

SHAPES = {
    "identity": Shape(*UP, "odd", (0.0,)),
    "relu": Shape(*FLAT, zero_intervals=NEGATIVE, kinks=(0.0,)),
    "leaky_relu": Shape(*UP, zeros=(0.0,), kinks=(0.0,)),
    "prelu": Shape(*UP, zeros=(0.0,), kinks=(0.0,)),
    "rrelu": Shape(*UP, zeros=(0.0,), kinks=(0.0,)),
    "relu6": Shape(*FLAT, zero_intervals=NEGATIVE, kinks=(0.0, 6.0)),
    "relu_squared": Shape(*FLAT, zero_intervals=NEGATIVE),
    "threshold": Shape(*FLAT, zero_intervals=((-INF, 1.0),), kinks=(1.0,), jumps=(1.0,)),
    "elu": Shape(*UP, zeros=(0.0,)),
    "celu": Shape(*UP, zeros=(0.0,)),
    "selu": Shape(*UP, zeros=(0.0,), kinks=(0.0,)),
    "gelu": Shape(*BENT, zeros=(0.0,)),
    "gelu_tanh": Shape(*BENT, zeros=(0.0,)),
    "quick_gelu": Shape(*BENT, zeros=(0.0,)),
    "silu": Shape(*BENT, zeros=(0.0,)),
    "mish": Shape(*BENT, zeros=(0.0,)),
    "hard_swish": Shape(*BENT, zeros=(0.0,), zero_intervals=((-INF, -3.0),), kinks=(-3.0, 3.0)),
    "softplus": Shape(*UP),
    "squareplus": Shape(*UP),
    "sparse_plus": Shape(*FLAT, zero_intervals=((-INF, -1.0),)),
    "exponential": Shape(*UP),
    "sigmoid": Shape(*UP, "odd about f(0)"),
    "log_sigmoid": Shape(*UP),
    "hard_sigmoid": Shape(*FLAT, "odd about f(0)", zero_intervals=((-INF, -3.0),), kinks=(-3.0, 3.0)),
    "sparse_sigmoid": Shape(*FLAT, "odd about f(0)", zero_intervals=((-INF, -1.0),), kinks=(-1.0, 1.0)),
    "tanh": Shape(*UP, "odd", (0.0,)),
    "hard_tanh": Shape(*FLAT, "odd", (0.0,), kinks=(-1.0, 1.0)),
    "softsign": Shape(*UP, "odd", (0.0,)),
    "erf": Shape(*UP, "odd", (0.0,)),
    "arctan": Shape(*UP, "odd", (0.0,)),
    "step": Shape(*FLAT, zero_intervals=NEGATIVE, kinks=(0.0,), jumps=(0.0,)),
    "hard_shrink": Shape(*FLAT, "odd", zero_intervals=((-0.5, 0.5),), kinks=(-0.5, 0.5), jumps=(-0.5, 0.5)),
    "soft_shrink": Shape(*FLAT, "odd", zero_intervals=((-0.5, 0.5),), kinks=(-0.5, 0.5)),
    "tanh_shrink": Shape(*UP, "odd", (0.0,)),
    "sin": Shape(*BENT, "odd", tuple(math.pi * k for k in range(-6, 6))),
    "snake": Shape(*UP, zeros=(0.0,)),
    "softcap": Shape(*UP, "odd", (0.0,)),
    "laplace": Shape(*UP),
    "gelu_10": Shape(*BENT, zeros=(0.0,), kinks=(10.0,)),
    "fatrelu": Shape(*FLAT, zero_intervals=NEGATIVE, kinks=(0.0,)),
    "shrink": Shape(*FLAT, "odd", zero_intervals=((-0.5, 0.5),), kinks=(-0.5, 0.5), jumps=(-0.5, 0.5)),
}


def test_the_shapes_cover_the_catalogue() -> None:
    assert set(SHAPES) == set(ELEMENTWISE)


@each("name", ELEMENTWISE)
def test_the_shape(name: str) -> None:
    found, truth = curve(name), SHAPES[name]
    zeros = sorted(abs(x) for x in truth.zeros)
    assert (found.monotone, found.strictly, found.symmetry) == truth[:3]
    assert sorted(abs(x) for x in known(found.zeros)) == pytest.approx(zeros, rel=1e-15)
    assert (found.zero_intervals, found.kinks, found.jumps) == truth[4:]
    assert found.more_zeros == (name == "sin")
    assert found.poles == ()


RANGES = {  # infimum, attained; supremum, attained; for activations without an interior extremum
    **dict.fromkeys(("identity", "leaky_relu", "prelu", "rrelu"), (-INF, False, INF, False)),
    **dict.fromkeys(("hard_shrink", "soft_shrink", "tanh_shrink", "snake", "shrink"), (-INF, False, INF, False)),
    **dict.fromkeys(("relu", "relu_squared", "threshold", "sparse_plus", "fatrelu"), (0, True, INF, False)),
    **dict.fromkeys(("softplus", "squareplus", "exponential"), (0, False, INF, False)),
    **dict.fromkeys(("elu", "celu"), (-1, False, INF, False)),
    **dict.fromkeys(("tanh", "softsign", "erf"), (-1, False, 1, False)),
    **dict.fromkeys(("hard_sigmoid", "sparse_sigmoid", "step"), (0, True, 1, True)),
    "relu6": (0, True, 6, True),
    "selu": (SELU_FLOOR, False, INF, False),
    **dict.fromkeys(("sigmoid", "laplace"), (0, False, 1, False)),
    "softcap": (-30, False, 30, False),
    "log_sigmoid": (-INF, False, 0, False),
    "hard_tanh": (-1, True, 1, True),
    "arctan": (-math.pi / 2, False, math.pi / 2, False),
    "sin": (-1, True, 1, True),
    "hard_swish": (-0.375, True, INF, False),
}
MINIMA = {
    "gelu": (gelu, -0.75),
    "gelu_10": (gelu, -0.75),
    "gelu_tanh": (gelu_tanh, -0.75),
    "quick_gelu": (quick_gelu, -0.75),
    "silu": (silu, -1.28),
    "mish": (mish, -1.2),
}


def test_the_ranges_cover_the_catalogue() -> None:
    assert {*RANGES, *MINIMA} == set(ELEMENTWISE)


@each("name", RANGES)
def test_the_range_is_exact(name: str) -> None:
    low, low_attained, high, high_attained = RANGES[name]
    found = curve(name)
    assert (known(found.infimum).value, known(found.infimum).attained) == (low, low_attained)
    assert (known(found.supremum).value, known(found.supremum).attained) == (high, high_attained)


@pytest.mark.parametrize("name", MINIMA)
def test_a_minimum_in_between(name: str) -> None:
    function, near = MINIMA[name]
    at = root(lambda x: mpmath.diff(function, x), near)
    lowest = curve(name).infimum
    assert known(lowest).value == pytest.approx(float(function(mpf(at))), rel=1e-15)
    assert known(lowest).attained
    assert known(lowest).low == known(lowest).high == pytest.approx(at, rel=1e-14)


def test_silus_minimum_has_a_closed_form() -> None:
    omega = float(mpmath.lambertw(mpmath.exp(-1)))
    lowest = curve("silu").infimum
    assert (known(lowest).value, known(lowest).low) == pytest.approx((-omega, -1 - omega), rel=1e-15)


def test_where_the_range_ends() -> None:
    assert (known(curve("relu").infimum).low, known(curve("relu").infimum).high) == (-INF, 0.0)
    assert (known(curve("relu6").supremum).low, known(curve("relu6").supremum).high) == (6.0, INF)
    assert (known(curve("hard_swish").infimum).low, known(curve("hard_swish").infimum).high) == (-1.5, -1.5)
    assert known(curve("sin").supremum).low == pytest.approx(math.pi / 2, rel=1e-15)
    assert known(curve("sin").infimum).low == pytest.approx(-math.pi / 2, rel=1e-15)
    assert (known(curve("sigmoid").supremum).low, known(curve("sigmoid").infimum).low) == (INF, -INF)


# --- the ends -----------------------------------------------------------------------------------------------------

INTERCEPTS = {  # of sloped asymptotes: at -inf, at inf
    "soft_shrink": (0.5, -0.5),
    "tanh_shrink": (1.0, -1.0),
    "relu_squared": (0.0, None),
    "exponential": (0.0, None),
    "snake": (None, None),
    "sin": (None, None),
}


@each("name", ELEMENTWISE)
def test_the_behaviour_at_infinity(name: str) -> None:
    limits = LIMITS[name]
    ends = curve(name).at_minus_infinity, curve(name).at_infinity
    for end, limit, slope, side in zip(ends, limits[:2], limits[2:], (0, 1), strict=True):
        assert known(end).limit == pytest.approx(limit, rel=1e-15, nan_ok=True)
        if math.isfinite(limit):
            assert (known(end).slope, known(end).intercept) == (0.0, known(end).limit)
            continue
        assert known(end).slope == {"sin": None, "snake": 1.0}.get(name, slope)
        assert known(end).intercept == INTERCEPTS.get(name, (0.0, 0.0))[side]


@each(
    ("formula", "slope", "intercept"),
    [
        ("x*atan(x)", math.pi / 2, -1),
        ("x**2/(1 + abs(x))", 1, -1),
        ("sqrt(x**2 + 2*x + 5)", 1, 1),
        ("log(1 + exp(x))", 1, 0),
        ("3*x - 2 + 1/(1 + x**2)", 3, -2),
        ("softplus(2*x - 1)", 2, -1),
        ("max(x, x**3)", INF, None),
        ("x + log(1 + x**2)", 1, None),
        ("log(1 + x**2)", 0, None),
        ("x*log(1 + abs(x))", INF, None),
        ("exp(x**2)", INF, None),
        ("exp(x**2) - x", INF, None),
        ("x + sin(x)", 1, None),
        ("x*(12 + sin(x))", None, None),  # between the lines 11x and 13x: no asymptote
        ("x if x < 50 else x + 1e999", 1, None),  # the line is visible on too short an interval
    ],
)
def test_the_asymptote_of_a_formula(formula: str, slope: float | None, intercept: int | None) -> None:
    end = curve(formula).at_infinity
    assert known(end).limit == INF
    assert known(end).slope == (None if slope is None else pytest.approx(slope, rel=1e-14))
    assert known(end).intercept == (None if intercept is None else pytest.approx(intercept, abs=1e-9))


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        ("(exp(x) - exp(-x)) / (exp(x) + exp(-x))", -1, 1),
        ("x/(1 + abs(x))", -1, 1),
        ("sqrt(x**2 + 1) - x", INF, 0),
        ("x*exp(-x)", -INF, 0),
        ("sin(x)/x", 0, 0),
        ("cos(x)", math.nan, math.nan),
        ("x*sin(x)", math.nan, math.nan),
        ("log(x)", math.nan, INF),
    ],
)
def test_the_limits_of_a_formula(formula: str, low: float, high: float) -> None:
    ends = known(curve(formula).at_minus_infinity).limit, known(curve(formula).at_infinity).limit
    assert ends == pytest.approx((low, high), nan_ok=True)


# --- the slope ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "near"), [(name, near) for name, (_, near) in MINIMA.items()])
def test_the_slopes_extremes_are_where_the_curvature_is_zero(name: str, near: float) -> None:
    function = MINIMA[name][0]
    for extremum in (curve(name).slope_infimum, curve(name).slope_supremum):
        at = root(lambda x: mpmath.diff(function, x, 2), known(extremum).low)
        assert known(extremum).low == known(extremum).high == pytest.approx(at, rel=1e-13)
        assert known(extremum).value == pytest.approx(float(mpmath.diff(function, mpf(at))), rel=1e-14)
    assert curve(name).lipschitz == curve(name).slope_supremum


def test_gelus_steepest_point_has_a_closed_form() -> None:
    steepest = curve("gelu").lipschitz
    truth = mpmath.ncdf(mpmath.sqrt(2)) + mpmath.sqrt(2) * mpmath.npdf(mpmath.sqrt(2))
    assert (known(steepest).value, known(steepest).low) == pytest.approx((float(truth), math.sqrt(2)), rel=1e-15)


LIPSCHITZ = {  # largest |slope|, attained, smallest and largest x with it
    "identity": (1, True, -INF, INF),
    "relu": (1, True, 0, INF),
    "leaky_relu": (1, True, 0, INF),
    "leaky_relu:negative_slope=-3": (3, True, -INF, 0),
    "relu6": (1, True, 0, 6),
    "relu_squared": (INF, False, INF, INF),
    "threshold": (INF, False, 1, 1),
    "elu": (1, True, 0, INF),
    "elu:alpha=2": (2, True, 0, 0),
    "selu": (-SELU_FLOOR, True, 0, 0),
    "hard_swish": (1.5, False, 3, 3),
    "softplus": (1, False, INF, INF),
    "exponential": (INF, False, INF, INF),
    "sigmoid": (0.25, True, 0, 0),
    "log_sigmoid": (1, False, -INF, -INF),
    "hard_sigmoid": (1 / 6, True, -3, 3),
    "tanh": (1, True, 0, 0),
    "hard_tanh": (1, True, -1, 1),
    "softsign": (1, True, 0, 0),
    "erf": (2 / math.sqrt(math.pi), True, 0, 0),
    "arctan": (1, True, 0, 0),
    "step": (INF, False, 0, 0),
    "tanh_shrink": (1, False, INF, INF),
    "sin": (1, True, 0, 0),
    "snake": (2, True, math.pi / 4, math.pi / 4),
    "tanh(1000*x)": (1000, True, 0, 0),
    "tanh(1e6*(x - 0.3))": (1e6, True, 0.3, 0.3),
    "tanh(1000*(x - 500))": (1000, True, 500, 500),
    "exp(-1000*x**2)": (math.sqrt(2000 / math.e), True, -1 / math.sqrt(2000), -1 / math.sqrt(2000)),
    "sin(1000*x)": (1000, True, 0, 0),
    "sqrt(abs(x))": (INF, False, 0, 0),
    "1/(x - 0.3)": (INF, False, 0.3, 0.3),
    "abs(x) + abs(x - 1)": (2, True, 1, INF),
    "x if x < 1 else 0": (INF, False, 1, 1),
    "x**3 - x": (INF, False, INF, INF),
    "3*x**0": (0, True, -INF, INF),
}


@each("text", LIPSCHITZ)
def test_the_lipschitz_constant(text: str) -> None:
    found, truth = curve(text).lipschitz, LIPSCHITZ[text]
    assert (known(found).value, known(found).attained) == (pytest.approx(truth[0], rel=1e-14), truth[1])
    assert (known(found).low, known(found).high) == pytest.approx(truth[2:], rel=1e-12, abs=1e-300)


SATURATION = {  # x below and above which |f'| is less than 5 % of its maximum
    "identity": (None, None),
    "relu": (0, None),
    "leaky_relu": (0, None),
    "leaky_relu:negative_slope=0.06": (None, None),
    "relu6": (0, 6),
    "elu": (math.log(0.05), None),
    "softplus": (math.log(0.05 / 0.95), None),
    "softplus:beta=100": (math.log(0.05 / 0.95) / 100, None),
    "sigmoid": (-2 * math.acosh(math.sqrt(20)), 2 * math.acosh(math.sqrt(20))),
    "tanh": (-math.atanh(math.sqrt(0.95)), math.atanh(math.sqrt(0.95))),
    "erf": (-math.sqrt(math.log(20)), math.sqrt(math.log(20))),
    "softsign": (1 - math.sqrt(20), math.sqrt(20) - 1),
    "arctan": (-math.sqrt(19), math.sqrt(19)),
    "hard_tanh": (-1, 1),
    "hard_sigmoid": (-3, 3),
    "sparse_plus": (-0.9, None),
    "sin": (None, None),
    "snake": (None, None),
    "exponential": (None, None),
    "step": (None, None),
    "soft_shrink": (None, None),
    "log(1 + exp(x))": (math.log(0.05 / 0.95), None),
    "tanh(x/1e9)": (-1e9 * math.atanh(math.sqrt(0.95)), 1e9 * math.atanh(math.sqrt(0.95))),
    "celu:alpha=1e6": (1e6 * math.log(0.05), None),
    "relu(x - 1e6)": (1e6, None),
    "tanh(x/1000)": (-1000 * math.atanh(math.sqrt(0.95)), 1000 * math.atanh(math.sqrt(0.95))),
}


@each("text", SATURATION)
def test_where_the_slope_saturates(text: str) -> None:
    found = curve(text).saturates_below, curve(text).saturates_above
    for end, truth in zip(found, SATURATION[text], strict=True):
        assert end == (None if truth is None else pytest.approx(truth, rel=1e-12, abs=1e-300))


def test_the_smallest_slope() -> None:
    assert curve("relu").slope_infimum == Extremum(0.0, True, -INF, 0.0)
    assert curve("leaky_relu").slope_infimum == Extremum(0.01, True, -INF, 0.0)
    assert curve("hard_swish").slope_infimum == Extremum(-0.5, False, -3.0, -3.0)
    assert replace(known(curve("tanh").slope_infimum), low=INF, high=INF) == Extremum(0.0, False, INF, INF)
    assert curve("tanh_shrink").slope_infimum == Extremum(0.0, True, 0.0, 0.0)


# --- moments ------------------------------------------------------------------------------------------------------


def by_mpmath(name: str) -> tuple[mpf, mpf, mpf]:
    """E[f], E[f²] and E[f'²] of a definition in mpmath, split at its kinks."""

    @cache  # the three integrals have the same nodes
    def values(z: Any) -> Any:
        found = Series([z, mpf(1)])
        value, slope = found.lift(DEFINITIONS[name](found)).c
        return value, slope

    kinks = sorted({mpf(x) for x in (-3, -1, -0.5, 0, 0.5, 1, 3, 6)})
    ends = [mpf(-14), *kinks, mpf(14)]
    # Gauss-Legendre has no nodes at the ends, where the definition belongs to one side.
    return tuple(
        mpmath.quad(lambda z, part=part: part(*values(z)) * mpmath.npdf(z), ends, method="gauss-legendre")
        for part in (lambda f, s: f, lambda f, s: f * f, lambda f, s: s * s)
    )


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_moments_of_the_catalogue(name: str) -> None:
    with mpmath.workdps(20):
        truth = [float(moment) for moment in by_mpmath(name)]
    found = curve(name).mean, curve(name).second_moment, curve(name).slope_second_moment
    assert found == pytest.approx(truth, rel=1e-12, abs=1e-15)


def test_moments_with_closed_forms() -> None:
    e2 = math.exp(-2)
    assert curve("relu").mean == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-15)
    assert (curve("relu").second_moment, curve("relu").slope_second_moment) == pytest.approx((0.5, 0.5), rel=1e-15)
    assert curve("gelu").mean == pytest.approx(1 / (2 * math.sqrt(math.pi)), rel=1e-15)
    assert curve("sin").second_moment == pytest.approx((1 - e2) / 2, rel=1e-15)
    assert curve("sin").slope_second_moment == pytest.approx((1 + e2) / 2, rel=1e-15)
    assert curve("erf").second_moment == pytest.approx(2 / math.pi * math.asin(2 / 3), rel=1e-14)
    assert curve("erf").slope_second_moment == pytest.approx(4 / (math.pi * math.sqrt(5)), rel=1e-14)
    assert curve("exponential").second_moment == pytest.approx(math.exp(2), rel=1e-14)
    assert (curve("tanh").mean, curve("selu").mean, curve("sin").mean) == (0.0, pytest.approx(0, abs=1e-15), 0.0)
    assert curve("exp(-1000*x**2)").second_moment == pytest.approx(1 / math.sqrt(4001), rel=1e-13)
    # E[tanh'(1000 z)²] for a narrow sech⁴: its area is 4/3.
    assert curve("tanh(1000*x)").slope_second_moment == pytest.approx(4000 / 3 / math.sqrt(2 * math.pi), rel=1e-5)


@pytest.mark.parametrize("formula", ["exp(x**2)", "1/x", "tan(x)", "log(x)", "sqrt(x)"])
def test_moments_that_do_not_exist_are_none(formula: str) -> None:
    found = curve(formula)
    assert (found.mean, found.second_moment, found.slope_second_moment) == (None, None, None)


def test_a_moment_may_diverge_alone() -> None:
    found = curve("exp(x**2/3)")
    assert found.mean == pytest.approx(math.sqrt(3), rel=1e-12)
    assert (found.second_moment, found.slope_second_moment) == (None, None)
    root_of_x = curve("sqrt(abs(x))")
    assert root_of_x.second_moment == pytest.approx(2 / math.sqrt(2 * math.pi), rel=1e-12)
    assert root_of_x.slope_second_moment is None


# --- formulas -----------------------------------------------------------------------------------------------------

SAME = {
    "relu": "max(0, x)",
    "gelu": "x*(1 + erf(x/sqrt(2)))/2",
    "quick_gelu": "x*sigmoid(1.702*x)",
    "silu": "x/(1 + exp(-x))",
    "softplus": "log(1 + exp(x))",
    "tanh": "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    "hard_sigmoid": "0 if x <= -3 else 1 if x >= 3 else x/6 + 0.5",
    "hard_swish": "0 if x <= -3 else x if x >= 3 else x*(x + 3)/6",
    "hard_shrink": "x if abs(x) > 0.5 else 0",
    "softsign": "x/(1 + abs(x))",
    "step": "1 if x >= 0 else 0",
    "relu_squared": "max(0, x)**2",
    "sin": "cos(x - pi/2)",
    "snake": "x + sin(x)**2",
}


@each("name", SAME)
def test_a_formula_has_the_card_of_the_entry_that_it_spells_out(name: str) -> None:
    found, truth = ({**describe(resolve(text)).document(), **HEADING} for text in (SAME[name], name))
    assert flat(found) == pytest.approx(flat(truth), rel=1e-12, abs=1e-12, nan_ok=True)


HEADING = dict.fromkeys(
    ("activation", "name", "formula", "reference", "aliases", "frameworks", "used", "parameters"), ""
)


def flat(document: Any, name: str = "") -> dict[str, float]:
    """Path in the document -> number; 0 for everything that is no number."""
    if isinstance(document, dict):
        return {key: value for k, v in document.items() for key, value in flat(v, f"{name}.{k}").items()}
    if isinstance(document, list | tuple):
        return flat(dict(enumerate(document)), name)
    if isinstance(document, float):
        return {name: document}
    return {f"{name}={document}": 0.0}


def test_the_parameters_of_a_formula() -> None:
    properties = describe(resolve("relu(w*x + b):w=2,b=-1"))
    assert [(p.name, p.value) for p in properties.parameters] == [("w", 2.0), ("b", -1.0)]
    assert properties.activation == "relu(w*x + b):w=2,b=-1"
    assert known(properties.curve).kinks == (0.5,)
    assert (known(known(properties.curve).at_infinity).slope, known(known(properties.curve).at_infinity).intercept) == (
        2.0,
        -1.0,
    )


ODDITIES = {  # monotone, infimum, supremum, zeros
    "1/x": ("non-monotone", (-INF, 0), (INF, 0), ()),
    "tan(x)": ("non-monotone", (-INF, -math.pi / 2), (INF, -math.pi / 2), None),
    "1/(x - 0.3)**2": ("non-monotone", (0, INF), (INF, 0.3), ()),
    "log(x)": ("increasing", (-INF, 0), (INF, INF), (1,)),
    "log(-x)": ("decreasing", (-INF, 0), (INF, -INF), (-1,)),
    "sqrt(x)": ("increasing", (0, 0), (INF, INF), (0,)),
    "sqrt(x - 0.3)": ("increasing", (0, 0.3), (INF, INF), (0.3,)),
    "(x - 0.3)**2 + 1e-12": ("non-monotone", (1e-12, 0.3), (INF, INF), ()),
    "(x + 1)**3 - 3*x**2 - 3*x - 1": ("increasing", (-INF, -INF), (INF, INF), None),
    "asin(x)": ("increasing", (-math.pi / 2, -1), (math.pi / 2, 1), (0,)),
    "sin(x)/x": ("non-monotone", None, (1, 0), None),
    "x**3 - x": ("non-monotone", (-INF, -INF), (INF, INF), (-1, 0, 1)),
    "(x - 0.3)**2": ("non-monotone", (0, 0.3), (INF, INF), (0.3,)),
    "(x - 0.3)**2*(x + 5)": ("non-monotone", (-INF, -INF), (INF, INF), (-5, 0.3)),
    "-x*x": ("non-monotone", (-INF, INF), (0, 0), (0,)),
    "x**10": ("non-monotone", (0, 0), (INF, INF), (0,)),
    "exp(x) - 2*x": ("non-monotone", (2 - 2 * math.log(2), math.log(2)), (INF, INF), ()),
    "exp(-exp(x))": ("decreasing", (0, INF), (1, -INF), ()),
    "x*sin(x)": ("non-monotone", (-INF, INF), (INF, INF), None),
    "x*sin(1/x)": ("non-monotone", (-0.21723362821122166, 0.22254815844566597), (1, INF), None),
    "2*exp(x)*sin(x)": ("non-monotone", (-INF, INF), (INF, INF), None),
    "abs(sin(x))": ("non-monotone", (0, 0), (1, math.pi / 2), tuple(math.pi * k for k in range(-6, 6))),
    "x if x < 1 else 0": ("non-monotone", (-INF, -INF), (1, 1), (0,)),
    "-abs(x)*exp(-abs(x))": ("non-monotone", (-1 / math.e, -1), (0, 0), (0,)),
    "sign(x)": ("increasing", (-1, -INF), (1, 0), (0,)),
    "3*x**0": ("constant", (3, -INF), (3, -INF), ()),
}


@each("formula", ODDITIES)
def test_formulas_that_are_no_activations_are_described_all_the_same(formula: str) -> None:
    monotone, low, high, zeros = ODDITIES[formula]
    found = curve(formula)
    assert found.monotone == monotone
    if low:
        assert (known(found.infimum).value, known(found.infimum).low) == pytest.approx(low, rel=1e-12, abs=1e-12)
    assert (known(found.supremum).value, known(found.supremum).low) == pytest.approx(high, rel=1e-12, abs=1e-12)
    if zeros is not None:
        assert found.zeros == pytest.approx(zeros, rel=1e-12, abs=1e-12)


def test_a_peak_just_beside_a_break_is_attained() -> None:
    """The peak is at 1 + 1e-13 or at a neighbouring float64."""
    peak = curve("where(x < 1, -1, 1 - abs(1e13*(x - 1) - 1))").supremum
    assert known(peak).attained
    assert (known(peak).value, known(peak).low) == (pytest.approx(1, abs=2e-3), 1 + 1e-13)


def test_what_has_no_value_anywhere_has_no_range() -> None:
    nowhere = curve("log(-1 - x**2)")
    assert math.isnan(known(nowhere.infimum).value)
    assert math.isnan(known(nowhere.supremum).value)
    assert not known(nowhere.supremum).attained


def test_poles_and_holes() -> None:
    assert curve("1/x").poles == curve("1/x").kinks == (0.0,)
    assert curve("1/(x - 0.3)").poles == (0.3,)
    assert math.pi / 2 in known(curve("tan(x)").poles)
    assert curve("sin(x)/x").poles == ()
    assert not known(curve("sin(x)/x").supremum).attained
    assert curve("exp(x)").poles == (), "overflow is no pole"


@each("text", [*ELEMENTWISE, *ODDITIES])
def test_no_value_contradicts_the_card(text: str) -> None:
    found, activation = curve(text), elementwise(text)
    x = np.random.default_rng(0).normal(size=20000) * 10.0 ** np.random.default_rng(1).integers(-6, 3, 20000)
    value, slope = activation.value_and_slope(x)
    value, slope = value[np.isfinite(value)], slope[np.isfinite(value) & np.isfinite(slope)]
    rounding = 1e-13 * np.abs(value)
    assert (value >= known(found.infimum).value - rounding).all()
    assert (value <= known(found.supremum).value + rounding).all()
    assert (np.abs(slope) <= known(found.lipschitz).value * (1 + 1e-13)).all()
    assert (slope >= known(found.slope_infimum).value - 1e-13 * np.abs(slope).max()).all()
    for end, beyond in (
        (found.saturates_below, x < (found.saturates_below or 0)),
        (found.saturates_above, x > (found.saturates_above or 0)),
    ):
        if end is not None:
            steepest: float = max(-known(found.slope_infimum).value, known(found.slope_supremum).value)
            assert (np.abs(activation.derivative(x[beyond])) <= 0.05 * steepest * (1 + 1e-12)).all()
    for zero in known(found.zeros):
        steep = abs(float(activation.derivative(zero)))
        assert abs(activation(zero)) <= 1e-15 * max(abs(zero), 1) * max(steep, 1) or zero == 0


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "probabilities", "shift_invariant", "order"),
    [
        ("softmax", True, True, "kept"),
        ("softmax:temperature=3", True, True, "kept"),
        ("softmin", True, True, "reversed"),
        ("softmax:temperature=1e300", True, True, "neither"),  # all outputs are equal
        ("sparsemax", True, True, "kept"),
        ("hardmax", True, True, "neither"),  # among equal scores only the first gets 1
        ("log_softmax", False, True, "kept"),
        ("glu", False, False, "neither"),
        ("swiglu", False, False, "neither"),
        ("geglu", False, False, "neither"),
        ("reglu", False, False, "neither"),
    ],
)
def test_row_wise_ones(name: str, probabilities: bool, shift_invariant: bool, order: str) -> None:
    properties = describe(resolve(name))
    row = properties.row
    assert properties.curve is None
    assert (known(row).probabilities, known(row).shift_invariant, known(row).order) == (
        probabilities,
        shift_invariant,
        order,
    )
    assert (known(row).caveat is not None) == probabilities


def test_what_sums_to_1_is_no_probability_if_it_may_be_negative() -> None:
    centred = RowWise("centred", lambda x: x - x.mean(axis=-1, keepdims=True) + 0.25, "", "")
    row = describe(centred).row
    assert (known(row).probabilities, known(row).shift_invariant, known(row).order) == (False, True, "kept")


def test_every_row_wise_one_is_described() -> None:
    for name in ROWWISE:
        assert known(describe(CATALOGUE[name]).row).example_input == (-1.0, 0.0, 1.0, 2.0)
    weights = np.exp([-1, 0, 1, 2])
    assert known(describe(CATALOGUE["softmax"]).row).example_output == pytest.approx(weights / weights.sum(), rel=1e-15)


# --- the document -------------------------------------------------------------------------------------------------


def test_the_document_has_the_same_keys_for_every_activation() -> None:
    keys = {name: set(describe(resolve(name)).document()) for name in ("relu", "softmax", "x*sigmoid(x)")}
    assert keys["relu"] == keys["softmax"] == keys["x*sigmoid(x)"]
    json.dumps(jsonable(describe(resolve("1/x")).document()), allow_nan=False)


def test_parameters_come_with_what_they_may_be() -> None:
    (beta,) = describe(resolve("softplus:beta=0.5")).parameters
    assert (beta.name, beta.value, beta.valid) == ("beta", 0.5, "> 0")
    properties = describe(resolve("swish"))
    assert (properties.name, properties.aliases) == ("silu", ("swish",))


def test_where_autograd_is_wrong_at_0_the_card_has_the_derivative() -> None:
    """With lambd = 0 the shrinks are x, and PyTorch's slope at 0 is 0; with a bias, 0 is a jump."""
    for text in ("hard_shrink:lambd=0", "soft_shrink:lambd=0", "shrink:lambd=0"):
        found = describe(text).curve
        assert found is not None
        assert found.slope_infimum == found.slope_supremum == Extremum(1.0, True, -math.inf, math.inf), text
        assert found.slope_at_zero == 1.0, text
    jumps = describe("shrink:lambd=0,bias=1").curve
    assert jumps is not None
    assert (jumps.jumps, jumps.slope_at_zero) == ((0.0,), 0.0)
