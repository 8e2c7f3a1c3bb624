"""Distribution of f(z) against closed forms."""

import math
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.analysis.density import pushforward
from tests.each import each
from tests.narrow import elementwise


def cdf(z: float) -> float:
    return float(mpmath.ncdf(z))


def normal(edges: np.ndarray) -> list[float]:
    return [float(mpmath.ncdf(b) - mpmath.ncdf(a)) for a, b in pairwise(edges)]


def histogram(text: str, edges: np.ndarray) -> list[float]:
    return pushforward(elementwise(text)).histogram(edges).probability.tolist()


EDGES = np.linspace(-3.0, 3.0, 25)


def test_the_identity_keeps_the_normal_distribution() -> None:
    found = pushforward(elementwise("identity")).histogram(EDGES)
    assert found.probability.tolist() == pytest.approx(normal(EDGES), rel=1e-12)
    assert (found.below, found.above) == (pytest.approx(cdf(-3)), pytest.approx(cdf(-3)))
    assert found.density.tolist() == pytest.approx([p * 4 for p in normal(EDGES)])


def test_the_tails_are_exact() -> None:
    edges = np.array([-8.0, -7.0, -6.0, 6.0, 7.0, 8.0])
    tails = [cdf(-7) - cdf(-8), cdf(-6) - cdf(-7)]
    found = histogram("identity", edges)
    assert found[:2] + found[:2:-1] == pytest.approx(tails * 2, rel=1e-12, abs=0)


def test_a_turn_between_two_points_is_found() -> None:
    """(x - c)² < e for |z - c| < sqrt(e), an interval far narrower than the cells."""
    c, e = 0.1003, 1e-7
    found = histogram(f"(x - {c})**2", np.array([0.0, e, 1.0]))
    assert found[0] == pytest.approx(float(mpmath.ncdf(c + e**0.5) - mpmath.ncdf(c - e**0.5)), rel=1e-6)


def test_relu_has_half_of_the_probability_in_an_atom() -> None:
    found = pushforward(elementwise("relu"))
    assert found.atoms == ((0.0, pytest.approx(0.5)),)
    positive = np.linspace(0.0, 3.0, 13)
    assert found.histogram(positive).probability.tolist() == pytest.approx(normal(positive), rel=1e-12)
    assert found.histogram(positive).below == 0.0


def test_hard_tanh_and_step_have_their_atoms() -> None:
    tail = pytest.approx(cdf(-1.0))
    assert pushforward(elementwise("hard_tanh")).atoms == ((-1.0, tail), (1.0, tail))
    assert pushforward(elementwise("step")).atoms == ((0.0, pytest.approx(0.5)), (1.0, pytest.approx(0.5)))
    assert pushforward(elementwise("hard_shrink")).atoms == ((0.0, pytest.approx(2 * cdf(0.5) - 1)),)
    assert pushforward(elementwise("3*x**0")).atoms == ((3.0, pytest.approx(1.0)),)


def test_what_creeps_up_to_its_limit_has_no_atom() -> None:
    for text in ("tanh", "sigmoid(100*x)", "tanh(1000*x)", "erf"):
        assert pushforward(elementwise(text)).atoms == ()


def test_the_square_has_the_chi_square_distribution() -> None:
    edges = np.linspace(0.0, 4.0, 33)
    truth = [float(mpmath.gammainc(0.5, a / 2, b / 2, regularized=True)) for a, b in pairwise(edges)]
    assert histogram("x*x", edges) == pytest.approx(truth, rel=1e-9)


def test_exp_has_the_lognormal_distribution() -> None:
    edges = np.array([0.01, 0.1, 0.5, 1.0, 2.0, 10.0])
    assert histogram("exp(x)", edges) == pytest.approx(normal(np.log(edges)), rel=1e-11)


def test_the_reciprocal_has_two_branches() -> None:
    edges = np.array([-4.0, -1.0, -0.25, 0.25, 1.0, 4.0])
    inner = cdf(-0.25) - cdf(-1.0)
    assert histogram("1/x", edges)[1:2] == pytest.approx([cdf(-1.0) - cdf(-4.0)], rel=1e-12)
    assert histogram("1/x", edges)[0] == pytest.approx(inner, rel=1e-12)
    assert histogram("1/x", edges)[2] == pytest.approx(2 * cdf(-4.0), rel=1e-9)


def test_a_wave_passes_every_edge_many_times() -> None:
    edges = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    # The phase of a fast wave is almost uniform: arcsine distribution.
    truth = [(math.asin(b) - math.asin(a)) / math.pi for a, b in pairwise(edges)]
    assert histogram("sin(30*x)", edges) == pytest.approx(truth, rel=1e-9)


@each("text", [*(name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)), "log(x)", "tan(x)"])
def test_all_probabilities_together_are_1(text: str) -> None:
    found = pushforward(elementwise(text))
    bins = found.histogram(
        np.linspace(found.quantile(0.01)[0], found.quantile(0.99)[0], 51)
        if found.quantile(0.9) > found.quantile(0.1)
        else EDGES
    )
    total = bins.probability.sum() + bins.below + bins.above + found.undefined + sum(p for _, p in found.atoms)
    assert total == pytest.approx(1.0, abs=1e-12)


def test_what_has_no_value_is_counted() -> None:
    assert pushforward(elementwise("log(x)")).undefined == pytest.approx(0.5)
    assert pushforward(elementwise("gelu")).undefined == 0.0


def test_moments() -> None:
    relu = pushforward(elementwise("relu"))
    assert relu.mean == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-12)
    assert relu.deviation == pytest.approx(math.sqrt(0.5 - 0.5 / math.pi), rel=1e-10)
    assert pushforward(elementwise("3*x**0")).deviation == pytest.approx(0.0, abs=1e-12)
    assert (pushforward(elementwise("1/x")).mean, pushforward(elementwise("1/x")).deviation) == (None, None)
    assert pushforward(elementwise("exp(0.3*x*x)")).mean == pytest.approx(1 / math.sqrt(0.4), rel=1e-9)
    assert pushforward(elementwise("exp(0.3*x*x)")).deviation is None


def test_a_small_deviation_beside_a_large_mean_survives() -> None:
    """E[f²] - E[f]² would lose all but seven digits."""
    assert pushforward(elementwise("1e4 + x")).deviation == pytest.approx(1.0, rel=1e-10)


def test_the_last_bin_holds_its_upper_edge() -> None:
    """For z > 5.9 (probability 2e-9) erf is 1 in float64."""
    found = pushforward(elementwise("erf")).histogram(np.array([-1.0, 0.0, 1.0]))
    assert found.probability.tolist() == pytest.approx([0.5, 0.5], rel=1e-12)
    assert (found.below, found.above) == (0.0, 0.0)


def test_quantiles_count_atoms() -> None:
    low, middle, high = pushforward(elementwise("relu")).quantile(0.1, 0.45, 0.975).tolist()
    assert (low, middle) == (0.0, 0.0)
    assert high == pytest.approx(1.96, abs=0.01)
    assert np.isnan(pushforward(elementwise("log(-1 - x*x)")).quantile(0.5)).all()
