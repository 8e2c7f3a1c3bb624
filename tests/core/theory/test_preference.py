"""He or Xavier, against a fine Riemann sum, closed forms, and common practice."""

import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import gradient_depth
from actcli.core.network.mlp import of_hidden_units
from actcli.core.theory.preference import log_signal_change, preference


def unit(name: str) -> Elementwise:
    return of_hidden_units(resolve(name))


@pytest.mark.parametrize("layers", [4, 10, 20])
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "gelu", "silu", "mish", "elu", "x*tanh(exp(x))"])
def test_rectifiers_get_he_s(name: str, layers: int) -> None:
    assert preference(unit(name), layers).name == "he"


@pytest.mark.parametrize("layers", [1, 4, 10, 20, 60])
@pytest.mark.parametrize("name", ["sigmoid", "identity", "selu", "2*x"])
def test_lines_and_what_is_lost_either_way_get_xavier_s(name: str, layers: int) -> None:
    assert preference(unit(name), layers).name == "xavier"


@pytest.mark.parametrize("name", ["step", "hard_shrink", "exp(x*x)", "log(x)"])
def test_where_theory_has_nothing_to_say_it_is_xavier_s(name: str) -> None:
    found = preference(unit(name), 10)
    assert found.name == "xavier"
    assert math.isnan(found.xavier)
    assert math.isnan(found.he)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("max(0,x)", "relu"),
        ("x*sigmoid(x)", "silu"),
        ("(exp(x)-exp(-x))/(exp(x)+exp(-x))", "tanh"),
        ("x*(1+erf(x/sqrt(2)))/2", "gelu"),
        ("1/(1+exp(-x))", "sigmoid"),
        ("x", "identity"),
    ],
)
@pytest.mark.parametrize("layers", [1, 5, 20, 100])
def test_two_spellings_of_one_function_get_the_same(one: str, other: str, layers: int) -> None:
    first, second = preference(unit(one), layers), preference(unit(other), layers)
    assert first.name == second.name
    assert (first.xavier, first.he) == pytest.approx((second.xavier, second.he), rel=1e-5, abs=1e-9)


# --- the change itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 7, 50])
@pytest.mark.parametrize("sigma_w2", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("name", "chi"), [("relu", 0.5), ("leaky_relu:negative_slope=0.3", 0.545), ("identity", 1.0)])
def test_half_lines_change_every_layer_by_one_factor(name: str, chi: float, sigma_w2: float, layers: int) -> None:
    expected = layers * 0.5 * math.log(sigma_w2 * chi)
    assert log_signal_change(unit(name), sigma_w2, layers) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _gelu_slope(x: Array) -> Array:
    return 0.5 * (1 + _erf(x / math.sqrt(2))) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _erf(x: Array) -> Array:
    return np.array([math.erf(one) for one in x])


CURVES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "gelu": (_gelu, _gelu_slope),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.25 / np.cosh(x / 2) ** 2),
    "sin": (np.sin, np.cos),
}


@pytest.mark.parametrize("layers", [1, 2, 6, 25])
@pytest.mark.parametrize("sigma_w2", [1.0, 2.0])
@pytest.mark.parametrize("name", CURVES)
def test_the_change_is_the_sum_along_the_path_of_the_variance(name: str, sigma_w2: float, layers: int) -> None:
    """Layer by layer from q = 1, with expectations as Riemann sums."""
    curve, slope = CURVES[name]
    z = np.linspace(-10, 10, 2001)  # exact to rounding for smooth functions
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    q, change = 1.0, 0.0
    for _ in range(layers):
        change += 0.5 * math.log(sigma_w2 * (slope(math.sqrt(q) * z) ** 2 @ density))
        q = sigma_w2 * float(curve(math.sqrt(q) * z) ** 2 @ density)
    assert log_signal_change(unit(name), sigma_w2, layers) == pytest.approx(change, rel=1e-4, abs=1e-5)


