"""What trained networks decide over the plane: a map for each, and in words what is seen on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from actcli.core.arrays import Array
from actcli.core.boundary.decision import Decision
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.errors import count
from actcli.views.notation import format_number, percent
from actcli.views.picture.description import Axis, Curve, HeatMap, Marks, Panel, Picture, RegionMap, Style
from actcli.views.picture.terminal import paint
from actcli.views.ranges import value_axis
from actcli.views.terminal import Terminal

MOST_POINTS = 120
"""Points of the data set on a map: more would cover it."""


@dataclass(frozen=True, eq=False)
class Map:
    """A network's decision, the points that it learnt from, and what the axes and the classes are called."""

    decision: Decision
    inputs: Array
    targets: Array
    layers: int
    affine: bool
    smooth: bool
    axes: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def labels(self) -> tuple[Array, tuple[str, ...]]:
        """The class of each point, from 0, and the classes' names; of numbers, on which side of the mean it lies."""
        if self.decision.probability is None:
            return (self.targets[:, 0] > 0.0).astype(int), ("below the mean", "above the mean")
        if self.targets.shape[1] > 1:
            return self.targets.argmax(axis=1), self.classes
        return (self.targets[:, 0] > 0.5).astype(int), self.classes

    @classmethod
    def of(
        cls, decision: Decision, experiment: DepthExperiment, axes: Sequence[str] = (), classes: Sequence[str] = ()
    ) -> "Map":
        names = tuple(axes) or tuple(f"x{i + 1}" for i in range(experiment.inputs.shape[1]))
        many = 2 if experiment.loss_name == "binary_cross_entropy" else experiment.targets.shape[1]
        activation = experiment.network.activation
        return cls(
            decision,
            experiment.inputs,
            experiment.targets,
            experiment.config.layers,
            decision.affine,
            not activation.kinks(99),
            names,
            tuple(classes) or tuple(str(i) for i in range(many)),
        )


def boundary_picture(maps: Sequence[Map], title: str, points: int = MOST_POINTS) -> Picture:
    """A panel for each network; in two classes the second's probability is the shade, in more the likeliest's."""
    first = maps[0]
    panels = [_panel(each, index, points) for index, each in enumerate(maps)]
    legend = (
        []
        if first.decision.probability is None
        else [(name, Style(member=index)) for index, name in enumerate(first.classes)]
    )
    return Picture(title, panels, legend, columns=None, notes=sentences(maps, points))


def points_for(terminal: Terminal) -> int:
    """As many points as leave the map between them to be seen."""
    return min(max(terminal.width * terminal.height // 40, 24), MOST_POINTS)


def boundary_report(picture: Picture, terminal: Terminal, height: int | None = None) -> str:
    return paint(picture, terminal, height or terminal.height - 2)


def _panel(each: Map, index: int, points: int) -> Panel:
    decision, window = each.decision, each.decision.window
    title = heading(decision)
    x = Axis(float(window.x1[0]), float(window.x1[-1]), label=each.axes[0])
    if window.x2 is None:
        curves = [Curve(decision.activation, window.x1, decision.output[:, 0], Style(member=index))]
        shown = _few(each.inputs, each.targets, points)
        seen = Curve("", shown[0][:, 0], shown[1][:, 0])
        marks = [Marks(seen.x, seen.y, Style("spot", index))]
        return Panel(x, value_axis([*curves, seen], (x.low, x.high)), curves, title, None, marks)
    y = Axis(float(window.x2[0]), float(window.x2[-1]), label=each.axes[1])
    return Panel(x, y, (), title, None, _points(each, points), heat=_heat(each), square=True)


def _heat(each: Map) -> HeatMap | RegionMap:
    decision = each.decision
    if decision.probability is None:
        values = decision.output[..., 0]
        return HeatMap(values, float(np.nanmin(values)), float(np.nanmax(values)), "prediction")
    if len(each.classes) == 2:
        label = f"probability of {each.classes[1]}"
        return HeatMap(decision.probability[1], 0.0, 1.0, label, middle=0.5, contours=(0.5,))
    assert decision.decided is not None
    return RegionMap(decision.decided.astype(np.int64), each.classes)


def _points(each: Map, most: int) -> list[Marks]:
    inputs, targets = _few(each.inputs, each.targets, most)
    if each.decision.probability is None:
        return []
    labels, names = replace(each, inputs=inputs, targets=targets).labels
    return [
        Marks(inputs[labels == label, 0], inputs[labels == label, 1], Style(member=label), name)
        for label, name in enumerate(names)
    ]


def _few(inputs: Array, targets: Array, most: int) -> tuple[Array, Array]:
    chosen = np.linspace(0, len(inputs) - 1, min(len(inputs), most)).round().astype(int)
    return inputs[chosen], targets[chosen]


def heading(decision: Decision) -> str:
    """`relu 100 % loss 0.0021`"""
    loss = f"loss {format_number(decision.loss_data_final, 2)}"
    if decision.accuracy_final is None:
        return f"{decision.activation} {loss}"
    return f"{decision.activation} {percent(decision.accuracy_final)} {loss}"


def sentences(maps: Sequence[Map], points: int) -> list[str]:
    """What is seen on each map, and why it must be so where that is known."""
    told = [sentence for each in maps if (sentence := _sentence(each))]
    first = maps[0]
    guess = f"Guessing gives a loss of {format_number(first.decision.loss_guess, 3)}"
    shown = min(len(first.inputs), points)
    few = f"; {shown} of {count(len(first.inputs), 'point')} are shown" if shown < len(first.inputs) else ""
    return [*told, f"{guess}{few}."]


def _sentence(each: Map) -> str:
    decision, name = each.decision, each.decision.activation
    layers = count(each.layers, "layer")
    if each.affine and decision.plane:
        what = "the answer is a straight line" if decision.window.x2 is None else "the answer is a plane"
        cut = ", and its boundary a straight line" if decision.boundary and len(each.classes) == 2 else ""
        return f"{name}: {what}{cut}, however deep: {layers} without a bend are one linear map."
    if decision.boundary is False:
        return f"{name}: the same decision everywhere in this window."
    if decision.pieces is not None:
        pieces = count(decision.pieces, "straight piece")
        return f"{name}: the boundary consists of {pieces} in this window, counted exactly."
    if each.smooth and decision.boundary:
        return f"{name}: the output has no corners, as {name} has none."
    return ""
