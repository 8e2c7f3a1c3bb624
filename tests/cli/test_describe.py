"""actcli describe"""

import csv
import math

import pytest

from tests.cli.helpers import complaint, document, in_terminal, number, output


def test_json_has_every_property() -> None:
    gelu = document("describe", "gelu")
    assert (gelu["activation"], gelu["formula"]) == ("gelu", "x*(1 + erf(x/sqrt(2)))/2")
    assert "1606.08415" in gelu["reference"]
    assert gelu["infimum"]["value"] == pytest.approx(-0.16997120747990369, rel=1e-14)
    assert gelu["infimum"]["low"] == gelu["infimum"]["high"] == pytest.approx(-0.7517915246935645, rel=1e-14)
    assert gelu["infimum"]["attained"] is True
    assert (number(gelu["supremum"]["value"]), gelu["supremum"]["attained"]) == (math.inf, False)
    assert (gelu["monotone"], gelu["symmetry"], gelu["zeros"], gelu["kinks"]) == ("non-monotone", "neither", [0.0], [])
    assert gelu["lipschitz"]["value"] == pytest.approx(1.128904145185155, rel=1e-14)
    assert gelu["saturates_below"] == pytest.approx(-2.278560693803556, rel=1e-12)
    assert gelu["saturates_above"] is None
    assert gelu["at_minus_infinity"] == {"limit": 0.0, "slope": 0.0, "intercept": 0.0}
    assert gelu["at_infinity"] == {"limit": "Infinity", "slope": 1.0, "intercept": 0.0}
    assert gelu["mean"] == pytest.approx(1 / (2 * math.sqrt(math.pi)), rel=1e-14)
    assert gelu["rowwise"] is False
    assert gelu["caveat"] is None


def test_keys_are_snake_case_and_the_same_for_all() -> None:
    keys = list(document("describe", "relu"))
    assert all(key == key.lower() and key.isidentifier() for key in keys)
    assert list(document("describe", "softmax")) == keys == list(document("describe", "exp(x**2)"))


def test_what_diverges_is_null() -> None:
    found = document("describe", "exp(x**2)")
    assert (found["mean"], found["second_moment"], found["slope_second_moment"]) == (None, None, None)


def test_aliases_parameters_and_formulas() -> None:
    assert document("describe", "Swish")["name"] == "silu"
    assert document("describe", "softplus:beta=0.5")["parameters"] == [{"name": "beta", "value": 0.5, "valid": "> 0"}]
    formula = document("describe", "x*sigmoid(1.702*x)")
    assert formula["activation"] == formula["formula"] == "x*sigmoid(1.702*x)"
    assert formula["second_moment"] == pytest.approx(document("describe", "quick_gelu")["second_moment"], rel=1e-13)


def test_softmax_has_no_curve_but_a_caveat() -> None:
    softmax = document("describe", "softmax")
    assert softmax["rowwise"] is True
    assert softmax["probabilities"] is True
    assert (softmax["infimum"], softmax["lipschitz"], softmax["mean"]) == (None, None, None)
    assert "calibrated" in softmax["caveat"]
    assert "calibrated" in output("describe", "softmax")


def test_plain_and_csv_have_a_line_for_each_property() -> None:
    plain = dict(line.split("\t") for line in output("describe", "leaky_relu", "--format", "plain").splitlines())
    rows = list(csv.reader(output("describe", "leaky_relu", "--format", "csv").splitlines()))
    assert rows[0] == ["property", "value"]
    assert dict(rows[1:]) == plain
    assert (plain["slope_infimum.value"], plain["kinks"], plain["saturates_above"]) == ("0.01", "0.0", "")
    assert plain["parameters.0.name"] == "negative_slope"


def test_a_pipe_gets_the_card_without_colour_in_80_columns() -> None:
    card = output("describe", "gelu")
    assert "\x1b" not in card
    assert max(map(len, card.splitlines())) <= 80
    assert card.startswith("gelu   x*(1 + erf(x/sqrt(2)))/2\n")
    for fact in ("[-0.169971, ∞)", "at -0.751792", "x < -2.27856", "0.282095", "slope f'"):
        assert fact in card


def test_a_locale_without_unicode_gets_ascii() -> None:
    for name in ("sin", "softmax", "1/x"):
        assert output("describe", name, env={"LC_ALL": "C"}).isascii()


@pytest.mark.parametrize("size", [(80, 24), (50, 15), (20, 5)])
@pytest.mark.parametrize("name", ["gelu", "softmax"])
def test_a_terminal_gets_it_in_colour_and_not_wider_than_it_is(name: str, size: tuple[int, int]) -> None:
    terminal = in_terminal("describe", name, size=size)
    assert (terminal.exit_code, terminal.width <= size[0]) == (0, True)
    assert terminal.colours
    assert terminal.lines[0].startswith(name)
    if size == (80, 24):
        assert terminal.on_screen == terminal.lines


def test_every_size_shows_the_same_as_a_pipe() -> None:
    assert output("describe", "relu").splitlines() == in_terminal("describe", "relu").lines


def test_what_is_no_activation_is_refused() -> None:
    assert "did you mean relu" in complaint("describe", "rellu")
    assert "beta must be > 0" in complaint("describe", "softplus:beta=-1")
    assert "in column 4 of the formula" in complaint("describe", "x +* 2")


def test_where_a_function_has_no_value_it_has_no_slope() -> None:
    """More digits find that both one-sided slopes are 0."""
    curve = document("describe", "sin(x)/x")
    assert (curve["value_at_zero"], curve["slope_at_zero"]) == ("NaN", "NaN")
