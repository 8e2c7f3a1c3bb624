"""actcli boundary, through the program."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from actcli.core.activations.catalogue import CATALOGUE
from tests.cli.helpers import actcli, complaint, document, in_terminal, output

QUICK = ("--steps", "60")


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Three named classes; two columns that separate them, one that does not, and one with words."""
    generator, path = np.random.default_rng(0), tmp_path / "animals.csv"
    rows = ["name,height,weight,age,kind"]
    for i in range(60):
        kind = i % 3
        height, weight = 100 + 20 * kind + generator.normal(), 50 + 10 * (kind % 2) + generator.normal()
        rows.append(f"n{i},{height:.2f},{weight:.2f},{i % 7},{['cat', 'dog', 'bird'][kind]}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_without_a_bend_the_boundary_is_a_straight_line_and_that_is_said() -> None:
    report = " ".join(output("boundary", "identity", "--data", "xor", "--layers", "10", *QUICK).split())
    straight = "the boundary is a straight line, however deep the network: 10 layers without a bend are one linear"
    assert straight in report
    run = document("boundary", "identity", "--data", "xor", *QUICK)["runs"][0]
    assert run["straight"] is True
    assert run["accuracy_final"] < 0.65
    probability = np.array(run["probability"]["1"])
    logit = np.log(probability / (1 - probability))
    x1, x2 = np.meshgrid(run["x1"], run["x2"])
    columns = np.column_stack([x1.ravel(), x2.ravel(), np.ones(x1.size)])
    residual = columns @ np.linalg.lstsq(columns, logit.ravel(), rcond=None)[0] - logit.ravel()
    assert np.abs(residual).max() < 1e-9 * np.ptp(logit)


def test_with_a_bend_nothing_is_said_of_a_straight_line() -> None:
    for name in ("relu", "tanh"):
        report = " ".join(output("boundary", name, "--data", "moons", "--steps", "150").split())
        assert "straight line" not in report
        assert ("straight pieces in this window, counted exactly" in report) == (name == "relu")
        assert ("has none" in report) == (name == "tanh")


def test_of_three_classes_each_output_is_a_plane() -> None:
    says = "each output is a plane, however deep the network"
    assert says in " ".join(output("boundary", "identity", "--data", "blobs", *QUICK).split())
    assert says not in " ".join(output("boundary", "relu", "--data", "blobs", *QUICK).split())


def test_of_three_classes_or_numbers_no_pieces_are_counted() -> None:
    for data in ("blobs", "sine"):
        assert "straight piece" not in output("boundary", "relu", "--data", data, *QUICK)
        assert document("boundary", "relu", "--data", data, *QUICK)["runs"][0]["pieces"] is None


def test_the_probabilities_are_those_of_the_exported_weights(tmp_path: Path) -> None:
    """Probabilities recomputed from the exported arrays."""
    path = tmp_path / "w.npz"
    run = document("boundary", "tanh", "--data", "blobs", "--export", str(path), *QUICK)["runs"][0]
    with np.load(path) as arrays:
        x1, x2 = np.meshgrid(run["x1"], run["x2"])
        h = np.column_stack([x1.ravel(), x2.ravel()])
        for layer in (1, 2, 3):
            h = np.tanh(h @ arrays[f"W{layer}"] + arrays[f"b{layer}"])
        z = h @ arrays["W4"] + arrays["b4"]
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    found = np.array([run["probability"][name] for name in "012"])
    assert found.shape == (3, 60, 80)
    assert np.abs(found.reshape(3, -1).T - expected).max() < 1e-12


def test_batch_norm_predicts_with_the_moments_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    run = document("boundary", "relu", "--norm", "batch", "--export", str(path), *QUICK)["runs"][0]
    with np.load(path) as arrays:
        x1, x2 = np.meshgrid(run["x1"], run["x2"])
        h = np.column_stack([x1.ravel(), x2.ravel()])
        for layer in (1, 2, 3):
            z = h @ arrays[f"W{layer}"] + arrays[f"b{layer}"]
            h = np.maximum((z - arrays[f"mean{layer}"]) / arrays[f"spread{layer}"], 0.0)
        z = (h @ arrays["W4"] + arrays["b4"])[:, 0]
    assert np.abs(np.ravel(run["probability"]["1"]) - 1 / (1 + np.exp(-z))).max() < 1e-12


def test_own_data_with_the_names_of_columns_and_classes(animals: Path) -> None:
    found = document("boundary", "relu", "--data", str(animals), "--x", "height", "--y", "weight", *QUICK)
    assert list(found["runs"][0]["probability"]) == ["bird", "cat", "dog"]
    total = sum(np.array(each) for each in found["runs"][0]["probability"].values())
    assert np.abs(total - 1).max() < 1e-12
    report = output("boundary", "relu", "--data", str(animals), "--x", "height", "--y", "weight", *QUICK)
    assert "height (standardised)" in report
    assert all(name in report for name in ("bird", "cat", "dog"))
    swapped = output("boundary", "relu", "--data", str(animals), "--x", "weight", "--y", "height", *QUICK)
    assert "weight (standardised)" in swapped


def test_only_the_first_two_features_are_taken_with_a_note(animals: Path) -> None:
    run = actcli("boundary", "relu", "--data", str(animals), "--drop", "name", *QUICK)
    assert run.returncode == 0
    assert "of 3 features the first two are used, height and weight; --x and --y" in run.stderr
    two = actcli("boundary", "relu", "--data", str(animals), "--drop", "name", "--drop", "age", *QUICK)
    assert two.stderr == ""


def test_one_feature_is_a_curve(animals: Path) -> None:
    run = document("boundary", "relu", "--data", str(animals), "--x", "height", *QUICK)["runs"][0]
    assert run["x2"] is None
    assert np.array(run["probability"]["cat"]).shape == (80,)
    assert "height (standardised)" in output("boundary", "relu", "--data", str(animals), "--x", "height", *QUICK)
    sine = document("boundary", "tanh", "--data", "sine", *QUICK)["runs"][0]
    assert sine["probability"] is None
    assert sine["accuracy_final"] is None
    assert len(sine["prediction"]) == 80


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("softmax", "works on whole rows"),
        ("relu --data nofile", "unknown data set or file 'nofile'"),
        ("relu --x 1", "--x is for your own data, not for the built-in circles"),
        ("relu --y 1", "--y goes with --x"),
        ("relu tanh --export {folder}/a.npz", "--export takes one run"),
        ("relu --export {folder}/a.txt", "--export writes .npz"),
        ("relu --data sine --show space", "--show units"),
        ("relu --data {file} --x height --y name", "not a number: 'n0' in column name"),
        ("relu --data {file} --x height --y kind", "not a number: 'cat' in column kind"),
        ("relu --data {file} --x height --y height", "cannot be a feature twice"),
        ("relu --data {file} --x height --drop height", "cannot be a feature and dropped"),
        ("relu --data {file} --x kind --target-column kind", "cannot be both learnt and a feature"),
        ("relu --data {file} --x nothing", "nothing"),
        ("relu --fps 0", "--fps"),
    ],
)
def test_what_cannot_be_drawn_is_refused(words: str, message: str, animals: Path) -> None:
    line = [word.format(file=animals, folder=animals.parent) for word in words.split()]
    assert message in complaint("boundary", *line)
    assert not [*animals.parent.glob("a.*")]


