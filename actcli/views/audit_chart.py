"""The chart of an audit: the largest error over the input, both on logarithmic axes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.audit.report import Audit
from actcli.core.audit.ulp import Indices
from actcli.core.jet import Array
from actcli.views.axis import Axis, Span, axis_across, axis_up
from actcli.views.canvas import Frame, Mark, Stroke, draw
from actcli.views.chart import SMALLEST_WIDTH
from actcli.views.palette import look
from actcli.views.terminal import Terminal
from actcli.views.text import wrapped
from actcli.views.ticks import Ticks, decade_ticks, nice_step

ROWS: Final = 10
_LEAST: Final = -1
"""The decade of errors below which nothing is told apart: a tenth of an ULP."""


@dataclass(frozen=True)
class _Scale:
    """Linear up to `unit` on both sides of 0, logarithmic beyond: where errors are tell both apart."""

    unit: float

    def place(self, x: Array) -> Array:
        places: Array = np.sign(x) * np.log2(1.0 + np.abs(x) / self.unit)
        return places


def error_chart(audit: Audit, terminal: Terminal) -> str:
    """The largest ULP error around every input, from where it changes to where it changes no more.

    Nothing where there is no error to show, or no room.
    """
    profile = audit.profile
    if not audit.total.max_steps or terminal.width < 3 * SMALLEST_WIDTH:
        return ""
    low, high = _range(audit)
    edges = [abs(segment.high) for segment in audit.segments[:-1] if segment.high] or [1.0]
    scale = _Scale(max(min(edges), high / 2.0**40, -low / 2.0**40, 1e-300))
    largest = np.where(np.isinf(profile.max_ulp), np.nan, profile.max_ulp)
    top = max(math.ceil(math.log10(np.nanmax(largest, initial=1.0))), _LEAST + 2)
    x_dots, y_dots = (2, 4) if terminal.unicode else (1, 1)
    y = axis_up(
        Span(_LEAST, top, nice_step(top - _LEAST, ROWS // 2) if top - _LEAST > ROWS // 2 else 1.0, ROWS, y_dots)
    )
    side = decade_ticks(y, terminal.unicode)
    ends = scale.place(np.array([low, high])).tolist()
    x = axis_across(Span(ends[0], ends[1], 1.0, terminal.width - side.width - 1, x_dots))
    centre = scale.place(_centres(profile.low, profile.high))
    frame = Frame(x, y, _x_ticks(scale, x, low, high), side, zero=False)
    dots = x.step * np.arange(x.first, x.first + x.last_dot + 1, dtype=np.float64)
    errors = _largest_at(dots, x.step, scale.place(profile.low), scale.place(profile.high), largest)
    shown = np.flatnonzero(np.isfinite(errors))
    heights = np.clip(y.dot(np.log10(np.maximum(errors[shown], 10.0**_LEAST))), 0, y.last_dot)
    style = look(0)
    marker = "braille" if terminal.unicode else style.ascii_marker
    strokes = [Stroke(*bars, marker, style.colour) for bars in _bars(shown, heights)]
    bad = x.dot(centre[np.isinf(profile.max_ulp)]) // x.dots
    inside = sorted({int(cell) for cell in bad if 0 <= cell < x.cells})
    marks = (
        [Mark(inside, [y.cells - 1] * len(inside), "×" if terminal.unicode else "x", look(4).colour)] if inside else []
    )
    title = "largest ulp error over x" + (" (×: nan or inf)" if inside else "")
    lines = [*wrapped(title, terminal), *draw(frame, strokes, marks, terminal)]
    return "".join(f"{terminal.text(line)}\n" for line in lines)


def _bars(dots: Indices, heights: Indices) -> Iterator[tuple[list[int], list[int]]]:
    """A bar on every dot, those beside each other in one stroke: plotext lets no two strokes share a character."""
    for run in np.split(np.arange(len(dots)), np.flatnonzero(np.diff(dots) > 1) + 1):
        up_and_down = np.stack([np.zeros(len(run), dtype=np.int64), heights[run], np.zeros(len(run), dtype=np.int64)])
        yield np.repeat(dots[run], 3).tolist(), up_and_down.T.ravel().tolist()


def _range(audit: Audit) -> tuple[float, float]:
    """From an octave beyond the outermost change of the error's character to one beyond the other."""
    edges = [segment.high for segment in audit.segments[:-1]]
    inputs = [point.input for point in audit.worst if point.steps and math.isfinite(point.input)]
    reach = [*edges, *inputs, 0.0]
    return min(2.0 * min(reach), -1.0), max(2.0 * max(reach), 1.0)


def _centres(low: Array, high: Array) -> Array:
    return np.where(np.isfinite(low) & np.isfinite(high), 0.5 * low + 0.5 * high, np.where(np.isinf(high), low, high))


def _largest_at(dots: Array, step: float, low: Array, high: Array, errors: Array) -> Array:
    """The largest error in the small intervals that a dot covers; nan where there are none."""
    first = np.searchsorted(high, dots - 0.5 * step, side="right")
    last = np.searchsorted(low, dots + 0.5 * step, side="left")
    return np.array(
        [
            np.nanmax(errors[a:b]) if b > a and np.isfinite(errors[a:b]).any() else np.nan
            for a, b in zip(first.tolist(), last.tolist(), strict=True)
        ]
    )


def _x_ticks(scale: _Scale, axis: Axis, low: float, high: float) -> Ticks:
    """0, powers of ten, then round numbers between them, as far as there is room for their labels."""
    decades = range(math.floor(math.log10(scale.unit)), math.ceil(math.log10(max(high, -low))) + 1)
    sizes = [factor * 10.0**decade for factor in (1, 2, 5) for decade in reversed(decades)]
    candidates = [0.0, *(sign * size for size in sizes for sign in (-1.0, 1.0) if low <= sign * size <= high)]
    taken: dict[int, str] = {}
    free = [True] * axis.cells
    for x in candidates:
        label, cell = f"{x:g}", axis.cell(float(scale.place(np.array([x]))[0]))
        start = cell - len(label) // 2 - 1
        room = range(max(start, 0), start + len(label) + 2)
        if 0 <= cell < axis.cells and room.stop <= axis.cells and all(free[i] for i in room):
            taken[cell] = label
            for i in room:
                free[i] = False
    cells = sorted(taken)
    return Ticks(cells, [taken[cell] for cell in cells])
