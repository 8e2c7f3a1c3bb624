"""Sources of numbers, and their formats."""

import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedIOBase
from os.path import isfile
from typing import Final, cast

import numpy as np

from actcli.streams.beginning import Text
from actcli.streams.blocks import BLOCK, Block, Source, Values, equal_lines, whole_rows
from actcli.streams.cells import is_number, parse, split_cells
from actcli.streams.encoding import Recognised, recognise, utf8
from actcli.streams.files import StreamError, file_error
from actcli.streams.options import NO_TABLE, TABLES, Bits, TableOptions


@contextmanager
def open_numbers(
    arguments: Sequence[str],
    grid: tuple[float, float, int] | None,
    input_path: str | None,
    *,
    rowwise: bool = False,
    convert: Callable[[Values], Values] | None = None,
    any_order: bool = False,
    uint16_is_bfloat16: bool = False,
    arrays_of_bits: bool = False,
    no_int16: bool = False,
    table: TableOptions = NO_TABLE,
    bits: Bits | None = None,
) -> Iterator[Source]:
    """The numbers of arguments, --grid or a file ("-" is stdin), or else of stdin if it is no terminal.

    Formats of a file: .npy by its magic bytes; a table by its suffix, .csv or .tsv, or by a table option; otherwise
    text if its first line has numbers only, else a table. gzip, bzip2 and xz are unpacked.

    rowwise:            blocks hold whole rows: lines of text, the last axis of an array, all arguments, the whole grid
    convert:            applied to every block's values, to round them to a narrower type, say
    any_order:          read a Fortran-ordered .npy array in the order of the file, for output to .npy
    uint16_is_bfloat16: a .npy array of uint16 holds bit patterns of bfloat16
    no_int16:           refuse a .npy array of int16, which may be bit patterns
    bits:               reader of bit patterns, for .bin files and hexadecimal patterns in text
    arrays_of_bits:     .npy arrays of uint16 (for float8 uint8), or of the raw type of that width, hold bit patterns

    StreamError: no numbers, several sources, or an unreadable file.
    """
    places = {"X arguments": bool(arguments), "--grid": grid is not None, "--input": input_path is not None}
    given = [place for place, present in places.items() if present]
    if len(given) > 1:
        raise StreamError(f"{' and '.join(given)} exclude each other: give the numbers in one way")
    if (arguments or grid is not None) and (option := table.given or ("--missing" if table.missing_is_nan else "")):
        raise StreamError(f"{option} is for files: give --input FILE or pipe it in")
    if arguments:
        yield replace(from_arguments(arguments, rowwise, bits), convert=convert)
    elif grid is not None:
        yield replace(from_grid(*grid, rowwise=rowwise), convert=convert)
    elif bits is not None and (input_path or "").lower().endswith(".bin"):
        from actcli.streams.raw import read_raw

        if table.given or rowwise:
            wrong = f"{table.given} is for tables, and this is" if table.given else "rows come from .npy, and this is"
            raise StreamError(f"{input_path}: {wrong} raw numbers")
        with opened(input_path) as (stream, name):
            yield replace(read_raw(stream, name, bits), convert=convert)
    else:
        table = replace(table, bits=bits)
        with opened(input_path) as (stream, name):
            try:
                file = recognise(stream, name)
                # Imported only if needed: most runs read their arguments.
                if file.is_npy:
                    if table.given:
                        raise StreamError(f"{name}: {table.given} is for tables, and this is a .npy array")
                    from actcli.streams.npy import read_npy

                    source = read_npy(
                        file.stream,
                        name,
                        rowwise=rowwise,
                        any_order=any_order,
                        uint16_is_bfloat16=uint16_is_bfloat16,
                        bits=bits if arrays_of_bits and bits and bits.width <= 16 else None,
                        no_int16=no_int16,
                    )
                else:
                    source = _from_text(file, table, rowwise)
            except OSError as error:
                raise file_error(name, error) from error
            yield replace(source, convert=convert)


def _from_text(file: Recognised, options: TableOptions, rowwise: bool) -> Source:
    if file.suffix == ".npy":
        raise StreamError(f"{file.name}: not a .npy file")
    from actcli.streams.text import is_plain, read_text

    text = Text(utf8(file), file.name)
    table, is_table = None, bool(options.given) or file.suffix in TABLES
    if not is_table:
        refuse_json(text)
    if is_table or not is_plain(text.first_line()):
        from actcli.streams.csv_format import read_csv

        table, blocks = read_csv(text, options, file.suffix)
    else:
        blocks = read_text(text.pieces(), file.name, options)
    return Source(file.name, whole_rows(blocks) if rowwise else blocks, rowwise=rowwise, table=table)


