"""The card of one activation: facts, and beside or below them a plot of the function and its slope.

`compare` shows the facts of several activations as a table. Modules for row-wise activations are imported only for
them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

import numpy as np

from actcli.core.analysis.asymptotes import End
from actcli.core.analysis.curve_properties import CurveProperties
from actcli.core.analysis.extrema import Extremum
from actcli.core.analysis.properties import Properties, RowProperties, ScaledRow
from actcli.core.analysis.saturation import SATURATION
from actcli.views.notation import percent, short
from actcli.views.palette import AXIS_COLOUR
from actcli.views.picture.description import Axis, Curve, Panel, Picture, legend_of
from actcli.views.picture.terminal import GAP, grid, paint
from actcli.views.ranges import value_axis
from actcli.views.terminal import Terminal, wrapped

# Least width of a terminal for a plot beside the facts, and the width of the facts then.
SIDE_BY_SIDE, FACTS_WIDTH = 72, 42
LABEL_WIDTH, FACTS_IN_COLUMNS = 13, 32
SMALLEST_CHART, CHART_HEIGHT, TALLEST_CHART, WIDEST_CHART = 6, 14, 22, 70

DEFAULT_REACH, STEEP_REACH = 4.0, 2.0
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def card(properties: Properties, terminal: Terminal, curves: Sequence[Curve] = (), height: int | None = None) -> str:
    """The whole card; `curves` are the function and its slope over `plot_range`."""
    heading = list(_heading(properties, terminal))
    if properties.row is not None:
        return _text([*heading, "", *_row(properties.row, terminal)])
    assert properties.curve is not None
    picture = replace(card_picture(properties, curves), title="", subtitle="")
    lines = [text for text in facts(properties.curve).items() if text[1]]
    beside = terminal.width >= SIDE_BY_SIDE
    width = FACTS_WIDTH if beside else terminal.width
    left = [line for label, text in lines for line in _fact(label, text, width, terminal)]
    if beside:
        # A wider plot would show no more; with the height of the facts the card is as short as they are.
        canvas = replace(terminal, width=min(terminal.width - width - GAP, WIDEST_CHART))
        chart = paint(picture, canvas, height or min(len(left), TALLEST_CHART)).splitlines()
        body = grid([left, chart], 2, width)
        return _text([*heading, "", *body, *wrapped(FACTS_CAPTION, terminal)])
    plot = paint(picture, terminal, height or max(min(CHART_HEIGHT, terminal.height - 2), SMALLEST_CHART)).splitlines()
    return _text([*heading, "", *left, *wrapped(FACTS_CAPTION, terminal), "", *plot])


def card_picture(properties: Properties, curves: Sequence[Curve]) -> Picture:
    """Function and slope beside the facts."""
    assert properties.curve is not None
    x = Axis(*plot_range(properties.curve))
    panel = Panel(x, value_axis(curves, (x.low, x.high)), curves, square=True)
    known = [(label, text) for label, text in facts(properties.curve).items() if text]
    name = properties.activation
    title = name if properties.formula == properties.name else f"{name}   {properties.formula}"
    return Picture(
        title, [panel], legend_of(*curves), subtitle=properties.reference, facts=known, caption=FACTS_CAPTION
    )


def plot_range(curve: CurveProperties) -> tuple[float, float]:
    """An interval around 0 that includes the function's features."""
    extremes = (curve.infimum, curve.supremum, curve.slope_infimum, curve.slope_supremum)
    special = [
        *(1.6 * abs(x) for x in sorted(curve.kinks or (), key=abs)[:4]),
        *(1.3 * abs(x) for x in sorted(curve.zeros or (), key=abs)[:3]),
        *(1.3 * abs(end) for extremum in extremes if extremum for end in (extremum.low, extremum.high)),
        *(1.3 * abs(end) for end in (curve.saturates_below, curve.saturates_above) if end is not None),
    ]
    reach = max((x for x in special if math.isfinite(x)), default=0.0)
    if not 1e-6 < reach < 1e5:
        steep = curve.lipschitz is not None and math.isinf(curve.lipschitz.value)
        reach = STEEP_REACH if steep and not curve.jumps else DEFAULT_REACH
    power = 10.0 ** math.floor(math.log10(reach))
    nice = next(step for step in _NICE if step * power >= reach * (1 - 1e-9))
    return -nice * power, nice * power


