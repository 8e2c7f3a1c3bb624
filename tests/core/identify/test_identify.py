"""Identification: disguised activations, near relatives, random formulas, tables."""

import math
import random
import re

import numpy as np
import pytest

from actcli import identify, resolve
from actcli.core.analysis.features import constants, linear_arguments
from actcli.core.errors import InputError
from actcli.core.identify import identification
from actcli.core.identify.fitting import Fitter
from actcli.core.identify.identification import Identification, Match, identify_table, last_digit
from actcli.core.identify.known import known_activations
from actcli.core.identify.proof import nice
from actcli.digits import more_digits
from actcli.views.identification import written
from tests.narrow import elementwise

DISGUISES = [
    # in another algebraic form
    ("0.5*x*(1 + tanh(x))", "silu:beta=2"),
    ("x*tanh(log(1 + exp(x)))", "mish"),
    ("2*sigmoid(2*x) - 1", "tanh"),
    ("(abs(x + 1) - abs(x - 1))/2", "hard_tanh"),
    ("(x + abs(x))/2", "relu"),
    ("x*(exp(2*x) + 2*exp(x))/(exp(2*x) + 2*exp(x) + 2)", "mish"),
    ("1/2 + tanh(x/2)/2", "sigmoid"),
    ("x - log(1 + exp(x))", "log_sigmoid"),
    ("log(exp(x) + 1)", "softplus"),
    ("x/(1 + exp(-1.702*x))", "quick_gelu"),
    ("sqrt(x**2)", "vrelu"),
    ("x*erfc(-x/sqrt(2))/2", "gelu"),
    ("max(x, 0) + min(exp(x) - 1, 0)", "elu"),
    ("x*max(0, min(1, (x + 3)/6))", "hard_swish"),
    ("x**2/(abs(x) + x**2)*sign(x)", "softsign"),
    ("(exp(2*x) - 1)/(exp(2*x) + 1)", "tanh"),
    ("x + (1 - cos(2*x))/2", "snake"),
    ("log(x + sqrt(x**2 + 1))*sqrt(abs(x))/12", "m_arcsinh"),
    ("max(x - 0.5, 0) + min(x + 0.5, 0)", "soft_shrink"),
    ("(x**2 + x*sqrt(1 + x**2))/(2*sqrt(1 + x**2))", "pflu"),
    ("exp(-log(1 + exp(-x)))", "sigmoid"),
    ("2*x*exp(x)/(2*exp(x) + 4)", "eanaf"),
    ("x*(1 - exp(-exp(x)))", "loglogish"),
    ("tanh(x/(1 + exp(-x)))", "tsilu"),
    ("(1 - tanh(x)**2)", None),
    ("-cos(sigmoid(x) + pi/2)/sigmoid(x)", "sinc_sigmoid"),
    ("0.5*-cos(pi*0.5*-cos(pi*(1 - 2/(exp(2*x) + 1)) + pi/2) + pi/2)", "ccaf"),
    # with another parameter
    ("max(x, 0.3*x)", "leaky_relu:negative_slope=0.3"),
    ("x if x > 0 else 0.7*exp(x) - 0.7", "elu:alpha=0.7"),
    ("x/(1 + exp(-3*x))", "silu:beta=3"),
    ("log(1 + exp(5*x))/5", "softplus:beta=5"),
    ("(x + sqrt(x*x + 2))/2", "squareplus:b=2"),
    ("x + sin(3*x)**2/3", "snake:a=3"),
    ("50*tanh(x/50)", "softcap:cap=50"),
    ("x if x >= 0 else x/sqrt(1 + 3*x**2)", "isrlu:a=3"),
    # scaled and shifted
    ("1.5*x*sigmoid(x)", "1.5*silu(x)"),
    ("3*x*exp(-exp(-x))", "3*expexpish(x)"),
    ("0.3*(x - 2)*sigmoid(x - 2)", "0.3*silu(x - 2)"),
    ("mish(3*x - 1)", "mish(3*x - 1)"),
    ("sin(3*x)", "sin(3*x)"),
    ("cos(x)", None),
    ("root2sigmoid(2*x + 1)", "root2sigmoid(2*x + 1)"),  # 0 for large |x| in float64
    ("2*gelu(x) - 1", "2*gelu(x) - 1"),
    ("tanh(x) - x", "-tanh_shrink(x)"),
    ("elu(x + 0.7)/4", "0.25*elu(x + 0.7)"),
    ("softsign(x) + 2*x", "softsign(x) + 2*x"),
    ("4*arctan(x) + 1", "4*arctan(x) + 1"),
    # with constants of 16 digits, as in frameworks
    ("x*0.5*(1.0 + erf(x/1.4142135623730951))", "gelu"),
    ("0.5*x*(1 + tanh(0.7978845608028654*(x + 0.044715*x**3)))", "gelu_tanh"),
    ("1.0507009873554805*(x if x > 0 else 1.6732632423543772*(exp(x) - 1))", "selu"),
]
"""(formula, expected match; None: any match that is true)."""


