"""The verdict on a deep network: one word for what happened, and the rules behind it.

What counts is whether it learnt. Only a network that did not learn, or was not trained, is judged by its gradient.

    diverged   the loss left the finite numbers, or rose to more than ten times the larger of what it was before
               training and of guessing
    healthy    it learnt: the loss over the whole data set is at least 5 % below guessing, which is what the best
               constant answer gives. Whatever its gradient was at first, and however many units are dead
    dead       it did not learn, and nothing gets through: in some hidden layer every unit has slope 0 for every input,
               and of the loss's gradient nothing arrives at layer 1. Born dead, or died
    vanishing  it did not learn, and the signal of layer 1 is under 1/100 of the last hidden layer's: layer 1 all but
               stands still while the last layer learns. Or it is under 1/10 and loses more than half in every layer:
               the next layers would make it worse
    exploding  the same upwards: over 100 times the last hidden layer's, or over 10 times with more than a doubling in
               every layer
    stuck      trained, not learnt, and no sick gradient to blame

A network that did not learn is judged by its gradient before training and, where that was not sick, after it. One that
was not trained is judged by its gradient alone: healthy then says no more than that it is none of dead, vanishing and
exploding.
"""

import math
from dataclasses import dataclass
from typing import Final

VERDICTS: Final = ("diverged", "dead", "vanishing", "exploding", "stuck", "healthy")

LEARNT: Final = 0.95
"""The largest share of guessing's loss with which a network has learnt."""
_MOST_RISE: Final = 10.0
_CLEAR: Final = 100.0
_SOME: Final = 10.0
_STEEP: Final = 2.0


@dataclass(frozen=True)
class Flow:
    """How the gradient passes the hidden layers, at one moment of the training.

    first, last: norm of the signal at the first and at the last hidden layer
    layers:      how many hidden layers there are
    blocked:     whether some hidden layer has slope 0 in every unit for every input
    """

    first: float
    last: float
    layers: int
    blocked: bool

    @property
    def condition(self) -> str:
        """diverged, dead, vanishing, exploding or healthy: of this gradient alone."""
        if math.isnan(self.first) or math.isnan(self.last):
            return "diverged"
        if self.blocked and self.first == 0:
            return "dead"
        per_layer = decay_per_layer(self.first, self.last, self.layers) or 1.0
        if self.first == 0 or self._exceeds(self.last, self.first, 1 / per_layer):
            return "vanishing"
        if math.isinf(self.first) or self._exceeds(self.first, self.last, per_layer):
            return "exploding"
        return "healthy"

    def _exceeds(self, large: float, small: float, per_layer: float) -> bool:
        return large / _CLEAR > small or (large / _SOME > small and per_layer > _STEEP)


@dataclass(frozen=True)
class Outcome:
    """Losses over the whole data set: of the best constant answer, before training, and after it.

    finite: whether all losses on the way were
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
        """Whether the loss is no finite number, or rose out of all proportion."""
        return not (self.finite and self.after <= _MOST_RISE * max(self.guess, self.before))


def verdict(before: Flow, after: Flow, outcome: Outcome | None) -> str:
    """One of VERDICTS, by the rules above. outcome: None for a network that was not trained."""
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
    """The factor per layer by which the signal changes on its way from the last hidden layer to the first."""
    if layers == 1 or not 0 < last < math.inf or math.isnan(first):
        return None
    # Each signal takes the root by itself, because their ratio may leave the floating-point range.
    root = 1 / (layers - 1)
    return float(first**root / last**root)
