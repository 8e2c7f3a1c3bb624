"""Critical points against closed forms and mpmath; recommendations against networks."""

import math

import mpmath
import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.network.initialisers import initialise, initialiser
from actcli.core.network.losses import LOSSES
from actcli.core.network.mlp import Network
from actcli.core.network.training import measure
from actcli.core.theory.fixed_point import fixed_point
from actcli.core.theory.gain import CriticalPoint, critical_point, gain, pytorch_gain, recommended
from actcli.core.theory.mean_field import MeanField
from tests.each import each
from tests.narrow import elementwise, known

# mpmath at 20 digits: findroot of E[φ φ' z] / √q = E[φ'²], the expectations by mpmath.quad.
HALF_STABLE = {  # q, σ_w², σ_b²
    "silu": (14.320173618025799, 1.988004678269492, 0.5551431707215304),
    "gelu": (3.561552812808829, 1.9830582574375471, 0.17292239075606735),
}


@pytest.mark.parametrize("name", HALF_STABLE)
def test_the_half_stable_points_are_those_that_mpmath_finds(name: str) -> None:
    point = critical_point(resolve(name))
    assert point.kind == "half-stable"
    assert (point.q, point.sigma_w2, point.sigma_b2) == pytest.approx(HALF_STABLE[name], rel=1e-10)


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "gelu(2*x)/2"])
def test_at_a_critical_point_both_susceptibilities_are_one_and_the_variance_stays(name: str) -> None:
    activation = elementwise(name)
    point, field = critical_point(activation), MeanField(activation)
    assert known(point.sigma_w2) * field.slope_second_moment(known(point.q)) == pytest.approx(1, rel=1e-9)
    assert known(point.sigma_w2) * field.second_moment_slope(known(point.q)) == pytest.approx(1, rel=1e-9)
    variance = field.next_variance(known(point.q), known(point.sigma_w2), known(point.sigma_b2))
    assert variance == pytest.approx(point.q, rel=1e-9)


def test_where_the_biases_would_need_a_negative_variance_there_is_no_critical_point() -> None:
    """φ = 1 + relu + tanh: χ∥ = χ⊥ at a single q, where σ_b² = q - E[φ²] / E[φ'²] is negative."""
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


def test_a_rescaled_formula_gets_its_own_point() -> None:
    point, rescaled = critical_point(resolve("gelu")), critical_point(resolve("gelu(2*x)/2"))
    expected = (point.sigma_w2, known(point.sigma_b2) / 4, known(point.q) / 4)
    assert (rescaled.sigma_w2, rescaled.sigma_b2, rescaled.q) == pytest.approx(expected, rel=1e-7)


