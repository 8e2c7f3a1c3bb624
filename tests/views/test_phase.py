"""Texts on the pictures of order and chaos: true where printed, absent where not true."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.depth.config import DepthConfig
from actcli.core.depth.trainability import Sweep, Trained, trainability
from actcli.core.theory.layer_maps import layer_maps
from actcli.core.theory.phase import PhaseDiagram, phase_diagram
from actcli.views.phase import QUANTITIES, maps_picture, phase_picture, phase_sentences, trainability_picture
from tests.narrow import elementwise, known


@pytest.fixture(scope="module")
def tanh() -> PhaseDiagram:
    """A diagram with two weight variances in the ordered phase, two in the chaotic one, and one bias variance."""
    return phase_diagram(elementwise("tanh"), np.array([0.5, 1.0, 2.5, 3.0]), np.array([0.05]))


def test_no_edge_is_said_to_be_found_where_order_and_chaos_have_none_between_them(tanh: PhaseDiagram) -> None:
    (told,) = phase_sentences(replace(tanh, edge=()), "chi")
    assert "No edge of chaos was found here." in told
    assert "edge of chaos, χ⊥ = 1" not in [name for name, _ in phase_picture(replace(tanh, edge=()), "chi").legend]
    for other in (tanh, replace(tanh, edge=(), chi_perpendicular=np.full((1, 4), 0.5))):
        assert "No edge" not in " ".join(phase_sentences(other, "chi"))


def test_why_cells_are_blank(tanh: PhaseDiagram) -> None:
    blank = np.array([[np.nan, 1.0, 1.0, 1.0]])
    unsettled = replace(tanh, q=blank, chi_perpendicular=blank, correlation_depth_scale=blank)
    for of in ("chi", "q", "depth-scale"):
        assert "Blank: it is not known to settle." in phase_sentences(unsettled, of)[0]
    growing = replace(unsettled, grows=np.isnan(blank))
    assert "Blank: the variance grows without end." in phase_sentences(growing, "q")[0]
    assert "settle" not in phase_sentences(growing, "q")[0]
    unknown = replace(tanh, correlation=blank, correlation_depth_scale=blank)
    assert "Blank: it is not known." in phase_sentences(unknown, "depth-scale")[0]
    assert "Blank: it is not known." in phase_sentences(unknown, "correlation")[0]
    kept = replace(tanh, correlation=blank, correlation_depth_scale=np.array([[np.inf, 1.0, 1.0, 1.0]]))
    assert "Blank: every correlation stays." in phase_sentences(kept, "correlation")[0]
    for flat in ("0*x", "x*x"):  # at q = 0 nothing is left of two inputs
        dead = phase_diagram(elementwise(flat), np.array([0.1]), np.array([0.0]))
        assert "Blank: it is not known." in phase_sentences(dead, "correlation")[0]
    assert not any("Blank" in phase_sentences(tanh, of)[0] for of in QUANTITIES)


def test_in_so_many_layers_two_inputs_come_e_times_nearer(tanh: PhaseDiagram) -> None:
    """Expected: the correlation map of tanh by another quadrature, layer by layer."""
    picture = phase_picture(tanh, "depth-scale")
    assert picture.title == "tanh: ξ_c, the layers in which two inputs come e times nearer to c*"
    assert "e times nearer" not in phase_picture(tanh, "chi").title
    z, weights = np.polynomial.hermite_e.hermegauss(80)
    weights /= weights.sum()
    q, scale = float(tanh.q[0, 2]), float(tanh.correlation_depth_scale[0, 2])
    correlations, c = [], 0.9
    for _ in range(400):
        second = c * z[:, None] + np.sqrt(1.0 - c * c) * z[None, :]
        both = weights @ (np.tanh(np.sqrt(q) * z)[:, None] * np.tanh(np.sqrt(q) * second)) @ weights
        c = (2.5 * both + 0.05) / q
        correlations.append(c)
    assert c == pytest.approx(float(tanh.correlation[0, 2]), abs=1e-3)
    assert np.log((correlations[120] - c) / (correlations[140] - c)) == pytest.approx(20.0 / scale, rel=1e-3)


def test_the_two_maps_and_the_way_through_them() -> None:
    maps = layer_maps(elementwise("tanh"), 2.5, 0.05)
    picture = maps_picture(maps)
    variances, correlations = picture.panels
    assert (variances.title, correlations.title) == ("variance map: q -> q'", "correlation map at q: c -> c'")
    assert [name for name, _ in picture.legend] == ["the map", "layer by layer", "no change"]
    assert known(maps.next_c)[-1] == pytest.approx(1.0, abs=1e-6), "what is alike stays so"
    for panel in picture.panels:
        (curve,), (trail,) = panel.curves, panel.trails
        assert np.array_equal(trail.x[2::2], trail.y[2::2]), "each layer ends on the diagonal"
        assert np.array_equal(trail.y[1::2], trail.x[2::2]), "from where the map has led"
        at_map = np.interp(trail.x[1::2], curve.x, curve.y)
        assert trail.y[1::2] == pytest.approx(at_map, abs=0.02)
    starts = [panel.trails[0].x[0] for panel in picture.panels]
    assert picture.notes[0].startswith(f"From q = 1 the signal settles at q = {known(maps.fixed_point.q):.4g} (")
    assert starts[0] == pytest.approx(0.1 * known(maps.fixed_point.q)), "1 is close to where it settles"
    assert picture.notes[1] == f"layer by layer: from q = {starts[0]:.6g}, and from c = 0."
    silent = maps_picture(layer_maps(elementwise("tanh"), 0.5))  # the signal vanishes, so c is undefined
    assert [panel.title for panel in silent.panels] == ["variance map: q -> q'"]
    assert silent.notes[1] == "layer by layer: from q = 1.0."
    growing = maps_picture(layer_maps(elementwise("relu"), 3.0))
    assert growing.notes[0].startswith("the signal does not settle: from q = 1 it grows")


def test_trained_networks_stand_over_variance_and_depth_with_6_depth_scales() -> None:
    sweep = Sweep("tanh", (1, 30), (0.5, 1.0), 0.05, 1, DepthConfig(width=8, batch=32, steps=5, data="moons"))
    found = trainability(sweep, [Trained(1, 1.0, 0, 0.5, 1.0, 0.75)])
    picture = trainability_picture(found)
    assert picture.title == "tanh: accuracy after 5 steps, depth over σ_w² at σ_b² = 0.05"
    assert [name for name, _ in picture.legend] == ["6 ξ_c, the trainable depth by a rule of thumb"]
    (trail,) = picture.panels[0].trails
    diagram = phase_diagram(elementwise("tanh"), np.array(sweep.sigma_w2), np.array([0.05]))
    assert trail.y == pytest.approx(6.0 * diagram.correlation_depth_scale[0], rel=1e-3)
    unknown = trainability_picture(replace(found, accuracy=None, depth_limit=np.full(2, np.nan)))
    assert unknown.title.startswith("tanh: loss / guessing after 5 steps")
    assert unknown.legend == []
