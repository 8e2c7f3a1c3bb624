"""Pictures as SVG: every dot and letter in its cell."""

import re
from xml.etree import ElementTree

from actcli.views.export import CELL, LINE, MARGIN, exported, svg
from actcli.views.terminal import Terminal

NS = "{http://www.w3.org/2000/svg}"


def parsed(picture: str, width: int = 10, title: str = "t") -> ElementTree.Element:
    return ElementTree.fromstring(svg(picture, width, title))


def test_braille_dots_are_drawn_where_they_are() -> None:
    (path,) = parsed(" ⢀\n").iter(f"{NS}path")  # the lower right one of eight
    x, y = map(float, re.fullmatch(r"M(\S+) (\S+)h0", path.attrib["d"]).groups())
    assert (x - MARGIN) // CELL == 1
    assert (x - MARGIN - CELL) > CELL / 2
    assert LINE * 3 / 4 < y - MARGIN < LINE
    assert sum(path.attrib["d"].count("M") for path in parsed("⣿⠀⠉").iter(f"{NS}path")) == 10


def test_letters_stand_in_their_cells() -> None:
    texts = list(parsed("ab  c│d <&>").iter(f"{NS}text"))
    assert ["".join(text.itertext()) for text in texts] == ["ab", "c d <&>"]
    assert texts[0].attrib["x"] == f"{MARGIN} {MARGIN + CELL}"
    assert texts[1].attrib["x"].split()[0] == str(MARGIN + 4 * CELL)


def test_colours_and_title() -> None:
    text = svg("\x1b[38;5;202m⣿● x\x1b[0m\x1b[1mbold\x1b[0m \x1b[38;5;244m│\x1b[0m", 12, "a < b")
    root = ElementTree.fromstring(text)
    assert root.find(f"{NS}title").text == "a < b"
    assert ".c202 { fill: #ff5f00 }" in text
    assert ".c244 { fill: #808080 }" in text
    classes = [text.attrib.get("class") for text in root.iter(f"{NS}text")]
    assert classes == ["c202", "bold"]
    assert {path.attrib["class"] for path in root.iter(f"{NS}path")} == {"dots c202", "rules c244"}
    assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "it asks nothing of the network"


def test_exports() -> None:
    def draw(terminal: Terminal) -> str:
        return terminal.paint("⣿ π & relu", 32) + "\n"

    assert exported(draw, Terminal(), ".txt", "t").decode() == "⣿ π & relu\n"
    assert b"c32" in exported(draw, Terminal(colour=False), ".svg", "t")
    html = exported(draw, Terminal(), ".html", "relu < 1").decode()
    assert "<title>relu &lt; 1</title>" in html
    assert html.count("<svg") == 1
