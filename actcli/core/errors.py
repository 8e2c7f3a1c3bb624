"""Errors of the core, and checks of arguments."""

import math
import operator
import sys
from collections.abc import Iterable
from typing import Any, Final, TypeVar

MOST_MEMORY: Final = 4 * 2**30
"""Most bytes of an experiment."""


class InputError(ValueError):
    """An activation, parameter or setting that does not exist or is invalid; the message is one line.

    change: the argument to change, if the message gives no advice
    """

    def __init__(self, message: str, change: str = "") -> None:
        super().__init__(message)
        self.change = change


_Kind = TypeVar("_Kind")


def shown(value: object) -> str:
    """A value in a message: one line of at most 60 characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The value as an int. InputError: no whole number, or out of bounds."""
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
    if number > sys.maxsize:  # more than a range can count
        raise InputError(f"{name} must be at most {sys.maxsize}, not {shown(number)}")
    return number


def real_number(name: str, value: Any, least: float = -math.inf) -> float:
    """The value as a float. InputError: no number, not finite, or below `least`."""
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
    """The values as a tuple. InputError: a text, or no iterable."""
    try:
        if not isinstance(values, str | bytes):
            return tuple(values)
    except TypeError:
        pass
    raise InputError(f"{name} must be a list, such as {example}, not {shown(values)}")


def instance(name: str, value: object, kind: type[_Kind]) -> _Kind:
    """The value, if it is an instance of the class. InputError: it is not."""
    if not isinstance(value, kind):
        raise InputError(f"{name} must be {_with_article(kind.__name__)}, not {shown(value)}")
    return value


def one_of(what: str, name: Any, known: Iterable[str]) -> str:
    """The name, if it is known. InputError: it is not."""
    names = tuple(known)
    if not isinstance(name, str):
        raise InputError(f"{_with_article(what)} is a text, one of {', '.join(names)}, not {shown(name)}")
    if name not in names:
        raise InputError(unknown(what, name, names))
    return name


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeioAEIO' else 'a'} {noun}"


def check_memory(memory: int, takes: str) -> None:
    """InputError: more bytes than MOST_MEMORY. takes: beginning of the message, "a network takes about"."""
    if memory > MOST_MEMORY:
        gib, most = min(memory, 10**300) / 2**30, MOST_MEMORY / 2**30
        raise InputError(f"{takes} {gib:.3g} GiB, and at most {most:.3g} are taken")


MOST_RUNS: Final = 1_000_000
"""Most networks of a race or a sweep."""


def check_runs(runs: int) -> None:
    """InputError: more networks than MOST_RUNS."""
    if runs > MOST_RUNS:
        raise InputError(f"{runs:,} networks are to be trained, and at most {MOST_RUNS:,} are taken")


_ONE_LETTER: Final = 0.8
"""difflib's ratio of two words of four or five letters that differ in one letter."""


def did_you_mean(word: str, known: Iterable[str], prefix: str = "") -> str:
    """`; did you mean relu?`, or an empty string where no name is one slip away from `word`.

    A slip: one letter more, less or different, two letters exchanged, a missing end; capitals make no difference.
    prefix: of each suggestion
    """
    import difflib  # imported for a mistake only

    word, names = word.casefold(), {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word, names, n=3, cutoff=_ONE_LETTER)
    others = [name for name in names if sorted(name) == sorted(word) or (len(word) > 2 and name.startswith(word))]
    near = [*dict.fromkeys([*close, *others])][:3]
    return f"; did you mean {' or '.join(prefix + names[name] for name in near)}?" if near else ""


def decapitalised(message: str) -> str:
    """The message with a lower-case first letter, for use after `actcli:` or within a sentence."""
    return message[:1].lower() + message[1:]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message `unknown norm 'bath'; did you mean batch?`, or with all known names if none is close."""
    return f"unknown {what} {shown(name)}" + (did_you_mean(name, known) or f"; there are {', '.join(known)}")


def count(number: int, what: str) -> str:
    """Number with noun: 1 step, 2 steps, 1,000 steps."""
    return f"{number:,} {plural(number, what)}"


def plural(number: float, what: str) -> str:
    """Noun without the number: step for 1, else steps."""
    return what if number == 1 else f"{what}s"
