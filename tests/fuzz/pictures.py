"""Random pictures, saved on pages: valid files in which every label can be read.

    python -m tests.fuzz.pictures [--minutes 30] [--seed 0] [--cases N]

A command line with --save, a size, a theme and a format of file, by chance. Held against matplotlib's own measures of
the finished page: no text reaches over the edge of the page, and no two texts overlap. Held against independent
readers: .svg and .html are well-formed, .png is decoded and has ink on paper, .pdf has a page. An error is one line,
and leaves no file. A size that an error asks for is accepted.
"""

import os
import random
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported

from matplotlib import image, rc_context  # isort: skip
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from actcli.views.picture import page
from tests.fuzz.campaign import campaign
from tests.fuzz.commands import clear, place
from tests.fuzz.lines import COMMANDS, PICTURE, line, write_files
from tests.fuzz.process import Ended, ended_badly, execute

LINES: Final = tuple(start for start, options in COMMANDS.items() if {*PICTURE} <= {*options} and "audit" not in start)
"""Beginnings of lines whose command can save a picture."""
SUFFIXES: Final = (".svg", ".svg", ".png", ".pdf", ".html", ".txt")
SIZES: Final = ("60x20", "100x30", "80x", "x40", "45x25", "30x", "200x60", "x12", "50x50", "300x100", "70x18")
OVER_THE_EDGE, OVERLAP = 1.5, 2.0
"""Pixels at 100 per inch that are allowed."""
REPORT: Final = "page.report"
_drawn = page.figure


def faults(seed: int) -> list[str]:
    """What went wrong with the picture of this seed."""
    choose, directory = random.Random(seed), place()
    page.figure = _measured
    write_files(directory)
    words = line(choose, choose.choice(LINES), often=0.15)
    kept = [word for i, word in enumerate(words) if not _is_drawing(words, i)]
    name = f"new{choose.choice(SUFFIXES)}"
    words = [*kept, "--save", name, "--theme", choose.choice(("light", "dark"))]
    words += ["--size", choose.choice(SIZES)] if choose.random() < 0.5 else []
    run = execute(words, directory, {"COLUMNS": choose.choice(("20", "80", "120"))})
    found = [*filter(None, [ended_badly(run)])]
    saved, report = directory / name, directory / REPORT
    if report.exists():
        found += report.read_text("utf-8").splitlines()
    if saved.exists() and run.code == 2:
        found.append("a file after a complaint")
    if saved.exists() and run.code != 2:
        found += spoilt(saved)
    if run.code == 0 and not saved.exists() and "--show" not in words:
        found.append("no file")
    found += _too_large_again(run, directory)
    clear(directory)
    return [f"{fault}\n    {run.told}" for fault in found]


def _is_drawing(words: Sequence[str], place: int) -> bool:
    """Whether the word is an option of the terminal's picture, or its value."""
    options = ("--size", "--theme", "-f", "--color", "-o", "--export")
    return words[place] in ("--ascii", *options) or (place > 0 and words[place - 1] in options)


def _too_large_again(run: Ended, directory: Path) -> list[str]:
    """The refusal of a size that an earlier refusal asked for."""
    least = re.search(r"--size \S+: .* takes (\d+) (columns|lines) or more", run.err)
    if run.code != 2 or not least or "--size" not in run.words:
        return []
    at = [*run.words].index("--size") + 1
    columns, _, lines = run.words[at].partition("x")
    size = f"{least[1]}x{lines}" if least[2] == "columns" else f"{columns}x{least[1]}"
    ended = execute([*run.words[:at], size, *run.words[at + 1 :]], directory, run.environment)
    again = re.search(r"takes (\d+) (columns|lines)", ended.err)
    if again and again[2] == least[2]:
        return [f"--size {size}, which was asked for, is refused: {ended.err}"]
    return [f"{wrong} with --size {size}" for wrong in filter(None, [ended_badly(ended)])]


# --- the file ---------------------------------------------------------------------------------------------------------


def spoilt(path: Path) -> list[str]:
    """Faults of a file of a picture."""
    data = path.read_bytes()
    try:
        match path.suffix:
            case ".svg":
                return [] if ElementTree.fromstring(data).tag.endswith("}svg") else ["no svg"]
            case ".png":
                pixels = image.imread(BytesIO(data))
                return [] if pixels.max() - pixels.min() > 0.5 else ["a blank png"]
            case ".pdf":
                whole = data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
                return [] if whole and data.count(b"/Type /Page ") == 1 else ["no pdf of one page"]
            case ".html":
                return _Balance.of(data.decode())
            case _:
                text = data.decode()
                return [] if text.strip() and "\x1b" not in text else ["an empty or coloured text"]
    except Exception as error:
        return [f"unreadable {path.suffix}: {error}"]


class _Balance(HTMLParser):
    """A check that tags are closed in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    @classmethod
    def of(cls, text: str) -> list[str]:
        parser = cls()
        parser.feed(text)
        parser.close()
        return parser.wrong + [f"<{tag}> is left open" for tag in parser.open]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


# --- the page ---------------------------------------------------------------------------------------------------------


def _measured(picture: Any, theme: Any = "light", size: Any = (None, None)) -> Figure:
    """The page, after its faults are written to a file; in the process of the program."""
    figure = _drawn(picture, theme, size)
    with rc_context(page._settings(theme)), suppress(OSError), open(REPORT, "w", encoding="utf-8") as report:
        for fault in unreadable(figure):
            report.write(f"{fault}\n")
    return figure


def unreadable(figure: Figure) -> list[str]:
    """Texts of a page that reach over its edge, or over another text."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = texts(figure, canvas)
    width, height = figure.bbox.width, figure.bbox.height
    edge = Bbox.from_extents(-OVER_THE_EDGE, -OVER_THE_EDGE, width + OVER_THE_EDGE, height + OVER_THE_EDGE)
    found = [f"over the edge of the page: {text!r}" for text, box in boxes if not _within(box, edge)]
    for index, (text, box) in enumerate(boxes):
        for other, its in boxes[index + 1 :]:
            across, up = min(box.x1, its.x1) - max(box.x0, its.x0), min(box.y1, its.y1) - max(box.y0, its.y0)
            # The boxes have room for accents and descenders, which most lines lack.
            if across > OVERLAP and up > max(OVERLAP, 0.25 * min(box.height, its.height)):
                found.append(f"{text!r} overlaps {other!r} by {across:.0f} x {up:.0f}")
    return found


def texts(figure: Figure, canvas: FigureCanvasAgg) -> list[tuple[str, Bbox]]:
    """The visible texts, and their boxes."""
    hidden = {
        id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in _unseen(axis, axes.axison)
    }
    found = []
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            box = text.get_window_extent(canvas.get_renderer())
            found += [(text.get_text(), box)] if box.width > 0 else []
    return found


def _unseen(axis: Axis, is_on: bool) -> list[Artist]:
    """Labels that matplotlib keeps and does not draw: of ticks beyond the ends of the axis, or of one that is off."""
    if not is_on:
        return axis.findobj(Text)
    place = axis.get_transform().transform
    low, high = sorted(place(axis.get_view_interval()))
    spare = 1e-9 * (high - low)
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    beyond = [tick for tick in ticks if not low - spare <= place([tick.get_loc()])[0] <= high + spare]
    return [label for tick in beyond for label in (tick.label1, tick.label2)]


def _within(box: Bbox, edge: Bbox) -> bool:
    return bool(edge.x0 <= box.x0 and box.x1 <= edge.x1 and edge.y0 <= box.y0 and box.y1 <= edge.y1)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    sys.exit(campaign(__doc__, faults))
