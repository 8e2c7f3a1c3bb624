"""actcli approximate, through the program."""

import csv
import math
import re

import pytest

from tests.cli.helpers import complaint, document, in_terminal, output

A_WAVE = ("approximate", "sin(3*x)", "--act", "tanh")


def test_json_has_a_run_for_each_number_of_units() -> None:
    result = document(*A_WAVE, "--units", "64", "--units", "8", "--seed", "3")
    asked = {"formula": "sin(3*x)", "activation": "tanh", "range": [-3.0, 3.0], "seed": 3}
    assert asked.items() <= result.items()
    assert [run["units"] for run in result["runs"]] == [8, 64]
    few, many = result["runs"]
    assert many["max_error"] < 2e-3 < few["max_error"]
    assert 0 < many["rms_error"] < many["max_error"]


def test_the_weights_in_the_json_are_the_network() -> None:
    (run,) = document("approximate", "exp(-x**2)", "--act", "sigmoid", "--units", "16")["runs"]
    hidden = list(zip(run["hidden_weights"], run["hidden_biases"], run["output_weights"], strict=True))
    assert len(hidden) == 16
    for x in (-3.0, -0.7, 0.0, 2.2):
        y = run["output_bias"] + sum(v / (1 + math.exp(-(w * x + b))) for w, b, v in hidden)
        assert abs(y - math.exp(-(x**2))) <= run["max_error"] + 1e-9


@pytest.mark.parametrize("form", ["csv", "plain", "json", "table"])
def test_what_is_refused_prints_no_header(form: str) -> None:
    assert "no finite value at x = 0" in complaint("approximate", "1/x", "-f", form)


@pytest.mark.parametrize(("formula", "act"), [("sin(3*x)", "tanh"), ("abs(x)", "relu"), ("exp(-x**2)", "sigmoid")])
def test_64_units_come_within_two_thousandths(formula: str, act: str) -> None:
    (run,) = document("approximate", formula, "--act", act, "--units", "64", "--range", "-3", "3")["runs"]
    assert run["max_error"] < 2e-3


def test_with_identity_it_stays_a_straight_line() -> None:
    runs = document("approximate", "sin(3*x)", "--act", "identity")["runs"]
    assert all(run["straight"] for run in runs)
    errors = [run["max_error"] for run in runs]
    assert errors == pytest.approx([errors[0]] * 3, rel=1e-9)
    sentence = " ".join(output("approximate", "sin(3*x)", "--act", "identity").split())
    assert "; the output is a straight line, as with 4." in sentence
    # Units of x*x bend, and yet fit an odd curve by a straight line.
    assert "with x*x" not in output("approximate", "sin(3*x)", "x*x")


def test_the_report_says_what_was_measured() -> None:
    text = output(*A_WAVE)
    runs = document(*A_WAVE)["runs"]
    for line, run in zip(text.splitlines()[3:6], runs, strict=True):
        units, largest, at, rms = map(float, line.split())
        assert units == run["units"]
        shown = [run["max_error"], run["at"], run["rms_error"]]
        assert [largest, at, rms] == pytest.approx(shown, rel=0.01)
    sentence = " ".join(text.splitlines()[-2:])
    assert "64 tanh units miss sin(3*x) on [-3, 3] by at most" in sentence
    assert "less than 4 tanh units" in sentence


def test_a_jump_is_said_to_be_missed() -> None:
    assert "always misses one side of the jump at 0" in " ".join(output("approximate", "step").split())
    assert "jump" not in output("approximate", "step", "--act", "step")


def test_csv_and_plain_have_a_line_for_each_number_of_units() -> None:
    rows = list(csv.DictReader(output(*A_WAVE, "--format", "csv").splitlines()))
    assert [float(row["max_error"]) for row in rows] == [run["max_error"] for run in document(*A_WAVE)["runs"]]
    plain = output(*A_WAVE, "--format", "plain")
    assert [line.split("\t") for line in plain.splitlines()] == [list(row.values()) for row in rows]


def test_a_seed_makes_it_reproducible() -> None:
    options = (*A_WAVE, "--format", "json")
    assert output(*options) == output(*options) != output(*options, "--seed", "1")


def test_the_report_is_one_screen_and_the_same_in_a_pipe_without_colour() -> None:
    terminal = in_terminal(*A_WAVE)
    assert terminal.exit_code == 0
    assert terminal.on_screen == output(*A_WAVE).splitlines()
    assert terminal.colours


