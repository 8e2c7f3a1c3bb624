"""Every activation against mpmath: values, derivatives, limits, kinks, symmetries.

The bounds are those of `actcli help accuracy`. tests.benchmarks.accuracy measures them over many more points.
"""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.activation import MAX_ORDER, Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.errors import InputError
from tests.benchmarks.accuracy import errors
from tests.benchmarks.points import anchored
from tests.each import each
from tests.examples import at_most
from tests.narrow import elementwise
from tests.truth import DEFINITIONS, LIMITS

INF = math.inf
ELEMENTWISE = [name for name, activation in CATALOGUE.items() if isinstance(activation, Elementwise)]

# Every scale: near zero, the bends, the tails down to subnormal results, and beyond.
anywhere = st.one_of(
    st.floats(-8, 8),
    st.floats(-50, 50),
    st.floats(-800, 800),
    st.builds(lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 1]), st.floats(-308, 308)),
    st.floats(-2.3e-308, 2.3e-308),
)


def points(activation: Elementwise) -> st.SearchStrategy[float]:
    """Points anywhere, and points right beside kinks, zeros and branches."""
    return st.one_of(anywhere, st.sampled_from(sorted(set(anchored(activation)))))


def assert_within_bounds(activation: Elementwise, x: float, order: int, computed: float) -> None:
    for error in errors(activation, [x], order, np.array([computed])):
        assert not error.broken, str(error)


def test_the_truth_covers_the_whole_catalogue() -> None:
    assert set(DEFINITIONS) == set(LIMITS) == set(ELEMENTWISE)


# --- accuracy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
@at_most(25)
@given(data=st.data())
def test_values_are_within_4_ulp(name: str, data: st.DataObject) -> None:
    activation = elementwise(name)
    x = data.draw(points(activation))
    assert_within_bounds(activation, x, 0, float(activation(x)))


@pytest.mark.parametrize("name", ELEMENTWISE)
@at_most(25)
@given(data=st.data())
def test_slopes_are_within_4_ulp_or_within_eps_near_their_zero(name: str, data: st.DataObject) -> None:
    activation = elementwise(name)
    x = data.draw(points(activation))
    for order, computed in enumerate(activation.derivatives(x, 1)):
        assert_within_bounds(activation, x, order, float(computed))


# Points at which earlier closed forms and jets had errors of more than 4 ULP, found among millions of random points.
NEAR_THE_BOUND = [
    ("gelu", [-37.62019388649961, -37.39964579327454, -9.91938350982215, -9.475622761823285, -1.8350804299712482]),
    ("gelu_tanh", [-21.174947931140537, -20.768104128014013, -4.967760834547296, -1.8080047600369282]),
    ("silu", [-2.626218325994241]),
    ("mish", [-3.3445042952069244]),
]


@pytest.mark.parametrize(("name", "xs"), NEAR_THE_BOUND)
def test_points_that_broke_the_bound_are_within_it(name: str, xs: list[float]) -> None:
    activation = elementwise(name)
    for order, computed in enumerate(activation.derivatives(xs, 1)):
        for error in errors(activation, xs, order, computed):
            assert error.size <= 3.8, str(error)


@pytest.mark.parametrize("name", ELEMENTWISE)
@at_most(15)
@given(data=st.data())
def test_higher_orders_are_as_accurate_as_their_argument_allows(name: str, data: st.DataObject) -> None:
    activation = elementwise(name)
    x, order = data.draw(points(activation)), data.draw(st.integers(2, 6))
    assert_within_bounds(activation, x, order, float(activation.derivative(x, order)))


