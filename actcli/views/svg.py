"""A picture out of characters as SVG.

Braille dots and lines are drawn, and every other character is set in its own cell, so that the picture does not depend
on the fonts of whoever looks at it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape

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
