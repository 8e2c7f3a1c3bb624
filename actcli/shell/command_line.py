"""The words that may follow `actcli`, read from the commands and the catalogue, for the completion scripts."""

from dataclasses import dataclass
from typing import Any

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.grammar import FUNCTIONS

_ACTIVATION = ("ACT", "FORMULA")
"""How help names what can be an activation or a formula."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its spellings, help in one line, how many values it takes, and what they may be."""

    spellings: tuple[str, ...]
    summary: str
    values: int
    choices: tuple[str, ...] = ()
    """Beside them there may be files."""
    is_activation: bool = False
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """The first argument of a command, if it is an activation or one of a few words. is_repeated: so are all others."""

    is_activation: bool
    is_repeated: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What can follow the name of a command."""

    name: str
    summary: str
    options: tuple[Option, ...]
    argument: Argument | None


def command_line(name: str, command: Any) -> CommandLine:
    return CommandLine(
        name=name,
        summary=command.help.partition("\n")[0].rstrip("."),
        options=tuple(option_of(parameter) for parameter in options_of(command)),
        argument=next((_argument(p) for p in command.params if p.param_type_name == "argument"), None),
    )


def _argument(parameter: Any) -> Argument:
    name = (parameter.metavar or "").strip("[].")
    return Argument(name in _ACTIVATION, parameter.nargs == -1, _choices(parameter))


def options_of(command: Any) -> list[Any]:
    # `help` belongs to no parameter list; Typer adds it when it needs it.
    context = command.make_context(command.name or "actcli", [], resilient_parsing=True)
    return [p for p in command.get_params(context) if p.param_type_name == "option" and not p.hidden]


def option_of(parameter: Any) -> Option:
    return Option(
        spellings=tuple(
            sorted([*parameter.opts, *parameter.secondary_opts], key=len, reverse=True)
        ),  # those of `help` come in any order
        summary=(parameter.help or "").partition("\n")[0].rstrip("."),
        values=0 if parameter.is_flag or parameter.count else parameter.nargs,
        choices=_choices(parameter),
        is_activation=parameter.metavar in _ACTIVATION,
        is_file=any(map(_is_file, (parameter.metavar or "").split("|"))),
    )


def _choices(parameter: Any) -> tuple[str, ...]:
    """The values of a choice, or those in a metavar such as a|b:NUMBER|FILE, which says a and b."""
    named = [name.partition(":")[0] for name in (parameter.metavar or "").split("|")]
    listed = tuple(name for name in named if name.islower()) if len(named) > 1 else ()
    return tuple(getattr(parameter.type, "choices", ())) or listed


def _is_file(name: str) -> bool:
    """FILE, FILE.npz"""
    return name.partition(".")[0] == "FILE"


def names() -> list[str]:
    return [name for entry in CATALOGUE.values() for name in (entry.name, *entry.aliases)]


def functions() -> list[str]:
    """The functions of a formula."""
    elementwise = [entry for entry in CATALOGUE.values() if isinstance(entry, Elementwise)]
    return sorted({*FUNCTIONS, *(name for entry in elementwise for name in (entry.name, *entry.aliases))})


def parameters() -> list[str]:
    """`leaky_relu:negative_slope=` and the like."""
    return [
        f"{name}:{parameter.name}="
        for entry in CATALOGUE.values()
        for name in (entry.name, *entry.aliases)
        for parameter in entry.parameters
    ]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
