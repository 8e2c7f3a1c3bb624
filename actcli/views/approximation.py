"""Report of `approximate`: networks with one hidden layer, and their target."""

from collections.abc import Sequence
from math import log10

import numpy as np
from rich.console import RenderableType

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import union
from actcli.core.errors import plural
from actcli.core.lessons.approximation import Approximation
from actcli.views.notation import align, format_number, interval_text, times
from actcli.views.picture.description import Axis, Curve, Panel, Picture, Style, legend_of
from actcli.views.picture.terminal import SMALLEST_CHART, TALLEST_CHART, paint
from actcli.views.ranges import value_axis
from actcli.views.table import Column, render, table
from actcli.views.terminal import Terminal, paragraph

MOST_IN_CHART = 3
DIGITS = 3
_POINTS = 801


def approximation_report(
    picture: Picture, runs: Sequence[Approximation], terminal: Terminal, height: int | None = None
) -> str:
    """Table of errors, curves, and a sentence on the effect of more units."""
    drawn, closing = render(error_table(runs, terminal), terminal), paragraph(picture.caption, terminal)
    room = terminal.height - 1 - drawn.count("\n") - closing.count("\n")
    height = height or min(max(room, SMALLEST_CHART), TALLEST_CHART)
    return drawn + paint(picture, terminal, height) + closing


def approximation_picture(target: Elementwise, runs: Sequence[Approximation], interval: tuple[float, float]) -> Picture:
    """The target and up to three networks; below, their differences from the target."""
    kinks = [kink for kink in target.kinks() if interval[0] <= kink <= interval[1]]
    x = union(np.linspace(*interval, _POINTS), kinks)
    shown = runs if len(runs) <= MOST_IN_CHART else [runs[0], runs[len(runs) // 2], runs[-1]]
    aim = Curve(target.label, x, target(x))
    curves = [Curve(_units(run), x, run(x), Style(member=i)) for i, run in enumerate(shown, 1)]
    errors = [Curve(curve.label, x, curve.y - aim.y, curve.style) for curve in curves]
    panels = [
        Panel(Axis(*interval), value_axis([aim, *curves], interval), [aim, *curves]),
        Panel(Axis(*interval), value_axis(errors, interval, 0.0), errors, "network − target", extra=True),
    ]
    title = f"{target.label} on {interval_text(*interval)}"
    return Picture(title, panels, legend_of(aim, *curves), "stack", caption=sentence(target, runs, interval))


def error_table(runs: Sequence[Approximation], terminal: Terminal) -> RenderableType:
    """One row per number of units."""
    return table(
        [
            Column("\nunits", [str(run.units) for run in runs]),
            Column("largest\nerror", align(format_number(run.max_error, DIGITS) for run in runs)),
            Column("\nat x =", align(format_number(run.at, 4) for run in runs)),
            Column("rms\nerror", align(format_number(run.rms_error, DIGITS) for run in runs)),
        ],
        terminal,
    )


def sentence(target: Elementwise, runs: Sequence[Approximation], interval: tuple[float, float]) -> str:
    """Error of the network with the most units, compared with the fewest."""
    few, many = runs[0], runs[-1]
    activation = many.network.activation
    low, high = interval
    error = format_number(many.max_error, DIGITS)
    miss = "misses" if many.units == 1 else "miss"
    found = f"{_units(many)} {miss} {target.label} on {interval_text(low, high)} by at most {error}"
    if many.straight:
        # Of the output alone: squares fit a curve that bends both ways alike by a straight line, too.
        return f"{found}; the output is a straight line" + (
            f", as with {few.units}." if few is not many and few.straight else "."
        )
    if few.max_error > 1.1 * many.max_error > 0:
        found += f", {times(log10(few.max_error / many.max_error))} less than {_units(few)}"
    jumps = [jump for jump in target.kinks(order=0) if low < jump < high]
    if jumps and not activation.kinks(order=0):
        found += f"; a network without jumps always misses one side of the jump at {jumps[0]:g}"
    return f"{found}."


def reached(runs: Sequence[Approximation], error: float) -> str:
    """Result of the search for the number of units. The hidden layer is random: a smaller number may suffice too."""
    tried = {run.units: run for run in runs}
    last = runs[-1]
    found = f"{_units(last)} {'reaches' if last.units == 1 else 'reach'} an error of {format_number(error, DIGITS)}"
    if (fewer := tried.get(last.units - 1)) is None:
        return f"{found}."
    return f"{found}; {_units(fewer)} {'has' if fewer.units == 1 else 'have'} {format_number(fewer.max_error, DIGITS)}."


def _units(run: Approximation) -> str:
    return f"{run.units} {run.network.activation.label} {plural(run.units, 'unit')}"
