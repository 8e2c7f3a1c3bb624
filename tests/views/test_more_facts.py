"""Sentences of phase, boundary, identify and differentiate: true where printed, absent where not true."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.boundary.decision import DEFAULT, Window
from actcli.core.boundary.spaces import Space, spaces
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.identify.identification import Identification, Match, Near
from actcli.core.numerics import quadrature
from actcli.core.theory.phase import PhaseDiagram, phase_diagram
from actcli.views.identification import identification_text
from actcli.views.phase import phase_picture, phase_sentences
from actcli.views.spaces import _space_notes
from actcli.views.terminal import Terminal
from tests.cli.helpers import output

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def diagram(name: str, weights: tuple[float, ...], biases: tuple[float, ...] = (0.0,)) -> PhaseDiagram:
    return phase_diagram(resolve(name), np.array(weights), np.array(biases))


def said(found: PhaseDiagram, of: str) -> str:
    return " ".join(phase_sentences(found, of))  # type: ignore[arg-type]  # one of its four


def susceptibility(name: str, sigma_w2: float, sigma_b2: float) -> float:
    """χ⊥ at the fixed point of the variance, by iteration from 1."""
    f = resolve(name)
    assert isinstance(f, Elementwise)
    q = 1.0
    for _ in range(3000):
        q = sigma_w2 * float(WEIGHTS @ f(np.sqrt(q) * NODES) ** 2) + sigma_b2
    return sigma_w2 * float(WEIGHTS @ f.derivative(np.sqrt(q) * NODES) ** 2)


def test_below_chi_1_is_ordered_above_chaotic_and_the_critical_point_is_tanh_s() -> None:
    found = diagram("tanh", (0.5, 3.0), (0.1, 0.2))
    assert susceptibility("tanh", 0.5, 0.1) < 1 < susceptibility("tanh", 3.0, 0.1)
    text = said(found, "chi")
    assert "Critical point: σ_w² = 1.0, σ_b² = 0.0." in text
    assert "χ⊥ < 1: ordered, the gradient vanishes with depth. χ⊥ > 1: chaotic, it explodes." in text
    assert ("edge of chaos, χ⊥ = 1" in [label for label, _ in phase_picture(found, "chi").legend]) is True
    ordered = diagram("tanh", (0.1, 0.5))
    assert "edge of chaos, χ⊥ = 1" not in [label for label, _ in phase_picture(ordered, "chi").legend]
    assert "chaotic, it explodes" not in said(ordered, "chi")


def test_without_a_finite_chi_inputs_move_apart_where_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step has slope infinity in the mean, and so has sqrt(abs(x)); step(x-9) is 0 deep down; 1/x settles nowhere."""
    monkeypatch.setattr(quadrature, "_MOST_ROUNDS", 20)  # of integrals that are infinite
    apart = "no finite χ⊥ was found and c* < 1: chaotic"
    for name, expected in {"step": True, "sqrt(abs(x))": True, "step(x-9)": False, "1/x": False, "tanh": False}.items():
        found = diagram(name, (1.0, 2.0))
        assert (apart in said(found, "chi")) == expected, name
        assert ("Blank: no finite χ⊥ was found." in said(found, "chi")) == expected, name
        assert ("χ⊥ is not known" in said(found, "chi")) == (name in ("step(x-9)", "1/x")), name


def test_the_colours_end_at_2_and_the_largest_chi_is_said_where_it_is_larger() -> None:
    largest = susceptibility("sin", 8.0, 0.0)
    assert largest > 2
    assert f"The colours end at 2; the largest χ⊥ is {largest:.4g}" in said(diagram("sin", (1.0, 8.0)), "chi")
    assert susceptibility("tanh", 2.0, 0.0) < 2
    assert "The colours end at" not in said(diagram("tanh", (1.0, 2.0)), "chi")
    assert "The colours end at" not in said(diagram("relu", (2.0, 4.0), (0.0, 0.5)), "chi"), (
        "2 and rounding is not larger"
    )


def test_on_the_edge_the_highest_colour_stands_for_infinity_too() -> None:
    """At tanh's critical point two inputs approach each other more slowly than exponentially."""
    text = "The highest colour stands for more than 10^"
    assert text in said(diagram("tanh", (0.5, 1.0)), "depth-scale")
    assert text not in said(diagram("tanh", (0.5, 0.7), (0.1,)), "depth-scale")


