"""The statements of a card that exact values and slopes can refute."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import mpmath
from mpmath import mpf

from actcli.core.analysis.curve_properties import CurveProperties
from tests.fuzz.expectations import REACH, expectations
from tests.fuzz.formulas_with_truth import BITS
from tests.fuzz.held import Held

Fault = Iterator[str]

MOST_KINKS: Final = 12
"""Of more, as those of a wave, the card names the nearest to 0."""
SMALL: Final = mpf(1e-18)
"""A slope that is so much smaller than the usual ones is as good as 0."""


def _brief(number: Any) -> str:
    return str(mpmath.nstr(number, 17))


def ranges(held: Held) -> Fault:
    card, exact = held.card, held.exact
    for bound, sign in ((card.infimum, -1), (card.supremum, 1)):
        if bound is None or math.isnan(bound.value):
            continue
        x, y = max(held.table, key=lambda row: sign * row[1])
        where = f"{'infimum' if sign < 0 else 'supremum'} {bound} but f({_brief(x)}) = {_brief(y)}"
        if math.isinf(bound.value):
            inner, outer = (exact(math.copysign(2.0**k, bound.low)) for k in (40, 60))
            if math.isinf(bound.low) and sign * outer > max(sign * inner, 0) * 1.1:
                continue
            near = [exact(b + side * mpf(2) ** -k) for b in held.breaks for side in (-1, 1) for k in (60, 200)]
            if sign * bound.value < 0 or max(sign * v for v in (y, *near) if mpmath.isfinite(v)) < 15 * _size(held):
                yield f"{where}, the largest"
            continue
        room = mpf(1e-11) * max(abs(mpf(bound.value)), mpf(10) ** -300)
        if sign * (y - bound.value) > room:
            yield where
        if bound.attained and math.isfinite(bound.low):
            met = exact(bound.low)
            if (
                mpmath.isfinite(met)
                and not held.near_break(bound.low, 1e-9)
                and not abs(met - bound.value) <= 1e-9 * max(abs(bound.value), _size(held))
            ):
                yield f"{bound} said attained, but f = {_brief(met)}"
        if not bound.attained and y == bound.value and exact.certain(x) == y:
            yield f"{where}, attained"


def _size(held: Held) -> Any:
    """The median of |f|, as a unit."""
    sizes = sorted(abs(y) for _, y in held.table if y)
    return sizes[len(sizes) // 2] if sizes else mpf(1)


def monotony(held: Held) -> Fault:
    card = held.card
    if card.monotone is None or card.poles:
        return
    steps = [(b[1] - a[1], a[0], b[0]) for a, b in pairwise(held.table) if abs(b[1] - a[1]) > mpf(2) ** -1080]
    steps = [
        step for step in steps if abs(step[0]) > mpf(2) ** -260 * (abs(held.exact(step[1])) + abs(held.exact(step[2])))
    ]
    for wrong, sign in (("increasing", -1), ("decreasing", 1), ("constant", 1), ("constant", -1)):
        against = max(steps, key=lambda step: sign * step[0], default=None)
        if card.monotone == wrong and against and sign * against[0] > 0:
            yield f"{wrong}, but changes by {_brief(against[0])} from {_brief(against[1])} to {_brief(against[2])}"
    if card.monotone == "non-monotone":
        signs = {mpmath.sign(step) for step, *_ in steps} | {mpmath.sign(slope) for _, slope in held.slopes}
        if not {1, -1} <= signs:
            yield f"non-monotone, but all steps have the sign {signs}"
    if card.monotone in ("increasing", "decreasing"):
        rests = [
            x
            for x, y in held.table
            if held.exact.certain(x) == y == held.exact.certain(x + mpf(2) ** -20 * max(abs(x), 1))
        ]
        if card.strictly and rests:
            yield f"strictly {card.monotone}, but constant at {_brief(rests[0])}"
        flat = any(a[1] == b[1] for a, b in pairwise(held.table))
        if card.strictly is False and not rests and not flat:
            yield f"{card.monotone} not strictly, but nowhere constant"


def symmetry(held: Held) -> Fault:
    at = [mpf(x) for x in (0.0371, 0.31, 0.7137, 2.311, 5.77, 9.7, 31.3, 1003.7)] + [abs(x) for x, _ in held.table[::9]]
    pairs = [(held.exact(x), held.exact(-x)) for x in at if not held.near_break(x) and not held.near_break(-x)]
    if not all(mpmath.isfinite(a) and mpmath.isfinite(b) for a, b in pairs):
        return
    middle = held.exact(0)
    unlike = {
        "even": max(abs(a - b) / (abs(a) + abs(b) + mpf(10) ** -300) for a, b in pairs),
        "odd": max(abs(a + b) / (abs(a) + abs(b) + mpf(10) ** -300) for a, b in pairs),
        "odd about f(0)": max(abs(a + b - 2 * middle) / (abs(a) + abs(b) + mpf(10) ** -300) for a, b in pairs),
    }
    found = held.card.symmetry
    if found in unlike and unlike[found] > 1e-12:
        yield f"{found}, but the sides differ by a share of {_brief(unlike[found])}"
    best = min(unlike, key=lambda name: unlike[name])
    exactly = unlike[best] < mpf(10) ** -60 and (best != "odd" or middle == 0)
    if found == "neither" and len(pairs) > 15 and exactly:
        yield f"symmetry neither, but {best} at {len(pairs)} points"


def zeros(held: Held) -> Fault:
    card, exact = held.card, held.exact
    for zero in card.zeros or ():
        here, room = exact(zero), 8 * mpf(math.ulp(zero)) + mpf(2) ** -70
        if not mpmath.isfinite(here) or held.near_break(zero, 1e-12):
            continue
        beside = [exact(zero + k * room) for k in (-1, 1)]
        step = max(abs(exact(zero + k * mpf(2) ** -20 * max(abs(zero), 1))) for k in (-1, 1))
        if beside[0] * beside[1] > 0 and abs(here) > mpf(2) ** -40 * step:
            yield f"zero {zero}, but f = {_brief(here)}"
    if card.zeros is not None and not card.more_zeros:
        told = [*card.zeros, *held.breaks, *(x for interval in card.zero_intervals or () for x in interval)]
        seen = [row for row in held.table if abs(row[0]) < 2**19 and not 0 < abs(row[1]) < mpf(1e-300)]
        for (a, left), (b, right) in pairwise(seen):
            margin = 1e-9 * max(abs(a), abs(b), 1e-3)
            if left * right < 0 and not any(a - margin <= x <= b + margin for x in told):
                yield f"zeros {card.zeros}, none between {_brief(a)} and {_brief(b)}, where f changes its sign"
                break
    for low, high in card.zero_intervals or ():
        inside = [
            (x, y)
            for x, y in held.table
            if low < x < high and not any(abs(x - end) < 1e-9 * max(abs(end), 1e-3) for end in (low, high))
        ]
        if (off := max(inside, key=lambda row: abs(row[1]), default=None)) and off[1] != 0:
            yield f"0 on [{low}, {high}], but f({_brief(off[0])}) = {_brief(off[1])}"


def slopes(held: Held) -> Fault:
    card = held.card
    if not held.slopes:
        return
    usual = max((abs(slope) for x, slope in held.slopes if abs(x) < 32), default=mpf(0))
    for name, sign in (("slope_infimum", -1), ("slope_supremum", 1), ("lipschitz", 0)):
        bound = getattr(card, name)
        if bound is None or math.isnan(bound.value):
            continue
        signed: Callable[[Any], Any] = (lambda slope: sign * slope) if sign else abs  # noqa: B023 - used at once
        x, slope = max(held.slopes, key=lambda row: signed(row[1]))
        if math.isinf(bound.value):
            if name == "lipschitz" and (card.jumps or card.poles):
                continue
            near = [held.exact.slope(b + side * mpf(2) ** -80, 200) for b in (*held.breaks, 0) for side in (-1, 1)]
            steepest = max(signed(s) for s in (slope, *near) if mpmath.isfinite(s))
            if steepest < 8 * sorted(abs(s) for _, s in held.slopes)[len(held.slopes) // 2]:
                yield f"{name} {bound}, but the largest found is {_brief(steepest)}"
            continue
        value = abs(bound.value) if name == "lipschitz" else bound.value
        if signed(slope) - (sign or 1) * value > mpf(1e-10) * abs(value) + SMALL * usual:
            yield f"{name} {bound}, but f'({_brief(x)}) = {_brief(slope)}"
        if bound.attained and math.isfinite(bound.low):
            size = max(abs(mpf(bound.low)), mpf(2) ** -20)
            beside = [held.exact.slope(bound.low + k * size, 200) for k in (0, 1e-14, -1e-14, 1e-9, -1e-9)]
            if not any(abs(abs(s) - abs(value)) <= 1e-6 * abs(value) + mpf(1e-9) * usual for s in beside):
                yield f"{name} {bound}, but f' there is {', '.join(map(_brief, beside[:3]))}"


def saturation(held: Held) -> Fault:
    card = held.card
    if card.lipschitz is None or not 0 < card.lipschitz.value < math.inf:
        return
    limit = 0.05 * card.lipschitz.value
    for name, edge, side in (
        ("saturates_below", card.saturates_below, -1),
        ("saturates_above", card.saturates_above, 1),
    ):
        if edge is not None:
            beyond = [row for row in held.slopes if side * row[0] > side * edge + 1e-9 * max(abs(edge), 1e-3)]
            x, steepest = max(beyond, key=lambda row: abs(row[1]), default=(edge, mpf(0)))
            if abs(steepest) > limit * (1 + 1e-6):
                yield f"{name} {edge}, but f'({_brief(x)}) = {_brief(steepest)}, Lipschitz {card.lipschitz.value}"
            size = max(abs(mpf(edge)), mpf(2) ** -20)
            inside = [abs(held.exact.slope(edge - side * k * size)) for k in (1e-12, 1e-10, 1e-8, 1e-6)]
            if max(inside) < limit * 0.99:
                yield f"{name} {edge}, but inside |f'| is {_brief(max(inside))}, Lipschitz {card.lipschitz.value}"
        elif name not in card.uncertain:
            outside = [abs(slope) for x, slope in held.slopes if side * x > 30]
            if outside and max(outside) < limit / 5 and max(abs(s) for _, s in held.slopes) > 2 * limit:
                yield f"{name} none, but beyond 30 |f'| is at most {_brief(max(outside))}"


def breaks(held: Held) -> Fault:
    """Kinks and jumps that the card names are some; where values or slopes change abruptly, it names one."""
    card, exact = held.card, held.exact
    for kink in card.kinks or ():
        if kink in (card.jumps or ()) or kink in (card.poles or ()):
            continue
        size = max(abs(mpf(kink)), mpf(2) ** -20)
        near, wide = (
            abs(exact.slope(kink + h * size, 150) - exact.slope(kink - h * size, 150)) for h in (mpf(1e-11), mpf(1e-9))
        )
        if near <= 0.3 * wide:
            yield f"kink {kink}, but the slopes beside it differ by {_brief(near)} only"
    for jump in card.jumps or ():
        around = [exact(jump + k * max(abs(jump), 1e-6) * mpf(1e-12)) for k in (-1, 0, 1)]
        if all(map(mpmath.isfinite, around)) and max(around) - min(around) <= 1e-9 * max(map(abs, around)):
            yield f"jump {jump}, but the values beside it are {', '.join(map(_brief, around))}"
    if card.kinks is None or len(card.kinks) > MOST_KINKS:
        return
    for name, rows in (("jump", held.table), ("kink", held.slopes)):
        of = exact if name == "jump" else lambda x: exact.slope(x, 150)
        near = [row for row in rows if abs(row[0]) < 2**17]
        for (a, left), (b, right) in sorted(pairwise(near), key=lambda pair: -abs(pair[0][1] - pair[1][1]))[:6]:
            yield from _missed(name, held, of, (a, left), (b, right))


def _missed(name: str, held: Held, of: Callable[[Any], Any], low: Any, high: Any) -> Fault:
    """Bisection towards the larger change; a smooth function's change shrinks with the interval."""
    usual = max((abs(value) for _, value in (held.table if name == "jump" else held.slopes)), default=mpf(0))
    change, scale = abs(high[1] - low[1]), abs(high[1]) + abs(low[1]) + mpf(1e-9) * min(usual, 1)
    for step in range(64):
        middle = (low[0] + high[0]) / 2
        at = (middle, of(middle))
        if not mpmath.isfinite(at[1]):
            return
        low, high = (low, at) if abs(at[1] - low[1]) > abs(high[1] - at[1]) else (at, high)
        if step == 50:
            change = abs(high[1] - low[1])
    if not mpmath.isfinite(held.exact(round(float(low[0]), 12))):
        return  # a hole
    if abs(high[1] - low[1]) > max(change / 8, mpf(1e-9) * scale) and not held.near_break(low[0], 1e-9):
        yield f"{name}s {getattr(held.card, name + 's')}, and one at {_brief(low[0])}, of {_brief(high[1] - low[1])}"


