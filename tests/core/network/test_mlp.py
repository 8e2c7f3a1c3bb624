import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.activation import Activation, Elementwise, RowWise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.network.losses import LOSSES, binary_cross_entropy
from actcli.core.network.mlp import (
    MOST_POINTS,
    Network,
    Parameters,
    backward,
    forward,
    of_hidden_units,
    population,
)
from tests.narrow import elementwise

ELEMENTWISE = [activation for activation in CATALOGUE.values() if isinstance(activation, Elementwise)]
ROWWISE = [activation for activation in CATALOGUE.values() if isinstance(activation, RowWise)]


def random_network(activation: Elementwise, sizes: list[int], seed: int) -> Network:
    generator = np.random.default_rng(seed)
    weights = [generator.normal(0, 0.8, shape) for shape in itertools.pairwise(sizes)]
    return Network(activation, Parameters.of(weights, [generator.normal(0, 0.3, size) for size in sizes[1:]]))


def pre_activations(network: Network, inputs: Array) -> list[Array]:
    """Pre-activations of the hidden layers, by definition."""
    z, h = [], inputs
    for weights, biases in zip(network.parameters.weights[:-1], network.parameters.biases[:-1], strict=True):
        z.append(h @ weights + biases)
        h = network.activation(z[-1])
    return z


def away_from_kinks(activation: Elementwise) -> tuple[Network, Array, Array]:
    """A small network and a batch with pre-activations away from every kink and with nonzero gradients."""
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
        elementwise("relu"),
        Parameters.of([np.array([[3.0]]), np.array([[0.5]])], [np.array([-1.0]), np.array([-2.5])]),
    )
    passed = forward(network, np.array([[2.0]]))
    assert passed.layer_inputs[1] == 5  # relu(2 * 3 - 1)
    assert passed.output == 0  # 5 * 0.5 - 2.5

    loss, output_gradient = binary_cross_entropy(passed.output, np.array([[1.0]]))
    assert loss == pytest.approx(math.log(2), rel=1e-15, abs=0)
    assert output_gradient == -0.5  # σ(0) - 1

    gradients = backward(network, passed, output_gradient)
    assert gradients.signals == [-0.25, -0.5]  # -0.5 * 0.5 * relu'(5), and the output's own
    assert gradients.parameters.weights == [-0.5, -2.5]  # 2 * -0.25, 5 * -0.5
    assert gradients.parameters.biases == [-0.25, -0.5]


def test_linear_layers_collapse_into_one() -> None:
    network = random_network(elementwise("identity"), [3, 5, 4, 6, 2], seed=1)
    for biases in network.parameters.biases:
        biases[:] = 0
    inputs = np.random.default_rng(2).normal(size=(7, 3))
    one = np.linalg.multi_dot(network.parameters.weights)
    np.testing.assert_allclose(forward(network, inputs).output, inputs @ one, rtol=1e-13)


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda activation: activation.name)
def test_gradients_equal_central_differences(activation: Elementwise) -> None:
    network, inputs, targets = away_from_kinks(activation)

    def loss() -> float:
        return binary_cross_entropy(forward(network, inputs).output, targets)[0]

    passed = forward(network, inputs)
    gradients = backward(network, passed, binary_cross_entropy(passed.output, targets)[1])
    step = 2e-3
    vector, gradient = network.parameters.vector, gradients.parameters.vector
    assert gradient.shape == vector.shape
    for index, value in enumerate(vector.tolist()):
        at = {}
        for offset in (-2, -1, 1, 2):
            vector[index] = value + offset * step
            at[offset] = loss()
        vector[index] = value
        # Richardson's extrapolation of the steps 1 and 2: the error falls with the fourth power.
        difference = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * step)
        assert gradient[index] == pytest.approx(difference, rel=1e-6, abs=1e-11)


def test_the_differences_would_see_a_wrong_slope() -> None:
    """Most gradients of the test above are nonzero, so it can fail."""
    for activation in ELEMENTWISE:
        network, inputs, targets = away_from_kinks(activation)
        passed = forward(network, inputs)
        gradients = backward(network, passed, binary_cross_entropy(passed.output, targets)[1])
        if any(slope.any() for slope in passed.slopes):
            assert all((np.abs(weights) > 1e-6).any() for weights in gradients.parameters.weights), activation.label


