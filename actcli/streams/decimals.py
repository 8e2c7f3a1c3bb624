"""Between decimal text and float64, exactly in both directions.

The functions over many numbers, `parse_all` and `format_...`, are where nearly all the time of a text
stream goes. orjson does the bulk of them, several times as fast as Python does; what JSON cannot say, or says in
another way, is Python's. Both are exact, so that nobody can tell which of them was at work.
"""

import re
from collections.abc import Iterator

import numpy as np

from actcli.streams.blocks import Values

_SHOWN = 40  # characters of a bad token that an error message repeats
_MANY = 1000  # numbers: for fewer, orjson is not worth its import
# Where orjson writes a number as `repr` does; beyond, they write the exponent in different ways.
_SMALLEST_WITHOUT_EXPONENT, _LARGEST_WITHOUT_EXPONENT = 1e-4, 1e15
# One of these is in everything that JSON knows and that is not a number: "", true, null, false, [] and {}.
_NOT_OF_NUMBERS = b'"ul[{'
# To JSON an integer, which has no sign.
_MINUS_ZERO = re.compile(rb"-0(?![.eE])")


def parse(token: str) -> float:
    """What Python's float() reads, underscores excepted. Otherwise a ValueError, worded for the user."""
    try:
        if "_" not in token:
            return float(token)
    except ValueError:
        pass
    raise ValueError(f"not a number: {quoted(token)}")


def is_number(token: str) -> bool:
    """Whether `parse` reads it."""
    try:
        parse(token)
    except ValueError:
        return False
    return True


def parse_all(text: bytes) -> Values:
    """The numbers of a text, with a comma between each two. The ValueError does not say which of them is bad."""
    if b"_" in text:
        raise ValueError("float() would read underscores")
    count = text.count(b",") + 1
    if count >= _MANY and (values := _parse_json(text)) is not None and values.size == count:
        return values
    return np.fromiter(map(float, text.split(b",")), np.float64, count)


def _parse_json(text: bytes) -> Values | None:
    """The numbers, or None where Python has to look: nan, inf, .5, 1., +1, 01, -0, or a mistake."""
    import orjson

    if any(mark in text for mark in _NOT_OF_NUMBERS):
        return None
    try:
        values = np.array(orjson.loads(b"[%b]" % text), dtype=np.float64)
    except ValueError:
        return None
    return None if (values == 0).any() and _MINUS_ZERO.search(text) else values


def format_list(values: Values) -> bytes:
    """The numbers with commas between them, each as the shortest text that reads back as the same float64."""
    flat = values.ravel()
    if flat.size < _MANY:
        return ",".join(map(repr, flat.tolist())).encode("ascii")
    import orjson

    text = orjson.dumps(np.ascontiguousarray(flat), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    size = np.abs(flat)
    usual = (size >= _SMALLEST_WITHOUT_EXPONENT) & (size <= _LARGEST_WITHOUT_EXPONENT) | (size == 0)
    if usual.all():
        return text
    numbers = text.split(b",")
    others = np.flatnonzero(~usual)
    for index, number in zip(others.tolist(), flat[others].tolist(), strict=True):
        numbers[index] = repr(number).encode("ascii")
    return b",".join(numbers)


def format_all(values: Values) -> list[bytes]:
    """For each value the shortest text that reads back as the same float64."""
    return format_list(values).split(b",") if values.size else []


def format_lines(values: Values, width: int, separator: bytes) -> Iterator[bytes]:
    """The same in lines of `width` values each, without line ends."""
    return map(separator.join, zip(*[iter(format_all(values))] * width, strict=True))


def quoted(token: str) -> str:
    """The token for an error message: short, and with nothing that a terminal would obey."""
    return repr(token if len(token) <= _SHOWN else token[:_SHOWN] + "...")
