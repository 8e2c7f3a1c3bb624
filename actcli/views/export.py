"""Pictures as files: what stands on the terminal, with its colours and a title."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from os.path import splitext

from actcli.core.errors import InputError
from actcli.views.terminal import Terminal

SUFFIXES = (".svg", ".html", ".txt")


def check_suffix(path: str) -> str:
    """The suffix that says what the file will be. Raises InputError."""
    suffix = splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        way_out = "; a browser turns an .svg into it" if suffix in (".png", ".jpg", ".jpeg", ".pdf") else ""
        raise InputError(f"{path}: a picture is saved as .svg, .html or .txt{way_out}")
    return suffix


def exported(draw: Callable[[Terminal], str], terminal: Terminal, suffix: str, title: str) -> str:
    """The text of the file. .svg and .html have colours even where `terminal` has none."""
    if suffix == ".txt":
        return draw(replace(terminal, colour=False))
    from rich.console import Console
    from rich.text import Text

    picture = draw(replace(terminal, colour=True))
    console = Console(file=StringIO(), width=terminal.width, record=True, color_system="256", force_terminal=True)
    console.print(Text.from_ansi(picture), soft_wrap=True)
    if suffix == ".svg":
        from rich.terminal_theme import SVG_EXPORT_THEME

        return console.export_svg(title=title, theme=SVG_EXPORT_THEME)
    from html import escape

    page = console.export_html(inline_styles=True)
    return page.replace("<head>", f"<head>\n<title>{escape(title)}</title>", 1)
