"""Invalid formulas are refused in one line with the reason, and similar valid ones are accepted."""

import pytest

from actcli.core.activations.catalogue import ACTIVATIONS, resolve
from actcli.core.activations.family import family
from actcli.core.activations.formula import formula
from actcli.core.errors import InputError
from tests.each import each

# Refused text, error, and a similar accepted text.
REFUSED = [
    ("5", "the number '5' has no x; a constant is written '5*x**0'", "5*x**0"),
    (
        "0,5*x",
        "a decimal comma, or a comma too many, in column 1 of the formula '0,5*x'; a half is written 0.5",
        "0.5*x",
    ),
    ("max(0;x)", "commas part arguments, in column 6 of the formula", "max(0,x)"),
    ("x if x => 0 else 0", "'at least' is written >=, in column", "x if x >= 0 else 0"),
    ("x if x =< 0 else 0", "'at most' is written <=, in column", "x if x <= 0 else 0"),
    ("elu:alpha=0,5", "not '5'; a half is written alpha=0.5", "elu:alpha=0.5"),
    ("x*a*b:a=2;b=3", "a must be a number, not '2;b=3'; commas part parameters", "x*a*b:a=2,b=3"),
    ("elu:ALPHA=2", "elu has alpha, not 'ALPHA'; did you mean alpha?", "elu:alpha=2"),
    ("leaky_relu:negative-slop=2", "did you mean negative_slope?", "leaky_relu:negative-slope=2"),
    ("gelu:approximate=tanh", "not 'tanh'; write gelu_tanh or gelu", "gelu_tanh"),
    ("w*2", "w has no value, in column 1 of the formula 'w*2'; the variable of a formula is x", "x*2"),
    (
        "a*x + b + c:b=2",
        "a parameter gets its value after a colon: 'a*x + b + c:b=2,a=1,c=1'",
        "a*x + b + c:b=2,a=1,c=1",
    ),
    ("~x", "the operator ~ is not available", "-x"),
    ("x is not 1", "the comparison 'is not' is not available", "x != 1"),
    ("{x}", "{x} is no part of a formula", "(x)"),
    ("x@2", "the operator @ is not available", "x*2"),
    ("x[0]", "x[0] is no part of a formula", "x"),
    ("1j*x", "1j is not a real number", "1*x"),
    ("x*tanh(2j)", "2j is not a real number", "x*tanh(2)"),
    (
        "a*x",
        "a has no value, in column 1 of the formula 'a*x'; a parameter gets its value after a colon: 'a*x:a=1'",
        "a*x:a=1",
    ),
    ("x**99999", "the exponent 99999 is too large (at most 1000)", "x**1000"),
    ("max(*x)", "an argument with a star is not available", "max(x, 0)"),
    ("where(x, 1)", "where takes 3 arguments", "where(x > 0, 1, x)"),
    ("pow(x)", "pow takes 2 arguments", "pow(x, 2)"),
    ("x is 1", "the comparison 'is' is not available", "x == 1"),
    ("exp(x, alpha=2)", "exponential has no parameters: write exponential", "exp(x)"),
    ("lambda: 2", "a function of one number is needed, such as 'lambda x: x*2'", "lambda y: y*2"),
    ("def f(x): pass", "f does not return a value in every case", "def f(x): return x"),
    ("def f(x):\n  if x > 0: return x", "f does not return a value in every case", "def f(x):\n  return x"),
    ("def f(x):\n  for i in x: return 1", "a function may contain 'if', assignments and 'return', not 'for'", "x"),
    ("√2x", "how far a root goes is not clear: write 'sqrt(2)*x' or 'sqrt(2*x)'", "√(2x)"),
    (r"\frac{x}{2", "a brace of LaTeX is not closed", r"\frac{x}{2}"),
    ("sin 2x", "how far the argument of sin goes is not clear: write 'sin(2*x)'", "sin x"),
    ("1/2x", "how far a divisor goes is not clear: write it as in '1/(2*x)' or '1/2*x'", "1/(2x)"),
    ("e^2x", "how far an exponent goes is not clear: write it as in 'e**(2*x)' or 'e**2*x'", "e^(2x)"),
    ("|x|x", "after a bar the sign of a product is needed, as in 'abs(x)*x'", "|x|*x"),
    ("elu(x, alpha=2*x)", "alpha must be a number, not 2 * x", "elu(x, alpha=2)"),
    ("9" * 400 + "*x", "the number is too large", "9" * 300 + "*x"),
    ("lambda z: x", "x is no argument of the function", "lambda x: x"),
    ("f(z) = x", "x is no argument of the function, which takes z", "f(x) = x"),
    ("f(z) = x*z", "x is no argument of the function", "f(z) = z*z"),
    ("f(w) = w*x:w=2", "x is no argument of the function", "f(w, x) = w*x:w=2"),
    ("x.real", "names have no dots here; a formula is written as in 'x*tanh(x)'", "x"),
    ("x.relu", "names have no dots here: write relu alone", "relu(x)"),
    ("(x", "was never closed", "(x)"),
    ("elu:alpha", "a parameter is written name=number, not 'alpha'", "elu:alpha=2"),
    ("gelu_tanh:alpha=a", "alpha must be a number, not 'a'", "gelu_tanh"),
    ("sin(2) + 1", "has no x; the variable of a formula is x", "sin(2) + x"),
    ("x + \ud800", "U+D800, which no font shows, is no part of a formula, in column 5", "x + 1"),
    ("x*\0 2", "U+0000, which no font shows, is no part of a formula, in column 3", "x*2"),
    ("relu\0", "U+0000, which no font shows, is no part of a formula, in column 5", "relu"),
    ("x\x1b[31m", "U+001B, which no font shows, is no part of a formula, in column 2", "x\t"),
    ("x\u202e+1", "U+202E, which no font shows, is no part of a formula, in column 2", "x\u2212１"),
    ("x+0777", "a number begins with 0 and another digit", "x+0.777"),
    ('x+"', "a quotation mark is no part of a formula", "x+1"),
    ("x\\", "a backslash is no part of a formula", "x"),
    ("2*х", "х has Cyrillic letters; did you mean x?", "2*x"),
    ("sіn(x)", "there is no function 'sіn', in column 1 of the formula 'sіn(x)'; did you mean sin", "sin(x)"),
    ("tanh²((x)", "a parenthesis is not closed", "tanh²(x)"),
    ("x > 0 ? x", "a choice is written 'a if c else b', or c ? a : b", "x > 0 ? x : 0"),
    ("x > 0 ? (x : 0)", "a choice is written 'a if c else b', or c ? a : b", "x if x > 0 else 0"),
    (
        "def f(x):\n  a = x + x\n" + "  a = a + a\n" * 12 + "  return a",  # 2^13 times x
        "the function's formula is too long: of more than 4000 parts",
        "def f(x):\n  a = x + x\n" + "  a = a + a\n" * 4 + "  return a",
    ),
    (
        "def g(x): return " + "+".join(["x"] * 30) + "\ndef f(x): return " + "+".join(["g(x)"] * 90),
        "the function's formula is too long: of more than 4000 parts",
        "def g(x): return " + "+".join(["x"] * 30) + "\ndef f(x): return g(x) + g(x)",
    ),
]


