"""Lines of cards that were once false, of formulas at the edges: far features, oscillation, domains, tiny slopes.

The truths are closed forms.
"""

import math
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.curve_properties import CurveProperties
from actcli.core.analysis.features import features
from actcli.digits import describe
from actcli.views.card import facts
from tests.narrow import elementwise, known

INF = math.inf
STEEPEST_BELL = math.sqrt(2.0) * math.exp(-0.5)
"""Largest slope of exp(-x²), at sqrt(1/2)."""
STEEPEST_SELU = 1.6732632423543772 * 1.0507009873554805
LOW_WAVE = 2.1224326430845966
"""Where 1/cosh(x)² + cos(x)/100 is 1.01/20, by mpmath."""
CROSSINGS = (-0.018161770567653478, 2.9781617705676534)
"""Where quick_gelu(2x - 2.96) is x, by mpmath."""
RISES_TO = math.sqrt(1.0 - 0.3**2)
"""cos(asin(0.3))"""
WAVE_ENDS = float(
    mpmath.findroot(lambda x: abs(mpmath.diff(lambda t: mpmath.sin(t) / (1 + (t / 100) ** 2), x)) - 0.05, 433.67)
)
"""The last x at which sin(x)/(1 + (x/100)²) has 5 % of its largest slope, which is 1."""


@cache
def card(text: str) -> CurveProperties:
    found = describe(resolve(text)).curve
    assert found is not None
    return found


