"""An audit on the screen: how far off, where, how often, the worst, a chart, and a sentence on why."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from actcli.core.arrays import Array, Indices
from actcli.core.audit.report import Audit, Segment, Stretch
from actcli.core.audit.tally import Errors
from actcli.core.errors import count
from actcli.views.axis import Axis, Span, Ticks, axis_across, decade_ticks, decades_up
from actcli.views.canvas import SMALLEST_WIDTH, Mark, Stroke, draw, framed
from actcli.views.notation import align, format_number
from actcli.views.palette import look
from actcli.views.table import Column, render, table, total_width
from actcli.views.terminal import Terminal, paragraph, wrapped

DIGITS: Final = 4

_CLASSES: Final = {"0": "exact", "<=0.5": "≤ 0.5", "<=1": "≤ 1", "3-10": "3–10", "11-100": "11–100", ">100": "> 100"}
_CAPTION: Final = (
    "ulp: |actual − exact| in spacings of the type at the exact result. steps: how many numbers of the type the "
    "result is from the correctly rounded exact one."
)


def audit_report(audit: Audit, terminal: Terminal) -> str:
    """Everything that an audit found, for people."""
    parts = [
        paragraph(_title(audit), terminal),
        _drawn(_total_columns(audit), terminal),
        _histogram(audit, terminal),
        _drawn(_segment_columns(audit), terminal),
        _worst(audit, terminal) if audit.total.max_steps else "",
        error_chart(audit, terminal),
        paragraph(_remarks(audit), terminal),
    ]
    return "\n".join(part for part in parts if part)


def _title(audit: Audit) -> str:
    name = f"derivative {audit.order} of {audit.activation}" if audit.order else audit.activation
    total = audit.total
    steps = total.finite_max_steps
    if steps is None:
        verdict = ""
    elif steps:
        verdict = f"at most {_whole(steps)} step{'s' * (steps != 1)} off"
    else:
        verdict = "all correctly rounded"
    if audit.nonfinite:
        others = (
            f"; the others {verdict}" if verdict and audit.unlike == audit.nonfinite else f"; {verdict}" * bool(verdict)
        )
        verdict = f"{_nonfinite(audit)} where the exact result is finite{others}"
    flushed = ", subnormals flushed" if audit.flush_subnormals else ""
    sampled = "" if audit.exhaustive else " (sampled: a lower bound)"
    return f"{name} in {audit.dtype}{flushed}, {count(total.count, 'input')}{sampled}: {verdict}"


def _nonfinite(audit: Audit) -> str:
    """3 results nan and 1 infinite."""
    kinds = [(audit.nan.count, "nan"), (audit.infinite.count, "infinite")]
    first, *rest = [(number, kind) for number, kind in kinds if number]
    return " and ".join([f"{count(first[0], 'result')} {first[1]}", *(f"{number:,} {kind}" for number, kind in rest)])


def _total_columns(audit: Audit) -> list[Column]:
    total = audit.total
    points = [point or audit.worst[0] for point in (audit.worst_ulp, audit.worst_steps)]
    return [
        Column("", ["ulp", "steps"], "left"),
        Column("largest", [_number(total.finite_max_ulp), _whole(total.finite_max_steps)]),
        Column("mean", [_number(total.mean_ulp), _number(total.mean_steps)]),
        Column("at x =", align(format_number(point.input, 6) for point in points)),
        Column("actual", align(format_number(point.actual, DIGITS) for point in points)),
        Column("expected", align(format_number(point.expected, DIGITS) for point in points)),
    ]


def _histogram(audit: Audit, terminal: Terminal) -> str:
    """The classes beside each other, or below each other where there is no room."""
    names = [_CLASSES.get(name, name) for name in audit.histogram]
    counts = [f"{inputs:,}" for inputs in audit.histogram.values()]
    shares = [_percent(inputs / audit.total.count) for inputs in audit.histogram.values()]
    columns = [Column(name, [*cells]) for name, *cells in zip(names, counts, shares, strict=True)]
    columns.insert(0, Column("ulp", ["inputs", ""], "left"))
    if total_width(columns) > terminal.width:
        columns = [Column("ulp", names), Column("inputs", counts), Column("", shares)]
    return _drawn(columns, terminal)


def _segment_columns(audit: Audit) -> list[Column]:
    rows: list[tuple[str, str, Errors]] = [(*_bounds(segment), segment.errors) for segment in audit.segments]
    if audit.subnormal_inputs is not None and audit.subnormal_inputs.count:
        rows.append(("subnormal", "", audit.subnormal_inputs))
    errors = [row[2] for row in rows]
    nonfinite = [Column("nan,\ninf", [f"{e.nonfinite:,}" for e in errors])] if audit.nonfinite else []
    return [
        Column("\nx from", [row[0] for row in rows]),
        Column("\nto below", [row[1] for row in rows]),
        Column("\ninputs", [f"{e.count:,}" for e in errors]),
        *nonfinite,
        Column("largest\nulp", [_number(e.finite_max_ulp) for e in errors]),
        Column("mean\nulp", [_number(e.mean_ulp) for e in errors]),
        Column("largest\nsteps", [_whole(e.finite_max_steps) for e in errors]),
        Column("mean\nsteps", [_number(e.mean_steps) for e in errors]),
        Column(
            "worst\nx =",
            [
                "" if not e.finite_max_steps or e.finite_worst_input is None else format_number(e.finite_worst_input, 6)
                for e in errors
            ],
        ),
    ]


def _worst(audit: Audit, terminal: Terminal) -> str:
    """The ten worst, with the bits that name each number beyond doubt, below the numbers where there is no room."""
    worst = [point for point in audit.worst if point.steps]
    inputs = Column("worst\nx =", align(format_number(p.input, 6) for p in worst))
    numbers = [
        Column("\nactual", align(format_number(p.actual, DIGITS) for p in worst)),
        Column("\nexpected", align(format_number(p.expected, DIGITS) for p in worst)),
        Column("\nulp", ["-" if math.isinf(p.steps) else _number(p.ulp) for p in worst]),
        Column("\nsteps", ["-" if math.isinf(p.steps) else _whole(p.steps) for p in worst]),
    ]
    bits = [
        Column("bits of\nx", [p.input_bits for p in worst]),
        Column("bits of\nactual", [p.actual_bits for p in worst]),
        Column("bits of\nexpected", [p.expected_bits for p in worst]),
    ]
    if total_width([inputs, *numbers, *bits]) <= terminal.width:
        return _drawn([inputs, *numbers, *bits], terminal)
    return f"{_drawn([inputs, *numbers], terminal)}\n{_drawn([inputs, *bits], terminal)}"


def _remarks(audit: Audit) -> str:
    kinds = [
        ("nan where the exact result is finite", audit.nan),
        ("inf where the exact result is finite", audit.infinite),
        ("wrong sign", audit.wrong_sign),
        ("zeros of the wrong sign", audit.zero_sign),
    ]
    lines = [
        _CAPTION,
        " ".join(f"{kind}: {_stretch(stretch)}." for kind, stretch in kinds)
        + f" monotonicity violations, from one input to the next: {audit.monotonicity_violations:,}.",
    ]
    if beyond := audit.nonfinite - audit.unlike:
        lines.append(
            f"{count(beyond, 'inf')} where the exact result is less than half a spacing beyond the largest number: "
            "counted as the number after it."
        )
    if audit.undefined:
        lines.append(
            f"{count(audit.undefined, 'input')} left out, where the exact result is nan; "
            f"{count(audit.answered, 'result')} there are numbers."
        )
    if audit.diagnosis:
        lines.append(f"Diagnosis: {audit.diagnosis}.")
    return "\n".join(lines)


def _stretch(stretch: Stretch) -> str:
    """How many, and where: between which inputs, not at all of those between."""
    if not stretch.count:
        return "0"
    low, high = format_number(stretch.low, 6), format_number(stretch.high, 6)
    return f"{stretch.count:,}, at x = {low}" + (f" to {high}" if low != high else "")


def _bounds(segment: Segment) -> tuple[str, str]:
    return _bound(segment.low), _bound(segment.high)


def _bound(x: float) -> str:
    return ("-∞" if x < 0 else "∞") if math.isinf(x) else f"{x:.6g}"


def _number(x: float | None) -> str:
    if x is None:
        return "-"
    if math.isinf(x):
        return "> 1.8e308"
    return f"{x:.3f}" if 0.001 <= x < 10 or x == 0 else f"{x:,.1f}" if 10 <= x < 1e6 else f"{x:.2e}"


def _whole(x: float | None) -> str:
    if x is None:
        return "-"
    return f"{x:,}" if x < 1e12 else f"{x:.2e}"


def _percent(share: float) -> str:
    """Never 0 or 100 for what is only near."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    return "< 0.1%" if share < 0.001 else "> 99.9%" if share > 0.999 else f"{share:.1%}"


