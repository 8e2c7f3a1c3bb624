"""Estimates of a formula's rounding error in float64."""

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.rounding import Rounding
from actcli.multiprecision.evaluator import Evaluator


@pytest.mark.parametrize(
    "text",
    ["0.5*x*(1 + tanh(x))", "log(1 + exp(2*x))/2", "softplus(x) - softplus(x - 1)", "(x + 1)**3 - x**3", "cosh(x) - 1"],
)
def test_no_value_and_no_slope_is_further_off(text: str) -> None:
    activation, x = resolve(text), np.linspace(-30.3, 30.1, 61)
    assert isinstance(activation, Elementwise)
    known = activation.derivatives(x, 1)
    noise = Rounding(activation)(x, known)
    with mpmath.workprec(400):
        exact = np.array([[float(v) for v in Evaluator(activation, 1)(at)] for at in x.tolist()]).T
    assert (np.abs(known - exact) <= 8.0 * noise + 2.0**-50 * np.abs(exact)).all()


def test_after_an_overflow_the_error_is_unknown() -> None:
    activation = resolve("log(1 + exp(x)) if x > -5 else exp(-x)*0 + x")
    assert isinstance(activation, Elementwise)
    x = np.array([-800.0, -6.0, 1.0, 800.0])
    with np.errstate(all="ignore"):
        noise = Rounding(activation)(x, activation.derivatives(x, 1))
    assert np.isinf(noise[0]).tolist() == [True, False, False, True]


def test_a_piece_that_is_not_taken_does_no_harm() -> None:
    activation = resolve("1/x if x > 1 else exp(-x) if x > 0 else 0")
    assert isinstance(activation, Elementwise)
    x = np.array([-1000.0, 0.0, 2.0])
    with np.errstate(all="ignore"):
        assert np.isfinite(Rounding(activation)(x, activation.derivatives(x, 1))).all()
