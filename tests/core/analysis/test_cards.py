"""Cards of some two hundred formulas against mpmath: see `card_truth`."""

import json
import math
from functools import cache
from typing import Any

import mpmath
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.curve_properties import CurveProperties
from actcli.digits import describe
from tests.core.analysis.card_formulas import FORMULAS
from tests.core.analysis.card_truth import FILE
from tests.each import each
from tests.narrow import known

TRUTH: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


@cache
def card(text: str) -> CurveProperties:
    found = describe(resolve(text)).curve
    assert found is not None
    return found


NOT_CERTAIN: tuple[str, ...] = ()
"""Formulas of whose cards a line may be unknown."""


def near(truth: float | None) -> Any:
    return None if truth is None else pytest.approx(truth, rel=1e-6, abs=1e-9)


def test_the_truth_is_of_these_formulas() -> None:
    assert set(TRUTH) == set(FORMULAS)
    assert len(FORMULAS) >= 150


@pytest.mark.parametrize("text", FORMULAS)
def test_no_line_is_wrong(text: str) -> None:
    found, truth = card(text), TRUTH[text]
    assert found.uncertain == () or text in NOT_CERTAIN
    assert [getattr(found, name) for name in found.uncertain] == [None] * len(found.uncertain)
    said: dict[str, tuple[Any, Any]] = {}
    for name, side in (("at_minus_infinity", "left"), ("at_infinity", "right")):
        end = getattr(found, name)
        if end is not None:
            assert not math.isnan(end.limit)  # nan is said of no limit and of no value
            asymptote = truth[side]
            said[name] = (end.limit, end.slope, end.intercept), tuple(map(near, asymptote.values()))
    for name in ("infimum", "supremum"):
        extremum = getattr(found, name)
        if extremum is not None:
            value, _, inside = truth[name]
            said[name] = extremum.value, near(value)
            # A value called attained is attained at a sample point.
            assert not extremum.attained or inside == pytest.approx(value, rel=1e-9, abs=1e-9), name
    for name in ("slope_infimum", "slope_supremum", "lipschitz"):
        if getattr(found, name) is not None:
            said[name] = getattr(found, name).value, near(truth[name])
    for name in ("kinks", "jumps"):
        if getattr(found, name) is not None:
            said[name] = list(getattr(found, name)), [near(x) for x in truth[name]]
    zeros = [x for x in truth["zeros"] if not any(low <= x <= high for low, high in known(found.zero_intervals))]
    said["zeros"] = list(known(found.zeros)), [near(x) for x in zeros]
    said["monotone"] = found.monotone, truth["monotone"]
    said["strictly"] = found.strictly, truth["strictly"]
    for name, moment in zip(("mean", "second_moment"), truth["moments"], strict=True):
        if name not in found.uncertain:
            said[name] = getattr(found, name), pytest.approx(moment, rel=1e-6, abs=1e-9)
    for name, edge in zip(("saturates_below", "saturates_above"), truth["saturates"], strict=True):
        if name not in found.uncertain:
            said[name] = getattr(found, name), near(edge)
    assert {name: pair[0] for name, pair in said.items()} == {name: pair[1] for name, pair in said.items()}


def test_at_most_one_card_in_twenty_is_uncertain() -> None:
    assert len(NOT_CERTAIN) <= len(FORMULAS) / 20
    assert set(NOT_CERTAIN) <= set(FORMULAS)


def test_an_expectation_is_none_only_where_it_diverges() -> None:
    """The formula overflows beyond x = 7 in float64 and loses all digits near 0."""
    for text in ("log(cosh(100*x))/100", "log(1 + exp(300*x))/300", "(exp(x) - 1 - x)/x**2", "(1 - cos(x))/x**2"):
        assert None not in (card(text).mean, card(text).second_moment, card(text).slope_second_moment)
    for text in ("exp(x*x)", "1/x"):
        assert card(text).second_moment is None
        assert "second_moment" not in card(text).uncertain
    assert card("log(cosh(100*x))/100").mean == pytest.approx(0.790985899740198, rel=1e-12)


def test_periodic_pieces_have_their_zeros_nearest_to_0() -> None:
    intervals = known(card("max(sin(x), 0)").zero_intervals)
    assert card("max(sin(x), 0)").zeros == ()
    assert card("max(sin(x), 0)").more_zeros
    expected = [((2 * k - 1) * math.pi, 2 * k * math.pi) for k in range(-5, 7)]
    assert list(intervals) == [pytest.approx(interval) for interval in expected]
    zeros = known(card("acos(cos(x))").zeros)
    assert all(abs(x / (2 * math.pi) - round(x / (2 * math.pi))) < 1e-12 for x in zeros)
    assert len(zeros) == 12


def test_a_zero_by_underflow_is_none() -> None:
    assert card("(x - 1)*(1 - tanh(0.1*x + 2))").zeros == (1.0,)


def test_a_function_that_is_0_on_one_side_is_constant_there() -> None:
    assert card("2*abs(x + 0.5) - hard_swish(2*x - 1)").uncertain == ()
    assert card("2*abs(x + 0.5) - hard_swish(2*x - 1)").at_infinity is not None
    assert known(card("max(sin(x), 0)*exp(-x**2)").zero_intervals)[0][0] > -30


