"""Activations of a whole row: each output depends on every score of the last axis.

`scores` is an array (..., m) or a jet of such arrays.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from actcli.core.activations.activation import Elementwise, Parameter, RowWise
from actcli.core.activations.gates import silu
from actcli.core.activations.normal_gate import gelu, shifted_normal_cdf
from actcli.core.activations.parts import positive
from actcli.core.activations.rectifiers import relu
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.jets.choice import clamp, kept, where
from actcli.core.jets.elementary import exp, log1p, sigmoid
from actcli.core.jets.jet import Jet, Operand, value_of
from actcli.core.numerics.compensated import two_product, two_sum

Index: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class _Row:
    """Rows of scores relative to their largest score, the winner.

    level:  (scores - winner's score) / temperature
    winner: index of the winner
    others: Σ exp(level) over all but the winner, whose own term is 1
    shares: exp(level) / (1 + others)
    """

    level: Array
    winner: Index
    others: Array
    shares: Array

    @staticmethod
    def of(scores: Array, temperature: float) -> "_Row":
        winner = scores.argmax(axis=-1, keepdims=True)
        top = _without_limit_nan(scores, np.take_along_axis(scores, winner, axis=-1))
        # exp magnifies rounding errors of its argument: those of the difference and the quotient are carried along.
        difference, lost = two_sum(scores, -top)
        # inf - inf counts as 0: an infinite score dominates the others.
        level = difference = np.where(scores == top, 0.0, difference)
        if temperature != 1.0:
            level = difference / temperature
            product, error = two_product(level, temperature)
            lost = (difference - product - error + lost) / temperature
        weights: Array = np.exp(level)
        weights += weights * np.where(np.isfinite(lost), lost, 0.0)
        losers = weights.copy()
        np.put_along_axis(losers, winner, 0.0, axis=-1)
        others = _sum_of_weights(losers)
        return _Row(level, winner, others, weights / (1.0 + others))

    def moving(self, scores: Jet) -> tuple[Jet, Jet]:
        """level and others, as jets."""
        level = Jet(np.concatenate([self.level[None], scores.derivatives[1:]]))
        summed = exp(level).derivatives[1:].sum(axis=-1, keepdims=True)
        return level, Jet(np.concatenate([self.others[None], summed]))

    def slope_of_log(self, direction: Array) -> Array:
        """d log p_i = (1 - p_i) d_i - Σ_(j≠i) p_j d_j, where 1 - p of the winner is the sum of the others."""
        complement = 1.0 - self.shares
        np.put_along_axis(complement, self.winner, self.others / (1.0 + self.others), axis=-1)
        moved = self.shares * direction
        slope: Array = complement * direction - (moved.sum(axis=-1, keepdims=True) - moved)
        return slope


def _without_limit_nan(scores: Array, top: Array) -> Array:
    """The largest scores; nan for rows without a limit: no finite score, or two scores inf.

    exp(s_i) / Σ_j exp(s_j) is then 0/0 or inf/inf; PyTorch returns nan too.
    """
    if not np.isinf(top).any():
        return top
    undefined = ~np.isfinite(scores).any(axis=-1, keepdims=True) | (np.isposinf(scores).sum(-1, keepdims=True) > 1)
    return np.where(undefined, np.nan, top)


def _with_slope(jet: Jet, value: Array, slope: Array) -> Jet:
    """The jet with its value and slope replaced by these, which were computed without cancellation."""
    return Jet(np.concatenate([value[None], slope[None], jet.derivatives[2:]]))


def _sum_of_weights(weights: Array) -> Array:
    """Σ over the last axis of numbers from 0 to 1, rounded once: rows of up to 2^27 sum to 1 within 2 ULP.

    Each is cut at 2^-25. The upper parts add up exactly, and the lower ones are too small for their rounding to
    matter (Rump, Ogita and Oishi, Accurate floating-point summation, 2008).
    """
    upper = (weights + 2.0**27) - 2.0**27
    exact: Array = upper.sum(axis=-1, keepdims=True)
    rest: Array = (weights - upper).sum(axis=-1, keepdims=True)
    return exact + rest


def softmax(scores: Operand, temperature: float = 1.0) -> Operand:
    """exp(s_i) / Σ_j exp(s_j) of s = scores / temperature (Bridle 1990)."""
    row = _Row.of(value_of(scores), temperature)
    if not isinstance(scores, Jet):
        return row.shares
    moving, others = row.moving(scores / temperature)
    slope = row.shares * row.slope_of_log(moving.derivatives[1])
    return _with_slope(exp(moving) / (1.0 + others), row.shares, slope)


SOFTMAX = RowWise(
    name="softmax",
    function=softmax,
    formula="exp(x_i/temperature) / sum_j exp(x_j/temperature)",
    reference="Boltzmann 1868; Bridle 1990, Probabilistic interpretation of feedforward network outputs",
    parameters=(positive("temperature", 1.0),),
)


def log_softmax(scores: Operand) -> Operand:
    """s_i - log Σ_j exp(s_j), accurate also for a probability close to 1."""
    row = _Row.of(value_of(scores), 1.0)
    logs = row.level - np.log1p(row.others)
    if not isinstance(scores, Jet):
        return logs
    moving, others = row.moving(scores)
    return _with_slope(moving - log1p(others), logs, row.slope_of_log(moving.derivatives[1]))


LOG_SOFTMAX = RowWise(
    name="log_softmax",
    function=log_softmax,
    formula="x_i - log(sum_j exp(x_j))",
    reference="Bridle 1990; torch.nn.LogSoftmax",
)

SOFTMIN = RowWise(
    name="softmin",
    function=lambda x: softmax(-x),
    formula="exp(-x_i) / sum_j exp(-x_j)",
    reference="torch.nn.Softmin",
)


def sparsemax(scores: Operand) -> Operand:
    """Euclidean projection of a row on the probability simplex: max(0, s_i - τ) with τ such that the row sums to 1."""
    value = value_of(scores)
    top = _without_limit_nan(value, value.max(axis=-1, keepdims=True))
    level = np.where(value == top, 0.0, value - top)  # inf - inf counts as 0, as in softmax
    shifted = Jet(np.concatenate([level[None], scores.derivatives[1:]])) if isinstance(scores, Jet) else level
    descending = -np.sort(-level, axis=-1)
    rank = np.arange(1.0, level.shape[-1] + 1.0)
    support = (1.0 + rank * descending > descending.cumsum(axis=-1)).sum(axis=-1, keepdims=True)
    least = np.take_along_axis(descending, support - 1, axis=-1)
    inside = ~(level < least)  # a row with a nan is nan throughout
    tau: Operand = (_row_sum(kept(inside, shifted)) - 1.0) / np.where(np.isnan(top), np.nan, support)
    return kept(inside, shifted - tau)


def _row_sum(x: Operand) -> Operand:
    if isinstance(x, Jet):
        return Jet(x.derivatives.sum(axis=-1, keepdims=True))
    total: Array = x.sum(axis=-1, keepdims=True)
    return total


SPARSEMAX = RowWise(
    name="sparsemax",
    function=sparsemax,
    formula="max(0, x_i - tau), tau such that the row sums to 1",
    reference="Martins and Astudillo 2016, arXiv:1602.02068",
)


def hardmax(scores: Operand) -> Operand:
    """1 at the first largest score of a row, 0 elsewhere."""
    value = value_of(scores)
    winner = np.arange(value.shape[-1]) == value.argmax(axis=-1, keepdims=True)
    hard = np.where(np.isnan(value).any(axis=-1, keepdims=True), np.nan, np.where(winner, 1.0, 0.0))
    return scores.constant(hard) if isinstance(scores, Jet) else hard


HARDMAX = RowWise(
    name="hardmax",
    function=hardmax,
    formula="1 at the first largest x_i, 0 elsewhere",
    reference="ONNX Hardmax",
)


def _gated(row: Operand, gate: Callable[[Operand], Operand], half: float, tail: "_Tail | None") -> Operand:
    """One half of a row times gate(other half). half: 1 or 2, the half that is the gate. InputError: odd length."""
    m = (row.derivatives if isinstance(row, Jet) else row).shape[-1]
    if m % 2:
        raise InputError(f"the row is cut in two halves, so it needs an even number of values, not {m}")
    first, second = _cut(row, slice(None, m // 2)), _cut(row, slice(m // 2, None))
    a, b = (second, first) if half == 1.0 else (first, second)
    product: Operand = a * gate(b)
    if tail and (far := value_of(b) < tail.edge).any():  # a gate that underflows may have a large factor a
        small: Operand = a * _UNSHIFT_HALF * tail.shifted(clamp(b, tail.end, tail.edge)) * _UNSHIFT_HALF
        return where(far, small, product)
    return product


def _cut(row: Operand, part: slice) -> Operand:
    return Jet(row.derivatives[..., part]) if isinstance(row, Jet) else row[..., part]


_GATE_SHIFT: Final = 750.0
_UNSHIFT_HALF: Final = math.exp(-_GATE_SHIFT / 2.0)


@dataclass(frozen=True, eq=False, slots=True)
class _Tail:
    """Tail of a gate: shifted(b) e^-750 for b < edge. For b < end every product with it is 0."""

    edge: float
    shifted: Callable[[Any], Any]
    end: float = -2000.0


def _of_halves(
    name: str, gate_name: str, half: int, gate: Callable[[Any], Any], reference: str, tail: _Tail | None = None
) -> RowWise:
    return RowWise(
        name=name,
        function=lambda row, gate_half: _gated(row, gate, gate_half, tail),
        formula=f"{gate_name}(a)*b where gate_half is 1, a*{gate_name}(b) where it is 2, of the row's halves a and b",
        reference=reference,
        parameters=(Parameter("gate_half", half, choices=(1.0, 2.0)),),
    )


# Default gate of glu: the second half, as in torch.nn.functional.glu. Default gate of the others: the first half, as in
# Shazeer's FFN_SwiGLU(x) = (Swish(xW) * xV)W2, in vLLM's silu_and_mul and in ONNX.
GLU = _of_halves(
    *("glu", "sigmoid", 2, sigmoid, "Dauphin, Fan, Auli and Grangier 2017, arXiv:1612.08083"),
    _Tail(-700.0, lambda b: exp(b + _GATE_SHIFT)),
)
SWIGLU = _of_halves(
    *("swiglu", "silu", 1, lambda b: silu(b, 1.0), "Shazeer 2020, arXiv:2002.05202"),
    _Tail(-700.0, lambda b: b * exp(b + _GATE_SHIFT)),
)
GEGLU = _of_halves(
    *("geglu", "gelu", 1, gelu, "Shazeer 2020, arXiv:2002.05202"),
    _Tail(-37.0, lambda b: b * shifted_normal_cdf(b, _GATE_SHIFT), -100.0),
)
REGLU = _of_halves("reglu", "relu", 1, relu, "Shazeer 2020, arXiv:2002.05202")

ROWS = (SOFTMAX, LOG_SOFTMAX, SOFTMIN, SPARSEMAX, HARDMAX, GLU, SWIGLU, GEGLU, REGLU)


EXAMPLE: Final[tuple[float, ...]] = (2.0, 1.0, 0.0)
"""Default scores before the last one. With it the row has even length, because some activations split it in halves."""


def swept(activation: RowWise, fixed: Sequence[float] = EXAMPLE) -> tuple[Elementwise, ...]:
    """Outputs of the row (*fixed, x) as functions of x, one elementwise activation each, with all derivatives.

    Raises InputError if the activation takes no row of this length.
    """
    row = np.array([*fixed, 0.0])
    return tuple(
        Elementwise(
            name=f"{activation.name}_{i + 1}",
            function=_Output(activation, row, i),
            formula=f"{row_text(activation, fixed)}[{i}]",
            reference=activation.reference,
        )
        for i in range(activation(row).size)
    )


def row_text(activation: RowWise, fixed: Sequence[float], variable: str = "x") -> str:
    """`softmax(2, 1, 0, x)`."""
    return f"{activation.label}({', '.join([*(f'{score:g}' for score in fixed), variable])})"


class _Output:
    """x -> output i of the row whose last score is x."""

    def __init__(self, activation: RowWise, row: Array, i: int) -> None:
        self.activation, self.row, self.i = activation, row, i

    def __call__(self, x: Operand) -> Operand:
        parameters = self.activation.parameter_values
        if not isinstance(x, Jet):
            value: Array = self.activation.function(self._row_with(x), **parameters)[..., self.i]
            return value
        derivatives = np.zeros((*x.derivatives.shape, self.row.size))
        derivatives[0] = self._row_with(x.derivatives[0])
        derivatives[1:, ..., -1] = x.derivatives[1:]
        return Jet(self.activation.function(Jet(derivatives), **parameters).derivatives[..., self.i])

    def _row_with(self, x: Array) -> Array:
        rows = np.broadcast_to(self.row, (*x.shape, self.row.size)).copy()
        rows[..., -1] = x
        return rows


def check_row(activation: RowWise, row: Array) -> tuple[float, ...]:
    """The fixed scores of a user's row, all but the last. Raises InputError."""
    if row.size < 2:
        raise InputError(f"{activation.name} needs a row of at least two scores: the last one is varied")
    if not np.isfinite(row).all():
        raise InputError("the scores of the row must be finite numbers")
    return tuple(row[:-1].tolist())
