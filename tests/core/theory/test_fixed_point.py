"""Fixed points against closed forms, mpmath, and maps iterated layer by layer on a grid."""

import math
from typing import Any, Literal

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.theory.fixed_point import FixedPoint, fixed_point
from actcli.core.theory.mean_field import MeanField, is_homogeneous
from actcli.core.theory.phase import phase_diagram
from tests.each import each
from tests.narrow import elementwise, known


def settles(activation: str, sigma_w2: float) -> FixedPoint:
    return fixed_point(MeanField(elementwise(activation)), sigma_w2)


def test_the_ordered_phase_of_sigmoid() -> None:
    """Fixed point from mpmath. All inputs become equal within about one layer."""
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


def test_the_chaotic_phase_of_tanh() -> None:
    """σ_w² = 2 without biases: an odd function makes any two inputs uncorrelated, c* = 0."""
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
    assert known(found.chi_perpendicular) > 1
    assert found.correlation == pytest.approx(0, abs=1e-9)
    assert found.variance_depth_scale == pytest.approx(-1 / math.log(parallel), rel=1e-9)
    assert found.correlation_depth_scale == pytest.approx(-1 / math.log(slope), rel=1e-8)


def gaussian(function: Any, q: Any) -> Any:
    """E[g(√q z)]"""
    root = mpmath.sqrt(q)
    return mpmath.quad(lambda z: function(root * z) * mpmath.npdf(z), [-12, -6, -2, 0, 2, 6, 12])


@pytest.mark.parametrize(("sigma_w2", "offset"), [(1.0, 0.3), (1.5, 0.3), (2.0, 0.3), (2.0, 0.1)])
def test_a_chaotic_phase_in_which_inputs_stay_related(sigma_w2: float, offset: float) -> None:
    """φ = erf(2x) + offset. Williams' arcsine gives the maps in closed form: u = 2x has variance p = 4q."""
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
def test_piecewise_linear_functions_through_0_make_all_inputs_parallel(
    activation: str, sigma_w2: float, q: float | None, factor: float
) -> None:
    """The arc-cosine kernel does not depend on σ_w². Its slope at c = 1 is 1, so the approach is not exponential."""
    found = settles(activation, sigma_w2)
    assert (found.q, found.correlation, found.correlation_depth_scale) == (q, 1, None)
    assert (found.chi_perpendicular, found.chi_parallel) == pytest.approx((factor, factor), rel=1e-12)
    assert found.variance_depth_scale == (pytest.approx(-1 / math.log(factor)) if factor < 1 else None)


@pytest.mark.parametrize("name", ["tanh(x)/2", "tanh", "sin", "gelu", "elu", "softsign", "hard_tanh", "identity"])
def test_a_decaying_signal_keeps_its_correlations_once_the_curve_is_linear(name: str) -> None:
    """Against the map iterated from q = 1: the correlation changes only in the first layers."""
    activation = elementwise(name)
    found, field = fixed_point(MeanField(activation), 1.0), MeanField(activation)
    assert (found.correlation, found.correlation_depth_scale) == (None, None)
    q, c, passed = 1.0, 0.6, []
    for _ in range(64):
        c, q = field.next_correlation(c, q, 1.0), field.next_variance(q, 1.0)
        passed.append(c)
    assert abs(passed[63] - passed[31]) < 0.1 * (1.0 - passed[63]), "neither alike nor strangers"


def test_the_pace_of_a_signal_that_decays_exponentially() -> None:
    found = settles("tanh(x)/2", 1.0)
    assert (found.q, found.chi_perpendicular, found.variance_depth_scale) == pytest.approx((0, 0.25, 1 / math.log(4)))


def test_without_weights_nothing_is_left_of_two_inputs() -> None:
    found = fixed_point(MeanField(elementwise("tanh")), 0.0)
    assert (found.q, found.correlation, found.keeps_correlations) == (0.0, None, False)
    diagram = phase_diagram(elementwise("tanh"), np.array([0.0, 0.5]), np.array([0.0]))
    assert np.isnan(diagram.correlation_depth_scale[0, 0])
    assert diagram.correlation_depth_scale[0, 1] == np.inf, "near 0 tanh is a line, which keeps correlations"


def test_inputs_to_a_constant_are_alike_at_once() -> None:
    found = settles("3*x**0", 1.0)
    assert (found.q, found.correlation, found.correlation_depth_scale) == (pytest.approx(9), 1, 0)


@pytest.mark.parametrize(("activation", "sigma_w2"), [("exponential", 2.0), ("selu", 2.0), ("exp(x**2)", 1.0)])
def test_what_grows_without_end_settles_nowhere(activation: str, sigma_w2: float) -> None:
    signal: Literal["unknown", "grows"] = "unknown" if activation == "exp(x**2)" else "grows"
    assert settles(activation, sigma_w2) == FixedPoint(None, None, None, None, None, None, signal, None, False)


# --- followed layer by layer ------------------------------------------------------------------------------------------

