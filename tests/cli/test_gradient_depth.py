"""actcli gradient-depth"""

import csv
import json
import math
import os
import re
import signal
import statistics
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pexpect
import pytest

from tests.cli.helpers import (
    HASTY,
    PATIENCE,
    PROGRAM,
    actcli,
    complaint,
    document,
    environment,
    examples,
    in_terminal,
    number,
    output,
    terminal_as_stderr,
    wait_until,
)

LITTLE = ("--layers", "3", "--width", "8", "--batch", "16", "--steps", "5", "--lr", "0.05")
AS_TYPED = ("gradient-depth", "sigmoid", "--layers", "20")
"""The example of its help."""
SMALL = ("--width", "16", "--batch", "32")
SIGNAL = "signal at each layer: norm of the gradient"
LONG = ("--layers", "30", "--steps", "1000000")
LAYER_FIELDS = {
    "layer",
    "weight_gradient_norm_initial",
    "weight_gradient_norm_final",
    "signal_norm_initial",
    "signal_norm_final",
    "signal_norm_theory",
    *(
        f"{name}_{when}"
        for name in ("activation_mean", "activation_std", "saturated_fraction", "dead_fraction")
        for when in ("initial", "final")
    ),
    "update_ratio_final",
}
RUN_FIELDS = {
    "activation",
    "init",
    "seed",
    "layers",
    "loss",
    "verdict",
    "history",
    "decay_per_layer",
    "decay_per_layer_theory",
    "loss_final",
    "loss_name",
    "norm",
    "residual",
    *("loss_guess", "loss_data_initial", "loss_data_final", "accuracy_initial", "accuracy_final"),
    *("decay_per_layer_finite_width", "init_preference", "slope_range", "weight_gain"),
}


def runs(*options: str | float) -> list[dict[str, Any]]:
    return document("gradient-depth", *map(str, options))["runs"]


def signals(run: dict[str, Any]) -> list[float]:
    """The signal at initialisation, of the hidden layers only."""
    return [number(layer["signal_norm_initial"]) for layer in run["layers"][:-1]]


def decay_by_its_definition(run: dict[str, Any]) -> float | None:
    first, *_, last = [*signals(run), signals(run)[-1]]
    return (first / last) ** (1 / (len(signals(run)) - 1)) if len(signals(run)) > 1 else None


def verdict_by_its_rules(run: dict[str, Any]) -> str:
    """Verdict by the documented rules, for networks whose gradient did not become worse by training."""
    losses = [number(run[name]) for name in ("loss_guess", "loss_data_initial", "loss_data_final")]
    guess, before, after = losses
    if run["loss"]:
        if not all(map(math.isfinite, [*map(number, run["loss"]), *losses])) or after > 10 * max(guess, before):
            return "diverged"
        if after <= 0.95 * guess:
            return "healthy"
    if (
        any(layer["dead_fraction_final"] == 1 for layer in run["layers"][:-1])
        and run["layers"][0]["signal_norm_final"] == 0
    ):
        return "dead"
    first, last, decay = signals(run)[0], signals(run)[-1], decay_by_its_definition(run) or 1
    if first < last / 100 or (first < last / 10 and decay < 1 / 2):
        return "vanishing"
    if first > last * 100 or (first > last * 10 and decay > 2):
        return "exploding"
    return "stuck" if run["loss"] else "healthy"


# --- the document ----------------------------------------------------------------------------------------------


def test_json_has_the_config_and_for_each_run_its_layers_loss_verdict_and_decay() -> None:
    result = document("gradient-depth", "--act", "tanh", "--act", "leaky_relu:negative_slope=0.2", *LITTLE, "--seed=7")
    assert list(result) == ["config", "runs"]
    config = {"layers": 3, "width": 8, "batch": 16, "steps": 5, "learning_rate": 0.05, "seed": 7, "init": "auto"}
    assert config.items() <= result["config"].items()
    assert [run["activation"] for run in result["runs"]] == ["tanh", "leaky_relu:negative_slope=0.2"]
    assert [run["init"] for run in result["runs"]] == ["he", "he"]
    for run in result["runs"]:
        assert set(run) == RUN_FIELDS
        assert run["seed"] == 7
        assert [layer["layer"] for layer in run["layers"]] == [1, 2, 3, 4]  # three hidden ones and the output
        assert run["loss_final"] < run["loss"][0]
        assert (run["norm"], run["residual"]) == (None, False)
        for layer in run["layers"]:
            assert set(layer) == LAYER_FIELDS
            for when in ("initial", "final"):
                assert layer[f"weight_gradient_norm_{when}"] > 0
                assert layer[f"signal_norm_{when}"] > 0
        assert len(run["loss"]) == 5
        assert all(isinstance(loss, float) for loss in run["loss"])
        assert run["decay_per_layer"] == pytest.approx(decay_by_its_definition(run), rel=1e-12)
        assert run["verdict"] == verdict_by_its_rules(run)


@cache
def sigmoid_and_relu() -> list[dict[str, Any]]:
    return runs("--act", "sigmoid", "--act", "relu", "--layers", 20)


def test_sigmoid_vanishes_over_twenty_layers_and_relu_does_not() -> None:
    sigmoid, relu = sigmoid_and_relu()
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
        ("--act tanh --layers 3 --steps 5 --lr 1e30", "diverged"),
        ("--act relu --init normal --layers 8 --steps 0", "exploding"),
        ("--act sigmoid --layers 6 --steps 2", "vanishing"),
        ("--act sigmoid --layers 2 --steps 2", "stuck"),
        ("--act relu --layers 3 --steps 100", "healthy"),
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
    # The same random numbers, larger by √2 in each of the two layers between signal 1 and signal 3.
    assert he["decay_per_layer"] > 1.2 * lecun["decay_per_layer"]


