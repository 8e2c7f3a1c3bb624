"""What plot, compare and describe share: activations as graphs, the screen, and a picture on it or in a file."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.graph import Graph, graphs
from actcli.views.curve import VISIBLE, sample_points, seen
from actcli.views.terminal import Terminal


def screen(width: int | None, ascii_only: bool) -> Terminal:
    """The terminal behind stdout, with what the user says otherwise."""
    terminal = Terminal.of(sys.stdout)
    return replace(terminal, width=width or terminal.width, unicode=terminal.unicode and not ascii_only)


def show(draw: Callable[[Terminal], str], terminal: Terminal, save: str | None, title: str) -> None:
    """Print the picture; write it to the file first, if there is one. Raises InputError and StreamError."""
    if save is not None:
        from actcli.streams.output import open_file
        from actcli.views.export import exported, suffix_of

        picture = exported(draw, terminal, suffix_of(save), title)
        with open_file(save) as file:
            file.write(picture)
    print(draw(terminal), end="")


def graphs_on(
    activations: Sequence[Elementwise], interval: tuple[float, float], terminal: Terminal, order: int = 0
) -> tuple[Graph, ...]:
    """Each activation with its derivatives at the points that a chart on this terminal wants, and where it breaks."""
    limits = partial(seen, reach=max(map(abs, interval)))
    return graphs(activations, sample_points(interval, terminal), order, limits, VISIBLE)