OTHER_PARAMETERS = [
    ("leaky_relu", {"negative_slope": 0.2}),
    ("leaky_relu", {"negative_slope": 0.0}),
    ("prelu", {"weight": -1.3}),
    ("rrelu", {"lower": 0.1, "upper": 0.7}),
    ("threshold", {"threshold": -0.3, "value": 20.0}),
    ("elu", {"alpha": 0.3}),
    ("elu", {"alpha": -1.7}),
    ("celu", {"alpha": 0.3}),
    ("celu", {"alpha": 7.1}),
    ("selu", {"alpha": 1.5, "gamma": 1.1}),
    ("silu", {"beta": 1.702}),
    ("silu", {"beta": -0.3}),
    ("silu", {"beta": 0.0}),
    ("silu", {"beta": 41.3}),
    ("softplus", {"beta": 1.7}),
    ("softplus", {"beta": 0.03}),
    ("squareplus", {"b": 0.3}),
    ("squareplus", {"b": 1e-9}),
    ("squareplus", {"b": 1e9}),
    ("hard_sigmoid", {"alpha": 0.2}),
    ("hard_sigmoid", {"alpha": 0.37, "beta": -0.1}),
    ("hard_sigmoid", {"beta": 0.3}),
    ("hard_tanh", {"min_val": -0.3, "max_val": 1.7}),
    ("hard_shrink", {"lambd": 1.3}),
    ("hard_shrink", {"lambd": 0.0}),
    ("soft_shrink", {"lambd": 0.1}),
    ("soft_shrink", {"lambd": 0.0}),
    ("snake", {"a": 0.3}),
    ("snake", {"a": 27.7}),
    ("celu", {"alpha": -2.3}),
    ("softcap", {"cap": 0.7}),
    ("softcap", {"cap": 50.0}),
    ("softcap", {"cap": 1e-3}),
    ("laplace", {"mu": -1.3, "sigma": 0.01}),
    ("laplace", {"mu": 0.0, "sigma": 7.1}),
    ("fatrelu", {"threshold": 0.3}),
    ("shrink", {"lambd": 0.3, "bias": 0.3}),
    ("shrink", {"lambd": 1.1, "bias": -0.7}),
]


@pytest.mark.parametrize("x", [-1.4142135e150, -1e155, 0.0, 1e154, math.inf, -math.inf])
def test_a_square_that_overflows_is_beside_a_large_b(x: float) -> None:
    """(x + sqrt(x² + b))/2 = b / 2 / (sqrt(x² + b) - x)"""
    with mpmath.workdps(400):
        exact = (
            math.inf if x == math.inf else float(mpmath.mpf(1e300) / 2 / (mpmath.sqrt(mpmath.mpf(x) ** 2 + 1e300) - x))
        )
    assert float(CATALOGUE["squareplus"].with_parameters(b=1e300)(x)) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize(("name", "parameters"), OTHER_PARAMETERS)
@at_most(15)
@given(data=st.data())
def test_parameters_keep_the_accuracy(name: str, parameters: dict[str, float], data: st.DataObject) -> None:
    activation = elementwise(name).with_parameters(**parameters)
    x = data.draw(points(activation))
    assert_within_bounds(activation, x, 0, float(activation(x)))
    for order, computed in enumerate(activation.derivatives(x, 3)):
        assert_within_bounds(activation, x, order, float(computed))


@pytest.mark.parametrize("x", [1e299, -1e300, 1e307, -1.7900000000000002e308])
@pytest.mark.parametrize("a", [0.3, 0.7])
def test_the_largest_numbers_times_a_parameter_keep_the_accuracy(x: float, a: float) -> None:
    snake = elementwise("snake").with_parameters(a=a)
    for order, computed in enumerate(snake.derivatives(x, 3)):
        assert_within_bounds(snake, x, order, float(computed))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("celu", {"alpha": 0.0}),
        ("softplus", {"beta": -1.0}),
        ("squareplus", {"b": 0.0}),
        ("snake", {"a": 0.0}),
        ("soft_shrink", {"lambd": -0.1}),
        ("hard_shrink", {"lambd": -0.1}),
        ("hard_tanh", {"min_val": 1.0, "max_val": 1.0}),
        ("rrelu", {"lower": 0.5}),
        ("elu", {"alpha": INF}),
        ("silu", {"beta": math.nan}),
    ],
)
def test_parameters_without_a_meaning_are_refused(name: str, parameters: dict[str, float]) -> None:
    with pytest.raises(InputError):
        CATALOGUE[name].with_parameters(**parameters)


# --- zero -----------------------------------------------------------------------------------------------------------

# Activations for which torch returns -0.0 at -0.0. (For hard_shrink, soft_shrink and relu² it returns 0.0.)
KEEPS_THE_SIGN = [
    *("identity", "relu", "leaky_relu", "prelu", "rrelu", "relu6", "elu", "celu", "selu", "gelu", "gelu_tanh", "silu"),
    *("quick_gelu", "mish", "hard_swish", "tanh", "hard_tanh", "softsign", "erf", "arctan", "tanh_shrink", "sin"),
]


