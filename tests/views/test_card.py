import math
import re

import pytest

from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.analysis.properties import Properties, describe
from actcli.views.card import card, facts, plot_range
from actcli.views.notation import short
from actcli.views.palette import appearance
from actcli.views.picture.description import Curve, Style
from actcli.views.ranges import sample_points
from actcli.views.terminal import Terminal
from tests.each import each
from tests.narrow import elementwise
from tests.views.screens import described, screen

SIZES = ((80, 24), (50, 15), (20, 5), (120, 40), (72, 24), (71, 24))


def lines(text: str, terminal: Terminal = Terminal()) -> list[str]:  # noqa: B008 - it is immutable
    properties = described(text)
    curves = []
    if properties.curve:
        activation = elementwise(text)
        x = sample_points(plot_range(properties.curve), terminal, kinks=activation.kinks())
        curves = [Curve("f", x, activation(x)), Curve("slope f'", x, activation.derivative(x), Style(member=1))]
    return screen(card(properties, terminal, curves), terminal)


def the_facts(text: str, digits: int = 6) -> dict[str, str]:
    curve = described(text).curve
    assert curve is not None
    return {label: fact for label, fact in facts(curve, digits).items() if fact}


# --- the facts in words ------------------------------------------------------------------------------------------


def test_the_facts_of_gelu() -> None:
    assert the_facts("gelu") == {
        "range": "[-0.169971, ∞)",
        "minimum": "at -0.751792",
        "monotone": "no",
        "symmetry": "none",
        "zeros": "0",
        "kinks": "none",
        "at -∞": "→ 0",
        "at ∞": "→ x",
        "f(0), f'(0)": "0, 0.5",
        "min slope": "-0.128904 at -1.41421",
        "max slope": "1.1289 at 1.41421",
        "Lipschitz": "1.1289",
        "slope < 5 %": "x < -2.27856",
        "E f(z)": "0.282095",
        "E f(z)²": "0.425221",
        "E f'(z)²": "0.455851",
    }


@each(
    ("text", "label", "fact"),
    [
        ("sigmoid", "range", "(0, 1)"),
        ("hard_tanh", "range", "[-1, 1]"),
        ("identity", "range", "(-∞, ∞)"),
        ("3*x**0", "range", "3"),
        ("relu", "minimum", "x ≤ 0"),
        ("relu6", "maximum", "x ≥ 6"),
        ("sigmoid", "monotone", "strictly increasing"),
        ("relu", "monotone", "increasing"),
        ("exp(-x)", "monotone", "strictly decreasing"),
        ("tanh", "symmetry", "odd"),
        ("abs(x)", "symmetry", "even"),
        ("sigmoid", "symmetry", "odd about (0, 0.5)"),
        ("hard_sigmoid:beta=0.3", "symmetry", "none"),
        ("softplus", "zeros", "none"),
        ("hard_shrink", "zeros", "-0.5 ≤ x ≤ 0.5"),
        ("hard_swish", "zeros", "x ≤ -3, 0"),
        ("sin", "zeros", "-6.28319, -3.14159, 0, 3.14159, 6.28319, …"),
        ("hard_sigmoid", "kinks", "-3, 3"),
        ("step", "jumps", "0"),
        ("1/x", "poles", "0"),
        ("sin", "at ∞", "no limit"),
        ("tanh_shrink", "at ∞", "→ x - 1"),
        ("tanh_shrink", "at -∞", "→ x + 1"),
        ("leaky_relu", "at -∞", "→ 0.01 x"),
        ("snake", "at ∞", "→ ∞, about x"),
        ("exponential", "at ∞", "→ ∞, steeper than any line"),
        ("log(1 + x**2)", "at ∞", "→ ∞, flatter than any line"),
        ("log(x)", "f(0), f'(0)", "-∞, ∞"),
        ("sin(x)/x", "f(0), f'(0)", "undefined, undefined"),
        ("relu", "max slope", "1 for x ≥ 0"),
        ("hard_tanh", "max slope", "1 for -1 ≤ x ≤ 1"),
        ("identity", "min slope", "1 everywhere"),
        ("softplus", "max slope", "1 towards ∞"),
        ("hard_swish", "max slope", "1.5 beside 3"),
        ("step", "Lipschitz", "∞"),
        ("tanh", "slope < 5 %", "x < -2.17827, x > 2.17827"),
        ("sin", "slope < 5 %", "at neither end"),
        ("exp(x**2)", "E f(z)", "∞"),
        ("log(-1 - x**2)", "range", "undefined"),
        ("log(-1 - x**2)", "monotone", "undefined"),
        ("log(-1 - x**2)", "max slope", "undefined"),
    ],
)
def test_a_fact(text: str, label: str, fact: str) -> None:
    assert the_facts(text)[label] == fact