def texts(found: Identification) -> list[str]:
    return [written(match) for match in found.matches]


@pytest.mark.parametrize(("formula", "expected"), DISGUISES)
def test_a_disguise_is_seen_through(formula: str, expected: str | None) -> None:
    inside = expected is not None and re.search(r"\((?!x[),])", expected) is not None
    found = identification.identify(formula, more_digits, thorough=inside)  # the quick search if it suffices
    assert expected is None or expected in texts(found), texts(found)
    check(formula, found)


def check(formula: str, found: Identification) -> None:
    """Each match holds at points that the search did not use."""
    given = resolve(formula)
    at = np.array([-4.7717, -2.2319, -1.1113, -0.3377, 0.1913, 0.8123, 1.9191, 3.3331])
    for match in found.matches:
        other = resolve(written(match))
        np.testing.assert_allclose(other(at), given(at), rtol=1e-11, atol=1e-12, err_msg=written(match))
        assert match.a * match.b
        assert (match.relation == "equal") == ((match.a, match.b, match.c, match.d, match.e) == (1, 1, 0, 0, 0))
        fitted = len(match.parameters) + sum((match.a != 1, match.b != 1, match.c != 0, match.d != 0, match.e != 0))
        assert fitted <= 2


def test_a_limit_is_no_match() -> None:
    """celu approaches relu for alpha -> 0, but equals relu for no alpha."""
    assert not [text for text in texts(identify("relu(x)")) if text.startswith("celu")]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("0.3*gelu(x)/7", "gelu"),
        ("0.7978845608*gelu(x)", "gelu"),
        ("0.3333333333*tanh(x)", "tanh"),
        ("mish(x)*pi", "mish"),
    ],
)
def test_a_fitted_number_has_all_its_digits(formula: str, expected: str) -> None:
    """0.7978845608 is not sqrt(2/pi), and 0.3/7 has more than 13 digits."""
    found = identification.identify(formula, more_digits, thorough=False)
    assert [match.max_difference < 1e-15 for match in found.matches if match.name == expected] == [True]


@pytest.mark.parametrize("formula", ["doublesilu(x) + 1e-12*sigmoid(x - 30)", "2*gelu(x) + 1e-14*exp(-x**2)"])
def test_what_differs_by_a_trifle_is_not_equal(formula: str) -> None:
    """No match with a factor such as 1.00000000000003 either."""
    assert texts(identify(formula)) == []


def test_a_branch_far_out_is_compared() -> None:
    """The branch changes silu by 1e-67 at most."""
    assert "silu" not in texts(identify("silu(x) if x > -150 else silu(x)*(1 + 1e-4)"))