LINES: tuple[tuple[str, str, Any], ...] = (
    # A feature far away, or far narrower or wider than 1.
    ("exp(-(x - 1000)**2)", "supremum", (1.0, True, 1000.0)),
    ("exp(-(x - 1000)**2)", "slope_supremum", (STEEPEST_BELL, True, 1000.0 - math.sqrt(0.5))),
    ("exp(-(x - 1000)**2)", "symmetry", "neither"),
    ("exp(-(x - 1000)**2)", "monotone", "non-monotone"),
    ("mish(x + 1000)", "slope_supremum", (1.0884981612517279, True, 1.4905711794854285 - 1000.0)),  # by mpmath
    ("silu(x)*(1 - softplus(x)) + mish(x + 1000)", "zeros", (-1000.0, 1.0 + math.sqrt(1001.0))),
    ("exp(-(1e4*(x - 3.7))**2)", "supremum", (1.0, True, 3.7)),
    ("tanh(x - 1000)", "symmetry", "neither"),
    ("relu(x - 3e6)", "monotone", "increasing"),
    ("relu(x - 3e6)", "zero_intervals", ((-INF, 3e6),)),
    ("relu(x - 3e6)", "saturates_below", 3e6),
    ("hard_tanh(1e-7*x)", "kinks", (-1e7, 1e7)),
    ("hard_tanh(1e-7*x)", "saturates_above", 1e7),
    ("tanh(1e-8*x)", "saturates_above", 1e8 * math.atanh(math.sqrt(0.95))),
    ("celu:alpha=1e6", "saturates_below", 1e6 * math.log(0.05)),
    ("x*(abs(x) > 40)", "symmetry", "odd"),
    ("abs(x)*(abs(x) > 1e5)", "symmetry", "even"),
    ("x*(abs(x) > 1e5)", "symmetry", "odd"),
    # A line that only shows further out than float64's digits reach.
    ("1e-300*x", "infimum", (-INF, False, -INF)),
    ("1e300*tanh(x) + x", "supremum", (INF, False, INF)),
    # All values are tiny.
    ("1e-200*hard_sigmoid(x)", "kinks", (-3.0, 3.0)),
    ("1e-200*abs(x)**0.3", "supremum", (INF, False, INF)),
    ("1e-9*x*sin(x)", "lipschitz", (INF, False, INF)),
    # A kink that is no float64.
    ("hard_sigmoid(x, alpha=3, beta=-2)", "kinks", (2.0 / 3.0, 1.0)),
    ("hard_sigmoid(x, alpha=1.5, beta=2.3)", "kinks", (-2.3 / 1.5, -1.3 / 1.5)),
    # Values beyond float64 are no zeros.
    ("softsign(silu(1000*x))", "zeros", (0.0,)),
    ("clip(sin(x), gelu_tanh(x), 1)", "zero_intervals", ()),
    # A feature where the parameters of an activation put it.
    ("x*laplace(x, mu=300, sigma=1)", "slope_supremum", (120.18534368638223, True, 300.0066665185251)),
    ("laplace:mu=1000,sigma=0.01", "slope_supremum", (100.0 / math.sqrt(2.0 * math.pi), True, 1000.0)),
    # A supremum in a hole.
    ("sin(x)/x", "supremum", (1.0, False, 0.0)),
    ("tanh_shrink(x)/tanh(-x)", "supremum", (0.0, False, 0.0)),
    # Waves too short for the quadrature are no divergence.
    ("snake:a=1e4", "infinite", ()),
    # Breaks so near to each other that they might be one, rounded.
    ("hard_shrink:lambd=1e-13", "slope_supremum", (1.0, True, -INF, -1e-13)),
    # f underflows before its slope does; a wave that is low on one side.
    ("max(gelu_tanh(2.3*x), sparse_plus(x))", "monotone", "increasing"),
    ("max(gelu_tanh(2.3*x), sparse_plus(x))", "strictly", False),
    ("min(erf(x + 5), sparse_plus(x))", "kinks", (-5.0, 1.0)),
    ("selu(x, alpha=0.835, gamma=0.003) + 1.5*hard_shrink(x + 2, lambd=1)", "monotone", "increasing"),
    # The largest slope beside a kink far out, with another slope at the kink.
    ("max(exp(-abs(0.26*x)), sin(0.711*x))", "slope_supremum", (0.711, False, None)),
    ("squareplus(3*x)/soft_shrink(-x)", "monotone", "non-monotone"),  # from +∞ at -1/2 to -∞ at 1/2
    ("1e-200*softplus(0.08*x - 1000)**3", "supremum", (INF, False, INF)),
    ("sign(1e-4*x) - sign(1e-4*x - 3)", "monotone", "non-monotone"),  # beside 0 the argument underflows
    ("sign(1e-4*x) + sign(1e-4*x - 3)", "monotone", "increasing"),
    # A slow wave that grows.
    ("cos(1e-4*x)*tanh_shrink(2.42e-5*x)", "slope_supremum", (INF, False, None)),
    ("1e-5*x*cos(1e-4*x)", "slope_infimum", (-INF, False, None)),
    # A constant piece beside a term that rounds to it.
    ("max(tanh(1e4*x), sign(50*x))", "strictly", False),
    ("max(erf(x), sign(x))", "strictly", False),
    ("max(sigmoid(x), heaviside(x))", "strictly", False),
    ("max(1 - exp(-x), 1)", "monotone", "constant"),
    ("max(1 - exp(-3*x), 1, 1 - exp(-x))", "monotone", "constant"),
    ("min(1, sigmoid(50*x) + 1e-20)", "strictly", False),  # constant above 0.92
    ("min(tanh(20*x), erf(20*x))", "strictly", True),
    ("min(erf(x), 1)", "strictly", True),
    ("tanh(x) + sin(x)/100", "saturates_above", LOW_WAVE),
    # A switch that is 0 everywhere makes the zeros of others no float64s.
    ("min(quick_gelu(2*x - 2.96), min(x, 1*x))", "kinks", CROSSINGS),
    # A long wave does not grow.
    ("3*cos(1e-4*x)", "infimum", (-3.0, True, 1e4 * math.pi)),
    # A switch that is 0 on an interval has its breaks at the interval's ends alone.
    ("selu(soft_shrink(x + 0.3))", "slope_supremum", (STEEPEST_SELU, False, -0.8)),
    ("1 if (x - 1)**201 > 0 else 2", "jumps", (1.0,)),
    ("erf(prelu(x + 3e5, weight=0.46))", "symmetry", "neither"),
    ("abs(erf(prelu(x + 3e5, weight=-2)))", "symmetry", "neither"),
    ("1e-200*(2 if x >= 100 else -x)", "infimum", (-1e-198, False, 100.0)),
    # Slopes of the wrong sign on a short stretch, and slopes at a kink.
    ("x + 1.0000001*sin(x)", "monotone", "non-monotone"),
    ("-x - 1.0000001*sin(x)", "monotone", "non-monotone"),
    ("x + sin(x)", "monotone", "increasing"),
    ("max(sin(x), 0.3)", "slope_supremum", (RISES_TO, True, math.asin(0.3))),
    # A zero beside which f is smaller than any float64; the crests of a wave, steep on short stretches.
    ("gelu(x - 35) + gelu(-x - 35)", "zeros", (-35.0, 35.0)),
    ("sin(x)/(1 + (x/100)**2)", "saturates_above", WAVE_ENDS),
    # A bound that is only approached at a break, where float64 rounds tanh(37) to 1; 1 at 1, where 1/0 is ∞.
    ("tanh(tan(x/30))", "infimum", (-1.0, False, None)),
    ("tanh(tan(x/30))", "supremum", (1.0, False, 15.0 * math.pi)),
    ("tanh(tan(x/30))", "slope_infimum", (0.0, False, None)),
    ("tanh(1/(x - 1))", "infimum", (-1.0, False, 1.0)),
    ("tanh(1/(x - 1))", "supremum", (1.0, True, 1.0)),
    ("where(x < 1e-9, cos(x), 0)", "supremum", (1.0, True, 0.0)),
    ("max(cos(x), exp(x))", "infimum", (0.0, False, -INF)),
    # The first trough of a wave that reaches as deep, far out: -π/2 - 159 · 2π.
    ("max(x/1000, sin(x))", "infimum", (-1.0, True, -math.pi / 2 - 318.0 * math.pi)),
    # The domain ends.
    ("sqrt(1 - x**2)", "supremum", (1.0, True, 0.0)),
    ("sqrt(1 - x**2)", "lipschitz", (INF, False, None)),
    ("acosh(x)", "infimum", (0.0, True, 1.0)),
    ("x*log(x)", "infimum", (-math.exp(-1.0), True, math.exp(-1.0))),
    # A value where more digits divide by 0.
    ("exp(-1/x**2)", "infimum", (0.0, True, 0.0)),
    ("exp(-1/x**2)", "zeros", (0.0,)),
    ("x*atan(1/x)", "kinks", (0.0,)),
    ("exp(1/x)", "supremum", (INF, False, 0.0)),
    # Growth like log(x) sqrt(x): the slope vanishes more slowly than any power by itself.
    ("m_arcsinh", "slope_infimum", (0.0, True, 0.0)),
    ("m_arcsinh", "uncertain", ()),
    # Moments: rounding beside a removable singularity is no divergence; the domain is not the whole line.
    ("(x**2 - 1)/(x - 1)", "slope_second_moment", 1.0),
    ("smooth_step", "uncertain", ()),
    ("log(x)", "mean", None),
    ("sqrt(1 - x**2)", "second_moment", None),
)