def _drawn(columns: Sequence[Column], terminal: Terminal) -> str:
    return render(table(columns, terminal), terminal)


ROWS: Final = 10
_LARGEST: Final = sys.float_info.max
_LEAST: Final = -1
"""The decade of errors below which nothing is told apart: a tenth of an ULP."""


@dataclass(frozen=True)
class _Scale:
    """Linear up to `unit` on both sides of 0, logarithmic beyond: where errors are tell both apart."""

    unit: float

    def place(self, x: Array) -> Array:
        with np.errstate(divide="ignore"):  # 0 has the logarithm -inf
            places: Array = np.sign(x) * np.logaddexp2(0.0, np.log2(np.abs(x)) - math.log2(self.unit))
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
    largest = np.minimum(profile.max_ulp, _LARGEST)
    top = max(math.ceil(math.log10(np.nanmax(largest, initial=1.0))), _LEAST + 2)
    x_dots, y_dots = terminal.dots
    first, last = scale.place(np.array([low, high])).tolist()

    def axes(columns: int, rows: int) -> tuple[Axis, Axis]:
        return axis_across(Span(first, last, 1.0, columns, x_dots)), decades_up(_LEAST, top, rows, y_dots)

    x_ticks, y_ticks = partial(_x_ticks, scale, low, high), partial(decade_ticks, unicode=terminal.unicode)
    frame = framed(terminal.width, ROWS + 2, axes, x_ticks=x_ticks, y_ticks=y_ticks, zero=False)
    x, y = frame.x, frame.y
    centre = scale.place(_centres(profile.low, profile.high))
    dots = x.step * np.arange(x.first, x.first + x.last_dot + 1, dtype=np.float64)
    errors = _largest_at(dots, x.step, scale.place(profile.low), scale.place(profile.high), largest)
    shown = np.flatnonzero(np.isfinite(errors))
    heights = np.clip(y.dot(np.log10(np.maximum(errors[shown], 10.0**_LEAST))), 0, y.last_dot)
    style = look(0)
    strokes = [Stroke.of(bars, style, terminal) for bars in _bars(shown, heights)]
    bad = x.dot(centre[profile.nonfinite]) // x.dots
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
    return max(min(2.0 * min(reach), -1.0), -_LARGEST), min(max(2.0 * max(reach), 1.0), _LARGEST)


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


def _x_ticks(scale: _Scale, low: float, high: float, axis: Axis) -> Ticks:
    """0, powers of ten, then round numbers between them, as far as there is room for their labels."""
    decades = range(math.floor(math.log10(scale.unit)), min(math.ceil(math.log10(max(high, -low))), 308) + 1)
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
