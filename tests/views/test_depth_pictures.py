"""Texts on the pictures of --show over-time and histograms: true where printed, absent where not true."""

import numpy as np
import pytest

from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, DepthRun, gradient_depth
from actcli.core.depth.histograms import layer_histograms
from actcli.views.depth_histograms import AFTER, BEFORE, histograms_picture
from actcli.views.depth_history import history_picture
from actcli.views.picture.description import HeatMap
from tests.narrow import elementwise

CONFIG = DepthConfig(layers=3, width=8, steps=6)


@pytest.fixture(scope="module")
def runs() -> list[DepthRun]:
    return [gradient_depth(name, CONFIG) for name in ("tanh", "relu")]


def test_one_run_has_its_layers_and_several_the_median_of_the_layers(runs: list[DepthRun]) -> None:
    alone, both = history_picture(runs[:1]), history_picture(runs)
    titles = ["gradient of each layer's weights", "loss, dotted: guessing"]
    assert [panel.title for panel in alone.panels] == [
        *titles, "update/weights, dotted: 0.001", "saturated slopes and dead units",
    ]  # fmt: skip
    assert [panel.title for panel in both.panels] == [
        "tanh: gradient by layer", "relu: gradient by layer", titles[1],
        "median update/weights, dotted: 0.001", "saturated slopes, broken: dead units",
    ]  # fmt: skip
    updates = both.panels[3].curves
    for curve, run in zip(updates, runs, strict=True):
        assert curve.y == pytest.approx([np.median(moment.update_ratios) for moment in run.history])
    saturated, dead = alone.panels[-1].curves
    assert saturated.y == pytest.approx([np.mean(moment.saturated_fractions) for moment in runs[0].history])
    assert dead.y == pytest.approx([np.mean(moment.dead_fractions) for moment in runs[0].history])
    assert (saturated.style.dash, dead.style.dash > 0) == (0, True)
    named = dict(alone.legend)
    assert (named["saturated"], named["dead"]) == (saturated.style, dead.style)
    layers = [curve.style for curve in alone.panels[2].curves]
    assert [named[name] for name in ("layer 1", "layer 2", "output layer")] == layers


def test_a_map_has_the_powers_of_ten_of_the_norms(runs: list[DepthRun]) -> None:
    heat = history_picture(runs[:1]).panels[0].heat
    assert isinstance(heat, HeatMap)
    assert heat.label == "log10(norm)"
    norms = np.array([moment.weight_gradient_norms for moment in runs[0].history])
    assert np.allclose(10.0**heat.values.T, norms, rtol=1e-12)


def test_each_histogram_is_as_high_as_its_highest_bin() -> None:
    experiment = DepthExperiment(elementwise("tanh"), CONFIG)
    before = layer_histograms(experiment)
    for _ in experiment:
        pass
    after = layer_histograms(experiment)
    picture = histograms_picture(before, after, "tanh, 3 hidden layers, what the first batch gives")
    assert picture.notes == ["Each is as high as its highest bin. Filled: before training; line: after."]
    assert picture.legend == [("before training", BEFORE), ("after training", AFTER)]
    for panel, first, last in zip(picture.panels[:3], before, after, strict=True):
        (area,), (line,) = panel.histograms, panel.curves
        assert (area.style, line.style) == (BEFORE, AFTER)
        assert area.height == pytest.approx(first.pre_activations.counts / first.pre_activations.counts.max())
        assert line.y == pytest.approx(last.pre_activations.counts / last.pre_activations.counts.max())
