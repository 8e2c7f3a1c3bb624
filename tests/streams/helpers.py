"""Streams in memory, for tests of one reader or writer."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from actcli.streams.beginning import Text
from actcli.streams.blocks import Block, Table, Values, equal_lines
from actcli.streams.csv_format import csv_line, read_csv
from actcli.streams.encoding import recognise, utf8
from actcli.streams.options import TableOptions
from actcli.streams.text import read_text


class Dripping(io.BytesIO):
    """A pipe that delivers a few bytes at a time, as from a slow writer."""

    def __init__(self, data: bytes, sizes: Sequence[int] = (1,)) -> None:
        super().__init__(data)
        self._sizes = sizes
        self._reads = 0

    def read1(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        return self.read(self._sizes[self._reads % len(self._sizes)])


def table_of(
    stream: io.BytesIO, columns: Sequence[str] = (), name: str = "data.csv", **options: Any
) -> tuple[Table, Iterator[Block]]:
    """The table in the stream, read as a file of that name."""
    file = recognise(stream, name)
    return read_csv(Text(utf8(file), name), TableOptions(tuple(columns), **options), file.suffix)


def header_of(table: Table) -> str | None:
    """The header as CSV; None if the columns have no names."""
    return csv_line(table.columns) if table.named else None


def text_of(stream: io.BytesIO, name: str = "data.txt", missing_is_nan: bool = False) -> Iterator[Block]:
    """The plain text in the stream, read as a file of that name."""
    return read_text(utf8(recognise(stream, name)), name, TableOptions(missing_is_nan=missing_is_nan))


def lines_of(blocks: Iterable[Block]) -> list[list[float]]:
    """The numbers line by line, independent of the blocks."""
    lines: list[list[float]] = [[]]
    for block in blocks:
        numbers = iter(block.values.ravel().tolist())
        for length in block.lengths.tolist():
            lines[-1] += [next(numbers) for _ in range(length)]
            lines.append([])
        if block.open:
            lines.pop()
        assert next(numbers, None) is None
    return lines if lines[-1] else lines[:-1]


def column(*values: float) -> Block:
    return Block(np.array(values, dtype=np.float64), equal_lines(len(values), 1))


def rows(values: Values) -> Block:
    return Block(values, equal_lines(len(values), values.shape[1]))


def same_bits(a: Values, b: Values) -> bool:
    """Equal to the last bit, the sign of zero included; any nan equals any other."""
    nan = np.isnan(a) & np.isnan(b)
    return a.shape == b.shape and bool(np.all(nan | ((a == b) & (np.signbit(a) == np.signbit(b)))))
