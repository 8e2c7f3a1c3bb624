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
# Largest number of values in a block's Jacobians, m * m for a row of m values.
JACOBIAN_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Block:
    """A piece of the input.

    values:  (n,) for an elementwise function, (rows, m) for a row-wise one
    lengths: number of values on each line, 0 for an empty line
    open:    the last line continues in the next block; never for a row-wise function
    """

    values: Values
    lengths: NDArray[np.intp]
    open: bool = False

    @property
    def one_per_line(self) -> bool:
        return not self.open and len(self.lengths) == self.values.size and bool((self.lengths == 1).all())


def equal_lines(count: int, length: int) -> NDArray[np.intp]:
    """Lengths of `count` lines of `length` values each, without memory for them."""
    return np.broadcast_to(np.asarray(length, dtype=np.intp), (count,))


def rows_at_once(length: int) -> int:
    """Number of rows in a block that bounds the memory of the block and of its Jacobians."""
    return max(1, min(BLOCK // max(length, 1), JACOBIAN_BLOCK // max(length, 1) ** 2))


@dataclass(frozen=True, eq=False)
class Table:
    """Properties of an input table that CSV output keeps.

    columns:   names of the columns read; without a header "1", "2", ...
    named:     the names are those of a header
    delimiter: separator of the fields
    preamble:  lines before the data: comments and header
    lines:     with --append: lines whose values are read and not yet written
    """

    columns: tuple[str, ...]
    named: bool = True
    delimiter: str = ","
    preamble: bytes = b""
    lines: deque[bytes] | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """An input, which can be read once.

    name:          "stdin", "arguments", or the file's name
    rowwise:       blocks hold whole rows
    shape:         of the array; None for a text, whose shape is known at its end
    fortran_order: blocks are in the file's own order, first axis fastest; their lines have no meaning
    table:         of a CSV file, else None
    """

    name: str
    pieces: Iterable[Block]
    rowwise: bool = False
    shape: tuple[int, ...] | None = None
    fortran_order: bool = False
    table: Table | None = None
    convert: Callable[[Values], Values] | None = None

    def blocks(self) -> Iterator[Block]:
        """The input's blocks in order, with converted values (rounded to a narrower type, say).

        StreamError: at the first token that is no number, or an unreadable file.
        """
        try:
            for block in self.pieces:
                yield block if self.convert is None else replace(block, values=self.convert(block.values))
        except OSError as error:
            raise file_error(self.name, error) from error


def whole_rows(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks of shape (rows, m): each line is a row, and neighbouring rows of equal length are one block.

    Empty lines are skipped.
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
    """Rows of one length, cut into blocks that bound the memory."""
    step = rows_at_once(rows.shape[1])
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        yield Block(part, equal_lines(len(part), rows.shape[1]))


def whole_lines(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same lines, in blocks that end with a line."""
    begun: list[Block] = []  # parts of a line that has not ended yet
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
    """A line spread over several blocks, and the lines after it in the last block, as one block."""
    *pieces, last = begun
    if not pieces:
        return Block(last.values, last.lengths)
    lengths = last.lengths.copy()
    lengths[0] += sum(piece.values.size for piece in pieces)
    return Block(np.concatenate([block.values for block in begun]), lengths)


class LineShape:
    """Shape of a text, as in numpy.loadtxt: lines of equal length are the rows of a matrix; one number per line, or a
    single line, is a list. Empty lines do not count.
    """

    def __init__(self) -> None:
        self._begun = 0  # values so far of a line that has not ended
        self._count = 0
        self._length = 0
        self._ragged = False

    def add(self, block: Block) -> None:
        lengths = block.lengths.copy()
        lengths[0] += self._begun
        self._begun = int(lengths[-1]) if block.open else 0
        self._end(lengths[:-1] if block.open else lengths)

    def finish(self) -> tuple[int, ...] | None:
        """The shape; None if lines differ in length."""
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


# An array; or a list with one array per line, if lines differ in length.
Collected: TypeAlias = Values | list[Values]


def collect(source: Source, function: Callable[[Values], Values]) -> tuple[Collected, Collected]:
    """All inputs x and their results function(x), in the layout of the input.

    Elementwise: the array's shape, or the text's (see LineShape). Row-wise: the array's shape, or (rows, m); matrices
    replace the rows. Lines of different lengths give lists of arrays. A single number (0-d array) gives a list of one.
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
