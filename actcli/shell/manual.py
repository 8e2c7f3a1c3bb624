"""The manual page actcli(1), generated from the commands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from actcli import __version__
from actcli.core.errors import decapitalised
from actcli.topics import TOPICS, topic

EXIT_STATUS = {
    "0": "Done. A closed pipe, as before head(1), is no error.",
    "1": "A check that was asked for failed, such as differentiate --check.",
    "2": "Bad usage, bad input, or an output that cannot be written: one line on stderr says what, where, and the "
    "way out. No output file is left half-written.",
    "129": "Hung up (SIGHUP).",
    "130": "Interrupted (Ctrl-C).",
    "131": "Quit (Ctrl-\\).",
    "143": "Terminated (SIGTERM). As with the three above, no file is left half-written.",
}
ENVIRONMENT = {
    "NO_COLOR": "No colour, whatever it is set to, as with --color never.",
    "FORCE_COLOR": "Colour in a pipe, too, as with --color always.",
    "TERM": "How many colours there are, none, 8, 16 or 256, by the terminal's name and its terminfo(5). With dumb "
    "there are neither colour nor cursor movements.",
    "COLORTERM": "With truecolor or 24bit the terminal has all colours.",
    "COLUMNS, LINES": "The size of tables and plots, instead of the terminal's; 80 and 24 in a pipe without them.",
    "LC_ALL": "With C or POSIX all output is ASCII.",
    "OPENBLAS_NUM_THREADS, MKL_NUM_THREADS, OMP_NUM_THREADS": "Threads of matrix products; 1 when unset, which is "
    "faster for small ones and reproducible.",
}
ACTIVATIONS = (
    "ACT is a name of the catalogue, which `actcli list` shows; case, - and _ make no difference.",
    "Parameters follow a colon: leaky_relu:negative_slope=0.2.",
    "Or it is a formula in x, in Python's expression syntax, in which every elementwise activation is a function: "
    "'x*sigmoid(1.702*x)'. Any other name in it is a parameter: 'relu(w*x + b):w=2,b=-1'.",
)
_EXAMPLE = "Example: "


def page(summary: str, commands: Mapping[str, Any], root: Any) -> str:
    """The page in the macros of man(7). commands: name -> Typer's command; root: their group."""
    parts = {
        "NAME": [f"actcli \\- {_text(decapitalised(summary).rstrip('.'))}"],
        "SYNOPSIS": [r".B actcli", r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]"],
        "OPTIONS": list(_parameters(root)),
        "COMMANDS": [
            ".PP",
            _text(f"actcli help COMMAND shows the same for one of them. The topics ({', '.join(TOPICS)}) stand below."),
            *(line for name, command in commands.items() for line in _command(name, command)),
        ],
        "ACTIVATIONS": list(_paragraphs(ACTIVATIONS)),
        "EXIT STATUS": list(_terms(EXIT_STATUS.items())),
        "ENVIRONMENT": list(_terms(ENVIRONMENT.items())),
        "EXAMPLES": [line for command in commands.values() for line in _examples(command)],
        **{name.upper(): list(_as_it_stands(topic(name))) for name in TOPICS},
    }
    lines = [f'.TH ACTCLI 1 "" "actcli {__version__}" "User Commands"']
    for title, body in parts.items():
        lines += [f'.SH "{title}"', *body]
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p.metavar for p in command.params if p.param_type_name == "argument"]
    yield f'.SS "{_text(" ".join(["actcli", name, "[OPTIONS]", *arguments]))}"'
    yield from _paragraphs(text for text in _help(command) if not text.startswith(_EXAMPLE))
    yield from _parameters(command)


def _as_it_stands(text: str) -> Iterator[str]:
    """A topic without its title, with its line breaks."""
    yield ".nf"
    for line in text.splitlines()[2:]:
        yield _text(line) or r"\&"
    yield ".fi"


def _examples(command: Any) -> Iterator[str]:
    """The examples, each below its command's summary."""
    summary, *others = _help(command)
    for text in others:
        if text.startswith(_EXAMPLE):
            yield from (".PP", _text(summary), ".PP", ".nf", ".RS", _text(text.removeprefix(_EXAMPLE)), ".RE", ".fi")


def _help(command: Any) -> list[str]:
    """The paragraphs of a command's help, each in one line."""
    return [" ".join(paragraph.split()) for paragraph in command.help.split("\n\n")]


def _parameters(command: Any) -> Iterator[str]:
    context = command.make_context(command.name or "actcli", [], resilient_parsing=True)
    return _terms(filter(None, (parameter.get_help_record(context) for parameter in command.params)))


def _terms(terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in terms:
        yield from (".TP", r"\fB" + _text(term) + r"\fR", _text(meaning))


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (".PP", _text(text))


def _text(text: str) -> str:
    """Text escaped for troff; `-` stays ASCII, so that it can be copied."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq").replace("'", r"\(aq")
    text = re.sub(r"[^\x00-\x7f]", lambda character: f"\\[u{ord(character[0]):04X}]", text)
    return f"\\&{text}" if text.startswith(".") else text
