"""Activations of a whole row: each output depends on every score of the last axis.

`scores` is an array (..., m) or a jet of such arrays.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from actcli.core.choice import kept
from actcli.core.elementary import exp, expm1, log1p
from actcli.core.errors import InputError
from actcli.core.jet import Array, Jet, Operand, value_of

Index: TypeAlias = npt.NDArray[np.intp]


def softmax(scores: Operand, temperature: float = 1.0) -> Operand:
    """exp(s_i) / Σ_j exp(s_j) of s = scores / temperature (Bridle 1990)."""
    shifted, winner = _below_the_maximum(scores / temperature)
    weights = exp(shifted)
    return weights / (1.0 + _others(shifted, winner))


def log_softmax(scores: Operand) -> Operand:
    """s_i - log Σ_j exp(s_j), right also where one probability is all but 1."""
    shifted, winner = _below_the_maximum(scores)
    return shifted - log1p(_others(shifted, winner))


def sparsemax(scores: Operand) -> Operand:
    """The Euclidean projection of a row on the probability simplex: max(0, s_i - τ) with τ such that it sums to 1."""
    value = value_of(scores)
    top: Array = value.max(axis=-1, keepdims=True)
    shifted = scores - top
    level = value_of(shifted)
    descending = -np.sort(-level, axis=-1)
    rank = np.arange(1.0, level.shape[-1] + 1.0)
    support = (1.0 + rank * descending > descending.cumsum(axis=-1)).sum(axis=-1, keepdims=True)
    least = np.take_along_axis(descending, support - 1, axis=-1)
    inside = level >= least
    tau: Operand = (_row_sum(kept(inside, shifted)) - 1.0) / support
    return kept(inside, shifted - tau)


def hardmax(scores: Operand) -> Operand:
    """1 at the first largest score of a row, 0 elsewhere."""
    value = value_of(scores)
    winner = np.arange(value.shape[-1]) == value.argmax(axis=-1, keepdims=True)
    hard = np.where(np.isnan(value).any(axis=-1, keepdims=True), np.nan, np.where(winner, 1.0, 0.0))
    return scores.constant(hard) if isinstance(scores, Jet) else hard


def gated_by(gate: Callable[[Operand], Operand]) -> Callable[[Operand], Operand]:
    """a * gate(b) for a row that is cut in halves a and b, as torch.nn.functional.glu cuts it.

    InputError, when it is called: a row of odd length.
    """

    def gated(row: Operand) -> Operand:
        m = (row.derivatives if isinstance(row, Jet) else row).shape[-1]
        if m % 2:
            raise InputError(f"the row is cut in two halves, so it has an even number of values, not {m}")
        if isinstance(row, Jet):
            a, b = Jet(row.derivatives[..., : m // 2]), Jet(row.derivatives[..., m // 2 :])
            product: Jet = a * gate(b)
            return product
        return row[..., : m // 2] * gate(row[..., m // 2 :])

    return gated


def _below_the_maximum(scores: Operand) -> tuple[Operand, Index]:
    """The scores less their maximum, a constant, and where in each row that is."""
    value = value_of(scores)
    winner = value.argmax(axis=-1, keepdims=True)
    top = np.take_along_axis(value, winner, axis=-1)
    # An infinite maximum less itself is 0: the limit of a row in which that score outgrows the others.
    level = np.where(value == top, 0.0, value - top)
    if isinstance(scores, Jet):
        return Jet(np.concatenate([level[None], scores.derivatives[1:]])), winner
    return level, winner


def _others(shifted: Operand, winner: Index) -> Operand:
    """Σ_j exp(s_j - max) - 1 without the cancellation: the winner's own term is expm1, whose value is 0."""
    if isinstance(shifted, Jet):
        weights = exp(shifted).derivatives
        index = np.broadcast_to(winner, (len(weights), *winner.shape))
        own = expm1(Jet(np.take_along_axis(shifted.derivatives, index, axis=-1))).derivatives
        np.put_along_axis(weights, index, own, axis=-1)
        return Jet(np.concatenate([_sum_of_weights(weights[:1]), weights[1:].sum(axis=-1, keepdims=True)]))
    others = exp(shifted)
    np.put_along_axis(others, winner, 0.0, axis=-1)
    return _sum_of_weights(others)


def _sum_of_weights(weights: Array) -> Array:
    """Σ over the last axis of numbers from 0 to 1, rounded once: rows of up to 2^27 sum to 1 within 2 ULP.

    Each is cut at 2^-25. The upper parts add up exactly, and the lower ones are too small for their rounding to
    matter (Rump, Ogita and Oishi, Accurate floating-point summation, 2008).
    """
    upper = (weights + 2.0**27) - 2.0**27
    exact: Array = upper.sum(axis=-1, keepdims=True)
    rest: Array = (weights - upper).sum(axis=-1, keepdims=True)
    return exact + rest


def _row_sum(x: Operand) -> Operand:
    if isinstance(x, Jet):
        return Jet(x.derivatives.sum(axis=-1, keepdims=True))
    total: Array = x.sum(axis=-1, keepdims=True)
    return total
