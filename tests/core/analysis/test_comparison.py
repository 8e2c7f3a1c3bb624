"""Largest difference of two activations against closed forms."""

import math

import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.comparison import Difference, compare
from actcli.core.errors import InputError


def difference(a: str, b: str, low: float = -6.0, high: float = 6.0) -> Difference:
    return compare([resolve(a), resolve(b)], low, high)[0]


def test_softplus_and_relu_differ_most_at_the_kink_by_log_2() -> None:
    found = difference("softplus", "relu")
    assert found.max_abs == pytest.approx(math.log(2), rel=1e-15)
    assert found.at == 0.0


def test_a_smooth_maximum_between_the_grid_points_is_found() -> None:
    found = difference("identity", "tanh", 0.0, 3.0)
    assert (found.at, found.max_abs) == (3.0, pytest.approx(3 - math.tanh(3)))
    silu_gelu = difference("silu", "gelu", 0.0, 6.0)
    assert silu_gelu.at == pytest.approx(1.96546, abs=1e-4)


def test_every_pair_is_compared_in_order() -> None:
    pairs = [(d.a, d.b) for d in compare([resolve(name) for name in ("relu", "elu", "selu")], -1, 1)]
    assert pairs == [("relu", "elu"), ("relu", "selu"), ("elu", "selu")]


def test_equal_activations_do_not_differ() -> None:
    assert difference("relu", "leaky_relu:negative_slope=0").max_abs == 0.0


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, -2), (-math.inf, 0), (0, math.nan)])
def test_a_range_goes_up(low: float, high: float) -> None:
    with pytest.raises(InputError, match="range"):
        compare([resolve("relu"), resolve("elu")], low, high)


def test_row_wise_activations_have_no_curve() -> None:
    with pytest.raises(InputError, match="softmax acts on whole rows"):
        difference("relu", "softmax")
