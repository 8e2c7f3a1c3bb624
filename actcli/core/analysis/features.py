"""Points at which a formula's own constants put its features: around the zero of each linear argument, in its scale.

exp(-(x - 1000)**2) has all of its bend within a few units of 1000, and tanh(x/1e8) within a few times 1e8 of 0.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import Call, Comparison, Name, Node, Number, Operation, parts
from actcli.core.activations.formula import FLOAT64, tree_of
from actcli.core.arrays import Array, union

_AROUND: Final = union(np.linspace(-8.0, 8.0, 257), [s * 2.0**k for k in range(-12, 7) for s in (-1, 1)])
_NEAR, _MODERATE, _FURTHEST = 16.0, 64.0, 2.0**60
_MOST: Final = 8

Line = tuple[float, float]
"""Slope and intercept."""


def features(activation: Elementwise) -> Array:
    """Points around the features that samples around 0 may miss; none for most formulas."""
    places = {(-b / a, 1.0 / abs(a)) for a, b in linear_arguments(activation)}
    apart = [
        (centre, scale)
        for centre, scale in sorted(places, key=lambda place: abs(place[0]))
        if abs(centre) + scale < _FURTHEST and not (abs(centre) <= _NEAR and 1.0 / _MODERATE <= scale <= _MODERATE)
    ]
    points = union([], *(centre + scale * _AROUND for centre, scale in apart[:_MOST]))
    return points[np.abs(points) < _FURTHEST]


def linear_arguments(activation: Elementwise) -> set[Line]:
    """The lines that a formula's functions are applied to, with a slope other than 0: x/2 + 3 of tanh(x/2 + 3)."""
    lines: set[Line] = set()
    whole = _collect(tree_of(activation, ACTIVATIONS), lines)
    lines |= {whole} if whole else set()
    return {(a, b) for a, b in lines if a}


def constants(activation: Elementwise) -> list[float]:
    """The numbers of a formula, and of the parameters within it, in their order; -0.3 as such."""
    found: list[float] = []

    def walk(node: Node) -> None:
        match node:
            case Number(value):
                found.append(float(value))
            case Operation("neg", (Number(value),)):
                found.append(-float(value))
            case _:
                given = [value for _, value in node.given_parameters] if isinstance(node, Call) else []
                for part in (*parts(node), *given):
                    walk(part)

    walk(tree_of(activation, ACTIVATIONS))
    return [*dict.fromkeys(found)]


def _collect(node: Node, lines: set[Line], of: Line = (1.0, 0.0)) -> Line | None:
    """The node as a line, if it is one; the largest lines within it are added to `lines`. of: the line that x is."""
    match node:
        case Name("x"):
            return of
        case Name(name):
            return 0.0, FLOAT64.constant(name)
        case Number(value):
            return 0.0, float(value)
    terms = [_collect(term, lines, of) for term in parts(node)]
    if isinstance(node, Call) and node.given_parameters and (inner := terms[0]):
        _collect(tree_of(node.activation, ACTIVATIONS), lines, inner)
    if isinstance(node, Operation):
        match node.name, terms:
            case "neg", [(a, b)]:
                return -a, -b
            case "+", [(a, b), (c, d)]:
                return a + c, b + d
            case "-", [(a, b), (c, d)]:
                return a - c, b - d
            case ("*", [(0.0, factor), (a, b)]) | ("*", [(a, b), (0.0, factor)]):
                return factor * a, factor * b
            case "/", [(a, b), (0.0, divisor)] if divisor:
                return a / divisor, b / divisor
    lines |= {term for term in terms if term and term[0]}
    if isinstance(node, Comparison) or (isinstance(node, Operation) and node.name in ("maximum", "minimum")):
        lines |= {(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(terms) if a and b}  # they meet at its zero
    return None