def test_signals_are_gradients_with_respect_to_pre_activations() -> None:
    """A bias shifts its pre-activation. For one sample, both have the same gradient."""
    network = random_network(elementwise("tanh"), [2, 3, 3, 1], seed=3)
    passed = forward(network, np.array([[0.4, -1.2]]))
    gradients = backward(network, passed, np.array([[1.0]]))
    for signal, biases in zip(gradients.signals, gradients.parameters.biases, strict=True):
        np.testing.assert_array_equal(signal[0], biases)
    tanh = np.tanh(pre_activations(network, np.array([[0.4, -1.2]]))[1])
    np.testing.assert_allclose(gradients.signals[1], network.parameters.weights[2].T * (1 - tanh**2), rtol=1e-14)


@pytest.mark.parametrize("activation", ROWWISE, ids=lambda activation: activation.name)
def test_row_wise_activations_are_refused(activation: Activation) -> None:
    with pytest.raises(InputError, match=f"{activation.name} works on whole rows"):
        of_hidden_units(activation)


# --- normalisation and residual connections ---------------------------------------------------------------------------

AXES = {"layer": 1, "batch": 0}
COMPLEX_LOSSES = {
    "binary_cross_entropy": lambda z, t: (t * np.log1p(np.exp(-z)) + (1 - t) * np.log1p(np.exp(z))).mean(),
    "cross_entropy": lambda z, t: (np.log(np.exp(z).sum(axis=1)) - (t * z).sum(axis=1)).mean(),
    "mean_squared_error": lambda z, t: ((z - t) ** 2).mean(),
}
"""Losses by definition, as analytic functions for complex steps."""


def tanh_network(sizes: list[int], norm: str | None, residual: bool) -> Network:
    return Network(elementwise("tanh"), random_network(elementwise("tanh"), sizes, seed=4).parameters, norm, residual)


def by_definition(network: Network, vector: Array, inputs: Array) -> Array:
    """The output of a network of tanh units for real or complex parameters."""
    parameters, h = Parameters.over(vector, network.parameters.sizes), inputs
    for weights, biases in zip(parameters.weights[:-1], parameters.biases[:-1], strict=True):
        z = h @ weights + biases
        if network.norm:
            centred = z - z.mean(axis=AXES[network.norm], keepdims=True)
            z = centred / np.sqrt((centred**2).mean(axis=AXES[network.norm], keepdims=True) + 1e-5)
        h = h + np.tanh(z) if network.residual and h.shape == z.shape else np.tanh(z)
    return h @ parameters.weights[-1] + parameters.biases[-1]