def test_csv_and_plain_have_a_line_for_each_layer_of_each_run() -> None:
    options = ("gradient-depth", "--act", "tanh", "--act", "relu", *LITTLE)
    rows = list(csv.DictReader(output(*options, "--format", "csv").splitlines()))
    assert [(row["activation"], row["layer"]) for row in rows] == [(a, n) for a in ("tanh", "relu") for n in "1234"]
    layers = [layer for run in document(*options)["runs"] for layer in run["layers"]]
    assert [float(row["signal_norm_initial"]) for row in rows] == [layer["signal_norm_initial"] for layer in layers]
    plain = output(*options, "--format", "plain")
    assert [line.split("\t") for line in plain.splitlines()] == [list(row.values()) for row in rows]
    assert {"activation", "seed", *LAYER_FIELDS} == set(rows[0])


# --- theory beside measurement -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "init"),
    [("sigmoid", "xavier"), ("tanh", "xavier"), ("relu", "he"), ("relu", "lecun"), ("x/(1+abs(x))", "xavier")],
)
def test_theory_and_measurement_agree_within_half_a_decade(act: str, init: str) -> None:
    for run in runs("--act", act, "--init", init, "--width", 128, "--batch", 64, "--steps", 0, "--seeds", 5):
        hidden = run["layers"][:-1]
        for layer in hidden:
            assert abs(math.log10(layer["signal_norm_initial"] / layer["signal_norm_theory"])) <= 0.5
        assert hidden[-1]["signal_norm_theory"] == pytest.approx(hidden[-1]["signal_norm_initial"], rel=1e-12)
        assert run["layers"][-1]["signal_norm_theory"] is None
        first, last = hidden[0]["signal_norm_theory"], hidden[-1]["signal_norm_theory"]
        assert run["decay_per_layer_theory"] == pytest.approx((first / last) ** (1 / 19), rel=1e-9)


@pytest.mark.parametrize("options", ["--norm layer", "--norm batch", "--residual", "--norm layer --residual"])
def test_where_the_theory_does_not_apply_it_is_null(options: str) -> None:
    (run,) = runs("--act", "tanh", *LITTLE, *options.split())
    assert [layer["signal_norm_theory"] for layer in run["layers"]] == [None] * 4
    assert run["decay_per_layer_theory"] is None
    assert run["decay_per_layer"] == pytest.approx(decay_by_its_definition(run), rel=1e-12)
    shown = output("gradient-depth", "--act", "tanh", "--init", "he", *LITTLE, *options.split())
    assert "theory" not in shown


@pytest.mark.parametrize("act", ["step", "exp(x**2)", "exp(exp(x))"])
def test_an_activation_that_the_theory_cannot_follow_has_none_and_no_warning(act: str) -> None:
    (run,) = runs("--act", act, "--layers", 6, "--steps", 2)
    assert {layer["signal_norm_theory"] for layer in run["layers"]} == {None}


# --- initialisation, normalisation, optimizer, precision -----------------------------------------------------------


@pytest.mark.parametrize(
    ("init", "factor"),
    [
        # relu has slope 1 for half of the inputs: factor sqrt(σ_w²/2) per layer.
        ("he", 1.0),
        ("xavier", math.sqrt(0.5)),
        ("critical", 1.0),
        ("orthogonal", math.sqrt(0.5)),
        ("orthogonal:1.5", 1.5 * math.sqrt(0.5)),
        ("normal:0.1", 0.1 * math.sqrt(64)),  # width 128: sqrt(128 * 0.01 / 2)
        ("normal:0.2", 0.2 * math.sqrt(64)),
    ],
)
def test_an_initialisation_has_the_factor_that_its_variance_gives(init: str, factor: float) -> None:
    (run,) = runs("--act", "relu", "--layers", 12, "--width", 128, "--steps", 0, "--init", init)
    assert run["init"] == init
    assert run["decay_per_layer_theory"] == pytest.approx(factor, rel=1e-6)
    assert run["decay_per_layer"] == pytest.approx(factor, rel=0.05)


def test_a_norm_keeps_the_pre_activations_from_growing() -> None:
    options = ("--act", "relu", "--init", "normal", "--layers", 6, "--steps", 0)
    (without,) = runs(*options)
    assert without["layers"][-2]["activation_std_initial"] > 1e3
    for norm in ("layer", "batch"):
        (run,) = runs(*options, "--norm", norm)
        # relu of a standard normal has mean 1/sqrt(2 pi) and standard deviation sqrt(1/2 - 1/(2 pi)).
        for layer in run["layers"][:-1]:
            assert layer["activation_mean_initial"] == pytest.approx(0.399, abs=0.1)
            assert layer["activation_std_initial"] == pytest.approx(0.584, abs=0.15)
    (none,) = runs(*options, "--norm", "none")
    assert none == without


def test_residual_connections_carry_the_signal_past_sigmoid() -> None:
    sick, cured = (runs("--act", "sigmoid", "--steps", 0, *options)[0] for options in ([], ["--residual"]))
    assert (sick["verdict"], cured["verdict"]) == ("vanishing", "healthy")
    assert signals(cured)[0] > 0.5 * signals(cured)[-1]