# --- the space of a layer --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen() -> list[Space]:
    experiment = DepthExperiment(resolve("relu"), DEFAULT)
    return spaces(experiment, Window(np.linspace(-1.0, 1.0, 3), np.linspace(-1.0, 1.0, 3)))


def test_the_two_main_directions_hold_the_share_that_is_said(seen: list[Space]) -> None:
    notes = " ".join(_space_notes(seen, 1.0))
    assert "Axes are the two main directions, with this share of the variance: layer 1 (" in notes
    assert "across, the direction of the output, where the boundary is a straight cut; up, the main direction" in notes
    experiment = DepthExperiment(resolve("relu"), DEFAULT)
    weights, biases = experiment.network.parameters.weights[0], experiment.network.parameters.biases[0]
    hidden = np.maximum(experiment.inputs @ weights + biases, 0.0)
    variances = np.linalg.svd(hidden - hidden.mean(axis=0), compute_uv=False) ** 2
    assert seen[1].share == pytest.approx(variances[:2].sum() / variances.sum())


def test_two_units_are_seen_as_they_are() -> None:
    experiment = DepthExperiment(resolve("relu"), replace(DEFAULT, width=2, layers=2))
    few = spaces(experiment, Window(np.linspace(-1.0, 1.0, 3), np.linspace(-1.0, 1.0, 3)))
    notes = " ".join(_space_notes(few, 1.0))
    assert "Axes are the units themselves: layer" in notes
    assert "two main directions" not in notes


def test_a_layer_of_infinite_values_is_told() -> None:
    experiment = DepthExperiment(resolve("relu"), replace(DEFAULT, width=2, layers=2))
    found = spaces(experiment, Window(np.linspace(-1.0, 1.0, 3), np.linspace(-1.0, 1.0, 3)))
    told = "The values of a layer are not all finite numbers."
    assert told not in _space_notes(found, 1.0)
    experiment.network.parameters.vector[:] = 1e300  # the second layer's products overflow
    found = spaces(experiment, Window(np.linspace(-1.0, 1.0, 3), np.linspace(-1.0, 1.0, 3)))
    assert _space_notes(found, 1.0) == [told]


# --- sentences below tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "order", "one_sided"),
    [("relu", 1, (0.0, 1.0)), ("step", 1, None), ("hard_tanh", 2, None), ("tanh", 1, (1.0, 1.0))],
)
def test_a_kink_is_where_the_function_or_a_derivative_jumps(
    name: str, order: int, one_sided: tuple[float, float] | None
) -> None:
    at, h = (1.0 if name == "hard_tanh" else 0.0), 1e-7
    shown = output("differentiate", name, str(at), "--order", str(order), "--format", "table")
    f = resolve(name)
    assert isinstance(f, Elementwise)
    jumps = abs(float(f(at + h)) - float(f(at - h))) > 0.5
    jumps |= abs(float(f.derivative(at + h)) - float(f.derivative(at - h))) > 0.5
    assert ("kink: the function or a derivative jumps here; shown is what PyTorch returns" in shown) == jumps
    if one_sided:
        assert (float(f.derivative(at - h)), float(f.derivative(at + h))) == pytest.approx(one_sided)


def test_matches_that_are_not_shown_are_counted() -> None:
    match = Match("tanh", {}, "equal", 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    for matches, more in ((3, ""), (15, "and 12 more: --format json\n")):
        text = identification_text(
            Identification("tanh(x)", (match,) * matches, (Near("erf", {}, 0.1, 1.0),)), Terminal()
        )
        assert text.count("equal") == 3
        assert ("more:" in text) == bool(more)
        assert more in text
        assert "Nearest of the others, by the largest difference:" in text


def test_guessing_s_loss_is_that_of_the_better_constant() -> None:
    """log 2 for two equally frequent classes."""
    lines = " ".join(output("boundary", "relu", "--steps", "1").split())
    assert f"Guessing gives a loss of {np.log(2):.3f}; 48 of 512 points are shown." in lines
    assert "points are shown" not in output("boundary", "relu", "--steps", "1", "--data", "blobs", "--show", "units")
