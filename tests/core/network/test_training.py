import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.network.initialisers import initialise, initialiser
from actcli.core.network.losses import binary_cross_entropy
from actcli.core.network.mlp import Network, Parameters
from actcli.core.network.optimizers import momentum, sgd
from actcli.core.network.training import descend, frobenius_norm, measure, shuffled_batches, train
from tests.narrow import elementwise, known

BATCH = np.array([[2.0]]), np.array([[1.0]])


def one_unit() -> Network:
    """relu(3x - 1) / 2 - 2.5. Its gradients at x = 2, target 1, are derived by hand in test_mlp.py."""
    return Network(
        elementwise("relu"),
        Parameters.of([np.array([[3.0]]), np.array([[0.5]])], [np.array([-1.0]), np.array([-2.5])]),
    )


def test_measure_by_hand() -> None:
    step, gradients = measure(one_unit(), BATCH, binary_cross_entropy, number=7)
    assert step.number == 7
    assert step.loss == pytest.approx(math.log(2), rel=1e-15, abs=0)
    assert step.weight_gradient_norms == (0.5, 2.5)
    assert step.signal_norms == (0.25, 0.5)
    assert gradients.parameters.weights == [-0.5, -2.5]


def test_signal_norm_is_taken_over_the_batch() -> None:
    """Each of four equal samples has a quarter of the gradient: the norm is sqrt(4 / 16) times that of one sample."""
    four = np.repeat(BATCH[0], 4, axis=0), np.repeat(BATCH[1], 4, axis=0)
    step, _ = measure(one_unit(), four, binary_cross_entropy)
    assert step.signal_norms == (0.125, 0.25)
    assert step.weight_gradient_norms == (0.5, 2.5)


def test_descend_by_hand() -> None:
    network = one_unit()
    held = network.parameters.weights[0]
    descend(network, measure(network, BATCH, binary_cross_entropy)[1], sgd(0.5))
    assert network.parameters.weights == [3.25, 1.75]
    assert network.parameters.biases == [-0.875, -2.25]
    assert held is network.parameters.weights[0]


def test_train_yields_after_each_update_and_no_sooner() -> None:
    network = one_unit()
    steps = train(network, itertools.repeat(BATCH, 3), binary_cross_entropy, sgd(0.5))
    assert network.parameters.weights == [3, 0.5]
    first = next(steps)
    assert (first.number, first.signal_norms) == (0, (0.25, 0.5))
    assert network.parameters.weights == [3.25, 1.75]
    rest = list(steps)
    assert [step.number for step in rest] == [1, 2]
    # After the first update the logit is relu(3.25 * 2 - 0.875) * 1.75 - 2.25 = 7.59375.
    assert rest[0].loss == pytest.approx(math.log1p(math.exp(-7.59375)), rel=1e-14, abs=0)


def test_training_learns_what_a_line_can_tell() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(64, 2))
    targets = (inputs[:, :1] + inputs[:, 1:] > 0).astype(float)
    tanh = elementwise("tanh")
    network = Network(tanh, initialise(initialiser("xavier", tanh), [2, 8, 1], generator))
    batches = shuffled_batches(inputs, targets, 16, generator)
    losses = [step.loss for step in train(network, itertools.islice(batches, 300), binary_cross_entropy, sgd(1.0))]
    assert losses[0] > 0.4
    assert np.mean(losses[-10:]) < 0.1


def test_training_stops_where_the_loss_is_not_finite() -> None:
    network = Network(
        elementwise("identity"),
        Parameters.of([np.full((1, 1), 1e200), np.full((1, 1), 1e200)], [np.zeros(1), np.zeros(1)]),
    )
    steps = list(train(network, itertools.repeat((BATCH[0], np.zeros((1, 1))), 9), binary_cross_entropy, sgd(0.1)))
    assert len(steps) == 1
    assert not math.isfinite(steps[0].loss)
    assert network.parameters.weights == [1e200, 1e200]


def test_an_absurd_learning_rate_overflows_without_a_warning() -> None:
    generator = np.random.default_rng(0)
    relu = elementwise("relu")
    network = Network(relu, initialise(initialiser("normal", relu), [2, 16, 16, 1], generator))
    batch = generator.normal(size=(8, 2)), generator.integers(0, 2, (8, 1)).astype(float)
    steps = list(train(network, itertools.repeat(batch, 20), binary_cross_entropy, sgd(1e200)))
    assert not math.isfinite(steps[-1].loss)
    assert len(steps) < 20


def test_an_update_overflows_without_a_warning() -> None:
    network = one_unit()
    descend(network, measure(network, BATCH, binary_cross_entropy)[1], sgd(1e308))
    assert network.parameters.weights == [3 + 0.5e308, np.inf]