def test_optimizers_start_alike_and_part_at_the_first_or_second_step() -> None:
    losses = {
        name: runs("--act", "tanh", *LITTLE, "--optimizer", name)[0]["loss"] for name in ("sgd", "momentum", "adam")
    }
    sgd, momentum, adam = losses.values()
    assert sgd[0] == momentum[0] == adam[0]
    assert sgd[1] == momentum[1] != adam[1]  # the velocity of the first step is the gradient
    assert sgd[2] != momentum[2]
    (plain,) = runs("--act", "tanh", *LITTLE)
    assert plain["loss"] == sgd


def test_float32_underflows_where_frameworks_do() -> None:
    deep = ("--act", "sigmoid", "--layers", 100, "--width", 16, "--steps", 1)
    (double,), (single,) = runs(*deep), runs(*deep, "--dtype", "float32")
    assert 0 < signals(double)[0] < 1e-46  # the smallest float32 is 1.4e-45
    assert signals(single)[0] == 0
    assert (single["verdict"], single["decay_per_layer"]) == ("vanishing", 0)
    assert signals(single)[-1] == pytest.approx(signals(double)[-1], rel=1e-5)
    assert "of the gradient signal at layer 100 nothing arrives at layer 1" in " ".join(
        output("gradient-depth", *map(str, deep), "--dtype", "float32", "--steps", "0").split()  # no search for a cure
    )


def test_a_thousand_layers_of_sigmoid_are_said_to_vanish_and_nothing_warns() -> None:
    deep = ("gradient-depth", "--act", "sigmoid", "--layers", "1000", "--width", "4", "--batch", "8", "--steps", "3")
    text = " ".join(output(*deep, "--steps", "0").split())  # its stderr is empty; no search for a cure
    assert text.startswith("sigmoid, xavier initialisation, 1,000 hidden layers: vanishing")
    assert "of the gradient signal at layer 1000 nothing arrives at layer 1" in text
    (run,) = document(*deep)["runs"]
    assert len(run["layers"]) == 1001
    assert run["verdict"] == verdict_by_its_rules(run) == "vanishing"


def test_dying_relus_are_seen_in_the_table() -> None:
    narrow = "--act relu --data circles --layers 10 --width 4 --batch 32 --optimizer adam --lr 0.03 --steps 60"
    (run,) = runs(*narrow.split())
    fractions = [layer["dead_fraction_final"] for layer in run["layers"][:-1]]
    assert run["verdict"] == "dead"
    assert max(fractions) == 1 > max(layer["dead_fraction_initial"] for layer in run["layers"])
    text = output("gradient-depth", *narrow.split())
    lines = text.splitlines()
    header = next(index for index, line in enumerate(lines) if "dead" in line and "gradient" in line)
    column = lines[header].index("dead")
    after = [line[column - 1 : column + 4].strip() for line in lines[header + 3 : header + 13]]
    assert after == [f"{100 * fraction:g} %" for fraction in fractions]
    assert "the network died: in " in " ".join(text.split())


# --- data ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["spirals", "moons", "circles", "xor", "sine", "blobs"])
def test_every_data_set_is_learnt_better_than_by_chance(data: str) -> None:
    (run,) = runs("--act", "tanh", "--layers", 2, "--steps", 300, "--lr", 0.01, "--optimizer", "adam", "--data", data)
    chance = {"sine": 1.0, "blobs": math.log(3)}.get(data, math.log(2))
    assert statistics.mean(run["loss"][-20:]) < 0.6 * chance
    assert document("gradient-depth", "--act", "tanh", *LITTLE, "--data", data)["config"]["data"] == data


CIRCLE = np.random.default_rng(0).normal(size=(200, 2))
INSIDE = (np.hypot(*CIRCLE.T) < 1.1).astype(int)
KINDS = {
    "two classes": (INSIDE, "binary_cross_entropy"),
    "three classes": (INSIDE + (CIRCLE[:, 0] > 1), "cross_entropy"),
    "names": (np.array(["out", "in", "far"])[INSIDE + (CIRCLE[:, 0] > 1)], "cross_entropy"),
    "numbers": (np.hypot(*CIRCLE.T), "mean_squared_error"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".csv", ".txt", ".npy", ".data"])
def test_the_targets_of_somebody_s_own_file_decide_the_loss(kind: str, suffix: str, tmp_path: Path) -> None:
    targets, loss = KINDS[kind]
    path, export = tmp_path / f"own{suffix}", tmp_path / "run.npz"
    if suffix == ".npy":
        if kind == "names":
            return  # an array of numbers has no names
        np.save(path, np.column_stack([CIRCLE, targets]))
    else:
        between = "," if suffix == ".csv" else " "
        lines = [between.join(map(str, [*map(float, x), t])) for x, t in zip(CIRCLE, targets.tolist(), strict=True)]
        path.write_text("\n".join([between.join(["x", "y", "target"]), *lines]) + "\n")
    result = document("gradient-depth", "--act", "tanh", *LITTLE, "--data", path, "--export", export)
    assert result["config"]["data"] == str(path)
    with np.load(export) as arrays:
        assert str(arrays["loss"]) == loss
        # The batch consists of the file's points, with each column standardised to mean 0 and variance 1.
        standard = (CIRCLE - CIRCLE.mean(axis=0)) / CIRCLE.std(axis=0)
        assert arrays["inputs"].shape == (16, 2)
        for point in arrays["inputs"]:
            assert np.abs(standard - point).sum(axis=1).min() < 1e-9


