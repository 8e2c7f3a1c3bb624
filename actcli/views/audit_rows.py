"""Report of a row-wise audit: largest errors, histogram, errors of the rows' totals, worst results."""

from actcli.core.audit.rows import Defect, RowAudit
from actcli.core.errors import count, plural
from actcli.views.audit import CAPTION, DIGITS, drawn, histogram, nonfinite, results, shares, source_line
from actcli.views.audit_numbers import figure, mean, whole
from actcli.views.notation import align, format_number
from actcli.views.table import Column, total_width
from actcli.views.terminal import Terminal, paragraph

_TOTALS = {"sum": "|sum of a row − 1|", "logsumexp": "|log of the sum of a row's exp|"}


def row_report(audit: RowAudit, terminal: Terminal) -> str:
    """The whole report as text."""
    parts = [
        paragraph(_title(audit), terminal),
        drawn(_total_columns(audit), terminal),
        histogram(audit, terminal, "results"),
        drawn(_defect_columns(audit.defect), terminal) if audit.defect is not None else "",
        _worst(audit, terminal) if audit.total.max_steps else "",
        paragraph(_remarks(audit), terminal),
    ]
    return "\n".join(part for part in parts if part)


def _title(audit: RowAudit) -> str:
    steps = audit.total.finite_max_steps
    verdict = ""
    if steps is not None:
        verdict = f"at most {whole(steps)} {plural(steps, 'step')} off" if steps else "all correctly rounded"
    if audit.nonfinite:
        others = f"; the others {verdict}" if verdict else ""
        verdict = f"{nonfinite(audit.nan, audit.infinite)} where the exact result is not{others}"
    low, high = audit.widths
    width = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    flushed = ", subnormals flushed" if audit.flush_subnormals else ""
    rows = f"{count(audit.rows, 'row')} of {width}"
    return f"{audit.activation} in {audit.dtype}{flushed}, {rows} (sampled: a lower bound): {verdict}"


def _total_columns(audit: RowAudit) -> list[Column]:
    total = audit.total
    points = [point or audit.worst[0] for point in (audit.worst_ulp, audit.worst_steps)]
    return [
        Column("", ["ulp", "steps"], "left"),
        Column("largest", [figure(total.finite_max_ulp), whole(total.finite_max_steps)]),
        Column("mean", [mean(total.mean_ulp, total), mean(total.mean_steps, total)]),
        Column("row", [f"{point.row}" for point in points]),
        Column("column", [f"{point.column}" for point in points]),
        Column("actual", align(format_number(point.actual, DIGITS) for point in points)),
        Column("expected", align(format_number(point.expected, DIGITS) for point in points)),
    ]


def _defect_columns(defect: Defect) -> list[Column]:
    def number(x: float | None) -> str:
        return "-" if x is None else f"{x:.3g}"

    return [
        Column("", [_TOTALS[defect.kind]], "left"),
        Column("largest", [number(defect.largest)]),
        Column("row", ["-" if defect.row is None else f"{defect.row}"]),
        Column("mean", [number(defect.mean)]),
        Column("rounded", [number(defect.rounded)]),
    ]


def _worst(audit: RowAudit, terminal: Terminal) -> str:
    worst = [point for point in audit.worst if point.steps]
    at = [
        Column("worst\nrow", [f"{p.row}" for p in worst]),
        Column("\ncolumn", [f"{p.column}" for p in worst]),
    ]
    numbers = results(worst)
    bits = [
        Column("bits of\nactual", [p.actual_bits for p in worst]),
        Column("bits of\nexpected", [p.expected_bits for p in worst]),
    ]
    if total_width([*at, *numbers, *bits]) <= terminal.width:
        return drawn([*at, *numbers, *bits], terminal)
    return f"{drawn([*at, *numbers], terminal)}\n{drawn([*at, *bits], terminal)}"


def _remarks(audit: RowAudit) -> str:
    lines = [f"{CAPTION} Rows and columns are counted from 0.", shares(audit)]
    if audit.defect is not None:
        lines.append("rounded: the largest where every result is the correctly rounded exact one.")
    if audit.undefined:
        lines.append(
            f"{count(audit.undefined, 'result')} left out, where the exact one is nan; {audit.answered:,} of them "
            f"{'is a number' if audit.answered == 1 else 'are numbers'}."
        )
    if audit.source is not None:
        lines.append(source_line(audit.source, audit.dtype))
    return "\n".join(lines)