def test_an_epoch_is_a_shuffle_of_the_pairs() -> None:
    inputs = np.arange(12.0)[:, None]
    batches = shuffled_batches(inputs, -inputs, 4, np.random.default_rng(0))
    epochs = [list(itertools.islice(batches, 3)) for _ in range(2)]
    orders = [np.concatenate([x for x, _ in epoch]).ravel() for epoch in epochs]
    for epoch, order in zip(epochs, orders, strict=True):
        assert all(x.shape == (4, 1) and np.array_equal(y, -x) for x, y in epoch)
        assert sorted(order) == list(range(12))
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], np.arange(12))


@pytest.mark.parametrize(("size", "lengths"), [(5, [5, 5]), (12, [12, 12]), (100, [12, 12]), (1, [1, 1])])
def test_batches_have_one_size(size: int, lengths: list[int]) -> None:
    inputs = np.arange(12.0)[:, None]
    batches = shuffled_batches(inputs, inputs, size, np.random.default_rng(0))
    assert [len(x) for x, _ in itertools.islice(batches, 40)][-2:] == lengths
    assert {len(x) for x, _ in itertools.islice(batches, 40)} == set(lengths)


@pytest.mark.parametrize("scale", [1.0, 1e-120, 1e-160, 1e-200, 1e-300, 1e120, 1e200, 1e307])
def test_frobenius_norm_at_every_scale(scale: float) -> None:
    array = np.array([[3.0, 0.0], [0.0, -4.0]]) * scale
    assert frobenius_norm(array) == pytest.approx(5 * scale, rel=1e-15, abs=0)
    assert frobenius_norm(array.T) == frobenius_norm(array)


def test_frobenius_norm_at_the_ends() -> None:
    assert frobenius_norm(np.zeros((2, 2))) == 0
    assert frobenius_norm(np.array([[0.0, 5e-324]])) == 5e-324
    assert frobenius_norm(np.array([[1.0, -np.inf]])) == np.inf
    assert math.isnan(frobenius_norm(np.array([[1.0, np.nan]])))
    assert frobenius_norm(np.full((1, 2), 1e-22, np.float32)) == pytest.approx(math.sqrt(2) * 1e-22, rel=1e-6, abs=0)


def test_a_step_carries_its_update() -> None:
    network = one_unit()
    before = network.parameters.vector.copy()
    (step,) = train(network, [BATCH], binary_cross_entropy, momentum(0.5))
    np.testing.assert_array_equal(network.parameters.vector, before + known(step.update))
    # The gradients are -0.5, -0.25, -2.5, -0.5, and the first step of momentum is that of sgd.
    updates = Parameters.over(known(step.update), [1, 1, 1])
    assert (updates.weights, updates.biases) == ([0.25, 1.25], [0.125, 0.25])


def test_momentum_keeps_what_it_remembers_from_batch_to_batch() -> None:
    """The gradient of the output's bias is σ(z) - 1 in each step, with the logit z by hand."""
    network = Network(elementwise("relu"), Parameters.of([np.zeros((1, 1))] * 2, [np.array([-1.0]), np.zeros(1)]))
    bias, velocity = 0.0, 0.0
    for step in train(network, itertools.repeat(BATCH, 5), binary_cross_entropy, momentum(0.5)):
        assert step.loss == pytest.approx(math.log1p(math.exp(-bias)), rel=1e-14)
        velocity = 0.9 * velocity - 1 / (1 + math.exp(bias))
        bias -= 0.5 * velocity
        assert network.parameters.biases[1][0] == pytest.approx(bias, rel=1e-14)


def test_a_step_that_is_not_finite_has_no_update() -> None:
    network = Network(elementwise("identity"), Parameters.of([np.full((1, 1), 1e200)] * 2, [np.zeros(1)] * 2))
    (step,) = train(network, [(BATCH[0], np.zeros((1, 1)))], binary_cross_entropy, sgd(0.1))
    assert step.update is None


@pytest.mark.parametrize("scale", [1.0, 1e-15, 1e-22, 1e-30, 1e-40, 1e15, 1e25, 1e37])
def test_frobenius_norm_of_float32_at_every_scale(scale: float) -> None:
    array = (np.array([[3.0, 0.0], [0.0, -4.0]]) * scale).astype(np.float32)
    exact = math.hypot(*array.ravel().astype(float))
    assert frobenius_norm(array) == pytest.approx(exact, rel=1e-6, abs=0)  # type: ignore[arg-type]  # float32 too


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=9))
def test_frobenius_norm_is_the_hypotenuse(numbers: list[float]) -> None:
    assert frobenius_norm(np.array(numbers)) == pytest.approx(math.hypot(*numbers), rel=1e-14, abs=5e-324)
