"""From the text of an ACT argument to an activation: `relu`, `Leaky-ReLU:negative_slope=0.2`, `x*sigmoid(1.702*x)`."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from actcli.core.activations.activation import Activation
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.errors import InputError, did_you_mean

ACTIVATIONS: Final[Mapping[str, Activation]] = {
    spelling: entry for entry in CATALOGUE.values() for spelling in (entry.name, *entry.aliases)
}
"""Name or alias -> activation, as a formula calls them."""


def resolve(text: str) -> Activation:
    """The activation that `text` names or describes: NAME[:PARAMETER=NUMBER,...], or a formula in x. Raises InputError.

    Case, `-` and `_` make no difference in a name. See `formula` for what a formula may hold.
    """
    name, _, settings = text.strip().partition(":")
    entry = _spellings().get(_fold(name))
    numbers = _numbers(settings) if settings else {}
    if entry is not None:
        return entry.with_parameters(**numbers)
    from actcli.core.activations.formula import formula, is_formula  # only a formula pays for its compiler

    if is_formula(name):
        return formula(name, numbers, ACTIVATIONS)
    raise InputError(f"no activation {name[:60]!r}{_suggestion(name[:60])}")


def _suggestion(name: str) -> str:
    return did_you_mean(name.casefold(), ACTIVATIONS) or "; `actcli list` shows all of them"


def _numbers(settings: str) -> dict[str, float]:
    """`alpha=0.5,beta=2` as {"alpha": 0.5, "beta": 2.0}."""
    numbers = {}
    for setting in settings.split(","):
        name, equals, number = (part.strip() for part in setting.partition("="))
        if not (name.isidentifier() and equals):
            raise InputError(f"a parameter is written name=number, not {setting!r}")
        if name in numbers:
            raise InputError(f"{name} is set twice")
        try:
            numbers[name] = float(number)
        except ValueError:
            raise InputError(f"{name} must be a number, not {number!r}") from None
    return numbers


@cache
def _spellings() -> dict[str, Activation]:
    return {_fold(spelling): entry for spelling, entry in ACTIVATIONS.items()}


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "").replace("_", "")