def test_the_first_two_layers_of_tanh_from_mpmath() -> None:
    with mpmath.workdps(20):
        expectation = lambda g: mpmath.quad(lambda z: g(z) * mpmath.npdf(z), [-12, -4, 0, 4, 12])  # noqa: E731 - a formula
        first = expectation(lambda z: mpmath.sech(z) ** 4)
        q = expectation(lambda z: mpmath.tanh(z) ** 2)
        second = expectation(lambda z: mpmath.sech(mpmath.sqrt(q) * z) ** 4)
        change = float(mpmath.log(first * second) / 2)
    assert log_signal_change(unit("tanh"), 1.0, 2) == pytest.approx(change, rel=1e-6)


def test_a_signal_that_is_lost_in_a_flat_curve_is_lost_altogether() -> None:
    found = preference(unit("5+0*x"), 10)
    assert (found.name, found.xavier, found.he) == ("xavier", -math.inf, -math.inf)


def test_a_variance_that_runs_away_is_followed_or_given_up() -> None:
    """x² doubles the exponent in every layer; a line multiplies by a constant for ever."""
    assert preference(unit("x**2"), 30).name == "xavier"
    assert preference(unit("3*x"), 1000).xavier == pytest.approx(1000 * math.log(3), rel=1e-6)
    assert preference(unit("0.3*x"), 1000).name == "xavier"
    assert preference(unit("0.6*x"), 1000).he == pytest.approx(1000 * math.log(0.6 * math.sqrt(2)), rel=1e-6)


def test_a_moment_that_diverges_on_the_way_leaves_nothing_to_say() -> None:
    """E[exp(2x²/7)] = (1 - 4q/7)^(-1/2): q is 1, 1.53, 2.83; the moment diverges for q >= 7/4."""
    curve = unit("exp(x*x/7)")
    second = 1 / math.sqrt(1 - 4 / 7)
    slopes = [4 / 49 * q * (1 - 4 * q / 7) ** -1.5 for q in (1.0, second)]
    assert log_signal_change(curve, 1.0, 2) == pytest.approx(0.5 * math.log(math.prod(slopes)), rel=1e-5)
    assert math.isnan(log_signal_change(curve, 1.0, 3))
    just_beyond = 1.751 / second  # no square overflows yet
    assert math.isnan(log_signal_change(curve, just_beyond, 2))
    assert preference(curve, 3).name == "xavier"


# --- the rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slope", "name"),
    [
        (0.80, "he"),  # 0.8 and 1.131
        (0.85, "xavier"),  # log 0.85 = -0.163, log (0.85 √2) = 0.184
        (0.36, "he"),  # 0.36 and 0.509: he's loses a little less than half
        (0.35, "xavier"),  # 0.35 and 0.495: both lose more than half
        (2**-0.25 + 1e-9, "xavier"),  # a tie is Xavier's
        (2**-0.25 - 1e-9, "xavier"),
    ],
)
@pytest.mark.parametrize("layers", [1, 20])
def test_the_smaller_change_wins_where_anything_is_left(slope: float, name: str, layers: int) -> None:
    assert preference(unit(f"{slope!r}*x"), layers).name == name


@pytest.mark.parametrize("name", ["tanh", "gelu", "sigmoid"])
def test_neither_data_nor_seed_nor_norm_have_a_say(name: str) -> None:
    expected = preference(unit(name), 6)
    for settings in ({}, {"seed": 7}, {"data": "sine"}, {"norm": "batch"}, {"residual": True}, {"width": 5}):
        run = gradient_depth(unit(name), DepthConfig(**{"layers": 6, "steps": 0, "width": 8, **settings}))  # type: ignore[arg-type]  # of several types
        assert (run.init, run.init_preference) == (expected.name, expected)
    assert gradient_depth(unit(name), DepthConfig(layers=6, steps=0, init="he")).init_preference is None
