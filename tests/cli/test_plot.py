"""actcli plot"""

import csv
import html
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.cli.helpers import actcli, complaint, document, in_terminal, output
from tests.narrow import known


class Picture:
    """A chart; its ticks give the position of a point."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.row = {tick[1]: i for i, line in enumerate(self.lines) if (tick := re.match(r" *(-?\d+)[┤├+]", line))}
        *_, rule, labels = self.lines
        ticks = [i for i, character in enumerate(rule) if character in "┬┴+"]
        self.column = dict(zip(labels.split(), ticks[-len(labels.split()) :], strict=True))

    def at(self, x: str, y: str) -> str:
        return self.lines[self.row[y]].ljust(200)[self.column[x]]


def is_dotted(character: str) -> bool:
    """Whether the character is braille with at least one dot."""
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


def test_a_narrow_range_is_told_apart_in_title_and_ticks() -> None:
    title, *_, labels = output("plot", "tanh", "--range", "1", "1.00000001").splitlines()
    assert title == "tanh on [1, 1.00000001]"
    ticks = list(map(float, labels.split()))
    assert ticks == sorted(set(ticks))
    assert (ticks[0], ticks[-1]) == (1, 1.00000001)


def test_in_ascii_relu_passes_through_the_same_points() -> None:
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


# --- slopes, points, the user's own numbers --------------------------------------------------------------------


def test_derivatives_up_to_an_order() -> None:
    assert output("plot", "gelu", "-d").splitlines()[:2] == ["f = gelu on [-6, 6]", "● f   ■ f'"]
    assert output("plot", "gelu", "--order", "1") == output("plot", "gelu", "-d") == output("plot", "gelu", "-n", "1")
    assert output("plot", "gelu", "-d", "-n2").splitlines()[1] == "● f   ■ f'   ▲ f''"
    assert complaint("plot", "gelu", "-dd").endswith("for higher derivatives: --order 2")
    curves = document("plot", "tanh", "--order", "2")["curves"]
    assert [curve["order"] for curve in curves] == [0, 1, 2]
    x, y, slope, second = curves[0]["x"], *(np.array(curve["y"]) for curve in curves)
    assert slope == pytest.approx(1 / np.cosh(x) ** 2, rel=1e-12)
    assert second == pytest.approx(-2 * y * slope, rel=1e-9, abs=1e-15)
    header = output("plot", "relu", "x*x", "-d", "-f", "csv").splitlines()[0]
    assert header == "x,relu,x*x,relu',(x*x)'"


def test_points_with_value_slope_and_tangent() -> None:
    lines = output("plot", "softplus", "--at", "0", "--at", "-8").splitlines()
    assert lines[0] == "f = softplus on [-8, 6]", "the interval grows with the points"
    assert [re.split(" {3,}", line) for line in lines[-2:]] == [
        ["x =  0.0", f"f = {math.log(2):.7f}", "f' = 0.5"],
        ["x = -8.0", "f = 0.0003354064", "f' = 0.0003353501"],
    ]
    assert "".join(lines).count("◉") == 2
    (point,) = document("plot", "relu", "--at", "0")["points"]
    assert point == {"activation": "relu", "x": 0, "derivatives": [0, 0], "kink": True}


def test_a_users_own_points(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("-3 3\nnan 3 40\n")
    lines = output("plot", "relu", "--input", path, "--range", "-6", "6", "--size", "100x40").splitlines()
    note = f"{path}: 5 points, 1 outside of [-6, 6] (they reach from -3.0 to 40.0), 1 not finite"
    assert note in " ".join(lines)
    assert "".join(lines).count("◉") == 2
    assert output("plot", "relu", "-i", "-", stdin="20 -9\n").splitlines()[0] == "relu on [-9, 20]"
    assert "not a number" in complaint("plot", "relu", "-i", "-", stdin="1 x\n")
    assert "No such file" in complaint("plot", "relu", "-i", tmp_path / "missing")


def test_a_row_wise_activation_sweeps_its_last_score(tmp_path: Path) -> None:
    lines = output("plot", "softmax").splitlines()
    assert lines[0] == "softmax(2, 1, 0, x) on [-6, 6]"
    assert lines[1].split()[1::2] == ["softmax_1", "softmax_2", "softmax_3", "softmax_4"]
    curves = document("plot", "softmax")["curves"]
    assert np.sum([curve["y"] for curve in curves], axis=0) == pytest.approx(1)
    path = tmp_path / "row.txt"
    path.write_text("1 -1 2\n")
    lines = output("plot", "softmax", "--input", path).splitlines()
    assert lines[0] == "softmax(1, -1, x) on [-6, 6]"
    assert "".join(lines).count("◉") == 3
    path.write_text("1 2\n3 4\n")
    assert "calibrated" in output("plot", "softmax")
    assert "calibrated" not in output("plot", "log_softmax")
    assert "one row" in complaint("plot", "softmax", "--input", path)
    assert "drawn alone" in complaint("plot", "relu", "softmax")


def test_what_is_not_finite_is_left_out_and_said() -> None:
    assert output("plot", "log(x)").splitlines()[-1] == "not finite, left out: log(x) for x ≤ 0"
    assert output("plot", "log(x)", "--ascii").splitlines()[-1] == "not finite, left out: log(x) for x <= 0"


# --- the distribution ------------------------------------------------------------------------------------------


def test_density() -> None:
    lines = output("plot", "relu", "--show", "density").splitlines()
    assert lines[0] == "a standard normal before and after relu"
    assert lines[-1].split()[-4:] == ["P(f", "=", "0)", "=", "0.5"][-4:]
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 22
    (relu,) = document("plot", "relu", "--show", "density")["density"]
    assert relu["atoms"] == [{"value": 0, "probability": pytest.approx(0.5)}]
    assert sum(relu["probability"]) + relu["below"] + relu["above"] == pytest.approx(0.5)
    rows = list(csv.DictReader(output("plot", "step", "--show", "density", "-f", "csv").splitlines()))
    atoms = {float(row["low"]): float(row["probability"]) for row in rows if row["low"] == row["high"]}
    assert atoms == pytest.approx({0.0: 0.5, 1.0: 0.5}, rel=1e-15)


@pytest.mark.parametrize("other", [("-d",), ("--at", "1"), ("--range", "0", "1"), ("--input", "x")])
def test_density_stands_alone(other: tuple[str, ...]) -> None:
    said = "--show density stands alone: without --range, --order, --at and --input"
    assert complaint("plot", "relu", "--show", "density", *other) == said


def test_calibration() -> None:
    found = document("plot", "softmax", "--show", "calibration")["calibration"]
    assert found["activation"] == "softmax"
    assert sum(found["count"]) == 20_000
    rows = list(csv.DictReader(output("plot", "softmax", "--show", "calibration", "-f", "csv").splitlines()))
    assert [float(row["count"]) for row in rows] == found["count"]
    assert "--show calibration draws it" in " ".join(output("plot", "softmax").split())
    assert "`actcli plot softmax --show calibration`" in complaint("plot", "relu", "--show", "calibration")
    assert "stands alone" in complaint("plot", "softmax", "--show", "calibration", "--at", "1")


# --- size, characters, files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [("plot", "gelu", "-d"), ("plot", "relu", "--show", "density"), ("compare", "relu", "tanh")]
)
def test_size_and_ascii(arguments: tuple[str, ...]) -> None:
    lines = output(*arguments, "--size", "60x18", "--ascii").splitlines()
    assert "".join(lines).isascii()
    assert 50 <= max(map(len, lines)) <= 60
    if arguments[0] == "plot":
        assert len(lines) == 18
    for size in ("0x10", "80x0", "x", "80", "80x1001", "-1x-1", "80x10x2", "80 10", "axb"):
        assert complaint(*arguments, "--size", size).startswith("--size")
    assert output(*arguments, "--size", "60x").splitlines()[0] == output(*arguments).splitlines()[0]
    assert output(*arguments, "--size", "x18") == output(*arguments, "--size", "80x18")


# One quick command line for each drawing command.
DRAWINGS = {
    "plot": ("plot", "gelu", "-d", "--at", "1"),
    "density": ("plot", "relu", "gelu", "--show", "density"),
    "compare": ("compare", "relu", "tanh"),
    "compare many": ("compare", "relu", "tanh", "gelu", "silu", "elu"),
    "describe": ("describe", "gelu"),
    "approximate": ("approximate", "sin(3*x)", "--units", "4"),
    "collapse": ("collapse", "--layers", "4", "--width", "4"),
    "gradient-depth": ("gradient-depth", "--act", "tanh", "--layers", "4", "--steps", "3", "-q"),
    "histograms": ("gradient-depth", "tanh", "--layers", "4", "--steps", "3", "-q", "--show", "histograms"),
    "approximate --train": ("approximate", "sin(x)", "--train", "--units", "4"),
    "phase": ("phase", "tanh", "--cells", "12x8"),
}


@pytest.mark.parametrize("arguments", DRAWINGS.values(), ids=DRAWINGS)
def test_whatever_draws_can_save_what_it_shows(arguments: tuple[str, ...], tmp_path: Path) -> None:
    shown = output(*arguments)
    for name in ("a.html", "a.txt"):
        assert output(*arguments, "--save", tmp_path / name) == shown
    assert (tmp_path / "a.txt").read_text() == shown
    page = (tmp_path / "a.html").read_text()
    text = re.sub(r"<[^>]*>", "", page.partition("<pre")[2].partition(">")[2].lstrip("\n")).strip()
    if "▀" in text:  # a map: in a pipe its colours become shades
        assert text.splitlines()[-1] == html.escape(shown).strip().splitlines()[-1]
    else:
        assert text == html.escape(shown).strip()
    assert "color: #0087d7" in page, "in colour, although stdout is a pipe"


@pytest.mark.parametrize("arguments", DRAWINGS.values(), ids=DRAWINGS)
def test_a_saved_page_has_its_title_and_text_that_is_text(arguments: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    printed = output(*arguments, "--save", file, "--format", "json")
    assert printed.startswith("{"), "--save goes with every format"
    text = file.read_text()
    root = ElementTree.fromstring(text)
    words = " ".join("".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text"))
    title = next(root.iter("{http://purl.org/dc/elements/1.1/}title")).text
    assert known(title).split()[0] in words
    assert not re.search("[\u2801-\u28ff]", text), "no photograph of the terminal"
    assert "#0087d7" in text


def test_pages_are_light_or_dark_and_as_large_as_asked(tmp_path: Path) -> None:
    for theme, paper in (("light", "#ffffff"), ("dark", "#121212")):
        output("plot", "relu", "--theme", theme, "--size", "120x30", "--save", tmp_path / "a.svg")
        root = ElementTree.parse(tmp_path / "a.svg").getroot()
        assert paper in (tmp_path / "a.svg").read_text()
        assert [float(root.attrib[side].removesuffix("pt")) for side in ("width", "height")] == [864, 432]
    output("plot", "relu", "--save", tmp_path / "a.png")
    header = (tmp_path / "a.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(header[16:20]) == 1600
    output("plot", "relu", "--save", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_what_cannot_be_saved_is_refused_before_any_work(tmp_path: Path) -> None:
    assert ".svg, .png, .pdf, .html or .txt" in complaint("plot", "relu", "--save", "relu.jpg")
    slow = ("gradient-depth", "--act", "relu", "--layers", "500", "--width", "500", "--steps", "100000")
    assert ".svg, .png" in complaint(*slow, "--save", tmp_path / "depth.gif")
    assert "No such file" in complaint("plot", "relu", "--save", tmp_path / "missing" / "relu.svg")
    assert "actcli plot softmax" in complaint("describe", "softmax", "--save", tmp_path / "softmax.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["relu.png", "relu.svg", "relu.pdf"])
def test_without_matplotlib_a_page_is_refused_with_the_way_out(name: str, tmp_path: Path) -> None:
    """The printed way out, `pip install matplotlib`, works as typed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'matplotlib': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    message = complaint("plot", "relu", "--save", tmp_path / name, env={"PYTHONPATH": str(tmp_path)})
    way_out = "is painted by matplotlib: pip install matplotlib; .html and .txt need nothing"
    assert message.endswith(f"{Path(name).suffix} {way_out}")
    assert not (tmp_path / name).exists()
    text = tmp_path / "relu.txt"
    output("plot", "relu", "--save", text, env={"PYTHONPATH": str(tmp_path)})
    assert text.exists()


