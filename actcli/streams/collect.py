"""A whole stream and its results in memory, for the outputs that need everything at once: JSON and tables."""

from collections.abc import Callable
from itertools import chain
from typing import TypeAlias

import numpy as np

from actcli.streams.blocks import Source, Values
from actcli.streams.rows import whole_lines
from actcli.streams.shape import LineShape

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
