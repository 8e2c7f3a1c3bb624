"""Phase diagrams against mpmath, closed forms, published figures, and single fixed points."""

import math
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.numerics import quadrature
from actcli.core.numerics.quadrature import expectation
from actcli.core.theory import phase
from actcli.core.theory.fixed_point import fixed_point
from actcli.core.theory.layer_maps import _cobweb
from actcli.core.theory.mean_field import MeanField
from actcli.core.theory.phase import PhaseDiagram, phase_diagram

BIASES = np.array([0.0, 0.05, 0.5, 2.0])
WEIGHTS = np.array([0.5, 1.0, 1.3, 1.9, 2.5, 4.0])


def unit(act: str) -> Elementwise:
    activation = resolve(act)
    assert isinstance(activation, Elementwise)
    return activation


@cache
def diagram(act: str) -> PhaseDiagram:
    return phase_diagram(unit(act), WEIGHTS, BIASES)


def test_tanh_as_schoenholz_computed_it() -> None:
    """ξ_c at σ_b² = 0.05, from the fixed points of both maps in mpmath."""
    scales = diagram("tanh").correlation_depth_scale[1]
    assert scales[[2, 4, 5]] == pytest.approx([7.834, 11.7956, 6.98027], rel=2e-4)


def test_the_edge_of_tanh_by_mpmath() -> None:
    """E[φ'²] and E[φ²] by mpmath's quadrature, the root for σ_b² = 0.05 by its findroot."""
    with mpmath.workdps(15):

        def moment(function: Any, q: Any) -> Any:
            def integrand(z: Any) -> Any:
                return function(mpmath.sqrt(q) * z) ** 2 * mpmath.npdf(z)

            return mpmath.quad(integrand, [-12, -6, -3, 0, 3, 6, 12])

        def bias(q: Any) -> Any:
            return q - moment(mpmath.tanh, q) / moment(lambda x: mpmath.sech(x) ** 2, q) - mpmath.mpf("0.05")

        q = mpmath.findroot(bias, (0.4, 0.7), solver="secant", tol=1e-12)
        weight = float(1 / moment(lambda x: mpmath.sech(x) ** 2, q))
    assert weight == pytest.approx(1.760955, abs=5e-7)
    edge = phase_diagram(unit("tanh"), np.array([1.0, 3.0]), np.array([0.05, 0.06])).edge
    assert edge[0] == pytest.approx((weight, 0.05), rel=1e-6)