@pytest.mark.parametrize(("text", "name", "truth"), LINES)
def test_lines_at_the_edges(text: str, name: str, truth: Any) -> None:
    found = getattr(card(text), name)
    if name in ("infimum", "supremum", "slope_infimum", "slope_supremum", "lipschitz"):
        value, attained, at, *until = truth
        assert found.value == pytest.approx(value, rel=1e-12)
        assert found.attained == attained
        assert at is None or found.low == pytest.approx(at, rel=1e-7)
        assert not until or found.high == until[0]
    elif isinstance(truth, float | tuple):
        assert found == pytest.approx(truth, rel=1e-12) if name != "zero_intervals" else found == truth
    else:
        assert found == truth


def test_a_slope_that_does_not_vanish_takes_the_function_to_infinity() -> None:
    end = card("1e300*tanh(x) + x").at_infinity
    assert end is not None
    assert (end.limit, end.slope, end.intercept) == (INF, 1.0, 1e300)


def test_an_infinite_limit_is_known_where_its_steepness_is_not() -> None:
    """x/log(2 + x²): the ratio to x falls like 1/log(x), slower than any sequence shows."""
    found = card("x/log(2 + x**2)")
    assert facts(found)["at ∞"] == "→ ∞"
    assert facts(found)["range"] == "(-∞, ∞)"
    assert "lipschitz" in found.uncertain


