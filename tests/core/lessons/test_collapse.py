"""Collapse of linear layers against products in exact fractions, and bends against a walk along the line."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.lessons.bends import Line, find_bends, is_piecewise_linear
from actcli.core.lessons.collapse import CollapseConfig, CollapseRun, collapse, product, tower
from actcli.core.network.mlp import Network, Parameters, forward
from tests.examples import at_most
from tests.narrow import elementwise

# Activation -> ends between its pieces; slope and intercept of each piece.
PIECES: dict[str, tuple[list[Any], list[tuple[Any, Any]]]] = {
    "relu": ([0], [(0, 0), (1, 0)]),
    "leaky_relu:negative_slope=0.25": ([0], [(Fraction(1, 4), 0), (1, 0)]),
    "hard_tanh": ([-1, 1], [(0, -1), (1, 0), (0, 1)]),
    "abs(x)": ([0], [(-1, 0), (1, 0)]),
    "step": ([0], [(0, 0), (0, 1)]),
    "relu6": ([0, 6], [(0, 0), (1, 0), (0, 6)]),
}


def network_of(activation: str, weights: list[Array], biases: list[Array]) -> Network:
    return Network(elementwise(activation), Parameters.of(weights, biases))


def walked_bends(network: Network, line: Line) -> list[float]:
    """Points where the slope or value of the output jumps, found kink by kink in exact fractions."""
    kinks, pieces = PIECES[network.activation.label]
    weights = [[[Fraction(w) for w in row] for row in matrix] for matrix in network.parameters.weights]
    biases = [[Fraction(b) for b in vector] for vector in network.parameters.biases]
    start = Fraction(line.low)
    found: list[float] = []
    before: Any = None
    while start < line.high:
        # Each unit as (slope, intercept) of t, valid from `start` to where the first unit crosses a kink.
        units = [(Fraction(d), Fraction(0)) for d in line.direction.tolist()]
        end = Fraction(line.high)
        for matrix, vector in zip(weights[:-1], biases[:-1], strict=True):
            sums = through(units, matrix, vector)
            for slope, intercept in sums:
                crossings = [(kink - intercept) / slope for kink in kinks] if slope else []
                end = min([end, *(t for t in crossings if t > start)])
            just_after = (start + end) / 2
            units = []
            for slope, intercept in sums:
                piece = sum(slope * just_after + intercept > kink for kink in kinks)
                steepness, offset = pieces[piece]
                units.append((steepness * slope, steepness * intercept + offset))
        ((output),) = through(units, weights[-1], biases[-1])
        if before is not None and output != before:
            found.append(float(start))
        before, start = output, end
    return found


def through(units: Any, matrix: Any, vector: Any) -> Any:
    return [
        (
            sum(slope * row[j] for (slope, _), row in zip(units, matrix, strict=True)),
            sum(intercept * row[j] for (_, intercept), row in zip(units, matrix, strict=True)) + vector[j],
        )
        for j in range(len(vector))
    ]


@pytest.mark.parametrize("activation", PIECES)
@pytest.mark.parametrize(("layers", "width", "seed"), [(2, 5, 0), (4, 4, 1), (6, 3, 2), (3, 1, 3)])
def test_bends_are_those_of_an_exact_walk(activation: str, layers: int, width: int, seed: int) -> None:
    network = tower(resolve(activation), CollapseConfig(width=width, seed=seed), layers)
    line = Line(np.array([0.6, -0.8]), -3.0, 3.0)
    found = find_bends(network, line)
    assert (found.counted, found.complete) == ("slope changes", True)
    assert found.at.tolist() == pytest.approx(walked_bends(network, line), abs=1e-9)


def test_the_walk_finds_bends_to_compare_with() -> None:
    line = Line(np.array([0.6, -0.8]), -3.0, 3.0)
    assert len(walked_bends(tower(resolve("relu"), CollapseConfig(width=4, seed=1), 4), line)) > 3


def test_saturated_units_pass_no_bend_on() -> None:
    """A layer of dead relus removes the bends of the layers before it."""
    one = np.ones((1, 1))
    dead = network_of("relu", [one, -one, one], [np.zeros(1), np.full(1, -1.0), np.zeros(1)])
    alive = network_of("relu", [one, one, one], [np.zeros(1), np.full(1, 1.0), np.zeros(1)])
    line = Line(np.ones(1), -1.0, 1.0)
    assert find_bends(dead, line).at.tolist() == []
    assert find_bends(alive, line).at.tolist() == [0.0]


def test_bends_that_cancel_in_the_output_are_none() -> None:
    one, row, column = np.zeros(1), np.ones((1, 2)), np.array([[1.0], [-1.0]])
    line = Line(np.ones(1), -1.0, 1.0)
    assert find_bends(network_of("relu", [row, column], [np.zeros(2), one]), line).at.tolist() == []
    # The weight of the unit with the bend at -1/2 is 0.
    deaf = network_of("relu", [row, np.array([[0.0], [1.0]])], [np.array([0.5, -0.5]), one])
    assert find_bends(deaf, line).at.tolist() == [0.5]


def folds(n: int) -> Network:
    """The tent map, iterated n times: it has 2^n - 1 bends, at the multiples of 2^-n (Telgarsky 2016)."""
    tent = np.array([[2.0], [-4.0]])  # 2 relu(x) - 4 relu(x - 1/2)
    between = tent @ np.ones((1, 2))
    weights = [np.ones((1, 2)), *[between] * (n - 1), tent]
    return network_of("relu", weights, [np.array([0.0, -0.5])] * n + [np.zeros(1)])


def test_a_fold_of_folds_doubles_the_bends() -> None:
    found = find_bends(folds(7), Line(np.ones(1), 0.0, 1.0))
    assert found.at.tolist() == [k / 2**7 for k in range(1, 2**7)]


def test_more_bends_than_memory_is_given_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actcli.core.lessons.bends._MOST_NUMBERS", 2**12)
    with pytest.raises(InputError, match=r"bends more than [0-9,]+ times: try fewer layers or units"):
        find_bends(folds(20), Line(np.ones(1), 0.0, 1.0))
    assert len(find_bends(folds(11), Line(np.ones(1), 0.0, 1.0)).at) == 2**11 - 1


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "hard_swish", "elu", "relu_squared", "x*x"])
def test_curved_activations_are_told_from_straight_ones(activation: str) -> None:
    assert not is_piecewise_linear(elementwise(activation))


@pytest.mark.parametrize(
    "activation", [*PIECES, "identity", "soft_shrink", "hard_sigmoid", "max(x, 2*x - 1)", "3*x**0"]
)
def test_straight_activations_are_told_from_curved_ones(activation: str) -> None:
    assert is_piecewise_linear(elementwise(activation))


def test_inflections_close_to_each_other_are_not_counted_as_one() -> None:
    """Five kinks of a tower of selu lie within 0.001; the grid found one there, three times in a row."""
    run = collapse("selu", CollapseConfig(layers=6, width=1, seed=139))[1]
    assert [found.bends for found in run.bends_by_depth] == [0, 1, 5, 5]


@pytest.mark.parametrize(
    ("activation", "layers", "width", "seed", "inflections"),
    [
        ("elu", 6, 8, 445, 12),
        ("softsign", 3, 8, 355, 9),
        ("x*abs(5*x - 3.17)", 4, 8, 488, 35),
        ("tanh", 16, 16, 0, 160),
    ],
)
def test_inflections_are_those_of_a_dense_grid(
    activation: str, layers: int, width: int, seed: int, inflections: int
) -> None:
    """The numbers of 2^19 points and 800 more beside each, with slopes in 80 bits."""
    run = collapse(activation, CollapseConfig(layers=layers, width=width, seed=seed))[1]
    assert (run.bends, run.complete) == (inflections, True)


def test_the_slope_rises_and_falls_in_turn_between_inflections() -> None:
    config = CollapseConfig(layers=12, seed=3)
    _, run = collapse("tanh", config)
    at = np.concatenate([[-3.0], run.bends_at, [3.0]])
    network, step = tower(resolve("tanh"), config, 12), 1e-7
    beside = [forward(network, (at + side)[:, None] * run.profile.direction).output[:, 0] for side in (-step, step)]
    rises = np.diff((beside[1] - beside[0]) / (2 * step))
    assert run.bends > 20
    assert (rises[1:] * rises[:-1] < 0.0).all()


def test_inflections_of_a_sine_are_its_zeros() -> None:
    """sin(3 t + 1) on [-3, 3]: its curvature changes sign at t = (k pi - 1) / 3."""
    wave = network_of("sin", [np.full((1, 1), 3.0), np.ones((1, 1))], [np.ones(1), np.zeros(1)])
    found = find_bends(wave, Line(np.ones(1), -3.0, 3.0))
    expected = [(k * np.pi - 1) / 3 for k in range(-2, 4)]
    assert found.counted == "curvature sign changes"
    assert found.at.tolist() == pytest.approx(expected, abs=1e-7)


def test_a_kink_of_a_curved_activation_is_curvature() -> None:
    """elu with alpha = 2 is convex below 0; at 0 its slope falls from 2 to 1."""
    bent = network_of("elu:alpha=2", [np.ones((1, 1))] * 2, [np.zeros(1)] * 2)
    assert find_bends(bent, Line(np.ones(1), -1.0, 1.0)).at.tolist() == pytest.approx([0.0], abs=1e-8)


def test_a_count_that_still_grows_says_that_there_are_more() -> None:
    wave = network_of("sin", [np.full((1, 1), 1e6), np.ones((1, 1))], [np.zeros(1)] * 2)
    assert not find_bends(wave, Line(np.ones(1), -3.0, 3.0)).complete


# --- the collapse ----------------------------------------------------------------------------------------------


@at_most(20)
@given(layers=st.integers(1, 30), width=st.integers(1, 20), seed=st.integers(0, 100))
def test_the_linear_tower_is_the_product_of_its_matrices(layers: int, width: int, seed: int) -> None:
    (linear,) = collapse([], CollapseConfig(layers=layers, width=width, seed=seed))
    assert (linear.activation, linear.single_layer, linear.bends) == ("identity", "product", 0)
    assert linear.max_relative_difference < 1e-13
    assert all(found.bends == 0 for found in linear.bends_by_depth)


def test_the_product_is_that_of_exact_fractions() -> None:
    network = tower(resolve("identity"), CollapseConfig(width=3, seed=4), 5)
    weights, bias = product(network.parameters)
    units = (
        [(Fraction(1), Fraction(0)), (Fraction(0), Fraction(0))],
        [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(0))],
    )
    for i, inputs in enumerate(units):
        for matrix, vector in zip(network.parameters.weights, network.parameters.biases, strict=True):
            exact = [[Fraction(w) for w in row] for row in matrix.tolist()]
            inputs = through(inputs, exact, [Fraction(b) for b in vector.tolist()])
        ((slope, intercept),) = inputs
        assert weights[i, 0] == pytest.approx(float(slope), rel=1e-13)
        assert bias[0] == pytest.approx(float(intercept), rel=1e-13)


def test_the_best_single_layer_leaves_an_error_without_a_trend() -> None:
    """Normal equations: the residual of least squares is orthogonal to the inputs and to a constant."""
    config = CollapseConfig(layers=4, seed=2)
    _, run = collapse([resolve("relu")], config)
    inputs = np.random.default_rng(2).spawn(4)[2].normal(size=(1000, 2))
    outputs = forward(tower(resolve("relu"), config, 4), inputs).output[:, 0]
    left = outputs - (inputs @ run.weights + run.bias)
    assert np.abs(np.column_stack([inputs, np.ones(1000)]).T @ left).max() < 1e-9 * np.abs(outputs).sum()
    assert run.max_relative_difference == pytest.approx(np.abs(left).max() / np.abs(outputs).max(), rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_with_relu_the_bends_grow_with_depth(seed: int) -> None:
    _, run = collapse([resolve("relu")], CollapseConfig(layers=8, seed=seed))
    bends = [found.bends for found in run.bends_by_depth]
    assert [found.layers for found in run.bends_by_depth] == [1, 2, 4, 8]
    assert bends[0] == 0
    assert all(fewer < more for fewer, more in itertools.pairwise(bends))
    assert bends[-1] == run.bends == len(run.bends_at)
    assert run.max_relative_difference > 0.1


def slope_changes(run: CollapseRun) -> int:
    """Number of slope changes in the profile, which has points at the bends and between them."""
    slopes = np.diff(run.profile.tower) / np.diff(run.profile.t)
    return int((np.abs(np.diff(slopes)) > 1e-6 * np.abs(slopes).max()).sum())


def test_the_profile_shows_the_bends() -> None:
    linear, run = collapse([resolve("relu")], CollapseConfig(layers=3))
    assert slope_changes(linear) == 0
    assert slope_changes(run) == run.bends > 20
    assert set(run.bends_at) <= set(run.profile.t)


def test_a_taller_tower_begins_with_the_hidden_layers_of_a_lower_one() -> None:
    low, high = (tower(resolve("relu"), CollapseConfig(), layers).parameters for layers in (3, 6))
    for a, b in zip(low.weights[:-1] + low.biases[:-1], high.weights[:2] + high.biases[:2], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"layers": 0}, "layers"), ({"width": 0}, "width"), ({"seed": -1}, "seed"), ({"width": 10**6}, "GiB")],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, int], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        CollapseConfig(**settings)


def test_row_wise_activations_and_overflows_are_refused() -> None:
    with pytest.raises(InputError, match="softmax works on whole rows"):
        collapse([resolve("softmax")], CollapseConfig())
    with pytest.raises(InputError, match="exponential is not finite"):
        collapse([resolve("exp")], CollapseConfig())


# --- where it bends most -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "abs(x)"])
def test_a_window_is_where_the_tower_turns_most_and_holds_what_it_says(activation: str) -> None:
    _, run = collapse([resolve(activation)], CollapseConfig(layers=8, width=8))
    network = tower(resolve(activation), CollapseConfig(layers=8, width=8), 8)
    found = run.bends_by_depth[-1]
    low, high = found.window
    assert -3.0 <= low < high <= 3.0
    assert np.log2(6.0 / (high - low)) == pytest.approx(round(np.log2(6.0 / (high - low))))
    assert (found.t[0], found.t[-1]) == (low, high)
    assert found.in_window == sum(low < at < high for at in run.bends_at.tolist())
    assert {at for at in run.bends_at.tolist() if low < at < high} <= {*found.t.tolist()}
    expected = forward(network, found.t[:, None] * run.profile.direction).output[:, 0]
    assert found.output.tolist() == pytest.approx(expected.tolist())
    assert turning(found.t, found.output) >= 0.9 * turning(run.profile.t, run.profile.tower)


def test_ends_and_bends_are_all_of_an_output_of_straight_pieces() -> None:
    config = CollapseConfig(layers=8, width=8)
    _, run = collapse([resolve("relu")], config)
    for found in run.bends_by_depth:
        t = np.linspace(*found.window, 5001)
        network = tower(resolve("relu"), config, found.layers)
        expected = forward(network, t[:, None] * run.profile.direction).output[:, 0]
        assert np.abs(np.interp(t, found.t, found.output) - expected).max() <= 1e-9 * np.abs(expected).max()
        assert len(found.t) == found.in_window + 2


def turning(t: Array, y: Array) -> float:
    """Sum of the angles of a curve of a hundred pieces, scaled to the unit square."""
    at = np.linspace(t[0], t[-1], 101)
    heights = np.interp(at, t, y) / np.ptp(y) * 100
    return float(np.abs(np.diff(np.arctan(np.diff(heights)))).sum())


def test_what_is_straight_is_seen_whole() -> None:
    linear, run = collapse([resolve("relu")], CollapseConfig(layers=4, width=4))
    assert [found.window for found in linear.bends_by_depth] == [(-3.0, 3.0)] * 3
    assert run.bends_by_depth[0].window == (-3.0, 3.0)
    assert run.bends_by_depth[0].in_window == 0
