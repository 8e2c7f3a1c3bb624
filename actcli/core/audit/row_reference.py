"""Exact results of row-wise activations, in double-double arithmetic with separate exponents.

A result is a Double times 2^exponent. It is nan where the formula is 0/0: no finite score, or two infinite ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import RowWise
from actcli.core.activations.normal_gate import shifted_normal_cdf
from actcli.core.arrays import Array, Indices
from actcli.core.audit.ulp import Reference, rounded_once
from actcli.core.errors import InputError
from actcli.core.numerics.double_double import Double, exp, log1p, row_sum

Wide = tuple[Double, Indices]
"""(m, k): the number m 2^k."""

GateValues = Callable[[Array], tuple[Array, Array]]
"""gelu in double-double: high and low part."""

_NEGLIGIBLE: Final = 1e-300
"""Replaces smaller terms beside 1: only their sign matters, for ties."""


def row_reference(
    activation: RowWise, rows: Array, dtype: str, flush: bool = False, gelu: GateValues | None = None
) -> Reference:
    """Exact results for rows of shape (n, m), correctly rounded to the type, in the shape of the results.

    gelu: values in double-double, for geglu in float64; without them geglu is good to 1e-8 ULP of float32
    InputError: an activation without exact results, or a row of odd length for a gate.
    """
    parameters = activation.parameter_values
    with np.errstate(all="ignore"):  # masked scores are -inf; a row without another score is nan
        if (function := _EXACT.get(activation.name)) is not None:
            value, exponent = function(rows, *parameters.values())
        elif "gate_half" in parameters:
            value, exponent = _gated(activation.name, rows, parameters["gate_half"], gelu)
        else:
            raise InputError(f"there are no exact rows of {activation.name} to audit against")
        return rounded_once(value, exponent, dtype, flush)


@dataclass(frozen=True, eq=False)
class _Weights:
    """exp(score - largest score) for each score of the rows, as m 2^k.

    level: score - largest score, over the temperature
    mantissa, exponent: m and k; 1 for the winner, 0 for masked scores
    winner: column of the largest score
    others: the sum over all columns but the winner, as (m, k)
    defined: rows where the formula is not 0/0
    """

    level: Double
    mantissa: Double
    exponent: Indices
    winner: Indices
    others: Wide
    defined: Array

    @staticmethod
    def of(scores: Array, temperature: float = 1.0) -> "_Weights":
        winner = scores.argmax(axis=-1, keepdims=True)
        top = np.take_along_axis(scores, winner, axis=-1)
        defined = np.isfinite(scores).any(axis=-1, keepdims=True) & (np.isposinf(scores).sum(-1, keepdims=True) <= 1)
        defined &= ~np.isnan(scores).any(axis=-1, keepdims=True)
        masked = scores == -np.inf
        present = ~masked & np.isfinite(top)  # beside an infinite score all others have weight 0
        level = Double.total(np.where(present, scores, 0.0), np.where(np.isfinite(top), -top, 0.0))
        # A difference beyond float64's range counts as infinite.
        level = Double(
            np.where(np.isfinite(level.hi), level.hi, -1e300), np.where(np.isfinite(level.hi), level.lo, 0.0)
        )
        if temperature != 1.0:
            level = level / temperature
        level = Double(np.where(present | (scores == top), level.hi, -np.inf), np.where(present, level.lo, 0.0))
        level = Double(np.where(scores == top, 0.0, level.hi), np.where(scores == top, 0.0, level.lo))
        mantissa, exponent = exp(Double(np.where(present, level.hi, 0.0), level.lo))
        mantissa = Double(np.where(present, mantissa.hi, 0.0), np.where(present, mantissa.lo, 0.0))
        np.put_along_axis(mantissa.hi, winner, 1.0, axis=-1)
        mantissa = Double(mantissa.hi, np.where(np.arange(scores.shape[-1]) == winner, 0.0, mantissa.lo))
        losing = present & (np.arange(scores.shape[-1]) != winner)
        largest = np.where(losing, exponent, np.iinfo(np.int32).min).max(axis=-1, keepdims=True)
        losers = Double(np.where(losing, mantissa.hi, 0.0), np.where(losing, mantissa.lo, 0.0))
        others = row_sum(losers.scaled(exponent - largest))
        return _Weights(level, mantissa, exponent, winner, (others, largest), defined)

    def undefined_as_nan(self, value: Double) -> Double:
        return Double(np.where(self.defined, value.hi, np.nan), np.where(self.defined, value.lo, 0.0))


def _softmax(scores: Array, temperature: float = 1.0) -> Wide:
    row = _Weights.of(scores, temperature)
    others, exponent = row.others
    others = others.scaled(exponent)
    there = (row.others[0].hi > 0.0) & (others.hi < _NEGLIGIBLE)
    others = Double(np.where(there, _NEGLIGIBLE, others.hi), np.where(there, 0.0, others.lo))
    return row.undefined_as_nan(row.mantissa / (others + 1.0)), row.exponent


def _log_softmax(scores: Array) -> Wide:
    row = _Weights.of(scores)
    others, exponent = row.others
    log = log1p(others.scaled(exponent))
    tiny = exponent < -300  # log(1 + y) is y, and keeps its exponent
    log = Double(np.where(tiny, others.hi, log.hi), np.where(tiny, others.lo, log.lo))
    won = np.arange(scores.shape[-1]) == row.winner
    scale = np.where(tiny, exponent, 0)
    beside = log.scaled(scale)
    value = row.level - beside
    # A term too small to change the value still decides a tie.
    unseen = (value.hi == row.level.hi) & (value.lo == row.level.lo) & (others.hi > 0.0)
    aside = np.where(value.lo == 0.0, -_NEGLIGIBLE, np.nextafter(value.lo, -np.inf))
    value = Double(value.hi, np.where(unseen, aside, value.lo))
    infinite = ~np.isfinite(row.level.hi)
    hi = np.where(infinite, row.level.hi, np.where(won, -log.hi, value.hi))
    lo = np.where(infinite, 0.0, np.where(won, -log.lo, value.lo))
    return row.undefined_as_nan(Double(hi, lo)), np.where(won, scale, 0)


def _sparsemax(scores: Array) -> Wide:
    row = _Weights.of(scores)
    order = np.argsort(-scores, axis=-1, kind="stable")
    hi, lo = (np.take_along_axis(part, order, axis=-1) for part in (row.level.hi, row.level.lo))
    total = Double(np.zeros((len(scores), 1)))
    support, kept = np.zeros((len(scores), 1)), total
    for i in range(scores.shape[-1]):
        one = Double(hi[:, i : i + 1], lo[:, i : i + 1])
        total = total + one
        inside = (one * (i + 1.0) + 1.0 - total).hi > 0.0
        support += inside
        kept = Double(np.where(inside, total.hi, kept.hi), np.where(inside, total.lo, kept.lo))
    value = row.level - (kept + -1.0) / support
    inside = value.hi > 0.0
    value = Double(np.where(inside, value.hi, 0.0), np.where(inside, value.lo, 0.0))
    return row.undefined_as_nan(value), np.zeros(scores.shape, dtype=np.int64)


def _hardmax(scores: Array) -> Wide:
    won = np.arange(scores.shape[-1]) == scores.argmax(axis=-1, keepdims=True)
    hard = np.where(np.isnan(scores).any(axis=-1, keepdims=True), np.nan, won.astype(np.float64))
    return Double(hard), np.zeros(scores.shape, dtype=np.int64)


_EXACT: Final[Mapping[str, Callable[..., Wide]]] = {
    "softmax": _softmax,
    "softmin": lambda scores: _softmax(-scores),
    "log_softmax": _log_softmax,
    "sparsemax": _sparsemax,
    "hardmax": _hardmax,
}


def _gated(name: str, rows: Array, half: float, gelu: GateValues | None) -> Wide:
    if rows.shape[-1] % 2:
        raise InputError(f"{name} cuts a row in two halves, so it needs an even number of values, not {rows.shape[-1]}")
    middle = rows.shape[-1] // 2
    first, second = rows[..., :middle], rows[..., middle:]
    a, b = (second, first) if half == 1.0 else (first, second)
    gate, exponent = _gate(name, b, gelu)
    mantissa, shift = np.frexp(np.where(np.isfinite(a), a, 1.0))
    product = gate * mantissa
    odd = ~(np.isfinite(a) & np.isfinite(b))
    size = np.ldexp(gate.hi, np.clip(exponent, -1000, 1000).astype(np.int32))
    value = Double(np.where(odd, a * size, product.hi), np.where(odd, 0.0, product.lo))
    return value, np.where(odd, 0, exponent + shift)


def _gate(name: str, b: Array, gelu: GateValues | None) -> Wide:
    """The gate at b."""
    level = np.zeros(b.shape, dtype=np.int64)
    if name == "reglu":
        return Double(np.where(np.isnan(b), b, np.maximum(b, 0.0))), level
    if name == "geglu":
        return (Double(*gelu(b)) if gelu is not None else _gelu(b)), level
    small, exponent = exp(Double(-np.abs(b)))  # sigmoid(b) = 1/(1 + e^-b) = e^b/(1 + e^b)
    whole = small.scaled(exponent)
    whole = Double(np.maximum(whole.hi, _NEGLIGIBLE), whole.lo)
    share = Double(np.where(b < 0.0, small.hi, 1.0), np.where(b < 0.0, small.lo, 0.0)) / (whole + 1.0)
    exponent = np.where(b < 0.0, exponent, 0)
    share = Double(np.where(np.isnan(b), b, np.where(b == -np.inf, 0.0, share.hi)), share.lo)
    if name == "glu":
        return share, exponent
    mantissa, shift = np.frexp(np.where(np.isinf(b), 1.0, b))
    silu = share * mantissa
    value = np.where(b == np.inf, b, np.where(b == -np.inf, -0.0, silu.hi))
    return Double(value, np.where(np.isinf(b), 0.0, silu.lo)), exponent + shift


def _gelu(b: Array) -> Double:
    """gelu(b) = b - b Φ(-b) for b > 0, in double-double with Φ in float64; else b Φ(b) in float64."""
    small = b * shifted_normal_cdf(-np.abs(b), 0.0)
    above = Double.total(b, -small)
    positive = b > 0.0
    value = np.where(b == -np.inf, -0.0, np.where(b == np.inf, b, np.where(positive, above.hi, small)))
    return Double(value, np.where(positive & np.isfinite(b), above.lo, 0.0))
