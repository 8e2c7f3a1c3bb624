"""Expectations over z ~ N(0, 1) of a formula in mpmath, by Gauss's rule; independent of actcli."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import mpmath
import numpy as np

from tests.fuzz.formulas_with_truth import Truth

REACH: Final = 9
"""Beyond, the density is below 1e-18; a formula that grows so fast that this counts is not compared."""
_NODES, _WEIGHTS = (part.tolist() for part in np.polynomial.legendre.leggauss(10))
Sums = tuple[float, float, float]


def expectations(exact: Truth, places: Iterable[float]) -> tuple[float | None, float | None, float | None]:
    """E[f(z)], E[f(z)²], E[f'(z)²]; None where two rules disagree. places: x between which f is smooth."""
    inner = sorted({*range(-REACH, REACH + 1), *(x for x in places if abs(x) < REACH)})
    edges = sorted(
        {*inner, *((3 * a + b) / 4 for a, b in pairwise(inner)), *((a + 3 * b) / 4 for a, b in pairwise(inner))}
    )
    coarse = [_panel(exact, a, b) for a, b in pairwise(edges)]
    fine = [_refined(exact, a, b, found) for (a, b), found in zip(pairwise(edges), coarse, strict=True)]
    sums = [(sum(row[k] for row, _ in fine), sum(row[k] for _, row in fine)) for k in range(3)]
    first, second, third = (b if abs(a - b) <= 1e-9 * abs(b) else None for a, b in sums)
    return first, second, third


def _refined(exact: Truth, low: float, high: float, found: Sums, depth: int = 0) -> tuple[Sums, Sums]:
    """The panel's sums by a rougher and by a finer rule, which agree unless the panel is too hard."""
    middle = (low + high) / 2
    halves = _panel(exact, low, middle), _panel(exact, middle, high)
    both = tuple(a + b for a, b in zip(*halves, strict=True))
    if depth == 8 or all(abs(a - b) <= 1e-11 * abs(b) for a, b in zip(found, both, strict=True)):
        return found, (both[0], both[1], both[2])
    parts = [_refined(exact, low, middle, halves[0], depth + 1), _refined(exact, middle, high, halves[1], depth + 1)]
    rough, fine = (tuple(a + b for a, b in zip(parts[0][k], parts[1][k], strict=True)) for k in (0, 1))
    return (rough[0], rough[1], rough[2]), (fine[0], fine[1], fine[2])


def _panel(exact: Truth, low: float, high: float) -> Sums:
    mean = second = slope_second = 0.0
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        x = (low + high) / 2 + (high - low) / 2 * node
        share = weight * (high - low) / 2 * float(mpmath.npdf(x))
        value, slope = exact.roughly(x)
        mean, second, slope_second = mean + share * value, second + share * value**2, slope_second + share * slope**2
    return mean, second, slope_second
