"""Report of `boundary`: a map of each network's decisions, and sentences about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.arrays import Array
from actcli.core.boundary.decision import Decision
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.errors import count
from actcli.views.notation import format_number, percent
from actcli.views.picture.description import Axis, Curve, HeatMap, Marks, Panel, Picture, RegionMap, Style
from actcli.views.picture.terminal import paint
from actcli.views.ranges import value_axis
from actcli.views.terminal import Terminal, paragraph

LOWEST = 13
"""Least lines of the picture; on a lower screen the sentences are below its end."""

MOST_POINTS = 120
"""Most points of the data set on a map; more would hide it."""


@dataclass(frozen=True, eq=False)
class Map:
    """A network's decision, its training points, and the names of axes and classes.

    smooth: the activation has no kink for certain. A formula may have one that is not found: (x**2)**0.5 has
    """

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
        """The class of each point, from 0, and the names; for numbers the classes are below and above the mean."""
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
            activation.name in CATALOGUE and not activation.kinks(99),
            names,
            tuple(classes) or tuple(f"class {i}" for i in range(many)),
        )


def boundary_picture(maps: Sequence[Map], title: str, points: int = MOST_POINTS) -> Picture:
    """One panel per network. Shade: the second class's probability for two classes, else the likeliest class."""
    first = maps[0]
    scale = _scale(maps)
    panels = [_panel(each, index, points, scale) for index, each in enumerate(maps)]
    legend = (
        []
        if first.decision.probability is None
        else [(name, Style(member=index)) for index, name in enumerate(first.classes)]
    )
    columns = len(panels) if len(panels) <= 3 else None
    return Picture(title, panels, legend, columns=columns, notes=sentences(maps, points))


def points_for(terminal: Terminal) -> int:
    """Number of points that leaves the map visible."""
    return min(max(terminal.width * terminal.height // 40, 24), MOST_POINTS)


def boundary_report(picture: Picture, terminal: Terminal, height: int | None = None) -> str:
    """The picture and the sentences below it, on one screen if it has room."""
    told = "".join(paragraph(note, terminal) for note in picture.notes)
    left = height or max(terminal.height - 1 - told.count("\n"), min(LOWEST, terminal.height - 1))
    return paint(replace(picture, notes=[]), terminal, left) + told


def _scale(maps: Sequence[Map]) -> tuple[float, float]:
    """Smallest and largest prediction over all maps."""
    values = np.concatenate([np.ravel(each.decision.output) for each in maps])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def _panel(each: Map, index: int, points: int, scale: tuple[float, float]) -> Panel:
    decision, window = each.decision, each.decision.window
    title = heading(decision)
    x = Axis(float(window.x1[0]), float(window.x1[-1]), label=each.axes[0])
    if window.x2 is None:
        return _over_one_feature(each, title, x, index, points)
    y = Axis(float(window.x2[0]), float(window.x2[-1]), label=each.axes[1])
    return Panel(x, y, (), title, None, _points(each, points), heat=_heat(each, scale), square=True)


def _over_one_feature(each: Map, title: str, x: Axis, index: int, points: int) -> Panel:
    """Curves over one feature: the prediction, or each class's probability; points are at their target or class."""
    window, probability = each.decision.window, each.decision.probability
    inputs, targets = _few(each.inputs, each.targets, points)
    if probability is None:
        curves = [Curve(each.decision.activation, window.x1, each.decision.output[:, 0], Style(member=index))]
        marks = [Marks(inputs[:, 0], targets[:, 0], Style("spot", index))]
        seen = Curve("", inputs[:, 0], targets[:, 0])
        return Panel(x, value_axis([*curves, seen], (x.low, x.high)), curves, title, None, marks)
    labels, names = replace(each, inputs=inputs, targets=targets).labels
    shown = range(1, 2) if len(names) == 2 else range(len(names))
    curves = [Curve(names[label], window.x1, probability[label], Style(member=label)) for label in shown]
    marks = [
        Marks(inputs[labels == label, 0], np.full((labels == label).sum(), height), Style(member=label))
        for label in range(len(names))
        for height in [label if len(names) == 2 else 1.0]
    ]
    return Panel(x, Axis(0.0, 1.0, label="probability"), curves, title, None, marks)


def _heat(each: Map, scale: tuple[float, float]) -> HeatMap | RegionMap:
    decision = each.decision
    if decision.probability is None:
        return HeatMap(decision.output[..., 0], *scale, "prediction (standardised)", contours=(0.0,))
    if len(each.classes) == 2:
        label = f"probability of {each.classes[1]}"
        return HeatMap(decision.probability[1], 0.0, 1.0, label, middle=0.5, contours=(0.5,))
    assert decision.decided is not None
    return RegionMap(decision.decided, each.classes)


def _points(each: Map, most: int) -> list[Marks]:
    inputs, targets = _few(each.inputs, each.targets, most)
    if each.decision.probability is None:
        return []
    labels, names = replace(each, inputs=inputs, targets=targets).labels
    return [
        Marks(inputs[labels == label, 0], inputs[labels == label, 1], Style(member=label))
        for label in range(len(names))
    ]


def _few(inputs: Array, targets: Array, most: int) -> tuple[Array, Array]:
    chosen = np.linspace(0, len(inputs) - 1, min(len(inputs), most)).round().astype(int)
    return inputs[chosen], targets[chosen]


def heading(decision: Decision) -> str:
    """The text `relu 100 %`, or `relu, loss 0.0021` for numbers."""
    if not np.isfinite(decision.output).all():
        return f"{decision.activation}: no finite output"
    if decision.accuracy_final is None:
        return f"{decision.activation}, loss {format_number(decision.loss_data_final, 3)}"
    return f"{decision.activation} {percent(decision.accuracy_final)}"


def sentences(maps: Sequence[Map], points: int) -> list[str]:
    """Accuracy or loss of each network, and facts about its boundary with their reason, if known."""
    told = []
    for each in maps:
        decision, seen = each.decision, _seen(each)
        if not np.isfinite(decision.output).all():
            share = percent(float((~np.isfinite(decision.output).all(axis=-1)).mean()))
            told.append(f"{decision.activation}: at {share} of the points of this map the output is no finite number.")
            continue
        right = "" if decision.accuracy_final is None else f"{percent(decision.accuracy_final)} right, "
        loss = f"loss {format_number(decision.loss_data_final, 3)}"
        told.append(f"{decision.activation}: {right}{loss}{seen and '; '}{seen}.")
    first = maps[0]
    guess = f"Guessing gives a loss of {format_number(first.decision.loss_guess, 3)}"
    shown = min(len(first.inputs), points)
    few = f"; {shown} of {count(len(first.inputs), 'point')} are shown" if shown < len(first.inputs) else ""
    return [*told, f"{guess}{few}."]


def _seen(each: Map) -> str:
    decision, name, window = each.decision, each.decision.activation, each.decision.window
    classes = decision.probability is not None
    if decision.boundary is False:
        return "the same decision at every point of this map"
    if each.affine and decision.plane:
        two = classes and len(each.classes) == 2
        are = "is" if each.layers == 1 else "are"
        linear = f"however deep the network: {count(each.layers, 'layer')} without a bend {are} one linear layer"
        if window.x2 is not None:
            return f"{'the boundary is a straight line' if two else 'each output is a plane'}, {linear}"
        return f"{'the logit' if two else 'each output'} is a straight line, {linear}"
    if decision.pieces is not None:
        return f"the boundary consists of {count(decision.pieces, 'straight piece')} in this window, counted exactly"
    if each.smooth and decision.boundary:
        return f"the output has no corners, as {name} has none"
    return ""
