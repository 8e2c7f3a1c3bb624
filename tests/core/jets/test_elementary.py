"""Derivatives of elementary functions against mpmath's Taylor series."""

from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.jets import choice, elementary
from actcli.core.jets.jet import Jet
from tests.truth import ulp_error

ORDER = 6
TRUTH = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "normal_cdf": mpmath.ncdf,
}


def derivatives(function: Any, x: float) -> list[float]:
    with mpmath.workprec(200):
        return [float(mpmath.diff(function, mpmath.mpf(x), order)) for order in range(ORDER + 1)]


@pytest.mark.parametrize("name", TRUTH)
@given(x=st.floats(0.1, 4))
def test_each_rule_gives_the_derivatives_of_its_function(name: Any, x: Any) -> None:
    jet = getattr(elementary, name)(Jet.variable(np.array([x]), ORDER))
    expected = derivatives(TRUTH[name], x)
    np.testing.assert_allclose(jet.derivatives[:, 0], expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", TRUTH)
@given(x=st.floats(0.2, 1.5))
def test_each_rule_obeys_the_chain_rule(name: Any, x: Any) -> None:
    t = Jet.variable(np.array([x]), ORDER)
    jet = getattr(elementary, name)(t * t + 0.5)
    expected = derivatives(lambda s: TRUTH[name](s * s + mpmath.mpf(0.5)), x)
    np.testing.assert_allclose(jet.derivatives[:, 0], expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", TRUTH)
def test_values_are_the_same_over_arrays_and_over_jets(name: Any) -> None:
    x = np.linspace(0.1, 5, 101)
    function = getattr(elementary, name)
    np.testing.assert_array_equal(function(x), function(Jet.variable(x, 1)).value)


@given(x=st.floats(-300, 300), factor=st.floats(0.1, 2.5))
def test_a_product_as_argument_is_not_rounded(x: Any, factor: Any) -> None:
    with mpmath.workprec(1500):
        exact = 1 / (1 + mpmath.exp(-mpmath.mpf(x) * mpmath.mpf(factor)))
    computed = elementary.sigmoid.of_product(np.array([x]), factor)[0]
    assert ulp_error(float(computed), exact) <= 4


def test_select_runs_each_function_only_where_it_is_taken() -> None:
    seen = []

    def noting(name: Any) -> Any:
        return lambda x: seen.append((name, x.tolist())) or x * 10.0

    x = np.array([-2.0, 0.0, 1.0, 3.0])
    result = choice.select(
        x, (x < 0, noting("a")), (x < 2, noting("b")), (x > 99, noting("c")), otherwise=lambda x: 7.0
    )
    assert result.tolist() == [-20.0, 0.0, 10.0, 7.0]
    assert seen == [("a", [-2.0]), ("b", [0.0, 1.0])]


def test_select_fills_jets_and_takes_constants() -> None:
    x = Jet.variable(np.array([-1.0, 2.0]), 2)
    result = choice.select(x, (x <= 0.0, lambda x: 5.0), otherwise=lambda x: x * x)
    assert result.derivatives.tolist() == [[5.0, 4.0], [0.0, 4.0], [0.0, 2.0]]
