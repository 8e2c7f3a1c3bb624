"""Statistics of layers, for networks made by hand."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest

from actcli.core.arrays import Array
from actcli.core.network.layer_statistics import survey
from actcli.core.network.mlp import Network, Parameters, forward
from tests.narrow import elementwise


def one_layer(activation: str, weights: list[float], biases: list[float]) -> Network:
    """A network with one input and one unit per weight; the output is the sum of the units."""
    parameters = Parameters.of([np.array([weights]), np.ones((len(weights), 1))], [np.array(biases), np.zeros(1)])
    return Network(elementwise(activation), parameters)


def test_dead_units_by_hand() -> None:
    """relu(x), relu(-x), relu(x - 5), relu(x - 2.5) at -1, 1, 2, 3: the third is never on, the last one once."""
    inputs = np.array([[-1.0], [1], [2], [3]])
    hidden, output = survey(one_layer("relu", [1, -1, 1, 1], [0, 0, -5, -2.5]), inputs).layers
    h = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0.5]])
    assert hidden.dead_fraction == 0.25
    # The slope is 0 or 1, and only 0 is below the threshold.
    assert hidden.saturated_fraction == 11 / 16
    assert (hidden.activation_mean, hidden.activation_std) == pytest.approx((h.mean(), h.std()), rel=1e-15)
    z = h.sum(axis=1)
    assert dataclasses.astuple(output) == pytest.approx((z.mean(), z.std(), 0.0, 0.0))


def test_saturation_of_sigmoid_begins_where_its_slope_is_a_twentieth_of_a_quarter() -> None:
    """σ(1 - σ) = 1/80 at x = ln((1 + r) / (1 - r)) with r = sqrt(1 - 1/20)."""
    r = math.sqrt(0.95)
    edge = math.log((1 + r) / (1 - r))
    inputs = np.array([[-edge - 1e-3], [-edge + 1e-3], [0], [edge - 1e-3], [edge + 1e-3]])
    (hidden, _) = survey(one_layer("sigmoid", [1], [0]), inputs).layers
    assert hidden.saturated_fraction == 2 / 5
    assert hidden.dead_fraction == 0


def test_a_sigmoid_whose_slope_underflows_is_dead() -> None:
    (hidden, _) = survey(one_layer("sigmoid", [1, 1], [-800, 0]), np.array([[1.0], [-1.0]])).layers
    assert (hidden.dead_fraction, hidden.saturated_fraction) == (0.5, 0.5)


def test_step_units_are_all_dead_and_identities_never() -> None:
    inputs = np.linspace(-2, 2, 9)[:, None]
    assert survey(one_layer("step", [1, -1], [0, 0]), inputs).layers[0].dead_fraction == 1
    (hidden, _) = survey(one_layer("identity", [1, 1e-300], [0, 0]), inputs).layers
    assert (hidden.dead_fraction, hidden.saturated_fraction) == (0, 0)


@pytest.mark.parametrize("weight", [math.nan, math.inf])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu"])
def test_where_slopes_are_no_numbers_fractions_are_none(activation: str, weight: float) -> None:
    """inf · 0 is nan, which is neither saturated nor dead nor alive."""
    (hidden, output) = survey(one_layer(activation, [weight, 1], [0, 0]), np.array([[0.0], [1.0]])).layers
    assert math.isnan(hidden.saturated_fraction)
    assert math.isnan(hidden.dead_fraction)
    assert (output.saturated_fraction, output.dead_fraction) == (0, 0)


@pytest.mark.parametrize("norm", [None, "layer", "batch"])
@pytest.mark.parametrize("points", [1, 5, 20_011])
def test_data_of_any_length_are_one_data_set(points: int, norm: str | None) -> None:
    """Against the definition over all points. For long data, batch norm takes mean and spread of a sample."""
    exact = norm != "batch" or points < 1000
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=(2, 3)), generator.normal(size=(3, 3)), generator.normal(size=(3, 1))]
    biases = [generator.normal(size=3), generator.normal(size=3), generator.normal(size=1)]
    # Sorted: no block of the data represents the whole.
    inputs = np.sort(generator.normal(size=(points, 2)), axis=0)
    measured = survey(Network(elementwise("relu"), Parameters.of(weights, biases), norm), inputs).layers
    h = inputs
    for layer in range(2):
        z = h @ weights[layer] + biases[layer]
        if norm:
            axis = {"layer": 1, "batch": 0}[norm]
            z = (z - z.mean(axis=axis, keepdims=True)) / np.sqrt(z.var(axis=axis, keepdims=True) + 1e-5)
        h = np.maximum(z, 0)
        assert measured[layer].activation_mean == pytest.approx(h.mean(), rel=1e-10 if exact else 5e-3)
        assert measured[layer].activation_std == pytest.approx(h.std(), rel=1e-10 if exact else 5e-3)
        assert measured[layer].saturated_fraction == pytest.approx((z <= 0).mean(), abs=1e-12 if exact else 5e-3)
        assert measured[layer].dead_fraction == (z <= 0).all(axis=0).mean()
    z = h @ weights[2] + biases[2]
    output = measured[2].activation_mean, measured[2].activation_std
    assert output == pytest.approx((z.mean(), z.std()), rel=1e-10 if exact else 5e-3)


def test_residual_layers_show_what_they_hand_on() -> None:
    parameters = Parameters.of([np.array([[1.0]]), np.array([[1.0]])], [np.zeros(1), np.zeros(1)])
    (hidden, _) = survey(
        Network(elementwise("relu"), parameters, residual=True), np.array([[-1.0], [2.0], [5.0]])
    ).layers
    assert hidden.activation_mean == (-1 + 4 + 10) / 3  # x + relu(x)


@pytest.mark.parametrize(
    ("activation", "slope"),
    [
        ("relu_squared", lambda x: 2 * np.maximum(x, 0)),
        ("exponential", np.exp),
        ("x**3", lambda x: 3 * x * x),
        ("sqrt(abs(x))", lambda x: 0.5 / np.sqrt(np.abs(x))),
        ("step", np.zeros_like),
    ],
)
def test_where_there_is_no_largest_slope_saturated_is_what_is_under_5_percent_of_1(
    activation: str, slope: Callable[[Array], Array]
) -> None:
    x = np.linspace(-3.0, 3.0, 400)[:, None]
    parameters = Parameters.of([np.eye(1), np.eye(1)], [np.zeros(1), np.zeros(1)])
    hidden, _ = survey(Network(elementwise(activation), parameters), x).layers
    assert hidden.saturated_fraction == (np.abs(slope(x)) < 0.05).mean()


@pytest.mark.parametrize("norm", [None, "layer", "batch"])
def test_the_output_is_each_point_s_own_in_the_order_of_the_data(norm: str | None) -> None:
    """Against one batch of all points; then in another order, with other points in each block."""
    generator = np.random.default_rng(1)
    sizes = [(2, 4), (4, 4), (4, 1)]
    parameters = Parameters.of([generator.normal(size=size) for size in sizes], [np.zeros(n) for _, n in sizes])
    network = Network(elementwise("tanh"), parameters, norm)
    inputs = generator.normal(size=(3000, 2))  # three blocks; batch norm uses all points
    output = survey(network, inputs).output
    np.testing.assert_allclose(output, forward(network, inputs).output, rtol=1e-9, atol=1e-12)
    order = generator.permutation(len(inputs))
    np.testing.assert_allclose(survey(network, inputs[order]).output, output[order], rtol=1e-9, atol=1e-12)


def test_values_whose_squares_overflow_have_a_standard_deviation() -> None:
    """1e200 times 1 to 3000, in blocks."""
    points = np.arange(1.0, 3001.0)[:, None]
    network = Network(elementwise("identity"), Parameters.of([np.array([[1e200]])], [np.zeros(1)]))
    (layer,) = survey(network, points).layers
    assert layer.activation_mean == pytest.approx(1e200 * 1500.5, rel=1e-13)
    assert layer.activation_std == pytest.approx(1e200 * math.sqrt((3000**2 - 1) / 12), rel=1e-13)
