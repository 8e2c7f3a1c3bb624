"""How every command gives its result: drawn on the screen and in a file, or as JSON, or in rows.

A further format for reports is a branch here. Nothing is imported that the format asked for does not use.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from actcli.core.activations.activation import Elementwise
    from actcli.core.analysis.graph import Graph
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

Document = Callable[[], Any]
Records = Callable[[], tuple[Sequence[str], Iterable[Iterable[object]]]]
"""The names of the columns, and the rows."""


@dataclass(frozen=True)
class Drawing:
    """What the user says of the picture: how large, in which characters, and the file that it is saved in as well.

    Raises InputError for a file that cannot be a picture, before any work is done.
    """

    size: tuple[int | None, int | None] = (None, None)
    ascii_only: bool = False
    save: str | None = None
    theme: Literal["light", "dark"] = "light"

    def __post_init__(self) -> None:
        if self.save is not None:
            from actcli.views.export import suffix_of

            suffix_of(self.save)

    @property
    def lines(self) -> int | None:
        return self.size[1]

    def terminal(self) -> "Terminal":
        """The one behind stdout, with what the user says otherwise."""
        from actcli.views.terminal import Terminal

        terminal = Terminal.of(sys.stdout)
        unicode = terminal.unicode and not self.ascii_only
        return replace(terminal, width=self.size[0] or terminal.width, unicode=unicode)


def print_report(
    output_format: str,
    draw: Callable[["Terminal"], str],
    document: Document,
    records: Records | None = None,
    *,
    drawing: Drawing | None = None,
    picture: "Callable[[], Picture] | None" = None,
) -> None:
    """Print what `draw` makes of it, or the document or the records, see `write_report`; only one of them is made.

    The picture is made for a file alone, which is written before anything is printed, and after all that may be
    refused. Raises InputError and StreamError.
    """
    drawing = drawing or Drawing()
    drawn = draw(drawing.terminal()) if output_format in ("auto", "table", "chart") else None
    if drawing.save is not None and picture is not None:
        from actcli.streams.files import open_file
        from actcli.views.export import exported, suffix_of

        suffix = suffix_of(drawing.save)
        saved = exported(picture(), draw, drawing.terminal(), suffix, drawing.theme, drawing.size)
        with open_file(drawing.save) as file:
            file.write(saved)
    if drawn is not None:
        print(drawn, end="")
    else:
        write_report(output_format, document, records)


def write_report(output_format: str, document: Document, records: Records | None = None) -> None:
    """Print the document as "json", or the records as "csv" or "plain"; without records the document's names and
    values.
    """
    from actcli.streams.documents import flat, write_json, write_records

    if output_format == "json":
        write_json(document())
    else:
        header, rows = records() if records else (("property", "value"), flat(document()))
        write_records(header, rows, output_format)


def graphs_on(
    activations: Sequence["Elementwise"], interval: tuple[float, float], terminal: "Terminal", order: int = 0
) -> "tuple[Graph, ...]":
    """Each activation with its derivatives at the points that a chart on this terminal wants, and where it breaks."""
    from actcli.core.analysis.graph import graphs
    from actcli.views.ranges import VISIBLE, sample_points, seen

    limits = partial(seen, reach=max(map(abs, interval)))
    return graphs(activations, sample_points(interval, terminal), order, limits, VISIBLE)