def _heading(properties: Properties, terminal: Terminal) -> Iterator[str]:
    """Lines of name, formula, origin, aliases and parameters."""
    name = terminal.text(properties.activation)
    if properties.formula == properties.name or len(name) + 3 + len(properties.formula) > terminal.width:
        yield from (terminal.paint(line, "bold") for line in wrap(name, terminal.width))
        if properties.formula != properties.name:
            yield from wrapped(properties.formula, terminal)
    else:
        yield f"{terminal.paint(name, 'bold')}   {terminal.text(properties.formula)}"
    yield from (terminal.paint(line, AXIS_COLOUR) for line in wrapped(properties.reference, terminal))
    named = {"aliases": ", ".join(properties.aliases), "used": properties.used}
    both = "      used: ".join(named.values())
    if all(named.values()) and LABEL_WIDTH + len(both) <= terminal.width:
        named = {"aliases": both}
    for label, text in named.items():
        if text:
            yield from _fact(label, text, terminal.width, terminal)
    if properties.parameters:
        texts = [_parameter(p.name, p.value, p.valid) for p in properties.parameters]
        yield from _fact("parameters", ", ".join(texts), terminal.width, terminal)


def _parameter(name: str, value: float, valid: str) -> str:
    return f"{name} = {short(value)}" + (f" ({valid})" if valid[0] in "<>" else "")


def _row(row: RowProperties, terminal: Terminal) -> Iterator[str]:
    """Lines for a row-wise activation: properties of all rows, and an example."""
    from actcli.views.table import render
    from actcli.views.values import rowwise_table

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
    """Sentence on the largest output for scaled scores of the example."""
    scales, outputs = (
        ", ".join(short(number) for number in numbers)
        for numbers in ([row.scale for row in rows], [row.largest for row in rows])
    )
    order = "the order stays" if all(row.same_order for row in rows) else "the order changes"
    return f"The same scores times {scales}: the largest output is {outputs}; {order}."


def _fact(label: str, text: str, width: int, terminal: Terminal) -> Iterator[str]:
    """A grey label and its folded text beside it, or below it on a narrow terminal."""
    label, text = terminal.text(label), terminal.text(text)
    column = LABEL_WIDTH if width >= FACTS_IN_COLUMNS else 1
    start = label.ljust(LABEL_WIDTH - 1) if column > 1 else f"{label}:"
    first, *others = wrap(f"{'_' * len(start)} {text}", width, subsequent_indent=" " * column)
    yield terminal.paint(start, AXIS_COLOUR) + first[len(start) :]
    yield from others


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line.rstrip()}\n" for line in lines)


_SHARE = percent(SATURATION)
SATURATED = f"slope < {_SHARE}"

FACTS_CAPTION = f"{SATURATED}: where |slope| stays under {_SHARE} of its largest. E: for z ~ N(0, 1)."

MOST_POINTS = 5


def facts(curve: CurveProperties, digits: int = 6) -> dict[str, str]:
    """Label -> text, in the order of the card; an empty text if there is no fact."""

    def number(x: float) -> str:
        return short(x, digits)

    texts = {
        "range": _range(curve, digits),
        "minimum": _where(curve.infimum, digits),
        "maximum": _where(curve.supremum, digits),
        "monotone": _monotone(curve),
        "symmetry": _symmetry(curve, digits),
        "zeros": _zeros(curve, digits),
        "kinks": _kinks(curve, digits),
        "jumps": _points(curve.jumps or (), digits),
        "poles": _points(curve.poles or (), digits),
        "at -∞": _end(curve.at_minus_infinity, digits),
        "at ∞": _end(curve.at_infinity, digits),
        "f(0), f'(0)": f"{number(curve.value_at_zero)}, {number(curve.slope_at_zero)}",
        "min slope": _value_and_place(curve.slope_infimum, digits),
        "max slope": _value_and_place(curve.slope_supremum, digits),
        "Lipschitz": number(curve.lipschitz.value) if curve.lipschitz else "",
        SATURATED: _saturation(curve, digits),
        "E f(z)": _moment(curve, "mean", digits),
        "E f(z)²": _moment(curve, "second_moment", digits),
        "E f'(z)²": _moment(curve, "slope_second_moment", digits),
    }
    return texts | {label: UNCERTAIN for label, names in _FIELDS.items() if not names.isdisjoint(curve.uncertain)}


UNCERTAIN = "not certain"

_FIELDS = {
    "range": {"infimum", "supremum"},
    "monotone": {"monotone"},
    "symmetry": {"symmetry"},
    "zeros": {"zeros", "zero_intervals"},
    "kinks": {"kinks"},
    "jumps": {"jumps"},
    "poles": {"poles"},
    "at -∞": {"at_minus_infinity"},
    "at ∞": {"at_infinity"},
    "min slope": {"slope_infimum"},
    "max slope": {"slope_supremum"},
    "Lipschitz": {"lipschitz"},
    SATURATED: {"saturates_below", "saturates_above"},
    "E f(z)": {"mean"},
    "E f(z)²": {"second_moment"},
    "E f'(z)²": {"slope_second_moment"},
}
"""Label -> the properties that the text needs."""


