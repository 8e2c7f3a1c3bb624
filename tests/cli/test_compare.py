"""actcli compare"""

import csv
import math

import mpmath
import pytest

from tests.cli.helpers import complaint, document, in_terminal, output


def test_json_has_every_pair_with_its_largest_difference_and_where_it_is() -> None:
    result = document("compare", "identity", "relu", "tanh", "leaky_relu:negative_slope=0.5")
    assert list(result)[:2] == ["activations", "differences"]
    names = ["identity", "relu", "tanh", "leaky_relu:negative_slope=0.5"]
    assert result["activations"] == names
    found = {(d["a"], d["b"]): (d["max_abs"], d["at"]) for d in result["differences"]}
    assert all(list(difference) == ["a", "b", "max_abs", "at"] for difference in result["differences"])
    assert list(found) == [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    # on [-6, 6]
    assert found["identity", "relu"] == (6, -6)
    assert found["identity", names[3]] == (3, -6)
    assert found["relu", names[3]] == (3, -6)
    assert found["relu", "tanh"] == (pytest.approx(6 - math.tanh(6), rel=1e-12), 6)
    largest, at = found["identity", "tanh"]
    assert (largest, abs(at)) == (pytest.approx(6 - math.tanh(6), rel=1e-12), 6)


def test_the_largest_difference_is_found_inside_the_interval_too() -> None:
    (difference,) = document("compare", "gelu", "relu")["differences"]
    # The maximum of x Φ(-x) is at the zero of its slope Φ(-x) - x φ(x).
    at = mpmath.findroot(lambda x: mpmath.ncdf(-x) - x * mpmath.npdf(x), 0.7)
    assert abs(difference["at"]) == pytest.approx(float(at), abs=1e-6)
    assert difference["max_abs"] == pytest.approx(float(at * mpmath.ncdf(-at)), rel=1e-12)


def test_range_chooses_the_interval() -> None:
    (difference,) = document("compare", "identity", "relu", "--range", "-2", "3")["differences"]
    assert (difference["max_abs"], difference["at"]) == (2, -2)


def test_csv_and_plain_have_a_line_for_each_pair() -> None:
    rows = list(csv.DictReader(output("compare", "identity", "relu", "tanh", "--format", "csv").splitlines()))
    assert [(row["a"], row["b"]) for row in rows] == [("identity", "relu"), ("identity", "tanh"), ("relu", "tanh")]
    assert (float(rows[0]["max_abs"]), float(rows[0]["at"])) == (6, -6)
    plain = output("compare", "identity", "relu", "tanh", "--format", "plain")
    assert [line.split() for line in plain.splitlines()] == [list(row.values()) for row in rows]


@pytest.mark.parametrize("size", [(80, 24), (50, 15)])
def test_a_terminal_gets_a_chart_of_all_curves_and_a_table_of_the_differences(size: tuple[int, int]) -> None:
    terminal = in_terminal("compare", "gelu", "silu", size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]
    assert terminal.lines[0].split() == ["●", "gelu", "■", "silu"]
    assert any("⡠" in line for line in terminal.lines), "no chart"
    assert any(line.split()[:3] == ["gelu", "silu", "0.193002"] for line in terminal.lines)
    assert len(terminal.colours - {"\x1b[0m"}) >= 2


def test_a_pipe_gets_the_same_without_colour() -> None:
    terminal = in_terminal("compare", "gelu", "silu")
    assert output("compare", "gelu", "silu").splitlines() == terminal.lines


def test_what_cannot_be_compared_is_refused() -> None:
    assert complaint("compare", "relu") == "compare takes two activations or more"
    assert complaint("compare", "relu", "softmax").startswith("softmax acts on whole rows")
    assert "range" in complaint("compare", "relu", "tanh", "--range", "1", "0")


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (50, 15), (20, 24)])
def test_eight_have_a_panel_each(size: tuple[int, int]) -> None:
    names = ["relu", "gelu", "silu", "mish", "tanh", "sigmoid", "selu", "elu"]
    terminal = in_terminal("compare", *names, size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]
    chart = [line for line in terminal.lines[-size[1] :] if any(name in line for name in names)]
    assert chart
    assert any("◀ largest" in line for line in terminal.lines) or size[0] == 20


def test_the_last_screen_shows_curves_slopes_and_the_largest_difference() -> None:
    lines = in_terminal("compare", "gelu", "silu").lines[-23:]
    assert "gelu, silu on [-6, 6]" in lines
    assert any("their slopes" in line for line in lines)
    assert "largest difference: 0.193 between gelu and silu at x = 1.965 (dotted line)" in lines


def test_what_has_no_values_has_a_panel_that_says_so() -> None:
    nowhere = [f"log(-{i} - x**2)" for i in range(1, 6)]
    assert output("compare", *nowhere).count("no finite values to draw") == 1, "none has any"
    text = output("compare", "relu", *nowhere)
    assert text.count("no finite values") == 5
    assert "not finite, left out: " in text
