"""The catalogue of activations, and the way from a text to an activation.

All facts of one activation (names, definition, fused value and slope, formula, origin) are in the file of its family.
A new activation is an entry there and in the family's tuple.
"""

import copyreg
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from actcli.core.activations.activation import Activation, Elementwise, RowWise, folded
from actcli.core.activations.family import fraction
from actcli.core.activations.gates import GATES
from actcli.core.activations.recent import RECENT, RECENT_ROWS
from actcli.core.activations.rectifiers import RECTIFIERS, SMOOTH_RECTIFIERS
from actcli.core.activations.rows import ROWS
from actcli.core.activations.shrinkage import SHRINKAGE
from actcli.core.activations.squashers import SQUASHERS
from actcli.core.activations.waves import WAVES
from actcli.core.errors import InputError, did_you_mean, several, shown

if TYPE_CHECKING:
    from actcli.core.activations.literature import Published

CATALOGUE: Final[Mapping[str, Elementwise | RowWise]] = {
    entry.name: entry
    for family in (RECTIFIERS, GATES, SMOOTH_RECTIFIERS, SQUASHERS, SHRINKAGE, WAVES, RECENT, ROWS, RECENT_ROWS)
    for entry in family
}
"""Canonical name -> activation with its default parameters."""


class _Known(dict[str, Elementwise | RowWise]):
    """The catalogue's spellings; other names are looked up in the literature."""

    def __missing__(self, name: str) -> Elementwise:
        entry = published(name.replace("_", "")) if name.islower() else None
        if entry is None:
            raise KeyError(name)
        return entry

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self[name] is not None
        except KeyError:
            return False


ACTIVATIONS: Final[Mapping[str, Elementwise | RowWise]] = _Known(
    (spelling, entry) for entry in CATALOGUE.values() for spelling in (entry.name, *entry.aliases)
)
"""Name or alias -> activation, for calls in formulas. A lookup finds the literature's too; iteration does not."""


def literature() -> "Mapping[str, Published]":
    """Canonical name -> activation of the literature; the file is read on first use."""
    return _literature()[0]


def published(folded: str) -> "Published | None":
    """The entry of the literature whose name or alias, in lower case and without - and _, is `folded`."""
    return _literature()[1].get(folded)


@cache
def _literature() -> "tuple[Mapping[str, Published], Mapping[str, Published]]":
    from actcli.core.activations.literature import Published, read_literature  # imported only for other names

    copyreg.pickle(Published, _reduced)
    return read_literature(ACTIVATIONS)


ActivationLike: TypeAlias = Activation | str
"""An activation, or its text for `resolve`."""


def resolve(text: ActivationLike) -> Elementwise | RowWise:
    """The activation that `text` names or describes: NAME[:PARAMETER=NUMBER,...], or a formula in x. Raises InputError.

    An activation is returned as it is.

    `relu`, `Leaky-ReLU:negative_slope=0.2`, `x*sigmoid(1.702*x)`. Case, `-` and `_` make no difference in a name. See
    `formula` for the syntax of formulas. Spellings of frameworks and papers are understood if they have one reading:
    `nn.GELU()`, `F.relu(x).pow(2)`, `x·tanh(x)`.

    >>> resolve("leaky-relu:negative_slope=0.2")([-1.0, 2.0])
    array([-0.2,  2. ])
    >>> resolve("x*sigmoid(1.702*x)").derivative([0.0])
    array([0.5])
    """
    if isinstance(text, Elementwise | RowWise):
        return text
    if not isinstance(text, str):
        raise InputError(
            f"an activation is a text, such as 'relu', or the result of resolve('relu'), not {shown(text)}"
        )
    try:
        return _read(text)
    except InputError as error:
        from actcli.core.activations.grammar import FUNCTIONS
        from actcli.core.activations.spelling import understood  # imported only for other spellings

        other = understood(text, _spellings(), FUNCTIONS)
        if other is None or other == text:
            if len(names := separate(text)) > 1:
                from shlex import quote

                ways_out = " or ".join(map(quote, names[:2]))
                raise InputError(f"{text.strip()!r:.60} names {len(names)} activations: write {ways_out}") from None
            raise error
        return _read(other)


