"""Several audits as a table, one line each: on the screen, or as Markdown for a pull request."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from actcli.core.audit.baseline import Change
from actcli.core.audit.report import RowPoint
from actcli.core.audit.rows import AnyAudit, RowAudit
from actcli.views.audit_numbers import figure, mean, whole
from actcli.views.notation import input_text, percent_in_column
from actcli.views.table import Column, render, table, total_width
from actcli.views.terminal import Terminal, paragraph

Lacking = Sequence[tuple[str, str, int, str]]
"""(activation, type, order, reason) for each missing audit."""

CAPTION: Final = (
    "ulp: the largest |actual − exact| in spacings of the type at the exact result; steps: how many numbers of the "
    "type the result is from the correctly rounded exact one; both among the finite results. right: share of "
    "correctly rounded results. nan, inf: results that are so where the exact one is not. x: where ulp is largest."
)
_WIDE: Final = ("float32", "float64")
_BOUNDS: Final = "their largest errors are lower bounds."


def audit_table(audits: Sequence[AnyAudit], lacking: Lacking, terminal: Terminal) -> str:
    """A table for each type and order, then the missing audits."""
    parts = []
    for title, group in _groups(audits):
        key, *columns = _columns(group)
        parts += [paragraph(title, terminal), *_fitting(key, columns, terminal)]
    return "\n".join([*parts, paragraph(_remarks(audits, lacking), terminal)])


def markdown(audits: Sequence[AnyAudit], lacking: Lacking) -> str:
    """One table, and the remarks below it."""
    columns = [
        Column("activation", [audit.activation for audit in audits], "left"),
        Column("dtype", [audit.dtype for audit in audits], "left"),
        Column("order", [str(audit.order) for audit in audits]),
        Column("inputs", [f"{audit.total.count:,}" for audit in audits]),
        *_columns(audits)[1:],
    ]
    lines = [
        _row([column.header.replace("\n", " ").strip() for column in columns]),
        _row(["---" if column.align == "left" else "---:" for column in columns]),
        *(_row(cells) for cells in zip(*(column.cells for column in columns), strict=True)),
    ]
    return "\n".join([*lines, "", *_remarks(audits, lacking).split("\n"), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _groups(audits: Sequence[AnyAudit]) -> Iterator[tuple[str, list[AnyAudit]]]:
    """The audits by type and order, in the order of the request."""
    groups: dict[tuple[str, int], list[AnyAudit]] = {}
    for audit in audits:
        groups.setdefault((audit.dtype, audit.order), []).append(audit)
    for (dtype, order), group in groups.items():
        yield f"{dtype}, {f'derivative {order}' if order else 'values'}", group


def _columns(audits: Sequence[AnyAudit]) -> list[Column]:
    totals = [audit.total for audit in audits]
    return [
        Column("\nactivation", [audit.activation for audit in audits], "left"),
        Column("largest\nulp", [figure(total.finite_max_ulp) for total in totals]),
        Column("largest\nsteps", [whole(total.finite_max_steps) for total in totals]),
        Column("mean\nulp", [mean(total.mean_ulp, total) for total in totals]),
        Column("\nright", [percent_in_column(audit.correctly_rounded / audit.total.count) for audit in audits]),
        Column("nan,\ninf", [f"{audit.nonfinite:,}" for audit in audits]),
        Column("worst\nx", [*map(_worst, audits)]),
    ]


def _worst(audit: AnyAudit) -> str:
    point = audit.worst_ulp
    if point is None or not point.ulp:
        return "-"
    return f"row {point.row}" if isinstance(point, RowPoint) else input_text(point.input)


def _fitting(key: Column, columns: Sequence[Column], terminal: Terminal) -> Iterator[str]:
    """Tables with the key column first; several, if the other columns do not fit beside each other."""
    shown: list[Column] = []
    for column in columns:
        if shown and total_width([key, *shown, column]) > terminal.width:
            yield render(table([key, *shown], terminal), terminal)
            shown = []
        shown.append(column)
    yield render(table([key, *shown], terminal), terminal)


_FIGURES: Final = {
    "largest\nulp": ("max_ulp", figure),
    "largest\nsteps": ("max_steps", whole),
    "mean\nulp": ("mean_ulp", figure),
    "\nright": ("correctly_rounded", percent_in_column),
    "nan,\ninf": ("nonfinite", whole),
}


def change_table(changes: Sequence[Change], terminal: Terminal) -> str:
    """Figures of the baseline and of now, with a verdict for each audit."""
    title = "Against the baseline, then → now:"
    key, *columns = _change_columns(changes)
    return "\n".join([paragraph(title, terminal), *_fitting(key, columns, terminal)])


def change_markdown(changes: Sequence[Change]) -> str:
    """The same as a table of Markdown."""
    columns = _change_columns(changes)
    lines = [
        _row([column.header.replace("\n", " ").strip() for column in columns]),
        _row(["---" if column.align == "left" else "---:" for column in columns]),
        *(_row(cells) for cells in zip(*(column.cells for column in columns), strict=True)),
    ]
    return "\n".join([*lines, ""])


def _change_columns(changes: Sequence[Change]) -> list[Column]:
    def cell(change: Change, name: str, text: Callable[[Any], str]) -> str:
        told = [text(numbers[name]) if numbers else "-" for numbers in (change.before, change.now)]
        return told[1] if told[0] == told[1] else " → ".join(told)

    return [
        Column("\naudit", [f"{c.activation}, {c.dtype}, {c.order}" for c in changes], "left"),
        Column("\nchange", [c.verdict for c in changes], "left"),
        *(Column(header, [cell(c, name, text) for c in changes]) for header, (name, text) in _FIGURES.items()),
    ]


def _remarks(audits: Sequence[AnyAudit], lacking: Lacking) -> str:
    lines = [CAPTION]
    lines += _sampled(audits)
    versions = {f"{a.source.framework} {a.source.version}".strip() for a in audits if a.source is not None}
    if named := sorted(versions - {""}):
        lines.append(f"Computed by {', '.join(named)}.")
    lines += _other_types(audits)
    reasons: dict[str, list[str]] = {}
    for name, dtype, order, reason in lacking:
        reasons.setdefault(reason, []).append(f"{name} ({dtype}, order {order})")
    lines += [f"Not audited: {', '.join(names)}: {reason}." for reason, names in reasons.items()]
    return "\n".join(lines)


def _sampled(audits: Sequence[AnyAudit]) -> Iterator[str]:
    """Sentences on audits that do not include every number of the type."""
    numbers = [audit for audit in audits if not audit.exhaustive and not isinstance(audit, RowAudit)]
    if any(audit.dtype in _WIDE for audit in numbers):
        yield f"float32 and float64 are sampled: {_BOUNDS}"
    if parts := [f"{audit.activation} ({audit.dtype})" for audit in numbers if audit.dtype not in _WIDE]:
        yield f"Not on every number of the type: {', '.join(dict.fromkeys(parts))}: {_BOUNDS}"
    if any(isinstance(audit, RowAudit) for audit in audits):
        yield f"Rows are sampled: {_BOUNDS}"


def _other_types(audits: Sequence[AnyAudit]) -> list[str]:
    """Sentences on implementations whose results have another type than the inputs."""
    found: dict[tuple[str, str], list[str]] = {}
    for audit in audits:
        if audit.source is not None and audit.source.dtype != audit.dtype:
            found.setdefault((audit.dtype, audit.source.dtype), []).append(audit.activation)
    return [
        f"Asked in {asked}, these answer in {answered}, and each answer was rounded once: "
        f"{', '.join(dict.fromkeys(names))}."
        for (asked, answered), names in found.items()
    ]
