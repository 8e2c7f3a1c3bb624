"""An audit on the screen: how far off, where, how often, the worst, a chart, and a sentence on why."""

import math
from collections.abc import Sequence
from typing import Final

from actcli.core.audit.report import Audit, Segment
from actcli.core.audit.tally import Errors
from actcli.core.words import count
from actcli.views.audit_chart import error_chart
from actcli.views.number import align, format_number
from actcli.views.render import render
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal
from actcli.views.text import paragraph

DIGITS: Final = 4

_CLASSES: Final = {"<=0.5": "≤ 0.5", "<=1": "≤ 1", "3-10": "3–10", "11-100": "11–100", ">100": "> 100"}
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
    if audit.nonfinite:
        verdict = f"{count(audit.nonfinite, 'result')} nan or infinite that should not be"
    elif total.max_steps:
        verdict = f"at most {_whole(total.max_steps)} step{'s' * (total.max_steps != 1)} off"
    else:
        verdict = "all correctly rounded"
    flushed = ", subnormals flushed" if audit.flush_subnormals else ""
    return f"{name} in {audit.dtype}{flushed}, {count(total.count, 'input')}: {verdict}"


def _total_columns(audit: Audit) -> list[Column]:
    total, worst = audit.total, audit.worst_ulp
    points = [worst, audit.worst[0]]
    return [
        Column("", ["ulp", "steps"], "left"),
        Column("largest", [_number(total.max_ulp), _whole(total.max_steps)]),
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
    return [
        Column("\nx from", [row[0] for row in rows]),
        Column("\nto below", [row[1] for row in rows]),
        Column("\ninputs", [f"{e.count:,}" for e in errors]),
        Column("largest\nulp", [_number(e.max_ulp) for e in errors]),
        Column("mean\nulp", [_number(e.mean_ulp) for e in errors]),
        Column("largest\nsteps", [_whole(e.max_steps) for e in errors]),
        Column("mean\nsteps", [_number(e.mean_steps) for e in errors]),
        Column(
            "worst\nx =",
            ["" if not e.max_steps or e.worst_input is None else format_number(e.worst_input, 6) for e in errors],
        ),
    ]


def _worst(audit: Audit, terminal: Terminal) -> str:
    """The ten worst, with the bits that name each number beyond doubt, below the numbers where there is no room."""
    worst = [point for point in audit.worst if point.steps]
    inputs = Column("worst\nx =", align(format_number(p.input, 6) for p in worst))
    numbers = [
        Column("\nactual", align(format_number(p.actual, DIGITS) for p in worst)),
        Column("\nexpected", align(format_number(p.expected, DIGITS) for p in worst)),
        Column("\nulp", [_number(p.ulp) for p in worst]),
        Column("\nsteps", [_whole(p.steps) for p in worst]),
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
    lines = [
        _CAPTION,
        f"nan or inf where the exact result is finite: {audit.nonfinite:,}. wrong sign: {audit.wrong_sign:,}. "
        f"monotonicity violations, from one input to the next: {audit.monotonicity_violations:,}.",
    ]
    if audit.undefined:
        lines.append(
            f"{count(audit.undefined, 'input')} left out, where the exact result is nan; "
            f"{count(audit.answered, 'result')} there are numbers."
        )
    if audit.diagnosis:
        lines.append(f"Diagnosis: {audit.diagnosis}.")
    return "\n".join(lines)


def _bounds(segment: Segment) -> tuple[str, str]:
    return _bound(segment.low), _bound(segment.high)


def _bound(x: float) -> str:
    return ("-∞" if x < 0 else "∞") if math.isinf(x) else f"{x:.6g}"


def _number(x: float | None) -> str:
    if x is None:
        return "-"
    if math.isinf(x):
        return "∞"
    return f"{x:.3f}" if 0.001 <= x < 10 or x == 0 else f"{x:,.1f}" if 10 <= x < 1e6 else f"{x:.2e}"


def _whole(x: float | None) -> str:
    if x is None:
        return "-"
    return "∞" if math.isinf(x) else f"{x:,}" if x < 1e12 else f"{x:.2e}"


def _percent(share: float) -> str:
    """Never 0 or 100 for what is only near."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    return "< 0.1%" if share < 0.001 else "> 99.9%" if share > 0.999 else f"{share:.1%}"


def _drawn(columns: Sequence[Column], terminal: Terminal) -> str:
    return render(table(columns, terminal), terminal)
