"""actcli trace, through the program."""

import csv
import re

import pytest

from tests.cli.helpers import complaint, document, in_terminal, output
from tests.narrow import known


def test_the_sums_on_the_screen_are_right_as_they_stand_there() -> None:
    """Each `a×b + … = c` and `a × weight b × slope c = d` in the text is recomputed."""
    for options in (("--act", "sigmoid"), ("--act", "tanh", "--seed", "3"), ()):
        lines = output("trace", *options).splitlines()
        sums = [line for line in lines if line.count("=") and "×" in line and "gradient" not in line]
        assert len(sums) == 5, lines
        for line in sums:
            left, right = known(re.search(r"(?:h\d:|z =) (.*?) = (-?[\d.]+)", line)).groups()
            left = re.sub("weight|slope", "", left).replace("×", "*")
            assert re.fullmatch(r"[-+*().\d ]+", left), left
            assert eval(left) == pytest.approx(float(right), abs=2e-3)


def test_the_steps_are_in_the_order_of_the_computation() -> None:
    lines = output("trace").splitlines()
    labels = [line[:13].strip() for line in lines if line[:1].isalpha()]
    order = ["weighted sums", "activations", "output", "loss", "signals", "update"]
    assert [label for label in labels if label in order] == order
    weights = [line.split("  ")[0] for line in lines if " → " in line]
    assert weights == [
        "x1 → h1", "x2 → h1", "bias → h1", "x1 → h2", "x2 → h2", "bias → h2", "h1 → z", "h2 → z", "bias → z",
    ]  # fmt: skip


def test_the_report_and_the_prompt_fit_a_screen_of_24_lines() -> None:
    for act in ("relu", "sigmoid", "tanh", "gelu"):
        assert len(in_terminal("trace", act, size=(80, 24)).lines) <= 23


def test_the_last_sentence_says_what_was_measured() -> None:
    step = document("trace", "--act", "sigmoid")
    sentence = " ".join(output("trace", "--act", "sigmoid").splitlines()[-2:])
    before, after = (f"{step[when]['loss']:.4g}" for when in ("before", "after"))
    assert f"and the loss from {before} to {after}." in sentence
    assert step["after"]["loss"] < step["before"]["loss"]


def test_a_unit_that_is_off_is_named() -> None:
    (off,) = [unit["name"] for unit in document("trace")["hidden"] if unit["slope"] == 0]
    assert f"{off} had slope 0, so the weights into it did not move." in " ".join(output("trace").split())


def test_without_a_step_nothing_moves() -> None:
    step = document("trace", "--lr", "0")
    assert all(weight["after"] == weight["before"] for weight in step["weights"])
    assert "The step left the loss at" in output("trace", "--lr", "0", "--act", "tanh")


def test_a_step_that_is_too_long_is_called_so() -> None:
    step = document("trace", "--act", "silu", "--seed", "1", "--lr", "5")
    assert step["after"]["loss"] > step["before"]["loss"]
    text = " ".join(output("trace", "--act", "silu", "--seed", "1", "--lr", "5").split())
    assert text.endswith("too large a learning rate can step over the valley.")
    beyond = " ".join(output("trace", "--act", "exp(x**2)", "--lr", "1e308").split())
    assert beyond.endswith("After the step the output is no finite number: the learning rate is too large.")


def test_csv_and_plain_have_a_line_for_each_weight() -> None:
    rows = list(csv.DictReader(output("trace", "--format", "csv").splitlines()))
    weights = document("trace")["weights"]
    assert [(row["source"], row["target"]) for row in rows] == [(w["source"], w["target"]) for w in weights]
    assert [float(row["after"]) for row in rows] == [w["after"] for w in weights]
    plain = output("trace", "--format", "plain")
    assert [line.split("\t") for line in plain.splitlines()] == [list(row.values()) for row in rows]


def test_the_report_is_the_same_in_a_terminal_and_in_a_pipe() -> None:
    terminal = in_terminal("trace")
    assert (terminal.exit_code, terminal.lines) == (0, output("trace").splitlines())


@pytest.mark.parametrize("size", [(60, 24), (40, 30), (24, 10)])
def test_the_report_fits_small_terminals(size: tuple[int, int]) -> None:
    terminal = in_terminal("trace", "--act", "gelu", size=size)
    assert (terminal.exit_code, terminal.width <= size[0]) == (0, True)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    text = output("trace", env={"LC_ALL": "C"})
    assert text.isascii()
    assert "?" not in text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--act softmax", "softmax works on whole rows"),
        ("--act rleu", "did you mean relu"),
        ("--act log(x)", "is no finite number: try another --seed"),
        ("--lr -1", "--lr"),
        ("--lr nan", "learning rate"),
        ("--seed x", "--seed"),
    ],
)
def test_what_cannot_be_traced_is_refused_with_a_reason(options: str, reason: str) -> None:
    assert reason in complaint("trace", *options.split())
