"""Spread of finite networks against Hanin's closed forms (relu, identity) and networks in NumPy."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import gradient_depth
from actcli.core.network.datasets import DataSet
from actcli.core.network.mlp import of_hidden_units
from actcli.core.theory.finite_width import FiniteWidth, finite_width, log_of_mean
from tests.narrow import known


def unit(name: str) -> Elementwise:
    return of_hidden_units(resolve(name))


def of_relu(width: int) -> tuple[float, float]:
    """Mean and variance of log(2 χ²_K / n), K ~ Binomial(n, 1/2) units that are on, at least one (Hanin 2018).

    log χ²_k has the mean ψ(k/2) + log 2 and the variance ψ'(k/2).
    """
    with mpmath.workdps(30):
        ks = range(1, width + 1)
        p = [mpmath.binomial(width, k) / (mpmath.mpf(2) ** width - 1) for k in ks]
        means = [mpmath.psi(0, mpmath.mpf(k) / 2) + mpmath.log(4) - mpmath.log(width) for k in ks]
        mean = mpmath.fdot(p, means)
        within = mpmath.fdot(p, [mpmath.psi(1, mpmath.mpf(k) / 2) for k in ks])
        return float(mean), float(within + mpmath.fdot(p, [(one - mean) ** 2 for one in means]))


@pytest.mark.parametrize(("width", "depth", "expected"), [(16, 20, 7.97), (32, 20, 3.37), (16, 40, 16.4)])
def test_relu_has_hanin_s_variance(width: int, depth: int, expected: float) -> None:
    """Variance of log |g|² over `depth` layers, for one input."""
    variance = (depth - 1) * log_of_mean(unit("relu"), 1.0, width).variance
    assert variance == pytest.approx((depth - 1) * of_relu(width)[1], rel=1e-3)
    assert variance == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("q", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("width", [1, 2, 3, 8, 16, 64, 256])
def test_relu_at_any_width(width: int, q: float) -> None:
    """Hanin's law for any variance, given that at least one unit is on."""
    found = log_of_mean(unit("relu"), q, width)
    assert (found.mean, found.variance) == pytest.approx(of_relu(width), rel=2e-3, abs=2e-5)


@pytest.mark.parametrize("width", [1, 2, 4, 16, 64, 1000])
@pytest.mark.parametrize("activation", ["identity", "3*x", "x+5"])
def test_straight_lines_are_chi_squared(activation: str, width: int) -> None:
    """log(χ²_n / n): mean ψ(n/2) - log(n/2), variance ψ'(n/2)."""
    found = log_of_mean(unit(activation), 1.0, width)
    mean = float(mpmath.psi(0, width / 2)) - math.log(width / 2)
    assert (found.mean, found.variance) == pytest.approx((mean, float(mpmath.psi(1, width / 2))), rel=2e-3, abs=2e-5)


SLOPES: dict[str, Any] = {
    "sigmoid": lambda x: 0.25 / np.cosh(x / 2) ** 2,
    "gelu": lambda x: 0.5 * (1 + _erf(x / math.sqrt(2))) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "sin": np.cos,
    "leaky_relu:negative_slope=0.3": lambda x: np.where(x > 0, 1.0, 0.3),
}


def _erf(x: Array) -> Array:
    """erf interpolated in a table from math.erf."""
    nodes = np.linspace(-6, 6, 20_001)
    return np.interp(x, nodes, [math.erf(node) for node in nodes])


@pytest.mark.parametrize(("q", "width"), [(0.3, 4), (1.0, 16), (9.0, 8)])
@pytest.mark.parametrize("activation", SLOPES)
def test_other_curves_against_draws(activation: str, q: float, width: int) -> None:
    """60,000 random draws; tolerance of four standard errors."""
    generator, draws = np.random.default_rng(0), 60_000
    z, g = math.sqrt(q) * generator.normal(size=(draws, width)), generator.normal(size=(draws, width))
    slopes = SLOPES[activation](z)
    nodes = np.linspace(-12, 12, 40_001)
    density = np.exp(-nodes * nodes / 2) / math.sqrt(2 * math.pi) * (nodes[1] - nodes[0])
    second = float(SLOPES[activation](math.sqrt(q) * nodes) ** 2 @ density)
    logs = np.log((slopes**2 * g**2).mean(axis=1) / second)
    found = log_of_mean(unit(activation), q, width)
    assert found.mean == pytest.approx(logs.mean(), abs=4 * logs.std() / math.sqrt(draws))
    fourth = ((logs - logs.mean()) ** 4).mean()
    assert found.variance == pytest.approx(logs.var(), abs=4 * math.sqrt((fourth - logs.var() ** 2) / draws))


@pytest.mark.parametrize("activation", ["step", "hard_shrink", "5+0*x"])
def test_what_jumps_or_is_flat_has_no_logarithm(activation: str) -> None:
    found = log_of_mean(unit(activation), 1.0, 8)
    assert math.isnan(found.mean)
    assert math.isnan(found.variance)
    assert finite_width(unit(activation), [1.0, 1.0], 8, 0.5) is None


# --- over the layers --------------------------------------------------------------------------------------------------


def test_a_range_beyond_float64_is_none() -> None:
    config = DepthConfig(layers=12, width=8, batch=64, steps=0, seed=808, init="normal:0.033,0.5", data="blobs")
    run = gradient_depth("log(1 + x**2)*exp(-(0.25*x + 5)**2)", config)
    assert run.decay_per_layer_theory is not None
    assert run.decay_per_layer_finite_width is None


