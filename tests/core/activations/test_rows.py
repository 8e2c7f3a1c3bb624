"""Softmax and log_softmax: laws, extremes, and the Jacobian against its closed form."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpmath import mpf

from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from tests.narrow import elementwise, row_wise

softmax, log_softmax, sparsemax = (row_wise(name) for name in ("softmax", "log_softmax", "sparsemax"))
scores = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


@given(scores)
def test_rows_sum_to_one_within_2_ulp(row: Array) -> None:
    assert abs(math.fsum(softmax(row)) - 1) <= 2 * 2**-52


@given(arrays(np.float64, st.integers(2, 12), elements=st.floats(-40, 40)))
def test_values_are_those_of_the_definition(row: Array) -> None:
    with mpmath.workprec(200):
        weights = [mpmath.exp(mpf(x)) for x in row]
        expected = [float(w / sum(weights)) for w in weights]
        logs = [float(mpmath.log(w / sum(weights))) for w in weights]
    np.testing.assert_allclose(softmax(row), expected, rtol=1e-14)
    np.testing.assert_allclose(log_softmax(row), logs, rtol=1e-14)


@given(scores, st.floats(-100, 100))
def test_only_differences_of_scores_matter(row: Array, shift: float) -> None:
    np.testing.assert_allclose(softmax(row + shift), softmax(row), atol=1e-8)


def test_log_softmax_is_exact_where_one_probability_is_all_but_one() -> None:
    expected = float(-mpmath.log1p(mpmath.exp(-28) + mpmath.exp(-30)))
    assert log_softmax([30.0, 2.0, 0.0])[0] == pytest.approx(expected, rel=1e-15)


@given(arrays(np.float64, st.integers(2, 8), elements=st.floats(-20, 20)))
def test_the_jacobian_is_the_closed_form(row: Array) -> None:
    p = softmax(row)
    np.testing.assert_allclose(softmax.jacobian(row), np.diag(p) - np.outer(p, p), atol=1e-15)
    np.testing.assert_allclose(log_softmax.jacobian(row), np.eye(len(row)) - p[None, :], atol=1e-15)


@given(arrays(np.float64, st.integers(2, 6), elements=st.floats(-300, 300)), st.sampled_from([1.0, 0.37, 100.0]))
def test_shares_and_slopes_are_exact_in_the_tails(row: Array, temperature: float) -> None:
    """The slope of an output close to 1 is the sum of the others: for [40, 0] it is sigmoid'(40), not 0."""
    with mpmath.workprec(4000):
        weights = [mpmath.exp(mpf(float(x)) / mpf(temperature)) for x in row]
        p = [w / mpmath.fsum(weights) for w in weights]
        logs = np.array([[float(-q) for q in p] for _ in p])
        slopes = np.array([[float(-a * b / mpf(temperature)) for b in p] for a in p])
        for i, own in enumerate(p):
            rest = mpmath.fsum(q for j, q in enumerate(p) if j != i)
            logs[i, i], slopes[i, i] = float(rest), float(own * rest / mpf(temperature))
        shares = [float(share) for share in p]
    warm = softmax.with_parameters(temperature=temperature)
    exact: dict[str, Any] = {"rtol": 16 * 2.0**-52, "atol": 4 * 5e-324}
    np.testing.assert_allclose(warm(row), shares, **exact)
    np.testing.assert_allclose(warm.jacobian(row), slopes, **exact)
    if temperature == 1.0:
        np.testing.assert_allclose(log_softmax.jacobian(row), logs, **exact)


def test_the_slopes_of_two_scores_are_those_of_sigmoid() -> None:
    slope = elementwise("sigmoid").derivative(40.0)
    np.testing.assert_allclose(softmax.jacobian([40.0, 0.0]), slope * np.array([[1, -1], [-1, 1]]), rtol=1e-15)


def test_rows_are_the_last_axis() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    assert softmax(x).shape == (2, 3, 4)
    assert softmax.jacobian(x).shape == (2, 3, 4, 4)
    np.testing.assert_array_equal(softmax.jacobian(x)[1, 2], softmax.jacobian(x[1, 2]))


def test_temperature_divides_the_scores() -> None:
    np.testing.assert_array_equal(softmax.with_parameters(temperature=2.0)([2.0, 4.0]), softmax([1.0, 2.0]))


def test_an_infinite_score_takes_all() -> None:
    assert softmax([1.0, np.inf, 3.0]).tolist() == [0, 1, 0]
    assert softmax([-np.inf, 0.0]).tolist() == [0, 1]
    assert np.isnan(softmax([1.0, np.nan])).all()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin", "sparsemax"])
@pytest.mark.parametrize("row", [[-np.inf] * 3, [np.inf, np.inf, 2.0], [-np.inf], [np.inf], [np.inf, -np.inf]])
def test_a_row_without_a_limit_is_nan_and_so_is_its_jacobian(name: str, row: list[float]) -> None:
    """0/0 and inf/inf give nan, as in PyTorch: a fully masked row of attention is visible, and only in its own row."""
    scores = np.array(row) if name != "softmin" else -np.array(row)
    activation = row_wise(name)
    assert np.isnan(activation(scores)).all()
    assert np.isnan(activation.jacobian(scores)).all()
    both = np.stack([scores, np.arange(float(len(row)))])
    assert np.isnan(activation(both)).any(axis=1).tolist() == [True, False]
    assert np.isnan(activation.jacobian(both)).any(axis=(1, 2)).tolist() == [True, False]


