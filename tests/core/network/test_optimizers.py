"""Optimizers against steps computed by hand and the algorithms in PyTorch's documentation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.arrays import Array
from actcli.core.network.optimizers import OPTIMIZERS, adam, momentum, sgd

gradients = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)


def test_three_steps_by_hand() -> None:
    sequence = [np.array([2.0, -1.0]), np.array([4.0, 0.0]), np.array([0.0, 1.0])]
    steps = {
        "sgd": [[-0.2, 0.1], [-0.4, 0.0], [0.0, -0.1]],
        # v: (2, -1), (5.8, -0.9), (5.22, 0.19)
        "momentum": [[-0.2, 0.1], [-0.58, 0.09], [-0.522, -0.019]],
        # m̂ / sqrt(v̂): ±1; then m = (0.58, -0.09), v = (0.019996, 0.000999) over 0.19 and 0.001999;
        # then m = (0.522, 0.019), v = (0.019976004, 0.001998001) over 0.271 and 0.002997001
        "adam": [
            [-0.1, 0.1],
            [-0.1 * 0.58 / 0.19 / math.sqrt(0.019996 / 0.001999), 0.1 * 0.09 / 0.19 / math.sqrt(0.000999 / 0.001999)],
            [
                -0.1 * 0.522 / 0.271 / math.sqrt(0.019976004 / 0.002997001),
                -0.1 * 0.019 / 0.271 / math.sqrt(0.001998001 / 0.002997001),
            ],
        ],
    }
    assert steps.keys() == OPTIMIZERS.keys()
    for name, expected in steps.items():
        update = OPTIMIZERS[name](0.1)
        for gradient, step in zip(sequence, expected, strict=True):
            assert update(gradient).tolist() == pytest.approx(step, rel=3e-8, abs=1e-17), name


@given(gradients)
def test_momentum_is_that_of_pytorch(sequence: list[float]) -> None:
    """torch.optim.SGD: b_1 = g_1, then b_t = μ b_(t-1) + (1 - τ) g_t, with μ = 0.9 and the default dampening τ = 0."""
    update, b = momentum(0.01), None
    for g in sequence:
        b = g if b is None else 0.9 * b + g
        assert update(np.array([g]))[0] == pytest.approx(-0.01 * b, rel=1e-12, abs=1e-15)


@given(gradients)
def test_adam_is_that_of_pytorch(sequence: list[float]) -> None:
    """torch.optim.Adam, betas (0.9, 0.999) and eps 1e-8 by default."""
    update, m, v = adam(0.01), 0.0, 0.0
    for t, g in enumerate(sequence, 1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        assert update(np.array([g]))[0] == pytest.approx(-0.01 * m_hat / (math.sqrt(v_hat) + 1e-8), rel=1e-9, abs=1e-15)


def test_adam_does_not_move_what_had_an_infinite_square() -> None:
    """As in PyTorch: v is infinite from then on, and the update 0."""
    update = adam(0.01)
    with np.errstate(over="ignore"):
        assert [update(np.array([g]))[0] for g in (1e200, 1e200, 1.0)] == [0.0, 0.0, 0.0]


@given(st.floats(1e-6, 1e6), st.integers(1, 20))
def test_adam_takes_steps_of_the_learning_rate_where_the_gradient_stays(gradient: float, steps: int) -> None:
    update = adam(0.25)
    for _ in range(steps):
        assert update(np.array([gradient]))[0] == pytest.approx(-0.25 * gradient / (gradient + 1e-8), rel=1e-9)


@given(st.integers(1, 60))
def test_momentum_gathers_a_steady_gradient_tenfold(steps: int) -> None:
    update = momentum(1.0)
    for _ in range(steps):
        last = update(np.ones(1))
    assert last[0] == pytest.approx(-10 * (1 - 0.9**steps), rel=1e-12)


@given(gradients)
def test_momentum_without_memory_is_sgd(sequence: list[float]) -> None:
    plain, remembering = sgd(0.3), momentum(0.3, decay=0.0)
    for g in sequence:
        assert plain(np.array([g])) == remembering(np.array([g]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_may_be_written_over_after_the_step(name: str) -> None:
    """An optimizer copies what it keeps and does not change the gradient that it is given."""

    def path(reused: bool) -> list[Array]:
        update, gradient, found = OPTIMIZERS[name](0.1), np.empty(2), []
        for numbers in ([1.0, -2.0], [3.0, 0.5], [-1.0, 1.0]):
            gradient = gradient if reused else np.empty(2)
            gradient[:] = numbers
            found.append(update(gradient))
            assert gradient.tolist() == numbers
        return found

    np.testing.assert_array_equal(path(reused=True), path(reused=False))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_run_has_an_optimizer_of_its_own(name: str) -> None:
    first = OPTIMIZERS[name](0.1)
    for _ in range(3):
        first(np.array([5.0]))
    assert OPTIMIZERS[name](0.1)(np.array([1.0])) == pytest.approx(-0.1, rel=1e-7)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays(name: str) -> None:
    update = OPTIMIZERS[name](0.1)
    assert {update(np.ones(3, np.float32)).dtype for _ in range(2)} == {np.dtype(np.float32)}
