"""Mean-field theory against closed forms and published critical points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.errors import InputError
from actcli.core.resolve import resolve
from actcli.core.theory import MeanField, critical_point, gain

variances = st.floats(1e-3, 100)


@given(q=variances, slope=st.floats(-0.9, 0.9))
def test_half_lines_keep_a_share_of_the_variance(q, slope):
    field = MeanField(resolve(f"leaky_relu:negative_slope={slope}"))
    assert field.second_moment(q) == pytest.approx(0.5 * (1 + slope**2) * q, rel=1e-10)
    assert field.slope_second_moment(q) == pytest.approx(0.5 * (1 + slope**2), rel=1e-10)


@given(variances)
def test_the_error_function_has_williams_arcsine_law(q):
    field = MeanField(resolve("erf"))
    assert field.second_moment(q) == pytest.approx(2 / math.pi * math.asin(2 * q / (1 + 2 * q)), rel=1e-10)
    assert field.slope_second_moment(q) == pytest.approx(4 / math.pi / math.sqrt(1 + 4 * q), rel=1e-10)


@given(variances)
def test_the_sine_has_its_gaussian_moments(q):
    field = MeanField(resolve("sin"))
    assert field.second_moment(q) == pytest.approx((1 - math.exp(-2 * q)) / 2, rel=1e-9)
    assert field.second_moment_slope(q) == pytest.approx(math.exp(-2 * q), rel=1e-8, abs=1e-10)
    assert field.next_variance(q, 1.5, 0.2) == pytest.approx(0.75 * (1 - math.exp(-2 * q)) + 0.2, rel=1e-9)


# mpmath at 20 digits: findroot of E[φ φ' z] / √q = E[φ'²], the expectations by mpmath.quad.
HALF_STABLE = {  # q, σ_w², σ_b²
    "silu": (14.320173618025799, 1.988004678269492, 0.5551431707215304),
    "gelu": (3.561552812808829, 1.9830582574375471, 0.17292239075606735),
}


@pytest.mark.parametrize("name", HALF_STABLE)
def test_the_half_stable_points_are_those_that_mpmath_finds(name):
    point = critical_point(resolve(name))
    assert point.kind == "half-stable"
    assert (point.q, point.sigma_w2, point.sigma_b2) == pytest.approx(HALF_STABLE[name], rel=1e-10)


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "gelu(2*x)/2"])
def test_at_a_critical_point_both_susceptibilities_are_one_and_the_variance_stays(name):
    activation = resolve(name)
    point, field = critical_point(activation), MeanField(activation)
    assert point.sigma_w2 * field.slope_second_moment(point.q) == pytest.approx(1, rel=1e-9)
    assert point.sigma_w2 * field.second_moment_slope(point.q) == pytest.approx(1, rel=1e-9)
    assert field.next_variance(point.q, point.sigma_w2, point.sigma_b2) == pytest.approx(point.q, rel=1e-9)


def test_a_rescaled_formula_gets_its_own_point():
    point, rescaled = critical_point(resolve("gelu")), critical_point(resolve("gelu(2*x)/2"))
    expected = (point.sigma_w2, point.sigma_b2 / 4, point.q / 4)
    assert (rescaled.sigma_w2, rescaled.sigma_b2, rescaled.q) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("name", "kind", "sigma_w2"),
    [
        ("relu", "scale-invariant", 2),
        ("leaky_relu:negative_slope=0.5", "scale-invariant", 1.6),
        ("max(0, x)", "scale-invariant", 2),
        ("identity", "scale-invariant", 1),
        ("tanh", "zero-fixed-point", 1),
        ("sin", "zero-fixed-point", 1),
        ("tanh(2*x)", "zero-fixed-point", 0.25),
        ("erf", "zero-fixed-point", math.pi / 4),
        ("sigmoid", "none", None),
        ("softplus", "none", None),
        ("relu_squared", "none", None),
        ("step", "none", None),
        ("exp(x**2)", "none", None),
    ],
)
def test_kinds_of_critical_points(name, kind, sigma_w2):
    point = critical_point(resolve(name))
    assert point.kind == kind
    assert point.sigma_w2 == (None if sigma_w2 is None else pytest.approx(sigma_w2, rel=1e-12))


def test_sigmoid_with_xavier_loses_twelve_decades_in_twenty_layers():
    assert -19 * math.log10(gain(resolve("sigmoid")).decay_per_layer["xavier"]) == pytest.approx(11.9, abs=0.05)


def test_decays_where_they_are_known():
    assert gain(resolve("relu")).decay_per_layer == pytest.approx({"xavier": 0.5**0.5, "he": 1, "lecun": 0.5**0.5})
    assert gain(resolve("tanh")).decay_per_layer["xavier"] == pytest.approx(1)
    # selu is made such that a variance of 1 stays: its own fixed point, at which q = 1.
    selu = resolve("selu")
    assert gain(selu).decay_per_layer["lecun"] == pytest.approx(MeanField(selu).slope_second_moment(1.0) ** 0.5)
    assert gain(resolve("exponential")).decay_per_layer["he"] is None


def test_moments_that_diverge_are_none():
    result = gain(resolve("exp(x**2)"))
    assert (result.gain, result.mean, result.second_moment, result.slope_second_moment) == (None,) * 4


def test_row_wise_activations_have_no_theory():
    with pytest.raises(InputError, match="softmax acts on whole rows"):
        gain(resolve("softmax"))