def ends(held: Held) -> Fault:
    for end, side in ((held.card.at_minus_infinity, -1), (held.card.at_infinity, 1)):
        if end is None:
            continue
        near, far = (side * mpf(2) ** k * mpf(1.0137) for k in (30, 60))
        y, there = held.exact(near), held.exact(far)
        if not (mpmath.isfinite(y) and mpmath.isfinite(there)):
            continue
        said = f"{end}, but f({_brief(near)}) = {_brief(y)}, f({_brief(far)}) = {_brief(there)}"
        if math.isnan(end.limit):
            several = [held.exact(side * mpf(2) ** 40 * mpf(k)) for k in (1.1, 1.3, 1.37, 1.9)]
            if max(several) - min(several) < 1e-9 * max(map(abs, several)):
                yield said
        elif math.isfinite(end.limit):
            if abs(there - end.limit) > 1e-6 * max(abs(end.limit), *(abs(value) for _, value in held.table)):
                yield said
        elif not (there * math.copysign(1, end.limit) > 0 and abs(there) > 1.2 * abs(y)):
            yield said
        elif end.slope is not None and math.isfinite(end.slope):
            if abs(there / far - end.slope) > 1e-6 * abs(end.slope) + 1e-3 * abs(y / near):
                yield f"slope of {said}"
            further = side * mpf(2) ** 45
            off, later = (abs(held.exact(x) - mpf(end.slope) * x - (end.intercept or 0)) for x in (near, further))
            room = 1e-6 * max(1, abs(end.intercept or 0)) + abs(further * end.slope) * mpf(2) ** -51
            if end.intercept is not None and later > max(room, off / 2):
                yield f"intercept of {said}"


