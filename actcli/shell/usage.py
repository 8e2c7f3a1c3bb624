"""Typer's errors of usage, each in one line with what was probably meant."""

import re
import sys
from typing import Any

from actcli.core.errors import decapitalised, did_you_mean
from actcli.shell.slips import formula_meant, hint, is_activation, typed_as, without_command

# Parameters that take a formula.
_FORMULAS = {"act", "acts", "argument", "arguments", "formula"}

# Options of version 1.0 that have no similar name now.
_RENAMED = {"--width": "--size 100x30", "--height": "--size 100x30"}


def told(error: Any) -> str:
    """The error in one line, with a suggestion or a pointer to the help."""
    context = getattr(error, "ctx", None)
    is_unknown_option = hasattr(error, "possibilities")
    message = error.message if is_unknown_option else error.format_message()
    message = decapitalised(message).rstrip(".").replace("\n", " ")
    hint = _meant_instead(getattr(error, "option_name", ""), context) if is_unknown_option else ""
    if suggestion := _SUGGESTION.search(message):
        message = message[: suggestion.start()]
        hint = f"; did you mean {' or '.join(re.findall(_QUOTED, suggestion[1]))}?"
    elif missing := _MISSING.fullmatch(message):
        known = context.command.get_params(context) if context else []
        values = next((p.make_metavar(context).strip("<>") for p in known if missing[1] in p.opts), "a value")
        return f"{missing[1]} takes {values}"
    elif extra := _EXTRA.fullmatch(message):
        message, hint = f"unexpected argument: {extra[1]}", formula_meant(sys.argv[2:], extra[1])
    elif choices := _CHOICES.search(message):
        hint = did_you_mean(choices[1], re.findall(_QUOTED, choices[2]))
    elif (parameter := getattr(error, "param", None)) is not None and parameter.nargs > 1:
        message = message.replace(":", f" {parameter.metavar}:", 1)  # such as MIN MAX
    spellings = getattr(getattr(error, "param", None), "opts", ())
    for option in spellings:
        if (typed := typed_as(option, sys.argv[1:])) != option:
            message = message.replace(" / ".join(map(repr, spellings)), f"{typed!r}, which stands for {option}", 1)
    for type_of_python, in_words in _TYPES.items():
        message = message.replace(type_of_python, in_words)
    says_how = hint or message.startswith("invalid value")
    return message + hint + ("" if says_how or context is None else f"; see `{context.command_path} --help`")


# Parts of Typer's messages.
_SUGGESTION, _QUOTED = re.compile(r"\. did you mean (.+)\?$", re.IGNORECASE), re.compile(r"'([^']+)'")
_MISSING = re.compile(r"option '(.+)' requires (?:an argument|\d+ arguments)")
_TYPES = {
    " valid int": " whole number",
    " valid float": " number",
    " a valid ": " a ",
    "STEP...<": "STEP<",
}
_CHOICES = re.compile(r"'([^']+)' is not one of (.+)")
_EXTRA = re.compile(r"got unexpected extra argument\(s\) \((.+)\)")


def _meant_instead(option: str, context: Any) -> str:
    """`; did you mean --grid?`, a hint for a formula -x*2 that was read as an option -x, or an empty string."""
    known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
    if (now := _RENAMED.get(option)) and now.partition(" ")[0] in known:
        return f"; a picture takes {now}"
    if said := hint(option, known):
        return f"; {said}"
    if context.parent is None and (meant := without_command(sys.argv[1:])):
        return f"; did you mean `{meant}`?"
    if option.startswith("--"):
        return did_you_mean(option[2:], [name[2:] for name in known if name.startswith("--")], prefix="--")
    typed = next((word for word in sys.argv[1:] if re.match("-\\w", word) and option[1] in word), option)
    if _FORMULAS & {*known} and (typed != option or option == "-x") and is_activation(f"({typed})"):
        return f"; did you mean '({typed})'?"
    return did_you_mean(typed[1:], [name[2:] for name in known if name.startswith("--")], prefix="--")
