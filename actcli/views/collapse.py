"""The collapse of a linear tower on the screen: a table, the outputs along a line, and what was seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.console import RenderableType

from actcli.core.arrays import Array
from actcli.core.lessons.collapse import CollapseRun, DepthBends
from actcli.views.chart import SMALLEST_CHART, TALLEST_CHART, curve_chart
from actcli.views.curve import Curve
from actcli.views.notation import format_number
from actcli.views.palette import hollow, look
from actcli.views.table import Column, render, table, total_width
from actcli.views.terminal import Terminal, paragraph

DIGITS = 3


def collapse_report(runs: Sequence[CollapseRun], terminal: Terminal) -> str:
    """What stands between the layers, how far that is from a single layer, and how often the output bends."""
    closing = paragraph("\n".join(sentences(runs)), terminal)
    drawn = render(collapse_table(runs, terminal), terminal)
    room = terminal.height - 1 - drawn.count("\n") - closing.count("\n")
    least = SMALLEST_CHART if len(runs) <= 3 else min(TALLEST_CHART, terminal.height - 1)
    return drawn + line_chart(runs, terminal, height=min(max(room, least), TALLEST_CHART)) + closing


def collapse_table(runs: Sequence[CollapseRun], terminal: Terminal) -> RenderableType:
    """A row for each tower, with the bends of the lower ones before its own, as far as there is room for them."""
    names = [_name(run) for run in runs]
    first = [
        Column("between\nthe layers", names, "left", [look(index).colour for index in range(len(runs))]),
        Column("gap to a\nsingle layer", [_gap(run) for run in runs]),
    ]
    depths = [found.layers for found in runs[0].bends_by_depth]
    while True:
        bends = [
            Column(f"\n{layers}", [_number(run.bends_by_depth[-place]) for run in runs])
            for place, layers in zip(range(len(depths), 0, -1), depths, strict=True)
        ]
        bends[0] = replace(bends[0], header=f"bends of\n{depths[0]} layer{'s' * (depths[0] > 1)}")
        if total_width([*first, *bends]) <= terminal.width or len(depths) == 1:
            return table([*first, *bends], terminal)
        depths = depths[1:]


def line_chart(runs: Sequence[CollapseRun], terminal: Terminal, *, height: int) -> str:
    """The outputs along the line, each moved and stretched to the same size: only their shape is of interest."""
    curves = [
        Curve(_name(run), run.profile.t, _fitted(run.profile.tower, run.profile.tower), look(index))
        for index, run in enumerate(runs)
    ]
    if len(runs) == 2:
        profile = runs[1].profile
        curves.append(
            Curve(
                f"best single layer for {runs[1].activation}",
                profile.t,
                _fitted(profile.single_layer, profile.tower),
                hollow(1),
            )
        )
    title = "the output on a line, scaled to fit; between the layers:"
    return curve_chart(curves, terminal, title=title, height=height)


def sentences(runs: Sequence[CollapseRun]) -> list[str]:
    """What became of the tower without anything between its layers, and of the others."""
    linear, *bent = runs
    if linear.layers == 1:
        return [f"A single layer is {_equation(linear)}; there is no place between layers for {bent[0].activation}."]
    which = "which is rounding" if linear.max_relative_difference < 1e-12 else "the rounding of so many layers"
    return [
        f"{linear.layers} layers with nothing between them are one layer, {_equation(linear)}: they differ by "
        f"{_gap(linear)} of the largest output, {which}.",
        *(
            f"With {run.activation} between the same layers the output bends {_times(run)} on the line, and "
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


def _times(run: CollapseRun) -> str:
    if not run.complete:
        return f"at least {run.bends:,} times"
    return {0: "nowhere", 1: "once", 2: "twice"}.get(run.bends, f"{run.bends:,} times")


def _number(found: DepthBends) -> str:
    return f"{'' if found.complete else '≥ '}{found.bends}"


def _gap(run: CollapseRun) -> str:
    return format_number(run.max_relative_difference, DIGITS)


def _name(run: CollapseRun) -> str:
    return "nothing" if run.single_layer == "product" else run.activation


def _fitted(y: Array, of: Array) -> Array:
    """y moved and stretched as `of` has to be to lie between -1 and 1."""
    low, high = float(of.min()), float(of.max())
    fitted: Array = np.zeros_like(y) if low == high else 2 * (y - low) / (high - low) - 1
    return fitted