def test_a_file_is_read_from_a_pipe_too(tmp_path: Path) -> None:
    text = "".join(f"{x} {y} {t}\n" for (x, y), t in zip(CIRCLE.tolist(), INSIDE.tolist(), strict=True))
    path = tmp_path / "own.txt"
    path.write_text(text)
    options = ("gradient-depth", "--act", "tanh", *LITTLE, "--data")
    assert document(*options, "-", stdin=text)["runs"] == document(*options, path)["runs"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "1,2,0\n3,x,1\n", "line 2: not a number: 'x'"),
        ("a.csv", "x,y,t\n1,2,0\n3,4\n", "line 3: 2 fields, expected 3"),
        ("a.csv", "1,2,0\n3,nan,1\n", "line 2: 1 of 2 rows has missing values; --skip-missing"),
        ("a.csv", "1,2,0\n3,,1\n", "line 2: 1 of 2 rows has missing values; --skip-missing"),
        ("a.csv", "1,2,0\n3,4,\n", "line 2: 1 of 2 rows has missing values; --skip-missing"),
        ("a.csv", "1\n2\n", "line 1: 1 field; a point needs features and a target"),
        ("a.csv", "", "no points"),
        ("a.csv", "x,y,t\n", "a header and no points"),
        ("a.csv", "1,2,0\n", "at least 2 points are needed"),
        ("a.csv", "1,2,0\n3,4,0\n", "all targets are the same"),
        ("a.csv", "1,2,0\n1,2,1\n", "all points are equal"),
        ("a.txt", "1 2 0\n3 4 oops\n", "line 2: not a number: 'oops'"),
        ("a.txt", "1 2 0\n\n3 4 1 7\n", "line 3: 4 fields, expected 3"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_line(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    said = complaint("gradient-depth", "--act", "relu", "--data", tmp_path / name)
    assert said.startswith(f"{tmp_path / name}")
    assert message in said


def test_a_bad_array_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for array, message in {
        "flat": (np.ones(3), "an array of shape (3,)"),
        "thin": (np.ones((3, 1)), "a row needs features"),
        "nan": (np.array([[1.0, 2, 0], [3, np.nan, 1]]), "element [1, 1] is not finite"),
        "none": (np.ones((0, 3)), "no points"),
    }.values():
        np.save(path, array)
        assert message in complaint("gradient-depth", "--act", "relu", "--data", path)


def test_whole_numbers_may_be_classes_or_a_curve(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("x,count\n" + "".join(f"{x},{x % 5}\n" for x in range(40)))
    options = ("--act", "tanh", "--layers", 2, *SMALL, "--steps", 1, "--data", path)
    for target, loss in {"auto": "cross-entropy", "classes": "cross-entropy", "numbers": "mean squared error"}.items():
        shown = output("gradient-depth", *map(str, options), "--target", target)
        assert re.search(rf"^tanh: {loss} [\d.]+ → [\d.]+ in 1 step \(guessing", shown, re.MULTILINE)
    path.write_text("x,name\n1,a\n2,b\n3,c\n")
    assert (
        complaint("gradient-depth", *map(str, options), "--target", "numbers") == f"{path}: the target 'a' is no number"
    )
    assert complaint("gradient-depth", "--act", "tanh", "--target", "classes") == (
        "--target is for your own data, not for the built-in spirals"
    )


def test_data_that_are_not_there() -> None:
    assert complaint("gradient-depth", "--act", "relu", "--data", "moon").endswith("did you mean moons?")
    assert complaint("gradient-depth", "--act", "relu", "--data", "/missing/a.csv") == (
        "/missing/a.csv: No such file or directory"
    )


# --- seeds --------------------------------------------------------------------------------------------------------


def test_several_seeds_are_the_single_ones_and_their_medians() -> None:
    options = ("gradient-depth", "--act", "tanh", "--act", "relu", *LITTLE)
    together = document(*options, "--seed", "4", "--seeds", "3")
    single = [document(*options, "--seed", seed)["runs"] for seed in ("4", "5", "6")]
    assert list(together) == ["config", "runs", "summary"]
    assert (together["config"]["seed"], together["config"]["seeds"]) == (4, 3)
    assert together["runs"] == [run for act in (0, 1) for run in (runs[act] for runs in single)]
    for act, summary in enumerate(together["summary"]):
        mine = [runs[act] for runs in single]
        assert (summary["activation"], summary["seeds"]) == (("tanh", "relu")[act], [4, 5, 6])
        assert sum(summary["verdicts"].values()) == 3
        for name, numbers in {
            "decay_per_layer": [run["decay_per_layer"] for run in mine],
            "decay_per_layer_theory": [run["decay_per_layer_theory"] for run in mine],
            "loss": [run["loss_final"] for run in mine],
        }.items():
            low, median, high = sorted(numbers)
            assert summary[name] == {"median": median, "low": low, "high": high}
        for layer in range(4):
            for field in LAYER_FIELDS:
                values = [run["layers"][layer][field] for run in mine]
                reduced = [summary[which][layer][field] for which in ("low", "layers", "high")]
                assert reduced == (sorted(values) if values[0] is not None else [None] * 3), field


def test_the_table_over_seeds_has_their_spread() -> None:
    text = output("gradient-depth", "--act", "sigmoid", "--layers", "4", *SMALL, "--seeds", "3", "--steps", "2")
    assert text.startswith("sigmoid, xavier initialisation, 4 hidden layers, 3 seeds: ")
    assert {"least", "largest"} <= set(text.split()[:60])
    assert re.search(r"sigmoid +vanishing +0\.\d+ \(0\.\d+–0\.\d+\)", text)


# --- export -------------------------------------------------------------------------------------------------------


def test_an_export_holds_the_first_batch_and_all_layers(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    (run,) = document("gradient-depth", "--act", "tanh", *LITTLE, "--export", path)["runs"]
    sizes = [2, 8, 8, 8, 1]
    with np.load(path, allow_pickle=False) as arrays:
        expected = {"inputs": (16, 2), "targets": (16, 1), "activation": (), "loss": (), "norm": (), "residual": ()}
        for layer in range(1, 5):
            for prefix in ("", "g"):
                expected[f"{prefix}W{layer}"] = (sizes[layer - 1], sizes[layer])
                expected[f"{prefix}b{layer}"] = (sizes[layer],)
        assert {name: array.shape for name, array in arrays.items()} == expected
        assert str(arrays["loss"]) == "binary_cross_entropy"
        h = arrays["inputs"]
        for layer in range(1, 4):
            h = np.tanh(h @ arrays[f"W{layer}"] + arrays[f"b{layer}"])
        z, t = h @ arrays["W4"] + arrays["b4"], arrays["targets"]
        assert float(np.mean(np.logaddexp(0, z) - t * z)) == pytest.approx(run["loss"][0], rel=1e-12)
        for layer in run["layers"]:
            norm = np.linalg.norm(arrays[f"gW{layer['layer']}"])
            assert norm == pytest.approx(layer["weight_gradient_norm_initial"], rel=1e-12)


def test_an_export_changes_nothing_of_the_run(tmp_path: Path) -> None:
    options = ("gradient-depth", "--act", "relu", *LITTLE)
    assert output(*options, "--export", tmp_path / "run.npz") == output(*options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--act relu --act tanh", "--export takes one run"),
        ("--act relu --seeds 2", "--export takes one run"),
        ("--act softmax", "softmax works on whole rows"),
        ("--act relu --init xaver", "xavier"),
        ("--act sigmoid --init critical", "no critical initialisation"),
        ("--act relu --data moon", "moons"),
        ("--act relu --fail-on vanish", "vanishing"),
    ],
)
def test_a_run_that_is_refused_leaves_no_export_behind(options: str, reason: str, tmp_path: Path) -> None:
    assert reason in complaint("gradient-depth", *options.split(), "--export", tmp_path / "run.npz")
    assert os.listdir(tmp_path) == []


def test_an_export_that_cannot_be_written_is_refused_before_the_training(tmp_path: Path) -> None:
    options = ("gradient-depth", "--act", "relu", *LONG, "--export")
    assert "No such file or directory" in complaint(*options, tmp_path / "missing" / "run.npz")
    assert "Is a directory" in complaint(*options, tmp_path)
    assert os.listdir(tmp_path) == []


# --- exit codes ---------------------------------------------------------------------------------------------------


VANISHING = ("--act", "sigmoid", "--layers", "6", *SMALL, "--steps", "2")
DIVERGED = ("--act", "leaky_relu", "--layers", "6", "--width", "8", "--batch", "16", "--steps", "10", "--lr", "10")


@cache
def without_fail_on(*options: str) -> "subprocess.CompletedProcess[str]":
    return actcli("gradient-depth", *options)


@pytest.mark.parametrize(
    ("options", "fail_on", "exit_code"),
    [
        (VANISHING, "vanishing", 1),
        (VANISHING, "exploding, vanishing", 1),
        (VANISHING, "vanishing,exploding,dead,diverged", 1),
        (VANISHING, "exploding,dead,diverged", 0),
        (DIVERGED, "diverged", 1),
        (DIVERGED, "vanishing", 0),
        (("--act", "relu", "--init", "normal", *SMALL, "--steps", "0"), "exploding", 1),
        (("--act", "step", "--layers", "3", "--steps", "2"), "dead", 1),
        (("--act", "identity", "--data", "xor", "--layers", "2", "--steps", "2"), "stuck", 1),
        (("--act", "relu", "--layers", "4", *SMALL, "--steps", "100"), "vanishing,exploding,dead,diverged,stuck", 0),
        (("--act", "relu", *VANISHING), "vanishing", 1),
    ],
)
def test_fail_on_decides_the_exit_code_and_nothing_else(options: tuple[str, ...], fail_on: str, exit_code: int) -> None:
    for output_format in ("table", "json") if fail_on == "vanishing" else ("json",):
        plain = without_fail_on(*options, "--format", output_format)
        run = actcli("gradient-depth", *options, "--format", output_format, "--fail-on", fail_on)
        assert (run.returncode, run.stderr) == (exit_code, "")
        assert (plain.returncode, run.stdout) == (0, plain.stdout)


def test_one_seed_of_several_is_enough_to_fail() -> None:
    options = ("gradient-depth", "--act", "tanh", "--layers", "18", "--init", "normal:0.2", *SMALL)
    verdicts = {run["verdict"] for run in document(*options, "--steps", "0", "--seeds", "4")["runs"]}
    assert verdicts == {"vanishing", "healthy"}
    for verdict in ("vanishing", "exploding"):
        run = actcli(*options, "--steps", "0", "--seeds", "4", "--fail-on", verdict)
        assert run.returncode == int(verdict in verdicts)


@pytest.mark.parametrize("name", ["vanish", "healthy", "dead;diverged", "", "dead,"])
def test_a_verdict_that_there_is_not_is_refused(name: str) -> None:
    assert "unknown verdict" in complaint("gradient-depth", *VANISHING, "--fail-on", name)


# --- cures --------------------------------------------------------------------------------------------------------


def with_cure(options: list[str], cure: list[str]) -> list[str]:
    """The command line with the options of the cure, which replace options of the same name."""
    line, words = [*options], iter(cure)
    for word in words:
        option = word.replace("--no-", "--")
        flag = option == "--residual"
        if option in line:
            at = line.index(option)
            del line[at : at + (1 if flag else 2)]
        line += [word] if flag else [word, next(words)]
    return line


@pytest.mark.parametrize(
    "options",
    [
        "--act sigmoid --layers 4 --steps 60 --width 16 --batch 32",
        "--act sigmoid --init lecun --layers 8 --steps 50 --width 16 --batch 32",
        "--act sigmoid --layers 8 --residual --steps 40 --width 16 --batch 32",
        "--act leaky_relu --layers 6 --optimizer adam --lr 0.5 --steps 60 --width 32 --batch 64",
        "--act identity --data xor --layers 2 --steps 100 --width 16 --batch 32",
    ],
)
def test_each_cure_typed_as_it_is_printed_gives_what_it_promises(options: str) -> None:
    (run,) = runs(*options.split(), "--cure")
    assert run["verdict"] == verdict_by_its_rules(run) != "healthy"
    assert 1 <= len(run["cures"]) <= 3
    losses = [cure["loss_data_final"] for cure in run["cures"]]
    assert losses == sorted(losses)
    text = output("gradient-depth", *options.split())
    for cure in run["cures"]:
        (again,) = runs(*with_cure(options.split(), cure["options"]))
        assert again["verdict"] == "healthy"
        assert (again["loss_data_final"], again["accuracy_final"]) == (cure["loss_data_final"], cure["accuracy_final"])
        assert cure["loss_data_final"] <= 0.95 * again["loss_guess"]
        printed = " ".join(cure["options"])
        printed = re.sub(r"^--act (\S+)", rf"\1 in place of {run['activation']}", printed)  # --act would train both
        assert re.search(rf"^  {re.escape(printed)} +loss \S+, accuracy", text, re.MULTILINE)


def test_cures_are_looked_for_in_json_only_where_asked_and_where_something_is_ill() -> None:
    sick = ("--act", "sigmoid", "--layers", "4", *SMALL, "--steps", "20")
    assert "cures" not in runs(*sick)[0]
    well, ill = runs("--act", "relu", *sick, "--cure", "--steps", "50")
    assert (well["verdict"], well["cures"]) == ("healthy", None)
    assert isinstance(ill["cures"], list)
    refused = complaint("gradient-depth", *sick, "--steps", "0", "--cure")
    assert refused == "--cure trains networks, and --steps 0 trains nothing: leave one of them out"
    assert "Cure" not in output("gradient-depth", *sick, "--steps", "0")
    assert "No cure: of " in output(
        "gradient-depth", "--act", "sigmoid", "--layers", "40", "--steps", "1", "--width", "4"
    )


def test_two_spellings_of_one_function_are_one_run() -> None:
    formula, name = runs("--act", "max(0,x)", "--act", "relu", "--layers", "10", *SMALL, "--steps", "20")
    assert (formula["init"], formula["layers"]) == (name["init"], name["layers"])
    assert formula["loss_data_final"] == pytest.approx(name["loss_data_final"], rel=1e-12)
    assert (formula["activation"], formula["init_preference"]) == ("max(0,x)", name["init_preference"])


def test_norm_and_residual_connections_are_named() -> None:
    options = ("--act", "tanh", *LITTLE, "--norm", "layer", "--residual")
    text = " ".join(output("gradient-depth", *options).split())
    assert text.startswith("tanh, he initialisation, layer norm, residual connections, 3 hidden layers: healthy ")
    sentence = "With tanh, he initialisation, layer norm and residual connections the network is better than guessing"
    assert sentence in text
    (run,) = runs(*options)
    assert (run["norm"], run["residual"]) == ("layer", True)


def test_a_diverged_run_has_dashes_where_nothing_is_known() -> None:
    options = ("--act", "relu", "--layers", "6", "--steps", "5", "--lr", "1e200")
    (run,) = runs(*options)
    assert run["verdict"] == "diverged"
    unknown = [layer["saturated_fraction_final"] == "NaN" for layer in run["layers"]]
    assert any(unknown)
    lines = output("gradient-depth", *options).splitlines()
    rows = [line.split() for line in lines if line[:6].strip().isdigit()][:6]
    assert [row[0] for row in rows] == list("123456")
    for row, is_unknown in zip(rows, unknown, strict=False):
        assert ("–" in row) == is_unknown
        assert not (is_unknown and "0 %" in " ".join(row))


def test_a_run_that_was_not_trained_shows_nothing_after_it() -> None:
    for acts in (("-a", "tanh"), ("-a", "tanh", "-a", "relu")):
        table, _, rest = output("gradient-depth", *acts, "--layers", "4", "--steps", "0").partition(SIGNAL)
        assert "before" in table
        outcome = table.partition("activation  init")[0]
        assert "after" not in outcome.removesuffix(outcome.splitlines()[-1])
        assert "after training" not in rest
        assert "tanh: not trained" in rest


def test_many_healthy_activations_share_a_line() -> None:
    acts = [word for name in ("relu", "tanh", "gelu", "silu") for word in ("-a", name)]
    text = output("gradient-depth", *acts, "--layers", "4", *SMALL, "--steps", "100")
    assert text.endswith("\nWith relu, tanh, gelu, silu the network is better than guessing.\n")
    assert text.count("the network") == 1


# --- Ctrl-C -------------------------------------------------------------------------------------------------------


def interrupted(*options: str) -> "subprocess.CompletedProcess[str]":
    """An endless run that gets SIGINT during training."""
    command = [PROGRAM, "gradient-depth", *options]
    with terminal_as_stderr("gradient-depth", *options) as (process, stderr):
        stderr.expect(r"step \d+ of 1000000")
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=PATIENCE)
        stderr.expect(pexpect.EOF)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr.before)


def test_after_control_c_the_report_of_what_was_measured_is_printed() -> None:
    run = interrupted("--act", "sigmoid", *LONG)
    assert run.returncode == 130
    steps = re.search(r"actcli: interrupted after ([\d,]+) of 1,000,000 steps", run.stderr)
    assert steps
    assert "Traceback" not in run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "sigmoid, xavier initialisation, 30 hidden layers: vanishing"
    assert [line.split()[0] for line in lines if line[:6].strip().isdigit()][:30] == [str(n) for n in range(1, 31)]
    assert re.search(rf"^sigmoid: binary cross-entropy \S+ → \S+ in {steps.group(1)} steps? ", run.stdout, re.MULTILINE)
    assert "interrupted" not in run.stdout


def test_after_control_c_the_json_is_whole() -> None:
    run = interrupted("--act", "tanh", "--act", "relu", *LONG, "--format", "json")
    assert run.returncode == 130
    result = json.loads(run.stdout)
    (tanh,) = result["runs"]
    assert tanh["activation"] == "tanh"
    assert len(tanh["layers"]) == 31
    assert f"actcli: interrupted after {len(tanh['loss']):,} of 2,000,000 steps" in run.stderr
    assert 0 < len(tanh["loss"]) < 1000000


def test_control_c_ends_the_search_for_a_cure_and_the_report_is_printed() -> None:
    """The search takes several times as long as the training."""
    options = ("--act", "tanh", "--layers", "6", "--width", "8", "--batch", "16", "--steps", "600", "--lr", "1e6")
    with terminal_as_stderr("gradient-depth", *options) as (process, stderr):
        stderr.expect_exact("what cures tanh?")
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=PATIENCE)
        stderr.expect(pexpect.EOF)
    assert process.returncode == 130
    assert stdout.startswith("tanh, he initialisation, 6 hidden layers: diverged\n")
    assert "Traceback" not in stderr.before
    assert "the training diverged: after 600 steps" in " ".join(stdout.split())
    assert "No cure" not in stdout, "what was not tried is not denied"
    assert "actcli: interrupted while cures were looked for" in stderr.before