# --- rows that are cut in halves --------------------------------------------------------------------------------------

GATES = {
    "glu": lambda x: 1 / (1 + mpmath.exp(-x)),
    "swiglu": lambda x: x / (1 + mpmath.exp(-x)),
    "geglu": lambda x: x * mpmath.ncdf(x),
    "reglu": lambda x: max(x, mpf(0)),
}


GATE_SLOPES = {
    "glu": lambda x: mpmath.exp(x) / (1 + mpmath.exp(x)) ** 2,
    "swiglu": lambda x: mpmath.exp(x) * (1 + x + mpmath.exp(x)) / (1 + mpmath.exp(x)) ** 2,
    "geglu": lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x),
}


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("half", [None, 1, 2])
def test_the_gate_is_the_half_that_was_chosen_and_else_the_one_of_the_source(name: str, half: int | None) -> None:
    activation = CATALOGUE[name].with_parameters(**({"gate_half": half} if half else {}))
    row = np.array([-0.7, 1.3, 2.1, -0.4])
    gate, line = (row[:2], row[2:]) if (half or (2 if name == "glu" else 1)) == 1 else (row[2:], row[:2])
    expected = [float(GATES[name](mpf(g)) * v) for g, v in zip(gate, line, strict=True)]
    np.testing.assert_allclose(activation(row), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "gate"), [("glu", "sigmoid"), ("swiglu", "silu"), ("geglu", "gelu"), ("reglu", "relu")]
)
def test_the_formula_of_a_gate_says_which_half_it_is(name: str, gate: str) -> None:
    """Both forms in the formula, computed with the gate alone, equal the activation."""
    unit, whole = elementwise(gate), CATALOGUE[name]
    formula = f"{gate}(a)*b where gate_half is 1, a*{gate}(b) where it is 2, of the row's halves a and b"
    assert whole.formula == formula
    row = np.array([-0.7, 1.3, 2.1, -0.4])
    a, b = row[:2], row[2:]
    np.testing.assert_allclose(whole.with_parameters(gate_half=1)(row), unit(a) * b, rtol=1e-15)
    np.testing.assert_allclose(whole.with_parameters(gate_half=2)(row), a * unit(b), rtol=1e-15)
    assert "gate_half" not in CATALOGUE["softmax"].formula


def test_a_gate_is_one_half_or_the_other() -> None:
    with pytest.raises(InputError, match="gate_half must be 1 or 2"):
        CATALOGUE["swiglu"].with_parameters(gate_half=1.5)


@pytest.mark.parametrize("name", ["glu", "swiglu", "geglu"])
@given(exponent=st.floats(200, 308), share=st.floats(0, 1))
def test_a_gate_too_small_for_a_float64_keeps_its_product(name: str, exponent: float, share: float) -> None:
    line, gate = 10.0**exponent, (-37.0 - 15.0 * share if name == "geglu" else -690.0 - 700.0 * share)
    activation = row_wise(name).with_parameters(gate_half=1)
    with mpmath.workprec(200):
        value, slope = GATES[name](mpf(gate)), GATE_SLOPES[name](mpf(gate))
        expected = [float(value * line), float(slope * line), float(value)]
    computed = [*activation([gate, line]), *activation.jacobian([gate, line])[0]]
    np.testing.assert_allclose(computed, expected, rtol=8 * 2.0**-52, atol=4 * 5e-324)


@given(arrays(np.float64, st.integers(1, 12), elements=st.floats(-3, 3)))
def test_sparsemax_is_the_nearest_point_of_the_simplex(row: Array) -> None:
    """Conditions of Karush, Kuhn and Tucker: p >= 0, sum 1, and x - p is constant and largest where p > 0."""
    p = sparsemax(row)
    assert (p >= 0).all()
    assert math.fsum(p) == pytest.approx(1, abs=1e-14)
    gap = row - p
    np.testing.assert_allclose(gap[p > 0], gap.max(), atol=1e-14)


def test_the_jacobian_of_sparsemax_is_that_of_the_mean_of_its_support() -> None:
    expected = np.zeros((4, 4))
    expected[:3, :3] = np.eye(3) - 1 / 3
    np.testing.assert_allclose(sparsemax.jacobian([0.5, 0.2, 0.1, -2.0]), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("row", "shares"),
    [
        ([math.inf, 1.0], [1.0, 0.0]),
        ([-math.inf, 0.3, 0.0], [0.0, 0.65, 0.35]),
        ([1e308, -1e308], [1.0, 0.0]),
        ([math.nan, 1.0], [math.nan, math.nan]),
    ],
)
def test_sparsemax_of_what_is_not_finite(row: list[float], shares: list[float]) -> None:
    np.testing.assert_allclose(sparsemax(row), shares, rtol=1e-15)
    assert np.isnan(sparsemax.jacobian(row)).all() == math.isnan(shares[0])