@pytest.mark.parametrize("name", KEEPS_THE_SIGN)
@pytest.mark.parametrize("length", [1, 3, 20])
def test_a_negative_zero_keeps_its_sign(name: str, length: int) -> None:
    activation, zeros = elementwise(name), np.zeros(length)
    for computed in (activation, lambda x: activation.value_and_slope(x)[0], lambda x: activation.derivatives(x, 2)[0]):
        assert np.signbit(computed(-zeros)).all()
        assert not np.signbit(computed(zeros)).any()


@pytest.mark.parametrize("text", ["elu", "elu:alpha=0.5", "celu", "celu:alpha=3", "selu"])
@pytest.mark.parametrize("order", [2, 3, 6])
def test_the_higher_derivatives_of_a_bend_at_0_are_pytorchs(text: str, order: int) -> None:
    assert elementwise(text).derivative([0.0, -0.0], order).tolist() == [0, 0]


# --- limits -----------------------------------------------------------------------------------------------------------


@each("name", ELEMENTWISE)
def test_infinity_gives_the_limit(name: str) -> None:
    activation = elementwise(name)
    low, high, low_slope, high_slope = LIMITS[name]
    assert activation([-INF, INF]) == pytest.approx((low, high), rel=1e-15, abs=0.0, nan_ok=True)
    values, slopes = activation.derivatives([-INF, INF], 1)
    assert values == pytest.approx((low, high), rel=1e-15, abs=0.0, nan_ok=True)
    assert slopes == pytest.approx((low_slope, high_slope), rel=1e-15, abs=0.0, nan_ok=True)


# (f''(-inf), f''(inf)) if they are not both 0.
CURVATURES = {
    "exponential": (0, INF),
    "relu_squared": (0, 2),
    "sin": (math.nan, math.nan),
    "snake": (math.nan, math.nan),
}


@each("name", ELEMENTWISE)
def test_the_curvature_at_infinity(name: str) -> None:
    curvature = elementwise(name).derivative([-INF, INF], 2)
    assert curvature == pytest.approx(CURVATURES.get(name, (0, 0)), rel=0.0, abs=0.0, nan_ok=True)


@each(
    ("name", "parameters", "low", "high", "low_slope", "high_slope"),
    [
        ("leaky_relu", {"negative_slope": -0.5}, INF, INF, -0.5, 1),
        ("leaky_relu", {"negative_slope": 0.0}, 0, INF, 0, 1),
        ("prelu", {"weight": 0.0}, 0, INF, 0, 1),
        ("rrelu", {"lower": 0.0, "upper": 0.0}, 0, INF, 0, 1),
        ("threshold", {"threshold": 0.0, "value": -2.0}, -2, INF, 0, 1),
        ("elu", {"alpha": 2.0}, -2, INF, 0, 1),
        ("celu", {"alpha": 0.5}, -0.5, INF, 0, 1),
        ("selu", {"alpha": 2.0, "gamma": 1.5}, -3, INF, 0, 1.5),
        ("silu", {"beta": 3.0}, 0, INF, 0, 1),
        ("silu", {"beta": -3.0}, -INF, 0, 1, 0),
        ("silu", {"beta": 0.0}, -INF, INF, 0.5, 0.5),
        ("softplus", {"beta": 0.1}, 0, INF, 0, 1),
        ("squareplus", {"b": 0.1}, 0, INF, 0, 1),
        ("hard_sigmoid", {"alpha": 0.2}, 0, 1, 0, 0),
        ("hard_tanh", {"min_val": -2.0, "max_val": 3.0}, -2, 3, 0, 0),
        ("hard_shrink", {"lambd": 0.0}, -INF, INF, 1, 1),
        ("soft_shrink", {"lambd": 0.0}, -INF, INF, 1, 1),
    ],
)
def test_infinity_gives_the_limit_with_other_parameters(
    name: str, parameters: dict[str, float], low: float, high: float, low_slope: float, high_slope: float
) -> None:
    values, slopes = elementwise(name).with_parameters(**parameters).derivatives([-INF, INF], 1)
    assert values.tolist() == [low, high]
    assert slopes.tolist() == [low_slope, high_slope]


@each("name", ELEMENTWISE)
def test_nan_gives_nan_in_every_order(name: str) -> None:
    activation = elementwise(name)
    assert math.isnan(activation(math.nan))
    assert np.isnan(activation.derivatives(math.nan, 3)).all()


# --- kinks ------------------------------------------------------------------------------------------------------------