def test_what_has_no_curve_is_refused() -> None:
    assert "--at takes finite numbers" in complaint("plot", "relu", "--at", "inf")
    assert "outside of the range" in complaint("plot", "relu", "--at", "9", "--range", "0", "1")
    assert "order" in complaint("plot", "relu", "-" + "d" * 40)
    for ends in (("3", "-3"), ("1", "1"), ("0", "inf"), ("nan", "1")):
        assert "range" in complaint("plot", "relu", "--range", *ends)


@pytest.mark.parametrize(
    ("act", "kink"), [("relu", 0.0), ("step", 0.0), ("1/x", None), ("tan(x)", None), ("where(x > 1/3, 1, 0)", None)]
)
@pytest.mark.parametrize("interval", [(-6.0, 6.0), (-1e-5, 3e-5), (99.5, 100.5), (-8e307, 8e307)])
def test_the_points_are_each_given_once(act: str, kink: float | None, interval: tuple[float, float]) -> None:
    """Slopes between neighbouring points are those of the curve: no points 1e-16 apart."""
    range_args = ["--range", *map(repr, interval)]
    (curve,) = document("plot", act, *range_args)["curves"]
    x = np.array(curve["x"])
    assert (x[0], x[-1]) == interval
    assert (np.diff(x) > 0.99e-9 * (interval[1] - interval[0])).all()
    assert kink is None or kink in x or not interval[0] <= kink <= interval[1]
    rows = [line.split(",") for line in output("plot", act, *range_args, "--format", "csv").splitlines()[1:]]
    assert [float(row[0]) for row in rows] == curve["x"]


