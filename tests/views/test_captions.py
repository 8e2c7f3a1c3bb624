"""Captions and short sentences: each is true where it is printed, and absent in a case where it is not."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.audit.auditor import Auditor
from actcli.core.boundary.decision import DEFAULT, Window, decision
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, gradient_depth
from actcli.core.lessons.collapse import CollapseConfig, collapse
from actcli.core.lessons.trace import trace
from actcli.core.network.losses import LOSSES
from actcli.core.network.mlp import forward
from actcli.views import collapse as collapse_view
from actcli.views.audit import audit_report
from actcli.views.boundary import Map, heading, sentences
from actcli.views.comparison import _LINES
from actcli.views.terminal import Terminal
from tests.cli.helpers import actcli, output


def one_line(text: str) -> str:
    return " ".join(text.split())


# --- gradient-depth --------------------------------------------------------------------------------------------


def test_the_columns_gradient_and_signal_are_norms_of_the_loss_s_gradients() -> None:
    """Expected: central differences of the loss on the first batch, for every weight and bias of layer 1."""
    config = DepthConfig(layers=2, width=4, batch=512, steps=0)
    text = one_line(output("gradient-depth", "tanh", "--layers", "2", "--width", "4", "--steps", "1", "-f", "table"))
    assert "gradient: norm of the loss's gradient with respect to the layer's weights." in text
    assert "signal: the same with respect to its pre-activations." in text
    assert "theory: the signal that mean-field theory predicts, given the last hidden layer's." in text
    run, made = gradient_depth("tanh", config), DepthExperiment(resolve("tanh"), config)
    weights, loss = made.network.parameters.weights[0], LOSSES["binary_cross_entropy"]
    found = np.empty_like(weights)
    for place in np.ndindex(weights.shape):
        kept, values = weights[place], []
        for step in (1e-5, -1e-5):
            weights[place] = kept + step
            values.append(loss(forward(made.network, made.inputs).output, made.targets)[0])
        weights[place] = kept
        found[place] = (values[0] - values[1]) / 2e-5
    assert run.layers[0].weight_gradient_norm_initial == pytest.approx(np.linalg.norm(found), rel=1e-6)


def test_theory_is_silent_of_a_normalised_network() -> None:
    lines = "--layers 2 --width 4 --steps 1 -f table --norm layer"
    assert "mean-field theory predicts" not in one_line(output("gradient-depth", "tanh", *lines.split()))


# --- boundary --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bias", "same"), [(1.0, True), (None, False)])
def test_the_same_decision_everywhere_is_said_where_it_is_so(bias: float | None, same: bool) -> None:
    made = DepthExperiment(resolve("relu"), DEFAULT)
    if bias is not None:
        made.network.parameters.vector[...] = 0.0
        made.network.parameters.biases[-1][...] = bias
    window = Window(np.linspace(-3.0, 3.0, 41), np.linspace(-3.0, 3.0, 41))
    found = decision(made, window)
    assert (len(np.unique(np.sign(found.output))) == 1) == same
    said = " ".join(sentences([Map.of(found, made)], 48))
    assert ("the same decision at every point of this map" in said) == same


def test_the_decisions_are_those_of_the_accuracy_however_small_the_outputs() -> None:
    """Weights of 1e-9 give logits of 1e-30, whose probabilities are 0.5 in float64; log(x) has no value below 0."""
    made = DepthExperiment(resolve("relu"), replace(DEFAULT, init="normal:1e-9", steps=0))
    window = Window(made.inputs[::8, 0], made.inputs[::8, 1])
    found = decision(made, window)
    assert found.decided is not None
    points = made.inputs[::8]
    right = np.diagonal(found.decided) == (made.targets[::8, 0] > 0.5)
    every = ((forward(made.network, points).output > 0) == (made.targets[::8] > 0.5))[:, 0]
    assert right.tolist() == every.tolist()
    assert 0 < right.sum() < len(points)
    assert "the same decision" not in " ".join(sentences([Map.of(found, made)], 48))
    blind = DepthExperiment(resolve("log(x)"), replace(DEFAULT, steps=0))
    told = " ".join(sentences([Map.of(decision(blind, window), blind)], 48))
    assert "% of the points of this map the output is no finite number" in told
    assert "diverged" not in told
    assert heading(decision(blind, window)) == "log(x): no finite output"
    assert heading(found).startswith("relu ")


@pytest.mark.parametrize(("act", "smooth"), [("tanh", True), ("(x**2)**0.5", False), ("relu", False)])
def test_no_corners_are_said_of_what_has_none_for_certain(act: str, smooth: bool) -> None:
    made = DepthExperiment(resolve(act), replace(DEFAULT, steps=0))
    window = Window(np.linspace(-3.0, 3.0, 41), np.linspace(-3.0, 3.0, 41))
    said = " ".join(sentences([Map.of(decision(made, window), made)], 48))
    assert (f"the output has no corners, as {act} has none" in said) == smooth


def test_a_linear_network_without_a_boundary_in_the_window_has_no_straight_line_there() -> None:
    made = DepthExperiment(resolve("identity"), DEFAULT)
    made.network.parameters.biases[-1][...] = 1000.0
    window = Window(np.linspace(-3.0, 3.0, 41), np.linspace(-3.0, 3.0, 41))
    said = " ".join(sentences([Map.of(decision(made, window), made)], 48))
    assert "the same decision at every point" in said
    assert "straight line" not in said


# --- collapse and trace ----------------------------------------------------------------------------------------


def test_the_gap_is_a_share_of_the_tower_s_largest_output() -> None:
    text = output("collapse", "relu", "--layers", "4")
    assert "the output of 1, 2, 4 layers on the line, where it bends most, scaled to fit" in text
    assert text.splitlines()[0].split() == ["between", "gap", "to", "a", "bends", "of"]
    assert text.splitlines()[1].split()[:4] == ["the", "layers", "single", "layer"]
    linear, relu = collapse("relu", CollapseConfig(layers=4))
    difference = np.abs(relu.profile.tower - relu.profile.single_layer).max() / np.abs(relu.profile.tower).max()
    assert 0.1 < difference < 10 * relu.max_relative_difference  # on the line; the gap is on random inputs
    assert linear.max_relative_difference < 1e-12


def test_the_rounding_of_many_layers_is_said_where_it_is_large() -> None:
    many = one_line("\n".join(collapse_view.sentences(collapse("relu", CollapseConfig(layers=2, width=4)))))
    assert "which is rounding" in many
    assert "the rounding of so many layers" not in many


def test_a_traced_step_is_the_one_that_its_formulas_give() -> None:
    text, found = output("trace", "tanh"), trace("tanh")
    assert f"φ = tanh; x1 = {found.inputs[0]:g}, x2 = {found.inputs[1]:g}; the right answer is {found.answer:g}" in text
    assert "weight - 0.5 × gradient; gradient = signal × input" in text
    came_in = {"x1": found.inputs[0], "x2": found.inputs[1], "bias": 1.0} | {
        unit.name: unit.output for unit in found.hidden
    }
    back = {unit.name: unit.signal for unit in found.hidden} | {"z": found.output_signal}
    for step in found.weights:
        assert step.gradient == pytest.approx(back[step.target] * came_in[step.source])
        assert step.after == pytest.approx(step.before - 0.5 * step.gradient)


# --- audit and differentiate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("swapped", "violations"), [(False, 0), (True, 1)])
def test_results_that_go_down_where_f_goes_up_are_counted(swapped: bool, violations: int) -> None:
    f = resolve("identity")
    assert isinstance(f, Elementwise)
    x = np.arange(1.0, 11.0)
    y = x.copy()
    if swapped:
        y[[3, 4]] = y[[4, 3]]
    auditor = Auditor(f, "float32")
    auditor.add(x, y)
    text = one_line(audit_report(auditor.result(), Terminal(width=200)))
    assert f"monotonicity violations, from one input to the next: {violations}." in text


def test_zeros_of_the_wrong_sign_are_counted() -> None:
    f = resolve("identity")
    assert isinstance(f, Elementwise)
    for zero, count in ((-0.0, "1"), (0.0, "0")):
        auditor = Auditor(f, "float32")
        auditor.add(np.array([0.0, 1.0]), np.array([zero, 1.0]))
        text = one_line(audit_report(auditor.result(), Terminal(width=200)))
        assert f"zeros of the wrong sign: {count}" in text or (count == "0" and "zeros of the wrong sign: none" in text)


def test_what_a_check_leaves_out_is_said() -> None:
    left_out = actcli("differentiate", "relu", "0", "1", "--check").stderr
    assert left_out == (
        "checked: 1 point agrees with the numerical derivative (1 at kinks or without a finite value left out)\n"
    )
    assert "left out" not in actcli("differentiate", "relu", "1", "2", "--check").stderr


def test_the_lines_of_a_comparison_are_explained_where_there_are_several() -> None:
    for order, caption in ((0, ""), (1, "solid: the function, broken: its slope")):
        five = output("compare", "relu", "gelu", "silu", "mish", "tanh", "--order", str(order))
        assert (caption in five) if caption else ("broken: its slope" not in five)
    assert _LINES[3] == "solid: the function, broken: its derivatives"
