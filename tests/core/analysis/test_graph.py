"""Points of a curve, its jumps and its holes."""

import math

import numpy as np
import pytest

from actcli.core.analysis.graph import Graph, Spot, graphs, missing
from actcli.core.arrays import union
from tests.narrow import elementwise

X = np.linspace(-6.0, 6.0, 161)
FINE = lambda y: (-10.0, 10.0), 0.01  # limits of y; tolerance of straight segments, as a share of the y-range


def trace(text: str, order: int = 0, x: np.ndarray = X) -> Graph:
    (found,) = graphs([elementwise(text)], x, order, *FINE)
    return found


def test_kinks_and_jumps_of_the_catalogue() -> None:
    assert trace("relu", 1).breakpoints == ((), (0.0,))
    assert trace("hard_shrink", 1).breakpoints == ((-0.5, 0.5), (-0.5, 0.5))
    assert trace("gelu", 2).breakpoints == ((), (), ())


def test_both_sides_of_a_kink_are_among_the_points() -> None:
    x = trace("hard_shrink").x
    assert {0.5, np.nextafter(0.5, 0), np.nextafter(0.5, 1)} <= set(x.tolist())
    assert (x[0], x[-1]) == (-6.0, 6.0)
    assert (np.diff(x) > 0).all()


def test_the_poles_of_a_formula_are_found() -> None:
    assert trace("tan(x)").breakpoints[0] == pytest.approx(
        [-1.5 * math.pi, -0.5 * math.pi, 0.5 * math.pi, 1.5 * math.pi]
    )
    assert trace("step(sin(x))").breakpoints[0] == pytest.approx([-math.pi, 0, math.pi])


def test_a_steep_step_is_followed_and_is_no_jump() -> None:
    steep = trace("tanh(1000*x)", x=np.linspace(-6.0, 6.1, 161))
    assert steep.breakpoints == ((),)
    assert (np.abs(steep.derivatives[0]) < 0.9).any()


def test_a_wave_is_followed_where_a_straight_line_misses_it_by_more_than_the_tolerance() -> None:
    """The 161 points, 0.075 apart, hit each half-wave of sin(40 x) once. At height 0.01 the error is below 0.02."""
    coarse, fine = (graphs([elementwise("sin(40*x)/100")], X, 0, lambda y: (-1.0, 1.0), t)[0].x for t in (0.01, 0.001))
    assert fine.size > 10 * coarse.size


def test_what_lies_outside_of_the_limits_is_not_followed() -> None:
    wave = [elementwise("2 + sin(40*x)")]
    inside = graphs(wave, X, 0, lambda _: (1, 3), 0.01)[0].x
    outside = graphs(wave, X, 0, lambda _: (4, 6), 0.01)[0].x
    assert inside.size > 10 * outside.size


def test_all_have_the_same_points() -> None:
    a, b = graphs([elementwise("relu"), elementwise("tan(x)")], X, 1, *FINE)
    assert a.x is b.x
    assert a.derivatives.shape == b.derivatives.shape == (2, a.x.size)
    assert a.derivatives[0].tolist() == np.maximum(a.x, 0).tolist()


@pytest.mark.parametrize(
    ("text", "low", "high"), [("log(x)", -6, 0), ("sqrt(x - 0.3)", -6, 0.3), ("1/x", 0, 0), ("exp(200*x)", 3.549, 6)]
)
def test_holes(text: str, low: float, high: float) -> None:
    found = trace(text)
    assert missing(found.x, found.derivatives[0]) == ((pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-12)),)


def test_no_holes() -> None:
    assert missing(X, X) == ()
    assert missing(X, np.full_like(X, np.inf)) == ((-6.0, 6.0),)


def test_there_is_no_slope_where_there_is_no_value() -> None:
    found = trace("log(x)", 1)
    assert np.isnan(found.derivatives[1][found.x < 0]).all()
    assert np.isnan(Spot.of(elementwise("log(x)"), -1.0).derivatives).all()


def test_a_spot() -> None:
    spot = Spot.of(elementwise("tanh"), 0.5, 2)
    t = math.tanh(0.5)
    assert spot.derivatives.tolist() == pytest.approx([t, 1 - t * t, -2 * t * (1 - t * t)])
    assert not spot.kink
    assert Spot.of(elementwise("relu"), 0.0).kink


def test_union() -> None:
    assert union([3, 1], np.array([[2.0, 1.0]]), []).tolist() == [1, 2, 3]
    assert union([]).tolist() == []
