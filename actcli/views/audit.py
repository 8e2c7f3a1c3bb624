"""Report of an audit: largest errors and their places, histogram, segments, worst results, chart and diagnosis."""

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from actcli.core.arrays import Array
from actcli.core.audit.report import Audit, Point, RowPoint, Segment, Source, Stretch
from actcli.core.audit.rows import AnyAudit
from actcli.core.audit.tally import Errors
from actcli.core.errors import count, plural
from actcli.views.audit_numbers import figure, mean, whole
from actcli.views.notation import align, format_number, input_text, percent_in_column
from actcli.views.picture.description import Axis, Histogram, Marks, Panel, Picture, Style
from actcli.views.picture.terminal import paint
from actcli.views.table import Column, render, table, total_width
from actcli.views.terminal import Terminal, paragraph

DIGITS: Final = 4

_CLASSES: Final = {"0": "exact", "<=0.5": "≤ 0.5", "<=1": "≤ 1", "3-10": "3–10", "11-100": "11–100", ">100": "> 100"}
CAPTION: Final = (
    "ulp: |actual − exact| in spacings of the type at the exact result. steps: how many numbers of the type the "
    "result is from the correctly rounded exact one."
)


def audit_report(audit: Audit, terminal: Terminal, height: int | None = None) -> str:
    """The whole report as text."""
    parts = [
        paragraph(_title(audit), terminal),
        drawn(_total_columns(audit), terminal),
        drawn(_size_columns(audit), terminal) if audit.max_absolute is not None else "",
        histogram(audit, terminal),
        drawn(_segment_columns(audit), terminal),
        _worst(audit, terminal) if audit.total.max_steps else "",
        error_chart(error_picture(audit), audit, terminal, height),
        paragraph(_remarks(audit), terminal),
    ]
    return "\n".join(part for part in parts if part)


def _title(audit: Audit) -> str:
    name = f"derivative {audit.order} of {audit.activation}" if audit.order else audit.activation
    name += " times grad_output" if audit.grad_output else ""
    total = audit.total
    steps = total.finite_max_steps
    if steps is None:
        verdict = ""
    elif steps:
        verdict = f"at most {whole(steps)} {plural(steps, 'step')} off"
    else:
        verdict = "all correctly rounded"
    if audit.nonfinite:
        others = (
            f"; the others {verdict}" if verdict and audit.unlike == audit.nonfinite else f"; {verdict}" * bool(verdict)
        )
        verdict = f"{nonfinite(audit.nan.count, audit.infinite.count)} where the exact result is not{others}"
    flushed = ", subnormals flushed" if audit.flush_subnormals else ""
    flushed += ", intermediate ones too" if audit.flush_intermediates else ""
    sampled = "" if audit.exhaustive else " (sampled: a lower bound)"
    return f"{name} in {audit.dtype}{flushed}, {count(total.count, 'input')}{sampled}: {verdict}"


def nonfinite(nan: int, infinite: int) -> str:
    """The text `3 results nan and 1 infinite`."""
    kinds = [(nan, "nan"), (infinite, "infinite")]
    first, *rest = [(number, kind) for number, kind in kinds if number]
    return " and ".join([f"{count(first[0], 'result')} {first[1]}", *(f"{number:,} {kind}" for number, kind in rest)])


def _total_columns(audit: Audit) -> list[Column]:
    total = audit.total
    points = [point or audit.worst[0] for point in (audit.worst_ulp, audit.worst_steps)]
    return [
        Column("", ["ulp", "steps"], "left"),
        Column("largest", [figure(total.finite_max_ulp), whole(total.finite_max_steps)]),
        Column("mean", [mean(total.mean_ulp, total), mean(total.mean_steps, total)]),
        Column("at x =", align(input_text(point.input) for point in points)),
        *_gradients(points, "grad"),
        Column("actual", align(format_number(point.actual, DIGITS) for point in points)),
        Column("expected", align(format_number(point.expected, DIGITS) for point in points)),
    ]


def _size_columns(audit: Audit) -> list[Column]:
    """Columns of the largest absolute and relative errors."""
    rows = [(name, size) for name, size in (("absolute", audit.max_absolute), ("relative", audit.max_relative)) if size]
    return [
        Column("error", [name for name, _ in rows], "left"),
        Column("largest", [figure(size.value) for _, size in rows]),
        Column("at x =", align(input_text(size.input) for _, size in rows)),
    ]


