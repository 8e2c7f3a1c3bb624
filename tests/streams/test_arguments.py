"""X arguments, and a grid against numpy.linspace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.streams.blocks import BLOCK
from actcli.streams.files import StreamError
from actcli.streams.reading import from_arguments, from_grid, linspace
from tests.streams.helpers import lines_of, same_bits


def test_arguments() -> None:
    given_arguments = ["1", " -3", "4,5 6", "inf", "-1e-3"]
    truth = [1, -3, 4, 5, 6, np.inf, -1e-3]
    assert lines_of(from_arguments(given_arguments, rowwise=False).blocks()) == [[value] for value in truth]
    (row,) = from_arguments(given_arguments, rowwise=True).blocks()
    assert row.values.tolist() == [truth]
    assert from_arguments(given_arguments, rowwise=True).shape == (7,)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("abc", "not a number: 'abc'"),
        ("1,x", "not a number: 'x'"),
        ("", "not a number: ''"),
        (" ", "not a number: ' '"),
        ("1_0", "not a number: '1_0'"),
        ("no such.csv", "not a number: 'no'; a file is read with --input 'no such.csv'"),
        ("[1,2]", "not a number: '[1'; numbers stand without brackets"),
    ],
)
def test_an_argument_that_is_no_number(argument: str, message: str) -> None:
    with pytest.raises(StreamError) as caught:
        from_arguments(["1", argument], rowwise=False)
    assert str(caught.value) == message


@pytest.mark.parametrize(("start", "stop", "num"), [(0, np.finfo(float).max, 7), (0, 5e-324, 4), (3, 3, 3)])
def test_grids_at_the_ends_of_the_range(start: float, stop: float, num: int) -> None:
    with np.errstate(over="ignore"):
        assert same_bits(linspace(start, stop, num, 0, num), np.linspace(start, stop, num))


def test_a_grid_whose_span_is_no_float64() -> None:
    most = 2.0**1023
    assert linspace(-most, most, 5, 0, 5).tolist() == [-most, -most / 2, 0, most / 2, most]


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(start=finite, stop=finite, num=st.integers(1, 50), data=st.data())
def test_any_part_of_a_grid_is_linspaces(start: float, stop: float, num: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, num - 1))
    count = data.draw(st.integers(1, num - first))
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.linspace(start, stop, num)
    part = linspace(start, stop, num, first, count)
    if np.isfinite(stop - start):
        assert same_bits(part, whole[first : first + count])
    else:
        assert np.isfinite(part).all()
        assert bool((np.diff(part) * np.sign(stop - start) >= 0).all())
        assert first > 0 or part[0] == start
        assert first + count < num or num == 1 or part[-1] == stop


@pytest.mark.parametrize("rowwise", [False, True])
def test_a_long_grid(rowwise: bool) -> None:
    num = 2 * BLOCK + 17
    source = from_grid(-8, 8, num, rowwise)
    blocks = list(source.blocks())
    assert source.shape == (num,)
    assert len(blocks) == (1 if rowwise else 3)
    assert same_bits(np.concatenate([block.values.ravel() for block in blocks]), np.linspace(-8, 8, num))


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ((0, 1, 0), "--grid: NUM must be from 1 to 1000000000000, not 0"),
        ((0, 1, -5), "--grid: NUM must be from 1 to 1000000000000, not -5"),
        ((0, 1, 10**20), f"--grid: NUM must be from 1 to 1000000000000, not {10**20}"),
        ((0, float("inf"), 3), "--grid: START and STOP must be finite"),
        ((float("nan"), 1, 3), "--grid: START and STOP must be finite"),
    ],
)
def test_grids_that_do_not_exist(grid: tuple[float, float, int], message: str) -> None:
    with pytest.raises(StreamError) as caught:
        from_grid(*grid, rowwise=False)
    assert str(caught.value) == message
