"""Numbers of one floating-point type, and pairs of them from two streams."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from actcli.streams.blocks import Source, Values
from actcli.streams.files import StreamError, counted
from actcli.streams.options import NO_TABLE, Bits, TableOptions
from actcli.streams.reading import open_numbers

# Relative error of a text with nine digits, less than half a spacing of every narrow type.
_NINE_DIGITS = 5e-9

Round = Callable[[Values], Values]


@contextmanager
def open_typed(
    path: str, bits: Bits, round_to_dtype: Round, table: TableOptions = NO_TABLE, rowwise: bool = False
) -> Iterator["Typed"]:
    """The numbers of a file ("-" is stdin), which must be numbers of the type of `bits`.

    An array holds them exactly: in that type, in a wider one, or, for types of 16 and 8 bits, as bit patterns (uint16,
    uint8 or the raw type of that width). A decimal in a text stands for the number of the type whose rounding it is.
    """
    dtype = bits.dtype
    with open_numbers(
        (),
        None,
        path,
        rowwise=rowwise,
        arrays_of_bits=True,
        no_int16=dtype in ("bfloat16", "float16"),
        table=table,
        bits=bits,
    ) as source:
        yield Typed(source, dtype, round_to_dtype)


@dataclass(frozen=True)
class Typed:
    """A source whose numbers are checked and rounded to the type as they are read."""

    source: Source
    dtype: str
    round_to_dtype: Round

    def blocks(self) -> Iterator[Values]:
        """Blocks of numbers (n,), or of rows (n, m). StreamError: a number that is not of the type."""
        before = 0
        for block in self.source.blocks():
            values = block.values.ravel()
            rounded = self.round_to_dtype(values)
            if self.dtype != "float64":
                inexact = np.flatnonzero((rounded != values) & ~np.isnan(values))
                for i in self._suspicious(values[inexact], rounded[inexact], inexact):
                    raise self._error(before + i, float(values[i]), float(rounded[i]))
            before += len(values)
            yield rounded.reshape(block.values.shape) if self.source.rowwise else rounded

    def _suspicious(
        self, values: Values, rounded: Values, places: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    ) -> list[int]:
        """Places of values that are not a decimal rounding of the type's number."""
        if self.source.shape is not None:
            return [int(place) for place in places[:1]]
        far = np.abs(rounded - values) > _NINE_DIGITS * np.abs(values)
        suspects = zip(values[far].tolist(), rounded[far].tolist(), places[far].tolist(), strict=True)
        return [place for value, number, place in suspects if not _is_rounding(value, number)][:1]

    def _error(self, place: int, value: float, rounded: float) -> StreamError:
        return StreamError(
            f"{self.source.name}: number {place + 1}, {value!r}, is not a {self.dtype}; the nearest is {rounded!r}"
        )


def _is_rounding(value: float, number: float) -> bool:
    """Whether `value` is `number` rounded to the digits of `value`."""
    digits = len(repr(value).partition("e")[0].replace(".", "").lstrip("-0"))
    return float(f"{number:.{max(digits - 1, 0)}e}") == value


def pairs(first: Typed, second: Typed) -> Iterator[tuple[Values, Values]]:
    """Pairs of blocks of equal length from two streams of numbers or rows.

    StreamError: one stream is longer.
    """
    counts = [0, 0]
    readers = [first.blocks(), second.blocks()]
    rest: list[Values] = [np.empty(0), np.empty(0)]
    while True:
        for i, reader in enumerate(readers):
            while not len(rest[i]) and (block := next(reader, None)) is not None:
                rest[i] = block
                counts[i] += len(block)
        common = min(len(part) for part in rest)
        if not common:
            break
        yield rest[0][:common], rest[1][:common]
        rest = [part[common:] for part in rest]
    for i, reader in enumerate(readers):
        counts[i] += sum(map(len, reader))
    if counts[0] != counts[1]:
        names = first.source.name, second.source.name
        what = counted(counts[0], "row" if first.source.rowwise else "number")
        raise StreamError(f"{names[0]} has {what} and {names[1]} {counts[1]:,}")
