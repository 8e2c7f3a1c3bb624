"""Examples to learn from: each line or row is a point, its last field the target, the others its features.

CSV and text may begin with a header: a first line that has no number as its target, and either none among its features
or a number as the target below it. The first target decides whether targets are numbers or class names.
"""

import math
import sys
from array import array
from collections.abc import Iterator, Sequence
from io import BufferedIOBase
from itertools import chain, islice
from typing import TypeAlias

import numpy as np

from actcli.streams.blocks import Values
from actcli.streams.files import StreamError, file_error
from actcli.streams.reading import opened, recognise
from actcli.streams.text import BYTE_ORDER_MARK, decode, is_number, parse, quoted

# A quarter of 4 GiB: who standardises the examples holds them four times for a moment.
MOST_MEMORY = 2**30
_TOO_LARGE = "more than 1 GiB of numbers; train on a part of them"

Line: TypeAlias = tuple[int, list[str]]  # its number, from 1, and its fields


def read_examples(path: str) -> tuple[Values, Values | list[str]]:
    """Features (points, features) and labels, all numbers (points,) or all class names, of a file ("-" is stdin).

    A file is read as .npy or CSV by its suffix; anything else, stdin too, as .npy when it begins with .npy's magic, and
    as text with whitespace or commas between the fields when not. Lines without anything in their fields are skipped.

    Raises StreamError, with the line where there is one: the file cannot be read; it has no points, or points without
    features; fields are missing, too many, empty, no numbers or not finite; there is more than 1 GiB of them.
    """
    with opened(path) as (stream, name):
        try:
            file_format, start = recognise(stream, name)
            if file_format == "npy":
                return _from_array(stream, name)
            lines = _equally_wide(_lines(stream, name, start, file_format == "csv"), name)
            return _from_lines(_without_header(lines, name), name)
        except OSError as error:
            raise file_error(name, error) from error


def _lines(stream: BufferedIOBase, name: str, start: bytes, csv: bool) -> Iterator[Line]:
    from actcli.streams.csv_format import line_chunks, split_fields

    first = 1
    for chunk in line_chunks(stream, name, start):
        lines = chunk.split(b"\n")
        if first == 1:
            lines[0] = lines[0].removeprefix(BYTE_ORDER_MARK)
        for number, line in enumerate(lines, first):
            fields = split_fields(line, name, number) if csv else _split_text(line, name, number)
            if any(map(str.strip, fields)):
                yield number, fields
        first += chunk.count(b"\n")


def _split_text(line: bytes, name: str, number: int) -> list[str]:
    try:
        return decode(line).replace(",", " ").split()
    except ValueError as error:
        raise StreamError(f"{name}, line {number}: {error}") from None


def _equally_wide(lines: Iterator[Line], name: str) -> Iterator[Line]:
    from actcli.streams.csv_format import count_fields

    width = None
    for number, fields in lines:
        width = width or len(fields)
        if width < 2:
            raise StreamError(
                f"{name}, line {number}: 1 field; a point needs features and a target, with commas between"
            )
        if len(fields) != width:
            raise StreamError(f"{name}, line {number}: {count_fields(len(fields))}, expected {width}")
        yield number, fields


def _without_header(lines: Iterator[Line], name: str) -> Iterator[Line]:
    begin = list(islice(lines, 2))
    if not begin:
        raise StreamError(f"{name}: no points")
    if _is_header(*(fields for _, fields in begin)):
        del begin[0]
        if not begin:
            raise StreamError(f"{name}: a header and no points")
    return chain(begin, lines)


def _is_header(fields: list[str], below: Sequence[str] = ("",)) -> bool:
    if is_number(fields[-1]):
        return False
    return not any(map(is_number, fields[:-1])) or is_number(below[-1])


def _from_lines(lines: Iterator[Line], name: str) -> tuple[Values, Values | list[str]]:
    features, numbers = array("d"), array("d")
    names: list[str] = []
    known: dict[str, str] = {}  # so that a class has one name in memory, however many points are in it
    width = memory = 0
    for number, fields in lines:
        *inputs, target = map(str.strip, fields)
        try:
            features.extend(map(_finite, inputs))
            if not target:
                raise ValueError("the target is missing: an empty field")
            if names or not (numbers or is_number(target)):
                memory += 0 if target in known else sys.getsizeof(target)
                names.append(known.setdefault(target, target))
            else:
                numbers.append(_finite(target))
        except ValueError as error:
            raise StreamError(f"{name}, line {number}: {error}") from None
        width = len(inputs)
        memory += 8 * len(fields)
        if memory > MOST_MEMORY:
            raise StreamError(f"{name}, line {number}: {_TOO_LARGE}")
    return np.frombuffer(features).reshape(-1, width), names or np.frombuffer(numbers)


def _finite(field: str) -> float:
    if not field:
        raise ValueError("a feature is missing: an empty field")
    value = parse(field)
    if not math.isfinite(value):
        raise ValueError(f"not finite: {quoted(field)}")
    return value


def _from_array(stream: BufferedIOBase, name: str) -> tuple[Values, Values]:
    from actcli.streams.npy import read_npy

    source = read_npy(stream, name, rowwise=True, any_order=False, uint16_is_bfloat16=False)
    shape = source.shape or ()
    if len(shape) != 2:
        raise StreamError(f"{name}: an array of shape {shape}; points are the rows of one with two axes")
    if shape[0] == 0:
        raise StreamError(f"{name}: no points")
    if shape[1] < 2:
        raise StreamError(f"{name}: an array of shape {shape}; a row needs features and, behind them, its target")
    if 8 * math.prod(shape) > MOST_MEMORY:
        raise StreamError(f"{name}: {_TOO_LARGE}")
    points = np.empty(shape)
    filled = 0
    for block in source.blocks():
        points[filled : filled + len(block.values)] = block.values
        filled += len(block.values)
    finite = np.isfinite(points)
    if not finite.all():
        row, column = map(int, np.argwhere(~finite)[0])
        raise StreamError(f"{name}: element [{row}, {column}] is not finite: {points[row, column]}")
    return points[:, :-1], points[:, -1]
