"""Formulas computed in narrow types, against NumPy's float32; and their intermediate results."""

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.activations.expression import Node
from actcli.core.audit.emulation import Working, as_computed, read_spelling
from actcli.core.audit.spellings import SPELLINGS, spellings
from actcli.core.audit.trees import exactly, nodes, replaced, text_of
from actcli.core.numerics.formats import round_to
from tests.each import each

f32 = np.float32


def formula(text: str) -> Node:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return read_spelling(activation, text)


def test_conditions_choose_what_is_computed() -> None:
    text = "x/3 if x > -2 and not x > 1 or x == 5 else x*0.1 + (1 if x else 7)"
    x = np.concatenate([np.linspace(-6, 6, 1001), [-2.0, 0.0, 1.0, 5.0]]).astype(f32)
    third = ((x > -2) & (x <= 1)) | (x == 5)
    expected = np.where(third, x / f32(3), x * f32(0.1) + np.where(x != 0, f32(1), f32(7)))
    found = as_computed(formula(text), x.astype(np.float64), Working("float32"))
    assert (found == expected).all()
    assert 100 < third.sum() < 900


def test_constants_are_folded_before_they_are_rounded() -> None:
    """1.001 alone is 1 in bfloat16, but a kernel contains the difference as one constant."""
    found = as_computed(formula("x*(1.001 - 1) + 0*x"), np.array([1.0, 2.0]), Working("bfloat16"))
    constant = round_to(np.array(1.001 - 1), "bfloat16")
    assert 0 < constant < 0.001
    assert found.tolist() == [constant, 2 * constant]


def test_every_operation_is_rounded() -> None:
    text = "x*tanh(log(1+exp(x)))-x/3"
    x = np.linspace(-12, 6, 200).astype(np.float16)
    f16 = np.float16
    inner = (f16(1) + np.exp(x.astype(np.float64)).astype(f16)).astype(np.float64)
    gate = np.tanh(np.log(inner).astype(f16).astype(np.float64)).astype(f16)
    found = as_computed(formula(text), x.astype(np.float64), Working("float16"))
    assert (found == x * gate - x / f16(3)).all()


def test_ways_of_working() -> None:
    x = np.array([2.0**-70, 1.0, 2.0**70])
    square = formula("x*x*0.5")
    assert as_computed(square, x, Working("float32")).tolist() == [2.0**-141, 0.5, np.inf]
    assert as_computed(square, x, Working("float32", flush=True)).tolist() == [0.0, 0.5, np.inf]
    assert as_computed(square, x, Working("float32", unbounded=True)).tolist() == [2.0**-141, 0.5, 2.0**139]
    tiny = np.array([2.0**-130])
    halved = formula("exp(0*x)*x/2")
    assert as_computed(halved, tiny, Working("float32", flush=True)).tolist() == [0.0]
    assert as_computed(formula("x/2"), tiny, Working("float32", flush=True, flush_ends=False)).tolist() == [2.0**-131]
    third = f32(1) + f32(np.finfo(f32).eps) * f32(1)
    assert as_computed(formula("cosh(0*x)"), tiny, Working("float32", nudges=(1,))).tolist() == [float(third)]


def test_a_part_is_found_by_its_text_and_replaced_wherever_it_stands() -> None:
    tree = formula("tanh(x) + x*(1 - tanh(x)**2)")
    texts = [text_of(node) for node in nodes(tree)]
    assert texts[0] == "tanh(x)"
    assert texts[-1] == "tanh(x) + x*(1 - tanh(x)**2)"
    assert "1 - tanh(x)**2" in texts
    changed = replaced(tree, "tanh(x)", formula("sin(x)"))
    assert text_of(changed) == "sin(x) + x*(1 - sin(x)**2)"
    assert text_of(tree) == texts[-1]


FAR = np.array([-80.0, -20.0, -3.0, -0.5, 0.25, 2.0, 20.0, 80.0])
APPROXIMATIONS = {"gelu", "erf", "hard_sigmoid"}


@pytest.mark.parametrize("name", [name for name in SPELLINGS if name not in APPROXIMATIONS])
@pytest.mark.parametrize("order", [0, 1])
def test_every_spelling_is_the_activation(name: str, order: int) -> None:
    activation = CATALOGUE[name]
    assert isinstance(activation, Elementwise)
    x = np.linspace(-3, 3, 100) + 1e-3
    for text in spellings(activation, order):
        values = as_computed(read_spelling(activation, text), x, Working("float64"))
        assert np.allclose(values, activation.derivative(x, order) if order else activation(x), rtol=0, atol=1e-9), text


@each(
    ("text", "same"),
    [
        ("1 + erf(x)", "erfc(-x)"),
        ("1 - erf(x)", "erfc(x)"),
        ("1 + tanh(x)", "2*sigmoid(2*x)"),
        ("1 - tanh(3*x)", "2*sigmoid(-6*x)"),
        ("1 - tanh(x)**2", "4*sigmoid(2*x)*sigmoid(-2*x)"),
        ("1 - sigmoid(x)", "sigmoid(-x)"),
        ("1 - 1/(1 + exp(-x))", "sigmoid(-x)"),
        ("exp(x)/(1 + exp(x))", "sigmoid(x)"),
        ("exp(x)/(1 + exp(x))**2", "sigmoid(x)*sigmoid(-x)"),
        ("sigmoid(x) - sigmoid(x)**2", "sigmoid(x)*sigmoid(-x)"),
        ("2*expm1(x) + 2", "2*exp(x)"),
        ("exp(x/8) - 1", "expm1(x/8)"),
        ("1 - exp(x/8)", "-expm1(x/8)"),
        ("log(1 + exp(x))", "softplus(x)"),
        ("log(sigmoid(x))", "log_sigmoid(x)"),
        ("log(x*x*1e-30 + 1)", "log1p(x*x*1e-30)"),
        ("2/(1 + exp(-2*x)) - 1", "tanh(x)"),
        ("1 - 2/(1 + exp(2*x))", "tanh(x)"),
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "tanh(x)"),
        ("x + sqrt(x**2 + 3)", "2*squareplus(x, 3)"),
        ("x - tanh(x)", "tanh_shrink(x)"),
        ("1 - abs(softsign(x))", "1/(1 + abs(x))"),
        ("1 - erfc(x)", "erf(x)"),
    ],
)
def test_what_cancels_or_overflows_has_a_form_that_does_not(text: str, same: str) -> None:
    x = np.concatenate([FAR, FAR * 1e-9])
    call = exactly(formula(text))
    found = as_computed(call, x, Working("float64"))
    assert np.allclose(found, resolve(same)(x), rtol=1e-12, atol=0.0)