Z = np.linspace(-10, 10, 8001) + 1e-4  # beside the kinks
DENSITY = np.exp(-Z * Z / 2) / np.exp(-Z * Z / 2).sum()
HERMITE = np.ones((81, Z.size))
HERMITE[1] = Z
for k in range(1, 80):
    HERMITE[k + 1] = (Z * HERMITE[k] - math.sqrt(k) * HERMITE[k - 1]) / math.sqrt(k + 1)


def followed(name: str, sigma_w2: float, layers: int, correlations: Any = (0.2, 0.8)) -> Array:
    """Variance and correlations after each layer, from q = 1: c' = Σ a² c^k / Σ a² with φ's Hermite coefficients."""
    activation, q, c = resolve(name), 1.0, np.array(correlations)
    path = [(q, *c)]
    for _ in range(layers):
        with np.errstate(all="ignore"):
            values = activation(math.sqrt(q) * Z)
            square = values**2 @ DENSITY
        if not 1e-18 < square < 1e18:
            break
        shares = (HERMITE @ (values * DENSITY)) ** 2 / square
        rest = max(1.0 - shares.sum(), 0.0)
        c = (shares[:, None] * c ** np.arange(len(shares))[:, None]).sum(axis=0) + rest * c ** (len(shares) + 8)
        path.append((q := float(sigma_w2 * square), *c))
    return np.array(path).T


SETTLE = [
    ("tanh", 2.0), ("sigmoid", 2.0), ("selu", 1.0), ("sin(3*x)", 2.0), ("cos(x**2)", 2.0), ("step", 2.0),
    ("1.5*tanh(2*x) + 0.1", 1.0), ("exp(-x**2)", 2.0), ("2.5*cos(2*x)", 2.0), ("9*x*exp(-x**2/2)", 2.0),
    ("sin(x) + 0.1*x**2", 2.0), ("sqrt(abs(x))", 2.0), ("softplus", 1.0), ("snake(celu(x))", 1.0),
]  # fmt: skip


@each(("name", "sigma_w2"), SETTLE)
def test_what_settles_comes_there_and_so_do_two_inputs(name: str, sigma_w2: float) -> None:
    found = settles(name, sigma_w2)
    assert found.signal == "settles"
    q, *correlations = followed(name, sigma_w2, 300)
    assert q[-1] == pytest.approx(found.q, rel=2e-3)
    for c in correlations:
        assert c[-1] == pytest.approx(found.correlation, abs=5e-3)


@pytest.mark.parametrize("name", ["gelu", "silu:beta=3", "hard_tanh", "tanh", "softsign", "hard_swish", "soft_shrink"])
def test_what_decays_becomes_smaller_without_end(name: str) -> None:
    found = settles(name, 1.0)
    assert (found.signal, found.q) == ("settles", 0)
    q, *_ = followed(name, 1.0, 400)
    assert q[-1] < 0.2
    assert (np.diff(q) < 0).all()


@pytest.mark.parametrize(
    ("name", "sigma_w2"),
    [("softplus", 2.0), ("softplus:beta=10", 2.0), ("softplus:beta=0.1", 2.0), ("relu", 2.1), ("elu", 2.0),
     ("snake(celu(x))", 2.0), ("relu_squared", 1.0), ("exponential", 1.0)],
)  # fmt: skip
def test_what_grows_does_so_in_every_layer(name: str, sigma_w2: float) -> None:
    found = settles(name, sigma_w2)
    assert (found.signal, found.q, found.phase) == ("grows", None, None)
    q, *_ = followed(name, sigma_w2, 400)
    assert (np.diff(q) > 0).all()
    assert q[-1] > 1.2


@given(
    q=st.floats(1e-3, 1e3), name=st.sampled_from(["sin(3*x)", "cos(x**2)", "exp(-x**2)", "9*x*exp(-x**2/2)", "step"])
)
def test_the_variance_map_falls_at_most_like_one_over_a_root(q: float, name: str) -> None:
    """d log q' / d log q >= -1/2, so no variance oscillates for ever."""
    field = MeanField(elementwise(name))
    before, after = field.second_moment(q), field.second_moment(1.1 * q)
    assume(not math.isnan(before + after))  # waves too fast for the quadrature
    assert math.log(after / before) >= -0.5 * math.log(1.1) - 1e-9


def test_a_variance_that_swings_into_its_place_has_a_depth_scale() -> None:
    """E[cos²(x²)] = (1 + Re (1 - 4iq)^(-1/2)) / 2; its slope is negative."""
    square = lambda q: (1 + mpmath.re(mpmath.sqrt(1 / (1 - 4j * q)))) / 2  # noqa: E731 - a formula
    q = mpmath.findroot(lambda q: square(q) - q, 0.7)
    parallel = mpmath.diff(square, q)
    found = settles("cos(x**2)", 1.0)
    assert parallel < 0
    assert (found.q, found.chi_parallel) == pytest.approx((float(q), float(parallel)), rel=1e-8)
    assert found.variance_depth_scale == pytest.approx(float(-1 / mpmath.log(-parallel)), rel=1e-7)