def resolve_all(activations: Iterable[ActivationLike] | ActivationLike) -> tuple[Elementwise | RowWise, ...]:
    """The activations of a list, or of one text, which may hold several names: `relu,gelu`. Raises InputError."""
    if isinstance(activations, Activation | str):
        return _several(activations)
    given = several("activations", activations, "['relu', 'tanh']")
    return tuple(activation for each in given for activation in _several(each))


def _several(text: ActivationLike) -> tuple[Elementwise | RowWise, ...]:
    if not isinstance(text, str):
        return (resolve(text),)
    try:
        return (_read(text),)
    except InputError:
        return tuple(map(resolve, separate(text)))


def separate(text: str) -> list[str]:
    """Texts of a comma-separated list: `relu,elu:alpha=0.5,gelu` has three. [text] if it is no list of activations."""
    if "," not in text:
        return [text]
    names: list[str] = []
    for part in re.split(r",(?![^(\[{]*[)\]}])", text):  # not within parentheses
        if names and re.match(r"\s*\w+\s*=", part) and ":" in names[-1]:
            names[-1] += f",{part}"  # a further parameter
        else:
            names.append(part.strip())
    return names if len(names) > 1 and all(map(_is_activation, names)) else [text]


def _is_activation(text: str) -> bool:
    try:
        return bool(text) and resolve(text) is not None
    except InputError:
        return False


def _read(text: str) -> Elementwise | RowWise:
    name, _, given_parameters = text.strip().partition(":")
    entry = _spellings().get(folded(name))
    numbers = _numbers(given_parameters) if given_parameters else {}
    if entry is not None:
        return entry.with_parameters(**numbers)
    from actcli.core.activations.formula import formula, is_formula  # imported only for formulas

    if is_formula(name):
        found = formula(name, numbers, ACTIVATIONS)
        # `y = e-x-p` is a formula, but its right side alone would be read as the name exp.
        return formula(f"({found.name})", numbers, ACTIVATIONS) if folded(found.name) in _spellings() else found
    if (found_there := published(folded(name))) is not None:
        return found_there.with_parameters(**numbers)
    name = name[:60]
    suggestion = did_you_mean(name.casefold(), ACTIVATIONS) or did_you_mean(name.casefold(), literature())
    raise InputError(f"no activation {name!r}{suggestion}", change="" if suggestion else "text")


def _numbers(given_parameters: str) -> dict[str, float]:
    """`alpha=0.5,beta=2` as {"alpha": 0.5, "beta": 2.0}."""
    numbers: dict[str, float] = {}
    for setting in given_parameters.split(","):
        name, equals, number = (part.strip() for part in setting.partition("="))
        name = name.replace("-", "_")
        if not (name.isidentifier() and equals):
            hint = f"; a half is written {[*numbers][-1]}=0.5" if numbers and setting.strip().isdigit() else ""
            raise InputError(f"a parameter is written name=number, not {setting!r:.60}{hint}")
        if name in numbers:
            raise InputError(f"{name:.60} is set twice")
        try:
            numbers[name] = float(number)
        except ValueError:
            hint = "; commas part parameters" if re.search("[:;]", number) else ""
            hint = "; write gelu_tanh or gelu" if name == "approximate" else hint
            hint = hint if (value := fraction(number)) is None else f"; the fraction is {name}={value!r}"
            raise InputError(f"{name:.60} must be a number, not {number!r:.60}{hint}") from None
    return numbers


@cache
def _spellings() -> dict[str, Elementwise | RowWise]:
    return {folded(spelling): entry for entry in CATALOGUE.values() for spelling in (entry.name, *entry.aliases)}


def _reduced(activation: Activation) -> str | tuple[Any, ...]:
    """For pickle and copy: the text that resolves to the activation, or all fields if none does."""
    try:
        known = resolve(activation.label) == activation
    except InputError:
        known = False
    return (resolve, (activation.label,)) if known else activation.__reduce_ex__(4)


copyreg.pickle(Elementwise, _reduced)
copyreg.pickle(RowWise, _reduced)