@each(
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
def test_kinds_of_critical_points(name: str, kind: str, sigma_w2: float | None) -> None:
    point = critical_point(resolve(name))
    assert point.kind == kind
    assert point.sigma_w2 == (None if sigma_w2 is None else pytest.approx(sigma_w2, rel=1e-12))


def test_sigmoid_with_xavier_loses_twelve_decades_in_twenty_layers() -> None:
    assert -19 * math.log10(known(gain(resolve("sigmoid")).decay_per_layer["xavier"])) == pytest.approx(11.9, abs=0.05)


def test_decays_where_they_are_known() -> None:
    assert gain(elementwise("relu")).decay_per_layer == pytest.approx({"xavier": 0.5**0.5, "he": 1, "lecun": 0.5**0.5})
    assert gain(elementwise("tanh")).decay_per_layer["xavier"] == pytest.approx(1)
    # selu is designed to keep a variance of 1: its fixed point is q = 1.
    selu = elementwise("selu")
    assert gain(selu).decay_per_layer["lecun"] == pytest.approx(MeanField(selu).slope_second_moment(1.0) ** 0.5)
    assert gain(elementwise("exponential")).decay_per_layer["he"] is None


def test_moments_that_diverge_are_none() -> None:
    result = gain(resolve("exp(x**2)"))
    assert (result.gain, result.mean, result.second_moment, result.slope_second_moment) == (None,) * 4


def test_row_wise_activations_have_no_theory() -> None:
    with pytest.raises(InputError, match="softmax acts on whole rows"):
        gain(resolve("softmax"))


def test_gain_reports_the_fixed_points_of_the_three_initialisations() -> None:
    result = gain(elementwise("sigmoid"))
    assert list(result.fixed_points) == ["xavier", "he", "lecun"]
    assert (
        result.fixed_points["xavier"]
        == result.fixed_points["lecun"]
        == fixed_point(MeanField(elementwise("sigmoid")), 1.0)
    )
    assert result.fixed_points["he"] == fixed_point(MeanField(elementwise("sigmoid")), 2.0)
    for name, point in result.fixed_points.items():
        assert result.decay_per_layer[name] == pytest.approx(math.sqrt(known(point.chi_perpendicular)))


def test_a_critical_point_is_looked_for_once() -> None:
    """The cache compares activations by label: every `resolve` returns a new object."""
    critical_point.cache_clear()
    found = {critical_point(resolve("elu:alpha=0.75")) for _ in range(10)}
    assert (len(found), critical_point.cache_info().misses, critical_point.cache_info().hits) == (1, 1, 9)


def test_variances_of_ones_own_are_one_more_initialisation() -> None:
    result = gain(elementwise("tanh"), 1.5, 0.1)
    assert list(result.fixed_points) == list(result.decay_per_layer) == ["xavier", "he", "lecun", "given"]
    assert result.fixed_points["given"] == fixed_point(MeanField(elementwise("tanh")), 1.5, 0.1)
    assert gain(elementwise("tanh"), 2.0).fixed_points["given"] == result.fixed_points["he"]


@pytest.mark.parametrize(
    ("variances", "complaint"),
    [
        ((-1.0, None), "sigma_w2 must be a finite number, 0 or more, not -1"),
        ((math.nan, None), "sigma_w2 must be .* not nan"),
        ((1.0, math.inf), "sigma_b2 must be .* not inf"),
        ((None, 1.0), "sigma_b2 needs sigma_w2"),
    ],
)
def test_variances_that_are_none_are_refused(variances: tuple[float | None, ...], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        gain(resolve("tanh"), *variances)


# --- sides and scales -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "side"), [("gelu", "above"), ("silu", "below")])
def test_a_half_stable_variance_is_approached_from_one_side_and_left_on_the_other(name: str, side: str) -> None:
    """mpmath: above and below q the variance changes in the same direction. (silu's changes again 2 % above.)"""
    exact = {"gelu": mpmath.ncdf, "silu": lambda x: 1 / (1 + mpmath.exp(-x))}[name]
    point = critical_point(resolve(name))
    assert point.stable_from == side
    stays = known(point.q)
    with mpmath.workdps(20):
        for factor in (1.004, 0.996):
            x = lambda z, q=factor * stays: mpmath.sqrt(q) * z  # noqa: E731 - a formula
            integrand = lambda z, x=x: (x(z) * exact(x(z))) ** 2 * mpmath.npdf(z)  # noqa: E731 - a formula
            square = mpmath.quad(integrand, [-12, -6, -3, 0, 3, 6, 12])
            change = known(point.sigma_w2) * square + known(point.sigma_b2) - factor * known(point.q)
            assert (change > 0) == (side == "below")


def test_the_half_stable_variance_of_soft_shrink_is_approached_from_below() -> None:
    point, field = critical_point(elementwise("soft_shrink")), MeanField(elementwise("soft_shrink"))
    assert point.stable_from == "below"
    for start, closer in ((1.05, False), (0.95, True)):
        q = start
        for _ in range(20):
            q = field.next_variance(q, known(point.sigma_w2), known(point.sigma_b2))
        assert q > start
        assert (abs(q - 1) < 0.05) == closer


def test_every_variance_of_soft_shrink_is_critical_at_some_initialisation() -> None:
    """E[φ φ''] = χ∥ - χ⊥ = 0, as φ is 0 where its slope jumps; E[φ'²] = P(|z| > 1/2) at q = 1."""
    point, tail = critical_point(resolve("soft_shrink")), math.erfc(0.5 / math.sqrt(2))
    assert (point.kind, point.q) == ("half-stable", 1)
    assert point.sigma_w2 == pytest.approx(1 / tail, rel=1e-10)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_a_critical_point_is_found_on_any_scale(scale: float) -> None:
    """φ(s x)/s: q and σ_b² are divided by s²."""
    point, rescaled = critical_point(resolve("gelu")), critical_point(resolve(f"gelu({scale}*x)/{scale}"))
    assert (rescaled.q, rescaled.sigma_b2) == pytest.approx(
        (known(point.q) / scale**2, known(point.sigma_b2) / scale**2), rel=1e-7
    )


def test_a_small_signal_that_grows_is_not_called_one_that_decays() -> None:
    """Slope 1 up to x = 1, then 2: E[φ²] is slightly larger than q."""
    assert critical_point(resolve("x if abs(x) < 1 else 2*x - sign(x)")).kind != "zero-fixed-point"
    assert critical_point(resolve("hard_tanh")).kind == "zero-fixed-point"


# --- the lines of code ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "recommended"), [("selu", "gain"), ("silu", "critical"), ("tanh", "critical"), ("softsign", "gain")]
)
def test_what_is_recommended_changes_the_signal_less_in_networks_too(name: str, recommended: str) -> None:
    """30 layers of 128 units, inputs standardised; the theory is for infinitely many units."""
    activation = elementwise(name)
    result = gain(activation)
    assert result.recommended == recommended
    measured = {}
    for which, candidate in result.candidates.items():
        chosen = initialiser(f"gaussian:{candidate.sigma_w2!r},{candidate.sigma_b2!r}", activation)
        changes = []
        for seed in range(5):
            generator = np.random.default_rng(seed)
            network = Network(activation, initialise(chosen, [128, *[128] * 30, 1], generator))
            inputs, targets = generator.normal(size=(32, 128)), generator.integers(0, 2, (32, 1)).astype(float)
            step, _ = measure(network, (inputs, targets), LOSSES["binary_cross_entropy"])
            changes.append(step.signal_norms[0] / step.signal_norms[-2])
        measured[which] = np.median(changes)
        assert 1 / 3 < measured[which] / known(candidate.signal_change) < 3
    assert min(measured, key=lambda which: abs(math.log(measured[which]))) == recommended


def test_the_change_of_the_signal_where_it_is_known() -> None:
    """relu keeps the signal. sigmoid with σ_w² = 1/E[σ²] moves q from 3.4 to 1 at once; then the factor is constant."""
    relu, sigmoid = gain(resolve("relu")), gain(resolve("sigmoid"))
    assert [candidate.signal_change for candidate in relu.candidates.values()] == pytest.approx([1, 1])
    per_layer = math.sqrt(known(sigmoid.slope_second_moment) / known(sigmoid.second_moment))
    assert sigmoid.candidates["gain"].signal_change == pytest.approx(per_layer**29, rel=0.5)
    assert gain(resolve("step")).candidates["gain"].signal_change is None
    assert gain(resolve("exp(x**2)")).recommended is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("identity", 1),
        ("sigmoid", 1),
        ("tanh", 5 / 3),
        ("relu", 2**0.5),
        ("leaky_relu", (2 / (1 + 0.01**2)) ** 0.5),
        ("leaky_relu:negative_slope=0.2", (2 / 1.04) ** 0.5),
        ("selu", 0.75),
        ("gelu", None),
        ("tanh(x)", None),
    ],
)
def test_the_gains_of_pytorch(name: str, expected: float | None) -> None:
    """The table at docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain."""
    assert pytorch_gain(elementwise(name)) == (None if expected is None else pytest.approx(expected, rel=1e-15))


