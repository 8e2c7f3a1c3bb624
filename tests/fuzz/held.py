"""A formula's exact values and slopes at a few hundred points, and a card."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import mpmath
from mpmath import mpf

from actcli.core.analysis.curve_properties import CurveProperties
from tests.fuzz.formulas_with_truth import Truth

FAR: Final = tuple(side * mpf(2) ** k * mpf(1.0137) for k in (17, 20, 40) for side in (-1, 1))

LARGEST: Final = mpf(10) ** 290
"""Beyond, float64 overflows soon."""


class Held:
    """The points are those that the card names, their surroundings, and others of all sizes."""

    def __init__(self, text: str, card: CurveProperties) -> None:
        self.exact, self.card = Truth(text), card
        self.told = sorted(x for x in {*self.breaks, *(card.zeros or ()), *self._places()} if math.isfinite(x))
        sampled = sorted(x for x in self._points() if x not in self.breaks)
        self.table = [(x, y) for x in sampled if mpmath.isfinite(y := self.exact(x)) and abs(y) < LARGEST]
        self.gaps = len(sampled) - len(self.table)
        slopes = [(x, self.exact.slope(x)) for x, _ in self.table if not self.near_break(x)]
        self.slopes = [(x, slope) for x, slope in slopes if mpmath.isfinite(slope)]

    @property
    def breaks(self) -> list[float]:
        return sorted({*(self.card.kinks or ()), *(self.card.jumps or ()), *(self.card.poles or ())})

    def _places(self) -> Iterator[float]:
        card = self.card
        for found in (card.infimum, card.supremum, card.slope_infimum, card.slope_supremum):
            yield from (found.low, found.high) if found else ()
        yield from (edge for edge in (card.saturates_below, card.saturates_above) if edge is not None)

    def _points(self) -> set[Any]:
        points = {mpf(k) / 11 + mpf(0.0113) for k in range(-88, 89)}
        points |= {side * mpf(2) ** k * mpf(1.037) for k in range(-14, 17) for side in (-1, 1)} | {*FAR}
        for x in self.told[:20]:
            size = max(abs(mpf(x)), mpf(2) ** -10)
            points |= {x + side * size * mpf(2) ** -k for k in (1, 4, 7, 12, 20, 30) for side in (-1, 1)}
        return points | {(mpf(a) + b) / 2 for a, b in pairwise(self.told)}

    def near_break(self, x: Any, share: float = 1e-13) -> bool:
        return any(abs(x - b) <= share * max(abs(b), 1e-3) for b in self.breaks)
