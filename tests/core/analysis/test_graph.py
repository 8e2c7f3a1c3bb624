"""Points of a curve, its jumps and its holes."""

import math

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.graph import Graph, Spot, graphs, missing
from actcli.core.arrays import union

X = np.linspace(-6.0, 6.0, 161)
FINE = lambda y: (-10.0, 10.0), 0.01  # limits of y, and the share of them that a straight line may miss


def trace(text: str, order: int = 0, x: np.ndarray = X) -> Graph:
    (found,) = graphs([resolve(text)], x, order, *FINE)
    return found


def test_kinks_and_jumps_of_the_catalogue():
    assert trace("relu", 1).breakpoints == ((), (0.0,))
    assert trace("hard_shrink", 1).breakpoints == ((-0.5, 0.5), (-0.5, 0.5))
    assert trace("gelu", 2).breakpoints == ((), (), ())


def test_both_sides_of_a_kink_are_among_the_points():
    x = trace("hard_shrink").x
    assert {0.5, np.nextafter(0.5, 0), np.nextafter(0.5, 1)} <= set(x.tolist())
    assert (x[0], x[-1]) == (-6.0, 6.0)
    assert (np.diff(x) > 0).all()


def test_the_poles_of_a_formula_are_found():
    assert trace("tan(x)").breakpoints[0] == pytest.approx(
        [-1.5 * math.pi, -0.5 * math.pi, 0.5 * math.pi, 1.5 * math.pi]
    )
    assert trace("step(sin(x))").breakpoints[0] == pytest.approx([-math.pi, 0, math.pi])


def test_a_steep_step_is_followed_and_is_no_jump():
    steep = trace("tanh(1000*x)", x=np.linspace(-6.0, 6.1, 161))
    assert steep.breakpoints == ((),)
    assert (np.abs(steep.derivatives[0]) < 0.9).any()


def test_a_wave_is_followed_where_a_straight_line_misses_it_by_more_than_the_tolerance():
    """Of sin(40 x) the 161 points, 0.075 apart, meet a half-wave each; of height 0.01 it misses less than 0.02."""
    coarse, fine = (graphs([resolve("sin(40*x)/100")], X, 0, lambda y: (-1.0, 1.0), t)[0].x for t in (0.01, 0.001))
    assert fine.size > 10 * coarse.size


def test_what_lies_outside_of_the_limits_is_not_followed():
    inside, outside = (graphs([resolve("2 + sin(40*x)")], X, 0, lambda y, e=e: e, 0.01)[0].x for e in ((1, 3), (4, 6)))
    assert inside.size > 10 * outside.size


def test_all_have_the_same_points():
    a, b = graphs([resolve("relu"), resolve("tan(x)")], X, 1, *FINE)
    assert a.x is b.x
    assert a.derivatives.shape == b.derivatives.shape == (2, a.x.size)
    assert a.derivatives[0].tolist() == np.maximum(a.x, 0).tolist()


@pytest.mark.parametrize(
    ("text", "low", "high"), [("log(x)", -6, 0), ("sqrt(x - 0.3)", -6, 0.3), ("1/x", 0, 0), ("exp(200*x)", 3.549, 6)]
)
def test_holes(text: str, low: float, high: float):
    found = trace(text)
    assert missing(found.x, found.derivatives[0]) == ((pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-12)),)


def test_no_holes():
    assert missing(X, X) == ()
    assert missing(X, np.full_like(X, np.inf)) == ((-6.0, 6.0),)


def test_there_is_no_slope_where_there_is_no_value():
    found = trace("log(x)", 1)
    assert np.isnan(found.derivatives[1][found.x < 0]).all()
    assert np.isnan(Spot.of(resolve("log(x)"), -1.0).derivatives).all()


def test_a_spot():
    spot = Spot.of(resolve("tanh"), 0.5, 2)
    t = math.tanh(0.5)
    assert spot.derivatives.tolist() == pytest.approx([t, 1 - t * t, -2 * t * (1 - t * t)])
    assert not spot.kink
    assert Spot.of(resolve("relu"), 0.0).kink


def test_union():
    assert union([3, 1], np.array([[2.0, 1.0]]), []).tolist() == [1, 2, 3]
    assert union([]).tolist() == []
