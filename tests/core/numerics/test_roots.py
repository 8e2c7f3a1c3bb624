"""Roots on a logarithmic scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.numerics.roots import root, sign_changes


@given(st.floats(-11.9, 11.9))
def test_the_root_is_found_to_the_last_bits_of_its_logarithm(exponent: float) -> None:
    x = 10.0**exponent
    for function in (lambda q: math.log(q / x), lambda q: x - q):
        assert root(function, 1e-12, 1e12) == pytest.approx(x, rel=2e-14)
        assert root(function, 1e12, 1e-12) == pytest.approx(x, rel=2e-14)


@given(st.floats(0.02, 0.98), st.integers(1, 9))
def test_roots_of_functions_of_very_different_size_on_both_sides(x: float, power: int) -> None:
    """|f| is much larger on one side of the root than on the other."""
    for function in (lambda q: math.expm1(50 * (q - x)), lambda q: q**power - x**power):
        assert root(function, 0.01, 1.0) == pytest.approx(x, rel=1e-13)


def test_sign_changes_are_between_neighbours() -> None:
    points = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert [*sign_changes(lambda q: (q - 3) * (q - 10), points)] == [(2, 4), (8, 16)]
    assert [*sign_changes(lambda q: 1.0, points)] == []
    assert [*sign_changes(lambda q: math.nan if q < 5 else q - 10, points)] == [(8, 16)]


def test_what_is_no_larger_than_noise_has_no_sign_and_nothing_is_known_beyond_a_nan() -> None:
    values = {1.0: 1.0, 2.0: -1e-12, 4.0: 1e-12, 8.0: -1.0, 16.0: math.nan, 32.0: 1.0}
    assert [*sign_changes(values.__getitem__, values, 1e-9)] == [(1, 8)]


def test_no_more_is_computed_than_is_asked_for() -> None:
    seen = []
    next(sign_changes(lambda q: seen.append(q) or q - 3.0, [1.0, 2.0, 4.0, 8.0]))
    assert seen == [1.0, 2.0, 4.0]


def test_a_function_without_values_between_its_ends_has_no_root_and_the_search_an_end() -> None:
    assert math.isnan(root(lambda q: {1.0: -1.0, 2.0: 1.0}.get(q, math.nan), 1.0, 2.0))
