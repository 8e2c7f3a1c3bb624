"""The card of an activation: its origin, and its properties as a function of a number or of a row."""

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

# Equal scores, negative ones, a clear winner, scores far apart. Even length: some activations split a row in halves.
_PROBES: Final = np.array(
    [EXAMPLE, (0.0, 0.0, 0.0, 0.0), (-3.0, -2.0, -5.0, -4.0), (9.0, 1.0, 2.0, 1.5), (0.3, 40.0, -40.0, 0.1)]
)
_ROUNDING = 2.0**-48

Order = Literal["kept", "reversed", "neither"]


@dataclass(frozen=True, slots=True)
class ScaledRow:
    """Outputs of a row with all scores multiplied by `scale`.

    largest:    largest output
    leader:     index of the largest output
    same_order: the outputs are ordered as at scale 1; ties are compatible with either order
    """

    scale: float
    largest: float
    leader: int
    same_order: bool


def scaled(activation: RowWise, scores: Array, scales: Sequence[float]) -> tuple[ScaledRow, ...]:
    """Outputs of the row (m,) at several scales. The confidence of a softmax grows with the scale; its order stays."""
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
    """Properties of a row-wise activation, tested on sample rows.

    example_input:   a row; example_output: its outputs
    probabilities:   the outputs are >= 0 and sum to 1
    shift_invariant: adding the same number to all scores changes nothing
    order:           order of the outputs relative to the scores: kept, reversed or neither; equal outputs fit both
    caveat:          warning about reading the outputs as probabilities
    example_scaled:  with a caveat: the example at several scales of its scores
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
    """Order of the outputs after sorting by score."""
    sorted_by_score = np.take_along_axis(outputs, np.argsort(_PROBES, axis=-1, kind="stable"), axis=-1)
    steps = np.diff(sorted_by_score, axis=-1)
    if not steps.any():
        return "neither"
    return "kept" if (steps >= 0.0).all() else "reversed" if (steps <= 0.0).all() else "neither"


def _close(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=_ROUNDING, atol=_ROUNDING))


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A parameter with its value; `valid`: the valid values in words."""

    name: str
    value: float
    valid: str


@dataclass(frozen=True, slots=True)
class Properties:
    """An activation's card.

    frameworks: framework -> name of the activation in it
    used:       its usual place in a network
    curve:      None for a row-wise activation
    row:        None for an elementwise activation
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
        """All fields in one flat mapping, for JSON; None for properties of the other kind of activation."""
        document = asdict(self)
        curve = document.pop("curve") or dict.fromkeys(field.name for field in fields(CurveProperties))
        uncertain = curve.pop("uncertain") or ()
        curve.pop("infinite")
        row = document.pop("row") or dict.fromkeys(field.name for field in fields(RowProperties))
        return {**document, "rowwise": self.row is not None, **curve, **row, "uncertain": uncertain}


def describe(activation: ActivationLike, more: MoreDigits | None = None) -> Properties:
    """All properties of an activation, a known one or a formula. Raises InputError.

    The fields are defined in `CurveProperties` and `RowProperties`; `more` and the errors in `describe_curve`.

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
