"""Critical and fixed points against closed forms and what mpmath finds."""

import math

import mpmath
import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.theory.gain import CriticalPoint, FixedPoint, critical_point, fixed_point, gain
from actcli.core.theory.mean_field import MeanField

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


def test_where_the_biases_would_need_a_negative_variance_there_is_no_critical_point():
    """φ = 1 + relu + tanh: χ∥ = χ⊥ at one q alone, and σ_b² = q - E[φ²] / E[φ'²] is negative there."""
    z = np.linspace(-12.0, 12.0, 24_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    gaps, biases = [], []
    for q in np.logspace(-6, 4, 201):
        x = math.sqrt(q) * z
        value, slope = 1 + np.maximum(x, 0) + np.tanh(x), np.heaviside(x, 0.5) + (1 - np.tanh(x) ** 2)
        gaps.append((value * slope * z) @ density / math.sqrt(q) - slope**2 @ density)
        biases.append(q - (value**2 @ density) / (slope**2 @ density))
    (crossing,) = np.flatnonzero(np.diff(np.sign(gaps)))
    assert max(biases[crossing : crossing + 2]) < -0.5
    assert critical_point(resolve("1 + relu(x) + tanh(x)")) == CriticalPoint("none", None, None, None)


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


# --- fixed points -----------------------------------------------------------------------------------------------------


def settles(activation: str, sigma_w2: float) -> FixedPoint:
    return fixed_point(MeanField(resolve(activation)), sigma_w2)


def test_the_ordered_phase_of_sigmoid():
    """mpmath's own fixed point; all inputs end up alike, and so quickly that hardly a layer is left to tell them."""
    sigmoid = lambda x: 1 / (1 + mpmath.exp(-x))  # noqa: E731 - a formula
    with mpmath.workdps(20):
        q = mpmath.findroot(lambda q: gaussian(lambda x: sigmoid(x) ** 2, q) - q, (0.2, 0.3), tol=1e-15)
        slope = gaussian(lambda x: (sigmoid(x) * (1 - sigmoid(x))) ** 2, q)
        parallel = mpmath.diff(lambda q: gaussian(lambda x: sigmoid(x) ** 2, q), q)
    found = settles("sigmoid", 1.0)
    assert found.q == pytest.approx(float(q), rel=1e-10)
    assert (found.chi_perpendicular, found.chi_parallel) == pytest.approx((float(slope), float(parallel)), rel=1e-9)
    assert found.correlation == 1
    assert found.variance_depth_scale == pytest.approx(-1 / math.log(parallel), rel=1e-9)
    assert found.correlation_depth_scale == pytest.approx(-1 / math.log(slope), rel=1e-9)


def test_the_chaotic_phase_of_tanh():
    """σ_w² = 2 without biases: what is odd makes any two inputs unrelated, c* = 0."""
    with mpmath.workdps(20):
        q = mpmath.findroot(lambda q: 2 * gaussian(lambda x: mpmath.tanh(x) ** 2, q) - q, (0.5, 0.7), tol=1e-15)
        perpendicular = 2 * gaussian(lambda x: mpmath.sech(x) ** 4, q)
        parallel = mpmath.diff(lambda q: 2 * gaussian(lambda x: mpmath.tanh(x) ** 2, q), q)
        # At c = 0 the two are independent: E[φ'(u) φ'(v)] = E[φ']².
        slope = 2 * gaussian(lambda x: mpmath.sech(x) ** 2, q) ** 2
    found = settles("tanh", 2.0)
    assert found.q == pytest.approx(float(q), rel=1e-10)
    assert (found.chi_perpendicular, found.chi_parallel) == pytest.approx(
        (float(perpendicular), float(parallel)), rel=1e-9
    )
    assert found.chi_perpendicular > 1
    assert found.correlation == pytest.approx(0, abs=1e-9)
    assert found.variance_depth_scale == pytest.approx(-1 / math.log(parallel), rel=1e-9)
    assert found.correlation_depth_scale == pytest.approx(-1 / math.log(slope), rel=1e-8)


def gaussian(function, q):
    """E[g(√q z)]"""
    root = mpmath.sqrt(q)
    return mpmath.quad(lambda z: function(root * z) * mpmath.npdf(z), [-12, -6, -2, 0, 2, 6, 12])


@pytest.mark.parametrize(("sigma_w2", "offset"), [(1.0, 0.3), (1.5, 0.3), (2.0, 0.3), (2.0, 0.1)])
def test_a_chaotic_phase_in_which_inputs_stay_related(sigma_w2, offset):
    """φ = erf(2x) + offset, for which Williams' arcsine gives every map: u = 2x has the variance p = 4q."""
    covariance = lambda p, c: 2 / mpmath.pi * mpmath.asin(2 * p * c / (1 + 2 * p)) + mpmath.mpf(offset) ** 2  # noqa: E731 - a formula
    with mpmath.workdps(30):
        p = mpmath.findroot(lambda p: 4 * sigma_w2 * covariance(p, 1) - p, 4)
        c_map = lambda c: covariance(p, c) / covariance(p, 1)  # noqa: E731 - a formula
        c = mpmath.findroot(lambda c: c_map(c) - c, (0.1, 0.9), solver="anderson")
        perpendicular = sigma_w2 * 16 / mpmath.pi / mpmath.sqrt(1 + 4 * p)
        slope = mpmath.diff(c_map, c)
    assert perpendicular > 1
    found = settles(f"erf(2*x) + {offset}", sigma_w2)
    assert found.q == pytest.approx(float(p / 4), rel=1e-10)
    assert found.chi_perpendicular == pytest.approx(float(perpendicular), rel=1e-9)
    assert 0.05 < c < 0.9
    assert found.correlation == pytest.approx(float(c), rel=1e-8)
    assert found.correlation_depth_scale == pytest.approx(float(-1 / mpmath.log(slope)), rel=1e-7)


@pytest.mark.parametrize(
    ("activation", "sigma_w2", "q", "factor"),
    [
        ("relu", 2.0, 1.0, 1.0),
        ("relu", 1.0, 0.0, 0.5),
        ("relu", 3.0, None, 1.5),
        ("leaky_relu:negative_slope=0.5", 2.0, None, 1.25),
        ("leaky_relu:negative_slope=0.5", 1.0, 0.0, 0.625),
        ("abs(x)", 1.0, 1.0, 1.0),
    ],
)
def test_half_lines_turn_all_inputs_into_one_direction_whatever_becomes_of_the_variance(
    activation, sigma_w2, q, factor
):
    """The arc-cosine kernel does not know σ_w²; its slope at c = 1 is 1, so that no exponential says how fast."""
    found = settles(activation, sigma_w2)
    assert (found.q, found.correlation, found.correlation_depth_scale) == (q, 1, None)
    assert (found.chi_perpendicular, found.chi_parallel) == pytest.approx((factor, factor), rel=1e-12)
    assert found.variance_depth_scale == (pytest.approx(-1 / math.log(factor)) if factor < 1 else None)


@pytest.mark.parametrize("name", ["tanh(x)/2", "tanh", "sin", "gelu", "elu", "softsign", "hard_tanh", "identity"])
def test_a_signal_that_decays_to_where_the_curve_is_a_line_keeps_its_correlations_for_ever(name):
    """Beside the map iterated from q = 1: what changes on the way is done after some layers."""
    activation = resolve(name)
    found, field = fixed_point(MeanField(activation), 1.0), MeanField(activation)
    assert (found.correlation, found.correlation_depth_scale) == (None, None)
    q, c, passed = 1.0, 0.6, []
    for _ in range(64):
        c, q = field.next_correlation(c, q, 1.0), field.next_variance(q, 1.0)
        passed.append(c)
    assert abs(passed[63] - passed[31]) < 0.1 * (1.0 - passed[63]), "neither alike nor strangers"


def test_the_pace_of_a_signal_that_decays_exponentially():
    found = settles("tanh(x)/2", 1.0)
    assert (found.q, found.chi_perpendicular, found.variance_depth_scale) == pytest.approx((0, 0.25, 1 / math.log(4)))


def test_inputs_to_a_constant_are_alike_at_once():
    found = settles("3", 1.0)
    assert (found.q, found.correlation, found.correlation_depth_scale) == (pytest.approx(9), 1, 0)


@pytest.mark.parametrize(("activation", "sigma_w2"), [("exponential", 2.0), ("selu", 2.0), ("exp(x**2)", 1.0)])
def test_what_grows_without_end_settles_nowhere(activation, sigma_w2):
    assert settles(activation, sigma_w2) == FixedPoint(None, None, None, None, None, None)


def test_gain_reports_the_fixed_points_of_the_three_initialisations():
    result = gain(resolve("sigmoid"))
    assert list(result.fixed_points) == ["xavier", "he", "lecun"]
    assert result.fixed_points["xavier"] == result.fixed_points["lecun"] == settles("sigmoid", 1.0)
    assert result.fixed_points["he"] == settles("sigmoid", 2.0)
    for name, point in result.fixed_points.items():
        assert result.decay_per_layer[name] == pytest.approx(math.sqrt(point.chi_perpendicular))


def test_a_critical_point_is_looked_for_once() -> None:
    """Activations are equal by their label: every resolve makes another object."""
    critical_point.cache_clear()
    found = {critical_point(resolve("elu:alpha=0.75")) for _ in range(10)}
    assert (len(found), critical_point.cache_info().misses, critical_point.cache_info().hits) == (1, 1, 9)
