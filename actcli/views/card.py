"""The card of one activation: the facts, and beside or below them a plot of the function and its slope."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

import numpy as np

from actcli.core.analysis.curve_properties import CurveProperties
from actcli.core.analysis.properties import Properties, RowProperties, ScaledRow
from actcli.views.chart import GAP, curve_chart, grid
from actcli.views.curve import Curve
from actcli.views.facts import FACTS_CAPTION, facts
from actcli.views.notation import short
from actcli.views.palette import AXIS_COLOUR
from actcli.views.table import render
from actcli.views.terminal import Terminal, wrapped
from actcli.views.values import rowwise_table

# From this width on the plot stands beside the facts, which then have so much room.
SIDE_BY_SIDE, FACTS_WIDTH = 72, 42
LABEL_WIDTH, FACTS_IN_COLUMNS = 13, 32
SMALLEST_CHART, CHART_HEIGHT, TALLEST_CHART, WIDEST_CHART = 6, 14, 22, 70

DEFAULT_REACH, STEEP_REACH = 4.0, 2.0
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def card(properties: Properties, terminal: Terminal, curves: Sequence[Curve] = ()) -> str:
    """The whole card; `curves` are the function and its slope over `plot_range`."""
    heading = list(_heading(properties, terminal))
    if properties.row is not None:
        return _text([*heading, "", *_row(properties.row, terminal)])
    assert properties.curve is not None
    lines = [text for text in facts(properties.curve).items() if text[1]]
    beside = terminal.width >= SIDE_BY_SIDE
    width = FACTS_WIDTH if beside else terminal.width
    left = [line for label, text in lines for line in _fact(label, text, width, terminal)]
    if beside:
        # A plot wider than that would be no better; as high as the facts, it makes the card as short as they are.
        canvas = replace(terminal, width=min(terminal.width - width - GAP, WIDEST_CHART))
        chart = curve_chart(curves, canvas, height=min(len(left), TALLEST_CHART))
        body = grid([_text(left), chart], 2, width).splitlines()
        return _text([*heading, "", *body, *wrapped(FACTS_CAPTION, terminal)])
    height = max(min(CHART_HEIGHT, terminal.height - 2), SMALLEST_CHART)
    plot = curve_chart(curves, terminal, height=height).splitlines()
    return _text([*heading, "", *left, *wrapped(FACTS_CAPTION, terminal), "", *plot])


def plot_range(curve: CurveProperties) -> tuple[float, float]:
    """An interval around 0 on which what is special about the function can be seen."""
    extremes = (curve.infimum, curve.supremum, curve.slope_infimum, curve.slope_supremum)
    special = [
        *(1.6 * abs(x) for x in sorted(curve.kinks, key=abs)[:4]),
        *(1.3 * abs(x) for x in sorted(curve.zeros, key=abs)[:3]),
        *(1.3 * abs(end) for extremum in extremes for end in (extremum.low, extremum.high)),
        *(1.3 * abs(end) for end in (curve.saturates_below, curve.saturates_above) if end is not None),
    ]
    reach = max((x for x in special if math.isfinite(x)), default=0.0)
    if not 1e-6 < reach < 1e5:
        reach = STEEP_REACH if math.isinf(curve.lipschitz.value) and not curve.jumps else DEFAULT_REACH
    power = 10.0 ** math.floor(math.log10(reach))
    nice = next(step for step in _NICE if step * power >= reach * (1 - 1e-9))
    return -nice * power, nice * power


def _heading(properties: Properties, terminal: Terminal) -> Iterator[str]:
    """Name, formula, origin, aliases and parameters, each in as few lines as it takes."""
    name = terminal.text(properties.activation)
    if properties.formula == properties.name or len(name) + 3 + len(properties.formula) > terminal.width:
        yield from (terminal.paint(line, "bold") for line in wrap(name, terminal.width))
        if properties.formula != properties.name:
            yield from wrapped(properties.formula, terminal)
    else:
        yield f"{terminal.paint(name, 'bold')}   {terminal.text(properties.formula)}"
    yield from (terminal.paint(line, AXIS_COLOUR) for line in wrapped(properties.reference, terminal))
    if properties.aliases:
        yield from _fact("aliases", ", ".join(properties.aliases), terminal.width, terminal)
    if properties.parameters:
        texts = [_parameter(p.name, p.value, p.valid) for p in properties.parameters]
        yield from _fact("parameters", ", ".join(texts), terminal.width, terminal)


def _parameter(name: str, value: float, valid: str) -> str:
    return f"{name} = {short(value)}" + (f" ({valid})" if valid[0] in "<>" else "")


def _row(row: RowProperties, terminal: Terminal) -> Iterator[str]:
    """A row-wise activation: what holds for every row, and an example."""
    claims = {
        "outputs": "probabilities: each ≥ 0, together 1" if row.probabilities else "no probabilities",
        "shift": "the same number added to all scores changes " + ("nothing" if row.shift_invariant else "the outputs"),
        "order": {"kept": "a larger score, a larger output", "reversed": "a larger score, a smaller output"}.get(
            row.order, ""
        ),
    }
    for label, text in claims.items():
        if text:
            yield from _fact(label, text, terminal.width, terminal)
    yield ""
    scores, outputs = np.array(row.example_input), np.array(row.example_output)
    if scores.shape == outputs.shape:
        yield from render(rowwise_table(scores, outputs, terminal), terminal).splitlines()
    else:
        for label, numbers in (("example", scores), ("becomes", outputs)):
            yield from _fact(label, "  ".join(short(x) for x in numbers.tolist()), terminal.width, terminal)
    if row.caveat:
        yield ""
        yield from wrapped(_confidence(row.example_scaled), terminal)
        yield from wrapped(row.caveat, terminal)


def _confidence(rows: Sequence[ScaledRow]) -> str:
    """How the largest output changes with the scale of the example's scores."""
    scales, outputs = (
        ", ".join(short(number) for number in numbers)
        for numbers in ([row.scale for row in rows], [row.largest for row in rows])
    )
    order = "the order stays" if all(row.same_order for row in rows) else "the order changes"
    return f"The same scores times {scales}: the largest output is {outputs}; {order}."


def _fact(label: str, text: str, width: int, terminal: Terminal) -> Iterator[str]:
    """A label in grey and the text beside it, folded under itself; where that is narrow, under the label."""
    label, text = terminal.text(label), terminal.text(text)
    column = LABEL_WIDTH if width >= FACTS_IN_COLUMNS else 1
    start = label.ljust(LABEL_WIDTH - 1) if column > 1 else f"{label}:"
    first, *others = wrap(f"{'_' * len(start)} {text}", width, subsequent_indent=" " * column)
    yield terminal.paint(start, AXIS_COLOUR) + first[len(start) :]
    yield from others


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line.rstrip()}\n" for line in lines)
