"""actcli compare --train, through the program: report, estimated time, Ctrl-C."""

import csv
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import typer

from actcli.cli import load
from actcli.commands import race
from actcli.commands.report import Drawing
from actcli.core.activations.catalogue import resolve
from actcli.core.race.runs import Entry, Finish, RaceConfig, finish
from tests.cli.helpers import PROGRAM, complaint, document, environment, in_terminal, output, wait_until

RACE = ("--train", "--layers", "1", "--width", "8", "--data", "moons")
SMALL = (*RACE, "--steps", "2", "--quiet")


def text(*arguments: str) -> str:
    return " ".join(output("compare", *arguments, *SMALL).split())


def test_a_formula_and_its_name_have_one_row_with_the_same_numbers() -> None:
    options = (*SMALL, "--seeds", "1")
    by_name = document("compare", "silu", "tanh", *options)
    by_formula = document("compare", "x*sigmoid(x)", "(exp(x)-exp(-x))/(exp(x)+exp(-x))", *options)
    assert by_formula["chosen"] == by_name["chosen"]
    assert by_formula["comparisons"] == by_name["comparisons"]
    for formula, name in zip(by_formula["ranking"], by_name["ranking"], strict=True):
        assert formula["given"] != name["given"]
        assert all(formula[key] == name[key] for key in name if key not in ("given", "nanoseconds"))
    assert "silu = x*sigmoid(x)" in text("silu", "x*sigmoid(x)", "tanh", "--seeds", "1")


def test_a_winner_is_named_only_if_the_heats_differ_significantly() -> None:
    """No straight line, and so no identity network, separates two circles."""
    line = "identity relu --train --layers 1 --width 8 --steps 60 --seeds 6 --data circles --quiet"
    found = document("compare", *line.split())
    assert [(pair["a_wins"], pair["b_wins"], pair["decided"]) for pair in found["comparisons"]] == [(0, 6, True)]
    assert found["winner"] == "relu"
    assert all((run["accuracy"] > 0.75) == (run["activation"] == "relu") for run in found["chosen"])


def test_participants_that_do_not_differ_have_no_winner() -> None:
    """Two functions that differ by a millionth; and too few seeds."""
    found = text("x*sigmoid(1.702*x)", "x*sigmoid(1.702001*x)", "--seeds", "6")
    assert "No winner." in found
    assert "wins" not in found
    assert "cannot be told apart from" in found
    few = text("identity", "relu", "--seeds", "5")
    assert "No winner." in few
    assert "With fewer than 6 heats no difference can be significant: --seeds 6." in few


def test_two_processes_give_the_same_numbers() -> None:
    options = ("relu", "tanh", *SMALL, "--seeds", "2")
    one, two = (document("compare", *options, "--jobs", jobs) for jobs in ("1", "2"))
    assert one["chosen"] == two["chosen"]
    assert one["runs"] == two["runs"] == 2 * 2 * 12


def test_the_cost_is_said_before_it_starts_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    command = [PROGRAM, "compare", "relu", "tanh", *RACE, "--steps", "100", "--seeds", "99"]
    said = tmp_path / "said"
    with open(said, "w") as stderr:
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=stderr, text=True)
        wait_until(lambda: "about" in said.read_text())
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=60)
    cost, last = said.read_text().splitlines()
    assert process.returncode == 130
    assert re.fullmatch(
        r"actcli: 2 activations x 1 data set x 99 seeds x 12 settings = 2,376 runs, about [\d,]+ s, from the first "
        r"steps of each",
        cost,
    )
    assert re.fullmatch(r"actcli: interrupted after \d+ of 2,376 runs(, before .* one data set)?", last)
    assert ("No winner" in shown) != ("before" in last)


