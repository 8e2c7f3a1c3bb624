"""Pictures of `boundary --show units` and `--show space`: outputs of units, and the plane in each layer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from actcli.core.arrays import Array, Mask
from actcli.core.boundary.spaces import Space, UnitMaps
from actcli.core.errors import plural
from actcli.views.boundary import Map
from actcli.views.notation import format_number, percent
from actcli.views.picture.description import GUIDE, Axis, Curve, HeatMap, Marks, Panel, Picture, Rule, Style
from actcli.views.picture.terminal import SIDE_BY_SIDE
from actcli.views.terminal import Terminal

MOST_POINTS = 120
THUMBNAIL = (16, 24)
"""Points of a unit's map, across and up."""
_GAP = 4  # lattice columns between two units
_MOST_UNITS = 16
_ENOUGH = 0.95
_LARGEST = 1e15  # larger values are not drawn
DEAD, SATURATED = Style("fault"), Style("spot")


def units_picture(layers: Sequence[UnitMaps], title: str) -> Picture:
    """A strip of maps per hidden layer, one per unit, each scaled from its smallest to its largest value."""
    panels = [_strip(layer) for layer in layers]
    marked = [(DEAD, "dead", any(each.dead.any() for each in layers))]
    marked += [(SATURATED, "saturated", any(each.saturated.any() for each in layers))]
    legend = [(name, style) for style, name, there in marked if there]
    return Picture(title, panels, legend, arrangement="grid", columns=1, notes=_unit_notes(layers))


def _strip(layer: UnitMaps) -> Panel:
    shown = layer.values[:_MOST_UNITS]
    if shown.ndim == 2:  # over one feature a unit is a line
        shown = shown[:, None, :]
    units, rows, columns = shown.shape
    lattice = np.full((rows, units * (columns + _GAP)), np.nan)
    for unit, values in enumerate(shown):
        start = unit * (columns + _GAP)
        lattice[:, start : start + columns] = _scaled(values)
    some = f"units 1 to {units}" if units > 1 else "unit 1"
    some += f" of {len(layer.values)}" if units < len(layer.values) else ""
    marks = [
        Marks(places, np.full(places.size, 0.5), style)
        for style, which in ((DEAD, layer.dead), (SATURATED, layer.saturated))
        if (places := np.flatnonzero(which[:_MOST_UNITS]) + 0.5 * columns / (columns + _GAP)).size
    ]
    heat = HeatMap(lattice, 0.0, 1.0, "from the unit's least to its largest value")
    return Panel(
        Axis(0.0, units), Axis(0.0, 1.0), (), f"layer {layer.layer}, {some}", marks=marks, heat=heat, bare=True
    )


def _scaled(values: Array) -> Array:
    low, high = float(values.min()), float(values.max())
    if not 0.0 < high - low < np.inf:
        return np.full(values.shape, np.nan)
    scaled: Array = (values - low) / (high - low)
    return scaled


def _unit_notes(layers: Sequence[UnitMaps]) -> list[str]:
    """Notes on dead and saturated units by layer."""
    notes = []
    for layer in layers:
        for units, what in (
            (layer.dead, "dead: slope 0"),
            (layer.saturated, f"saturated: slope under {format_number(layer.least, 3)}"),
        ):
            if units.any():
                notes.append(f"layer {layer.layer}, {_numbers(units)} {what} at every point of the data")
    return notes


def _numbers(units: Mask) -> str:
    numbers = [str(i + 1) for i in np.flatnonzero(units)]
    return f"{plural(len(numbers), 'unit')} {', '.join(numbers)}"


def space_picture(
    before: Sequence[Space], after: Sequence[Space], seen: Map, title: str, points: int = MOST_POINTS
) -> Picture:
    """The plane and its image in each hidden layer: before training above, after training below."""
    labels, names = seen.labels
    panels = [
        _space(space, labels, names, when, points)
        for when, each in (("untrained", before), ("trained", after))
        for space in each
    ]
    legend = [(name, Style(member=index)) for index, name in enumerate(names)]
    notes = _space_notes(after, seen.decision.accuracy_final, affine=seen.affine)
    return Picture(title, panels, legend, columns=len(after), notes=notes)


def halves(picture: Picture, terminal: Terminal) -> tuple[Picture, Picture]:
    """The two halves of a picture of spaces: before and after training."""
    middle = len(picture.panels) // 2
    columns = 2 if middle > 2 and terminal.width < SIDE_BY_SIDE else None
    return (
        replace(picture, panels=picture.panels[:middle], columns=columns, notes=[]),
        replace(picture, panels=picture.panels[middle:], columns=columns),
    )


def _space(space: Space, labels: Array, names: Sequence[str], when: str, most: int) -> Panel:
    lines = [Curve("", line[:, 0], line[:, 1], GUIDE) for line in space.lines]
    chosen = np.linspace(0, len(space.points) - 1, min(len(space.points), most)).round().astype(int)
    points, classes = space.points[chosen], labels[chosen]
    marks = [
        Marks(points[classes == index, 0], points[classes == index, 1], Style(member=index))
        for index in range(len(names))
    ]
    everything = np.concatenate([points, space.lines.reshape(-1, 2)])
    if not np.isfinite(everything).all() or np.abs(everything).max() > _LARGEST:
        return Panel(Axis(0.0, 1.0), Axis(0.0, 1.0), (), _space_title(space, when))
    (x_low, x_high), (y_low, y_high) = map(_ends, everything.T)
    rules = [Rule(x=space.cut)] if space.cut is not None else []
    title = _space_title(space, when)
    x = Axis(x_low, x_high, label=title.partition(",")[0])
    return Panel(x, Axis(y_low, y_high), (), title, marks=marks, rules=rules, guides=lines)


def _ends(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _space_title(space: Space, when: str) -> str:
    return ("plane" if space.layer == 0 else f"layer {space.layer}") + f", {when}"


def _space_notes(spaces: Sequence[Space], accuracy: float | None, *, affine: bool = False) -> list[str]:
    views: dict[str, list[Space]] = {}
    for space in spaces[1:]:
        if not np.isfinite(space.share):
            return ["The values of a layer are not all finite numbers."]
        views.setdefault(space.seen_by if space.share else "nothing", []).append(space)
    notes = []
    if seen := views.get("nothing"):
        notes.append(f"All points of the data have the same values: {_layers(seen)}.")
    if seen := views.get("directions"):
        layers = ", ".join(f"layer {space.layer} ({percent(space.share)})" for space in seen)
        notes.append(f"Axes are the two main directions, with this share of the variance: {layers}.")
    if seen := views.get("units"):
        notes.append(f"Axes are the units themselves: {_layers(seen)}.")
    for space in views.get("cut", ()):
        notes.append(
            f"Layer {space.layer}: across, the direction of the output, where the boundary is a straight cut; up, the "
            f"main direction of the rest, with {percent(space.share)} of the variance together."
        )
    if spaces[-1].cut is not None and accuracy is not None:
        told = f"{percent(accuracy)} of the points are on their side of the cut."
        enough = accuracy >= _ENOUGH and not affine
        notes.append(f"The network bends the plane until a straight cut is enough: {told}" if enough else told)
    return notes


def _layers(spaces: Sequence[Space]) -> str:
    return ", ".join(f"layer {space.layer}" for space in spaces)
