"""Output of reports: on the screen and as a saved picture, as JSON, or as rows.

A further format is a branch here. Only modules that the requested format needs are imported.
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
"""(names of the columns, rows)."""


@dataclass(frozen=True)
class Drawing:
    """Options of a picture: size, characters, file and theme.

    InputError: a file that cannot be a picture, before any work is done.
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
        """The terminal of stdout, with the user's options."""
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
    """Print the text of `draw`, or the document or records (see `write_report`); only the one needed is computed.

    picture: for --save; it is written before anything is printed, and after everything that may be refused.
    InputError, StreamError: it cannot be drawn or written.
    """
    drawing = drawing or Drawing()
    saved = None
    if drawing.save is not None and picture is not None:
        from actcli.views.export import exported, suffix_of

        # Before the chart, which takes fewer lines: the size that a refused page names suits both.
        suffix = suffix_of(drawing.save)
        saved = exported(picture(), draw, drawing.terminal(), suffix, drawing.theme, drawing.size)
    drawn = draw(drawing.terminal()) if output_format in ("auto", "table", "chart") else None
    if drawing.save is not None and saved is not None:
        from actcli.streams.files import open_file

        with open_file(drawing.save) as file:
            file.write(saved)
    if drawn is not None:
        print(drawn, end="")
    else:
        write_report(output_format, document, records)


def write_report(output_format: str, document: Document, records: Records | None = None) -> None:
    """Print the document as "json", or the records as "csv" or "plain"; default records: names and values."""
    from actcli.streams.documents import flat, write_json, write_records

    if output_format == "json":
        write_json(document())
    else:
        header, rows = records() if records else (("property", "value"), flat(document()))
        write_records(header, rows, output_format)


def graphs_on(
    activations: Sequence["Elementwise"], interval: tuple[float, float], terminal: "Terminal", order: int = 0
) -> "tuple[Graph, ...]":
    """Graphs of the activations and their derivatives, with points for a chart of this terminal's size."""
    from actcli.core.analysis.graph import graphs
    from actcli.views.ranges import VISIBLE, sample_points, seen

    limits = partial(seen, reach=max(map(abs, interval)))
    return graphs(activations, sample_points(interval, terminal), order, limits, VISIBLE)