# Slopes at kinks by autograd of torch 2.13.0 (float64): name, parameters, {kink: slope}.
AUTOGRAD: list[tuple[str, dict[str, float], dict[float, float]]] = [
    ("relu", {}, {0: 0}),
    ("leaky_relu", {}, {0: 0.01}),
    ("leaky_relu", {"negative_slope": -0.5}, {0: -0.5}),
    ("prelu", {}, {0: 0.25}),
    ("rrelu", {}, {0: 0.22916666666666666}),
    ("relu6", {}, {0: 0, 6: 0}),
    ("relu_squared", {}, {0: 0}),  # F.relu(x)**2
    ("threshold", {}, {1: 0}),
    ("threshold", {"threshold": 0.0, "value": -2.0}, {0: 0}),
    ("elu", {}, {0: 1}),
    ("elu", {"alpha": 0.5}, {0: 0.5}),
    ("elu", {"alpha": -0.5}, {0: -0.5}),
    ("elu", {"alpha": 0.0}, {0: 0}),
    ("celu", {}, {0: 1}),
    ("celu", {"alpha": 0.5}, {0: 1}),
    ("selu", {}, {0: 1.7580993408473766}),
    ("hard_sigmoid", {}, {-3: 0, 3: 0}),
    ("hard_tanh", {}, {-1: 0, 1: 0}),
    ("hard_tanh", {"min_val": -2.0, "max_val": 3.0}, {-2: 0, 3: 0}),
    ("hard_swish", {}, {-3: 0, 3: 1}),
    ("hard_shrink", {}, {-0.5: 0, 0.5: 0}),
    ("hard_shrink", {"lambd": 0.0}, {0: 0}),
    ("soft_shrink", {}, {-0.5: 0, 0.5: 0}),
    ("soft_shrink", {"lambd": 0.0}, {0: 0}),
    ("softsign", {}, {0: 1}),
    # Not in torch: like hardsigmoid at the ends, like sign at the jump, or by continuity.
    ("sparse_sigmoid", {}, {-1: 0, 1: 0}),
    ("step", {}, {0: 0}),
    ("gelu_10", {}, {10: 1}),
    ("fatrelu", {}, {0: 0}),
    ("shrink", {}, {-0.5: 0, 0.5: 0}),
    ("sparse_plus", {}, {-1: 0, 1: 1}),
]


@each(("name", "parameters", "slopes"), AUTOGRAD)
def test_at_a_kink_the_slope_is_autograds(name: str, parameters: dict[str, float], slopes: dict[str, Any]) -> None:
    activation = elementwise(name).with_parameters(**parameters)
    for x, slope in slopes.items():
        assert float(activation.derivative(float(x))) == pytest.approx(slope, rel=1e-15, abs=0.0)
    assert float(activation.derivative(-0.0)) == float(activation.derivative(0.0))


def test_autograd_was_asked_about_every_kink() -> None:
    asked = {(name, float(x)) for name, parameters, slopes in AUTOGRAD if not parameters for x in slopes}
    assert asked == {(name, x) for name in ELEMENTWISE for x in elementwise(name).kinks(2)} | {("elu", 0.0)}


def test_a_kink_is_where_the_slope_jumps() -> None:
    assert elementwise("relu").kinks() == (0.0,)
    assert elementwise("selu").kinks() == (0.0,)
    assert elementwise("relu6").kinks() == (0.0, 6.0)
    assert elementwise("hard_shrink").kinks() == (-0.5, 0.5)
    assert elementwise("step").kinks(0) == (0.0,)
    assert elementwise("leaky_relu").with_parameters(negative_slope=1.0).kinks() == ()
    elu = elementwise("elu")
    assert elu.kinks(1) == ()
    assert elu.kinks(2) == (0.0,)
    assert elu.with_parameters(alpha=0.5).kinks() == (0.0,)


@each("name", ELEMENTWISE)
def test_value_slope_or_curvature_jump_at_the_kinks_and_nowhere_else(name: str) -> None:
    activation = elementwise(name)
    for kink in activation.kinks(2):
        below, above = activation.derivatives([kink - 1e-9, kink + 1e-9], 2).T
        assert np.abs(above - below).max() > 0.1
    x = np.linspace(-7.0, 7.0, 2801)  # steps of 1/200
    derivatives = activation.derivatives(x, 1)
    jumps = np.abs(np.diff(derivatives)) > 0.07 * np.maximum(1, np.abs(derivatives[:, 1:]))
    assert all(any(x[k] <= kink <= x[k + 1] for kink in activation.kinks()) for k in np.flatnonzero(jumps.any(axis=0)))


