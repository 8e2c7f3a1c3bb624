"""actcli plot"""

import csv
import re

import pytest

from tests.cli.helpers import complaint, document, in_terminal, output


class Picture:
    """A chart, whose ticks tell where a point lies."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.row = {tick[1]: i for i, line in enumerate(self.lines) if (tick := re.match(r" *(-?\d+)[┤├+]", line))}
        *_, rule, labels = self.lines
        ticks = [i for i, character in enumerate(rule) if character in "┬┴+"]
        self.column = dict(zip(labels.split(), ticks[-len(labels.split()) :], strict=True))

    def at(self, x: str, y: str) -> str:
        return self.lines[self.row[y]].ljust(200)[self.column[x]]


def is_dotted(character: str) -> bool:
    """Whether it is a braille character, and not the blank one."""
    return "\u2800" < character <= "\u28ff"


@pytest.fixture(scope="module")
def relu() -> str:
    return output("plot", "relu")


def test_relu_passes_the_origin_and_three_three(relu: str) -> None:
    picture = Picture(relu)
    assert picture.lines[0] == "relu on [-6, 6]"
    for x, y in [("-6", "0"), ("-3", "0"), ("0", "0"), ("3", "3"), ("5", "5")]:
        assert is_dotted(picture.at(x, y)), (x, y)
    for x, y in [("-3", "3"), ("3", "0"), ("3", "2"), ("2", "3"), ("3", "4"), ("-3", "1")]:
        assert not is_dotted(picture.at(x, y)), (x, y)


def test_in_ascii_relu_passes_there_too() -> None:
    picture = Picture(output("plot", "relu", env={"LC_ALL": "C"}))
    crossings = [picture.at(x, y) for x, y in [("-3", "0"), ("3", "3"), ("5", "5"), ("-3", "3"), ("3", "2")]]
    curve, other = crossings[0], crossings[3]
    assert curve.isascii()
    assert crossings == [curve, curve, curve, other, other]
    assert other == " "


def test_a_pipe_gets_the_picture_for_80x24_without_colour(relu: str) -> None:
    assert "\x1b" not in relu
    lines = relu.splitlines()
    assert max(map(len, lines)) <= 80
    assert 20 <= len(lines) <= 23


def test_a_terminal_of_80x24_gets_the_same_picture_in_colour_and_keeps_room_for_the_prompt(relu: str) -> None:
    terminal = in_terminal("plot", "relu")
    assert terminal.exit_code == 0
    assert terminal.colours
    assert terminal.lines == relu.splitlines()
    assert terminal.on_screen == terminal.lines


@pytest.mark.parametrize("size", [(50, 15), (200, 60), (20, 8)])
def test_the_picture_fits_other_terminals_too(size: tuple[int, int]) -> None:
    terminal = in_terminal("plot", "tanh", "sigmoid", size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]
    assert terminal.on_screen == terminal.lines
    assert len(terminal.lines) >= size[1] / 2
    assert any(map(is_dotted, "".join(terminal.lines)))


def test_several_curves_are_named_and_have_different_colours() -> None:
    terminal = in_terminal("plot", "relu", "tanh", "gelu")
    assert terminal.exit_code == 0
    legend = terminal.lines[:3]
    assert all(any(name in line for line in legend) for name in ("relu", "tanh", "gelu"))
    assert len(terminal.colours - {"\x1b[0m"}) >= 3


def test_range_chooses_the_interval() -> None:
    lines = output("plot", "sigmoid", "--range", "-20", "10").splitlines()
    assert lines[0] == "sigmoid on [-20, 10]"
    assert lines[-1].split()[0] == "-20"
    assert lines[-1].split()[-1] == "10"


@pytest.mark.parametrize("ends", [("-8e307", "8e307"), ("0", "1e-300"), ("1e15", "1000000000000001")])
def test_any_range_can_be_drawn(ends: tuple[str, str]) -> None:
    lines = output("plot", "relu", "--range", *ends).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(map(is_dotted, "".join(lines)))


def test_the_drawn_points_come_as_json_csv_and_plain() -> None:
    result = document("plot", "relu", "identity", "--range", "-2", "3")
    assert [curve["activation"] for curve in result["curves"]] == ["relu", "identity"]
    relu, identity = result["curves"]
    assert (relu["x"][0], relu["x"][-1]) == (-2, 3)
    assert relu["x"] == sorted(relu["x"])
    assert 0 in relu["x"], "the kink"
    assert relu["y"] == [max(0, x) for x in relu["x"]]
    assert identity["y"] == identity["x"]
    rows = list(csv.DictReader(output("plot", "relu", "--format", "csv").splitlines()))
    assert all(float(row["relu"]) == max(0, float(row["x"])) for row in rows)
    plain = [line.split() for line in output("plot", "relu", "--format", "plain").splitlines()]
    assert plain == [[row["x"], row["relu"]] for row in rows]


def test_what_has_no_curve_is_refused() -> None:
    assert complaint("plot", "softmax").startswith("softmax acts on whole rows")
    for ends in (("3", "-3"), ("1", "1"), ("0", "inf"), ("nan", "1")):
        assert "range" in complaint("plot", "relu", "--range", *ends)