def test_the_slopes_between_the_points_of_relu_are_its_two() -> None:
    (curve,) = document("plot", "relu")["curves"]
    slopes = np.diff(curve["y"]) / np.diff(curve["x"])
    assert np.minimum(np.abs(slopes), np.abs(slopes - 1)).max() < 1e-6


@pytest.mark.parametrize(
    ("interval", "reason"),
    [
        ("-1e308 1e308", "the range from -1e+308 to 1e+308 is longer than the largest number, 1.8e+308"),
        ("-1e400 0", "the range must have finite ends, not -inf and 0"),
        ("nan 1", "the range must have finite ends, not nan and 1"),
        ("3 3", "the range must go up, not from 3.0 to 3.0"),
        ("3 -3", "the range must go up, not from 3.0 to -3.0"),
        ("0 5e-324", "the range from 0.0 to 5e-324 is too short to show anything"),
        ("1 1.0000000000000002", "the range from 1.0 to 1.0000000000000002 is too short to show anything"),
    ],
)
@pytest.mark.parametrize("command", ["plot relu", "compare relu gelu", "approximate sin(x)"])
def test_a_range_that_cannot_be_is_refused_for_what_it_is(command: str, interval: str, reason: str) -> None:
    assert complaint(*command.split(), "--range", *interval.split()).startswith(reason)


@pytest.mark.parametrize("interval", ["-8e307 8e307", "0 1.7e308", "0 1e-302", "1 1.000000001"])
def test_a_range_that_can_be_is_drawn(interval: str) -> None:
    assert len(output("plot", "relu", "--range", *interval.split()).splitlines()) > 10


def test_a_read_only_home_gives_no_message(tmp_path: Path) -> None:
    """matplotlib would print two lines about its cache, which is not needed."""
    run = actcli("plot", "relu", "--save", tmp_path / "relu.svg", env={"HOME": "/dev/null", "PYTHONHASHSEED": "0"})
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "relu.svg").stat().st_size
