"""One training step against a computation by hand."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.lessons.trace import Trace, trace
from tests.each import each


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# The activation and its slope, as in a textbook.
BY_HAND: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "relu": (lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "sigmoid": (logistic, lambda x: logistic(x) * (1 - logistic(x))),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "x*x": (lambda x: x * x, lambda x: 2 * x),
}
RATE = 0.03
CASES = [(activation, seed) for activation in BY_HAND for seed in range(4)]


def weight(step: Trace, source: str, target: str, when: str = "before") -> float:
    return getattr(step.between(source, target), when)


def loss_by_hand(step: Trace, weights: dict[tuple[str, str], float]) -> float:
    bend, _ = BY_HAND[step.activation]
    sent = dict(zip(("x1", "x2"), step.inputs, strict=True))
    for unit in ("h1", "h2"):
        sent[unit] = bend(sum(weights[x, unit] * sent[x] for x in ("x1", "x2")) + weights["bias", unit])
    z = sum(weights[h, "z"] * sent[h] for h in ("h1", "h2")) + weights["bias", "z"]
    return -math.log(logistic(z) if step.answer else 1 - logistic(z))


def all_weights(step: Trace, when: str) -> dict[tuple[str, str], float]:
    return {(w.source, w.target): getattr(w, when) for w in step.weights}


@each(("activation", "seed"), CASES)
def test_each_number_is_what_one_gets_by_hand(activation: str, seed: int) -> None:
    step = trace(resolve(activation), RATE, seed)
    bend, slope = BY_HAND[activation]
    x1, x2 = step.inputs
    for unit in step.hidden:
        s = weight(step, "x1", unit.name) * x1 + weight(step, "x2", unit.name) * x2 + weight(step, "bias", unit.name)
        assert unit.weighted_sum == pytest.approx(s, rel=1e-12)
        assert unit.output == pytest.approx(bend(s), rel=1e-12)
        assert unit.slope == pytest.approx(slope(s), rel=1e-12)
        back = step.output_signal * weight(step, unit.name, "z") * slope(s)
        assert unit.signal == pytest.approx(back, rel=1e-12)
    z = sum(weight(step, unit.name, "z") * unit.output for unit in step.hidden) + weight(step, "bias", "z")
    assert step.before.output == pytest.approx(z, rel=1e-12)
    assert step.before.probability == pytest.approx(logistic(z), rel=1e-12)
    assert step.output_signal == pytest.approx(logistic(z) - step.answer, rel=1e-12)
    assert step.before.loss == pytest.approx(loss_by_hand(step, all_weights(step, "before")), rel=1e-12)
    assert step.after.loss == pytest.approx(loss_by_hand(step, all_weights(step, "after")), rel=1e-12)


@each(("activation", "seed"), CASES)
def test_each_gradient_is_how_the_loss_changes_and_each_nudge_goes_against_it(activation: str, seed: int) -> None:
    step = trace(resolve(activation), RATE, seed)
    weights = all_weights(step, "before")
    assert len(weights) == 9
    for nudged in step.weights:
        there = (nudged.source, nudged.target)
        up, down = (loss_by_hand(step, weights | {there: weights[there] + side * 1e-6}) for side in (1, -1))
        assert nudged.gradient == pytest.approx((up - down) / 2e-6, abs=1e-8)
        assert nudged.after == pytest.approx(nudged.before - RATE * nudged.gradient, rel=1e-12)


def test_a_small_step_lowers_the_loss() -> None:
    for seed in range(10):
        step = trace(resolve("tanh"), 0.01, seed)
        assert step.after.loss < step.before.loss


def test_what_is_drawn_has_two_decimals_and_the_seed_decides_it() -> None:
    one, same, other = (trace(resolve("relu"), seed=seed) for seed in (3, 3, 4))
    assert one == same != other
    drawn = [*one.inputs, *(step.before for step in one.weights)]
    assert drawn == np.round(drawn, 2).tolist()
    assert {trace(resolve("relu"), seed=seed).answer for seed in range(10)} == {0.0, 1.0}


@pytest.mark.parametrize(
    ("activation", "rate", "reason"),
    [("softmax", 0.5, "whole rows"), ("relu", -1, "learning rate"), ("relu", math.nan, "learning rate"),
     ("log(x)", 0.5, "the output is no finite number$")],
)  # fmt: skip
def test_what_cannot_be_traced_is_refused(activation: str, rate: float, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        trace(resolve(activation), rate)