@pytest.mark.parametrize(("sigma_w2", "q"), [(1.0, 0.5), (2.0, 1.0)])
def test_a_step_settles_and_has_no_slope(sigma_w2: float, q: float) -> None:
    """E[step²] = 1/2 at every q; c* = 1/2 + asin(c*)/π (Sheppard 1899), where the map's slope at 1 is infinite."""
    found = settles("step", sigma_w2)
    c = mpmath.findroot(lambda c: mpmath.mpf(1) / 2 + mpmath.asin(c) / mpmath.pi - c, (0.7, 0.85), solver="anderson")
    assert (found.q, found.correlation) == pytest.approx((q, float(c)), rel=1e-8)
    assert (found.chi_parallel, found.chi_perpendicular, found.phase) == (None, None, "chaotic")


@pytest.mark.parametrize(("sigma_w2", "sigma_b2"), [(1.5, 0.1), (3.0, 0.05), (0.5, 2.0), (0.0, 1.0)])
def test_biases(sigma_w2: float, sigma_b2: float) -> None:
    """Williams' arcsine: E[erf²] = 2/π asin(2q / (1 + 2q)), E[erf'²] = 4/π / sqrt(1 + 4q)."""
    q = 1.0
    for _ in range(500):
        q = sigma_w2 * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + sigma_b2
    perpendicular = sigma_w2 * 4 / math.pi / math.sqrt(1 + 4 * q)
    c = 0.5
    for _ in range(2000):
        c = (sigma_w2 * 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q)) + sigma_b2) / q
    found = fixed_point(MeanField(elementwise("erf")), sigma_w2, sigma_b2)
    assert (found.q, found.chi_perpendicular) == pytest.approx((q, perpendicular), rel=1e-9)
    assert found.phase == ("chaotic" if perpendicular > 1 else "ordered")
    assert found.correlation == pytest.approx(c, abs=1e-6)


def test_biases_add_up_where_every_variance_is_kept() -> None:
    field = MeanField(elementwise("relu"))
    assert fixed_point(field, 2.0, 0.1).signal == "grows"
    assert fixed_point(field, 1.0, 0.1).q == pytest.approx(0.2)  # q = q/2 + 0.1


@pytest.mark.parametrize(
    ("name", "sigma_w2", "phase"),
    [("relu", 1.0, "ordered"), ("relu", 2.0, "edge"), ("tanh", 1.0, "edge"), ("tanh", 1.1, "chaotic"),
     ("tanh", 0.9, "ordered"), ("sigmoid", 1.0, "ordered"), ("selu", 2.0, None),
     ("sqrt(abs(x))", 1.0, "chaotic"), ("step", 0.0, None)],
)  # fmt: skip
def test_phases(name: str, sigma_w2: float, phase: str | None) -> None:
    """The slope of sqrt(abs(x)) squared is 1/(4|x|), whose mean is infinite. Without weights all inputs are alike."""
    assert settles(name, sigma_w2).phase == phase


def test_correlations_that_never_come_to_rest() -> None:
    """sin(x) + x²/10: c changes by (2c - 1)(c - 1) q/100 per layer and q falls like 1/n, so c slowly approaches 1/2."""
    found = settles("sin(x) + 0.1*x**2", 1.0)
    assert found.correlation == pytest.approx(0.5, abs=1e-3)
    assert (found.correlation_depth_scale, found.keeps_correlations) == (None, False)
    _, low, high = followed("sin(x) + 0.1*x**2", 1.0, 800)
    assert low[800] > low[400] > low[200]
    assert high[800] < high[400] < high[200]


def test_a_decaying_signal_whose_curve_is_flat_at_zero() -> None:
    """E[u² v²] = q² (1 + 2c²): c' = (1 + 2c²) / 3."""
    found = settles("x**2/4", 1.0)
    assert (found.q, found.chi_parallel, found.chi_perpendicular) == (0, 0, 0)
    assert (found.correlation, found.correlation_depth_scale) == pytest.approx((0.5, -1 / math.log(2 / 3)), rel=1e-6)


def test_what_is_cut_off_around_zero_is_not_homogeneous() -> None:
    assert is_homogeneous(elementwise("relu"))
    assert is_homogeneous(elementwise("abs(x)"))
    assert not is_homogeneous(elementwise("hard_shrink"))
    assert not is_homogeneous(elementwise("hard_shrink:lambd=1e-5"))
    assert not is_homogeneous(elementwise("relu6"))


def test_a_signal_on_another_scale_settles_too() -> None:
    """φ(x s)/s: q* is divided by s²."""
    assert settles("1.5*tanh(1e-7*x)/1e-7", 1.0).q == pytest.approx(
        1e14 * known(settles("1.5*tanh(x)", 1.0).q), rel=1e-9
    )