def _kinks(curve: CurveProperties, digits: int) -> str:
    jumps, poles = curve.jumps or (), curve.poles or ()
    kinks = [x for x in curve.kinks or () if x not in jumps and x not in poles]
    return _points(kinks, digits) or ("" if jumps or poles else "none")


def _symmetry(curve: CurveProperties, digits: int) -> str:
    if curve.symmetry == "odd about f(0)":
        return f"odd about (0, {short(curve.value_at_zero, digits)})"
    return "none" if curve.symmetry == "neither" else curve.symmetry


def _range(curve: CurveProperties, digits: int) -> str:
    low, high = curve.infimum, curve.supremum
    if low is None or high is None:
        return ""
    if low.value == high.value or math.isnan(low.value):
        return short(low.value, digits)
    ends = f"{short(low.value, digits)}, {short(high.value, digits)}"
    return f"{'[' if low.attained else '('}{ends}{']' if high.attained else ')'}"


def _where(extremum: Extremum | None, digits: int) -> str:
    """Place of an attained value; empty for a limit that is not attained, and for a constant."""
    if extremum is None or not extremum.attained or (extremum.low == -math.inf and extremum.high == math.inf):
        return ""
    return _place(extremum, digits)


def _value_and_place(extremum: Extremum | None, digits: int) -> str:
    if extremum is None:
        return ""
    if math.isnan(extremum.value):
        return "undefined"
    place = _place(extremum, digits)
    return f"{short(extremum.value, digits)} {'for ' if '≤' in place or '≥' in place else ''}{place}"


def _place(extremum: Extremum, digits: int) -> str:
    low, high = extremum.low, extremum.high
    if not extremum.attained:
        return f"{'towards' if math.isinf(low) else 'beside'} {short(low, digits)}"
    return f"at {short(low, digits)}" if low == high else _interval(low, high, digits)


def _interval(low: float, high: float, digits: int) -> str:
    if low == -math.inf:
        return "everywhere" if high == math.inf else f"x ≤ {short(high, digits)}"
    return f"x ≥ {short(low, digits)}" if high == math.inf else f"{short(low, digits)} ≤ x ≤ {short(high, digits)}"


def _monotone(curve: CurveProperties) -> str:
    if curve.infimum is not None and math.isnan(curve.infimum.value):
        return "undefined"
    if curve.monotone == "non-monotone":
        return "no"
    return f"strictly {curve.monotone}" if curve.strictly else curve.monotone or ""


def _zeros(curve: CurveProperties, digits: int) -> str:
    parts = [_interval(low, high, digits) for low, high in curve.zero_intervals or ()]
    if points := _points(curve.zeros or (), digits, bool(curve.more_zeros)):
        parts.append(points)
    return ", ".join(parts) or "none"


def _points(points: Sequence[float], digits: int, more: bool = False) -> str:
    """The points nearest to 0, ascending, and an ellipsis for more."""
    nearest = sorted(sorted(points, key=abs)[:MOST_POINTS])
    texts = [short(x, digits) for x in nearest]
    return ", ".join([*texts, "…"] if more or len(points) > len(nearest) else texts)


def _end(end: End | None, digits: int) -> str:
    if end is None:
        return ""
    if math.isnan(end.limit):
        return "no limit"
    if math.isfinite(end.limit):
        return f"→ {short(end.limit, digits)}"
    if end.slope is None or math.isinf(end.slope):
        return f"→ {short(end.limit)}" + (", steeper than any line" if end.slope is not None else "")
    if end.slope == 0.0:
        return f"→ {short(end.limit)}, flatter than any line"
    slope = short(end.slope, digits)
    line = {"1": "x", "-1": "-x"}.get(slope, f"{slope} x")
    if end.intercept is None:
        return f"→ {short(end.limit)}, about {line}"
    sign = "+" if end.intercept > 0 else "-"
    return f"→ {line} {sign} {short(abs(end.intercept), digits)}" if end.intercept else f"→ {line}"


def _saturation(curve: CurveProperties, digits: int) -> str:
    parts = [] if curve.saturates_below is None else [f"x < {short(curve.saturates_below, digits)}"]
    parts += [] if curve.saturates_above is None else [f"x > {short(curve.saturates_above, digits)}"]
    return ", ".join(parts) or "at neither end"


def _moment(curve: CurveProperties, name: str, digits: int) -> str:
    moment: float | None = dict(curve.infinite).get(name, getattr(curve, name))
    return "does not exist" if moment is None else short(moment, digits)
