"""How every command gives its result: drawn, or as JSON, or in rows. A further format for reports is a branch here."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal

Document = Callable[[], Any]
Records = Callable[[], tuple[Sequence[str], Iterable[Iterable[object]]]]
"""The names of the columns, and the rows."""


def print_report(
    output_format: str, draw: Callable[["Terminal"], str], document: Document, records: Records | None = None
) -> None:
    """Print what `draw` makes of it for "table"; see `write_report` for the other formats. Only one of them is made."""
    if output_format == "table":
        from actcli.views.terminal import Terminal

        print(draw(Terminal.of(sys.stdout)), end="")
    else:
        write_report(output_format, document, records)


def write_report(output_format: str, document: Document, records: Records | None = None) -> None:
    """Print the document as "json", or the records as "csv" or "plain"; without records the document's names and
    values."""
    if output_format == "json":
        from actcli.streams.json_format import write_json

        write_json(document())
    else:
        from actcli.streams.records import flat, write_records

        header, rows = records() if records else (("property", "value"), flat(document()))
        write_records(header, rows, output_format)
