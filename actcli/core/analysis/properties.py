"""The card of an activation: where it comes from, and what it does to a number or to a row."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

import numpy as np

from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.activations.practice import framework_names, use
from actcli.core.analysis.curve_properties import CurveProperties, describe_curve
from actcli.core.analysis.digits import MoreDigits
from actcli.core.arrays import Array

EXAMPLE: Final = (-1.0, 0.0, 1.0, 2.0)
SCALES: Final = (0.5, 1.0, 2.0, 4.0)

CAVEAT: Final = (
    "A confident softmax is not a calibrated one: 99 % is what the scores say of each other, "
    "not how often the model is right."
)

# Equal scores, negative ones, a clear winner, and scores far apart; even in length, because some cut a row in halves.
_PROBES: Final = np.array(
    [EXAMPLE, (0.0, 0.0, 0.0, 0.0), (-3.0, -2.0, -5.0, -4.0), (9.0, 1.0, 2.0, 1.5), (0.3, 40.0, -40.0, 0.1)]
)
_ROUNDING = 2.0**-48

Order = Literal["kept", "reversed", "neither"]


@dataclass(frozen=True, slots=True)
class ScaledRow:
    """What becomes of a row whose scores are all multiplied by `scale`.

    leader:     the index of the largest output
    same_order: whether the outputs stand in the order of those of the row itself; ties may part, and become ties
    """

    scale: float
    largest: float
    leader: int
    same_order: bool


def scaled(activation: RowWise, scores: Array, scales: Sequence[float]) -> tuple[ScaledRow, ...]:
    """The row (m,) at several scales: the confidence of a softmax grows with the scale, and the order stays."""
    outputs = activation(scores)
    rising = np.argsort(outputs, kind="stable")
    rows = []
    for scale in scales:
        row = activation(scale * scores)
        in_order = bool((np.diff(row[rising]) >= 0.0).all())
        rows.append(ScaledRow(scale, float(row.max()), int(row.argmax()), in_order))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class RowProperties:
    """What a row-wise activation does to the scores of a row; claims hold on the rows that were tried.

    example_input:   a row, and what becomes of it
    probabilities:   the outputs are >= 0 and sum to 1
    shift_invariant: the same number added to all scores changes nothing
    order:           of two scores, whether the larger has the larger output (or an equal one)
    caveat:          what to keep in mind when the outputs are read as probabilities
    example_scaled:  then the example at several scales of its scores
    """

    example_input: tuple[float, ...]
    example_output: tuple[float, ...]
    probabilities: bool
    shift_invariant: bool
    order: Order
    caveat: str | None
    example_scaled: tuple[ScaledRow, ...]


def describe_rows(activation: RowWise) -> RowProperties:
    """The properties of a row-wise activation."""
    outputs = activation(_PROBES)
    same_length = outputs.shape == _PROBES.shape
    probabilities = bool((outputs >= 0.0).all() and _close(outputs.sum(axis=-1), np.ones(len(outputs))))
    return RowProperties(
        example_input=EXAMPLE,
        example_output=tuple(activation(np.array(EXAMPLE)).tolist()),
        probabilities=probabilities,
        shift_invariant=_close(activation(_PROBES + 8.0), outputs),
        order=_order(outputs) if same_length else "neither",
        caveat=CAVEAT if probabilities else None,
        example_scaled=scaled(activation, np.array(EXAMPLE), SCALES) if probabilities else (),
    )


def _order(outputs: Array) -> Order:
    """Whether sorting the scores of every row sorts the outputs."""
    sorted_by_score = np.take_along_axis(outputs, np.argsort(_PROBES, axis=-1, kind="stable"), axis=-1)
    steps = np.diff(sorted_by_score, axis=-1)
    if not steps.any():
        return "neither"
    return "kept" if (steps >= 0.0).all() else "reversed" if (steps <= 0.0).all() else "neither"


def _close(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=_ROUNDING, atol=_ROUNDING))


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A parameter with its value, and the valid ones in words."""

    name: str
    value: float
    valid: str


@dataclass(frozen=True, slots=True)
class Properties:
    """An activation's card: in `frameworks` what it is called there, in `used` where in a network it is used.

    `curve` is None for one that acts on rows, and `row` for one that does not.
    """

    activation: str
    name: str
    formula: str
    reference: str
    aliases: tuple[str, ...]
    frameworks: Mapping[str, str]
    used: str
    parameters: tuple[ParameterValue, ...]
    curve: CurveProperties | None
    row: RowProperties | None

    def document(self) -> dict[str, Any]:
        """All of it in one flat mapping, for JSON; None where an activation of this kind has no such property."""
        document = asdict(self)
        curve = document.pop("curve") or dict.fromkeys(field.name for field in fields(CurveProperties))
        uncertain = curve.pop("uncertain") or ()
        row = document.pop("row") or dict.fromkeys(field.name for field in fields(RowProperties))
        return {**document, "rowwise": self.row is not None, **curve, **row, "uncertain": uncertain}


def describe(activation: ActivationLike, more: MoreDigits | None = None) -> Properties:
    """All properties, computed: a formula has the same card as an entry of the catalogue. Raises InputError.

    See `CurveProperties` and `RowProperties` for what they are and how far they can be relied on, and
    `describe_curve` for `more`.

    >>> card = describe("gelu").curve
    >>> card.monotone, round(card.lipschitz.value, 4)
    ('non-monotone', 1.1289)
    """
    activation = resolve(activation)
    valid = {parameter.name: parameter.interval for parameter in activation.parameters}
    values = {**activation.parameter_values, **activation.given_parameters}
    return Properties(
        activation=activation.label,
        name=activation.name,
        formula=activation.formula,
        reference=activation.reference,
        aliases=activation.aliases,
        frameworks=framework_names(activation.name),
        used=use(activation.name),
        parameters=tuple(
            ParameterValue(name, value, valid.get(name, "a finite number")) for name, value in values.items()
        ),
        curve=describe_curve(activation, more) if isinstance(activation, Elementwise) else None,
        row=describe_rows(activation) if isinstance(activation, RowWise) else None,
    )
