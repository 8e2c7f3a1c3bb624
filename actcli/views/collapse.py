"""Report of `collapse`: a table, outputs along a line, and sentences."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.console import RenderableType

from actcli.core.arrays import Array
from actcli.core.errors import count, plural
from actcli.core.lessons.collapse import CollapseRun, DepthBends
from actcli.views.notation import format_number
from actcli.views.palette import NEUTRAL, appearance
from actcli.views.picture.description import Axis, Curve, Panel, Picture, Style
from actcli.views.picture.terminal import SMALLEST_CHART, TALLEST_CHART, paint
from actcli.views.table import Column, render, table, total_width
from actcli.views.terminal import Terminal, paragraph

DIGITS = 3


def collapse_report(
    picture: Picture, runs: Sequence[CollapseRun], terminal: Terminal, height: int | None = None
) -> str:
    """The whole report as text."""
    closing = paragraph("\n".join(sentences(runs)), terminal)
    drawn = render(collapse_table(runs, terminal), terminal)
    room = terminal.height - 1 - drawn.count("\n") - closing.count("\n")
    least = SMALLEST_CHART if len(runs) <= 2 else min(TALLEST_CHART, terminal.height - 1)
    return drawn + paint(picture, terminal, height or min(max(room, least), TALLEST_CHART)) + closing


def collapse_table(runs: Sequence[CollapseRun], terminal: Terminal) -> RenderableType:
    """One row per tower: its gap to a single layer, and bends of lower towers, as many as fit, and of its own."""
    names = [_name(run) for run in runs]
    colours = [NEUTRAL.colour, *(appearance(index).colour for index in range(len(runs) - 1))]
    first = [
        Column("between\nthe layers", names, "left", colours),
        Column("gap to a\nsingle layer", [_gap(run) for run in runs]),
    ]
    depths = [found.layers for found in runs[0].bends_by_depth]
    while True:
        bends = [
            Column(f"\n{layers}", [_number(run.bends_by_depth[-place]) for run in runs])
            for place, layers in zip(range(len(depths), 0, -1), depths, strict=True)
        ]
        word = "bends" if any(run.counted == "slope changes" for run in runs[1:]) else "inflections"
        bends[0] = replace(bends[0], header=f"{word} of\n{depths[0]} {plural(depths[0], 'layer')}")
        if total_width([*first, *bends]) <= terminal.width or len(depths) == 1:
            return table([*first, *bends], terminal)
        depths = depths[1:]


MOST_DEPTHS = 4


def collapse_picture(runs: Sequence[CollapseRun]) -> Picture:
    """Outputs of towers of some depths along the line, one row of panels per activation.

    Each panel has the window in which its output bends most, scaled to the same height.
    """
    linear, *bent = runs
    places = [*range(len(linear.bends_by_depth))]
    places = places if len(places) <= MOST_DEPTHS else [*places[: MOST_DEPTHS - 1], places[-1]]
    depths = [linear.bends_by_depth[place].layers for place in places]
    panels = [
        _panel(run.bends_by_depth[place], linear.bends_by_depth[place], _counted(run), Style(member=index))
        for index, run in enumerate(bent)
        for place in places
    ]
    legend = [(run.activation, Style(member=index)) for index, run in enumerate(bent)]
    towers = f"{', '.join(map(str, depths))} {plural(depths[-1], 'layer')}"
    return Picture(
        f"the output of {towers} on the line, where it bends most, scaled to fit",
        panels,
        [*legend, ("nothing", Style("reference"))],
        columns=len(places),
        caption="\n".join(sentences(runs)),
    )


def _panel(found: DepthBends, straight: DepthBends, counted: str, style: Style) -> Panel:
    low, high = found.window
    line = np.interp(found.t, straight.t, straight.output)
    curves = [Curve("", found.t, _fitted(found.output), style), Curve("", found.t, _fitted(line), Style("reference"))]
    title = f"{found.layers}: {_number(found)} {plural(found.bends, counted)}"
    return Panel(Axis(low, high, label="line"), Axis(-1.0, 1.0), curves, title, style)


def sentences(runs: Sequence[CollapseRun]) -> list[str]:
    """Sentences on the tower without activations, and on the others."""
    linear, *bent = runs
    if linear.layers == 1:
        return [f"A single layer is {_equation(linear)}; there is no place between layers for {bent[0].activation}."]
    which = "which is rounding" if linear.max_relative_difference < 1e-12 else "the rounding of so many layers"
    return [
        f"{linear.layers} layers with nothing between them are one layer, {_equation(linear)}: they differ by "
        f"{_gap(linear)} of the largest output, {which}.",
        *(
            f"With {run.activation} between the same layers the output {_bends(run)} on the line, and "
            f"the best single layer misses it by up to {_gap(run)} of its largest."
            for run in bent
        ),
    ]


def _equation(run: CollapseRun) -> str:
    """y = 0.3·x1 − 2·x2 + 1"""
    unknowns = [f"·x{i}" for i in range(1, len(run.weights) + 1)]
    first, *others = zip([*run.weights.tolist(), run.bias], [*unknowns, ""], strict=True)
    text = f"y = {'−' if first[0] < 0 else ''}{_size(first[0])}{first[1]}"
    return text + "".join(f" {'−' if number < 0 else '+'} {_size(number)}{unknown}" for number, unknown in others)


def _size(number: float) -> str:
    return format_number(abs(number), DIGITS)


def _bends(run: CollapseRun) -> str:
    """The text `bends twice`, or `has 2 inflections` where changes of the curvature's sign are counted."""
    least = "" if run.complete else "at least "
    if run.counted == "curvature sign changes":
        return f"has {least}{count(run.bends, 'inflection')}"
    times = {0: "nowhere", 1: "once", 2: "twice"}.get(run.bends, f"{run.bends:,} times")
    return f"bends{' or jumps' if run.jumps else ''} {least}{times}"


def _counted(run: CollapseRun) -> str:
    return "bend" if run.counted == "slope changes" else "inflection"


def _number(found: DepthBends) -> str:
    return f"{'' if found.complete else '≥ '}{found.bends}"


def _gap(run: CollapseRun) -> str:
    return format_number(run.max_relative_difference, DIGITS)


def _name(run: CollapseRun) -> str:
    return "nothing" if run.single_layer == "product" else run.activation


def _fitted(y: Array) -> Array:
    """y scaled to [-1, 1]."""
    low, high = float(y.min()), float(y.max())
    fitted: Array = np.zeros_like(y) if low == high else 2 * (y - low) / (high - low) - 1
    return fitted
