"""actcli gradient-depth"""

import csv
import math
from typing import Any

import pytest

from tests.cli.helpers import Terminal, complaint, document, in_terminal, number, output

LITTLE = ("--layers", "3", "--width", "8", "--batch", "16", "--steps", "5", "--lr", "0.05")
AS_TYPED = ("gradient-depth", "--act", "sigmoid", "--layers", "20")


def runs(*options: str | int) -> list[dict[str, Any]]:
    return document("gradient-depth", *map(str, options))["runs"]


def signals(run: dict[str, Any]) -> list[float]:
    """The signal at initialisation, of the hidden layers only."""
    return [number(layer["signal_norm_initial"]) for layer in run["layers"][:-1]]


def decay_by_its_definition(run: dict[str, Any]) -> float | None:
    first, *_, last = [*signals(run), signals(run)[-1]]
    return (first / last) ** (1 / (len(signals(run)) - 1)) if len(signals(run)) > 1 else None


def verdict_by_its_rules(run: dict[str, Any]) -> str:
    first, last = signals(run)[0], signals(run)[-1]
    if not all(math.isfinite(number(loss)) for loss in run["loss"]):
        return "diverged"
    if any(layer["dead_fraction_final"] > 0.5 for layer in run["layers"][:-1]):
        return "dead"
    if first < last / 100:
        return "vanishing"
    if first > last * 100:
        return "exploding"
    return "healthy"


# --- the document ----------------------------------------------------------------------------------------------


def test_json_has_the_config_and_for_each_run_its_layers_loss_verdict_and_decay() -> None:
    result = document("gradient-depth", "--act", "tanh", "--act", "leaky_relu:negative_slope=0.2", *LITTLE, "--seed=7")
    assert list(result) == ["config", "runs"]
    config = {"layers": 3, "width": 8, "batch": 16, "steps": 5, "learning_rate": 0.05, "seed": 7, "init": "auto"}
    assert config.items() <= result["config"].items()
    assert [run["activation"] for run in result["runs"]] == ["tanh", "leaky_relu:negative_slope=0.2"]
    assert [run["init"] for run in result["runs"]] == ["xavier", "he"]
    for run in result["runs"]:
        assert set(run) == {"activation", "init", "layers", "loss", "verdict", "decay_per_layer"}
        assert [layer["layer"] for layer in run["layers"]] == [1, 2, 3, 4]  # three hidden ones and the output
        for layer in run["layers"]:
            for when in ("initial", "final"):
                assert layer[f"weight_gradient_norm_{when}"] > 0
                assert layer[f"signal_norm_{when}"] > 0
        assert len(run["loss"]) == 5
        assert all(isinstance(loss, float) for loss in run["loss"])
        assert run["decay_per_layer"] == pytest.approx(decay_by_its_definition(run), rel=1e-12)
        assert run["verdict"] == verdict_by_its_rules(run)


def test_sigmoid_vanishes_over_twenty_layers_and_relu_does_not() -> None:
    sigmoid, relu = runs("--act", "sigmoid", "--act", "relu", "--layers", 20)
    assert (sigmoid["init"], sigmoid["verdict"]) == ("xavier", "vanishing")
    assert 11.4 <= math.log10(signals(sigmoid)[-1] / signals(sigmoid)[0]) <= 12.4
    assert (relu["init"], relu["verdict"]) == ("he", "healthy")
    assert abs(math.log10(signals(relu)[-1] / signals(relu)[0])) < 1
    for run in (sigmoid, relu):
        assert len(run["layers"]) == 21
        assert len(run["loss"]) == 200
        assert run["decay_per_layer"] == pytest.approx(decay_by_its_definition(run), rel=1e-12)
        assert run["verdict"] == verdict_by_its_rules(run)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_twelve_decades_do_not_hang_on_the_seed(seed: int) -> None:
    (run,) = runs("--act", "sigmoid", "--layers", 20, "--steps", 0, "--seed", seed)
    assert 11.4 <= math.log10(signals(run)[-1] / signals(run)[0]) <= 12.4
    assert run["loss"] == []


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ("--act relu --layers 6 --steps 50 --lr 10", "diverged"),
        ("--act tanh --layers 3 --steps 5 --lr 1e30", "dead"),
        ("--act relu --init normal --layers 8 --steps 0", "exploding"),
        ("--act sigmoid --layers 6 --steps 2", "vanishing"),
        ("--act sigmoid --layers 2 --steps 2", "healthy"),
    ],
)
def test_the_verdict_is_the_first_rule_that_applies(options: str, verdict: str) -> None:
    (run,) = runs(*options.split())
    assert run["verdict"] == verdict == verdict_by_its_rules(run)
    assert run["decay_per_layer"] == pytest.approx(decay_by_its_definition(run), rel=1e-12)


def test_a_signal_that_underflows_to_zero_has_vanished() -> None:
    (run,) = runs("--act", "sigmoid", "--layers", 600, "--width", 4, "--steps", 0)
    assert signals(run)[0] == 0
    assert (run["verdict"], run["decay_per_layer"]) == ("vanishing", 0)


def test_a_single_hidden_layer_has_no_decay() -> None:
    (run,) = runs("--act", "relu", "--layers", 1, "--steps", 2)
    assert [layer["layer"] for layer in run["layers"]] == [1, 2]
    assert (run["verdict"], run["decay_per_layer"]) == ("healthy", None)