@pytest.mark.parametrize("size", [(50, 15), (34, 24), (24, 10)])
def test_the_report_fits_small_terminals(size: tuple[int, int]) -> None:
    terminal = in_terminal(*A_WAVE, size=size)
    assert (terminal.exit_code, terminal.width <= size[0]) == (0, True)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert output(*A_WAVE, env={"LC_ALL": "C"}).isascii()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("", "FORMULA"),
        ("log(x)", "no finite value at x = -3: choose another --range"),
        ("x --act 1/(x-x)", "in the hidden layer that are not finite: try another --act"),
        ("x --range 3 3", "the range must go up"),
        ("x --units 0", "--units"),
        ("x --units 1001", "--units"),
        ("softmax", "softmax acts on whole rows"),
        ("x --act softmax", "softmax works on whole rows"),
        ("x --act nothing", "no activation"),
        ("sin(3*w)", "w has no value"),
    ],
)
def test_what_cannot_be_approximated_is_refused_with_a_reason(options: str, reason: str) -> None:
    assert reason in complaint("approximate", *options.split())


# --- number of units for an error, and moving bends -------------------------------------------------------------


@pytest.mark.parametrize("error", ["0.3", "0.01"])
def test_the_units_for_an_error(error: str) -> None:
    found = document("approximate", "sin(3*x)", "tanh", "--error", error)
    *fewer, last = found["runs"]
    assert found["error"] == float(error)
    assert last["max_error"] <= float(error)
    assert any(run["units"] == last["units"] - 1 and run["max_error"] > float(error) for run in fewer)
    report = " ".join(output("approximate", "sin(3*x)", "tanh", "--error", error).split())
    assert (
        f"{last['units']} tanh units reach an error of {float(error):g}; {last['units'] - 1} tanh units have" in report
    )
    alone = document("approximate", "sin(3*x)", "tanh", "--width", str(last["units"]))["runs"][0]
    assert alone["max_error"] == last["max_error"]


def test_an_error_that_one_unit_reaches() -> None:
    report = " ".join(output("approximate", "0.1*sin(x)", "--error", "1").split())
    assert "1 relu unit reaches an error of 1.0." in report


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--error 0", "above 0"),
        ("--error 0.1 --width 4", "leave out --width"),
        ("--error 0.1 --train", "leave out --train"),
        ("--train --width 4 --width 8", "one --width"),
    ],
)
def test_conflicting_options_of_units_and_training_are_refused(words: str, message: str) -> None:
    assert message in complaint("approximate", "sin(3*x)", *words.split())


@pytest.mark.parametrize(("act", "word"), [("relu", "bends"), ("step", "jumps"), ("x", "zeros of the weighted sums")])
def test_what_is_marked_is_what_the_units_have(act: str, word: str) -> None:
    report = output("approximate", "sin(x)", act, "--train", "--width", "3")
    assert f"■ {word}\n" in report
    noun = word.split()[0]
    assert f"{noun} in" in report.splitlines()[0]
    assert f"Half of the {noun} moved" in " ".join(report.split())


def test_the_bends_move_and_the_error_falls() -> None:
    found = document("approximate", "sin(x)", "--train", "--width", "6")["training"]
    assert [each["step"] for each in found] == [0, 20, 200, 2000]
    assert found[-1]["rms_error"] < 0.5 * found[0]["rms_error"]
    for each in found:  # where the weighted sum is 0
        sums = [w * x + b for w, b, x in zip(each["hidden_weights"], each["hidden_biases"], each["bends"], strict=True)]
        assert max(map(abs, sums)) < 1e-9
    report = output("approximate", "sin(x)", "--train", "--width", "6")
    assert all(f"step {step}, rms error" in report for step in (0, 20, 200, 2000))
    middle = sorted(abs(a - b) for a, b in zip(found[0]["bends"], found[1]["bends"], strict=True))
    share = 100 * (middle[2] + middle[3]) / 2 / 6
    stated = re.search(r"Half of the bends moved by at least ([\d.]+) % of", " ".join(report.split()))
    assert stated
    assert float(stated[1]) == pytest.approx(share, rel=0.05)
    rows = output("approximate", "sin(x)", "--train", "--width", "6", "--format", "csv").splitlines()
    assert rows[0] == "step,rms_error,unit,bend"
    assert len(rows) == 1 + 4 * 6
