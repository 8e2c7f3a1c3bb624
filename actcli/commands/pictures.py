"""What plot and compare share: the screen, and a picture on it or in a file."""

import sys
from collections.abc import Callable
from dataclasses import replace

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
