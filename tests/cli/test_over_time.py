"""gradient-depth --show over-time and --show histograms."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.cli.helpers import complaint, document, output

SMALL = ("--layers", "4", "--width", "8", "--steps", "70")


def rows(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text))]


def test_the_history_is_bounded_and_agrees_with_the_rest_of_the_document() -> None:
    run = document("gradient-depth", "tanh", *SMALL)["runs"][0]
    history = run["history"]
    assert len(history) == 50
    assert [history[0]["step"], history[-1]["step"]] == [0, 69]
    assert all(moment["loss"] == run["loss"][moment["step"]] for moment in history)
    assert history[0]["weight_gradient_norms"] == [layer["weight_gradient_norm_initial"] for layer in run["layers"]]
    assert history[-1]["update_ratios"] == pytest.approx([layer["update_ratio_final"] for layer in run["layers"]])


def test_the_rows_are_those_of_the_history() -> None:
    history = document("gradient-depth", "tanh", *SMALL)["runs"][0]["history"]
    found = rows(output("gradient-depth", "tanh", *SMALL, "--show", "over-time", "-f", "csv"))
    assert len(found) == 50 * 5
    for row in found[::7]:
        moment = next(each for each in history if each["step"] == int(row["step"]))
        assert float(row["weight_gradient_norm"]) == moment["weight_gradient_norms"][int(row["layer"]) - 1]
        assert float(row["loss"]) == moment["loss"]
    assert {row["dead_fraction"] for row in found if row["layer"] == "5"} == {""}  # the output layer has no activation


@pytest.mark.parametrize("acts", [["tanh"], ["sigmoid", "relu"], ["sigmoid", "relu", "tanh", "gelu"]])
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (50, 15)])
def test_it_can_be_read_over_time(acts: list[str], columns: int, lines: int) -> None:
    env = {"COLUMNS": str(columns), "LINES": str(lines)}
    for extra in ((), ("--ascii",)):
        drawn = output("gradient-depth", *acts, *SMALL, "--show", "over-time", *extra, env=env)
        assert max(map(len, drawn.splitlines())) <= columns
        assert "--range" not in drawn
        assert all(f"{act} at step 70:" in drawn for act in acts)


def test_the_sentence_says_what_was_measured() -> None:
    last = document("gradient-depth", "sigmoid", *SMALL)["runs"][0]["history"][-1]
    told = " ".join(output("gradient-depth", "sigmoid", *SMALL, "--show", "over-time").split())
    assert f"layer 1's gradient {last['weight_gradient_norms'][0]:.2g}" in told
    assert f"{100 * np.mean(last['dead_fractions']):.3g} % of units dead" in told


def test_histograms_count_every_number_of_the_first_batch() -> None:
    run = document("gradient-depth", "relu", *SMALL, "--show", "histograms")["runs"][0]
    for when in ("histograms_initial", "histograms_final"):
        assert [each["layer"] for each in run[when]] == [1, 2, 3, 4]
        for layer in run[when]:
            for name in ("pre_activations", "activations", "signals"):
                assert sum(layer[name]["counts"]) + layer[name]["beyond"] == 128 * 8
                assert len(layer[name]["edges"]) == len(layer[name]["counts"]) + 1
    assert run["histograms_initial"] != run["histograms_final"]
    found = rows(output("gradient-depth", "relu", *SMALL, "--show", "histograms", "-f", "csv"))
    first = [row for row in found if (row["training"], row["layer"], row["quantity"]) == ("before", "1", "activations")]
    assert [int(row["count"]) for row in first] == run["histograms_initial"][0]["activations"]["counts"]
    assert "histograms_initial" not in document("gradient-depth", "relu", *SMALL)["runs"][0]


@pytest.mark.parametrize("show", ["over-time", "histograms"])
def test_a_picture_of_a_training_needs_one(show: str) -> None:
    assert "--steps 0" in complaint("gradient-depth", "relu", "--steps", "0", "--show", show)


@pytest.mark.parametrize("show", ["over-time", "histograms"])
def test_it_is_saved(show: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    drawn = output("gradient-depth", "relu", "tanh", *SMALL, "--show", show, "--save", str(path))
    assert "tanh" in path.read_text(encoding="utf-8")
    assert ("tanh, 4 hidden layers, what the first batch gives" in drawn) == (show == "histograms")


def test_what_diverges_has_a_history_too() -> None:
    drawn = output("gradient-depth", "relu", "--layers", "3", "--lr", "1e30", "--show", "over-time", "--steps", "20")
    assert "at step" in drawn
    assert output("gradient-depth", "relu", "--layers", "1", "--steps", "1", "--show", "over-time")
    assert output("gradient-depth", "relu", "--layers", "1", "--steps", "1", "--show", "histograms")