def test_the_simplest_relation_comes_first() -> None:
    found = identify("abs(x)")
    assert texts(found)[0] == "vrelu"
    assert "leaky_relu:negative_slope=-1" in texts(found)
    first_with_e = next((i for i, match in enumerate(found.matches) if match.e), len(found.matches))
    assert all(match.e == 0 for match in found.matches[:first_with_e])
    ranks = [len(m.parameters) + (m.a != 1) + (m.b != 1) + (m.c != 0) + (m.d != 0) + (m.e != 0) for m in found.matches]
    assert ranks == sorted(ranks)
    assert "1.75*silu(x)" in texts(identify("eswish"))


def test_the_catalogues_own_name_is_found_beside_a_simpler_relation() -> None:
    """The match with pstanh, x (1 + tanh(x)), needs one number; the match with silu needs two."""
    assert texts(identify("silu(2*x + 1)"))[:2] == ["pstanh(x + 0.5)", "silu(2*x + 1)"]


@pytest.mark.parametrize("at", [0.77, 1.375])
def test_a_threshold_is_found_to_the_last_digit(at: float) -> None:
    found = identify(f"x*(x > {at})")
    assert f"threshold:threshold={at}" in texts(found)
    assert all(match.max_difference < 1e-12 for match in found.matches)


def test_a_threshold_that_is_no_short_number_is_not_cut_short() -> None:
    """The threshold is 0.37/3. Rounded to 11 digits, it would give a different function."""
    found = identify("1 if -0.37 <= 3*x <= 0.63 else 0")
    assert found.matches
    for match in found.matches:
        low = (match.parameters.get("a", 0.0) - match.c) / match.b
        assert match.name == "binary_window"
        assert low == pytest.approx(-0.37 / 3, rel=1e-15)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("sparse_sigmoid(2*x + 1)", "sparse_sigmoid(2*x + 1)"),  # brelu(x + 1) is simpler
        ("max(0, 1 - abs(2*x + 1))", "mrelu(2*x + 1)"),  # hat(-2*x) is
        ("(2*x + 1)/sqrt(1 + (2*x + 1)**2)", "isru(2*x + 1)"),
        ("-1 if x < -1.125 else 1 if x > 0.875 else x", "shhardtanh:a=0.125"),
        ("2/sqrt(3)*pi**(-1/4)*(1 - (abs(x) - 6)**2)*exp(-(abs(x) - 6)**2/2)", "pmaf:a=6"),
        ("2.3*x - 0.4 if 2.3*x - 0.4 > 1 else 0", "threshold(2.3*x - 0.4)"),
    ],
)
def test_what_has_a_simpler_relation_to_another_is_named_too(formula: str, expected: str) -> None:
    found = identify(formula)
    assert expected in texts(found), texts(found)
    check(formula, found)


@pytest.mark.parametrize(
    ("name", "near", "largest"),
    [
        ("gelu", "gelu_tanh", 4.8e-4),
        ("gelu_tanh", "gelu", 4.8e-4),
        ("silu(x) + 0.01*sin(x)", "silu", 0.01),
        ("tanh(x) + 1e-9*sin(x)", "tanh", 1e-9),
        ("x*tanh(log(1.0000001 + exp(x)))", "mish", 1e-6),
        ("x*(1 + tanh(0.7978845608*(x + 0.044715*x**3)))/2", "gelu_tanh", 1e-10),
    ],
)
def test_a_near_relative_is_near_and_not_equal(name: str, near: str, largest: float) -> None:
    found = identification.identify(name, more_digits, thorough=False)
    assert near not in [match.name for match in found.matches]
    assert near in [each.name for each in found.nearest]
    (each,) = [each for each in found.nearest if each.name == near]
    assert 0 < each.max_difference <= largest
    ours, theirs = resolve(name), resolve(near)
    assert float(abs(ours(each.at) - theirs(each.at))) == pytest.approx(each.max_difference, abs=1e-15)


