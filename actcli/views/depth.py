"""The gradient-depth experiment on the screen: a table and a chart of the gradient's norm, and a verdict."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, inf, log10
from textwrap import fill

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from actcli.core.depth import DepthRun, LayerRecord
from actcli.views.bar import bar
from actcli.views.chart import log_chart
from actcli.views.curve import Curve
from actcli.views.number import format_alike, format_number, power_of_ten
from actcli.views.palette import hollow, look
from actcli.views.render import render
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal
from actcli.views.verdict import verdict_sentence

MOST_ROWS = 40
SMALLEST_BAR, WIDEST_BAR = 12, 40
FEWEST_DECADES = 4
SMALLEST_CHART, TALLEST_CHART = 8, 22
MOST_PAIRS_IN_CHART = 3


def depth_report(runs: Sequence[DepthRun], terminal: Terminal) -> str:
    """The tables, then on what is one screen a chart of all runs, and their losses and verdicts."""
    tables = [
        f"{_wrapped(_title(run), terminal)}\n{render(depth_table(run, terminal, index), terminal)}\n"
        for index, run in enumerate(runs)
    ]
    closing = "".join(_wrapped(f"{loss_line(run)}\n{verdict_sentence(run)}", terminal) for run in runs)
    least = SMALLEST_CHART if len(runs) == 1 else min(TALLEST_CHART, terminal.height - 1)
    height = min(max(terminal.height - 1 - closing.count("\n"), least), TALLEST_CHART)
    return "".join([*tables, depth_chart(runs, terminal, height=height), closing])


def depth_table(run: DepthRun, terminal: Terminal, index: int = 0) -> RenderableType:
    """A row a layer, of many layers a choice: norms before and after training, and a logarithmic bar."""
    records = _chosen(run.layers)
    before = [record.weight_gradient_norm_initial for record in records]
    columns = [
        Column("\nlayer", [_layer(record, run) for record in records]),
        Column("gradient\nbefore", format_alike(before)),
        Column("gradient\nafter", format_alike([record.weight_gradient_norm_final for record in records])),
        Column("signal\nbefore", format_alike([record.signal_norm_initial for record in records])),
    ]
    if any(record.dead_fraction_final > 0 for record in records):
        columns.append(Column("dead\nunits", [f"{record.dead_fraction_final:.0%}" for record in records]))
    width = min(terminal.width - total_width(columns) - 2, WIDEST_BAR)
    if width >= SMALLEST_BAR:
        columns.append(_bars(before, width, terminal, look(index).colour))
    drawn = table(columns, terminal, gaps=[len(records) - 2])
    return Group(drawn, Text(terminal.text(_caption(records, run))))


def depth_chart(runs: Sequence[DepthRun], terminal: Terminal, *, height: int | None = None) -> str:
    """The weight gradient's norm over the layers, before and after training."""
    title = "norm of each layer's weight gradient"
    pairs = [_pair(run, index, alone=len(runs) == 1) for index, run in enumerate(runs)]
    if len(runs) <= MOST_PAIRS_IN_CHART:
        curves = [curve for pair in pairs for curve in pair]
    else:
        title += " before training"
        curves = [replace(before, label=run.activation) for run, (before, _) in zip(runs, pairs, strict=True)]
    return log_chart(curves, terminal, title=title, x_label="layer", height=height)


def loss_line(run: DepthRun) -> str:
    if not run.loss:
        return f"{run.activation}: not trained"
    first, last = (format_number(loss) for loss in (run.loss[0], run.loss[-1]))
    return f"{run.activation}: loss {first} → {last} in {len(run.loss)} steps"


def _pair(run: DepthRun, index: int, alone: bool) -> tuple[Curve, Curve]:
    """The norms before and after training; several runs have a colour each, so that only the marker differs."""
    layers = np.array([float(record.layer) for record in run.layers])
    before = np.array([record.weight_gradient_norm_initial for record in run.layers])
    after = np.array([record.weight_gradient_norm_final for record in run.layers])
    name = "" if alone else f"{run.activation} "
    return (
        Curve(f"{name}before training", layers, before, look(index)),
        Curve(f"{name}after training", layers, after, look(1) if alone else hollow(index)),
    )


def _title(run: DepthRun) -> str:
    return f"{run.activation}, {run.init} initialisation, {len(run.layers) - 1} hidden layers: {run.verdict}"


def _wrapped(text: str, terminal: Terminal) -> str:
    return "".join(fill(terminal.text(line), terminal.width) + "\n" for line in text.split("\n"))


def _chosen(records: tuple[LayerRecord, ...]) -> tuple[LayerRecord, ...]:
    """All layers, or the first, every so many, the last and the output layer: the table stays readable."""
    every = ceil(len(records) / MOST_ROWS)
    if every == 1:
        return records
    *hidden, output = records
    return (*(r for r in hidden if r.layer == 1 or r.layer % every == 0 or r is hidden[-1]), output)


def _layer(record: LayerRecord, run: DepthRun) -> str:
    return "output" if record.layer == len(run.layers) else str(record.layer)


def _bars(norms: Sequence[float], width: int, terminal: Terminal, colour: int) -> Column:
    """A bar a norm on a logarithmic scale, whose ends the header names."""
    decades = [log10(norm) if 0 < norm < inf else None for norm in norms]
    known = [decade for decade in decades if decade is not None]
    high = ceil(max(known, default=0.0))
    # The scale begins under the smallest norm, so that only zeros have no bar; it makes little of small gaps.
    low = min(floor(min(known, default=0.0) - 1e-9), high - FEWEST_DECADES)
    fractions = [0.0 if decade is None else (decade - low) / (high - low) for decade in decades]
    fractions = [1.0 if norm == inf else fraction for norm, fraction in zip(norms, fractions, strict=True)]
    left, right = power_of_ten(low, terminal.unicode), power_of_ten(high, terminal.unicode)
    bars = [bar(fraction, width, terminal.unicode) for fraction in fractions]
    header = f"gradient before\n{left}{right.rjust(width - len(left))}"
    return Column(header, bars, "left", [colour] * len(bars))


def _caption(records: Sequence[LayerRecord], run: DepthRun) -> str:
    shown, all_of_them = len(records) - 1, len(run.layers) - 1
    return (
        (f"{shown} of {all_of_them} hidden layers. " if shown < all_of_them else "")
        + "gradient: norm of the loss's gradient by the layer's weights, before and after training. "
        "signal: the same by its pre-activations. Bars: logarithmic scale."
    )
