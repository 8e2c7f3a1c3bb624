"""actcli collapse, through the program."""

import csv
import re

import pytest

from tests.cli.helpers import complaint, document, in_terminal, output

SEEDS_TEXT = ("collapse", "--layers", "10")


def test_json_has_the_linear_tower_first_then_one_run_for_each_act() -> None:
    result = document(*SEEDS_TEXT, "--act", "relu", "--act", "tanh", "--width", "8", "--seed", "5")
    assert result["config"] == {"layers": 10, "width": 8, "seed": 5}
    linear, relu, tanh = result["runs"]
    assert [run["activation"] for run in result["runs"]] == ["identity", "relu", "tanh"]
    assert all(run["layers"] == 10 for run in result["runs"])
    assert linear["max_relative_difference"] < 1e-13
    assert linear["bends"] == 0
    assert min(relu["max_relative_difference"], tanh["max_relative_difference"]) > 0.1
    assert relu["bends"] == len(relu["bends_at"]) > 10
    assert (relu["counted"], tanh["counted"]) == ("slope changes", "curvature sign changes")


def test_the_bends_grow_with_depth() -> None:
    for act in ("relu", "leaky_relu", "abs(x)", "tanh"):
        _, run = document("collapse", "--layers", "8", "--act", act)["runs"]
        bends = [found["bends"] for found in run["bends_by_depth"]]
        assert [found["layers"] for found in run["bends_by_depth"]] == [1, 2, 4, 8]
        assert bends == sorted(set(bends))


def test_the_report_says_what_was_measured() -> None:
    text = output(*SEEDS_TEXT)
    linear, relu = document(*SEEDS_TEXT)["runs"]
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()[3:5]}
    for name, run in {"nothing": linear, "relu": relu}.items():
        assert float(rows[name][0]) == pytest.approx(run["max_relative_difference"], rel=0.01)
        assert [int(number) for number in rows[name][1:]] == [found["bends"] for found in run["bends_by_depth"]]
    sentence = " ".join(text.splitlines()[-4:])
    assert "10 layers with nothing between them are one layer, y = " in sentence
    assert f"the output bends {relu['bends']} times on the line" in sentence


def test_bends_that_could_not_all_be_counted_are_at_least_so_many() -> None:
    _, sin = document("collapse", "--act", "sin", "--layers", "12", "--width", "4")["runs"]
    assert not sin["complete"]
    text = " ".join(output("collapse", "--act", "sin", "--layers", "12", "--width", "4").split())
    assert f"the output has at least {sin['bends']:,} inflections on the line" in text


def test_a_single_layer_has_no_place_for_an_activation() -> None:
    assert "there is no place between layers for tanh" in " ".join(
        output("collapse", "--layers", "1", "--act", "tanh").split()
    )


def test_csv_and_plain_have_a_line_for_each_tower() -> None:
    rows = list(csv.DictReader(output(*SEEDS_TEXT, "--format", "csv").splitlines()))
    assert [row["activation"] for row in rows] == ["identity", "relu"]
    assert [int(row["bends"]) for row in rows] == [run["bends"] for run in document(*SEEDS_TEXT)["runs"]]
    plain = output(*SEEDS_TEXT, "--format", "plain")
    assert [line.split("\t") for line in plain.splitlines()] == [list(row.values()) for row in rows]


def test_a_seed_makes_it_reproducible() -> None:
    assert output(*SEEDS_TEXT) == output(*SEEDS_TEXT) != output(*SEEDS_TEXT, "--seed", "1")


def test_the_report_is_one_screen_and_the_same_in_a_pipe_without_colour() -> None:
    terminal = in_terminal(*SEEDS_TEXT)
    assert terminal.exit_code == 0
    assert terminal.on_screen == output(*SEEDS_TEXT).splitlines()
    assert terminal.colours


@pytest.mark.parametrize("size", [(50, 15), (40, 24), (24, 10)])
def test_the_report_fits_small_terminals(size: tuple[int, int]) -> None:
    terminal = in_terminal(*SEEDS_TEXT, "--act", "relu", size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]
    relu = next(line for line in terminal.lines if line.startswith("relu"))
    whole = document(*SEEDS_TEXT)["runs"][1]["bends"]
    assert size[0] < 30 or relu.split()[-1] == str(whole), "the whole tower's bends come before those of lower ones"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert output(*SEEDS_TEXT, env={"LC_ALL": "C"}).isascii()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--layers 0", "--layers"),
        ("--width 0", "--width"),
        ("--seed -1", "--seed"),
        ("--act rleu", "did you mean relu"),
        ("--act softmax", "softmax works on whole rows"),
        ("--act exp", "try fewer layers"),
        ("--layers 1000", "try fewer layers"),
        ("--width 1000000", "GiB"),
        ("rleu", "did you mean relu"),
    ],
)
def test_what_cannot_be_built_is_refused_with_a_reason(options: str, reason: str) -> None:
    assert reason in complaint("collapse", *options.split())


def test_one_layer_is_singular_wherever_it_is_counted() -> None:
    text = output("collapse", "--layers", "1")
    assert "the output of 1 layer on the line" in text
    assert not re.search(r"\b1 [a-z]+s\b", text)
    assert "the output of 1, 2 layers on the line" in output("collapse", "--layers", "2")
