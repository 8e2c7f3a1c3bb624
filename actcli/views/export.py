"""Pictures as files: what stands on the terminal, with its colours and a title."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape
from os.path import splitext
from textwrap import dedent

from actcli.core.errors import InputError
from actcli.views.palette import PALETTE_COLOURS
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
    picture = svg(draw(replace(terminal, colour=True, colours=PALETTE_COLOURS)), terminal.width, title)
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


CELL, LINE, BASELINE, MARGIN = 10, 20, 15, 12

_RUN = re.compile(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)")
_WORD = re.compile(r"[^ ]+(?: [^ ]+)*")
# From the middle of a cell: left, right, up, down.
_ARMS = {
    "─": "lr", "│": "ud", "┼": "lrud", "┤": "lud", "├": "rud", "┬": "lrd", "┴": "lru", "└": "ru",
}  # fmt: skip
_ARM = {"l": (-CELL // 2, 0), "r": (CELL // 2, 0), "u": (0, -LINE // 2), "d": (0, LINE // 2)}
# Where the bits of a braille character stand: across, up.
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))

_PAGE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<title>{title}</title>
<style>
rect {{ fill: #ffffff }} text {{ fill: #1c1c1c; font: 15px "DejaVu Sans Mono", Menlo, Consolas, monospace }}
path {{ fill: none; stroke: #1c1c1c; stroke-linecap: round }} .dots {{ stroke-width: 3.4 }}
.bold {{ font-weight: bold }}
{colours}
@media (prefers-color-scheme: dark) {{
rect {{ fill: #121212 }} text {{ fill: #dadada }} path {{ stroke: #dadada }}
{colours}
}}
</style>
<rect width="100%" height="100%"/>
{body}
</svg>
"""


def svg(picture: str, width: int, title: str) -> str:
    """`picture`, at most `width` columns wide, in its own 256 colours, on a light or dark ground, as the viewer has."""
    dots: dict[str, list[str]] = defaultdict(list)
    rules: dict[str, list[str]] = defaultdict(list)
    texts: list[str] = []
    lines = picture.splitlines()
    for row, line in enumerate(lines):
        for column, ink, text in _runs(line):
            for i, character in enumerate(text):
                x, y = MARGIN + (column + i) * CELL, MARGIN + row * LINE
                if "\u2800" < character <= "\u28ff":
                    dots[ink] += _braille(character, x, y)
                elif character in _ARMS:
                    rules[ink] += _lines(character, x, y)
            left = "".join(" " if c in _ARMS or "\u2800" <= c <= "\u28ff" else c for c in text)
            texts += [_text(word, column, row, ink) for word in _WORD.finditer(left)]
    paths = [_path("dots", ink, parts) for ink, parts in dots.items()]
    paths += [_path("rules", ink, parts) for ink, parts in rules.items()]
    inks = sorted(
        {ink for ink in (*dots, *rules, *(ink for line in lines for _, ink, _ in _runs(line))) if ink[:1] == "c"}
    )
    return _PAGE.format(
        width=2 * MARGIN + CELL * width,
        height=2 * MARGIN + LINE * len(lines),
        title=escape(title),
        colours="\n".join(f"text.{ink} {{ fill: {_rgb(ink)} }} path.{ink} {{ stroke: {_rgb(ink)} }}" for ink in inks),
        body="\n".join(
            [*(path for path in paths if "rules" in path), *(path for path in paths if "dots" in path), *texts]
        ),
    )


def _runs(line: str) -> Iterator[tuple[int, str, str]]:
    """(first column, class of its colour, text) of every piece of a line."""
    column = 0
    for codes, text in _RUN.findall(line):
        *_, last = codes.split(";")
        yield column, "bold" if codes == "1" else f"c{last}" if "38;5" in codes else "", text
        column += len(text)


def _braille(character: str, x: int, y: int) -> Iterator[str]:
    bits = ord(character) - 0x2800
    for bit, (across, up) in enumerate(_DOTS):
        if bits >> bit & 1:
            yield f"M{x + 2.5 + 5 * across:g} {y + 2.5 + 5 * up:g}h0"


def _lines(character: str, x: int, y: int) -> Iterator[str]:
    for arm in _ARMS[character]:
        across, up = _ARM[arm]
        yield f"M{x + CELL // 2} {y + LINE // 2}l{across} {up}"


def _path(kind: str, ink: str, parts: list[str]) -> str:
    return f'<path class="{kind} {ink}" d="{"".join(parts)}"/>'


def _text(word: re.Match[str], column: int, row: int, ink: str) -> str:
    places = " ".join(str(MARGIN + (column + i) * CELL) for i in range(*word.span()))
    style = f' class="{ink}"' if ink else ""
    return f'<text{style} y="{MARGIN + row * LINE + BASELINE}" x="{places}">{escape(word[0])}</text>'


def _rgb(ink: str) -> str:
    """One of the 256 colours, from the 17th on: a cube of 6 x 6 x 6, and greys."""
    code = int(ink[1:])
    if code >= 232:
        return f"#{8 + 10 * (code - 232):02x}" + f"{8 + 10 * (code - 232):02x}" * 2
    steps = (0, 95, 135, 175, 215, 255)
    code -= 16
    return "#" + "".join(f"{steps[code // size % 6]:02x}" for size in (36, 6, 1))