def test_the_steepest_slope_beside_a_kink_is_that_of_its_piece() -> None:
    """The float64 next to the break 0.1 is on the flat piece. At -20, slopes in float64 and exact differ by 1 ULP."""
    found = card("relu6(10*x - 1)*erf(x - 3)")
    assert found.slope_infimum is not None
    assert found.slope_infimum.value == pytest.approx(-10 * math.erf(2.9), rel=1e-9)
    assert found.lipschitz is not None
    assert found.lipschitz.value == -found.slope_infimum.value
    found = card("elu(0.1*x + 2, alpha=2)*erf(x - 1)")
    assert found.slope_infimum is not None
    assert found.slope_infimum.value == pytest.approx(-0.2, rel=1e-9)


def test_constant_is_said_only_where_the_range_is_certain() -> None:
    for text in ("tanh(x) - x + tanh_shrink(x)", "sin(x)**2 + cos(x)**2"):
        assert card(text).infimum is None
        assert (card(text).monotone, card(text).strictly) == (None, None)
        assert "monotone" in card(text).uncertain
    assert card("tanh(x) - x + tanh_shrink(x)").zero_intervals is None
    assert card("x - x").monotone == "constant"
    assert card("x - x").zero_intervals == ((-math.inf, math.inf),)


@each(
    ("text", "name", "value", "end"),
    [
        ("grelu_uaf", "slope_supremum", 1.0, math.inf),  # 2**x/(1 + 2**x)
        ("grelu_uaf(-x)", "slope_infimum", -1.0, -math.inf),
        ("sau", "slope_supremum", 1.0, math.inf),  # a + (1 - a) Φ(x)
        ("log1p(3**x)/log(3)", "slope_supremum", 1.0, math.inf),
        ("css", "supremum", 1.0, math.inf),  # sigmoid(x) cos(x)
        ("css", "infimum", -1.0, math.inf),
        ("css", "slope_supremum", 1.0, math.inf),  # at most sigmoid(x) sqrt(1 + sigmoid(-x)²), which is below 1
        ("css(-x)", "supremum", 1.0, -math.inf),
        ("hybrid_chaotic", "supremum", 1.1, math.inf),  # tanh(x) + sin(πx)/10
        ("hybrid_chaotic", "infimum", -1.1, -math.inf),
        ("hybrid_chaotic", "slope_infimum", -math.pi / 10, math.inf),  # 1/cosh(x)² + π/10 cos(πx)
        ("newsigmoid", "slope_infimum", 0.0, math.inf),  # sinh(x)/sqrt(cosh(2x)): slope cosh(x)/cosh(2x)**1.5
        ("root2sigmoid", "slope_infimum", 0.0, math.inf),
    ],
)
def test_what_creeps_up_to_its_bound_does_not_attain_it(text: str, name: str, value: float, end: float) -> None:
    found = getattr(card(text), name)
    assert found.value == pytest.approx(value, rel=2e-16, abs=0.0)
    assert (found.attained, found.low, found.high) == (False, end, end)


@pytest.mark.parametrize(
    ("text", "name", "value", "at"),
    [
        ("hclsh", "slope_supremum", 1.0, 0.0),  # the limit at ∞ too
        ("phish", "infimum", 0.0, 0.0),  # the limit at -∞ too
        ("cos(x)*(1 + 0*x)", "supremum", 1.0, 0.0),
        ("sin(x) + 0*x", "supremum", 1.0, math.pi / 2),
        ("x + sin(3*x)**2/3", "slope_supremum", 2.0, math.pi / 12),
        ("1 - exp(-x)*x**2 if x > 0 else 1 - x**2", "supremum", 1.0, 0.0),
    ],
)
def test_a_bound_equal_to_a_limit_or_to_other_crests_is_attained(text: str, name: str, value: float, at: float) -> None:
    found = getattr(card(text), name)
    assert found.value == pytest.approx(value, rel=1e-15)
    assert found.attained
    assert found.low == found.high == pytest.approx(at, rel=1e-12)


def test_a_slope_that_is_rounding_alone_does_not_fall() -> None:
    for text in ("newsigmoid", "root2sigmoid"):
        assert (card(text).monotone, card(text).strictly) == ("increasing", True)


@pytest.mark.parametrize(
    ("text", "symmetry"),
    [
        ("soft_shrink(-0.25*x) - soft_shrink(-0.25*(x - 0.33))", "neither"),  # even but for two narrow bands
        ("tanh(x) + 0.001*exp(-100*(x - 2.6)**2)", "neither"),
        ("1 if x >= 1 else -1 if x < -1 else 0", "odd"),  # but for the jumps themselves
        ("softplus(x) - x/2", "even"),
    ],
)
def test_symmetry_holds_everywhere(text: str, symmetry: str) -> None:
    assert card(text).symmetry == symmetry


@pytest.mark.parametrize(
    ("text", "function", "starts"),
    [
        ("gln", lambda x: mpmath.sin(x) + mpmath.tanh(x), [4.694, 4.730, 10.99554, 10.99561, 17.27875953, 17.27875966]),
        ("sin(x) + 0.9999999", lambda x: mpmath.sin(x) + mpmath.mpf(0.9999999), [4.7119, 4.7129, 10.9951, 10.9961]),
        ("cos(x) - 0.999999", lambda x: mpmath.cos(x) - mpmath.mpf(0.999999), [0.0014, 6.2817, 6.2847, 12.565]),
    ],
)
def test_two_zeros_between_two_samples_are_both_found(text: str, function: Any, starts: list[float]) -> None:
    zeros = known(card(text).zeros)
    for start in starts:
        with mpmath.workdps(40):
            exact = float(mpmath.findroot(function, start))
        assert any(zero == pytest.approx(exact, rel=1e-13) for zero in zeros), (exact, zeros)
    assert card(text).more_zeros
