"""Numbers from the command line: X arguments and --grid."""

import math
from collections.abc import Sequence

import numpy as np

from actcli.streams.blocks import BLOCK, Block, Source, Values, equal_lines
from actcli.streams.decimals import parse
from actcli.streams.errors import StreamError


def from_arguments(arguments: Sequence[str], rowwise: bool) -> Source:
    """Each argument holds one number, or several with whitespace or commas between them; all are one row.

    Raises StreamError for what is not a number.
    """
    try:
        tokens = [token for text in arguments for token in text.replace(",", " ").split() or [text]]
        values = np.array([parse(token) for token in tokens], dtype=np.float64)
    except ValueError as error:
        raise StreamError(str(error)) from None
    piece = _row(values) if rowwise else _column(values)
    return Source("arguments", [piece], rowwise=rowwise, shape=values.shape)


def from_grid(start: float, stop: float, num: int, rowwise: bool) -> Source:
    """The numbers numpy.linspace(start, stop, num), made as they are asked for unless they are one row."""
    if not (math.isfinite(start) and math.isfinite(stop)):
        raise StreamError("--grid: START and STOP must be finite")
    if num < 1:
        raise StreamError(f"--grid: NUM must be at least 1, not {num}")
    pieces = (_column(linspace(start, stop, num, first, min(BLOCK, num - first))) for first in range(0, num, BLOCK))
    whole = (_row(linspace(start, stop, num, 0, num)) for _ in range(1))
    return Source("grid", whole if rowwise else pieces, rowwise=rowwise, shape=(num,))


def linspace(start: float, stop: float, num: int, first: int, count: int) -> Values:
    """numpy.linspace(start, stop, num)[first : first + count], also where stop - start overflows."""
    span = stop - start
    if not math.isfinite(span):
        return 2 * linspace(start / 2, stop / 2, num, first, count)
    index = np.arange(first, first + count, dtype=np.float64)
    intervals = max(num - 1, 1)
    step = span / intervals
    # A step that was rounded up can carry the last number past the largest float64; stop takes its place.
    with np.errstate(over="ignore"):
        values = (index * step if step else index / intervals * span) + start
    if first + count == num > 1:
        values[-1] = stop
    return values


def _column(values: Values) -> Block:
    return Block(values, equal_lines(len(values), 1))


def _row(values: Values) -> Block:
    return Block(values.reshape(1, -1), equal_lines(1, len(values)))
