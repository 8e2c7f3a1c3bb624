"""Pictures as files: what stands on the terminal, with its colours and a title."""

from collections.abc import Callable
from dataclasses import replace
from html import escape
from os.path import splitext
from textwrap import dedent

from actcli.core.errors import InputError
from actcli.views.terminal import Terminal

SUFFIXES = (".svg", ".html", ".txt", ".png")
_PNG_SCALE = 2


def suffix_of(path: str) -> str:
    """The suffix that says what the file will be. Raises InputError."""
    suffix = splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: a picture is saved as .svg, .html, .txt or .png")
    return suffix


def exported(draw: Callable[[Terminal], str], terminal: Terminal, suffix: str, title: str) -> bytes:
    """The file, in colours even where `terminal` has none, .txt aside. Raises InputError where .png cannot be had."""
    if suffix == ".txt":
        return draw(replace(terminal, colour=False)).encode()
    from actcli.views.svg import svg

    picture = svg(draw(replace(terminal, colour=True)), terminal.width, title)
    if suffix == ".svg":
        return picture.encode()
    if suffix == ".png":
        return _png(picture)
    page = """\
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><title>{title}</title></head>
        <body style="margin: 0">
        {picture}</body>
        </html>
        """
    return dedent(page).format(title=escape(title), picture=picture).encode()


def _png(picture: str) -> bytes:
    try:
        import cairosvg
    except (ImportError, OSError) as error:  # OSError: it is there, but the cairo library that it calls is not
        raise InputError(
            ".png needs the cairo library and CairoSVG (pip install 'actcli[png]'); .svg, .html and .txt need nothing"
        ) from error
    png: bytes = cairosvg.svg2png(picture.encode(), scale=_PNG_SCALE)
    return png
