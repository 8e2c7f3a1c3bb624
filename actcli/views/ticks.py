"""Ticks: round numbers along an axis, and the cells where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from actcli.views.axis import Axis
from actcli.views.number import decade, format_number, power_of_ten


@dataclass(frozen=True)
class Ticks:
    cells: list[int]
    labels: list[str]

    @property
    def width(self) -> int:
        return max(map(len, self.labels), default=0)


def nice_step(span: float, most: int) -> float:
    """The smallest of …, 0.5, 1, 2, 5, 10, 20, … that divides `span` into at most `most` parts."""
    rough = span / max(most, 1)
    power = 10.0 ** floor(log10(rough))
    steps = (factor * power for factor in (1.0, 2.0, 5.0, 10.0, 20.0))
    return next(step for step in steps if step >= rough * (1 - 1e-9))


def roomy_step(low: float, high: float, cells: int) -> float:
    """The smallest nice step whose labels have room beside each other."""
    for room in (5, 6, 8, 10, 14, 20):
        step = nice_step(high - low, cells // room)
        if max(map(len, tick_labels(multiples(step, low, high))), default=0) + 2 <= room:
            break
    return step


def multiples(step: float, low: float, high: float) -> list[float]:
    """The multiples of `step` from `low` to `high`."""
    # By way of decimals, because 3 * 0.1 is 0.30000000000000004.
    first, last = ceil(low / step - 1e-6), floor(high / step + 1e-6)
    return [float(f"{i * step:.15g}") for i in range(first, last + 1)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """The values as text, none of them rounded, all with the same number of decimals."""
    largest = max((abs(value) for value in values), default=0.0)
    last = min((_last_place(value) for value in values if value), default=0)
    if largest >= 1e6 or last < -4:
        digits = max(decade(largest) - last + 1, 4)
        return [format_number(value, digits) if value else "0" for value in values]
    return [f"{value:.{max(-last, 0)}f}" for value in values]


def _last_place(value: float) -> int:
    """The power of ten of the last digit that is not 0."""
    mantissa, exponent = f"{value:.14e}".split("e")
    return int(exponent) - len(mantissa.partition(".")[2].rstrip("0"))


def linear_ticks(axis: Axis, label_width: int = 0) -> Ticks:
    """Multiples of the tick, their labels at least so wide."""
    values = multiples(axis.tick, axis.low, axis.high)
    return Ticks([axis.cell(value) for value in values], [label.rjust(label_width) for label in tick_labels(values)])


def layer_ticks(axis: Axis) -> Ticks:
    """Layers are counted from 1: that one, and every so many."""
    values = [value for value in multiples(axis.tick, axis.low, axis.high) if value > 1]
    values = [1.0, *values] if 1 in axis else values
    return Ticks([axis.cell(value) for value in values], [f"{value:.0f}" for value in values])


def decade_ticks(axis: Axis, unicode: bool) -> Ticks:
    """Powers of ten along an axis of logarithms."""
    values = multiples(axis.tick, axis.low, axis.high)
    labels = [power_of_ten(round(value), unicode) for value in values]
    return Ticks([axis.cell(value) for value in values], labels)