@each(("refused", "why", "taken"), REFUSED)
def test_what_is_no_formula_is_refused_and_its_neighbour_is_taken(refused: str, why: str, taken: str) -> None:
    with pytest.raises(InputError) as error:
        resolve(refused)
    assert why in str(error.value)
    assert "\n" not in str(error.value)
    resolve(taken)


@pytest.mark.parametrize(
    ("refused", "why", "taken"),
    [
        (" ", "an empty formula", "x"),
        ("elu(x, x)", "alpha of elu must not depend on x, in column 1 of the formula", "elu(x, 2)"),
    ],
)
def test_the_grammar_refuses_what_was_not_refused_before_it(refused: str, why: str, taken: str) -> None:
    with pytest.raises(InputError, match=why):
        formula(refused, {}, ACTIVATIONS)
    formula(taken, {}, ACTIVATIONS)


@pytest.mark.parametrize(
    "written", ["sqrt(2)*x", "sqrt(2*x)", "sin(2*x)", "1/(2*x)", "1/2*x", "e**(2*x)", "e**2*x", "abs(x)*x"]
)
def test_the_way_out_that_a_refusal_names_is_taken(written: str) -> None:
    resolve(written)


@pytest.mark.parametrize(
    ("refused", "why", "taken"),
    [
        ("elu:alpha=1/2,beta=3/4", "one parameter runs through several values, not 2", "elu:alpha=1/2"),
        ("elu:alpha=1..1.0000000000000002", "too near to each other for 7 values", "elu:alpha=1..2"),
    ],
)
def test_what_is_no_family_is_refused(refused: str, why: str, taken: str) -> None:
    with pytest.raises(InputError, match=why):
        family(refused)
    assert len(family(taken)) > 1


def test_a_name_of_any_length_makes_a_short_message() -> None:
    long = "a" * 900
    for text in (long, f"{long}(x)", f"{long}*x", f"relu:{long}=1", f"x:{long}=1", f"elu:alpha={long}"):
        with pytest.raises(InputError) as error:
            resolve(text)
        assert len(str(error.value)) < 250