def test_a_card_omits_facts_that_do_not_apply() -> None:
    assert not {"minimum", "maximum", "jumps", "poles"} & the_facts("sigmoid").keys()
    assert "kinks" not in the_facts("step")


def test_short_numbers() -> None:
    assert [short(x, 4) for x in (1.0, -0.169971, 1e-9, 12345678.0, -math.inf)] == [
        "1",
        "-0.17",
        "1e-09",
        "1.235e+07",
        "-∞",
    ]


# --- the card ----------------------------------------------------------------------------------------------------


def test_the_card_of_relu_at_80_columns() -> None:
    shown = lines("relu")
    assert shown[:2] == ["relu   max(0, x)", "Fukushima 1969; Nair and Hinton 2010, ICML"]
    assert shown[2:4] == ["used         hidden layers; the first thing to try", ""]
    assert re.match(r"range        \[0, ∞\) +● f   ■ slope f'", shown[4])
    assert re.match(r"E f'\(z\)²     0\.5 +-4 +-2 +0 +2 +4$", shown[-2])
    assert shown[-1].startswith("slope < 5 %: where |slope| stays under 5 %")


@each("name", CATALOGUE)
def test_every_card_fits_a_terminal_of_80x24(name: str) -> None:
    assert len(lines(name)) <= 23


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "text", ["gelu", "selu", "sin", "softmax", "glu", "1/x", "3*x**0", "x*sigmoid(1.702*x)" + " + 0*x" * 30]
)
def test_cards_of_any_size(text: str, size: tuple[int, int], unicode: bool) -> None:
    terminal = Terminal(*size, unicode=unicode)
    shown = " ".join(" ".join(lines(text, terminal)).split())
    assert text[:12] in shown
    if described(text).curve and size[0] > 20:
        for word in ("range", "Lipschitz", "E f'(z)"):
            assert word in shown


def test_colour_paints_the_labels_and_the_curves_alone() -> None:
    plain, coloured = lines("gelu"), lines("gelu", Terminal(colour=True))
    assert plain == coloured
    activation = resolve("gelu")
    properties = describe(activation)
    text = card(properties, Terminal(colour=True), [])
    assert text.startswith("\x1b[1mgelu\x1b[0m")
    assert f"\x1b[38;5;{appearance(0).colour}m" not in text
    assert "\x1b" not in card(properties, Terminal(), [])


def test_the_plot_is_below_the_facts_where_it_has_no_room_beside_them() -> None:
    shown = lines("gelu", Terminal(50, 15))
    assert "range        [-0.169971, ∞)" in shown
    chart = shown.index("● f   ■ slope f'")
    assert len(shown) - chart <= 13, "it can be seen at once"


def test_where_it_is_narrow_a_fact_follows_its_label() -> None:
    shown = lines("gelu", Terminal(20, 5))
    assert "range: [-0.169971," in shown
    assert shown[shown.index("min slope: -0.128904") + 1] == " at -1.41421"


def test_parameters_and_aliases() -> None:
    shown = lines("celu:alpha=0.5")
    assert shown[0] == "celu:alpha=0.5   x if x > 0 else alpha*expm1(x/alpha)"
    assert "parameters   alpha = 0.5" in shown
    assert "parameters   beta = 2 (> 0)" in lines("softplus:beta=2")
    assert "aliases      logistic, expit" in lines("sigmoid")
    assert "aliases      sine      used: hidden layers of networks that represent signals" in lines("sin")
    assert "parameters   w = 2, b = -1" in lines("relu(w*x + b):w=2,b=-1")


def test_the_card_of_softmax_has_its_caveat_and_an_example() -> None:
    shown = lines("softmax")
    assert any(line.startswith("4   2.0  0.64391") and "█" in line for line in shown)
    assert "not a calibrated one" in " ".join(shown)
    assert "calibrated" not in " ".join(lines("log_softmax"))
    assert "becomes      -0.731059  0" in lines("glu")


# --- part of the curve that is drawn -----------------------------------------------------------------------------


@each(
    ("text", "reach"),
    [
        ("relu", 4),
        ("identity", 4),
        ("exponential", 2),
        ("gelu", 3),
        ("sigmoid", 6),
        ("relu6", 10),
        ("hard_shrink", 0.8),
        ("sin", 5),
        ("tanh(1000*x)", 0.003),
        ("tanh(x/1000)", 3000),
        ("tan(x)", 8),
        ("abs(sin(x))", 15),
    ],
)
def test_the_plot_shows_what_is_special(text: str, reach: float) -> None:
    curve = described(text).curve
    assert curve is not None
    assert plot_range(curve) == pytest.approx((-reach, reach))


def test_a_card_needs_no_curves() -> None:
    properties: Properties = described("relu")
    assert "no finite values to draw" in card(properties, Terminal())
