"""What the core says when it was asked for something that it cannot do."""

import math
import operator
import sys
from collections.abc import Iterable
from typing import Any, Final, TypeVar

MOST_MEMORY: Final = 4 * 2**30
"""Bytes that an experiment may take."""


class InputError(ValueError):
    """An activation, a parameter or a setting that does not exist or is not valid; the message is one line.

    change: the argument of which another value is the way out, where the message names no way out
    """

    def __init__(self, message: str, change: str = "") -> None:
        super().__init__(message)
        self.change = change


_Kind = TypeVar("_Kind")


def shown(value: object) -> str:
    """The value in a message: in one line, and no longer than 60 characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The value as an int. InputError where it is no whole number, or lies outside of the bounds."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise InputError(f"{name} must be a whole number, not {shown(value)}")
    if most is not None and not least <= number <= most:
        raise InputError(f"{name} must be from {least} to {most}, not {shown(number)}")
    if number < least:
        raise InputError(f"{name} must be at least {least}, not {shown(number)}")
    if number > sys.maxsize:  # more than Python can count to in a loop
        raise InputError(f"{name} must be at most {sys.maxsize}, not {shown(number)}")
    return number


def real_number(name: str, value: Any, least: float = -math.inf) -> float:
    """The value as a float. InputError where it is no number, not finite, or below the least."""
    text = shown(value)
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
        text = f"{number:g}" if isinstance(value, float) else text
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number >= least):
        bound = f", {least:g} or more" if math.isfinite(least) else ""
        raise InputError(f"{name} must be a finite number{bound}, not {text}")
    return number


def several(name: str, values: Any, example: str) -> tuple[Any, ...]:
    """The values as a tuple. InputError where they are a text, or can't be iterated over."""
    try:
        if not isinstance(values, str | bytes):
            return tuple(values)
    except TypeError:
        pass
    raise InputError(f"{name} must be a list, such as {example}, not {shown(values)}")


def instance(name: str, value: object, kind: type[_Kind]) -> _Kind:
    """The value, where it is one of that class. InputError where it is not."""
    if not isinstance(value, kind):
        raise InputError(f"{name} must be {_with_article(kind.__name__)}, not {shown(value)}")
    return value


def one_of(what: str, name: Any, known: Iterable[str]) -> str:
    """The name, where it is one of the known ones. InputError where it is not."""
    names = tuple(known)
    if not isinstance(name, str):
        raise InputError(f"{_with_article(what)} is a text, one of {', '.join(names)}, not {shown(name)}")
    if name not in names:
        raise InputError(unknown(what, name, names))
    return name


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeioAEIO' else 'a'} {noun}"


def check_memory(memory: int, takes: str) -> None:
    """InputError where these bytes are more than MOST_MEMORY. takes: what they are for, "a network takes about"."""
    if memory > MOST_MEMORY:
        gib, most = min(memory, 10**300) / 2**30, MOST_MEMORY / 2**30
        raise InputError(f"{takes} {gib:.3g} GiB, and at most {most:.3g} are taken")


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
    return f"unknown {what} {shown(name)}" + (did_you_mean(name, known) or f"; there are {', '.join(known)}")


def count(number: int, what: str) -> str:
    """1 step, 2 steps, 1,000 steps"""
    return f"{number:,} {what}{'s' * (number != 1)}"
