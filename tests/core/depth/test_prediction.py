"""The predicted signals against closed forms, a brute-force quadrature at every variance, and exact projections."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from actcli.core.arrays import Array
from actcli.core.depth.prediction import Prediction, predict
from actcli.core.network.initialisers import initialise, initialiser
from actcli.core.network.mlp import Network, backward, forward
from tests.narrow import elementwise

WIDTHS = [3, 50, 50, 50, 50, 50]


def predicted(activation: str, init: str, widths: list[int] = WIDTHS, scale: float = 1.0) -> Prediction | None:
    chosen = elementwise(activation)
    return predict(chosen, initialiser(init, chosen), widths, *batch_and_signal(widths, scale))


def batch_and_signal(widths: list[int], scale: float = 1.0) -> tuple[Array, Array]:
    generator = np.random.default_rng(0)
    inputs = scale * generator.normal(size=(6, widths[0])) * np.array([[0.1], [0.5], [1], [2], [3], [10]])
    return inputs, generator.normal(size=(6, widths[-1])) * np.array([[1e-3], [2], [1], [5], [0.1], [1]])


@pytest.mark.parametrize(("init", "sigma_w2"), [("he", 2.0), ("lecun", 1.0), ("normal:0.3", 0.09 * 50)])
@pytest.mark.parametrize(
    ("activation", "slope"), [("relu", 0.0), ("leaky_relu", 0.01), ("leaky_relu:negative_slope=0.5", 0.5)]
)
def test_half_lines_change_every_sample_by_one_factor(
    activation: str, slope: float, init: str, sigma_w2: float
) -> None:
    found = predicted(activation, init)
    assert found is not None
    root_chi = math.sqrt(sigma_w2 * (1 + slope**2) / 2)
    last = np.linalg.norm(batch_and_signal(WIDTHS)[1])
    assert found.signal_norms == pytest.approx([last * root_chi**k for k in (4, 3, 2, 1, 0)], rel=1e-10)
    assert found.decay_per_layer == pytest.approx(root_chi, rel=1e-10)


CURVES: dict[str, Any] = {
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.25 / np.cosh(x / 2) ** 2),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "x*sigmoid(1.702*x)": (
        lambda x: x / (1 + np.exp(-1.702 * x)),
        lambda x: 1 / (1 + np.exp(-1.702 * x)) + 1.702 * x * 0.25 / np.cosh(0.851 * x) ** 2,
    ),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))), lambda x: np.exp(np.minimum(x, 0))),
    "hard_tanh": (lambda x: np.clip(x, -1, 1), lambda x: (np.abs(x) < 1) * 1.0),
}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 10.0])
@pytest.mark.parametrize(("init", "sigma_w2"), [("lecun", 1.0), ("he", 2.0)])
@pytest.mark.parametrize("activation", CURVES)
def test_the_prediction_equals_quadrature_at_each_samples_own_variances(
    activation: str, init: str, sigma_w2: float, scale: float
) -> None:
    """Riemann sums over 200,000 steps of z, exact for smooth functions, for each layer and sample."""
    curve, slope = CURVES[activation]
    found = predicted(activation, init, scale=scale)
    assert found is not None
    z = np.linspace(-12, 12, 200_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    inputs, last_signal = batch_and_signal(WIDTHS, scale)
    squares = (last_signal**2).sum(axis=1)
    for sample, x in enumerate(inputs):
        q = sigma_w2 * (x @ x) / len(x)
        for _ in range(4):
            with np.errstate(over="ignore"):  # in 1 / cosh² and 1 / (1 + exp)
                squares[sample] *= sigma_w2 * (slope(math.sqrt(q) * z) ** 2 @ density)
                q = sigma_w2 * (curve(math.sqrt(q) * z) ** 2 @ density)
    assert found.log_signals[0] == pytest.approx(math.log(squares.sum()) / 2, abs=1e-4)


def test_the_variance_of_the_biases_is_on_the_path_from_the_first_layer_on() -> None:
    """At the critical point of gelu a sample that starts with its q keeps q and the size of its gradient."""
    gelu = elementwise("gelu")
    chosen = initialiser("critical", gelu)
    q = 3.561552812808829  # from mpmath, as in test_theory.py
    length = math.sqrt((q - chosen.bias_variance(3, 50)) / chosen.weight_variance(3, 50))
    found = predict(gelu, chosen, WIDTHS, length * np.eye(3), batch_and_signal(WIDTHS)[1][:3])
    assert found is not None
    assert found.decay_per_layer == pytest.approx(1, rel=1e-5)


def test_widths_that_change() -> None:
    """|W δ|² = fan_in σ² |δ|² with fan_in entries; exact for orthonormal columns."""
    identity, generator = elementwise("identity"), np.random.default_rng(0)
    widths = [2, 40, 30, 30, 7]
    chosen = initialiser("orthogonal:1.5", identity)
    network = Network(identity, initialise(chosen, [*widths, 1], generator))
    inputs = generator.normal(size=(4, 2))
    signals = backward(network, forward(network, inputs), generator.normal(size=(4, 1))).signals
    found = predict(identity, chosen, widths, inputs, signals[-2])
    assert found is not None
    assert found.signal_norms == pytest.approx([float(np.linalg.norm(signal)) for signal in signals[:-1]], rel=1e-12)


@pytest.mark.parametrize("init", ["he", "xavier"])
def test_widths_that_change_on_average_over_networks(init: str) -> None:
    relu, generator = elementwise("relu"), np.random.default_rng(0)
    widths, chosen = [2, 20, 80, 40], initialiser(init, relu)
    inputs = generator.normal(size=(4, 2))
    ratios = []
    for _ in range(400):
        network = Network(relu, initialise(chosen, [*widths, 1], generator))
        signals = backward(network, forward(network, inputs), np.ones((4, 1))).signals
        found = predict(relu, chosen, widths, inputs, signals[-2])
        assert found is not None
        ratios.append(np.linalg.norm(signals[0]) ** 2 / found.signal_norms[0] ** 2)
    assert np.mean(ratios) == pytest.approx(1, abs=4 * np.std(ratios) / 20)


@pytest.mark.parametrize("activation", ["step", "threshold", "hard_shrink", "x if x > 1 else 0"])
def test_what_jumps_has_no_prediction(activation: str) -> None:
    assert predicted(activation, "lecun") is None


@pytest.mark.parametrize("activation", ["exp(x**2)", "exponential", "relu_squared"])
def test_what_diverges_on_the_way_has_no_prediction(activation: str) -> None:
    assert predicted(activation, "normal:1", [3, *[50] * 30]) is None


@pytest.mark.parametrize("activation", ["soft_shrink", "max(0, x - 1)"])
def test_what_is_zero_around_zero_loses_signal_and_gradient_altogether(activation: str) -> None:
    """E[φ²] <= e^(-1/(8q)), which soon underflows."""
    found = predicted(activation, "lecun", [3, *[50] * 20])
    assert found is not None
    assert (found.signal_norms[0], found.decay_per_layer) == (0, 0)
    assert found.signal_norms[-1] > 0


def test_a_variance_that_leaves_the_range_does_not_matter_to_half_lines() -> None:
    found = predicted("relu", "normal:1", [3, *[50] * 1000])
    assert found is not None
    assert found.decay_per_layer == pytest.approx(5, rel=1e-10)  # σ_w² = 50


def test_a_thousand_layers_of_sigmoid_are_finite_as_logarithms() -> None:
    found = predicted("sigmoid", "xavier", [2, *[64] * 1000])
    assert found is not None
    assert np.isfinite(found.log_signals).all()
    assert found.signal_norms[0] == 0 < found.signal_norms[-1]
    # χ⊥ = 0.0557207 at the fixed point, from mpmath.
    assert found.decay_per_layer == pytest.approx(math.sqrt(0.0557207067697018), rel=1e-3)


def test_a_signal_at_the_end_of_the_range_is_followed_and_none_at_all_stays_none() -> None:
    relu = elementwise("relu")
    he = initialiser("he", relu)
    for size in (1e-320, 1e-200, 1e200, 1e307):
        tiny = predict(relu, he, WIDTHS, np.ones((1, 3)), size * np.eye(1, 50))
        assert tiny is not None
        assert tiny.signal_norms == pytest.approx([size] * 5, rel=1e-10, abs=0)
    nothing = predict(relu, he, WIDTHS, np.ones((1, 3)), np.zeros((1, 50)))
    assert nothing is not None
    assert (nothing.signal_norms, nothing.decay_per_layer) == ([0] * 5, None)


def test_inputs_of_zero_and_a_layer_of_zero_weights() -> None:
    tanh = elementwise("tanh")
    found = predict(tanh, initialiser("xavier", tanh), WIDTHS, np.zeros((2, 3)), np.ones((2, 50)))
    assert found is not None
    assert found.decay_per_layer == pytest.approx(1, rel=1e-9)  # tanh'(0)
    none = predict(tanh, initialiser("normal:0", tanh), WIDTHS, np.ones((2, 3)), np.ones((2, 50)))
    assert none is not None
    assert none.signal_norms == [0, 0, 0, 0, pytest.approx(10)]


def test_float32_data_are_predicted_in_float64() -> None:
    tanh = elementwise("tanh")
    xavier = initialiser("xavier", tanh)
    inputs, last_signal = (array.astype(np.float32) for array in batch_and_signal(WIDTHS))
    single = predict(tanh, xavier, WIDTHS, inputs, last_signal)  # type: ignore[arg-type]  # float32 too
    double = predict(tanh, xavier, WIDTHS, inputs.astype(float), last_signal.astype(float))
    assert single is not None
    assert double is not None
    np.testing.assert_allclose(single.log_signals, double.log_signals, atol=1e-6)


@pytest.mark.parametrize(
    ("init", "sigma_w2", "sigma_b2"),
    [
        ("gaussian:1.3,0.2", lambda n: 1.3, lambda n: 0.2),
        ("pytorch", lambda n: 1 / 3, lambda n: 1 / (3 * n)),
        ("normal:0.2,0.5", lambda n: 0.04 * n, lambda n: 0.25),
    ],
)
def test_biases_enter_every_layer_s_variance(
    init: str, sigma_w2: Callable[[int], float], sigma_b2: Callable[[int], float]
) -> None:
    """Closed forms for the sine: E[sin²] = (1 - exp(-2q)) / 2, E[cos²] = (1 + exp(-2q)) / 2."""
    found = predicted("sin", init)
    assert found is not None
    inputs, last_signal = batch_and_signal(WIDTHS)
    squares = (last_signal**2).sum(axis=1)
    q = sigma_w2(3) * (inputs**2).sum(axis=1) / 3 + sigma_b2(3)
    for _ in range(4):
        squares *= sigma_w2(50) * (1 + np.exp(-2 * q)) / 2
        q = sigma_w2(50) * (1 - np.exp(-2 * q)) / 2 + sigma_b2(50)
    assert found.signal_norms[0] == pytest.approx(math.sqrt(squares.sum()), rel=1e-4)


@pytest.mark.filterwarnings("error")
def test_a_signal_that_overflowed_has_no_prediction() -> None:
    inputs, signal = batch_and_signal(WIDTHS)
    signal[0, 0] = np.inf
    assert predict(elementwise("relu"), initialiser("he", elementwise("relu")), WIDTHS, inputs, signal) is None