@pytest.mark.parametrize("show", ["decision", "units", "space"])
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (50, 15), (120, 40)])
def test_it_fits_into_the_width_and_can_be_read_in_ascii(show: str, columns: int, lines: int) -> None:
    env = {"COLUMNS": str(columns), "LINES": str(lines)}
    for extra in ((), ("--ascii",)):
        drawn = output("boundary", "relu", "tanh", "--show", show, *QUICK, *extra, env=env)
        assert max(map(len, drawn.splitlines())) <= columns
        assert not extra or drawn.isascii()


def test_on_a_terminal_of_80_columns_the_maps_stand_beside_each_other_on_one_screen() -> None:
    drawn = output("boundary", *QUICK, env={"COLUMNS": "80", "LINES": "24"}).splitlines()
    assert len(drawn) <= 23
    assert any(re.match(r"identity .* +relu .* +tanh ", line) for line in drawn)
    assert sum("probability of class 1" in line for line in drawn) == 1  # the panels share their scale


def test_it_is_drawn_while_it_trains_and_ctrl_c_shows_what_there_is() -> None:
    seen = in_terminal("boundary", "relu", "--steps", "100000", interrupt_at="of 100,000 steps")
    assert seen.exit_code == 130
    assert any("relu: " in line and "right, loss" in line for line in seen.lines)
    assert re.search(r"interrupted after [\d,]+ of 100,000 steps", "\n".join(seen.lines))
    assert "step" not in output("boundary", "relu", "--steps", "0", "-f", "csv")


