"""Sentences of the gain report against the recursion of variances.

q' = σ_w² E[f(√q z)²] + σ_b², z ~ N(0, 1), by Gauss-Hermite quadrature with 200 points, unlike the core's quadrature.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.theory.gain import gain
from actcli.topics import topic
from actcli.views.gain import gain_report
from actcli.views.terminal import Terminal

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@cache
def report(name: str) -> str:
    """The report without line breaks."""
    return " ".join(gain_report(gain(resolve(name)), Terminal(width=80, height=60, colours=0, unicode=True)).split())


def settled(f: Callable[[np.ndarray], np.ndarray], sigma_w2: float, steps: int = 2000, q: float = 1.0) -> float:
    for _ in range(steps):
        q = sigma_w2 * float(WEIGHTS @ f(np.sqrt(q) * NODES) ** 2)
    return q


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def selu(x: np.ndarray) -> np.ndarray:
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


@pytest.mark.parametrize(
    ("name", "f", "pytorch", "sentence", "q"),
    [
        ("sigmoid", sigmoid, 1.0, "that of a linear layer: q settles at 0.265, not at 1", 0.265),
        ("tanh", np.tanh, 5 / 3, "a little more than ours: q settles at 1.18, not at 1", 1.18),
        ("selu", selu, 3 / 4, "for a steadier gradient, at the price of q, which settles at 0.023, not at 1", 0.023),
    ],
)
def test_where_the_signal_settles_with_pytorch_s_gain(
    name: str, f: Callable[[np.ndarray], np.ndarray], pytorch: float, sentence: str, q: float
) -> None:
    assert sentence in report(name)
    found = settled(f, pytorch**2)
    assert found == pytest.approx(q, abs=0.005 if q > 1 else 0.0006)
    ours = gain(resolve(name)).gain
    assert ours is not None
    assert settled(f, ours**2) == pytest.approx(1, rel=1e-3)
    assert (pytorch > ours) == (name == "tanh")


def test_pytorch_s_gain_of_relu_is_said_to_be_the_same_and_of_gelu_nothing_is_said() -> None:
    assert "PyTorch's calculate_gain: the same" in report("relu")
    assert gain(resolve("relu")).gain == pytest.approx(np.sqrt(2))
    assert "calculate_gain" not in report("gelu")


def test_a_small_signal_decays_to_0_slowly_at_tanh_s_critical_point() -> None:
    sentence = "zero-fixed-point: a small signal decays to 0, but slowly"
    assert sentence in report("tanh")
    q = [settled(np.tanh, 1.0, steps, q=0.01) for steps in (0, 1000, 2000, 2001)]
    assert q[0] > q[1] > q[2] > q[3] > 0
    assert q[3] / q[2] > 0.999  # slower than any power of a number below 1
    assert q[2] < q[1] / 1.5  # and on to 0
    assert sentence not in report("relu")
    assert settled(lambda x: np.maximum(x, 0), 2.0, 1000, q=0.01) == pytest.approx(0.01, rel=1e-2)


def test_relu_keeps_every_variance() -> None:
    sentence = "scale-invariant: f(a·x) = a·f(x) for a > 0, and every variance of the signal is kept"
    assert sentence in report("relu")
    assert sentence in report("leaky_relu")
    assert sentence not in report("gelu")
    for q in (1e-3, 1.0, 50.0):
        assert settled(lambda x: np.maximum(x, 0), 2.0, 1, q) == pytest.approx(q, rel=1e-2)


def test_sigmoid_has_no_variances_that_keep_both() -> None:
    """χ⊥ = χ∥ = 1 needs one q for both. Their ratio is 1 only for such a small q that σ_b² would be negative."""
    assert "none found: signal and gradient are not both kept" in report("sigmoid")
    assert "none found" not in report("tanh")
    for q in np.logspace(-3, 2, 40):
        z = np.sqrt(q) * NODES
        perpendicular = float(WEIGHTS @ (sigmoid(z) * (1 - sigmoid(z))) ** 2)
        h = 1e-4 * q
        parallel = (settled(sigmoid, 1, 1, q + h) - settled(sigmoid, 1, 1, q - h)) / (2 * h)
        sigma_b2 = q - settled(sigmoid, 1 / perpendicular, 1, q)
        assert abs(parallel / perpendicular - 1) > 1e-3 or sigma_b2 < 0


def test_the_words_are_explained_where_they_are_used_and_nowhere_else() -> None:
    edge = "the gradient neither vanishes nor explodes exponentially with depth"
    assert "edge: the gradient's signal changes by a factor of 1.0 per layer" in report("relu")
    assert edge in report("relu")
    assert edge not in report("sigmoid")
    ordered = "ordered the gradient vanishes with depth"
    at = settled(sigmoid, 1.0)
    slope = sigmoid(np.sqrt(at) * NODES) * (1 - sigmoid(np.sqrt(at) * NODES))
    factor = float(np.sqrt(WEIGHTS @ slope**2))
    assert f"ordered: the gradient's signal changes by a factor of {factor:.4f} per layer there" in report("sigmoid")
    assert ordered in report("sigmoid")
    assert ordered not in report("selu")
    alike = "deep in the network they stay as alike as they have become"
    assert alike in report("tanh")
    assert "two inputs keep their correlation" in report("tanh")
    assert alike not in report("sigmoid")
    assert "the variance of a unit's weighted sum, which f is applied to" in report("tanh")
    assert "how alike two inputs are to a layer: 1 is alike, 0 unrelated" in report("selu")
    assert "how alike two inputs" not in report("sigmoid")
    assert "slower than exponentially with depth: no depth scale" in report("tanh")
    assert "slower than exponentially" not in report("sigmoid")


def test_the_results_come_first_and_a_low_screen_names_the_topic_with_the_words() -> None:
    words = " ".join(topic("accuracy").split())
    for name in ("gelu", "tanh", "selu"):
        high, low = (gain_report(gain(resolve(name)), Terminal(80, height)).splitlines() for height in (60, 24))
        assert low[0] == high[0] == name
        assert low[:-1] == high[: high.index("", 2)]
        assert low[-1] == "words        explained by `actcli help accuracy`"
        for line in high[high.index("", 2) + 1 :]:
            assert " ".join(line.split()) in words
    assert "explained" not in gain_report(gain(resolve("exp(x**2)")), Terminal(80, 24))


def test_a_depth_scale_is_the_layers_in_which_what_is_to_go_shrinks_to_1_over_e() -> None:
    assert "in so many layers, the distance to the limit shrinks to 1/e = 37 %" in report("sigmoid")
    scale = gain(resolve("sigmoid")).fixed_points["xavier"].variance_depth_scale
    assert scale is not None
    at = settled(sigmoid, 1.0)
    to_go = [abs(settled(sigmoid, 1.0, steps, q=2 * at) - at) for steps in (2, 3)]
    assert to_go[1] / to_go[0] == pytest.approx(np.exp(-1 / scale), rel=0.02)


def test_two_inputs_of_selu_drift_to_a_correlation_of_0_with_xavier() -> None:
    """E[f] = 0 and E[f²] = 1 for a standard normal: uncorrelated sums give uncorrelated outputs."""
    assert "drift to a correlation of 0.0" in report("selu")
    assert WEIGHTS @ selu(NODES) == pytest.approx(0, abs=1e-2)
    assert WEIGHTS @ selu(NODES) ** 2 == pytest.approx(1, rel=1e-2)
    assert "drift to a correlation" not in report("relu")


def test_lecun_is_xavier_where_a_layer_is_as_wide_as_its_input() -> None:
    assert "as with xavier: σ_w² = 1 where a layer has as many units as inputs" in report("tanh")
    fan_in = fan_out = 64
    assert 2 / (fan_in + fan_out) == 1 / fan_in  # Glorot and Bengio's variance, and LeCun's


@pytest.mark.parametrize(("name", "biases"), [("gelu", True), ("tanh", False)])
def test_the_code_sets_biases_where_the_recommended_variance_of_biases_is_not_0(name: str, biases: bool) -> None:
    found = gain(resolve(name))
    assert found.recommended is not None
    assert (found.candidates[found.recommended].sigma_b2 > 0) == biases
    assert ("; nn.init.normal_(layer.bias, std=" in report(name)) == biases
    assert ("; biases: jax.nn.initializers.normal(" in report(name)) == biases
    assert "(theory, inputs of mean square 1)" in report(name)


def test_where_nothing_is_critical_it_is_said() -> None:
    assert "; nothing is critical" in report("sigmoid")
    assert list(gain(resolve("sigmoid")).candidates) == ["gain"]
    assert "; nothing is critical" not in report("relu")
