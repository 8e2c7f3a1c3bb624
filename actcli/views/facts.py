"""The properties of a curve in words: what the card of one activation and the table of several have in common."""

import math
from collections.abc import Sequence

from actcli.core.analysis.asymptotes import End
from actcli.core.analysis.curve_properties import CurveProperties
from actcli.core.analysis.extrema import Extremum
from actcli.core.analysis.saturation import SATURATION
from actcli.views.notation import short

_SHARE = f"{SATURATION:.0%}".replace("%", " %")
SATURATED = f"slope < {_SHARE}"

FACTS_CAPTION = f"{SATURATED}: where |slope| stays under {_SHARE} of its largest. E: for z ~ N(0, 1)."

MOST_POINTS = 5


def facts(curve: CurveProperties, digits: int = 6) -> dict[str, str]:
    """Label -> text, in the order in which they are read; an empty text where there is nothing to say."""

    def number(x: float) -> str:
        return short(x, digits)

    kinks = [x for x in curve.kinks if x not in curve.jumps and x not in curve.poles]
    return {
        "range": _range(curve, digits),
        "minimum": _where(curve.infimum, digits),
        "maximum": _where(curve.supremum, digits),
        "monotone": _monotone(curve),
        "symmetry": _symmetry(curve, digits),
        "zeros": _zeros(curve, digits),
        "kinks": _points(kinks, digits) or ("" if curve.jumps or curve.poles else "none"),
        "jumps": _points(curve.jumps, digits),
        "poles": _points(curve.poles, digits),
        "at -∞": _end(curve.at_minus_infinity, digits),
        "at ∞": _end(curve.at_infinity, digits),
        "f(0), f'(0)": f"{number(curve.value_at_zero)}, {number(curve.slope_at_zero)}",
        "min slope": _value_and_place(curve.slope_infimum, digits),
        "max slope": _value_and_place(curve.slope_supremum, digits),
        "Lipschitz": number(curve.lipschitz.value),
        SATURATED: _saturation(curve, digits),
        "E f(z)": _moment(curve.mean, digits),
        "E f(z)²": _moment(curve.second_moment, digits),
        "E f'(z)²": _moment(curve.slope_second_moment, digits),
    }


def _symmetry(curve: CurveProperties, digits: int) -> str:
    if curve.symmetry == "odd about f(0)":
        return f"odd about (0, {short(curve.value_at_zero, digits)})"
    return "none" if curve.symmetry == "neither" else curve.symmetry


def _range(curve: CurveProperties, digits: int) -> str:
    low, high = curve.infimum, curve.supremum
    if low.value == high.value or math.isnan(low.value):
        return short(low.value, digits)
    ends = f"{short(low.value, digits)}, {short(high.value, digits)}"
    return f"{'[' if low.attained else '('}{ends}{']' if high.attained else ')'}"


def _where(extremum: Extremum, digits: int) -> str:
    """Where a value that is attained is; nothing for one that is only approached, and no news for a constant."""
    if not extremum.attained or (extremum.low == -math.inf and extremum.high == math.inf):
        return ""
    return _place(extremum, digits)


def _value_and_place(extremum: Extremum, digits: int) -> str:
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
    if math.isnan(curve.infimum.value):
        return "undefined"
    if curve.monotone == "non-monotone":
        return "no"
    return f"strictly {curve.monotone}" if curve.strictly else curve.monotone


def _zeros(curve: CurveProperties, digits: int) -> str:
    parts = [_interval(low, high, digits) for low, high in curve.zero_intervals]
    if points := _points(curve.zeros, digits, curve.more_zeros):
        parts.append(points)
    return ", ".join(parts) or "none"


def _points(points: Sequence[float], digits: int, more: bool = False) -> str:
    """The points nearest to 0 in ascending order, with an ellipsis for the others."""
    nearest = sorted(sorted(points, key=abs)[:MOST_POINTS])
    texts = [short(x, digits) for x in nearest]
    return ", ".join([*texts, "…"] if more or len(points) > len(nearest) else texts)


def _end(end: End, digits: int) -> str:
    if math.isnan(end.limit):
        return "no limit"
    if math.isfinite(end.limit):
        return f"→ {short(end.limit, digits)}"
    if end.slope is None or math.isinf(end.slope):
        return f"→ {short(end.limit)}" + (", steeper than any line" if end.slope is not None else "")
    if end.slope == 0.0:
        return f"→ {short(end.limit)}, flatter than any line"
    line = {1.0: "x", -1.0: "-x"}.get(end.slope, f"{short(end.slope, digits)} x")
    if end.intercept is None:
        return f"→ {short(end.limit)}, about {line}"
    sign = "+" if end.intercept > 0 else "-"
    return f"→ {line} {sign} {short(abs(end.intercept), digits)}" if end.intercept else f"→ {line}"


def _saturation(curve: CurveProperties, digits: int) -> str:
    parts = [] if curve.saturates_below is None else [f"x < {short(curve.saturates_below, digits)}"]
    parts += [] if curve.saturates_above is None else [f"x > {short(curve.saturates_above, digits)}"]
    return ", ".join(parts) or "at neither end"


def _moment(moment: float | None, digits: int) -> str:
    return "diverges" if moment is None else short(moment, digits)