@pytest.mark.parametrize("name", ["identity", "relu", "leaky_relu", "leaky_relu:negative_slope=0.2"])
def test_half_lines_have_the_same_gain_in_pytorch(name: str) -> None:
    result = gain(resolve(name))
    assert result.gain == pytest.approx(result.pytorch_gain, rel=1e-12)


@pytest.mark.parametrize(("name", "q"), [("sigmoid", 0.265), ("tanh", 1.18), ("selu", 0.023)])
def test_where_the_other_gains_of_pytorch_lead(name: str, q: float) -> None:
    """The statements of the card, against the variance followed for a thousand layers on a grid."""
    activation, z = elementwise(name), np.linspace(-10, 10, 4001)
    density = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    for factor, settles in ((pytorch_gain(activation), q), (gain(activation).gain, 1.0)):
        variance = 1.0
        for _ in range(1000):
            variance = known(factor) ** 2 * (activation(math.sqrt(variance) * z) ** 2) @ density
        assert variance == pytest.approx(settles, rel=5e-3)
    if name == "selu":  # PyTorch's gain for selu has another purpose: stable gradients
        field = MeanField(activation)
        assert 1 < 0.75**2 * field.slope_second_moment(q) < 1.01 < field.slope_second_moment(1.0)


def test_the_recommendation_alone_is_that_of_the_whole_report() -> None:
    for act in ("relu", "gelu", "1/x"):
        found, whole = recommended(elementwise(act)), gain(act)
        assert (found[0] if found else None) == whole.recommended
        assert found is None or found[1] == whole.candidates[found[0]]
