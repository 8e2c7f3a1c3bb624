"""Lines put together to rows, for functions that need a row whole."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from actcli.streams.blocks import Block, Values, equal_lines, rows_at_once


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
