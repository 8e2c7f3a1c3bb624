"""The random formulas are formulas of the program, and their truth has their values."""

import random

import numpy as np

from tests.fuzz.formulas_with_truth import Truth, formula
from tests.narrow import elementwise


def test_random_formulas_have_the_values_of_their_truth() -> None:
    choose = random.Random(0)
    x = np.array([-4.7, -1.0, 0.0, 0.3, 2.5])
    for text in (formula(choose) for _ in range(15)):
        with np.errstate(all="ignore"):
            values = elementwise(text)(x)
        exact = [float(Truth(text)(at)) for at in x.tolist()]
        fits = np.isclose(values, exact, rtol=1e-9, atol=1e-12, equal_nan=True)
        assert (fits | ~np.isfinite(values)).all(), (text, values, exact)


def test_tails_are_seen_and_those_that_are_not_are_not_certain() -> None:
    far = Truth("1 - tanh(x)")
    assert 0 < far(1000) < 1e-300
    assert far.certain(1e9) is None
    assert Truth("x + 1").certain(1e9) == 1e9 + 1
    assert abs(Truth("sin(0.1*x)").slope(0) - 0.1) < 1e-16