def test_without_layers_or_variances_there_is_no_spread() -> None:
    assert finite_width(unit("tanh"), [], 8, 1.0) is None
    for q in (0.0, 1.7e308, math.inf, math.nan):
        assert finite_width(unit("identity"), [1.0, q], 8, 1.0) is None


@pytest.mark.parametrize("layers", [1, 10, 100])
@pytest.mark.parametrize("width", [4, 64])
def test_identity_adds_up_layer_by_layer(width: int, layers: int) -> None:
    """The slopes are 1 for every q, so the logarithms of the layers are independent."""
    found = finite_width(unit("identity"), [1.0] * layers, width, 2.0)
    assert found is not None
    mean = float(mpmath.psi(0, width / 2)) - math.log(width / 2)
    spread = 1.96 * 0.5 * math.sqrt(float(mpmath.psi(1, width / 2)) / layers)
    assert found.typical == pytest.approx(2 * math.exp(0.5 * mean), rel=1e-3)
    assert math.log(found.high / found.typical) == pytest.approx(spread, rel=3e-3)
    assert math.log(found.typical / found.low) == pytest.approx(spread, rel=3e-3)


def test_the_wandering_of_the_variance_counts_too() -> None:
    """1,500 tanh networks in NumPy, σ_w² = 1.5, σ_b² = 0.1, from q = 1: spread to 4 % (standard error 1.8 %).

    Without the correlation of q and the slopes it would be 6 % too small.
    """
    generator, width, layers, draws = np.random.default_rng(0), 64, 5, 1500
    nodes = np.linspace(-12, 12, 40_001)
    density = np.exp(-nodes * nodes / 2) / math.sqrt(2 * math.pi) * (nodes[1] - nodes[0])
    q, variances, theory = 1.0, list[float](), 0.0
    for _ in range(layers - 1):
        variances.append(q)
        theory += 0.5 * math.log(1.5 * (np.cosh(math.sqrt(q) * nodes) ** -4.0 @ density)) / (layers - 1)
        q = 1.5 * float(np.tanh(math.sqrt(q) * nodes) ** 2 @ density) + 0.1
    changes = np.empty(draws)
    for draw in range(draws):
        weights = math.sqrt(1.5 / width) * generator.normal(size=(layers - 1, width, width))
        biases = math.sqrt(0.1) * generator.normal(size=(layers - 1, width))
        h = [np.tanh(generator.normal(size=width))]
        for w, b in zip(weights, biases, strict=True):
            h.append(np.tanh(h[-1] @ w + b))
        signal = generator.normal(size=width) * (1 - h[-1] ** 2)
        changes[draw] = -math.log(signal @ signal)
        for w, below in zip(weights[::-1], h[-2::-1], strict=True):
            signal = (w @ signal) * (1 - below**2)
        changes[draw] += math.log(signal @ signal)
    changes *= 0.5 / (layers - 1)
    found = finite_width(unit("tanh"), variances, width, math.exp(theory))
    assert found is not None
    assert math.log(found.typical) == pytest.approx(changes.mean(), abs=4 * changes.std() / math.sqrt(draws))
    assert math.log(found.high / found.typical) / 1.96 == pytest.approx(changes.std(), rel=0.04)


def test_identity_four_units_wide_falls_short_of_theory() -> None:
    """`gradient-depth identity --width 4 --init normal:1`: 1.74 per layer instead of 2.0 in theory."""
    run = gradient_depth(unit("identity"), DepthConfig(layers=20, width=4, init="normal:1", steps=0))
    found = run.decay_per_layer_finite_width
    assert run.decay_per_layer_theory == pytest.approx(2)
    assert found is not None
    assert 1.6 < found.typical < 1.9
    assert found.low < known(run.decay_per_layer) < found.high


@pytest.mark.parametrize(
    ("activation", "width", "init"),
    [
        ("relu", 16, "he"),
        ("tanh", 32, "xavier"),
        ("gelu", 32, "he"),
        ("sigmoid", 16, "xavier"),
        ("sin", 16, "gaussian:2,0.1"),
    ],
)
def test_nineteen_of_twenty_networks_lie_between(activation: str, width: int, init: str) -> None:
    """80 networks and one input; half of them on each side of the typical value."""
    data = DataSet("one", np.array([[1.0, -0.5]] * 2), np.array([[0.0], [1.0]]), "binary_cross_entropy")
    inside, below = 0, 0
    for seed in range(80):
        config = DepthConfig(layers=12, width=width, batch=2, steps=0, init=init, seed=seed)
        run = gradient_depth(unit(activation), config, data)
        found = run.decay_per_layer_finite_width
        assert found is not None
        if run.decay_per_layer is None:  # dead at the start: not part of the spread
            continue
        inside += found.low <= run.decay_per_layer <= found.high
        below += run.decay_per_layer < found.typical
    # 95 % of 80 is 76; 68 is more than three standard deviations less.
    assert inside >= 68
    assert 24 <= below <= 56


def test_orthogonal_weights_have_no_such_spread() -> None:
    run = gradient_depth(unit("identity"), DepthConfig(layers=8, width=4, init="orthogonal", steps=0))
    assert run.decay_per_layer_finite_width is None
    assert isinstance(
        gradient_depth(unit("tanh"), DepthConfig(layers=8, width=4, steps=0)).decay_per_layer_finite_width, FiniteWidth
    )
