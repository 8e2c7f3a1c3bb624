"""Sentences below pictures and in cards, each against an independent computation."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.properties import describe
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthRun, gradient_depth
from actcli.core.lessons.calibration import UNSEEN, calibrate
from actcli.core.lessons.collapse import CollapseConfig, CollapseRun, collapse, tower
from actcli.core.lessons.settling import Settling
from actcli.core.lessons.trace import Outcome, trace
from actcli.core.network.mlp import forward, of_hidden_units
from actcli.views import calibration, depth_history, settling
from actcli.views.card import card
from actcli.views.collapse import sentences
from actcli.views.terminal import Terminal
from actcli.views.trace import sentence

SCORES = np.array([[2.0, 1.0, 0.1], [-3.0, 5.0, 4.0], [0.0, 0.5, -0.5]])


# --- cards of row-wise activations -----------------------------------------------------------------------------


def row_card(name: str) -> str:
    return " ".join(card(describe(resolve(name)), Terminal()).split())


def row_wise(name: str) -> RowWise:
    found = resolve(name)
    assert isinstance(found, RowWise)
    return found


@pytest.mark.parametrize(
    ("name", "nothing"), [("softmax", True), ("log_softmax", True), ("softmin", True), ("glu", False)]
)
def test_what_a_number_added_to_all_scores_changes(name: str, nothing: bool) -> None:
    scores = SCORES if name != "glu" else SCORES[:, :2]
    unchanged = np.allclose(row_wise(name)(scores + 7.0), row_wise(name)(scores), rtol=1e-12)
    assert unchanged == nothing
    said = f"the same number added to all scores changes {'nothing' if nothing else 'the outputs'}"
    assert said in row_card(name)


@pytest.mark.parametrize(
    ("name", "said", "sign"),
    [
        ("softmax", "a larger score, a larger output", 1),
        ("log_softmax", "a larger score, a larger output", 1),
        ("softmin", "a larger score, a smaller output", -1),
    ],
)
def test_the_order_of_the_outputs(name: str, said: str, sign: int) -> None:
    outputs = row_wise(name)(SCORES)
    assert (np.argsort(outputs, axis=1) == np.argsort(sign * SCORES, axis=1)).all()
    assert said in row_card(name)
    other = "a larger score, a smaller output" if sign > 0 else "a larger score, a larger output"
    assert other not in row_card(name)


def test_the_order_stays_when_softmax_s_scores_are_scaled() -> None:
    """The card scales example scores. exp and division by the sum keep the order at any scale."""
    assert "the order stays" in row_card("softmax")
    assert "the order changes" not in row_card("softmax")
    for scale in (0.5, 2.0, 10.0):
        assert (np.argsort(row_wise("softmax")(scale * SCORES), axis=1) == np.argsort(SCORES, axis=1)).all()


# --- collapse --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def towers() -> tuple[CollapseRun, ...]:
    return collapse(["relu", "identity"], CollapseConfig(layers=6, width=8))


def test_layers_with_nothing_between_them_are_the_product_of_their_matrices(towers: tuple[CollapseRun, ...]) -> None:
    linear, relu, identity = sentences(towers)
    assert linear.startswith("6 layers with nothing between them are one layer, y = ")
    assert "which is rounding" in linear
    assert towers[0].max_relative_difference < 1e-12
    parameters = tower(resolve("relu"), CollapseConfig(layers=6, width=8), 6).parameters
    product = np.eye(2)
    for weights in parameters.weights:
        product = product @ weights
    assert towers[0].weights == pytest.approx(product.ravel(), rel=1e-9)
    assert "With identity between the same layers the output bends nowhere on the line" in identity
    assert "bends nowhere" not in relu


def test_the_bends_of_a_tower_are_changes_of_its_slope(towers: tuple[CollapseRun, ...]) -> None:
    said = sentences(towers)[1]
    run = towers[1]
    assert (
        f"With relu between the same layers the output bends {run.bends} times on the line, and the best single layer"
        in said
    )
    network = tower(resolve("relu"), CollapseConfig(layers=6, width=8), 6)
    t = np.linspace(-3, 3, 600_001)
    output = forward(network, t[:, None] * run.profile.direction).output.ravel()
    curvature = np.abs(np.diff(output, 2))
    turned = np.flatnonzero(curvature > 1e-9 * np.ptp(output))
    assert np.count_nonzero(np.diff(turned) > 1) + 1 == run.bends


def test_what_is_counted_is_named() -> None:
    """A parabola bends, and has no point of inflection; a tower of steps jumps."""
    _, square, step = sentences(collapse(["x*x", "step"], CollapseConfig(layers=2)))
    assert "the output has 0 inflections on the line, and the best single layer misses it by up to 0." in square
    assert "the output bends or jumps " in step


# --- one step of training --------------------------------------------------------------------------------------


def test_the_step_moved_probability_and_loss_as_it_says() -> None:
    found = trace("relu")
    text = sentence(found)
    for outcome in (found.before, found.after):
        probability = 1 / (1 + np.exp(-outcome.output))
        right = probability if found.answer else 1 - probability
        assert outcome.probability == pytest.approx(probability)
        assert outcome.loss == pytest.approx(-np.log(right))
    assert found.answer == 0
    before, after = (f"{1 - outcome.probability:.4f}" for outcome in (found.before, found.after))
    assert f"P(0) from {before} to {after}" in text
    assert "step over the valley" not in text


def test_a_probability_of_the_right_answer_that_is_tiny_is_no_zero() -> None:
    """Target 0 and z = 40: P(0) = 1/(1 + e^40), although 1 - σ(40) is 0 in float64."""
    assert "P(0) from 4.248e-18 to" in sentence(replace(trace("relu"), before=Outcome(40.0, 1.0, 40.0)))


def test_a_learning_rate_that_is_too_large_is_said_to_be_so() -> None:
    found = next(
        found for rate in (5.0, 20.0, 80.0) if (found := trace("identity", rate)).after.loss > found.before.loss
    )
    assert "too large a learning rate can step over the valley" in sentence(found)


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_weights_into_a_unit_of_slope_0_do_not_move_and_only_those(name: str) -> None:
    found = trace(name)
    off = [unit.name for unit in found.hidden if unit.slope == 0]
    still = {step.target for step in found.weights if step.target.startswith("h") and step.before == step.after}
    assert set(off) == still
    assert ("had slope 0" in sentence(found)) == bool(off)


# --- bends that settle, histories, calibration -----------------------------------------------------------------


def moved(bends: list[list[float]]) -> list[Settling]:
    network = tower(resolve("relu"), CollapseConfig(layers=2, width=3), 2)  # only its activation is read
    return [Settling(step, np.array(places), 0.1, network) for step, places in zip((0, 20, 200), bends, strict=True)]


def test_half_of_the_bends_moved_by_the_median() -> None:
    found = moved([[0.0, 0.0, 0.0], [0.6, 0.3, 0.0], [0.6, 0.3, 3.0]])
    said = settling.sentence(found, (-3.0, 3.0))
    moves = "5.0 % of the interval's width from step 0 to 20, 0.0 % from step 20 to 200"
    assert said == f"Half of the bends moved by at least {moves}."
    assert settling.sentence(moved([[np.nan], [0.0], [0.0]]), (-3.0, 3.0)) == ""
    straight = [
        replace(each, network=replace(each.network, activation=of_hidden_units(resolve("x")))) for each in found
    ]
    assert settling.sentence(straight, (-3.0, 3.0)) == f"Half of the zeros moved by at least {moves}."


@pytest.fixture(scope="module")
def run() -> DepthRun:
    return gradient_depth("relu", DepthConfig(layers=3, width=8, steps=5))


def test_the_sentence_of_a_history_has_the_figures_of_its_last_step(run: DepthRun) -> None:
    said = depth_history.sentence(run)
    last = run.history[-1]
    assert last.step + 1 == 5
    assert said.startswith("relu at step 5: layer 1's gradient ")
    shown = float(said.partition("layer 1 moves by ")[2].partition(" of its weights")[0])
    assert shown == pytest.approx(last.update_ratios[0], rel=0.06)
    share = float(said.partition("; layer 1")[2].partition("; ")[2].partition(" % of slopes saturated")[0])
    assert share == pytest.approx(100 * np.mean(last.saturated_fractions), abs=0.06)


def test_a_calibration_s_sentence_has_the_means_of_its_points() -> None:
    found = calibrate(row_wise("softmax"))
    said = calibration.sentence(found)
    assert found.count.sum() == UNSEEN
    weights = found.count / found.count.sum()
    seen = found.count > 0
    assert weights[seen] @ found.confidence[seen] == pytest.approx(found.mean_confidence)
    assert weights[seen] @ found.accuracy[seen] == pytest.approx(found.mean_accuracy)
    assert f"{100 * found.mean_confidence:.1f} % on average" in said


def test_what_makes_no_probabilities_has_no_confidence() -> None:
    with pytest.raises(ValueError, match="log_softmax makes no probabilities, and has no confidence to be measured"):
        calibrate(row_wise("log_softmax"))
