"""Losses against mpmath, tails included, and laws for all logits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.arrays import Array
from actcli.core.network.losses import (
    LOSSES,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    guessing_loss,
    mean_squared_error,
)


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
    # The two terms may cancel only for targets strictly between 0 and 1.
    cancelled = 1e-16 if target == 0.25 else 5e-324
    assert gradient[0, 0] == pytest.approx(exact_gradient, rel=1e-15, abs=cancelled)


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ([0.3, -1.2, 2.0], [0.0, 1.0, 0.0]),
        ([0.3, -1.2, 2.0], [0.2, 0.5, 0.3]),
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]),
        # The class is almost certain: loss and gradient are tiny.
        ([40.0, 0.0], [1.0, 0.0]),
        ([0.0, 1.5, 300.0], [0.0, 0.0, 1.0]),
        ([740.0, 0.0, -740.0], [1.0, 0.0, 0.0]),
        ([-740.0, 0.0], [1.0, 0.0]),
        ([5.0], [1.0]),
        ([1e300, -1e300, 0.0], [0.0, 1.0, 0.0]),
        ([1e15, 1e15 + 1], [1.0, 0.0]),
    ],
)
def test_cross_entropy_is_exact_in_the_tails(logits: list[float], targets: list[float]) -> None:
    with mpmath.workdps(700):
        # e^-1e300 would exhaust the memory of mpmath; it is negligible.
        e = [mpmath.exp(mpmath.mpf(z) - max(logits)) if z - max(logits) > -1e6 else mpmath.mpf(0) for z in logits]
        total = sum(e)
        log_p = [mpmath.mpf(z) - max(logits) - mpmath.log(total) for z in logits]
        exact = float(-sum(mpmath.mpf(t) * one for t, one in zip(targets, log_p, strict=True)))
        exact_gradient = [float(one / total - mpmath.mpf(t)) for one, t in zip(e, targets, strict=True)]
    loss, gradient = cross_entropy(np.array([logits]), np.array([targets]))
    assert loss == pytest.approx(exact, rel=1e-15, abs=5e-324)
    cancelled = 5e-324 if set(targets) <= {0.0, 1.0} else 1e-16
    assert gradient[0].tolist() == pytest.approx(exact_gradient, rel=1e-15, abs=cancelled)


def test_mean_squared_error_by_hand() -> None:
    loss, gradient = mean_squared_error(np.array([[1.0, -2.0], [0.5, 4.0]]), np.array([[0.0, -2.0], [1.0, 1.0]]))
    assert loss == (1 + 0 + 0.25 + 9) / 4
    assert gradient.tolist() == [[0.5, 0.0], [-0.25, 1.5]]


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_means_over_the_batch(name: str) -> None:
    output = np.random.default_rng(0).normal(size=(3, 4))
    targets = np.eye(4)[[2, 0, 3]]
    alone = [LOSSES[name](output[[i]], targets[[i]]) for i in range(3)]
    value, gradient = LOSSES[name](output, targets)
    assert value == pytest.approx(sum(one for one, _ in alone) / 3, rel=1e-15, abs=0)
    np.testing.assert_allclose(gradient, np.concatenate([one for _, one in alone]) / 3, rtol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_leave_their_arguments_alone_and_keep_the_dtype(name: str) -> None:
    output, targets = np.array([[0.3, -1.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    value, gradient = LOSSES[name](output, targets)  # type: ignore[arg-type]  # float32 too
    assert (type(value), gradient.dtype) == (float, np.float32)
    assert output.tolist() == np.array([[0.3, -1.0]], np.float32).tolist()
    assert targets.tolist() == [[1.0, 0.0]]
    double, double_gradient = LOSSES[name](output.astype(float), targets.astype(float))
    assert value == pytest.approx(double, rel=1e-6)
    np.testing.assert_allclose(gradient, double_gradient, rtol=1e-6)


logits = st.lists(st.floats(-50, 50), min_size=2, max_size=6)


@given(logits, st.floats(-100, 100), st.data())
def test_cross_entropy_does_not_see_a_shift_and_its_gradient_sums_to_zero(
    row: list[float], shift: float, data: st.DataObject
) -> None:
    output, targets = np.array([row]), np.eye(len(row))[[data.draw(st.integers(0, len(row) - 1))]]
    loss, gradient = cross_entropy(output, targets)
    assert loss == pytest.approx(cross_entropy(output + shift, targets)[0], rel=1e-11, abs=1e-12)
    assert abs(gradient.sum()) <= 1e-15


@given(st.floats(-700, 700), st.sampled_from([0.0, 1.0]))
def test_two_classes_are_the_binary_case(logit: float, target: float) -> None:
    """softmax(0, z) = (1 - σ(z), σ(z))."""
    loss, gradient = binary_cross_entropy(np.array([[logit]]), np.array([[target]]))
    two_loss, two_gradient = cross_entropy(np.array([[0.0, logit]]), np.array([[1 - target, target]]))
    assert two_loss == pytest.approx(loss, rel=1e-14, abs=5e-324)
    np.testing.assert_allclose(two_gradient, np.hstack([-gradient, gradient]), rtol=1e-14, atol=5e-324)


@given(st.floats(-700, 700))
def test_binary_cross_entropy_has_a_mirror(logit: float) -> None:
    (loss, gradient), (mirrored, mirrored_gradient) = (
        binary_cross_entropy(np.array([[z]]), np.array([[t]])) for z, t in ((logit, 1.0), (-logit, 0.0))
    )
    assert (loss, gradient[0, 0]) == (mirrored, -mirrored_gradient[0, 0])


# --- guessing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("binary_cross_entropy", np.array([[1.0], [0.0], [0.0], [1.0], [0.0], [0.0], [0.0]])),
        ("binary_cross_entropy", np.array([[1.0], [0.0]])),
        ("cross_entropy", np.eye(3)[[0, 0, 1, 2, 0, 1, 0, 0]]),
        ("mean_squared_error", np.array([[1.0], [4.0], [-2.5], [0.3]])),
        ("mean_squared_error", np.array([[1.0, 10.0], [4.0, -3.0], [-2.5, 7.0]])),
    ],
)
def test_no_constant_answer_is_better_than_guessing(name: str, targets: Array) -> None:
    """Gradient descent from 0 finds the best constant prediction; the losses are convex."""
    constant, outputs = np.zeros(targets.shape[1]), len(targets)
    for _ in range(4000):
        loss, gradient = LOSSES[name](np.tile(constant, (outputs, 1)), targets)
        constant -= 0.3 * gradient.sum(axis=0)
    assert guessing_loss(name, targets) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("binary_cross_entropy", np.ones((5, 1))),
        ("binary_cross_entropy", np.zeros((5, 1))),
        ("cross_entropy", np.eye(3)[[1, 1, 1]]),
        ("mean_squared_error", np.full((4, 2), 3.5)),
    ],
)
def test_one_class_and_one_number_are_guessed_without_a_loss(name: str, targets: Array) -> None:
    assert guessing_loss(name, targets) == 0


def test_guessing_in_float32_is_guessing() -> None:
    targets = (np.random.default_rng(0).random((10_000, 1)) < 0.3).astype(np.float32)
    assert guessing_loss("binary_cross_entropy", targets) == pytest.approx(  # type: ignore[arg-type]  # float32 too
        guessing_loss("binary_cross_entropy", targets.astype(float)), rel=1e-12
    )


def test_an_output_that_is_no_number_is_not_right() -> None:
    binary = np.array([[np.nan], [np.nan], [1.0], [-np.inf]])
    assert accuracy("binary_cross_entropy", binary, np.array([[0.0], [1.0], [1.0], [0.0]])) == 0.25
    three = np.array([[np.nan, 0.0, 0.0], [0.0, 1.0, np.inf], [0.0, 1.0, 0.0]])
    assert accuracy("cross_entropy", three, np.eye(3)[[0, 2, 1]]) == 1 / 3


def test_accuracy_by_hand() -> None:
    binary = np.array([[0.3], [-0.1], [2.0], [-5.0]])
    assert accuracy("binary_cross_entropy", binary, np.array([[1.0], [1.0], [0.0], [0.0]])) == 0.5
    assert accuracy("binary_cross_entropy", binary, np.array([[1.0], [0.0], [1.0], [0.0]])) == 1
    three = np.array([[0.1, 0.2, 0.0], [5.0, 1.0, 2.0], [-3.0, -2.0, -1.0], [0.0, 9.0, 3.0]])
    assert accuracy("cross_entropy", three, np.eye(3)[[1, 0, 2, 2]]) == 0.75
    assert accuracy("mean_squared_error", three, three) is None


def test_an_output_of_0_is_class_0() -> None:
    answers = np.zeros((4, 1))
    assert accuracy("binary_cross_entropy", answers, np.array([[1.0], [0.0], [0.0], [0.0]])) == 0.75
