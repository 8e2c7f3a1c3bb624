"""The verdict on a deep network, and the factor per layer behind it."""

import math
from collections.abc import Sequence
from typing import Final

VERDICTS: Final = ("diverged", "dead", "vanishing", "exploding", "healthy")


def verdict(losses: Sequence[float], dead: Sequence[float], first: float, last: float) -> str:
    """One word for a run; the first that applies.

    diverged:  the loss left the finite numbers
    dead:      after training, some hidden layer has more than half of its units dead
    vanishing: before training, the signal of the first hidden layer is under 1/100 of the last one's, or zero
    exploding: it is over 100 times the last one's
    healthy:   none of these
    """
    if not all(map(math.isfinite, losses)) or math.isnan(first) or math.isnan(last):
        return "diverged"
    if any(fraction > 0.5 for fraction in dead):
        return "dead"
    if first == 0 or first < last / 100:
        return "vanishing"
    if first > last * 100 or math.isinf(first):
        return "exploding"
    return "healthy"


def decay_per_layer(first: float, last: float, layers: int) -> float | None:
    """The factor per layer by which the signal changes on its way from the last hidden layer to the first."""
    if layers == 1 or not 0 < last < math.inf or math.isnan(first):
        return None
    # Each signal takes the root by itself, because their ratio may leave the floating-point range.
    root = 1 / (layers - 1)
    return float(first**root / last**root)
