"""The catalogue's error bounds for other parameters, log-spaced over their valid range, against mpmath."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from tests.benchmarks.accuracy import errors
from tests.benchmarks.points import scaled_points
from tests.benchmarks.points import settings as random_settings
from tests.each import each
from tests.examples import at_most
from tests.narrow import elementwise

WITH_PARAMETERS = [
    name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise) and entry.parameters
]  # fmt: skip


def assert_within_bounds(activation: Elementwise, xs: list[float], orders: range) -> None:
    both = activation.derivatives(np.array(xs), 1)
    computed = activation.derivatives(np.array(xs), max(orders))
    np.testing.assert_array_equal(computed[:2], both)
    np.testing.assert_array_equal(activation.value_and_slope(np.array(xs)), both)
    np.testing.assert_array_equal(activation(np.array(xs)), both[0])
    for order in orders:
        for error in errors(activation, xs, order, computed[order]):
            assert not error.broken, f"{activation.label}: {error}"


@pytest.mark.parametrize("name", WITH_PARAMETERS)
@at_most(8)
@given(seed=st.integers(0, 2**32))
def test_values_and_slopes_are_within_the_bounds(name: str, seed: int) -> None:
    rng = random.Random(seed)
    activation = elementwise(name).with_parameters(**random_settings(elementwise(name), rng))
    assert_within_bounds(activation, scaled_points(activation, 3, rng), range(2))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
@at_most(2)
@given(seed=st.integers(0, 2**32))
def test_higher_orders_are_as_accurate_as_their_argument_allows(name: str, seed: int) -> None:
    rng = random.Random(seed)
    activation = elementwise(name).with_parameters(**random_settings(elementwise(name), rng))
    assert_within_bounds(activation, scaled_points(activation, 1, rng), range(2, 5))


# Hard cases: text, order, x. An intermediate result is subnormal or overflows, or the slope's zero is wide.
LOST = [
    ("softplus:beta=37.5", 6, [-19.83, -19.9, 19.83, 19.9]),
    ("softplus:beta=1e160", 2, [0.0, 1e-160, -1e-158]),
    ("softplus:beta=1e-300", 2, [-1e303, 7.2e302, 1.0]),
    ("silu:beta=1e-8", 3, [1.0, -7e10, 7.2e10, -1.278e8]),
    ("silu:beta=1e-3", 1, [-1278.36, -1280.0, -1278.4645427610738, -1279.5]),
    ("celu:alpha=1e-160", 2, [-1e-160, -5e-158, 1e-160]),
    ("celu:alpha=1e300", 3, [-1e-20, -1e300, -7.2e302]),
    ("elu:alpha=1e300", 3, [-1000.0, -720.0, -1e-300]),
    ("selu:alpha=1e-200,gamma=1e250", 2, [-1e-200, -720.0, 3.0]),
    ("softcap:cap=3.16e-225", 4, [-6.93e-251, 1e-226, -4e-224]),
    ("softcap:cap=1e150", 3, [1e-300, -1e150, 3e152]),
    ("snake:a=27.7", 3, [-1.79e308, 1e300, 7e306]),
    ("snake:a=1e-300", 1, [4.824561939845948e306, 1e303]),
    ("snake:a=1e-3", 1, [2.7e82, -785.4, -786.6, 8501.9]),
    ("squareplus:b=1e-300", 3, [-1e-160, 0.0, 1e-150, -1e200]),
    ("squareplus", 6, [1e60, -1e50, 1e47]),
    ("arctan", 6, [1e60, -1e50, 1e47]),
    ("softsign", 6, [1e60, -1e50, 1e47]),
    ("hard_sigmoid:alpha=1e300,beta=-1e-5", 1, [1e-300, 1e-301, -1e300, 1e300]),
    ("rrelu:lower=1.5e308,upper=1.7e308", 1, [-1.0, 1.0, -0.5]),
]


@each(("text", "order", "xs"), LOST)
def test_what_is_lost_on_the_way_in_float64_is_found(text: str, order: int, xs: list[float]) -> None:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    assert_within_bounds(activation, xs, range(order + 1))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
@at_most(10)
@given(seed=st.integers(0, 2**32))
def test_infinity_and_nan_are_what_they_are_for_every_parameter(name: str, seed: int) -> None:
    entry = elementwise(name)
    activation = entry.with_parameters(**random_settings(entry, random.Random(seed)))
    with np.errstate(all="raise"):
        rows = activation.derivatives([-math.inf, math.inf, math.nan, 0.0], 2)
    assert np.isnan(rows[:, 2]).all()
    assert not np.isnan(rows[0, [0, 1, 3]]).any()
