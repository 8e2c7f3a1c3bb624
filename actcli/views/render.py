"""From a Rich renderable to text for one terminal."""

import re
from io import StringIO

from rich.console import Console, RenderableType

from actcli.views.terminal import Terminal

_TRAILING_BLANKS = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def render(renderable: RenderableType, terminal: Terminal) -> str:
    """Lines of at most `terminal.width` columns in its characters, with ANSI codes only if it has colour."""
    console = Console(
        file=StringIO(),
        width=terminal.width,
        height=terminal.height,
        force_terminal=terminal.colour,
        color_system="256" if terminal.colour else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},  # the terminal has been asked already
    )
    with console.capture() as captured:
        console.print(renderable)
    return terminal.text(_TRAILING_BLANKS.sub(r"\1", captured.get()))
