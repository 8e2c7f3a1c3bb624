"""Report of `gradient-depth`: tables, a picture of the signal, and sentences."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np

from actcli.core.depth.cure import MOST_CURES
from actcli.core.depth.experiment import DepthRun, LayerRecord
from actcli.core.errors import count
from actcli.views.depth_history import loss_panel
from actcli.views.depth_sentences import beside_table, differing_inits, init_line, loss_line, set_up, verdict_sentence
from actcli.views.depth_table import DepthGroup, comparison_tables, groups_of, layer_table, outcome_table
from actcli.views.palette import hollow
from actcli.views.picture.description import Axis, Curve, Panel, Picture, Style, legend_of
from actcli.views.picture.terminal import SMALLEST_CHART, TALLEST_CHART, paint
from actcli.views.table import render
from actcli.views.terminal import Terminal, paragraph

MOST_PARAGRAPHS = 3
FEWEST_ROWS = 5
_ELSEWHERE = "The numbers of each layer: --format table."
_BLANKS = 2
"""Empty lines around a table."""
_COMFORTABLE = 11
"""Lines of the chart on a low screen."""


def depth_report(
    runs: Sequence[DepthRun], terminal: Terminal, height: int | None = None, *, one_screen: bool = False
) -> str:
    """The whole report as text.

    height:     of the picture, in lines
    one_screen: shorten the layers' table, or leave it out, to fit the report on the screen
    """
    groups = groups_of(runs)
    if not groups:
        return ""
    alone = groups[0] if len(groups) == 1 else None
    several = alone is None or len(alone.runs) > 1
    outcome = render(outcome_table(groups, terminal), terminal) if several else ""
    brief = one_screen and alone is None
    closing = "".join(paragraph(text, terminal) for text in (_brief(groups, outcome) if brief else _closing(groups)))
    title = paragraph(_title(alone), terminal) if alone else ""
    reason = paragraph(init_line(alone.typical), terminal) if alone and init_line(alone.typical) else ""
    # Room for the cures, which are printed below.
    cures = (1 + MOST_CURES) * sum(group.trained and group.verdict != "healthy" for group in groups)
    left = terminal.height - 1 - one_screen - cures - sum(text.count("\n") for text in (outcome, closing, title))
    if one_screen and alone and cures and left < _COMFORTABLE:  # the sentence has the loss too
        left += closing.count("\n")
        closing = paragraph(_paragraph(alone, with_loss=False), terminal)
        left -= closing.count("\n")
    drawn = any(map(_has_curve, groups))
    most = None
    if one_screen:
        most = left - reason.count("\n") - (height or _COMFORTABLE) * drawn
        reason = reason if most >= 0 else ""
        most -= _BLANKS
    table = _layers(groups, terminal, most)
    if one_screen:
        left -= reason.count("\n") + table.count("\n") + _BLANKS * bool(table)
    least = SMALLEST_CHART if alone or one_screen else min(TALLEST_CHART, terminal.height - 1)
    picture = replace(depth_picture(groups), title="")
    chart = paint(picture, terminal, height or min(max(left, least), TALLEST_CHART)) if drawn else ""
    elsewhere = "" if table else paragraph(_ELSEWHERE, terminal)
    parts = [title + reason, table, outcome, chart + closing + elsewhere]
    return ("" if one_screen and not table else "\n").join(part for part in parts if part)


def _layers(groups: Sequence[DepthGroup], terminal: Terminal, most: int | None) -> str:
    """The layers' table in at most `most` lines; empty if these hold too few rows."""

    def table(rows: int | None) -> str:
        if len(groups) == 1:
            return render(layer_table(groups[0], terminal, rows), terminal)
        return "\n".join(render(part, terminal) for part in comparison_tables(groups, terminal, rows))

    whole = table(None)
    if most is None or whole.count("\n") + 1 <= most:
        return whole
    tables = 1 if len(groups) == 1 else len(comparison_tables(groups, terminal)) - 1
    around = table(FEWEST_ROWS).count("\n") - tables * FEWEST_ROWS
    rows = (most - 1 - around) // tables
    return table(rows) if rows >= FEWEST_ROWS else ""


def _has_curve(group: DepthGroup) -> bool:
    """Whether more than one layer has a finite signal > 0, for a logarithmic chart."""
    return sum(0 < record.signal_norm_initial < inf for record in group.layers[:-1]) > 1


