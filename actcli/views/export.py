"""Pictures as files: drawn for a page, or as on the terminal."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from importlib.util import find_spec
from os.path import splitext
from textwrap import dedent
from typing import Literal

from actcli.core.errors import InputError
from actcli.views.palette import PALETTE_COLOURS, rgb
from actcli.views.picture.description import Picture
from actcli.views.terminal import Terminal

PAGES, TEXTS = (".svg", ".png", ".pdf"), (".txt", ".html")


def suffix_of(path: str) -> str:
    """The suffix of a picture's file. InputError: another suffix, or matplotlib is missing."""
    suffix = splitext(path)[1].lower()
    if suffix not in (*PAGES, *TEXTS):
        raise InputError(f"{path or repr(path)}: a picture is saved as .svg, .png, .pdf, .html or .txt")
    if suffix in PAGES and not _is_there("matplotlib"):
        raise InputError(f"{suffix} is painted by matplotlib: pip install matplotlib; .html and .txt need nothing")
    return suffix


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False


def exported(
    picture: Picture,
    draw: Callable[[Terminal], str],
    terminal: Terminal,
    suffix: str,
    theme: Literal["light", "dark"],
    size: tuple[int | None, int | None],
) -> bytes:
    """The bytes of the file. draw: the text for a terminal, saved as .txt without colour and as .html with it."""
    if suffix in PAGES:
        import logging

        # matplotlib warns if the home directory is read-only, which does not matter here.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        from actcli.views.picture.page import page

        return page(picture, suffix, theme, size)
    if suffix == ".txt":
        return draw(replace(terminal, colour=False)).encode()
    return html(draw(replace(terminal, colour=True, colours=PALETTE_COLOURS)), picture.title, theme).encode()


_RUN = re.compile(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)")
_GROUNDS = {"light": ("#ffffff", "#1c1c1c"), "dark": ("#121212", "#dadada")}


def html(text: str, title: str, theme: Literal["light", "dark"]) -> str:
    """A text with ANSI colours as an HTML page in a monospaced font."""
    paper, ink = _GROUNDS[theme]
    page = f"""\
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><title>{escape(title)}</title></head>
        <body style="margin: 0; background: {paper}; color: {ink}">
        <pre style="margin: 1em; font: 15px/1.2 'DejaVu Sans Mono', Menlo, Consolas, monospace">
        """
    runs = "".join(_span(codes, escape(part)) for codes, part in _RUN.findall(text))
    return f"{dedent(page)}{runs}</pre>\n</body>\n</html>\n"


_COLOUR = re.compile(r"(3|4)8;5;(\d+)")
_PLAIN = {"30": "#000000", "97": "#ffffff"}


def _span(codes: str, text: str) -> str:
    if codes == "1":
        return f"<b>{text}</b>"
    first = codes.partition(";")[0]
    styles = [f"color: {_PLAIN[first]}"] if first in _PLAIN else []
    for ground, code in _COLOUR.findall(codes):
        colour = "".join(f"{part:02x}" for part in rgb(int(code)))
        styles.append(f"{'color' if ground == '3' else 'background'}: #{colour}")
    return f'<span style="{"; ".join(styles)}">{text}</span>' if styles else text
