"""How intervals are written."""

from collections.abc import Sequence
from itertools import groupby

from actcli.core.analysis.graph import missing
from actcli.core.errors import count
from actcli.views.curve import Curve
from actcli.views.number import short

_MOST_PLACES = 3


def interval_text(low: float, high: float) -> str:
    """[-6, 6], with as many digits as tell the ends of a narrow one apart."""
    return f"[{low:.12g}, {high:.12g}]"


def places(intervals: Sequence[tuple[float, float]], low: float, high: float) -> str:
    """`for x ≤ 0`, `at x = 1 and for 2 < x < 3`: where on [low, high], given by first and last point."""
    texts = [_place(first, last, low, high) for first, last in intervals[:_MOST_PLACES]]
    more = len(intervals) - len(texts)
    return " and ".join(texts) + (f" and at {count(more, 'more place')}" if more else "")


def missing_lines(curves: Sequence[Curve], interval: tuple[float, float]) -> list[str]:
    """`not finite, left out: log(x) for x ≤ 0`; curves with the same holes together."""
    holes = [(places(missing(curve.x, curve.y), *interval), curve.label) for curve in curves]
    known = sorted(hole for hole in holes if hole[0])
    texts = [f"{', '.join(label for _, label in group)} {where}" for where, group in groupby(known, lambda h: h[0])]
    return [f"not finite, left out: {'; '.join(texts)}"] if texts else []


def _place(first: float, last: float, low: float, high: float) -> str:
    nothing = 1e-12 * (high - low)
    (left, after), (right, before) = _end(first, nothing), _end(last, nothing)
    if first == last:
        return f"at x = {left}"
    if first == low and last == high:
        return "everywhere"
    if first == low:
        return f"for x {before} {right}"
    if last == high:
        return f"for x {'>' if after == '<' else '≥'} {left}"
    return f"for {left} {after} x {before} {right}"


def _end(end: float, nothing: float) -> tuple[str, str]:
    """An end as it is written, and < or ≤: the last point of an interval may be just short of that number."""
    text = "0" if abs(end) <= nothing else short(end)
    return text, "≤" if float(text) == end else "<"
