"""Closed forms of value and slope (`fused`, `single`) against mpmath and jets: bounds, kinks, limits, tails, layout."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.jets.jet import Jet
from tests.benchmarks.accuracy import errors
from tests.benchmarks.points import anchored, tails
from tests.each import each
from tests.examples import at_most
from tests.narrow import elementwise

INF = math.inf
WITH_KERNEL = [
    name for name, activation in CATALOGUE.items() if isinstance(activation, Elementwise) and activation.fused
]
OTHER_PARAMETERS = [
    "leaky_relu:negative_slope=0.2",
    "leaky_relu:negative_slope=0",
    "leaky_relu:negative_slope=-1e20",
    "prelu:weight=-1.3",
    "rrelu:lower=0.1,upper=0.7",
    "elu:alpha=-1.7",
    "selu:alpha=1.5,gamma=1.1",
    "silu:beta=2",
    "silu:beta=-1",
    "silu:beta=-0.3",
    "silu:beta=0",
    "silu:beta=41.3",
    "softplus:beta=1.7",
    "softplus:beta=0.03",
    "hard_sigmoid:alpha=0.37,beta=-0.1",
    "hard_tanh:min_val=-0.3,max_val=1.7",
]
EVERY = [*WITH_KERNEL, *OTHER_PARAMETERS]


@cache
def hard_points(text: str) -> list[float]:
    """Points beside kinks, zeros and branches, at the radius, along the tails, and beyond."""
    activation = elementwise(text)
    assert activation.fused
    radius = activation.fused_radius
    radius = min(radius(**activation.parameter_values) if callable(radius) else radius, 1.7e308)
    edges = [math.nextafter(radius, 0.0), radius, math.nextafter(radius, INF)]
    along_tails = [x for tail in tails(activation) for x in np.linspace(*tail, 9).tolist()]
    everywhere = [*anchored(activation), *edges, *np.arange(-44.5, 45.0, 2.0).tolist(), *along_tails, 0.0, INF]
    return sorted({sign * x for x in everywhere for sign in (-1.0, 1.0)})


def assert_within_bounds(activation: Elementwise, xs: list[float]) -> None:
    for order, computed in enumerate(activation.value_and_slope(np.array(xs))):
        for error in errors(activation, xs, order, computed):
            assert not error.broken, str(error)


@pytest.mark.parametrize("text", EVERY)
def test_hard_points_are_within_the_bounds(text: str) -> None:
    activation = elementwise(text)
    assert_within_bounds(activation, hard_points(text))


@pytest.mark.parametrize("text", EVERY)
@at_most(12)
@given(xs=st.lists(st.one_of(st.floats(-40, 40), st.floats(-800, 800)), min_size=1, max_size=3))
def test_any_points_are_within_the_bounds(text: str, xs: list[float]) -> None:
    assert_within_bounds(elementwise(text), xs)


@pytest.mark.parametrize(
    ("text", "zero"),
    [("gelu", -0.752), ("gelu_tanh", -0.753), ("quick_gelu", -0.751), ("silu", -1.278), ("mish", -1.192)],
)
def test_the_slope_keeps_its_digits_as_soon_as_the_bound_is_relative(text: str, zero: float) -> None:
    """From 1 below the slope's zero downwards, where the terms of the slope cancel most."""
    activation = elementwise(text)
    assert_within_bounds(activation, np.random.default_rng(1).uniform(zero - 1.2, zero - 1.0, 200).tolist())


def by_jet(activation: Elementwise, xs: np.ndarray) -> np.ndarray:
    """Value and slope by jets."""
    with np.errstate(all="ignore"):
        derivatives = activation.function(Jet.variable(xs, 1), **activation.parameter_values).derivatives
    return np.where(np.isnan(xs), np.nan, derivatives)


@each("text", EVERY)
def test_a_kernel_stays_close_to_the_jet(text: str) -> None:
    activation = elementwise(text)
    xs = np.array(hard_points(text))
    value, slope = activation.value_and_slope(xs)
    expected_value, expected_slope = by_jet(activation, xs)
    # Each result has an error of at most 4 ULP, or eps near a zero of the slope.
    np.testing.assert_allclose(value, expected_value, rtol=8 * 2.0**-52, atol=8 * 5e-324)
    np.testing.assert_allclose(slope, expected_slope, rtol=8 * 2.0**-52, atol=2.0 * 2.0**-52)


@each("text", EVERY)
def test_value_and_slope_are_the_same_numbers_wherever_they_are_asked_for(text: str) -> None:
    activation = elementwise(text)
    xs = np.array([*hard_points(text), math.nan])
    both = np.stack(activation.value_and_slope(xs))
    np.testing.assert_array_equal(activation(xs), both[0])
    np.testing.assert_array_equal(activation.derivatives(xs, 0)[0], both[0])
    np.testing.assert_array_equal(activation.derivatives(xs, 1), both)
    np.testing.assert_array_equal(activation.derivatives(xs, 3)[:2], both)


