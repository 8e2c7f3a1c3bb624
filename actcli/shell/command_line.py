"""Words that may follow `actcli`, from the commands and the catalogue, for the completion scripts."""

from dataclasses import dataclass
from typing import Any

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.grammar import FUNCTIONS

_ACTIVATION = ("ACT", "FORMULA")
"""Metavars of activations and formulas."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option: spellings, help in one line, number of values, and their choices."""

    spellings: tuple[str, ...]
    summary: str
    values: int
    choices: tuple[str, ...] = ()
    """Whether a value may also be a file."""
    is_activation: bool = False
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """First argument of a command: an activation, or one of a few words. is_repeated: so are further arguments."""

    is_activation: bool
    is_repeated: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Options and argument that can follow the name of a command."""

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
    # Typer adds the option `help` only at run time.
    context = command.make_context(command.name or "actcli", [], resilient_parsing=True)
    return [p for p in command.get_params(context) if p.param_type_name == "option" and not p.hidden]


def option_of(parameter: Any) -> Option:
    return Option(
        spellings=tuple(
            sorted([*parameter.opts, *parameter.secondary_opts], key=len, reverse=True)
        ),  # the order of help's spellings varies
        summary=(parameter.help or "").partition("\n")[0].rstrip("."),
        values=0 if parameter.is_flag or parameter.count else parameter.nargs,
        choices=_choices(parameter),
        is_activation=parameter.metavar in _ACTIVATION,
        is_file=any(map(_is_file, (parameter.metavar or "").split("|"))),
    )


def _choices(parameter: Any) -> tuple[str, ...]:
    """The values of a choice, or the words in a metavar: a and b in a|b:NUMBER|FILE."""
    named = [name.partition(":")[0] for name in (parameter.metavar or "").split("|")]
    listed = tuple(name for name in named if name.islower()) if len(named) > 1 else ()
    return tuple(getattr(parameter.type, "choices", ())) or listed


def _is_file(name: str) -> bool:
    """Whether a metavar is FILE, FILE.npz or the like."""
    return name.partition(".")[0] == "FILE"


def names() -> list[str]:
    return [name for entry in CATALOGUE.values() for name in (entry.name, *entry.aliases)]


def functions() -> list[str]:
    """The functions of a formula."""
    elementwise = [entry for entry in CATALOGUE.values() if isinstance(entry, Elementwise)]
    return sorted({*FUNCTIONS, *(name for entry in elementwise for name in (entry.name, *entry.aliases))})


def parameters() -> list[str]:
    """All parameters as typed: `leaky_relu:negative_slope=`."""
    return [
        f"{name}:{parameter.name}="
        for entry in CATALOGUE.values()
        for name in (entry.name, *entry.aliases)
        for parameter in entry.parameters
    ]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
