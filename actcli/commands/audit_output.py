"""How audits are given: one as its report, several as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actcli.commands.report import Drawing, print_report
from actcli.core.audit.report import Audit

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

Lacking = Sequence[tuple[str, str, int, str]]
"""Activation, type, order, and why there is no audit of them."""


def print_audit(audit: Audit, output_format: str, drawing: Drawing) -> None:
    """The full report; as rows its segments."""

    def draw(terminal: "Terminal") -> str:
        from actcli.views.audit import audit_report

        return audit_report(audit, terminal, drawing.lines)

    def picture() -> "Picture":
        from actcli.views.audit import error_picture

        return error_picture(audit)

    if output_format == "markdown":
        print_audits([audit], (), output_format, drawing, full=False)
        return
    segments = [segment.document() for segment in audit.segments]
    print_report(
        output_format,
        draw,
        document=audit.document,
        records=lambda: (list(segments[0]), [segment.values() for segment in segments]),
        drawing=drawing,
        picture=picture,
    )


def print_audits(audits: Sequence[Audit], lacking: Lacking, output_format: str, drawing: Drawing, full: bool) -> None:
    """A line for each; with `full` the reports after them."""
    if output_format == "markdown":
        from actcli.views.audit_table import markdown

        print(markdown(audits, lacking), end="")
        return

    def draw(terminal: "Terminal") -> str:
        from actcli.views.audit import audit_report
        from actcli.views.audit_table import audit_table

        reports = [audit_report(audit, terminal, drawing.lines) for audit in audits] if full else []
        return "\n".join([audit_table(audits, lacking, terminal), *reports])

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
        },
        records=lambda: (list(rows[0]), [row.values() for row in rows]),
        drawing=drawing,
    )