def test_control_c_wins_over_fail_on() -> None:
    assert interrupted("--act", "sigmoid", *LONG, "--fail-on", "vanishing").returncode == 130


def test_control_c_reaches_a_run_in_a_pipe(tmp_path: Path) -> None:
    """A pipe shows no progress: training has begun when the file exists."""
    export = tmp_path / "run.npz"
    with subprocess.Popen(
        [PROGRAM, "gradient-depth", "--act", "sigmoid", *LONG, "--export", str(export), "--format", "csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        wait_until(export.exists)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert re.fullmatch(r"actcli: interrupted after [\d,]+ of 1,000,000 steps\n", stderr)
    assert len(stdout.splitlines()) == 1 + 31


# --- the live view ------------------------------------------------------------------------------------------------


WATCHED = ("gradient-depth", "--act", "tanh", "--layers", "20", "--steps", "6", "--format", "json")
"""A training that draws at each step, unless nothing must be drawn."""


@cache
def watched_in_a_pipe() -> str:
    return output(*WATCHED[:-2], env=HASTY)


@cache
def watched_as_json() -> str:
    return output(*WATCHED, env=HASTY)


def test_while_it_trains_loss_and_layers_are_shown_and_gone_at_the_end() -> None:
    terminal = in_terminal(*WATCHED[:-2], env=HASTY)
    assert terminal.exit_code == 0
    frames = re.findall(r"loss (\S+), step (\d+) of 6: tanh, seed 0", terminal.sent)
    assert {step for _, step in frames} == set("123456")
    losses = json.loads(watched_as_json())["runs"][0]["loss"]
    for loss, step in frames:
        assert float(loss) == pytest.approx(losses[int(step) - 1], rel=1e-3)
    for layer in (*range(1, 21), "output"):
        assert re.search(rf"\n *{layer} +\d\.\d\de[+-]\d\d +█", terminal.sent), layer
    assert terminal.lines[0] == watched_in_a_pipe().splitlines()[0]
    assert not terminal.screen.cursor.hidden


def test_the_live_view_is_on_stderr_and_stdout_stays_data() -> None:
    with terminal_as_stderr(*WATCHED) as (process, stderr):
        stderr.expect(r"loss .*step \d+ of 6")
        stderr.expect(pexpect.EOF)
        stdout, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert stdout == watched_as_json()


def test_the_live_view_fits_a_small_terminal() -> None:
    terminal = in_terminal(*WATCHED[:-2], size=(40, 12), env=HASTY)
    assert terminal.exit_code == 0
    assert "step" in terminal.sent
    assert terminal.width <= 40
    assert "gradient of each layer's weights" in terminal.sent
    assert "gradient of each layer's weights" not in " ".join(terminal.lines), "nothing of the live view is left"


@pytest.mark.parametrize(
    ("options", "changes"),
    [(("--quiet",), {}), (("-q",), {}), ((), {"TERM": "dumb"})],
)
def test_no_live_view_when_quiet_or_dumb(options: tuple[str, ...], changes: dict[str, str]) -> None:
    terminal = in_terminal(*WATCHED[:-2], *options, env=HASTY | changes)
    assert terminal.exit_code == 0
    assert "of 6:" not in terminal.sent
    assert "\x1b[?25l" not in terminal.sent
    assert terminal.lines[0] == watched_in_a_pipe().splitlines()[0]


def test_no_live_view_in_a_pipe() -> None:
    assert watched_as_json()  # its stderr is empty


def test_the_live_view_has_no_colour_to_forbid() -> None:
    terminal = in_terminal(*WATCHED[:-2], env=HASTY | {"NO_COLOR": "1"})
    assert "step 6 of 6" in terminal.sent
    assert not terminal.colours


# --- the report ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> str:
    return output(*AS_TYPED)


def test_the_report_has_a_row_for_each_layer_a_chart_and_a_sentence(report: str) -> None:
    assert [*AS_TYPED] == examples()["gradient-depth"]
    lines = report.splitlines()
    assert lines[0] == "sigmoid, xavier initialisation, 20 hidden layers: vanishing"
    rows = [line.split() for line in lines if line.split()[:1] in [[str(n)] for n in range(1, 21)] + [["output"]]]
    assert [row[0] for row in rows[:21]] == [*map(str, range(1, 21)), "output"]
    run, _ = sigmoid_and_relu()
    for row, layer in zip(rows, run["layers"], strict=False):
        shown = [layer[f"weight_gradient_norm_{when}"] for when in ("initial", "final")]
        assert list(map(float, row[1:3])) == pytest.approx(shown, rel=0.01)
        signal = [layer[f"signal_norm_{of}"] for of in ("initial", "theory") if layer[f"signal_norm_{of}"] is not None]
        assert list(map(float, row[3 : 3 + len(signal)])) == pytest.approx(signal, rel=0.01)
    sentence = " ".join(lines[-12:])
    assert "vanishes" in sentence
    assert f"{run['decay_per_layer']:.3g} per layer (in theory {run['decay_per_layer_theory']:.3g})" in sentence
    assert "billion times smaller than at layer 20" in sentence
    assert re.search(r"  --norm batch +loss 0\.\d+, accuracy \d+", sentence)


def test_in_a_pipe_it_fits_80_columns_and_has_no_colour(report: str) -> None:
    assert "\x1b" not in report
    assert max(map(len, report.splitlines())) <= 80


def test_on_a_terminal_of_80x24_all_of_it_stands_on_one_screen() -> None:
    line = ("gradient-depth", "sigmoid", "--layers", "8", *SMALL, "--steps", "60")
    terminal = in_terminal(*line)
    assert terminal.exit_code == 0
    assert terminal.colours
    screen = terminal.on_screen
    assert terminal.lines == screen, "nothing has scrolled away"
    assert screen[0] == "sigmoid, xavier initialisation, 8 hidden layers: vanishing"
    numbers = next(i for i, line in enumerate(screen) if line.startswith("The numbers of each layer: "))
    assert screen[numbers].endswith(": --format table.")
    short = (*line, "--steps", "0")
    assert in_terminal(*short, "--format", "table").lines == output(*short).splitlines(), "the way out works"
    cures = screen[numbers + 1 :]
    assert cures == output(*line).splitlines()[-4:], "the cures"
    assert len([cure for cure in cures if " loss 0." in cure]) == 3
    title = next(i for i, line in enumerate(screen) if line.startswith(SIGNAL))
    axis = next(i for i, line in enumerate(screen) if line.lstrip().startswith("└"))
    assert axis - title - 2 >= 6, "rows of the chart"
    assert "the loss over the data" in " ".join(screen)
    assert any(line.startswith("With sigmoid and xavier initialisation the gradient vanishes") for line in screen)


def test_the_report_fits_a_small_terminal() -> None:
    terminal = in_terminal(*AS_TYPED, *SMALL, "--steps", "1", "--quiet", size=(50, 15))
    assert terminal.exit_code == 0
    assert terminal.width <= 50
    assert "vanishing" in terminal.lines[0] + terminal.lines[1]
    assert any("⣀" in line for line in terminal.lines), "no chart"


def test_several_runs_are_drawn_in_one_chart_and_each_has_its_sentence() -> None:
    text = output("gradient-depth", "--act", "sigmoid", "--act", "relu", "--layers", "8", *SMALL, "--steps", "1")
    assert "With sigmoid and xavier initialisation the gradient vanishes" in text
    assert "With relu and he initialisation the network did not learn" in text
    assert text.count(SIGNAL) == 1


# --- refused input ---------------------------------------------------------------------------------------------


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
        ("--layers 20", "`actcli gradient-depth sigmoid`"),
        ("--act softmax", "softmax works on whole rows"),
        ("--act log_softmax --layers 3", "log_softmax works on whole rows"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_reason(options: str, reason: str) -> None:
    assert reason in complaint("gradient-depth", *options.split())


def test_more_processes_give_the_same_document() -> None:
    line = ("gradient-depth", "tanh", "relu", "--layers", "3", "--width", "8", "--steps", "5", "--seeds", "3")
    one, two = (document(*line, "--jobs", jobs) for jobs in ("1", "2"))
    assert [(run["activation"], run["seed"]) for run in one["runs"]] == [
        (name, seed) for name in ("tanh", "relu") for seed in range(3)
    ]
    assert one == two


@pytest.mark.parametrize(("layers", "said"), [("1", "1 hidden layer,"), ("3", "3 hidden layers,")])
def test_the_history_counts_its_layers(layers: str, said: str) -> None:
    text = output("gradient-depth", "tanh", "--layers", layers, "--show", "over-time", "--steps", "3")
    assert f"{said} while it trains" in text.splitlines()[0]
