"""CSV and its relatives: columns of numbers under an optional line of names, with commas, semicolons or tabs between.

Reading: `table` has the rule for headers. Every row has as many fields as the first one; blank lines are skipped.
Columns that are not selected may hold anything.

Writing, by the source of the numbers:
- a table with --append: its lines, with the results in further columns, FUNCTION(COLUMN)
- another table: the results in place of the columns read, under their header if there is one
- other sources, elementwise: a header `x,y`, and one line per number
- several functions: a column for each in place of y; from a table FUNCTION(COLUMN) for each
- other sources, row-wise: one line per row under `y1,...,ym`; for a Jacobian one line per output, its gradient, under
  `x1,...,xm`
"""

import csv
import io
import re
import shlex
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from operator import methodcaller
from typing import IO

import numpy as np

from actcli.streams.beginning import LONGEST, TOO_LONG, Text
from actcli.streams.blocks import Block, Source, Table, Values, equal_lines
from actcli.streams.cells import (
    complaint,
    decimal_comma,
    delimiter_option,
    has_decimal_comma,
    is_missing,
    is_name,
    is_number,
    is_text,
    to_number,
    way_out,
)
from actcli.streams.encoding import file_argument
from actcli.streams.files import StreamError, counted
from actcli.streams.options import BLANKS, NO_TABLE, TABLES, TableOptions
from actcli.streams.table import (
    NO_RECORD,
    Record,
    Records,
    filled,
    find_delimiter,
    first_records,
    heading,
)
from actcli.streams.text import format_lines, parse_all

_COMMENT = re.compile(rb"(?m)^[ \t]*#")


def read_csv(text: Text, options: TableOptions = NO_TABLE, suffix: str = ".csv") -> tuple[Table, Iterator[Block]]:
    """The header, and blocks of the columns that the options select.

    If neither options nor suffix say that it is a table, only names above data are a header.
    StreamError: a malformed line, with its number, or a missing column.
    """
    name, is_table = text.name, suffix in TABLES
    delimiter = options.delimiter or TABLES.get(suffix) or find_delimiter(text, blanks=not is_table)
    begin = heading(text, delimiter, options.columns)
    positions = [begin.position(column, name) for column in options.columns]
    first = next(iter(first_records(text, delimiter, 1)), NO_RECORD)
    layout = _Layout(
        name, delimiter, begin.names(range(len(begin.fields))), positions or None, options, first, begin.line
    )
    if begin.named and not (is_table or options.given) and len(first_records(text, delimiter, 2)) < 2:
        raise StreamError(f"{name}, line {begin.line - 1}: {complaint(begin.fields[0], name)}")
    if not begin.named and not positions and not all(map(is_number, begin.fields)):
        _numbers(*first_records(text, delimiter, 2), layout=layout)
    lines: deque[bytes] | None = deque() if options.keep_lines else None
    header = begin.names(positions or range(len(begin.fields)))
    table = Table(header, begin.named, delimiter, begin.preamble, lines)
    return table, _blocks(line_chunks(text.pieces_from(begin.line), name, begin.line), layout, begin.line, lines)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Layout of the rows, and the fields that are read; None: all."""

    name: str
    delimiter: str
    columns: tuple[str, ...]
    picked: Sequence[int] | None
    options: TableOptions
    first: Record
    begin: int

    @property
    def width(self) -> int:
        return len(self.columns)

    @property
    def places(self) -> Sequence[int]:
        return range(self.width) if self.picked is None else self.picked


def csv_line(fields: Iterable[str], delimiter: str = ",") -> str:
    """The fields joined by the delimiter, quoted if necessary."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(fields)
    return line.getvalue()


def line_chunks(pieces: Iterable[bytes], name: str, line: int) -> Iterator[bytes]:
    """A text cut into chunks after line ends. line: number of the first line. StreamError: a line is too long."""
    begun: list[bytes] = []
    size = 0
    for data in pieces:
        end = data.rfind(b"\n") + 1
        if end:
            chunk = b"".join([*begun, data[:end]])
            line += chunk.count(b"\n")
            yield chunk
            begun, size = [], 0
        begun.append(data[end:])
        size += len(data) - end
        if size > LONGEST:
            raise StreamError(f"{name}, line {line}: {TOO_LONG}")
    if size:
        yield b"".join(begun)


