"""actcli differentiate"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import actcli, complaint, document, in_terminal, numbers, output


def density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def distribution(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


@pytest.mark.parametrize(
    ("activation", "order", "truths"),
    [
        ("sigmoid", 1, {0: 1 / 4, 40: math.exp(-40), -700: math.exp(-700), 3: math.exp(-3) / (1 + math.exp(-3)) ** 2}),
        ("sigmoid", 2, {0: 0, 40: -math.exp(-40), -40: math.exp(-40)}),
        ("sigmoid", 3, {0: -1 / 8}),
        ("tanh", 1, {0: 1, 20: 1 / math.cosh(20) ** 2, -300: 4 * math.exp(-600)}),
        ("tanh", 2, {1: -2 * math.tanh(1) / math.cosh(1) ** 2}),
        ("leaky_relu:negative_slope=0.2", 1, {-1: 0.2, 0: 0.2, 1: 1}),
        ("elu", 5, {-1: math.exp(-1), 1: 0}),
        ("gelu", 1, {0: 0.5, 1: distribution(1) + density(1), -10: distribution(-10) - 10 * density(-10)}),
        ("gelu", 2, {0: 2 / math.sqrt(2 * math.pi), 1: density(1)}),
        ("silu", 1, {0: 0.5, -700: -699 * math.exp(-700)}),
        ("softplus", 1, {0: 0.5, -40: math.exp(-40), 40: 1}),
    ],
)
def test_derivatives_are_those_of_the_closed_form(activation: str, order: int, truths: dict[float, float]) -> None:
    values = numbers("differentiate", activation, *map(str, truths), "--order", str(order))
    # the closed form of gelu'(-10) here is a difference and loses two digits
    assert values == pytest.approx(list(truths.values()), rel=1e-12, abs=0)


def test_the_order_is_one_unless_said_otherwise() -> None:
    assert numbers("differentiate", "sigmoid", "0") == [0.25]
    assert numbers("differentiate", "tanh", "0", "-n", "3") == [-2]


def test_json_adds_order_and_the_kinks_among_the_given_points() -> None:
    relu = document("differentiate", "relu", "-1", "0", "1")
    assert set(relu) == {"activation", "order", "dtype", "x", "y", "kinks"}
    assert relu["order"] == 1
    assert (relu["x"], relu["y"], relu["kinks"]) == ([-1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0])
    assert document("differentiate", "relu", "-1", "1")["kinks"] == []
    assert document("differentiate", "gelu", "0")["kinks"] == []
    assert document("differentiate", "elu", "0", "--order", "2")["kinks"] == [0.0]


def test_the_jacobian_of_softmax_is_a_matrix_a_row() -> None:
    total = sum(map(math.exp, (1, 2, 3)))
    s = [math.exp(x) / total for x in (1, 2, 3)]
    truth = [s[i] * ((i == j) - s[j]) for i in range(3) for j in range(3)]
    text = output("differentiate", "softmax", "1", "2", "3")
    assert [len(line.split()) for line in text.splitlines()] == [3, 3, 3]
    assert list(map(float, text.split())) == pytest.approx(truth, rel=1e-13)
    rows = document("differentiate", "softmax", stdin="0 0\n7 7\n")
    assert rows["x"] == [[0.0, 0.0], [7.0, 7.0]]
    assert rows["y"] == [[[0.25, -0.25], [-0.25, 0.25]]] * 2
    logarithms = numbers("differentiate", "log_softmax", "1", "2", "3")
    assert logarithms == pytest.approx([(i == j) - s[j] for i in range(3) for j in range(3)], rel=1e-13)


def test_a_terminal_is_told_where_the_kink_is() -> None:
    terminal = in_terminal("differentiate", "relu", "-1", "0", "1")
    assert terminal.exit_code == 0
    assert terminal.width <= 80
    marked = [line.split() for line in terminal.lines if line.endswith("kink")]
    assert marked == [["0.0", "0.0", "kink"]]
    assert "relu'(x)" in terminal.lines[0]
    assert in_terminal("differentiate", "x*x", "3").lines[0].split() == ["x", "(x*x)'"], "not x times x'"
    assert in_terminal("differentiate", "softmax", "1", "2").lines[0] == "∂softmax_i / ∂x_j"


def test_an_order_that_makes_no_sense_is_refused() -> None:
    for order in ("33", "-1", "x", "1.5"):
        assert "--order" in complaint("differentiate", "tanh", "1", "--order", order)
    refused = complaint("differentiate", "softmax", "1", "2", "--order", "2")
    assert refused == "softmax acts on rows: only its first derivative, the Jacobian, is computed"
    assert "rows" not in complaint("differentiate", "tanh", "1", "--order", "-1")


def test_a_check_that_passes_is_quiet_when_asked_to_be() -> None:
    run = actcli("differentiate", "tanh", "0.5", "--check", "--quiet")
    assert (run.returncode, run.stderr) == (0, "")


def test_a_check_that_fails_says_where_and_exits_with_1() -> None:
    """x + 1e16 - 1e16 is a staircase, constant near 0.3, because float64 beyond 2^53 has only even numbers."""
    run = actcli("differentiate", "x + 1e16 - 1e16", "0.3", "0.4", "--check", "--quiet")
    assert (run.returncode, run.stdout) == (1, "1.0\n1.0\n")
    assert run.stderr == (
        "actcli: check failed at 2 of 2 points: at x = 0.3 the derivative is 1.0, and numerically 0.0\n"
    )


def test_a_jacobian_is_not_checked() -> None:
    assert "--check is for elementwise activations" in complaint("differentiate", "softmax", "1", "2", "--check")


def test_a_jacobian_is_no_column(tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    table.write_text("a,b\n1,2\n")
    assert "a Jacobian does not fit in a column" in complaint("differentiate", "softmax", "-i", table, "--append")
    assert output("differentiate", "tanh", "-n", "2", "-i", table, "-c", "a", "--append").startswith("a,b,tanh''(a)\n")


@pytest.mark.parametrize(("x", "said"), [(("1",), "1 point agrees"), (("1", "2"), "2 points agree")])
def test_a_check_of_one_point_says_so(x: tuple[str, ...], said: str) -> None:
    assert actcli("differentiate", "tanh", *x, "--check").stderr == f"checked: {said} with the numerical derivative\n"


def test_json_carries_what_a_check_found() -> None:
    passed = document_with_notes("tanh", "0.5", "2")
    assert passed == {"agrees": True, "points": 2, "left_out": 0, "disagreements": 0, "first": None}
    kink = document_with_notes("relu", "0", "1", "nan")
    assert kink == {"agrees": True, "points": 1, "left_out": 2, "disagreements": 0, "first": None}
    failed = document_with_notes("x + 1e16 - 1e16", "0.3", "0.4", exit_code=1)
    first = {"x": 0.3, "derivative": 1.0, "numerical": 0.0}
    assert failed == {"agrees": False, "points": 2, "left_out": 0, "disagreements": 2, "first": first}
    assert "check" not in document("differentiate", "tanh", "0.5")


def document_with_notes(*args: str, exit_code: int = 0) -> Any:
    run = actcli("differentiate", *args, "--check", "--format", "json")
    assert run.returncode == exit_code
    return json.loads(run.stdout)["check"]


def test_a_check_of_kinks_alone_says_that_it_checked_nothing() -> None:
    found = actcli("differentiate", "relu", "0", "--check")
    assert found.stderr == "nothing was checked: 1 point at kinks or without a finite value\n"
    assert "nothing" not in actcli("differentiate", "relu", "0", "1", "--check").stderr