def histogram(audit: AnyAudit, terminal: Terminal, what: str = "inputs") -> str:
    """The histograms' classes as columns, or as rows on a narrow terminal."""
    names = [_CLASSES.get(name, name) for name in audit.histogram]
    counts = [f"{inputs:,}" for inputs in audit.histogram.values()]
    shares = [percent_in_column(inputs / audit.total.count) for inputs in audit.histogram.values()]
    columns = [Column(name, [*cells]) for name, *cells in zip(names, counts, shares, strict=True)]
    columns.insert(0, Column("ulp", [what, ""], "left"))
    if total_width(columns) > terminal.width:
        columns = [Column("ulp", names), Column(what, counts), Column("", shares)]
    return drawn(columns, terminal)


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
        Column("largest\nulp", [figure(e.finite_max_ulp) for e in errors]),
        Column("mean\nulp", [mean(e.mean_ulp, e) for e in errors]),
        Column("largest\nsteps", [whole(e.finite_max_steps) for e in errors]),
        Column("mean\nsteps", [mean(e.mean_steps, e) for e in errors]),
        Column(
            "worst\nx =",
            [
                "" if not e.finite_max_steps or e.finite_worst_input is None else input_text(e.finite_worst_input)
                for e in errors
            ],
        ),
    ]


def results(worst: Sequence[Point] | Sequence[RowPoint]) -> list[Column]:
    """Columns of the result, the correct result and the error."""
    return [
        Column("\nactual", align(format_number(p.actual, DIGITS) for p in worst)),
        Column("\nexpected", align(format_number(p.expected, DIGITS) for p in worst)),
        Column("\nulp", ["-" if math.isinf(p.steps) else figure(p.ulp) for p in worst]),
        Column("\nsteps", ["-" if math.isinf(p.steps) else whole(p.steps) for p in worst]),
    ]


def _worst(audit: Audit, terminal: Terminal) -> str:
    """The ten worst results with their bit patterns; on a narrow terminal the bits are in a table of their own."""
    worst = [point for point in audit.worst if point.steps]
    inputs = [
        Column("worst\nx =", align(input_text(p.input) for p in worst)),
        *_gradients(worst, "\ngrad"),
    ]
    numbers = results(worst)
    bits = [
        Column("bits of\nx", [p.input_bits for p in worst]),
        Column("bits of\nactual", [p.actual_bits for p in worst]),
        Column("bits of\nexpected", [p.expected_bits for p in worst]),
    ]
    if total_width([*inputs, *numbers, *bits]) <= terminal.width:
        return drawn([*inputs, *numbers, *bits], terminal)
    return f"{drawn([*inputs, *numbers], terminal)}\n{drawn([*inputs, *bits], terminal)}"


def _gradients(points: Sequence[Point], header: str) -> list[Column]:
    """A column of the incoming gradients, if there are any."""
    came = [point.grad_output for point in points if point.grad_output is not None]
    return [Column(header, align(format_number(one, 6) for one in came))] if came else []


def _remarks(audit: Audit) -> str:
    kinds = [
        ("nan where the exact result is not", audit.nan),
        ("inf where the exact result is finite", audit.infinite),
        ("wrong sign", audit.wrong_sign),
        ("zeros of the wrong sign", audit.zero_sign),
    ]
    lines = [
        CAPTION,
        " ".join(f"{kind}: {_stretch(stretch)}." for kind, stretch in kinds)
        + f" monotonicity violations, from one input to the next: {audit.monotonicity_violations:,}.",
    ]
    lines.append(shares(audit))
    if audit.excused:
        lines.append(
            f"{count(audit.excused, 'result')} compared with a formula whose subnormal intermediate results are zero."
        )
    if audit.left_out:
        lines.append(f"{count(audit.left_out, 'input')} outside of the range, left out.")
    if beyond := audit.nonfinite - audit.unlike:
        lines.append(
            f"{count(beyond, 'inf')} where the exact result is less than half a spacing beyond the largest number: "
            "counted as the number after it."
        )
    if audit.undefined:
        lines.append(
            f"{count(audit.undefined, 'input')} left out, where the exact result is nan; "
            f"{count(audit.answered, 'result')} there {'is a number' if audit.answered == 1 else 'are numbers'}."
        )
    if audit.source is not None:
        lines.append(source_line(audit.source, audit.dtype))
    if audit.diagnosis:
        lines.append(f"Diagnosis: {audit.diagnosis}.")
    return "\n".join(lines)


def shares(audit: AnyAudit) -> str:
    """Sentence with the share of correctly rounded results and the percentiles of the ULP error."""
    right = percent_in_column(audit.correctly_rounded / audit.total.count)
    bounds = [f"{name} % ≤ {figure(bound)}" for name, bound in audit.percentiles.items() if math.isfinite(bound)]
    text = f"correctly rounded: {right} of the results."
    return f"{text} percentiles of ulp: {', '.join(bounds)}." if bounds else text


def source_line(source: Source, dtype: str) -> str:
    """Sentence on the implementation, and on the type of its results if it is another one."""
    who = f"{source.framework} {source.version}".strip()
    other = f"; it answers in {source.dtype}, rounded once to {dtype}" if source.dtype != dtype else ""
    return f"Computed by {f'{who}, ' if who else ''}{source.name}{other}."