def _blocks(chunks: Iterator[bytes], layout: _Layout, line: int, kept: deque[bytes] | None) -> Iterator[Block]:
    records = Records(layout.name, layout.delimiter, line, layout.width, layout.places)
    for chunk in chain(chunks, [b""]):
        ended = not chunk
        if not ended and not records.rest and b'"' not in chunk and not (b"#" in chunk and _COMMENT.search(chunk)):
            lines = chunk.split(b"\n")
            rows = filled(lines, layout.delimiter)
            values = _parse_quickly(rows, layout) if rows else np.empty(0)
            if values is not None:
                records.line += len(lines) - 1
                if rows:
                    if kept is not None:
                        kept.extend(records.with_comments(rows))
                    yield Block(values, equal_lines(len(rows), len(layout.places)))
                continue
        found = list(records.take(chunk, ended))
        if found:
            if kept is not None:
                kept.extend(b"\n".join([*row.comments, row.raw]) for row in found)
            yield Block(_parse_records(found, layout), equal_lines(len(found), len(layout.places)))
    if kept is not None:
        kept.extend(records.comments)


def _parse_quickly(lines: list[bytes], layout: _Layout) -> Values | None:
    """The numbers of lines without quotes; None after a mistake, which `_parse_records` then finds."""
    separator = None if layout.delimiter == BLANKS else layout.delimiter.encode()
    if separator is None or layout.picked is not None:
        rows = [line.split(separator) for line in lines]
        if {*map(len, rows)} != {layout.width}:
            return None
        text = b",".join([row[place] for row in rows for place in layout.places])
    else:
        if {*map(methodcaller("count", separator), lines)} != {layout.width - 1}:
            return None
        text = b",".join(lines)
        if separator != b",":
            if text.count(b",") != len(lines) - 1:
                return None
            text = text.replace(separator, b",")
    try:
        values = parse_all(text)
    except ValueError:
        return None
    return values if values.size == len(lines) * len(layout.places) else None


def _parse_records(rows: Sequence[Record], layout: _Layout) -> Values:
    """The numbers of rows. StreamError: a cell that is no number, with its line."""
    if all(len(row.fields) == layout.width for row in rows):
        cells = [row.fields[place] for row in rows for place in layout.places]
        try:
            values = parse_all(",".join(cells).encode())
        except ValueError:
            values = np.empty(0)
        if values.size == len(cells):
            return values
    return np.array([_numbers(row, layout=layout) for row in rows], dtype=np.float64).ravel()


def _numbers(row: Record, below: Record | None = None, *, layout: _Layout) -> list[float]:
    """The numbers of a row. below: the next row, if this first row may be a header."""
    if len(row.fields) != layout.width:
        raise ragged(layout.name, row, layout.first)
    found = []
    for place in layout.places:
        cell = row.fields[place]
        try:
            found.append(to_number(cell, layout.options.missing_is_nan, layout.options.bits))
        except ValueError:
            column = (layout.columns[place] or str(place + 1)) if layout.width > 1 else ""
            what, out = complaint(cell, layout.name, column), _way_out(row, place, layout, below)
            raise StreamError(f"{layout.name}, line {row.line}: {what}{out and '; '}{out}") from None
    return found


def _way_out(row: Record, place: int, layout: _Layout, below: Record | None) -> str:
    """Advice for a cell that is no number; empty if there is none."""
    column = layout.options.column_option
    if not is_text(row.fields[place]):  # the message has the advice
        return ""
    if below is not None and (name := meant_for_names(row, below)):
        return f"{column} {shlex.quote(name[0])} takes line {row.line} for names"
    if below is not None and not any(map(str.strip, row.fields)) and all(map(is_number, below.fields)):
        return f"--missing nan reads it as nan; `tail -n +{row.end}{file_argument(layout.name)}` leaves the line out"
    if row.line == layout.begin and row.fields and all(map(is_name, row.fields)):
        return f"`tail -n +{row.line}{file_argument(layout.name)}` takes this line for names"
    if out := way_out(row.fields[place], layout.name, layout.delimiter, layout.options.bits):
        return out
    if row.line == layout.begin and layout.width == 1 and (out := delimiter_option(row.fields[0])):
        return out
    pairs = zip(layout.columns, row.fields, strict=True)
    numbers = [name for name, cell in pairs if name and name.isprintable() and is_number(cell)]
    return f"{column} {shlex.quote(numbers[0])} picks a column" if layout.picked is None and numbers else ""


