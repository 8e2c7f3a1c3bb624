"""Report of `approximate --train`: curve and bends of a hidden layer after some numbers of steps."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rich.console import RenderableType

from actcli.core.activations.activation import Elementwise
from actcli.core.errors import count
from actcli.core.lessons.settling import Settling
from actcli.views.notation import align, format_number, interval_text
from actcli.views.picture.description import Axis, Curve, Marks, Panel, Picture, Style
from actcli.views.picture.terminal import paint
from actcli.views.ranges import value_axis
from actcli.views.table import Column, render, table
from actcli.views.terminal import Terminal, paragraph

_POINTS = 801
_TARGET, _NETWORK, _BEND = Style("reference"), Style(member=0), Style(member=1)


def settling_report(
    picture: Picture, found: Sequence[Settling], interval: tuple[float, float], terminal: Terminal, height: int | None
) -> str:
    """The whole report as text."""
    drawn, closing = render(settling_table(found, interval, terminal), terminal), paragraph(picture.caption, terminal)
    left = max(terminal.height - 1 - drawn.count("\n") - closing.count("\n"), 12)
    return drawn + paint(picture, terminal, height or left) + closing


def settling_table(found: Sequence[Settling], interval: tuple[float, float], terminal: Terminal) -> RenderableType:
    """One row per number of steps."""
    return table(
        [
            Column("\nstep", [str(each.step) for each in found]),
            Column("rms\nerror", align(format_number(each.rms_error, 3) for each in found)),
            Column(
                f"{found[-1].marks} in\nthe interval",
                [str(inside(each, interval).size) for each in found],
            ),
        ],
        terminal,
    )


def inside(each: Settling, interval: tuple[float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The bends inside the interval, ascending."""
    low, high = interval
    return np.sort(each.bends[(low <= each.bends) & (each.bends <= high)])


def settling_picture(target: Elementwise, found: Sequence[Settling], interval: tuple[float, float]) -> Picture:
    """One panel per number of steps: target, network, and markers at the bends."""
    x = np.linspace(*interval, _POINTS)
    aim = Curve("", x, target(x), _TARGET)
    panels = []
    for each in found:
        curve, bends = Curve("", x, each(x), _NETWORK), inside(each, interval)
        marks = [Marks(bends, each(bends), _BEND)] if bends.size else []
        axis = value_axis([aim, curve], interval)
        title = f"step {each.step}, rms error {format_number(each.rms_error, 2)}"
        panels.append(Panel(Axis(*interval), axis, [curve, aim], title, marks=marks))
    network = found[-1].network
    units = network.parameters.weights[0].shape[1]
    name = network.activation.label
    title = f"{target.label} on {interval_text(*interval)}, learnt by {count(units, f'{name} unit')}"
    legend = [
        (target.label, _TARGET),
        (f"{name} network", _NETWORK),
        (found[-1].marks + " of the weighted sums" * (found[-1].marks == "zeros"), _BEND),
    ]
    return Picture(title, panels, legend, columns=2, caption=sentence(found, interval))


def sentence(found: Sequence[Settling], interval: tuple[float, float]) -> str:
    """Sentence on the movement of the bends between the recorded steps."""
    size = interval[1] - interval[0]
    moves: list[str] = []
    for earlier, later in pairwise(found):
        moved = np.abs(later.bends - earlier.bends)
        if not np.isfinite(moved).all():
            return ""
        unit = "" if moves else " of the interval's width"
        share = format_number(float(np.median(moved)) / size * 100, 2)
        moves.append(f"{share} %{unit} from step {earlier.step} to {later.step}")
    return f"Half of the {found[-1].marks} moved by at least {', '.join(moves)}." if moves else ""
