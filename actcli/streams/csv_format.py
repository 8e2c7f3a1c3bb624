"""CSV: comma-separated columns of numbers under an optional line of names.

Reading: a first line that is not all numbers is the header. Every line has as many fields as the first one;
empty lines are skipped.

Writing, by where the numbers came from:
- from a CSV file: the results in the columns of the input, under its header if it has one;
- otherwise, elementwise: a header `x,y` and one line for each number;
- otherwise, row-wise: a line for each row under `y1,...,ym`. Of a row's Jacobian each line is the gradient of
  one output, under `x1,...,xm`.
"""

from collections.abc import Iterator
from io import BufferedIOBase
from itertools import chain, islice
from typing import IO

import numpy as np

from actcli.streams.blocks import Block, Source, Values, equal_lines
from actcli.streams.decimals import format_all, parse, parse_all
from actcli.streams.errors import StreamError
from actcli.streams.text import BYTE_ORDER_MARK, CHUNK, decode

_LONGEST_LINE = 1 << 24  # bytes: a longer one is no table


def read_csv(stream: BufferedIOBase, name: str) -> tuple[str | None, Iterator[Block]]:
    """The header, if there is one, and the blocks. Raises StreamError with the line of what is wrong."""
    chunks = _whole_lines(stream, name)
    start, number = _first_filled(chunks)
    if not start:
        return None, iter(())
    first, _, rest = start.partition(b"\n")
    fields = _fields(first, name, number)
    if all(_is_number(field) for field in fields):
        return None, _blocks(chain([start], chunks), name, number, len(fields))
    return first.decode().strip("\r\n"), _blocks(chain([rest], chunks), name, number + 1, len(fields))


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


def _whole_lines(stream: BufferedIOBase, name: str) -> Iterator[bytes]:
    """The stream cut into chunks after line ends."""
    pieces: list[bytes] = []
    line, size = 1, 0
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


def _blocks(chunks: Iterator[bytes], name: str, number: int, width: int) -> Iterator[Block]:
    for chunk in chunks:
        values = _parse_chunk(chunk, name, number, width)
        number += chunk.count(b"\n")
        if values.size:
            yield Block(values, equal_lines(values.size // width, width))


def _parse_chunk(chunk: bytes, name: str, first_line: int, width: int) -> Values:
    lines = chunk.split(b"\n")
    filled = [line for line in lines if line.strip()]
    commas = width - 1
    if b"_" not in chunk and all(line.count(b",") == commas for line in filled):
        try:
            return parse_all(b",".join(filled)) if filled else np.empty(0)
        except ValueError:
            pass  # a quoted field or a mistake: the slow way knows
    rows = [_parse_row(line, name, number, width) for number, line in enumerate(lines, first_line) if line.strip()]
    return np.array(rows, dtype=np.float64).ravel()


def _parse_row(line: bytes, name: str, number: int, width: int) -> list[float]:
    fields = _fields(line, name, number)
    if len(fields) != width:
        raise StreamError(f"{name}, line {number}: {_count(len(fields))}, expected {width}")
    try:
        return [parse(field) for field in fields]
    except ValueError as error:
        raise StreamError(f"{name}, line {number}: {error}") from None


def _fields(line: bytes, name: str, number: int) -> list[str]:
    import csv  # only quotes, mistakes and the first line need it

    try:
        return next(csv.reader([decode(line).strip("\r\n")], strict=True), [])
    except (ValueError, csv.Error) as error:
        raise StreamError(f"{name}, line {number}: {error}") from None


def _count(fields: int) -> str:
    return "1 field" if fields == 1 else f"{fields} fields"


def _is_number(field: str) -> bool:
    try:
        parse(field)
    except ValueError:
        return False
    return True


class CsvWriter:
    """Results as CSV; the module's docstring has the rule."""

    def __init__(self, file: IO[bytes], source: Source) -> None:
        self._file = file
        self._source = source
        self._width = 0
        if source.header is not None:
            self._line(source.header)
        elif not source.csv and not source.rowwise:
            self._line("x,y")

    def write(self, block: Block, results: Values) -> None:
        """Raises StreamError where rows of different lengths would have to share the columns."""
        if self._source.rowwise or self._source.csv:
            lines = self._rows(results.shape[-1] if self._source.rowwise else int(block.lengths[0]), results)
        else:
            lines = map(b",".join, zip(format_all(block.values), format_all(results), strict=True))
        self._file.write(b"".join([line + b"\n" for line in lines]))
        self._file.flush()

    def finish(self) -> None:
        """Nothing is left to be written."""

    def _rows(self, width: int, results: Values) -> Iterator[bytes]:
        if self._width == 0 and not self._source.csv:
            letter = "x" if results.ndim == 3 else "y"
            self._line(",".join(f"{letter}{column}" for column in range(1, width + 1)))
        elif self._width not in (0, width):
            raise StreamError(f"{self._source.name}: rows of different lengths do not fit in a CSV table")
        self._width = width
        numbers = iter(format_all(results))
        return (b",".join(islice(numbers, width)) for _ in range(results.size // width if width else 0))

    def _line(self, text: str) -> None:
        self._file.write(text.encode() + b"\n")
