"""Formulas in few bits, against NumPy's own float32."""

import numpy as np

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.emulation import as_computed
from actcli.core.numerics.formats import round_to

f32 = np.float32


def test_conditions_choose_what_is_computed() -> None:
    text = "x/3 if x > -2 and not x > 1 or x == 5 else x*0.1 + (1 if x else 7)"
    x = np.concatenate([np.linspace(-6, 6, 1001), [-2.0, 0.0, 1.0, 5.0]]).astype(f32)
    third = ((x > -2) & (x <= 1)) | (x == 5)
    expected = np.where(third, x / f32(3), x * f32(0.1) + np.where(x != 0, f32(1), f32(7)))
    found, _ = as_computed(resolve(text), text, x.astype(np.float64), "float32")
    assert (found == expected).all()
    assert 100 < third.sum() < 900


def test_constants_are_folded_before_they_are_rounded() -> None:
    """In bfloat16 1.001 alone is 1: a kernel has the difference as one constant."""
    text = "x*(1.001 - 1) + 0*x"
    found, sums = as_computed(resolve(text), text, np.array([1.0, 2.0]), "bfloat16")
    constant = round_to(np.array(1.001 - 1), "bfloat16")
    assert 0 < constant < 0.001
    assert found.tolist() == [constant, 2 * constant]
    assert {one.text for one in sums} == {"x*(1.001 - 1) + 0*x"}, "sums of constants are not noted"


def test_every_operation_is_rounded_and_every_sum_noted_with_its_text() -> None:
    text = "x*tanh(log(1+exp(x)))-x/3"
    x = np.linspace(-12, 6, 200).astype(np.float16)
    f16 = np.float16
    inner = (f16(1) + np.exp(x.astype(np.float64)).astype(f16)).astype(np.float64)
    gate = np.tanh(np.log(inner).astype(f16).astype(np.float64)).astype(f16)
    found, sums = as_computed(resolve(text), text, x.astype(np.float64), "float16")
    assert (found == x * gate - x / f16(3)).all()
    assert {one.text for one in sums} == {"1 + exp(x)", "x*tanh(log(1 + exp(x))) - x/3"}
    assert {one.fate for one in sums} == {"cancels", "loses its small term", "overflows"}