@pytest.mark.parametrize("name", ["relu6", "gcu"])
def test_an_entry_that_is_disturbed_is_equal_to_nothing(name: str) -> None:
    assert identify(f"{name}(x) + 0.01*sin(x)").matches == ()


def random_formula(source: random.Random, depth: int = 3) -> str:
    if depth == 0 or source.random() < 0.15:
        return source.choice(["x", "x", "x", f"{source.uniform(-3, 3):.2f}"])
    kind = source.choice("+-*f")
    if kind == "f":
        name = source.choice(["tanh", "sigmoid", "sin", "cos", "atan", "erf", "softplus", "abs", "relu", "gelu"])
        return f"{name}({random_formula(source, depth - 1)})"
    return f"({random_formula(source, depth - 1)} {kind} {random_formula(source, depth - 1)})"


@pytest.mark.parametrize("seed", [0, 1, 145])
def test_what_is_said_of_a_random_formula_is_so(seed: int) -> None:
    source = random.Random(seed)
    while "x" not in (formula := random_formula(source)):
        pass
    check(formula, identify(formula))


@pytest.mark.parametrize(("text", "complaint"), [("softmax", "whole rows"), ("log(-abs(x))", "too few finite")])
def test_what_can_not_be_identified_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        identify(text)


# --- tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", [3, 6])
def test_a_table_is_what_it_was_made_of(places: int) -> None:
    x = np.linspace(-4, 4, 41)
    table = np.round(1.7 * x / (1 + np.exp(-x)), places)
    found = identify_table("t", x, table)
    assert "1.7*silu(x)" in texts(found)
    assert all(match.max_difference <= 10.0**-places for match in found.matches)
    disturbed = table.copy()
    disturbed[20] += 3 * 10.0**-places
    assert "1.7*silu(x)" not in texts(identify_table("t", x, disturbed))


def test_a_tables_large_values_determine_a_factor_too() -> None:
    """The last digit of 974.0171 says more of the factor than that of 0.0059."""
    x = np.linspace(-6, 6, 41)
    found = identify_table("t", x, np.round(2.414016394910548 * np.exp(x), 4))
    assert "exponential" in [match.name for match in found.matches]


def test_a_table_of_a_narrow_type_is_read_to_its_precision() -> None:
    x = np.linspace(-4, 4, 65)
    y = np.tanh(x).astype(np.float16).astype(np.float64)
    assert "tanh" in texts(identify_table("t", x, y))
    assert (last_digit(y) < 0.01).all()
    np.testing.assert_array_equal(last_digit(np.array([0.25, 1.5])), 0.01)
    np.testing.assert_array_equal(last_digit(np.array([1.0, 3.0])), 1.0)


def test_a_table_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="2 different x"):
        identify_table("t", [0.0, 1.0], [0.0, 1.0])


# --- the parts ---------------------------------------------------------------------------------------------------


def test_known_activations_have_the_values_of_their_entries() -> None:
    x = np.linspace(-3.017, 3.031, 23)
    for known in known_activations():
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(
                known.values(x, {}), known.activation(x), rtol=1e-9, atol=1e-12, err_msg=known.activation.name
            )


def test_known_activations_take_columns_of_parameters() -> None:
    x = np.linspace(-3.017, 3.031, 23)
    for known in known_activations():
        for parameter in known.parameters:
            several = np.array([[parameter.default], [parameter.default * 1.25 + 0.125]])
            try:
                other = known.activation.with_parameters(**{parameter.name: float(several[1, 0])})
            except InputError:
                continue
            with np.errstate(all="ignore"):
                rows = known.values(np.stack([x, x]), {parameter.name: several})
                np.testing.assert_allclose(rows[1], other(x), rtol=1e-8, atol=1e-11, err_msg=other.label)


@pytest.mark.parametrize(
    ("number", "first"),
    [(2.0000000001, 2.0), (0.33333333331, 1 / 3), (1.4142135624, math.sqrt(2)), (1.7020000000001, 1.702), (1e-13, 0.0)],
)
def test_nice_numbers(number: float, first: float) -> None:
    assert first in nice(number)[:3]