def moments(held: Held) -> Fault:
    card = held.card
    if card.kinks is None or card.poles:
        return
    names = ("mean", "second_moment", "slope_second_moment")
    found = expectations(held.exact, held.told)
    if any(held.exact(mpf(side * REACH)) ** 2 * mpmath.exp(-(REACH**2) / 2) > 1e-9 for side in (-1, 1)):
        return  # much of the integral lies further out
    usual = [abs(y) for x, y in held.table if abs(x) < 12] + [abs(slope) for x, slope in held.slopes if abs(x) < 12]
    beyond = 1e-16 * float(max(usual)) ** 2
    for name, truth in zip(names, found, strict=True):
        said = dict(card.infinite).get(name, getattr(card, name))
        room = 1e-6 * max(abs(truth or 0.0), math.sqrt(found[1] or 0.0) if name == "mean" else 0.0) + beyond
        if truth is not None and name not in card.uncertain and (said is None or not abs(said - truth) <= room):
            yield f"{name} {said}, but the integral over [-9, 9] is {truth}"


CHECKS: Final = (ranges, monotony, symmetry, zeros, slopes, saturation, breaks, ends)


def wrong(text: str, card: CurveProperties, with_moments: bool = True) -> list[str]:
    """The wrong statements of the card of a formula."""
    with mpmath.workprec(BITS):
        held = Held(text, card)
        if held.gaps > len(held.table) / 4:
            return []
        return [said for check in (*CHECKS, *([moments] if with_moments else [])) for said in check(held)]
