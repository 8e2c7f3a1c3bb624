"""The verdict on a deep network, in one word.

A network that learnt is healthy. Only one that did not learn, or was not trained, is judged by its gradient.

    diverged   the loss is not finite, or more than ten times the larger of its value before training and the loss of
               guessing
    healthy    learnt: the loss over the whole data set is at least 5 % below guessing, the best constant prediction.
               The gradient and dead units do not matter then
    dead       not learnt, some hidden layer has slope 0 in every unit for every input, and the gradient at layer 1 is 0
    vanishing  not learnt, and the signal of layer 1 is below 1/100 of the last hidden layer's; or below 1/10, with a
               mean factor below 1/2 per layer, so that more layers would make it worse
    exploding  not learnt, and the signal of layer 1 is above 100 times the last hidden layer's; or above 10 times, with
               a mean factor above 2 per layer. A last hidden layer of dead units has no signal to compare with
    stuck      trained, not learnt, and none of the above

The gradient of a trained network is judged before training and, if it was healthy then, after it. An untrained network
is judged by its gradient alone: healthy then means neither dead, vanishing nor exploding.
"""

import math
from dataclasses import dataclass
from typing import Final

VERDICTS: Final = ("diverged", "dead", "vanishing", "exploding", "stuck", "healthy")

LEARNT: Final = 0.95
"""Largest loss / loss of guessing at which a network has learnt."""
MOST_RISE: Final = 10.0
"""Largest loss / max(loss of guessing, loss before training) of a training that did not diverge."""
_CLEAR: Final = 100.0
_SOME: Final = 10.0
_STEEP: Final = 2.0


@dataclass(frozen=True)
class Flow:
    """The gradient's flow through the hidden layers, at one step of the training.

    first, last: norm of the signal at the first and at the last hidden layer
    layers:      number of hidden layers
    blocked:     some hidden layer has slope 0 in every unit for every input
    """

    first: float
    last: float
    layers: int
    blocked: bool

    @property
    def condition(self) -> str:
        """diverged, dead, vanishing, exploding or healthy, by this gradient alone."""
        if math.isnan(self.first) or math.isnan(self.last):
            return "diverged"
        if self.blocked and self.first == 0:
            return "dead"
        per_layer = decay_per_layer(self.first, self.last, self.layers) or 1.0
        if self.first == 0 or self._exceeds(self.last, self.first, 1 / per_layer):
            return "vanishing"
        if self.last == 0:  # residual connections lead the signal past the dead units
            return "healthy"
        if math.isinf(self.first) or self._exceeds(self.first, self.last, per_layer):
            return "exploding"
        return "healthy"

    def _exceeds(self, large: float, small: float, per_layer: float) -> bool:
        return large / _CLEAR > small or (large / _SOME > small and per_layer > _STEEP)


@dataclass(frozen=True)
class Outcome:
    """Losses of a training over the whole data set.

    guess:         of the best constant prediction
    before, after: training
    finite:        all losses during training were finite
    """

    guess: float
    before: float
    after: float
    finite: bool

    @property
    def learnt(self) -> bool:
        """Whether the loss is at least 5 % below guessing."""
        return self.after <= LEARNT * self.guess

    @property
    def diverged(self) -> bool:
        """Whether a loss is not finite, or the last one is more than ten times max(guess, before)."""
        return not (self.finite and self.after <= MOST_RISE * max(self.guess, self.before))


def verdict(before: Flow, after: Flow, outcome: Outcome | None) -> str:
    """One of VERDICTS, by the rules above. outcome: None for an untrained network."""
    if outcome is None:
        return before.condition
    if outcome.diverged:
        return "diverged"
    if outcome.learnt:
        return "healthy"
    if "dead" in (before.condition, after.condition):
        return "dead"
    sick = [flow.condition for flow in (before, after) if flow.condition != "healthy"]
    return sick[0] if sick else "stuck"


def decay_per_layer(first: float, last: float, layers: int) -> float | None:
    """Mean factor of the signal per layer, from the last hidden layer to the first: (first / last)^(1 / (layers - 1)).

    None for one layer, and where it is undefined.
    """
    if layers == 1 or not 0 < last < math.inf or math.isnan(first):
        return None
    # The ratio may overflow or underflow; the ratio of the roots does not.
    root = 1 / (layers - 1)
    return float(first**root / last**root)
