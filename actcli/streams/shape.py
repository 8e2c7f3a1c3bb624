"""The shape that a text turns out to have, for the outputs that have a shape: .npy and JSON."""

import numpy as np
from numpy.typing import NDArray

from actcli.streams.blocks import Block


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