def _closing(groups: Sequence[DepthGroup]) -> list[str]:
    """One paragraph per activation; of many activations, the healthy ones share a line."""
    told = groups
    if len(groups) > MOST_PARAGRAPHS:
        told = [group for group in groups if group.verdict != "healthy"]
    healthy = [group for group in groups if group not in told]
    names = ", ".join(group.activation for group in healthy)
    what = (
        "the network is better than guessing" if any(group.trained for group in healthy) else "the gradient is healthy"
    )
    shared = [f"With {names} {what}."] if healthy else []
    inits = [differing_inits([group.typical for group in groups])]
    return [*map(_paragraph, told), *shared, *filter(None, inits)]


def _brief(groups: Sequence[DepthGroup], outcome: str) -> list[str]:
    """Sentences that add to the table of outcomes."""
    seeds = [f"Seed {group.typical.seed}: " * (len(group.runs) > 1) for group in groups]
    told = [beside_table(group.typical) for group in groups]
    inits = "" if "init" in outcome.split() else differing_inits([group.typical for group in groups])
    return [f"{seed}{text}" for seed, text in zip(seeds, told, strict=True) if text] + [inits] * bool(inits)


def _paragraph(group: DepthGroup, *, with_loss: bool = True) -> str:
    sentence = verdict_sentence(group.typical)
    if len(group.runs) > 1:
        return f"{len(group.runs)} seeds: {group.verdict}. Seed {group.typical.seed}: {sentence}"
    return f"{loss_line(group.typical)}\n{sentence}" if with_loss else sentence


def _title(group: DepthGroup) -> str:
    seeds = f", {len(group.runs)} seeds" if len(group.runs) > 1 else ""
    return f"{', '.join(set_up(group.typical))}, {count(group.hidden, 'hidden layer')}{seeds}: {group.verdict}"


MOST_PAIRS = 3


def depth_picture(groups: Sequence[DepthGroup]) -> Picture:
    """The signal over depth, and below the loss over the steps; the caption has the sentences.

    One activation has three curves: before and after training, and theory. Up to three have measurement and theory in
    one colour each, more have the measurement.
    """
    heading = "signal at each layer: norm of the gradient"
    if len(groups) == 1:
        title = _title(groups[0])
        curves = [
            _curve(groups[0], "before training", "signal_norm_initial", Style()),
            *([_curve(groups[0], "after training", "signal_norm_final", Style(member=1))] if groups[0].trained else []),
            _curve(groups[0], "before training, in theory", "signal_norm_theory", Style(member=2, dash=1)),
        ]
    else:
        title = f"{', '.join(group.activation for group in groups)}, {count(groups[0].hidden, 'hidden layer')}"
        heading += ", before training"
        curves = []
        for index, group in enumerate(groups):
            curves.append(_curve(group, group.activation, "signal_norm_initial", Style(member=index)))
            if len(groups) <= MOST_PAIRS:
                curves.append(
                    _curve(group, f"{group.activation} in theory", "signal_norm_theory", replace(hollow(index), dash=1))
                )
    curves = [curve for curve in curves if curve.x.size]
    if any((curve.y == 0).any() for curve in curves):
        heading += " (a 0 is not drawn)"
    norms = np.concatenate([np.ones(0), *(curve.y for curve in curves)])
    norms = norms[np.isfinite(norms) & (norms > 0)]
    y = Axis(float(norms.min(initial=np.inf)), float(norms.max()), "log") if norms.size else Axis(0.1, 1.0, "log")
    x = Axis(1.0, float(max(groups[0].hidden, 2)), label="layer", counted=True)
    typical = [group.typical for group in groups]
    steps = max(2, *(len(run.loss) for run in typical))
    loss = loss_panel(typical, Axis(1.0, float(steps), label="step"))
    panels = [Panel(x, y, curves, heading), *([replace(loss, extra=True)] if loss.curves else [])]
    named = [curve for curve in curves if curve.style.marker is None]
    hollows = [("theory", curve.style) for curve in curves if curve not in named][:1]
    entries = (*legend_of(*named), *hollows) or ((curves[0].label, curves[0].style),) if curves else ()
    return Picture(title, panels, entries, "stack", caption="\n".join(_closing(groups)))


def _curve(group: DepthGroup, label: str, field: str, style: Style) -> Curve:
    """A field of LayerRecord over the hidden layers that have it."""
    known = [(record.layer, value) for record in group.layers[:-1] if (value := _value(record, field)) is not None]
    layers, values = zip(*known, strict=True) if known else ((), ())
    return Curve(label, np.array(layers, dtype=np.float64), np.array(values, dtype=np.float64), style, measured=True)


def _value(record: LayerRecord, field: str) -> float | None:
    value: float | None = getattr(record, field)
    return value