def test_dead_units_are_marked_and_only_where_there_are_some() -> None:
    dead = output("boundary", "relu", "--show", "units")
    assert "× dead" in dead
    assert "slope 0 at every point of the data" in dead
    assert "dead" not in output("boundary", "tanh", "--show", "units", *QUICK)
    assert "dead" not in output("boundary", "identity", "--show", "units", *QUICK)


def test_a_straight_cut_is_said_to_be_enough_only_where_it_is() -> None:
    enough = "bends the plane until a straight cut is enough"
    assert enough in " ".join(output("boundary", "tanh", "--show", "space").split())
    told = " ".join(output("boundary", "identity", "--show", "space", *QUICK).split())
    assert enough not in told
    assert "of the points are on their side of the cut" in told


@pytest.mark.parametrize("show", ["decision", "units", "space"])
def test_what_diverged_decides_nothing(show: str) -> None:
    run = actcli("boundary", "relu", "--lr", "1e300", "--steps", "9", "--show", show)
    assert (run.returncode, run.stderr) == (0, "")
    if show == "decision":
        assert "at 100 % of the points of this map the output is no finite number" in run.stdout
        assert "same decision" not in run.stdout


@pytest.mark.parametrize("width", ["1", "2"])
def test_few_units_have_a_space_too(width: str) -> None:
    assert "layer 2, trained" in output(
        "boundary", "relu", "--width", width, "--layers", "2", "--show", "space", *QUICK
    )


def test_rows_hold_what_the_document_holds() -> None:
    lines = output("boundary", "tanh", *QUICK, "-f", "csv").splitlines()
    assert lines[0] == "activation,x1,x2,class,value"
    run = document("boundary", "tanh", *QUICK)["runs"][0]
    assert len(lines) == 1 + 2 * 60 * 80
    name, x1, x2, label, value = lines[-1].split(",")
    assert (name, float(x1), float(x2), label) == ("tanh", run["x1"][-1], run["x2"][-1], "1")
    assert float(value) == run["probability"]["1"][-1][-1]


@pytest.mark.parametrize("show", ["decision", "units", "space"])
def test_a_picture_is_saved(show: str, tmp_path: Path) -> None:
    for suffix in ("svg", "html", "txt"):
        path = tmp_path / f"picture.{suffix}"
        both = ("relu", "identity") if suffix == "svg" else ("relu",)
        output("boundary", *both, "--show", show, *QUICK, "--save", str(path))
        assert "relu" in path.read_text(encoding="utf-8")


def test_every_configuration_is_told_in_the_document() -> None:
    found = document("boundary", "gelu", "--layers", "2", "--width", "5", "--seed", "3", "--optimizer", "sgd", *QUICK)
    config = found["config"]
    assert (config["layers"], config["width"], config["seed"], config["optimizer"]) == (2, 5, 3, "sgd")
    assert "gelu" in CATALOGUE
    assert json.dumps(found)


def test_a_saved_page_has_the_colours_of_the_map_behind_its_characters(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    output("boundary", "relu", *QUICK, "--save", str(path))
    page = path.read_text(encoding="utf-8")
    pairs = set(re.findall(r'<span style="color: #(\w{6}); background: #(\w{6})">▀', page))
    assert len(pairs) > 5
    assert len({ground for _, ground in pairs}) > 5
