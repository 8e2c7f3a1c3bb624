"""From the text of an ACT argument to an activation: `relu`, `Leaky-ReLU:negative_slope=0.2`, `swish`."""

from functools import cache

from actcli.core.activation import Activation
from actcli.core.catalogue import CATALOGUE
from actcli.core.errors import InputError, did_you_mean


def resolve(text: str) -> Activation:
    """The activation that `text` names: NAME[:PARAMETER=NUMBER,...]. Raises InputError.

    Case, `-` and `_` make no difference in a name.
    """
    name, _, settings = text.strip().partition(":")
    entry = _spellings().get(_fold(name))
    if entry is None:
        raise InputError(f"no activation {name!r}{_suggestion(name)}")
    return entry.with_parameters(**_numbers(settings)) if settings else entry


def _suggestion(name: str) -> str:
    known = [spelling for entry in CATALOGUE.values() for spelling in (entry.name, *entry.aliases)]
    return did_you_mean(name.casefold(), known) or "; `actcli list` shows all of them"


def _numbers(settings: str) -> dict[str, float]:
    """`alpha=0.5,beta=2` as {"alpha": 0.5, "beta": 2.0}."""
    numbers = {}
    for setting in settings.split(","):
        name, equals, number = (part.strip() for part in setting.partition("="))
        if not (name and equals):
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
    return {_fold(spelling): entry for entry in CATALOGUE.values() for spelling in (entry.name, *entry.aliases)}


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "").replace("_", "")
