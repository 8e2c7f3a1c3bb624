"""Row-wise activations of recent models against their definitions. (Elementwise ones: test_catalogue.)"""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpmath import mpf

from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from tests.narrow import row_wise

entmax15, standardize, swiglu_oai = (row_wise(name) for name in ("entmax15", "standardize", "swiglu_oai"))
rows = arrays(np.float64, st.integers(1, 12), elements=st.floats(-20, 20))


def entmax_by_bisection(row: list[float]) -> list[mpf]:
    """max(0, s/2 - τ)² with τ by bisection, so that the row sums to 1."""
    half = [mpf(x) / 2 for x in row]
    low, high = max(half) - 1, max(half)
    for _ in range(300):
        tau = (low + high) / 2
        if sum(max(mpf(0), s - tau) ** 2 for s in half) > 1:
            low = tau
        else:
            high = tau
    return [max(mpf(0), s - low) ** 2 for s in half]


@given(rows)
def test_entmax15_is_its_definition(row: Array) -> None:
    with mpmath.workprec(200):
        exact = [float(p) for p in entmax_by_bisection(row.tolist())]
    np.testing.assert_allclose(entmax15(row), exact, rtol=1e-12, atol=1e-14)


@given(rows)
def test_entmax15_is_a_distribution_with_zeros(row: Array) -> None:
    p = entmax15(row)
    assert (p >= 0).all()
    assert math.fsum(p) == pytest.approx(1, abs=1e-13)
    far = np.max(row) - row > 2  # output 0: at least 2 below the maximum
    assert not p[far].any()


def test_entmax15_of_published_figures() -> None:
    """For two scores at a distance t < 2 the square roots of the outputs differ by t / 2."""
    for t in (0.0, 0.5, 1.3, 1.9):
        b = (-t / 2 + math.sqrt(2 - t * t / 4)) / 2
        np.testing.assert_allclose(entmax15([t, 0.0]), [1 - b * b, b * b], rtol=1e-14)
    assert entmax15([2.0, 0.0]).tolist() == [1, 0]
    assert entmax15([math.inf, 0.0]).tolist() == [1, 0]
    assert np.isnan(entmax15([math.nan, 0.0])).all()


@given(arrays(np.float64, st.integers(2, 6), elements=st.floats(-3, 3)))
def test_the_jacobian_of_entmax15_is_the_closed_form(row: Array) -> None:
    p = entmax15(row)
    if any(0 < share < 1e-4 for share in p):
        return  # an output is close to 0, where the Jacobian jumps
    g = np.sqrt(p)
    np.testing.assert_allclose(entmax15.jacobian(row), np.diag(g) - np.outer(g, g) / g.sum(), atol=1e-9)


@given(arrays(np.float64, st.integers(2, 8), elements=st.floats(-50, 50)))
def test_standardize_is_its_definition(row: Array) -> None:
    with mpmath.workprec(200):
        values = [mpf(x) for x in row.tolist()]
        mean = mpmath.fsum(values) / len(values)
        variance = mpmath.fsum((x - mean) ** 2 for x in values) / len(values)
        exact = [float((x - mean) / mpmath.sqrt(variance + mpf(1e-5))) for x in values]
    np.testing.assert_allclose(standardize(row), exact, rtol=1e-9, atol=1e-12)


def test_the_jacobian_of_standardize_is_that_of_layer_norm() -> None:
    row = np.array([0.3, -1.2, 2.5, 0.1])
    m, away = len(row), row - row.mean()
    scale = math.sqrt(row.var() + 1e-5)
    exact = (np.eye(m) - 1 / m - np.outer(away, away) / (m * scale * scale)) / scale
    np.testing.assert_allclose(standardize.jacobian(row), exact, rtol=1e-12, atol=1e-15)


@given(arrays(np.float64, st.integers(1, 5).map(lambda n: 2 * n), elements=st.floats(-20, 20)))
def test_swiglu_oai_is_that_of_gpt_oss(row: Array) -> None:
    expected = []
    for gate, up in row.reshape(-1, 2).tolist():
        gate, up = min(gate, 7.0), min(max(up, -7.0), 7.0)
        expected.append((up + 1) * gate / (1 + mpmath.exp(mpf(-1.702) * gate)))
    np.testing.assert_allclose(swiglu_oai(row), [float(y) for y in expected], rtol=1e-14)


def test_swiglu_oai_takes_pairs_and_its_own_clamp() -> None:
    with pytest.raises(InputError, match="even number of values, not 3"):
        swiglu_oai([1.0, 2.0, 3.0])
    free = row_wise("swiglu_oai:alpha=1,limit=100")
    assert free([10.0, 9.0]).tolist() == pytest.approx([10 * 10 / (1 + math.exp(-10))])
    assert row_wise("swiglu_oai").jacobian([8.0, 1.0]).tolist()[0][0] == 0, "beyond the limit the gate is flat"


def test_celu_falls_where_alpha_is_negative() -> None:
    celu = resolve("celu:alpha=-2")
    assert celu([-3.0, 0.0, 4.0]).tolist() == pytest.approx([-2 * math.expm1(1.5), 0, 4])
    assert celu(-1e6) == -math.inf
    with pytest.raises(InputError, match="celu needs alpha != 0"):
        resolve("celu:alpha=0")


# Names that stand for a formula, and their definitions.
FORMULAS = {
    "logit": lambda x: mpmath.log(x / (1 - x)),
    "log1mexp": lambda x: mpmath.log(1 - mpmath.exp(-x)),
    "xielu": lambda x: mpf(0.8) * x * x + x / 2,
    "sqrtsoftplus": lambda x: mpmath.sqrt(mpmath.log(1 + mpmath.exp(x))),
    "ScaledTanh(alpha=1.7159, beta=0.6667)": lambda x: mpf(1.7159) * mpmath.tanh(mpf(0.6667) * x),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_of_a_formula(name: str) -> None:
    for x in (0.03, 0.3, 0.6, 0.97):
        assert float(resolve(name)(x)) == pytest.approx(float(FORMULAS[name](mpf(x))), rel=1e-14)
    assert float(resolve("xielu")(-2.0)) == pytest.approx(0.8 * (math.expm1(-2) + 2) - 1, rel=1e-14)
