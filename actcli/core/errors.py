"""What the core says when it was asked for something that it cannot do."""

from collections.abc import Iterable
from typing import Final

MOST_MEMORY: Final = 4 * 2**30
"""Bytes that an experiment may take."""


class InputError(ValueError):
    """An activation, a parameter or a setting that does not exist or is not valid; the message is one line.

    change: the argument of which another value is the way out, where the message names no way out
    """

    def __init__(self, message: str, change: str = "") -> None:
        super().__init__(message)
        self.change = change


def check_memory(memory: int, takes: str) -> None:
    """InputError where these bytes are more than MOST_MEMORY. takes: what they are for, "a network takes about"."""
    if memory > MOST_MEMORY:
        raise InputError(f"{takes} {memory / 2**30:.3g} GiB, and at most {MOST_MEMORY / 2**30:.3g} are taken")


def did_you_mean(word: str, known: Iterable[str], prefix: str = "") -> str:
    """`; did you mean relu?` or an empty string. prefix: what each suggestion begins with."""
    import difflib  # only a mistake pays for it

    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(prefix + name for name in close)}?" if close else ""


def decapitalised(message: str) -> str:
    """The message with a small letter first, as it stands after `actcli:` or within a sentence."""
    return message[:1].lower() + message[1:]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`unknown norm 'bath'; did you mean batch?`, or with all that there are where none is close."""
    return f"unknown {what} {name!r}" + (did_you_mean(name, known) or f"; there are {', '.join(known)}")


def count(number: int, what: str) -> str:
    """1 step, 2 steps, 1,000 steps"""
    return f"{number:,} {what}{'s' * (number != 1)}"
