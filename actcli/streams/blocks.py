"""What every reader yields and every writer takes: blocks of float64 that remember their layout."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from actcli.streams.errors import file_error

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
    """What CSV output keeps of a CSV file.

    header: its first line, if that holds names.
    columns: names of the columns whose numbers are read; without a header "1", "2", ...
    lines: where columns are appended, the lines of the values that were read and not yet written.
    """

    header: str | None
    columns: tuple[str, ...] = ()
    lines: deque[bytes] | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """The input, ready to be read once.

    name: "stdin", the file's name or "arguments".
    rowwise: blocks hold whole rows.
    shape: the array's shape; None when only the end of a text will tell.
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
