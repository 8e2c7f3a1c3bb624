"""Choice between functions: each computed only where it is used, for any layout, without inf from the other one."""

from typing import Any

import numpy as np
import pytest

from actcli.core.jets.choice import kept, select, where
from actcli.core.jets.jet import Jet

GRID = np.array([[-2.0, 1.0, np.inf], [0.0, -np.inf, 3.0]])


@pytest.mark.parametrize("x", [GRID, 0.5 * GRID.T, GRID[:, ::-1], GRID[0], np.array(-2.0)])
def test_each_function_is_given_what_is_its_own_and_the_first_case_that_holds_counts(x: Any) -> None:
    seen = []

    def squared(part: Any) -> Any:
        seen.append(part)
        return part * part

    result = select(x, (x > 2.0, lambda part: 7.0), (x > 0.0, squared), otherwise=lambda part: -part)
    np.testing.assert_array_equal(result, np.where(x > 2.0, 7.0, np.where(x > 0.0, x * x, -x)))
    assert all(((part > 0.0) & (part <= 2.0)).all() for part in seen)


@pytest.mark.parametrize("x", [GRID, 0.5 * GRID.T, GRID[0]])
def test_a_jet_is_chosen_from_as_an_array_is(x: Any) -> None:
    jet = Jet(np.stack([x, x + 1.0, x * 0.5]))
    result = select(jet, (jet > 2.0, lambda part: 7.0), otherwise=lambda part: -part).derivatives
    expected = np.where(x > 2.0, np.reshape([7.0, 0.0, 0.0], (3, *[1] * x.ndim)), -jet.derivatives)
    np.testing.assert_array_equal(result, expected)


def test_what_is_not_kept_is_zero_even_if_it_is_infinite_or_nan() -> None:
    x = np.array([np.inf, -np.inf, np.nan, 2.0])
    assert kept(np.array([False, False, False, True]), x).tolist() == [0, 0, 0, 2]
    jet = kept(np.array([False, True, False, True]), Jet(np.stack([x, x]))).derivatives
    assert jet.tolist() == [[0, -np.inf, 0, 2]] * 2


def test_a_number_in_the_place_of_a_jet_has_no_slope() -> None:
    x = Jet(np.array([[1.0, 2.0, np.nan], [np.inf, 5.0, np.nan]]))
    assert where(np.array([True, False, True]), 4.0, x).derivatives.tolist() == [[4, 2, 4], [0, 5, 0]]