def test_what_has_values_on_a_narrow_interval_alone_is_found() -> None:
    assert "2*sbaf(x) - 1" in texts(identify("2/(1 + 0.98*sqrt(x*(1 - x))) - 1"))
    assert not [text for text in texts(identify("1/(1 + 0.97*sqrt(x*(1 - x)))")) if text == "sbaf"]


def test_candidates_with_fewer_numbers_come_first() -> None:
    """Those with more are not asked for if one with fewer holds."""
    x = np.linspace(-3, 3, 25) + 0.0137
    leaky = next(known for known in known_activations() if known.activation.name == "leaky_relu")
    fitter = Fitter(x, np.maximum(x, 0.3 * x))
    for fits in (fitter.fits, fitter.alone):
        counts = [len(fit.fitted) for fit in fits(leaky)]
        assert counts == sorted(counts)
        assert counts[0] == 1


def test_an_a_of_nothing_is_no_match() -> None:
    fitter = Fitter(np.linspace(-3, 3, 20), 2 * np.linspace(-3, 3, 20))
    relu = next(known for known in known_activations() if known.activation.name == "relu")
    assert all(abs(fit.affine["a"]) > 1e-9 for fit in fitter.fits(relu))


def test_a_match_is_written_as_an_activation() -> None:
    match = Match("silu", {"beta": 2.0}, "affine", -1.5, 2.0, -1.0, 0.5, -3.0, 0.0)
    assert written(match) == "-1.5*silu(2*x - 1, beta=2) + 0.5 - 3*x"
    x = np.array([0.3, -1.2])
    u = 2 * x - 1
    np.testing.assert_allclose(resolve(written(match))(x), -1.5 * u / (1 + np.exp(-2 * u)) + 0.5 - 3 * x, rtol=1e-14)


def test_a_line_is_soon_known() -> None:
    """b and c are redundant for a line: a search for them would take a hundred entries."""
    for formula, expected in (("x", "identity"), ("3*x - 2", "3*identity(x) - 2"), ("0*x", "apprelu:a=0")):
        found = identify(formula)
        assert expected in texts(found), texts(found)
        assert all(match.b == 1 and match.c == 0 for match in found.matches)


def test_a_formulas_own_numbers_are_tried() -> None:
    """Both are too far from the grid's 0.5 and 1 for a refinement to begin there."""
    assert constants(elementwise("rsigelud(x, b=0.8, a=-1.5)*x**2 + pi")) == [0.8, -1.5, 2.0]
    entry = next(known for known in known_activations() if known.activation.name == "rsigelud")
    x = np.linspace(-6.0, 6.0, 41) + 0.0137
    y = entry.values(x, {"a": 1.5, "b": 0.8})
    assert not [*Fitter(x, y).pairs(entry)]
    assert [fit.parameters for fit in Fitter(x, y, constants=[0.8, 1.5]).pairs(entry)] == [{"a": 1.5, "b": 0.8}]


def test_a_formulas_own_linear_argument_is_tried() -> None:
    """4.9 x + 0.5 lies too far from every start of the grid for a function that bends so sharply."""
    entries = {known.activation.name: known for known in known_activations()}
    x = np.linspace(-6.0, 6.0, 41) + 0.0137
    for name, b, c in (("generalized_swish", 4.9, 0.5), ("sincos", 1.5, 0.3), ("preu", 0.3, 0.3)):
        (line,) = linear_arguments(elementwise(f"{name}({b}*x + {c})"))
        y = entries[name].values(b * x + c, {})
        fits = list(Fitter(x, y, lines=[line]).inside(entries[name]))
        assert any((fit.affine["b"], fit.affine["c"]) == pytest.approx((b, c), rel=1e-12) for fit in fits), name
