"""Blocks of float64 with their lines or rows: readers yield them, writers take them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from actcli.streams.files import file_error

Values: TypeAlias = NDArray[np.float64]

# Largest number of values in a block that is not a single row.
BLOCK = 1 << 18
# Largest number of values in a block's Jacobians: a row of m values becomes a matrix of m * m.
JACOBIAN_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Block:
    """A piece of the input.

    values: shape (n,) for an elementwise function, (rows, m) for a row-wise one.
    lengths: how many of the values stand on each line; a line may be empty.
    open: the last line goes on in the next block (never for a row-wise function).
    """

    values: Values
    lengths: NDArray[np.intp]
    open: bool = False

    @property
    def one_per_line(self) -> bool:
        return not self.open and len(self.lengths) == self.values.size and bool((self.lengths == 1).all())


def equal_lines(count: int, length: int) -> NDArray[np.intp]:
    """Lengths of `count` lines that hold `length` values each, without the memory for them."""
    return np.broadcast_to(np.asarray(length, dtype=np.intp), (count,))


def rows_at_once(length: int) -> int:
    """How many rows of this length a block holds, so that neither it nor its Jacobians fill the memory."""
    return max(1, min(BLOCK // max(length, 1), JACOBIAN_BLOCK // max(length, 1) ** 2))


@dataclass(frozen=True, eq=False)
class Table:
    """What CSV output keeps of a table.

    columns:   names of the columns whose numbers are read; without a header "1", "2", ...
    named:     whether these are the names of a header
    delimiter: what stands between the fields
    preamble:  the lines before the data: comments and header
    lines:     where columns are appended, the lines of the values that were read and not yet written.
    """

    columns: tuple[str, ...]
    named: bool = True
    delimiter: str = ","
    preamble: bytes = b""
    lines: deque[bytes] | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """The input, ready to be read once.

    name: "stdin", the file's name or "arguments".
    rowwise: blocks hold whole rows.
    shape: the array's shape; None for a text, whose shape is known at its end.
    fortran_order: blocks come in the file's own order, the first axis fastest, and lines mean nothing.
    table: of a CSV file, what CSV output keeps of it.
    """

    name: str
    pieces: Iterable[Block]
    rowwise: bool = False
    shape: tuple[int, ...] | None = None
    fortran_order: bool = False
    table: Table | None = None
    convert: Callable[[Values], Values] | None = None

    def blocks(self) -> Iterator[Block]:
        """The input's blocks in order, each value converted (rounded to a narrower type, say).

        Raises StreamError at the first thing that is not a number or can't be read.
        """
        try:
            for block in self.pieces:
                yield block if self.convert is None else replace(block, values=self.convert(block.values))
        except OSError as error:
            raise file_error(self.name, error) from error


def whole_rows(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks of shape (rows, m): each line a row, neighbouring rows of equal length together.

    Empty lines are no rows and are left out.
    """
    for block in whole_lines(blocks):
        ends = np.cumsum(block.lengths)
        changes = np.flatnonzero(np.diff(block.lengths)) + 1
        for first, last in pairwise([0, *changes.tolist(), len(block.lengths)]):
            length = int(block.lengths[first])
            if length:
                rows = block.values[ends[first] - length : ends[last - 1]].reshape(last - first, length)
                yield from row_blocks(rows)


def row_blocks(rows: Values) -> Iterator[Block]:
    """Rows of one length, cut into blocks of bearable size."""
    step = rows_at_once(rows.shape[1])
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        yield Block(part, equal_lines(len(part), rows.shape[1]))


def whole_lines(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same lines, none of them continuing in the next block."""
    begun: list[Block] = []  # one line, which has not ended yet
    for block in blocks:
        begun.append(block)
        if block.open and len(block.lengths) == 1:
            continue
        whole, begun = _join(begun), []
        if block.open:
            cut = int(whole.lengths[-1])
            begun = [Block(whole.values[-cut:], whole.lengths[-1:], True)]
            whole = Block(whole.values[:-cut], whole.lengths[:-1])
        yield whole
    if begun:
        yield _join(begun)


def _join(begun: list[Block]) -> Block:
    """A line that is spread over several blocks, and the lines that follow it in the last of them."""
    *pieces, last = begun
    if not pieces:
        return Block(last.values, last.lengths)
    lengths = last.lengths.copy()
    lengths[0] += sum(piece.values.size for piece in pieces)
    return Block(np.concatenate([block.values for block in begun]), lengths)


class LineShape:
    """Lines of equal length are the rows of a matrix; one number a line, or a single line, are a list.

    That is how numpy.loadtxt sees a text. Empty lines do not count.
    """

    def __init__(self) -> None:
        self._begun = 0  # values so far on a line that has not ended
        self._count = 0
        self._length = 0
        self._ragged = False

    def add(self, block: Block) -> None:
        lengths = block.lengths.copy()
        lengths[0] += self._begun
        self._begun = int(lengths[-1]) if block.open else 0
        self._end(lengths[:-1] if block.open else lengths)

    def finish(self) -> tuple[int, ...] | None:
        """The shape, or None where lines differ in length."""
        self._end(np.array([self._begun], dtype=np.intp))
        self._begun = 0
        if self._ragged:
            return None
        if self._length == 1 or self._count == 1:
            return (self._count * self._length,)
        return (self._count, self._length) if self._count else (0,)

    def _end(self, lengths: NDArray[np.intp]) -> None:
        lengths = lengths[lengths > 0]
        if lengths.size:
            self._length = self._length or int(lengths[0])
            self._ragged = self._ragged or bool((lengths != self._length).any())
            self._count += lengths.size


# An array, or a list with one array per line where the lines differ in length.
Collected: TypeAlias = Values | list[Values]


def collect(source: Source, function: Callable[[Values], Values]) -> tuple[Collected, Collected]:
    """All inputs x and their results function(x), in the layout of the input.

    Elementwise: the array's shape, or the one of the lines (see LineShape). Row-wise: the array's shape, or
    (rows, m); where the results are matrices, they stand in the places of the rows. Lines that differ in
    length give lists of arrays. A single number (a 0-d array) gives a list of one.
    """
    blocks = list(whole_lines(source.blocks()))
    x = [block.values for block in blocks]
    y = [function(values) for values in x]
    if source.shape is not None:
        shape = source.shape or (1,)
        results = shape[:-1] + y[0].shape[1:] if source.rowwise and y else shape
        return _joined(x).reshape(shape), _joined(y).reshape(results)
    if source.rowwise:
        ragged = len({rows.shape[1] for rows in x}) > 1
        return (list(chain(*x)), list(chain(*y))) if ragged else (_joined(x), _joined(y))
    lines = LineShape()
    for block in blocks:
        lines.add(block)
    found = lines.finish()
    if found is not None:
        return _joined(x).reshape(found), _joined(y).reshape(found)
    lengths = np.concatenate([block.lengths for block in blocks])
    ends = np.cumsum(lengths[lengths > 0])[:-1]
    return np.split(_joined(x), ends), np.split(_joined(y), ends)


def _joined(parts: list[Values]) -> Values:
    return np.concatenate(parts) if parts else np.empty(0)