@each("text", EVERY)
def test_at_kinks_at_infinity_and_at_nan_the_result_is_the_jets(text: str) -> None:
    activation = elementwise(text)
    xs = np.array([*activation.kinks(2), -0.0, -INF, INF, math.nan])
    value, slope = activation.value_and_slope(xs)
    expected_value, expected_slope = by_jet(activation, xs)
    np.testing.assert_allclose(value, expected_value, rtol=2.0**-51, atol=0.0)
    np.testing.assert_allclose(slope, expected_slope, rtol=2.0**-51, atol=0.0)


@each("text", EVERY)
def test_results_do_not_depend_on_neighbouring_points(text: str) -> None:
    """One array with points inside the radius (closed form) and outside (jet)."""
    activation = elementwise(text)
    xs = np.array([-INF, -1e300, -720.0, -40.0, -3.1, -0.4, 0.0, 0.4, 3.1, 40.0, 720.0, 1e300, INF, math.nan])
    alone = np.array([activation.value_and_slope(np.array([x])) for x in xs])[:, :, 0].T
    np.testing.assert_array_equal(np.stack(activation.value_and_slope(xs)), alone)


@each("text", EVERY)
def test_nothing_is_said_about_overflow_and_the_input_is_left_alone(text: str) -> None:
    activation = elementwise(text)
    xs = np.array([-INF, -1e308, -1e-308, 0.0, 1e-308, 1e308, INF, math.nan])
    before = xs.copy()
    with np.errstate(all="raise"):
        value, slope = activation.value_and_slope(xs)
    np.testing.assert_array_equal(xs, before)
    assert not np.shares_memory(value, xs)
    assert not np.shares_memory(value, slope)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (7,), (3, 5), (2, 3, 4), (129, 257)])
def test_every_shape_comes_back(shape: Any) -> None:
    xs = np.linspace(-3.0, 3.0, math.prod(shape)).reshape(shape)
    silu = elementwise("silu")
    for result, expected in zip(silu.value_and_slope(xs), by_jet(silu, xs), strict=True):
        assert result.shape == shape
        np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-15)


def test_a_view_with_strides_is_read_in_its_own_order() -> None:
    tanh, xs = elementwise("tanh"), np.linspace(-3.0, 3.0, 24).reshape(4, 6)
    for view in (xs.T, xs[:, ::2], xs[::-1]):
        for result, expected in zip(tanh.value_and_slope(view), tanh.value_and_slope(view.copy()), strict=True):
            np.testing.assert_array_equal(result, expected)


def test_other_parameters_reach_the_fused() -> None:
    value, slope = elementwise("leaky_relu:negative_slope=0.25").value_and_slope(np.array([-4.0, 4.0]))
    assert value.tolist() == [-1.0, 4.0]
    assert slope.tolist() == [0.25, 1.0]


# --- float32, for training in it --------------------------------------------------------------------------------------

WITH_SINGLE = [name for name in WITH_KERNEL if (a := CATALOGUE[name]) and isinstance(a, Elementwise) and a.single]


@pytest.mark.parametrize("text", [*WITH_SINGLE, "silu:beta=0.3", "silu:beta=5", "silu:beta=-1"])
def test_a_float32_kernel_is_as_close_as_it_says(text: str) -> None:
    """Reference: float64, whose errors are 2^-27 of the bound."""
    activation, generator = elementwise(text), np.random.default_rng(5)
    x: Any = np.concatenate([generator.normal(size=4000), generator.uniform(-13, 13, 4000), [0.0, -0.0]]).astype(
        np.float32
    )
    with np.errstate(all="ignore"):
        found = activation.bend(x)
    assert {array.dtype for array in found} == {np.dtype(np.float32)}
    exact = activation.value_and_slope(x.astype(np.float64))
    value_error, slope_error = (
        np.abs(single - double) / np.spacing(np.abs(double).astype(np.float32)).astype(np.float64)
        for single, double in zip(found, exact, strict=True)
    )
    in_eps = np.abs(found[1] - exact[1]) / 2.0**-23
    assert value_error.max() <= 8.0
    assert (np.minimum(slope_error / 8.0, in_eps / 2.0)).max() <= 1.0


@pytest.mark.parametrize("text", [*WITH_SINGLE, "mish", "x*sigmoid(x)"])
def test_in_float32_too_tails_limits_and_nan_are_right(text: str) -> None:
    """Beyond the radius of `single`, and without `single`, results are float64's, rounded."""
    activation = elementwise(text)
    x: Any = np.array([-INF, -1e30, -100.0, -90.0, 90.0, 100.0, 1e30, INF, math.nan], np.float32)
    with np.errstate(all="ignore"):
        found = activation.bend(x)
        exact = [array.astype(np.float32) for array in activation.value_and_slope(x.astype(np.float64))]
    for single, rounded in zip(found, exact, strict=True):
        np.testing.assert_array_max_ulp(single[~np.isnan(rounded)], rounded[~np.isnan(rounded)], 8)
        np.testing.assert_array_equal(np.isnan(single), np.isnan(rounded))