def test_without_a_weight_update_nothing_changes() -> None:
    for options in (("--steps", 0), ("--steps", 5, "--lr", 0)):
        (run,) = runs("--act", "tanh", "--layers", 3, *options)
        for layer in run["layers"]:
            assert layer["weight_gradient_norm_final"] == layer["weight_gradient_norm_initial"]
            assert layer["signal_norm_final"] == layer["signal_norm_initial"]


def test_training_lowers_the_loss() -> None:
    (run,) = runs("--act", "tanh", "--layers", 2, "--steps", 400, "--lr", 0.3)
    assert sum(run["loss"][-20:]) < 0.9 * sum(run["loss"][:20])


def test_a_seed_makes_it_reproducible() -> None:
    options = ("gradient-depth", "--act", "gelu", *LITTLE, "--format", "json")
    assert output(*options) == output(*options) != output(*options, "--seed", "1")


def test_init_is_named_and_obeyed() -> None:
    (lecun,) = runs("--act", "sigmoid", *LITTLE, "--init", "lecun")
    (he,) = runs("--act", "sigmoid", *LITTLE, "--init", "he")
    assert (lecun["init"], he["init"]) == ("lecun", "he")
    # The same random numbers, √2 times as large in each of the two layers between signal 1 and signal 3.
    assert he["decay_per_layer"] > 1.2 * lecun["decay_per_layer"]


def test_csv_and_plain_have_a_line_for_each_layer_of_each_run() -> None:
    options = ("gradient-depth", "--act", "tanh", "--act", "relu", *LITTLE)
    rows = list(csv.DictReader(output(*options, "--format", "csv").splitlines()))
    assert [(row["activation"], row["layer"]) for row in rows] == [(a, n) for a in ("tanh", "relu") for n in "1234"]
    layers = [layer for run in document(*options)["runs"] for layer in run["layers"]]
    assert [float(row["signal_norm_initial"]) for row in rows] == [layer["signal_norm_initial"] for layer in layers]
    plain = output(*options, "--format", "plain")
    assert [line.split("\t") for line in plain.splitlines()] == [list(row.values()) for row in rows]


# --- the report ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> str:
    return output(*AS_TYPED)


@pytest.fixture(scope="module")
def terminal() -> Terminal:
    return in_terminal(*AS_TYPED)


def test_the_report_has_a_row_with_a_bar_for_each_layer_a_chart_and_a_sentence(report: str) -> None:
    lines = report.splitlines()
    assert lines[0] == "sigmoid, xavier initialisation, 20 hidden layers: vanishing"
    rows = [line.split() for line in lines if line.split()[:1] in [[str(n)] for n in range(1, 21)] + [["output"]]]
    assert [row[0] for row in rows[:21]] == [*map(str, range(1, 21)), "output"]
    (run,) = runs(*AS_TYPED[1:])
    for row, layer in zip(rows, run["layers"], strict=False):
        shown = [layer[f"weight_gradient_norm_{when}"] for when in ("initial", "final")]
        assert list(map(float, row[1:3])) == pytest.approx(shown, rel=0.01)
    bars = [row[4].count("█") for row in rows[1:21]]
    assert bars == sorted(bars)
    assert bars[-1] - bars[0] > 20
    sentence = " ".join(lines[-4:])
    assert "vanishes" in sentence
    assert f"{run['decay_per_layer']:.3g} per layer" in sentence
    assert "billion times smaller than at layer 20" in sentence
    assert "try relu" in sentence


def test_the_report_fits_80_columns_and_is_the_same_in_a_pipe_without_colour(report: str, terminal: Terminal) -> None:
    assert "\x1b" not in report
    assert max(map(len, report.splitlines())) <= 80
    assert terminal.exit_code == 0
    assert terminal.lines == report.splitlines()
    assert terminal.colours


def test_the_chart_the_loss_and_the_sentence_stand_on_the_last_screen(terminal: Terminal) -> None:
    screen = terminal.on_screen
    assert "norm of each layer's weight gradient" in screen
    assert any(line.startswith("sigmoid: loss 0.") for line in screen)
    assert any(line.startswith("With sigmoid and xavier initialisation the gradient vanishes") for line in screen)


def test_the_report_fits_a_small_terminal() -> None:
    terminal = in_terminal(*AS_TYPED, "--steps", "1", "--quiet", size=(50, 15))
    assert terminal.exit_code == 0
    assert terminal.width <= 50
    assert "vanishing" in terminal.lines[0] + terminal.lines[1]
    assert any("⣀" in line for line in terminal.lines), "no chart"


def test_several_runs_are_drawn_in_one_chart_and_each_has_its_sentence() -> None:
    text = output("gradient-depth", "--act", "sigmoid", "--act", "relu", "--layers", "8", "--steps", "1")
    assert "With sigmoid and xavier initialisation the gradient vanishes" in text
    assert "With relu and he initialisation the gradient is healthy" in text
    assert text.count("norm of each layer's weight gradient") == 1


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--act relu --layers 0", "--layers"),
        ("--act relu --layers x", "--layers"),
        ("--act relu --layers -1", "--layers"),
        ("--act relu --layers 2.5", "--layers"),
        ("--act relu --lr nan", "learning"),
        ("--act relu --lr -1", "--lr"),
        ("--act relu --steps -1", "--steps"),
        ("--act relu --init xaver", "xavier"),
        ("--layers 20", "--act"),
        ("--act softmax", "softmax works on whole rows"),
        ("--act log_softmax --layers 3", "log_softmax works on whole rows"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_reason(options: str, reason: str) -> None:
    assert reason in complaint("gradient-depth", *options.split())