@pytest.mark.parametrize("sizes", [[2, 4, 4, 4, 2], [3, 3, 5, 5, 3, 2], [2, 6, 2]], ids=str)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("norm", [None, "layer", "batch"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_gradient_equals_a_complex_step(sizes: list[int], norm: str | None, residual: bool, loss: str) -> None:
    """Im f(x + 1e-30 i) / 1e-30 is the derivative to the last bits (Squire and Trapp 1998)."""
    network = tanh_network(sizes, norm, residual)
    inputs = np.random.default_rng(5).normal(size=(6, sizes[0]))
    targets = np.eye(2)[[0, 1, 1, 0, 1, 0]]
    passed = forward(network, inputs)
    np.testing.assert_allclose(passed.output, by_definition(network, network.parameters.vector, inputs), rtol=1e-12)

    value, output_gradient = LOSSES[loss](passed.output, targets)
    assert value == pytest.approx(COMPLEX_LOSSES[loss](passed.output, targets), rel=1e-13)
    gradient = backward(network, passed, output_gradient).parameters.vector
    exact = np.empty_like(gradient)
    for index in range(len(exact)):
        moved = network.parameters.vector.astype(complex)
        moved[index] += 1e-30j
        exact[index] = COMPLEX_LOSSES[loss](by_definition(network, moved, inputs), targets).imag / 1e-30
    assert (np.abs(exact) > 1e-4).mean() > 0.5  # most entries are not close to 0
    np.testing.assert_allclose(gradient, exact, rtol=1e-10, atol=1e-14)


def test_a_residual_connection_adds_where_the_width_stays() -> None:
    network = tanh_network([2, 3, 3, 2, 2, 1], None, residual=True)
    assert [network.skips(layer) for layer in range(5)] == [False, True, False, True, False]
    assert not any(tanh_network([2, 2, 2], None, residual=False).skips(layer) for layer in range(2))
    passed = forward(network, np.array([[0.3, -0.7]]))
    h = passed.layer_inputs
    weights, biases = network.parameters.weights, network.parameters.biases
    np.testing.assert_allclose(h[2], h[1] + np.tanh(h[1] @ weights[1] + biases[1]), rtol=1e-15)
    np.testing.assert_allclose(h[3], np.tanh(h[2] @ weights[2] + biases[2]), rtol=1e-15)


def test_past_dead_units_the_gradient_gets_by_the_residual_connections_alone() -> None:
    biases = [np.zeros(3), np.full(3, -100.0), np.full(3, -100.0), np.zeros(1)]
    parameters = Parameters.of([np.eye(3), np.eye(3), np.eye(3), np.array([[1.0], [2.0], [3.0]])], biases)
    inputs = np.array([[1.0, -2.0, 3.0]])
    for residual, through in ((True, [[1.0, 0.0, 3.0]]), (False, [[0.0, 0.0, 0.0]])):
        network = Network(elementwise("relu"), parameters, residual=residual)
        signals = backward(network, forward(network, inputs), np.ones((1, 1))).signals
        assert signals[0].tolist() == through  # relu'(-2) = 0
        assert not signals[1].any()
        assert not signals[2].any()


@pytest.mark.parametrize("residual", [False, True])
def test_biases_before_a_batch_norm_have_no_gradient(residual: bool) -> None:
    """Batch norm subtracts the mean, and with it a shift of all samples."""
    network = tanh_network([2, 5, 5, 1], "batch", residual)
    passed = forward(network, np.random.default_rng(0).normal(size=(8, 2)))
    gradients = backward(network, passed, np.random.default_rng(1).normal(size=(8, 1)))
    for biases, weights in zip(gradients.parameters.biases[:-1], gradients.parameters.weights, strict=False):
        assert np.abs(biases).max() < 1e-14 < 1e-3 < np.abs(weights).max()


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_a_normalised_layer_does_not_see_the_scale_of_its_parameters(norm: str) -> None:
    """The gradient is orthogonal to the parameters, except for the epsilon added to the variance."""
    network = tanh_network([2, 6, 6, 1], norm, residual=False)
    for parameters in network.parameters.weights + network.parameters.biases:
        parameters *= 1e3
    passed = forward(network, np.random.default_rng(0).normal(size=(8, 2)))
    gradient = backward(network, passed, np.ones((8, 1))).parameters
    for layer in range(2):
        w, b = network.parameters.weights[layer], network.parameters.biases[layer]
        gw, gb = gradient.weights[layer], gradient.biases[layer]
        along = (w * gw).sum() + (b * gb).sum()
        assert abs(along) < 1e-9 * np.sqrt((w**2).sum() * (gw**2).sum())


@given(a=st.floats(-1e3, 1e3), b=st.floats(-1e3, 1e3), norm=st.sampled_from([None, *AXES]), residual=st.booleans())
def test_the_backward_pass_is_linear(a: float, b: float, norm: str | None, residual: bool) -> None:
    network = tanh_network([2, 4, 4, 1], norm, residual)
    passed = forward(network, np.random.default_rng(0).normal(size=(5, 2)))
    first, second = np.random.default_rng(1).normal(size=(2, 5, 1))
    sum_of_gradients = sum(
        factor * backward(network, passed, gradient).parameters.vector for factor, gradient in ((a, first), (b, second))
    )
    gradient_of_sum = backward(network, passed, a * first + b * second).parameters.vector
    # With subnormal factors the rounding errors of the gradients are subnormal too.
    atol = 1e-11 * (abs(a) + abs(b)) + 1e-320
    np.testing.assert_allclose(gradient_of_sum, sum_of_gradients, rtol=1e-9, atol=atol)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("norm", [None, "layer", "batch"])
def test_float32_stays_from_end_to_end(norm: str | None, residual: bool) -> None:
    network = tanh_network([2, 4, 4, 1], norm, residual)
    single = Parameters.of(network.parameters.weights, network.parameters.biases, np.float32)
    inputs = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    passed = forward(Network(elementwise("tanh"), single, norm, residual), inputs)  # type: ignore[arg-type]  # float32 too
    gradients = backward(Network(elementwise("tanh"), single, norm, residual), passed, np.ones((6, 1), np.float32))
    arrays = [single.vector, *passed.layer_inputs, *passed.slopes, passed.output, *gradients.signals]
    arrays += [gradients.parameters.vector, *gradients.parameters.weights, *gradients.parameters.biases]
    own = Network(elementwise("tanh"), single, norm, residual)
    arrays.append(forward(own, inputs, population(own, inputs)).output)  # type: ignore[arg-type]  # float32 too
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    double = backward(network, forward(network, inputs.astype(float)), np.ones((6, 1)))
    np.testing.assert_allclose(gradients.parameters.vector, double.parameters.vector, rtol=1e-3, atol=1e-4)


# --- after training ---------------------------------------------------------------------------------------------------


def evaluated(network: Network, data: Array, inputs: Array) -> Array:
    """Output of a tanh network with batch norm as in PyTorch's batch_norm(training=False), by the data's statistics."""
    weights, biases = network.parameters.weights, network.parameters.biases
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        running_mean, running_var = (data @ w + b).mean(axis=0), (data @ w + b).var(axis=0)
        skip = network.residual and len(w) == len(b)
        data, inputs = (
            np.tanh((h @ w + b - running_mean) / np.sqrt(running_var + 1e-5)) + (h if skip else 0.0)
            for h in (data, inputs)
        )
    return inputs @ weights[-1] + biases[-1]


@pytest.mark.parametrize("residual", [False, True])
def test_a_batch_norm_after_training(residual: bool) -> None:
    network, generator = tanh_network([2, 6, 6, 1], "batch", residual), np.random.default_rng(6)
    data, inputs = generator.normal(1, 2, (50, 2)), generator.normal(size=(30, 2))
    known = population(network, data)
    np.testing.assert_allclose(forward(network, inputs, known).output, evaluated(network, data, inputs), rtol=1e-10)
    np.testing.assert_allclose(forward(network, data, known).output, forward(network, data).output, rtol=1e-10)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("norm", [None, "layer", "batch"])
def test_no_answer_depends_on_the_point_s_companions(norm: str | None, residual: bool) -> None:
    network, generator = tanh_network([2, 8, 8, 1], norm, residual), np.random.default_rng(7)
    known = population(network, generator.normal(size=(40, 2)))
    points = generator.normal(size=(300, 2))
    together = forward(network, points, known).output
    for batch in (1, 2, 100):
        np.testing.assert_allclose(forward(network, points[:batch], known).output, together[:batch], rtol=1e-12)
    if norm != "batch":
        np.testing.assert_allclose(together, forward(network, points).output, rtol=1e-12)


def test_a_large_population_is_sampled() -> None:
    """The data are sorted: the first points would be a biased sample."""
    network = tanh_network([1, 3, 1], "batch", residual=False)
    data = np.linspace(-1, 3, 3 * MOST_POINTS + 1)[:, None]
    (norm,) = population(network, data)
    z = data @ network.parameters.weights[0] + network.parameters.biases[0]
    assert norm is not None
    np.testing.assert_allclose(norm.mean[0], z.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(norm.spread[0], np.sqrt(z.var(axis=0) + 1e-5), rtol=1e-3)


def test_a_population_has_as_many_layers_as_the_network() -> None:
    network = tanh_network([2, 4, 4, 1], "batch", residual=False)
    with pytest.raises(ValueError, match="shorter"):
        forward(network, np.zeros((1, 2)), [])


# --- parameters -------------------------------------------------------------------------------------------------------


def test_parameters_are_views_of_one_vector() -> None:
    parameters = Parameters.of(
        [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [6.0]])], [np.array([7.0, 8.0]), np.array([9.0])]
    )
    assert parameters.sizes == [2, 2, 1]
    assert sorted(parameters.vector) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    parameters.vector[:] += 10
    assert parameters.weights[0].tolist() == [[11, 12], [13, 14]]
    assert parameters.biases[1].tolist() == [19]
    again = Parameters.over(parameters.vector.copy(), parameters.sizes)
    for one, other in zip(parameters.weights + parameters.biases, again.weights + again.biases, strict=True):
        np.testing.assert_array_equal(one, other)


def test_parameters_copy_what_they_are_made_of() -> None:
    weights = [np.ones((2, 1))]
    parameters = Parameters.of(weights, [np.zeros(1)])
    parameters.vector[:] = 5
    assert weights[0].tolist() == [[1], [1]]
