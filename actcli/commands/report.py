"""How every command gives its result: drawn on the screen and in a file, or as JSON, or in rows.

A further format for reports is a branch here. Nothing is imported that the format asked for does not use.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actcli.core.activations.activation import Elementwise
    from actcli.core.analysis.graph import Graph
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
    from actcli.streams.documents import flat, write_json, write_records

    if output_format == "json":
        write_json(document())
    else:
        header, rows = records() if records else (("property", "value"), flat(document()))
        write_records(header, rows, output_format)


def screen(width: int | None, ascii_only: bool) -> "Terminal":
    """The terminal behind stdout, with what the user says otherwise."""
    from actcli.views.terminal import Terminal

    terminal = Terminal.of(sys.stdout)
    return replace(terminal, width=width or terminal.width, unicode=terminal.unicode and not ascii_only)


def show(draw: Callable[["Terminal"], str], terminal: "Terminal", save: str | None, title: str) -> None:
    """Print the picture; write it to the file first, if there is one. Raises InputError and StreamError."""
    if save is not None:
        from actcli.streams.files import open_file
        from actcli.views.export import exported, suffix_of

        picture = exported(draw, terminal, suffix_of(save), title)
        with open_file(save) as file:
            file.write(picture)
    print(draw(terminal), end="")


def graphs_on(
    activations: Sequence["Elementwise"], interval: tuple[float, float], terminal: "Terminal", order: int = 0
) -> "tuple[Graph, ...]":
    """Each activation with its derivatives at the points that a chart on this terminal wants, and where it breaks."""
    from actcli.core.analysis.graph import graphs
    from actcli.views.curve import VISIBLE, sample_points, seen

    limits = partial(seen, reach=max(map(abs, interval)))
    return graphs(activations, sample_points(interval, terminal), order, limits, VISIBLE)
