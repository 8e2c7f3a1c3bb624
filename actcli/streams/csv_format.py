"""CSV: comma-separated columns of numbers under an optional line of names.

Reading: a first line that is not all numbers is the header; where columns are picked by position, only those count.
Every line has as many fields as the first one; empty lines are skipped. Columns that are not picked may hold anything.

Writing, by where the numbers came from:
- from a CSV file whose lines are kept: these lines, with the results appended as further columns, FUNCTION(COLUMN);
- from another CSV file: the results in the columns that were read, under their header if there is one;
- otherwise, elementwise: a header `x,y` and one line for each number;
- otherwise, row-wise: a line for each row under `y1,...,ym`. Of a row's Jacobian each line is the gradient of
  one output, under `x1,...,xm`.
"""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import chain
from operator import methodcaller
from typing import IO

import numpy as np

from actcli.streams.blocks import Block, Source, Table, Values, equal_lines
from actcli.streams.files import StreamError
from actcli.streams.text import BYTE_ORDER_MARK, CHUNK, decode, format_lines, is_number, parse, parse_all, quoted

_LONGEST_LINE = 1 << 24  # bytes: a longer one is no table


_count_commas = methodcaller("count", b",")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the lines of a file look, and which of their fields are read; None stands for all."""

    name: str
    width: int
    picked: list[int] | None


def read_csv(
    stream: BufferedIOBase, name: str, columns: Sequence[str] = (), keep_lines: bool = False
) -> tuple[Table, Iterator[Block]]:
    """The header and the blocks of the columns, each given by its name or by its position, counted from 1.

    Without `columns` all of them are read. Raises StreamError with the line of what is wrong, or with the column
    that does not exist.
    """
    chunks = line_chunks(stream, name)
    lines: deque[bytes] | None = deque() if keep_lines else None
    start, number = _first_filled(chunks)
    first, _, rest = start.partition(b"\n")
    fields = [field.strip() for field in split_fields(first, name, number)]
    picked = [_position(column, fields, name) for column in columns] or list(range(len(fields)))
    layout = _Layout(name, len(fields), picked if columns else None)
    if all(is_number(fields[position]) for position in picked) and not _is_named(columns, fields):
        names = tuple(str(position + 1) for position in picked)
        return Table(None, names, lines), _blocks(chain([start], chunks), layout, number, lines)
    names = tuple(fields[position] for position in picked)
    header = csv_line(names) if columns and not keep_lines else first.decode().strip("\r\n")
    return Table(header, names, lines), _blocks(chain([rest], chunks), layout, number + 1, lines)


def _is_named(columns: Sequence[str], fields: Sequence[str]) -> bool:
    return any(column in fields for column in columns) and not all(map(is_number, fields))


def _position(column: str, fields: Sequence[str], name: str) -> int:
    """Numbers in the first line are no names."""
    if _is_named([column], fields):
        if fields.count(column) > 1:
            raise StreamError(f"{name}: {fields.count(column)} columns are named {quoted(column)}: give its position")
        return fields.index(column)
    if column.isdecimal() and 1 <= int(column) <= len(fields):
        return int(column) - 1
    if not fields:
        known = "the file is empty"
    elif all(map(is_number, fields)):
        known = f"its {len(fields)} columns have no names" if len(fields) > 1 else "its only column has no name"
    else:
        known = f"there is {', '.join(map(quoted, fields[:10]))}{', ...' if len(fields) > 10 else ''}"
    raise StreamError(f"{name}: no column {quoted(column)}: {known}")


def csv_line(fields: Iterable[str]) -> str:
    """The fields with commas between them, quoted where that is necessary."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def _first_filled(chunks: Iterator[bytes]) -> tuple[bytes, int]:
    """The first chunk that is not blank, from its first filled line on, and that line's number."""
    number = 1
    for chunk in chunks:
        chunk = chunk.removeprefix(BYTE_ORDER_MARK) if number == 1 else chunk
        blank = chunk[: len(chunk) - len(chunk.lstrip())]
        number += blank.count(b"\n")
        if len(blank) < len(chunk):
            return chunk[blank.rfind(b"\n") + 1 :], number
    return b"", number


def line_chunks(stream: BufferedIOBase, name: str, start: bytes = b"") -> Iterator[bytes]:
    """The stream, whose first bytes `start` have already been taken from it, cut into chunks after line ends."""
    pieces = [start]
    line, size = 1, len(start)
    while data := stream.read1(CHUNK):
        end = data.rfind(b"\n") + 1
        if end:
            chunk = b"".join([*pieces, data[:end]])
            line += chunk.count(b"\n")
            yield chunk
            pieces, size = [], 0
        pieces.append(data[end:])
        size += len(data) - end
        if size > _LONGEST_LINE:
            raise StreamError(f"{name}, line {line}: longer than {_LONGEST_LINE >> 20} MiB")
    if size:
        yield b"".join(pieces)


