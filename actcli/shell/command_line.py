"""Words that may follow `actcli`, from the commands and the catalogue, for the completion scripts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import CATALOGUE, literature
from actcli.core.activations.grammar import FUNCTIONS
from actcli.core.activations.literature import family_of
from actcli.foreign.calls import FRAMEWORKS

_ACTIVATION = ("ACT", "FORMULA")
"""Metavars of activations and formulas."""
_FILES = ("FILE", "PATH", "SPEC")
"""Metavars of files; a SPEC may be a model."""


def _families() -> list[str]:
    return sorted({family_of(activation) for activation in (*CATALOGUE.values(), *literature().values())})


_WORDS: Mapping[str, Callable[[], Iterable[str]]] = {"family": _families, "against": lambda: FRAMEWORKS}
"""Name of a parameter -> the words that it takes beside others."""
_OF_ROWS = ("describe", "evaluate", "differentiate", "plot", "audit")
"""Commands that take row-wise activations too."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option: spellings, help in one line, number of values, and their choices."""

    spellings: tuple[str, ...]
    summary: str
    values: int
    choices: tuple[str, ...] = ()
    is_activation: bool = False
    is_file: bool = False
    """Whether a value may also be a file."""


@dataclass(frozen=True, slots=True)
class Argument:
    """Arguments of a command: activations, or one of a few words.

    number:        of such arguments; None: any number
    takes_rowwise: row-wise activations as well
    """

    is_activation: bool
    takes_rowwise: bool
    number: int | None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Options and argument that can follow the name of a command."""

    name: str
    summary: str
    options: tuple[Option, ...]
    argument: Argument | None


def command_line(name: str, command: Any, subjects: Sequence[str]) -> CommandLine:
    """The command line of a command. subjects: what `help` explains."""
    return CommandLine(
        name=name,
        summary=command.help.partition("\n")[0].rstrip("."),
        options=tuple(option_of(parameter) for parameter in options_of(command)),
        argument=_argument(name, [p for p in command.params if p.param_type_name == "argument"], subjects),
    )


def _argument(command: str, arguments: list[Any], subjects: Sequence[str]) -> Argument | None:
    activations = [_is_activation(argument) for argument in arguments]
    if any(activations):
        repeated = any(argument.nargs == -1 for argument in arguments if _is_activation(argument))
        return Argument(True, command in _OF_ROWS, None if repeated else sum(activations))
    if not arguments:
        return None
    return Argument(False, False, 1, tuple(subjects) if command == "help" else _choices(arguments[0]))


def _is_activation(parameter: Any) -> bool:
    return (parameter.metavar or "").strip("[].") in _ACTIVATION


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
    """The values of a choice, or the words in a metavar: a and b: in a|b:NUMBER|FILE."""
    named = ["".join(name.partition(":")[:2]) for name in (parameter.metavar or "").split("|")]
    listed = tuple(name for name in named if name.islower()) if len(named) > 1 else ()
    return tuple(getattr(parameter.type, "choices", ())) or listed or tuple(_WORDS.get(parameter.name, list)())


def _is_file(name: str) -> bool:
    """Whether a metavar is FILE, FILE.npz or the like."""
    return name.partition(".")[0] in _FILES


def names(kind: type[Elementwise | RowWise] = Elementwise) -> list[str]:
    entries = [entry for entry in CATALOGUE.values() if isinstance(entry, kind)]
    return [name for entry in entries for name in (entry.name, *entry.aliases)]


def published() -> list[str]:
    """Names and aliases of the literature, which are offered where none of `names` begins as typed."""
    return [name for entry in literature().values() for name in (entry.name, *entry.aliases)]


def functions() -> list[str]:
    """The functions of a formula."""
    return sorted({*FUNCTIONS, *names()})


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