@pytest.mark.parametrize("runs", [23, 24, 55])
def test_an_interrupted_race_shows_the_heats_that_are_whole(
    runs: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cut_short(all_runs: Sequence[Entry], jobs: int, live: bool) -> Iterator[Finish]:
        yield from map(finish, all_runs[:runs])
        raise KeyboardInterrupt

    monkeypatch.setattr(race, "_finished", cut_short)
    acts = [resolve("relu"), resolve("tanh")]
    settings = {"layers": 1, "width": 4, "steps": 1, "seeds": 9, "data": ("moons",)}
    with pytest.raises(typer.Exit) as ended:
        race.run_race(acts, settings, {}, 1, Drawing(), "csv", quiet=True)
    assert ended.value.exit_code == 130
    shown, said = capsys.readouterr()
    heats = runs // 24
    assert len(shown.splitlines()) == (1 + 2 * heats if heats else 0)
    where = "" if heats else ", before every activation had finished one data set"
    assert said == f"actcli: interrupted after {runs} of 216 runs{where}\n"


def test_a_race_that_is_interrupted_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cut_short(activation: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(race, "nanoseconds_per_element", cut_short)
    with pytest.raises(typer.Exit):
        race.run_race([resolve("relu"), resolve("tanh")], {"seeds": 1}, {}, 1, Drawing(), "csv", quiet=True)
    shown, said = capsys.readouterr()
    assert shown == ""
    assert said.startswith("actcli: interrupted after 0 of 72 runs")


def test_the_defaults_of_the_options_are_those_of_the_race() -> None:
    config = RaceConfig()
    for option in load("compare").params:
        if option.name in ("layers", "width", "steps", "seed", "seeds"):
            assert option.default == getattr(config, option.name)
    assert "from spirals, moons and sine," in " ".join((load("compare").help or "").split())
    assert config.data == ("spirals", "moons", "sine")


def test_csv_has_a_line_for_each_run_that_counts() -> None:
    rows = [*csv.DictReader(output("compare", "relu", "tanh", *SMALL, "--seeds", "2", "-f", "csv").splitlines())]
    assert [(row["activation"], row["seed"]) for row in rows] == [
        (name, seed) for seed in "01" for name in ("relu", "tanh")
    ]


def test_own_data_race_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("x,y,kind\n" + "".join(f"{i % 7},{i % 5},{'ab'[i % 7 > 3]}\n" for i in range(60)))
    found = document("compare", "relu", "tanh", *SMALL, "--data", path, "--seeds", "1", "--target-column", "kind")
    assert found["config"]["data"] == ["moons", str(path)]
    assert [result["data"] for result in found["ranking"][0]["results"]] == ["moons", str(path)]
    assert "--target-column is for your own data" in complaint(
        "compare", "relu", "tanh", *SMALL, "--target-column", "x"
    )


@pytest.mark.parametrize("size", [(80, 24), (30, 10)])
def test_it_fits_the_screen(size: tuple[int, int]) -> None:
    terminal = in_terminal("compare", "relu", "x*sigmoid(1.702*x)", *SMALL, "--seeds", "1", size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("relu tanh --seeds 3", "--seeds: it is for networks that are trained: add --train"),
        ("relu tanh --train --range -1 1", "--range: it is for curves, and --train gives a table"),
        ("relu tanh --train -d", "--derivative: it is for curves"),
        ("relu softmax --train", "softmax works on whole rows"),
        ("silu x*sigmoid(x) --train", "a race takes two functions or more, and silu and x*sigmoid(x) are one"),
        ("relu tanh --train --data moon", "did you mean moons?"),
        ("relu tanh --train --data moons --data moons", "a race takes different data sets"),
        ("relu tanh --train --steps 0", "steps must be at least 1"),
        ("relu tanh --train --target classes", "--target is for your own data"),
    ],
)
def test_what_is_refused(line: str, said: str) -> None:
    assert said in complaint("compare", *line.split())


def test_refused_data_is_one_line_without_the_notes_on_it(tmp_path: Path) -> None:
    """Row numbers are noted, and four points are too few to hold some out; one feature is no plane."""
    few = tmp_path / "few.csv"
    few.write_text("number,a,b,class\n" + "".join(f"{row},{row % 3},{row % 2},{row % 2}\n" for row in range(4)))
    alike = tmp_path / "alike.csv"
    alike.write_text("a,class\n" + "".join(f"{row % 3},{['yes', 'Yes'][row % 2]}\n" for row in range(40)))
    assert "too few" in complaint("compare", "relu", "tanh", "--train", "--data", few)
    assert "bends a plane" in complaint("boundary", "relu", "--show", "space", "--data", alike)
