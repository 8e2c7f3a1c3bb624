"""Output of audits: one as its report, several as a table."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from actcli.commands.audit_sources import Job
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.activation import RowWise
from actcli.core.audit.baseline import Change, Key, earlier_audits
from actcli.core.audit.report import Audit
from actcli.core.audit.rows import AnyAudit, RowAudit
from actcli.core.errors import InputError
from actcli.streams.files import StreamError, file_error

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

Lacking = Sequence[tuple[str, str, int, str]]
"""(activation, type, order, reason) for each missing audit."""


PANELS: Final = 12
"""Most panels in a picture."""


def refuse_pictures(jobs: Sequence[Job]) -> None:
    """InputError: audits without a picture."""
    for job in jobs:
        if isinstance(job.activation, RowWise):
            raise InputError(f"--save draws the error over x, and {job.activation.label} takes rows: leave it out")
    if len(jobs) > PANELS:
        raise InputError(f"--save draws up to {PANELS} audits, and these are {len(jobs)}: one --dtype, one --order")


def print_audit(audit: AnyAudit, output_format: str, drawing: Drawing, changes: Sequence[Change] | None = None) -> None:
    """The full report. csv and plain have its segments; for a row-wise activation its worst results."""

    def draw(terminal: "Terminal") -> str:
        return _with_changes(_report(audit, terminal, drawing), changes, terminal)

    def picture() -> "Picture":
        assert isinstance(audit, Audit)
        from actcli.views.audit import error_picture

        return error_picture(audit)

    if output_format == "markdown":
        print_audits([audit], (), output_format, drawing, full=False, changes=changes)
        return
    if isinstance(audit, RowAudit):
        rows = [asdict(point) for point in audit.worst]
    else:
        rows = [segment.document() for segment in audit.segments]
    print_report(
        output_format,
        draw,
        document=lambda: {**audit.document(), **_changed(changes)},
        records=lambda: (list(rows[0]), [row.values() for row in rows]),
        drawing=drawing,
        picture=picture,
    )


def print_audits(
    audits: Sequence[AnyAudit],
    lacking: Lacking,
    output_format: str,
    drawing: Drawing,
    full: bool,
    changes: Sequence[Change] | None = None,
) -> None:
    """A table with one line per audit, and with `full` the reports below it."""
    if output_format == "markdown":
        from actcli.views.audit_table import change_markdown, markdown

        print(markdown(audits, lacking), end="")
        if changes is not None:
            print("", change_markdown(changes), sep="\n", end="")
        return

    def draw(terminal: "Terminal") -> str:
        from actcli.views.audit_table import audit_table

        reports = [_report(audit, terminal, drawing) for audit in audits] if full else []
        table = _with_changes(audit_table(audits, lacking, terminal), changes, terminal)
        return "\n".join([table, *reports])

    def picture() -> "Picture":
        from actcli.views.audit import error_pictures

        return error_pictures([audit for audit in audits if isinstance(audit, Audit)])

    rows = [audit.summary() for audit in audits]
    print_report(
        output_format,
        draw,
        document=lambda: {
            "audits": [audit.document() for audit in audits],
            "not_audited": [
                {"activation": name, "dtype": dtype, "order": order, "reason": reason}
                for name, dtype, order, reason in lacking
            ],
            **_changed(changes),
        },
        records=lambda: (list(rows[0]), [row.values() for row in rows]),
        drawing=drawing,
        picture=picture,
    )


def _report(audit: AnyAudit, terminal: "Terminal", drawing: Drawing) -> str:
    if isinstance(audit, RowAudit):
        from actcli.views.audit_rows import row_report

        return row_report(audit, terminal)
    from actcli.views.audit import audit_report

    return audit_report(audit, terminal, drawing.lines)


def read_baseline(path: str) -> dict[Key, dict[str, Any]]:
    """The figures of an earlier run's JSON. StreamError: the file cannot be read, or is none."""
    import json

    try:
        with open(path, encoding="utf-8") as file:
            return earlier_audits(json.load(file))
    except OSError as error:
        raise file_error(path, error) from None
    except (ValueError, RecursionError) as error:  # no JSON, no text, or no audit
        reason = str(error) if isinstance(error, InputError) else "no JSON"
        raise StreamError(f"{path}: {reason}; a baseline is the output of audit --format json") from None


def _changed(changes: Sequence[Change] | None) -> dict[str, Any]:
    return {} if changes is None else {"changes": [asdict(change) for change in changes]}


def _with_changes(report: str, changes: Sequence[Change] | None, terminal: "Terminal") -> str:
    if changes is None:
        return report
    from actcli.views.audit_table import change_table

    return f"{report}\n{change_table(changes, terminal)}"
