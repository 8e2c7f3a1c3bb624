"""The gradient-depth experiment on the screen: tables, a chart of the signal, and what came of it in words."""

from collections.abc import Sequence
from math import inf

import numpy as np

from actcli.core.depth.cure import MOST_CURES
from actcli.core.depth.experiment import DepthRun, LayerRecord
from actcli.core.errors import count
from actcli.views.chart import SMALLEST_CHART, TALLEST_CHART, log_chart
from actcli.views.curve import Curve
from actcli.views.depth_sentences import differing_inits, init_line, loss_line, set_up, verdict_sentence
from actcli.views.depth_table import DepthGroup, comparison_tables, groups_of, layer_table, outcome_table
from actcli.views.palette import hollow, look
from actcli.views.table import render
from actcli.views.terminal import Terminal, paragraph

MOST_PARAGRAPHS = 3


def depth_report(runs: Sequence[DepthRun], terminal: Terminal) -> str:
    """The tables, then on what is one screen a chart of all activations, and in words what came of them."""
    groups = groups_of(runs)
    if not groups:
        return ""
    if len(groups) == 1:
        tables = [paragraph(_title(groups[0]), terminal), render(layer_table(groups[0], terminal), terminal)]
        if len(groups[0].runs) > 1:
            tables.append(f"\n{render(outcome_table(groups, terminal), terminal)}")
    else:
        tables = [f"{render(part, terminal)}\n" for part in comparison_tables(groups, terminal)]
        tables.append(render(outcome_table(groups, terminal), terminal))
    closing = "".join(paragraph(text, terminal) for text in _closing(groups))
    least = SMALLEST_CHART if len(groups) == 1 else min(TALLEST_CHART, terminal.height - 1)
    # What cures it comes below, and the screen is to hold both.
    ill = [group for group in groups if group.trained and group.verdict != "healthy"]
    below = (1 + MOST_CURES) * len(ill)
    height = min(max(terminal.height - 1 - closing.count("\n") - below, least), TALLEST_CHART)
    chart = depth_chart(groups, terminal, height=height) if any(map(_has_curve, groups)) else ""
    return "".join([*tables, "\n", chart, closing])


def _has_curve(group: DepthGroup) -> bool:
    """Whether more than one layer has a signal that a logarithmic chart can show."""
    return sum(0 < record.signal_norm_initial < inf for record in group.layers[:-1]) > 1


def _closing(groups: Sequence[DepthGroup]) -> list[str]:
    """A paragraph for each activation; of many, the healthy ones share a line."""
    told = groups
    if len(groups) > MOST_PARAGRAPHS:
        told = [group for group in groups if group.verdict != "healthy"]
    healthy = [group for group in groups if group not in told]
    names = ", ".join(group.activation for group in healthy)
    what = "the network learnt" if any(group.trained for group in healthy) else "the gradient is healthy"
    shared = [f"With {names} {what}."] if healthy else []
    inits = [differing_inits([group.typical for group in groups])]
    return [*map(_paragraph, told), *shared, *filter(None, inits)]


def _paragraph(group: DepthGroup) -> str:
    sentence = verdict_sentence(group.typical)
    if len(group.runs) > 1:
        return f"{len(group.runs)} seeds: {group.verdict}. Seed {group.typical.seed}: {sentence}"
    return f"{loss_line(group.typical)}\n{sentence}"


def _title(group: DepthGroup) -> str:
    seeds = f", {len(group.runs)} seeds" if len(group.runs) > 1 else ""
    title = f"{', '.join(set_up(group.typical))}, {count(group.hidden, 'hidden layer')}{seeds}: {group.verdict}\n"
    reason = init_line(group.typical)
    return f"{title}{reason}\n" if reason else title


MOST_PAIRS = 3


def depth_chart(groups: Sequence[DepthGroup], terminal: Terminal, *, height: int | None = None) -> str:
    """Of one activation three curves; of up to three measurement and theory in one colour; of more the measurement."""
    title = "signal at each layer: norm of the gradient"
    if len(groups) == 1:
        curves = [
            _curve(groups[0], "before training", "signal_norm_initial"),
            *([_curve(groups[0], "after training", "signal_norm_final")] if groups[0].trained else []),
            _curve(groups[0], "before training, in theory", "signal_norm_theory"),
        ]
    else:
        title += ", before training"
        curves = []
        for index, group in enumerate(groups):
            measured = _curve(group, group.activation, "signal_norm_initial")
            curves.append(Curve(measured.label, measured.x, measured.y, look(index)))
            if len(groups) <= MOST_PAIRS:
                theory = _curve(group, f"{group.activation} in theory", "signal_norm_theory")
                curves.append(Curve(theory.label, theory.x, theory.y, hollow(index)))
    curves = [curve for curve in curves if curve.x.size]
    if any((curve.y == 0).any() for curve in curves):
        title += " (a 0 is not drawn)"
    return log_chart(curves, terminal, title=title, x_label="layer", height=height)


def _curve(group: DepthGroup, label: str, field: str) -> Curve:
    """That number over the hidden layers that have it."""
    known = [(record.layer, value) for record in group.layers[:-1] if (value := _value(record, field)) is not None]
    layers, values = zip(*known, strict=True) if known else ((), ())
    return Curve(label, np.array(layers, dtype=np.float64), np.array(values, dtype=np.float64))


def _value(record: LayerRecord, field: str) -> float | None:
    value: float | None = getattr(record, field)
    return value
