import itertools
import math

import mpmath
import numpy as np
import pytest

from actcli.core.activation import Activation
from actcli.core.catalogue import CATALOGUE
from actcli.core.errors import InputError
from actcli.core.jet import Array
from actcli.core.network import LOSSES, Network, backward, binary_cross_entropy, forward

ELEMENTWISE = [activation for activation in CATALOGUE.values() if not activation.rowwise]
ROWWISE = [activation for activation in CATALOGUE.values() if activation.rowwise]


def random_network(activation: Activation, sizes: list[int], seed: int) -> Network:
    generator = np.random.default_rng(seed)
    return Network(
        activation,
        [generator.normal(0, 0.8, shape) for shape in itertools.pairwise(sizes)],
        [generator.normal(0, 0.3, size) for size in sizes[1:]],
    )


def pre_activations(network: Network, inputs: Array) -> list[Array]:
    """Of the hidden layers, by the definition."""
    z, h = [], inputs
    for weights, biases in zip(network.weights[:-1], network.biases[:-1], strict=True):
        z.append(h @ weights + biases)
        h = network.activation(z[-1])
    return z


def away_from_kinks(activation: Activation) -> tuple[Network, Array, Array]:
    """A small network and a batch whose pre-activations stay on their side of every kink, and pass a gradient on."""
    kinks = np.array(activation.kinks(5))
    for seed in range(1000):
        network = random_network(activation, [2, 4, 3, 1], seed)
        inputs = np.random.default_rng(seed).normal(0, 1, (4, 2))
        z = np.concatenate([layer.ravel() for layer in pre_activations(network, inputs)])
        passes = all(slope.any() for slope in forward(network, inputs).slopes) or activation.name == "step"
        if passes and np.abs(z[:, None] - kinks).min(initial=1) > 0.02:
            return network, inputs, np.array([[0.0], [1.0], [1.0], [0.0]])
    raise AssertionError(f"every seed puts a pre-activation of {activation.label} beside a kink")


def test_one_unit_by_hand() -> None:
    network = Network(
        CATALOGUE["relu"],
        [np.array([[3.0]]), np.array([[0.5]])],
        [np.array([-1.0]), np.array([-2.5])],
    )
    passed = forward(network, np.array([[2.0]]))
    assert passed.layer_inputs[1] == 5  # relu(2 * 3 - 1)
    assert passed.output == 0  # 5 * 0.5 - 2.5

    loss, output_gradient = binary_cross_entropy(passed.output, np.array([[1.0]]))
    assert loss == pytest.approx(math.log(2), rel=1e-15, abs=0)
    assert output_gradient == -0.5  # σ(0) - 1

    gradients = backward(network, passed, output_gradient)
    assert gradients.signals == [-0.25, -0.5]  # -0.5 * 0.5 * relu'(5), and the output's own
    assert gradients.weights == [-0.5, -2.5]  # 2 * -0.25, 5 * -0.5
    assert gradients.biases == [-0.25, -0.5]


def test_linear_layers_collapse_into_one() -> None:
    network = random_network(CATALOGUE["identity"], [3, 5, 4, 6, 2], seed=1)
    for biases in network.biases:
        biases[:] = 0
    inputs = np.random.default_rng(2).normal(size=(7, 3))
    one = np.linalg.multi_dot(network.weights)
    np.testing.assert_allclose(forward(network, inputs).output, inputs @ one, rtol=1e-13)


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda activation: activation.name)
def test_gradients_equal_central_differences(activation: Activation) -> None:
    network, inputs, targets = away_from_kinks(activation)

    def loss() -> float:
        return binary_cross_entropy(forward(network, inputs).output, targets)[0]

    passed = forward(network, inputs)
    gradients = backward(network, passed, binary_cross_entropy(passed.output, targets)[1])
    step = 2e-3
    for parameters, gradient in zip(
        network.weights + network.biases, gradients.weights + gradients.biases, strict=True
    ):
        assert gradient.shape == parameters.shape
        for index, value in np.ndenumerate(parameters):
            at = {}
            for offset in (-2, -1, 1, 2):
                parameters[index] = value + offset * step
                at[offset] = loss()
            parameters[index] = value
            # Richardson's extrapolation of the steps 1 and 2: the error falls with the fourth power.
            difference = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * step)
            assert gradient[index] == pytest.approx(difference, rel=1e-6, abs=1e-11)


def test_the_differences_would_see_a_wrong_slope() -> None:
    """Few gradients of the test above are zero, so that it can fail."""
    for activation in ELEMENTWISE:
        network, inputs, targets = away_from_kinks(activation)
        passed = forward(network, inputs)
        gradients = backward(network, passed, binary_cross_entropy(passed.output, targets)[1])
        if any(slope.any() for slope in passed.slopes):
            assert all((np.abs(weights) > 1e-6).any() for weights in gradients.weights), activation.label


def test_signals_are_gradients_with_respect_to_pre_activations() -> None:
    """A bias shifts its pre-activation: with a single sample the two have one gradient."""
    network = random_network(CATALOGUE["tanh"], [2, 3, 3, 1], seed=3)
    passed = forward(network, np.array([[0.4, -1.2]]))
    gradients = backward(network, passed, np.array([[1.0]]))
    for signal, biases in zip(gradients.signals, gradients.biases, strict=True):
        np.testing.assert_array_equal(signal[0], biases)
    tanh = np.tanh(pre_activations(network, np.array([[0.4, -1.2]]))[1])
    np.testing.assert_allclose(gradients.signals[1], network.weights[2].T * (1 - tanh**2), rtol=1e-14)


@pytest.mark.parametrize("activation", ROWWISE, ids=lambda activation: activation.name)
def test_row_wise_activations_are_refused(activation: Activation) -> None:
    with pytest.raises(InputError, match=f"{activation.name} works on whole rows"):
        Network(activation, [np.ones((2, 2))], [np.zeros(2)])


@pytest.mark.parametrize("target", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("logit", [0.0, 1e-300, 0.7, -3.0, 37.0, -37.0, 300.0, -740.0, 1e300, -1e300])
def test_binary_cross_entropy_is_exact_in_the_tails(logit: float, target: float) -> None:
    with mpmath.workdps(400):
        z, t = mpmath.mpf(logit), mpmath.mpf(target)
        if abs(logit) < 1e10:
            sigmoid, opposite = 1 / (1 + mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))
            exact = float(-t * mpmath.log(sigmoid) - (1 - t) * mpmath.log(opposite))
            exact_gradient = float((1 - t) * sigmoid - t * opposite)
        else:  # the limit
            exact = float(max(z, 0) - t * z)
            exact_gradient = (1 - target) * (logit > 0) - target * (logit < 0)
    loss, gradient = binary_cross_entropy(np.array([[logit]]), np.array([[target]]))
    assert loss == pytest.approx(exact, rel=1e-15, abs=5e-324)
    # Between 0 and 1 the two halves may cancel, and only there.
    cancelled = 1e-16 if target == 0.25 else 5e-324
    assert gradient[0, 0] == pytest.approx(exact_gradient, rel=1e-15, abs=cancelled)


def test_losses_are_means_over_the_batch() -> None:
    output, targets = np.array([[0.3], [-1.0], [2.0]]), np.array([[1.0], [0.0], [1.0]])
    for loss in LOSSES.values():
        alone = [loss(output[[i]], targets[[i]]) for i in range(3)]
        value, gradient = loss(output, targets)
        assert value == pytest.approx(sum(one for one, _ in alone) / 3, rel=1e-15, abs=0)
        np.testing.assert_allclose(gradient, np.concatenate([one for _, one in alone]) / 3, rtol=1e-15)