@contextmanager
def opened(path: str | None) -> Iterator[tuple[BufferedIOBase, str]]:
    """The open file and its name; "-" is stdin, and so is None if stdin is no terminal.

    StreamError: no such file, or no numbers.
    """
    if path is None and (sys.stdin is None or sys.stdin.isatty()):
        raise StreamError("no numbers: give X, --grid START STOP NUM or --input FILE, or pipe them in")
    if path is None or path == "-":
        if sys.stdin is None:
            raise StreamError("stdin is closed")
        yield cast(BufferedIOBase, sys.stdin.buffer), "stdin"
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; only opening it may fail here
    except OSError as error:
        raise file_error(path, error) from error
    with file:
        yield file, path


def refuse_json(text: Text) -> None:
    """StreamError: a text that begins like JSON, whose first line might pass for a header."""
    if text.first_line().lstrip().startswith((b"{", b"[")):
        raise StreamError(f"{text.name}: JSON is not read; text, CSV and .npy are")


def from_arguments(arguments: Sequence[str], rowwise: bool, bits: Bits | None = None) -> Source:
    """The numbers of arguments, one or several in each, separated by whitespace or commas. All are one row.

    StreamError: a token that is no number.
    """
    try:
        # `2, 1, 0` is three arguments, two of which end with a comma.
        blank = next((text for text in arguments if not text.strip()), None)
        tokens = split_cells(" ".join(arguments)) if blank is None else [blank]
        values = np.array([parse(token, bits) for token in tokens], dtype=np.float64)
    except ValueError as error:
        raise StreamError(f"{error}{_meant_by(arguments)}") from None
    piece = _row(values) if rowwise else _column(values)
    return Source("arguments", [piece], rowwise=rowwise, shape=values.shape)


def _meant_by(arguments: Sequence[str]) -> str:
    """Suggestion for arguments that are no numbers: a file, or a list in brackets."""
    if file := next((text for text in arguments if not is_number(text) and (isfile(text) or _FILE.search(text))), None):
        from shlex import quote  # imported for a mistake only

        return f"; a file is read with --input {quote(file)}"
    if any(text[:1] in "([" for text in arguments if text):
        return "; numbers stand without brackets"
    return ""


_FILE: Final = re.compile(r"[^\d\W]\w*\.(csv|tsv|txt|npy|dat|bin|gz)$", re.IGNORECASE)


MOST_POINTS: Final = 10**12
"""Most points of a grid: more take days to write."""


def from_grid(start: float, stop: float, num: int, rowwise: bool) -> Source:
    """The numbers numpy.linspace(start, stop, num), in blocks unless they are one row."""
    if not (math.isfinite(start) and math.isfinite(stop)):
        raise StreamError("--grid: START and STOP must be finite")
    if not 1 <= num <= MOST_POINTS:
        raise StreamError(f"--grid: NUM must be from 1 to {MOST_POINTS}, not {num}")
    pieces = (_column(linspace(start, stop, num, first, min(BLOCK, num - first))) for first in range(0, num, BLOCK))
    whole = (_row(linspace(start, stop, num, 0, num)) for _ in range(1))
    return Source("grid", whole if rowwise else pieces, rowwise=rowwise, shape=(num,))


def linspace(start: float, stop: float, num: int, first: int, count: int) -> Values:
    """numpy.linspace(start, stop, num)[first : first + count], also if stop - start overflows."""
    span = stop - start
    if not math.isfinite(span):
        return 2 * linspace(start / 2, stop / 2, num, first, count)
    index = np.arange(first, first + count, dtype=np.float64)
    intervals = max(num - 1, 1)
    step = span / intervals
    # With a step rounded up the last number may overflow; it is replaced by stop.
    with np.errstate(over="ignore"):
        values = (index * step if step else index / intervals * span) + start
    if first + count == num > 1:
        values[-1] = stop
    return values


def _column(values: Values) -> Block:
    return Block(values, equal_lines(len(values), 1))


def _row(values: Values) -> Block:
    return Block(values.reshape(1, -1), equal_lines(1, len(values)))