# --- laws -------------------------------------------------------------------------------------------------------------

ODD = [
    *("identity", "tanh", "hard_tanh", "softsign", "erf", "arctan", "sin"),
    *("hard_shrink", "soft_shrink", "tanh_shrink", "shrink", "softcap"),
]
GATES = ["sigmoid", "hard_sigmoid", "sparse_sigmoid"]
RAMPS = ["relu", "hard_swish", "gelu", "gelu_tanh", "quick_gelu", "silu", "softplus", "squareplus", "sparse_plus"]


@pytest.mark.parametrize("name", ODD)
@at_most(15)
@given(x=anywhere)
def test_odd_functions_are_odd_to_the_last_bit_and_their_slopes_even(name: str, x: float) -> None:
    activation = elementwise(name)
    assert activation(-x) == -activation(x)
    assert activation.derivative(-x) == activation.derivative(x)


@pytest.mark.parametrize("name", GATES)
@at_most(15)
@given(x=anywhere)
def test_gates_and_their_mirror_images_make_1(name: str, x: float) -> None:
    activation = elementwise(name)
    assert activation(x) + activation(-x) == pytest.approx(1, rel=4 * 2.0**-52)
    assert activation.derivative(-x) == activation.derivative(x)


@pytest.mark.parametrize("name", RAMPS)
@at_most(15)
@given(x=st.floats(-1000, 1000))
def test_ramps_and_their_mirror_images_make_x(name: str, x: float) -> None:
    activation = CATALOGUE[name]
    assert activation(x) - activation(-x) == pytest.approx(x, rel=8 * 2.0**-52, abs=8 * 2.0**-52)


@given(anywhere)
def test_log_sigmoid_is_minus_softplus_of_minus_x(x: float) -> None:
    assert CATALOGUE["log_sigmoid"](x) == -CATALOGUE["softplus"](-x)


@given(anywhere)
def test_one_family_is_the_other_with_its_parameter(x: float) -> None:
    pairs: list[tuple[str, dict[str, float], str, dict[str, float]]] = [
        ("prelu", {"weight": 0.01}, "leaky_relu", {}),
        ("rrelu", {"lower": 0.01, "upper": 0.01}, "leaky_relu", {}),
        ("celu", {}, "elu", {}),
        ("silu", {"beta": 1.702}, "quick_gelu", {}),
        ("hard_tanh", {"min_val": 0.0, "max_val": 6.0}, "relu6", {}),
        ("threshold", {"threshold": 0.0}, "relu", {}),
    ]
    for one, parameters, other, others in pairs:
        first = elementwise(one).with_parameters(**parameters)
        second = elementwise(other).with_parameters(**others)
        np.testing.assert_array_equal(first.derivatives(x, 1), second.derivatives(x, 1))


# --- arrays -----------------------------------------------------------------------------------------------------------


def test_shapes_come_back_and_long_arrays_are_the_sum_of_their_blocks() -> None:
    gelu = elementwise("gelu")
    x = np.linspace(-60, 60, 3 * 2**14 + 6)
    assert gelu(0.5).shape == ()
    assert gelu(np.empty((0, 3))).shape == (0, 3)
    assert gelu.derivatives(x.reshape(-1, 6), 2).shape == (3, x.size // 6, 6)
    np.testing.assert_array_equal(gelu(x)[::4999], [float(gelu(value)) for value in x[::4999]])


@each("name", ELEMENTWISE)
def test_an_element_does_not_depend_on_its_neighbours(name: str) -> None:
    activation = elementwise(name)
    x = np.array([-INF, -1e300, -720.0, -40.0, -3.1, -0.4, 0.0, 0.4, 3.1, 40.0, 720.0, 1e300, INF, math.nan])
    np.testing.assert_array_equal(activation(x), [float(activation(value)) for value in x])
    alone = np.array([activation.derivatives(value, 3) for value in x]).T
    np.testing.assert_array_equal(activation.derivatives(x, 3), alone)


def test_a_derivative_that_there_is_not_is_refused() -> None:
    for order in (-1, MAX_ORDER + 1):
        with pytest.raises(InputError, match=f"the order must be from 0 to {MAX_ORDER}, not {order}"):
            elementwise("tanh").derivatives([1.0], order)
