"""A family: one activation whose parameter takes several values."""

import re
from collections.abc import Sequence
from math import ceil, isfinite, log10
from typing import Final

import numpy as np

from actcli.core.activations.activation import Activation
from actcli.core.errors import InputError

VALUES: Final = 7
"""Number of values in a range low..high."""

MOST: Final = 50
"""Largest number of values in a list a/b/c."""

_FRACTION: Final = re.compile(r"\s*([-+]?[0-9]{1,9})/(0*[1-9][0-9]{0,8})\s*")

_PROGRAM: Final = re.compile(r"\s*(def|lambda)\b")
"""Beginning of a Python function: its colon does not begin parameters, and its slash divides."""


def family(text: str) -> tuple[str, ...]:
    """The members that `text` names, in order; (text,) for a single activation. Raises InputError.

    `elu:alpha=0.5/1/2` has three members. `silu:beta=0.1..10` has seven: evenly spaced, or in equal ratios where both
    ends are positive and a decade apart.
    """
    if _PROGRAM.match(text):
        return (text,)
    name, _, given_parameters = text.partition(":")
    parts = given_parameters.split(",")
    running = [i for i, part in enumerate(parts) if {"/", ".."} & {*_signs(part)}]
    if not running:
        return (text,)
    if len(running) > 1:
        raise InputError(f"one parameter runs through several values, not {len(running)}: {text}")
    parameter, equals, values = parts[running[0]].partition("=")
    if not equals:
        raise InputError(f"a parameter is written name=number, name=number/number or name=low..high, not {parameter!r}")
    members = []
    for value in _values(parameter.strip(), values):
        parts[running[0]] = f"{parameter}={value}"
        members.append(f"{name}:{','.join(parts)}")
    return tuple(members)


def fraction(values: str) -> float | None:
    """Value of a fraction of integers, 0.5 of `1/2`; None for other texts. (In a family `1/2` is two values.)"""
    found = _FRACTION.fullmatch(values)
    return int(found[1]) / int(found[2]) if found else None


def told_apart(text: str) -> str:
    """Hint if values look like a fraction: `alpha=1/2 is two values, 1 and 2; the fraction is alpha=0.5`; else ""."""
    for part in [] if _PROGRAM.match(text) else text.partition(":")[2].split(","):
        name, _, values = (each.strip() for each in part.partition("="))
        if (number := fraction(values)) is not None:
            return f"{name}={values} is two values, {values.replace('/', ' and ')}; the fraction is {name}={number!r}"
    return ""


def parameter_of(members: Sequence[Activation]) -> str:
    """The parameter that runs through several values."""
    first, last = members[0].given_parameters, members[-1].given_parameters
    return next((name for name in first if first[name] != last[name]), [*first][-1])


def _signs(setting: str) -> tuple[str, ...]:
    return tuple(sign for sign in ("/", "..") if sign in setting)


def _values(parameter: str, text: str) -> list[str]:
    if ".." not in text:
        values = [value.strip() for value in text.split("/")]
        if len(values) > MOST:
            raise InputError(f"{parameter} takes up to {MOST} values, not {len(values)}")
        for value in values:
            _number(parameter, value)
        return values
    low, high = (_number(parameter, end) for end in text.split("..", 1))
    if not (isfinite(low) and isfinite(high) and low != high):
        raise InputError(f"{parameter} runs from one number to another, not {text.strip()}")
    if min(low, high) > 0 and max(low, high) >= 10 * min(low, high):
        numbers = [float(f"{number:.3g}") for number in np.geomspace(low, high, VALUES).tolist()]
    else:
        step = abs(high / (VALUES - 1) - low / (VALUES - 1))
        decimals = 3 - ceil(log10(step)) if step else 0
        numbers = [round(number, decimals) for number in np.linspace(low, high, VALUES).tolist()]
    texts = [f"{number:.12g}" for number in (low, *numbers[1:-1], high)]
    if len({*texts}) < VALUES:
        raise InputError(f"{parameter} runs from {low!r} to {high!r}: too near to each other for {VALUES} values")
    return texts


def _number(parameter: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{parameter} must be a number, not {text.strip()!r}") from None