@pytest.mark.parametrize("act", ["tanh", "elu", "gelu", "tanh(x) + x/4"])
def test_on_the_printed_edge_the_susceptibility_is_one(act: str) -> None:
    """χ⊥ by Gauss-Legendre quadrature at the fixed point that the map, accelerated by Steffensen, comes to."""
    activation = unit(act)
    nodes, shares = np.polynomial.legendre.leggauss(20)
    panels = np.linspace(-12, 12, 49)
    z = (0.5 * (panels[1:] + panels[:-1])[:, None] + 0.25 * nodes).ravel()
    weights = np.tile(0.25 * shares, 48) * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    edge = phase_diagram(activation, np.linspace(0.5, 4.0, 8), np.linspace(0.0, 2.0, 5)).edge
    assert len(edge) > 5
    for weight, bias in edge[1 :: len(edge) // 3]:

        def after(q: float, weight: float = weight, bias: float = bias) -> float:
            return weight * float(weights @ activation(math.sqrt(q) * z) ** 2) + bias

        q = 1.0
        for _ in range(50):
            first = after(q)
            second = after(first)
            bend = second - 2.0 * first + q
            if abs(first - q) < 1e-13 * q or not bend:
                break
            q = abs(q - (first - q) ** 2 / bend)
        assert q == pytest.approx(after(q), rel=1e-10)
        assert weight * float(weights @ activation.derivative(math.sqrt(q) * z) ** 2) == pytest.approx(1.0, abs=1e-6)


def test_relu_is_critical_at_two_for_every_bias_and_grows_there() -> None:
    found = phase_diagram(unit("relu"), WEIGHTS[WEIGHTS != 1.9], BIASES)
    assert found.edge_grows
    assert [bias for _, bias in found.edge] == BIASES.tolist()
    assert [weight for weight, _ in found.edge] == pytest.approx([2.0] * 4, rel=1e-14)
    settles = found.sigma_w2 < 2.0
    expected = BIASES[:, None] / (1.0 - found.sigma_w2[settles] / 2.0)
    assert found.q[:, settles] == pytest.approx(expected, rel=1e-12)
    assert found.grows[:, ~settles].all()
    assert found.chi_perpendicular == pytest.approx(np.tile(found.sigma_w2 / 2.0, (4, 1)), rel=1e-12)


def test_erf_has_a_closed_form() -> None:
    """E[erf(√q z)²] = 2/π asin(2q / (1 + 2q)), E[erf'²] = 4/π / √(1 + 4q) (Williams 1997)."""
    found = diagram("erf")
    for (i, j), q in np.ndenumerate(found.q):
        fixed = found.sigma_w2[j] * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + found.sigma_b2[i]
        assert q == pytest.approx(fixed, rel=1e-7, abs=1e-12)
        perpendicular = found.sigma_w2[j] * 4 / math.pi / math.sqrt(1 + 4 * q)
        assert found.chi_perpendicular[i, j] == pytest.approx(perpendicular, rel=1e-6)
    for weight, bias in found.edge[::6]:
        on = ((4 * weight / math.pi) ** 2 - 1) / 4
        assert bias == pytest.approx(on - weight * 2 / math.pi * math.asin(2 * on / (1 + 2 * on)), abs=1e-9)


@pytest.mark.parametrize(
    "act", ["tanh", "relu", "sigmoid", "gelu", "selu", "hard_tanh", "softplus(x) - 0.5", "leaky_relu"]
)
def test_a_cell_is_the_fixed_point_of_its_initialisation(act: str) -> None:
    found, field = diagram(act), MeanField(unit(act))
    for i, j in [(0, 1), (1, 2), (1, 4), (2, 0), (3, 5)]:
        single = fixed_point(field, float(WEIGHTS[j]), float(BIASES[i]))
        assert bool(found.grows[i, j]) is (single.signal == "grows")
        if single.q is None:
            assert math.isnan(found.q[i, j])
            continue
        assert found.q[i, j] == pytest.approx(single.q, rel=1e-5, abs=1e-12)
        assert found.chi_perpendicular[i, j] == pytest.approx(single.chi_perpendicular, rel=1e-5)
        assert found.chi_parallel[i, j] == pytest.approx(single.chi_parallel, rel=1e-4, abs=1e-6)
        if single.correlation is not None:
            assert found.correlation[i, j] == pytest.approx(single.correlation, abs=1e-3)
        if single.correlation_depth_scale is not None:
            assert found.correlation_depth_scale[i, j] == pytest.approx(single.correlation_depth_scale, rel=2e-2)


def test_a_variance_that_leaves_the_range_within_the_first_layers_grows() -> None:
    """E[(sin(3z/2) + z²/7)²] = (1 - exp(-9q/2))/2 + 3q²/49: with σ_w² = 4 and σ_b² = 1 more than q, for every q."""
    q = np.logspace(-4, 4, 2000)
    assert (4 * ((1 - np.exp(-4.5 * q)) / 2 + 3 * q * q / 49) + 1 > q).all()
    found = phase_diagram(unit("sin(3*x/2) + x*x/7"), np.array([4.0]), np.array([1.0]))
    assert found.grows.all()
    assert np.isnan(found.q).all()


def test_a_jump_has_no_edge() -> None:
    found = diagram("step")
    assert found.edge == ()
    assert np.isnan(found.chi_perpendicular).all()


def test_what_grows_faster_than_any_variance_is_open() -> None:
    found = diagram("exp(x*x)")
    assert np.isnan(found.q).all()
    assert not found.grows.any()


@pytest.mark.parametrize("axis", [[1.0, 0.5], [-1.0, 1.0], [1.0, math.inf], [math.nan], [], [1.0, 1.0]])
def test_variances_ascend_and_are_not_negative(axis: list[float]) -> None:
    with pytest.raises(InputError, match="must be finite numbers, 0 or more, in ascending order"):
        phase_diagram(unit("tanh"), np.array(axis), BIASES)


def test_a_row_wise_activation_has_no_diagram() -> None:
    with pytest.raises(InputError, match="softmax acts on whole rows"):
        phase_diagram(resolve("softmax"), WEIGHTS, BIASES)


def test_moments_are_those_of_the_definition() -> None:
    activation = unit("gelu")
    found = phase_diagram(activation, np.array([1.5]), np.array([0.3]))
    q = float(found.q[0, 0])
    assert q == pytest.approx(1.5 * expectation(lambda x: activation(x) ** 2, (), math.sqrt(q)) + 0.3, rel=1e-7)


@pytest.mark.parametrize("act", ["tanh", "elu", "silu"])
def test_the_edges_that_hayou_draws(act: str) -> None:
    """Hayou, Doucet and Rousseau 2019, figure 1: q = σ_b² + σ_w² E[φ²] where σ_w² E[φ'²] = 1, by mpmath."""
    functions = {
        "tanh": (mpmath.tanh, lambda x: mpmath.sech(x) ** 2),
        "elu": (lambda x: x if x > 0 else mpmath.expm1(x), lambda x: 1 if x > 0 else mpmath.exp(x)),
        "silu": (
            lambda x: x / (1 + mpmath.exp(-x)),
            lambda x: (1 + mpmath.exp(-x) + x * mpmath.exp(-x)) / (1 + mpmath.exp(-x)) ** 2,
        ),
    }
    edge = phase_diagram(unit(act), np.linspace(0.5, 4.0, 8), np.array([0.05, 1.0])).edge
    value, slope = functions[act]
    assert edge
    weight, bias = edge[len(edge) // 2]
    with mpmath.workdps(15):

        def moment(function: Any, q: Any) -> Any:
            return mpmath.quad(
                lambda z: function(mpmath.sqrt(q) * z) ** 2 * mpmath.npdf(z),
                [-12, -6, -3, 0, 3, 6, 12],
            )

        # At χ⊥ = 1 the variance maps to itself.
        q = phase_diagram(unit(act), np.array([weight]), np.array([bias])).q[0, 0]
        q = mpmath.findroot(lambda q: weight * moment(slope, q) - 1, (q, 1.01 * q), solver="secant", tol=1e-12)
        assert float(q - weight * moment(value, q)) == pytest.approx(bias, abs=1e-7)


@pytest.mark.parametrize("act", ["sin", "sin(x) + x/2", "x + sin(3*x)"])
def test_oscillating_variances_equal_those_of_single_fixed_points(act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quadrature, "_MOST_PANELS", 1000)  # what grows and swings is soon unknown
    weights, biases = np.array([0.5, 1.3, 3.0]), np.array([0.0, 0.1])
    found, field = phase_diagram(unit(act), weights, biases), MeanField(unit(act))
    for (i, j), q in np.ndenumerate(found.q):
        single = fixed_point(field, float(weights[j]), float(biases[i]))
        assert (single.q is None) == math.isnan(q)
        if single.q is not None:
            assert q == pytest.approx(single.q, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize(("most", "least_b2", "there"), [(1.2, 0.0, True), (0.9, 0.0, False), (1.2, 0.01, False)])
def test_the_edge_of_tanh_begins_at_its_critical_point_where_the_map_has_that(
    most: float, least_b2: float, there: bool
) -> None:
    found = phase_diagram(resolve("tanh"), np.array([0.5, most]), np.array([least_b2, 0.02]))
    assert ((1.0, 0.0) in found.edge) == there


def test_an_infinite_slope_without_weights_gives_variance_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """sqrt(|x|) has an infinite slope at 0; with σ_w² = σ_b² = 0 the next variance is still 0."""
    monkeypatch.setattr(phase, "_REACHES", (1,))
    monkeypatch.setattr(quadrature, "_MOST_ROUNDS", 40)  # of E[φ'²], which is infinite
    found = phase_diagram(resolve("sqrt(abs(x))"), np.array([0.0, 1.0]), np.array([0.0]))
    assert (found.q[0, 0], found.chi_perpendicular[0, 0], found.chi_parallel[0, 0]) == (0.0, 0.0, 0.0)
    assert found.q[0, 1] == pytest.approx(2.0 / math.pi, rel=1e-5)  # q = E|z| √q


def test_a_cobweb_ends_before_it_leaves_the_picture() -> None:
    assert _cobweb(lambda q: 2.0 * q, 1.0, 10.0).tolist() == [[1, 1, 2, 2, 4, 4, 8], [1, 2, 2, 4, 4, 8, 8]]