def _blocks(chunks: Iterator[bytes], layout: _Layout, number: int, kept: deque[bytes] | None) -> Iterator[Block]:
    width = layout.width if layout.picked is None else len(layout.picked)
    for chunk in chunks:
        lines = chunk.split(b"\n")
        filled = list(filter(bytes.strip, lines))
        if filled:
            values = None if b'"' in chunk else _parse_quickly(filled, layout)
            if values is None:
                numbered = ((line, place) for place, line in enumerate(lines, number) if line.strip())
                rows = [_parse_line(line, place, layout) for line, place in numbered]
                values = np.array(rows, dtype=np.float64).ravel()
            if kept is not None:
                kept.extend(line.rstrip(b"\r") for line in filled)
            yield Block(values, equal_lines(len(filled), width))
        number += len(lines) - 1


def _parse_quickly(lines: list[bytes], layout: _Layout) -> Values | None:
    """The numbers of lines without quotes; None where a mistake asks for a closer look."""
    if set(map(_count_commas, lines)) != {layout.width - 1}:
        return None
    if layout.picked is not None:
        rows = [line.split(b",") for line in lines]
        lines = [row[position] for row in rows for position in layout.picked]
    try:
        return parse_all(b",".join(lines))
    except ValueError:
        return None


def _parse_line(line: bytes, number: int, layout: _Layout) -> list[float]:
    fields = split_fields(line, layout.name, number)
    if len(fields) != layout.width:
        raise StreamError(f"{layout.name}, line {number}: {count_fields(len(fields))}, expected {layout.width}")
    try:
        return [parse(field) for field in (fields if layout.picked is None else map(fields.__getitem__, layout.picked))]
    except ValueError as error:
        hint = "; --column NAME picks columns" if layout.picked is None and layout.width > 1 else ""
        raise StreamError(f"{layout.name}, line {number}: {error}{hint}") from None


def split_fields(line: bytes, name: str, number: int) -> list[str]:
    """The fields of a line of CSV, without their quotes. Raises StreamError with the line's number."""
    try:
        return next(csv.reader([decode(line).strip("\r\n")], strict=True), [])
    except (ValueError, csv.Error) as error:
        raise StreamError(f"{name}, line {number}: {error}") from None


def count_fields(fields: int) -> str:
    """`1 field`, `2 fields`."""
    return "1 field" if fields == 1 else f"{fields} fields"


class CsvWriter:
    """Results as CSV; the module's docstring has the rule."""

    def __init__(self, file: IO[bytes], source: Source, function: str = "") -> None:
        self._file = file
        self._source = source
        self._function = function
        self._width = 0

    def write(self, block: Block, results: Values) -> None:
        """Raises StreamError where rows of different lengths would have to share the columns."""
        if self._source.table is None and not self._source.rowwise:
            results = np.stack([block.values, results], axis=1)
        width = int(block.lengths[0]) if results.ndim == 1 else results.shape[-1]
        self._begin(width, is_jacobian=results.ndim == 3)
        lines = format_lines(results, width, b",")
        if self._source.table is not None and (kept := self._source.table.lines) is not None:
            lines = (kept.popleft() + b"," + line for line in lines)
        self._file.write(b"".join([line + b"\n" for line in lines]))
        self._file.flush()

    def finish(self) -> None:
        """Where there was no number, the header is still missing."""
        table = self._source.table
        if self._width == 0 and (table is not None or not self._source.rowwise):
            self._begin(2 if table is None else len(table.columns), is_jacobian=False)

    def _begin(self, width: int, is_jacobian: bool) -> None:
        if self._width not in (0, width):
            raise StreamError(f"{self._source.name}: rows of different lengths do not fit in a CSV table")
        if self._width == 0 and (header := self._header(width, is_jacobian)) is not None:
            self._file.write(header.encode() + b"\n")
        self._width = width

    def _header(self, width: int, is_jacobian: bool) -> str | None:
        table = self._source.table
        if table is None and not self._source.rowwise:
            return "x,y"
        numbered = [f"{'x' if is_jacobian else 'y'}{column}" for column in range(1, width + 1)]
        if table is None:
            return ",".join(numbered)
        if table.header is None:
            return None
        if table.lines is None:
            return table.header if len(table.columns) == width else ",".join(numbered)
        # A row that comes back shorter (glu) has no result for each column.
        names = [f"{self._function}({column})" for column in table.columns]
        return f"{table.header},{csv_line(names if len(names) == width else numbered)}"
