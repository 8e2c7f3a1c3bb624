"""The card of an activation: where it comes from, and what it does to a number or to a row."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from actcli.core.activation import Activation
from actcli.core.analysis.curve_properties import CurveProperties, describe_curve
from actcli.core.analysis.row_properties import RowProperties, describe_rows


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A parameter with its value, and the valid ones in words."""

    name: str
    value: float
    valid: str


@dataclass(frozen=True, slots=True)
class Properties:
    """An activation's card. `curve` is None for one that acts on rows, and `row` for one that does not."""

    activation: str
    name: str
    formula: str
    reference: str
    aliases: tuple[str, ...]
    parameters: tuple[ParameterValue, ...]
    curve: CurveProperties | None
    row: RowProperties | None

    def document(self) -> dict[str, Any]:
        """All of it in one flat mapping, for JSON; None where an activation of this kind has no such property."""
        document = asdict(self)
        curve = document.pop("curve") or dict.fromkeys(field.name for field in fields(CurveProperties))
        row = document.pop("row") or dict.fromkeys(field.name for field in fields(RowProperties))
        return {**document, "rowwise": self.row is not None, **curve, **row}


def describe(activation: Activation) -> Properties:
    """All properties, computed: a formula has the same card as an entry of the catalogue.

    See `CurveProperties` and `RowProperties` for what they are and how far they can be relied on.
    """
    valid = {parameter.name: parameter.interval for parameter in activation.parameters}
    values = {**activation.values_of_parameters, **activation.settings}
    return Properties(
        activation=activation.label,
        name=activation.name,
        formula=activation.formula,
        reference=activation.reference,
        aliases=activation.aliases,
        parameters=tuple(
            ParameterValue(name, value, valid.get(name, "a finite number")) for name, value in values.items()
        ),
        curve=None if activation.rowwise else describe_curve(activation),
        row=describe_rows(activation) if activation.rowwise else None,
    )