def _stretch(stretch: Stretch) -> str:
    """Number of results, and the range of their inputs."""
    if not stretch.count:
        return "0"
    low, high = input_text(stretch.low), input_text(stretch.high)
    return f"{stretch.count:,}, at x = {low}" + (f" to {high}" if low != high else "")


def _bounds(segment: Segment) -> tuple[str, str]:
    return _bound(segment.low), _bound(segment.high)


def _bound(x: float) -> str:
    return ("-∞" if x < 0 else "∞") if math.isinf(x) else f"{x:.6g}"


def drawn(columns: Sequence[Column], terminal: Terminal) -> str:
    """The columns as a table."""
    return render(table(columns, terminal), terminal)


ROWS: Final = 10
NARROWEST: Final = 24
_LARGEST: Final = sys.float_info.max
_LEAST: Final = 0.1
"""ULP: lower end of the chart's axis; smaller errors are drawn there."""


def error_picture(audit: Audit) -> Picture:
    """Chart of the largest ULP error over x, on the interval in which the error changes.

    x is linear within ±unit and logarithmic beyond; the unit is the segment boundary nearest to 0.
    """
    profile, (low, high) = audit.profile, _range(audit)
    changes = [segment.high for segment in audit.segments[:-1]]
    ends = [abs(edge) for edge in changes if edge and low <= edge <= high] or [1.0]
    unit = max(min(ends), high / 2.0**40, -low / 2.0**40, 1e-300)
    bad = _centres(profile.low, profile.high)[profile.nonfinite]
    bad = bad[(bad >= low) & (bad <= high)]
    largest = np.where(profile.max_ulp >= 0.0, np.clip(profile.max_ulp, _LEAST, _LARGEST), np.nan)
    top = max(float(np.nanmax(largest, initial=1.0)), 100.0 * _LEAST)
    edges = np.clip(np.stack([profile.low, profile.high]).T.ravel(), low, high)
    heights = np.stack([largest, np.full(largest.size, np.nan)]).T.ravel()[:-1]  # nan: a gap between two intervals
    title = f"largest ulp error over x{_at_most(audit)}" + (" (×: nan or inf)" if bad.size else "")
    panel = Panel(
        Axis(low, high, "symlog", unit=unit),
        Axis(_LEAST, top, "log"),
        title=title,
        histograms=[Histogram(edges, heights, Style(), peaks=True)],
        marks=[Marks(bad, np.full(bad.size, top), Style("fault"))] if bad.size else [],
    )
    return Picture(_title(audit), [panel], caption=f"Diagnosis: {audit.diagnosis}." if audit.diagnosis else "")


def _at_most(audit: Audit) -> str:
    return "" if audit.total.finite_max_ulp is None else f", at most {figure(audit.total.finite_max_ulp)}"


def error_pictures(audits: Sequence[Audit]) -> Picture:
    """One picture with a panel per audit."""
    panels = []
    for audit in audits:
        of = f", derivative {audit.order}" if audit.order else ""
        panels += [
            replace(panel, title=f"{audit.activation} in {audit.dtype}{of}") for panel in error_picture(audit).panels
        ]
    return Picture(f"{count(len(audits), 'audit')}: the largest error in ulp over x", panels, columns=2)


def error_chart(picture: Picture, audit: Audit, terminal: Terminal, height: int | None) -> str:
    """The chart as text; empty without an error or without room."""
    if not audit.total.max_steps or terminal.width < NARROWEST:
        return ""
    return paint(replace(picture, title=""), terminal, height or ROWS + 3)


def _range(audit: Audit) -> tuple[float, float]:
    """The interval of the segment boundaries and worst inputs, an octave wider at both ends, at least [-1, 1]."""
    off = [bool(segment.errors.finite_max_steps) or _fails_within(segment) for segment in audit.segments]
    edges = [segment.high for segment, here, there in zip(audit.segments, off, off[1:], strict=False) if here or there]
    inputs = [point.input for point in audit.worst if point.steps and math.isfinite(point.input)]
    reach = [*edges, *inputs, 0.0]
    return max(min(2.0 * min(reach), -1.0), -_LARGEST), min(max(2.0 * max(reach), 1.0), _LARGEST)


def _fails_within(segment: Segment) -> bool:
    """Whether a finite input has a result that is nan or infinite in place of a number."""
    at_infinity = int(math.isinf(segment.low)) + int(math.isinf(segment.high))
    return segment.errors.nonfinite > at_infinity


def _centres(low: Array, high: Array) -> Array:
    return np.where(np.isfinite(low) & np.isfinite(high), 0.5 * low + 0.5 * high, np.where(np.isinf(high), low, high))
