"""Texts on the pictures of units, spaces and decisions: true where printed, absent where not true."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.boundary.decision import DEFAULT, Window, decision
from actcli.core.boundary.spaces import UnitMaps, spaces, unit_maps
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.datasets import DATASETS, DataSet
from actcli.views.boundary import Map, boundary_picture
from actcli.views.picture.description import HeatMap
from actcli.views.spaces import _ends, space_picture, units_picture
from tests.core.boundary.test_spaces import experiment
from tests.narrow import known


@pytest.mark.parametrize(("width", "title"), [(3, "layer 1, units 1 to 3"), (20, "layer 1, units 1 to 16 of 20")])
def test_each_unit_is_shaded_from_its_least_to_its_largest_value(width: int, title: str) -> None:
    values = np.arange(width * 6.0).reshape(width, 2, 3) ** 2
    values[1] = 7.0  # everywhere
    none = np.zeros(width, dtype=bool)
    (panel,) = units_picture([UnitMaps(1, values, none, none)], "").panels
    assert panel.title == title
    heat = panel.heat
    assert isinstance(heat, HeatMap)
    assert heat.label == "from the unit's least to its largest value"
    for unit in (0, 2):
        shades = heat.values[:, 7 * unit : 7 * unit + 3]
        assert shades == pytest.approx((values[unit] - values[unit].min()) / np.ptp(values[unit]))
    assert np.isnan(heat.values[:, 7:10]).all(), "nothing is least or largest of what is the same everywhere"


def test_a_single_unit_is_unit_1() -> None:
    (panel,) = units_picture([UnitMaps(1, np.ones((1, 2, 3)), np.array([False]), np.array([False]))], "").panels
    assert panel.title == "layer 1, unit 1"


def test_numbers_are_above_or_below_their_mean() -> None:
    made = experiment("tanh", data="sine")
    window = Window.around(made.inputs, 5, 5)
    labels, names = Map.of(decision(made, window), made).labels
    assert names == ("below the mean", "above the mean")
    y = DATASETS["sine"](512, np.random.default_rng(0)).targets  # the mean of the targets is 0
    assert abs(y.mean()) < 1e-12
    assert np.array_equal(labels == 1, made.targets[:, 0] > made.targets.mean())
    classes = experiment()
    window = Window.around(classes.inputs, 5, 5)
    seen = Map.of(decision(classes, window), classes)
    assert seen.labels[1] == ("class 0", "class 1")
    heat = boundary_picture([seen], "").panels[0].heat
    assert isinstance(heat, HeatMap)
    assert (heat.label, heat.low, heat.middle, heat.high) == ("probability of class 1", 0.0, 0.5, 1.0)
    assert heat.contours == (0.5,), "on which the two are as likely"
    assert np.array_equal(heat.values, known(seen.decision.probability)[1])
    made_of = spaces(classes, window)
    picture = space_picture(made_of, made_of, seen, "")
    assert [name for name, _ in picture.legend] == ["class 0", "class 1"]
    whose = ["plane", "layer 1", "layer 2", "layer 3"]
    assert [panel.x.label for panel in picture.panels] == whose * 2
    assert [panel.title for panel in picture.panels] == [
        f"{it}, {when}" for when in ("untrained", "trained") for it in whose
    ]


def test_an_axis_of_equal_values_has_them_in_its_middle() -> None:
    assert _ends(np.array([2.0, 2.0])) == (1.0, 3.0)
    assert _ends(np.array([2.0, -2.5, 0.0])) == (-2.5, 2.0)


def test_a_network_that_does_not_bend_bends_no_plane() -> None:
    """One of two separate halves of the plane is found by the identity network too."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    data = DataSet("halves", x, (x[:, :1] > 0.0).astype(float), "binary_cross_entropy")
    for act, bends in (("identity", False), ("relu", True)):
        made = DepthExperiment(resolve(act), replace(DEFAULT, steps=60), data)
        list(made)
        window = Window.around(made.inputs, 5, 5)
        seen, drawn = spaces(made, window), Map.of(decision(made, window), made)
        assert drawn.decision.accuracy_final == 1.0
        notes = " ".join(space_picture(seen, seen, drawn, "").notes)
        assert ("bends the plane until a straight cut is enough: 100 %" in notes) == bends
        assert "100 % of the points are on their side of the cut." in notes


def test_units_without_a_largest_slope_and_layers_without_variance_are_told_as_such() -> None:
    """x³ has no largest slope; in the third layer of weights of 1e-120 everything is 0."""
    cubes = experiment("x**3", init="normal:1e-3", steps=0)
    notes = " ".join(units_picture(unit_maps(cubes, Window.around(cubes.inputs, 5, 5)), "").notes)
    assert "saturated: slope under 0.05 at every point" in notes
    zeros = experiment("identity", init="normal:1e-120", steps=0)
    window = Window.around(zeros.inputs, 5, 5)
    seen = spaces(zeros, window)
    notes = " ".join(space_picture(seen, seen, Map.of(decision(zeros, window), zeros), "").notes)
    assert "All points of the data have the same values: layer 3." in notes
    assert "layer 2 (100 %)" in notes, "two inputs span a plane in every layer"
