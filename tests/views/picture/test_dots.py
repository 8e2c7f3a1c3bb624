import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.views.picture.dots import (
    DotAxis,
    Span,
    axis_across,
    axis_up,
    multiples,
    nice_step,
    roomy_step,
    squared,
    tick_labels,
)


@pytest.mark.parametrize(
    ("span", "most", "step"),
    [(10, 5, 2), (10, 10, 1), (10, 7, 2), (1, 5, 0.2), (12, 4, 5), (7e-12, 7, 1e-12), (3, 1, 5), (99, 1, 100)],
)
def test_nice_steps(span: float, most: int, step: float) -> None:
    assert nice_step(span, most) == pytest.approx(step)


def test_ticks_are_round_numbers() -> None:
    assert multiples(0.1, 0, 0.5) == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert multiples(2, -5, 5) == [-4, -2, 0, 2, 4]
    assert tick_labels([-0.5, 0, 0.5]) == ["-0.5", "0.0", "0.5"]
    assert tick_labels([-2, 0, 2]) == ["-2", "0", "2"]
    assert tick_labels([0, 1e-12]) == ["0", "1e-12"]
    assert tick_labels([-2e7, 0, 2e7]) == ["-2e+07", "0", "2e+07"]
    assert tick_labels([0]) == ["0"]
    assert tick_labels([0.75]) == ["0.75"], "a single one is not rounded either"


@pytest.mark.parametrize("low", [1.0, -1.0, 0.7615, 1e6, 1.23456789e-200])
@pytest.mark.parametrize("width", [1e-4, 1e-9, 1e-13])
def test_ticks_of_a_narrow_interval_are_told_apart(low: float, width: float) -> None:
    high = low + width * abs(low)
    ticks = multiples(roomy_step(low, high, 120), low, high)
    labels = tick_labels(ticks)
    assert len(set(labels)) == len(ticks) > 1
    assert list(map(float, labels)) == ticks
    assert all(low - 0.01 * (high - low) <= tick <= high + 0.01 * (high - low) for tick in ticks)


def test_labels_that_have_room_nowhere_stand_as_far_apart_as_can_be() -> None:
    low, high = -1.23456789012e-200, -1.23456789011e-200
    assert roomy_step(low, high, 40) == nice_step(high - low, 2)


def slack(axis: DotAxis, low: float, high: float) -> float:
    """Tolerance: 1e-5 dots, plus rounding errors at the ends of a narrow interval."""
    return 1e-5 * axis.step + 4 * np.spacing(max(abs(low), abs(high)))


finite = st.floats(-1e6, 1e6)
sizes = st.integers(8, 200)


@given(low=finite, width=st.floats(1e-3, 1e6), cells=sizes, dots=st.sampled_from([1, 2]))
def test_across_shows_the_whole_range_with_ticks_on_dots(low: float, width: float, cells: int, dots: int) -> None:
    high = low + width
    axis = axis_across(Span(low, high, roomy_step(low, high, cells), cells, dots))
    assert axis.cells <= cells
    assert axis.low <= low + slack(axis, low, high)
    assert axis.high >= high - slack(axis, low, high)
    assert axis.dot(np.array([low, high])).tolist()[0] >= 0
    if axis.step <= axis.tick:
        for tick in multiples(axis.tick, axis.low, axis.high):
            assert abs(tick / axis.step - round(tick / axis.step)) < 1e-3


@given(low=finite, width=st.floats(1e-3, 1e6), rows=st.integers(3, 80), dots=st.sampled_from([1, 4]))
def test_up_shows_the_whole_range(low: float, width: float, rows: int, dots: int) -> None:
    high = low + width
    axis = axis_up(Span(low, high, nice_step(width, max(rows // 3, 1)), rows, dots))
    assert axis.cells == rows
    assert axis.low <= low + slack(axis, low, high)
    assert axis.high >= high - slack(axis, low, high)


def test_zero_lies_in_the_middle_of_its_cell() -> None:
    for rows in range(6, 40):
        axis = axis_up(Span(-1.0, 5.0, 1.0, rows, 4))
        assert int(axis.dot(np.array([0.0]))[0]) % 4 == 2


def test_one_unit_is_as_long_across_as_up_where_it_can_be() -> None:
    for cells in (66, 78, 90):
        x, y = squared(Span(-6, 6, 1, cells, 2), Span(0, 6, 1, 20, 4))
        assert x.step == y.step
        x, y = squared(Span(-6, 6, 1, cells, 1), Span(0, 6, 1, 20, 1))
        assert y.step == 2 * x.step, "a character is twice as high as wide"
    x, y = squared(Span(-6, 6, 1, 78, 2), Span(0, 1, 0.2, 20, 4))
    assert y.step < x.step / 2, "a sigmoid fills the height"


def test_points_outside_of_the_range_are_outside() -> None:
    axis = axis_across(Span(0, 10, 1, 40, 2))
    assert axis.dot(np.array([-1e308, 1e308, -np.inf, np.inf])).tolist() == [-1, 80, -1, 80] or axis.cells < 40
    assert 5 in axis
    assert -1 not in axis


def test_a_value_falls_on_the_nearest_dot() -> None:
    axis = axis_across(Span(-2, 2, 1, 40, 2))
    zero = axis.dot(np.array([0.0]))[0]
    between = np.array([-0.6, -0.4, 0.4, 0.6, 1.4]) * axis.step
    assert (axis.dot(between) - zero).tolist() == [-1, 0, 0, 1, 1]


def test_ticks_stand_at_even_distances_where_that_costs_little() -> None:
    assert axis_across(Span(0, 10, 1, 76, 2)).step == 1 / 14
    assert axis_across(Span(0, 10, 1, 17, 2)).step == 1 / 3, "a third would be lost"
