"""The axes of the page: scale, limits and ticks."""

from collections.abc import Callable
from math import ceil, floor, log10
from typing import Any, Final

from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

from actcli.views.picture.description import Axis
from actcli.views.picture.dots import multiples, nice_step, tick_labels

_DECADES_OF_FLOATS: Final = 1e-300
_MOST_DECADES: Final = 308.25
_APART: Final = 0.66
"""Least distance from 1 to the next number of layers, in steps."""


def set_axis(axis: Axis, scale: Callable[..., Any], limits: Callable[..., Any], ticked: Any, most: int) -> None:
    """Set scale, limits and ticks, with a margin between curves and frame."""
    low, high = axis.low, axis.high
    if axis.scale == "log":
        low, high = max(low, _DECADES_OF_FLOATS), max(high, _DECADES_OF_FLOATS * 100)
        first, last = floor(log10(low) + 1e-9), ceil(log10(high) - 1e-9)
        scale("log")
        limits(10.0 ** (first - 0.1), 10.0 ** min(last + 0.1, _MOST_DECADES))
        step = max(ceil((last - first) / most), 1)  # matplotlib's own ticks overflow near 1e308
        ticked.set_major_locator(FixedLocator([10.0**e for e in range(first, min(last, 308) + 1) if e % step == 0]))
        ticked.set_minor_locator(NullLocator())
        return
    if axis.scale == "symlog":
        scale("symlog", linthresh=axis.unit)
        limits(low, high)
        ticked.set_major_locator(FixedLocator(_symlog_ticks(axis, most)))
        ticked.set_minor_locator(NullLocator())
        ticked.set_minor_formatter(NullFormatter())
        return
    room = 0.03 * (high - low)
    limits(low - room, high + room)
    if axis.counted:
        step = max(ceil((high - low) / min(most, 10)), 1)
        further = [number for number in range(step, int(high) + 1, step) if number - 1 > _APART * step]
        ticked.set_major_locator(FixedLocator([1, *further]))
        ticked.set_minor_locator(NullLocator())
    else:
        ticks = multiples(nice_step(high - low, most), low, high)  # the terminal's ticks, which work for any range
        ticked.set_major_locator(FixedLocator(ticks))
        ticked.set_major_formatter(FixedFormatter([label.replace("-", "−") for label in tick_labels(ticks)]))


def _symlog_ticks(axis: Axis, most: int) -> list[float]:
    """0 and powers of ten at even distances on both sides, about `most` together.

    matplotlib draws [0, unit] as long as a decade beyond it.
    """
    ends = [
        (side, 1.0 + log10(max(end, axis.unit)) - log10(axis.unit), end)
        for side, end in ((-1, -axis.low), (1, axis.high))
    ]
    step = max(ceil(sum(decades for _, decades, end in ends if end > 0.0) / most), 1)
    first = ceil(log10(axis.unit)) + step - 1
    powers = [(side, 10.0**e, end) for side, _, end in ends for e in range(first, first + 700, step) if e < 308]
    return sorted([0.0, *(side * power for side, power, end in powers if power <= end)])