def meant_for_names(row: Record, below: Record) -> list[str]:
    """Possible names in a first row that does not look like a header: words above numbers."""
    pairs = zip(row.fields, below.fields, strict=False)
    words = [word.strip() for word, under in pairs if is_number(under) and word.strip().isprintable()]
    possible = [word for word in words if any(map(str.isalpha, word)) and not is_missing(word) and not is_number(word)]
    return list(filter(is_name, words)) or possible


def ragged(name: str, row: Record, first: Record) -> StreamError:
    """The error for a row whose length differs from the first row's."""
    given, expected = len(row.fields), len(first.fields)
    # A first line of another length directly above may be a title.
    title = (
        f"; `tail -n +{first.end}{file_argument(name)}` leaves line {first.line} out" if row.line == first.end else ""
    )
    if expected == 1 and has_decimal_comma(",".join(row.fields)):
        title = f"; {decimal_comma(name)}"
    return StreamError(f"{name}, line {row.line}: {counted(given, 'field')}, expected {expected}{title}")


class CsvWriter:
    """Writer of results as CSV; the module's docstring has the rules."""

    def __init__(self, file: IO[bytes], source: Source, functions: Sequence[str] = ("",), suffix: str = "") -> None:
        """functions: names for columns of --append or of several functions; suffix: of the file, for the delimiter."""
        self._file = file
        self._source = source
        self._functions = functions
        self._width = 0
        kept = source.table.delimiter if source.table is not None and source.table.lines is not None else ","
        self._delimiter = (
            "\t" if suffix == ".tsv" else "," if kept == BLANKS or (suffix == ".csv" and kept == "\t") else kept
        )

    def write(self, block: Block, results: Values) -> None:
        """Write a block's results. StreamError: rows of different lengths."""
        if not self._source.rowwise:
            if self._source.table is None:
                results = np.column_stack([block.values, results])
            elif len(self._functions) > 1:
                results = results.reshape(len(block.lengths), -1)
        width = int(block.lengths[0]) if results.ndim == 1 else results.shape[-1]
        self._begin(width, is_jacobian=results.ndim == 3)
        delimiter = self._delimiter.encode()
        lines = format_lines(results, width, delimiter)
        if self._source.table is not None and (kept := self._source.table.lines) is not None:
            lines = (self._kept(kept.popleft()) + delimiter + line for line in lines)
        self._file.write(b"".join([line + b"\n" for line in lines]))
        self._file.flush()

    def finish(self) -> None:
        """Write the header if there was no number, and comments after the last row."""
        table = self._source.table
        if self._width == 0 and (table is not None or not self._source.rowwise):
            results = len(self._functions)
            self._begin(1 + results if table is None else results * len(table.columns), is_jacobian=False)
        if table is not None and table.lines:  # comments after the last row
            self._file.writelines(line + b"\n" for line in table.lines)

    def _kept(self, lines: bytes) -> bytes:
        """The lines of a row, with this file's delimiter."""
        table = self._source.table
        if table is None or table.delimiter == self._delimiter:
            return lines
        rows = [*Records(self._source.name, table.delimiter).take(lines)]
        written = [csv_line(row.fields, self._delimiter).encode(errors="surrogateescape") for row in rows]
        return b"\n".join([*chain(*(row.comments for row in rows)), *written])

    def _begin(self, width: int, is_jacobian: bool) -> None:
        if self._width not in (0, width):
            raise StreamError(f"{self._source.name}: rows of different lengths do not fit in a CSV table")
        if self._width == 0:
            self._file.write(self._header(width, is_jacobian))
        self._width = width

    def _header(self, width: int, is_jacobian: bool) -> bytes:
        table = self._source.table
        numbered = [f"{'x' if is_jacobian else 'y'}{column}" for column in range(1, width + 1)]
        if table is None:
            several = self._functions if len(self._functions) > 1 else ["y"]
            return self._line(numbered if self._source.rowwise else ["x", *several])
        # The results of glu are fewer than the columns.
        as_wide = len(table.columns) * len(self._functions) == width
        if table.lines is None and (len(self._functions) == 1 or not table.named):
            return self._line(table.columns if as_wide else numbered) if table.named else b""
        if not table.named:
            return table.preamble
        pairs = product(table.columns, self._functions)
        names = [f"{function}({column})" for column, function in pairs] if as_wide else numbered
        if table.lines is None:
            return self._line(names)
        above = self._kept(table.preamble.removesuffix(b"\n"))
        return above + self._delimiter.encode() + self._line(names)

    def _line(self, fields: Sequence[str]) -> bytes:
        return csv_line(fields, self._delimiter).encode(errors="surrogateescape") + b"\n"