def test_what_oscillates_towards_a_point_has_uncertain_zeros() -> None:
    for text, steep in (("sin(1/x)", INF), ("x*sin(1/x)", INF), ("x**3*sin(1/x)", None)):
        found = card(text)
        assert "zeros" in found.uncertain, text
        assert (found.lipschitz and found.lipschitz.value) == steep, text
    assert facts(card("x*sin(1/x)"))["range"] == "[-0.217234, 1)"
    assert "infimum" in card("sin(1/x)").uncertain
    assert known(card("x**3*sin(1/x)").infimum).attained  # f itself has a limit at 0
    zero = float(mpmath.findroot(lambda x: 2 + x**2 * mpmath.sin(1 / x), -2))
    assert known(card("2 + x**2*sin(1/x)").zeros) == pytest.approx((zero,), rel=1e-12)  # near 0 it is near 2


def test_what_rises_still_beyond_the_samples_is_not_certain() -> None:
    assert {"infimum", "supremum"} <= set(card("softsign(x)*cos(x)").uncertain)
    falling = card("max(hard_tanh(0.25*x), 1/(1 + (2*x)**2), cos(0.6*x))")
    assert falling.uncertain == ("infimum",)
    assert known(falling.supremum).value == 1.0


def test_poles_further_and_further_out_leave_no_limit() -> None:
    found = card("x + tan(x)")
    assert facts(found)["at ∞"] == facts(found)["at -∞"] == "no limit"
    assert found.infinite == (("second_moment", INF), ("slope_second_moment", INF))
    assert (known(found.lipschitz).value, found.saturates_above) == (INF, None)


def test_a_moment_of_a_bounded_function_is_never_said_to_diverge() -> None:
    for text in ("sin(1/x)", "1e300*tanh(x)", "1e300*tanh(x) + x"):
        assert card(text).second_moment is None
        assert facts(card(text))["E f(z)²"] == "not certain"


def test_a_moment_is_infinite_or_does_not_exist() -> None:
    """∫ f² is ∞ if it diverges; ∫ f is, if one of its signs has a finite share."""
    none, inf = "does not exist", "∞"
    for text, truth in (
        ("-exp(x**2)", ("-∞", inf, inf)),
        ("where(x > 0, exp(x**2), x)", (inf, inf, inf)),  # unbounded on both sides
        ("1/x", (none, inf, inf)),
        ("sqrt(abs(x))", ("0.822179", "0.797885", inf)),  # 2^(1/4) Γ(3/4)/sqrt(π), sqrt(2/π)
        ("log(x)", (none, none, none)),  # no value on an interval
    ):
        found = facts(card(text))
        assert tuple(found[label] for label in ("E f(z)", "E f(z)²", "E f'(z)²")) == truth, text


def test_what_stays_above_0_has_no_zeros() -> None:
    for text, zeros in (
        ("max(cos(x), exp(x))", ()),
        ("max(cos(x)**2, 1e-17)", ()),
        ("abs(x**2 - 2)", (-math.sqrt(2.0), math.sqrt(2.0))),
        ("abs(tanh(x) - 1/3)", (math.atanh(1.0 / 3.0),)),
    ):
        assert known(card(text).zeros) == pytest.approx(zeros, rel=1e-12), text


def test_only_arguments_far_from_0_or_of_another_scale_are_features() -> None:
    for text in ("gelu(x)", "tanh(2*x - 3)", "x*sigmoid(1.702*x)", "sin(x)/(x + 5)"):
        assert features(elementwise(text)).size == 0
    for text, centre, scale in (
        ("tanh(x - 1000)", 1000.0, 1.0),
        ("sigmoid(-(x/1e5 + 3)/2)", -3e5, 2e5),
        ("exp(-((x - 3.7)*1e4)**2)", 3.7, 1e-4),
        ("where(x > 500*pi, 1, 0)*x", 500 * math.pi, 1.0),
    ):
        points = features(elementwise(text))
        assert np.abs(points - centre).min() <= scale * 2.0**-11
        assert np.abs(points - centre).max() == pytest.approx(64 * scale, rel=1e-9)


def test_steps_of_rounding_are_no_jumps() -> None:
    """A line, written as the difference of two squares of 1e4: float64 has steps of 1e-8 everywhere near 0."""
    line = card("(x - 10000.0)**2 - (x - 10000.25)**2")
    assert (line.jumps, line.kinks) == ((), ())
    assert line.monotone in ("increasing", "strictly increasing")
    assert len(known(card("tan(x) + sign(sin(8*x))/9").jumps)) > 8, (
        "jumps that are confirmed near 0 stand for the others"
    )
