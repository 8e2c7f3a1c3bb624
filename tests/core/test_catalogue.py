"""Every activation against mpmath: values, derivatives, limits, kinks."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from actcli.core.catalogue import CATALOGUE
from tests.truth import BITS, DEFINITIONS, exact, ulp_error

EPS = 2.0**-52
ELEMENTWISE = [name for name, activation in CATALOGUE.items() if not activation.rowwise]

# Every scale: around zero, the bends, the tails down to where they are subnormal, and beyond.
points = st.one_of(
    st.floats(-8, 8),
    st.floats(-50, 50),
    st.floats(-800, 800),
    st.builds(lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 1]), st.floats(-300, 2)),
)


def test_the_truth_covers_the_whole_catalogue():
    assert set(DEFINITIONS) == set(ELEMENTWISE)


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=50)
@given(x=points)
def test_values_are_within_4_ulp(name, x):
    assert ulp_error(float(CATALOGUE[name](x)), exact(name, x)) <= 4


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=25)
@given(x=points)
def test_slopes_are_within_4_ulp_or_within_eps_near_their_zero(name, x):
    slope, truth = float(CATALOGUE[name].derivative(x)), exact(name, x, 1)
    with mpmath.workprec(BITS):
        near_a_zero = abs(x) < 4 and abs(mpf(slope) - truth) <= EPS
    assert near_a_zero or ulp_error(slope, truth) <= 4


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=8)
@given(x=points, order=st.integers(2, 6))
def test_higher_orders_are_as_accurate_as_their_argument_allows(name, x, order):
    x = x or 1.0  # at the kink itself some of these do not exist
    computed = float(CATALOGUE[name].derivative(x, order))
    truth, next_one = exact(name, x, order), exact(name, x, order + 1)
    with mpmath.workprec(BITS):
        allowed = 16 * EPS * (abs(truth) + abs(mpf(x) * next_one)) + mpf(math.ulp(0.0))
        assert abs(mpf(computed) - truth) <= max(allowed, 16 * EPS if abs(x) <= 1 else 0)


LIMITS = {  # f(-inf), f(inf), f'(-inf), f'(inf)
    "identity": (-math.inf, math.inf, 1, 1),
    "sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "relu": (0, math.inf, 0, 1),
    "leaky_relu": (-math.inf, math.inf, 0.01, 1),
    "elu": (-1, math.inf, 0, 1),
    "selu": (-1.6732632423543772 * 1.0507009873554805, math.inf, 0, 1.0507009873554805),
    "gelu": (0, math.inf, 0, 1),
    "silu": (0, math.inf, 0, 1),
    "mish": (0, math.inf, 0, 1),
    "softplus": (0, math.inf, 0, 1),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_infinity_gives_the_limit_and_nan_gives_nan(name):
    activation = CATALOGUE[name]
    derivatives = activation.derivatives([-math.inf, math.inf, math.nan], 3)
    assert (*derivatives[0, :2], *derivatives[1, :2]) == pytest.approx(LIMITS[name], rel=1e-15)
    assert not derivatives[2:, :2].any()
    assert np.isnan(derivatives[:, 2]).all()


# What torch 2.13's autograd returns at 0.
SLOPES_AT_ZERO = {"relu": 0, "leaky_relu": 0.01, "elu": 1, "selu": 1.0507009873554805 * 1.6732632423543772}


@pytest.mark.parametrize("name", SLOPES_AT_ZERO)
def test_at_a_kink_the_slope_is_autograds(name):
    assert CATALOGUE[name].derivative(0.0) == pytest.approx(SLOPES_AT_ZERO[name], rel=1e-15)


def test_a_kink_is_where_the_slope_jumps():
    assert CATALOGUE["relu"].kinks() == (0.0,)
    assert CATALOGUE["selu"].kinks() == (0.0,)
    assert CATALOGUE["leaky_relu"].with_parameters(negative_slope=1.0).kinks() == ()
    elu = CATALOGUE["elu"]
    assert elu.kinks(1) == ()
    assert elu.kinks(2) == (0.0,)
    assert elu.with_parameters(alpha=0.5).kinks() == (0.0,)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("leaky_relu", {"negative_slope": 0.2}),
        ("elu", {"alpha": 0.3}),
        ("selu", {"alpha": 1.5, "gamma": 1.1}),
        ("softplus", {"beta": 1.7}),
        ("softplus", {"beta": 0.03}),
    ],
)
@settings(max_examples=30)
@given(x=st.floats(-400, 400))
def test_parameters_keep_the_accuracy(name, parameters, x):
    activation = CATALOGUE[name].with_parameters(**parameters)
    assert ulp_error(float(activation(x)), exact(name, x, **parameters)) <= 4


@given(st.floats(-700, 700))
def test_sigmoid_and_tanh_are_symmetric(x):
    sigmoid, tanh = CATALOGUE["sigmoid"], CATALOGUE["tanh"]
    assert tanh(-x) == -tanh(x)
    assert sigmoid.derivative(-x) == sigmoid.derivative(x)


def test_shapes_come_back_and_long_arrays_are_the_sum_of_their_blocks():
    gelu = CATALOGUE["gelu"]
    x = np.linspace(-60, 60, 3 * 2**14 + 6)
    assert gelu(0.5).shape == ()
    assert gelu(np.empty((0, 3))).shape == (0, 3)
    assert gelu.derivatives(x.reshape(-1, 6), 2).shape == (3, x.size // 6, 6)
    np.testing.assert_array_equal(gelu(x)[::4999], [float(gelu(value)) for value in x[::4999]])
