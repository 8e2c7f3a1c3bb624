"""The straight pieces of which a piecewise linear network's boundary consists, counted exactly.

A network of piecewise linear units is linear on each of finitely many polygons of the plane (Montufar, Pascanu, Cho
and Bengio 2014, On the number of linear regions of deep neural networks). Layer by layer each polygon is cut along
the lines where a unit of the layer crosses a kink. On each polygon that remains the logit is a plane, and it is zero on
a segment.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.arrays import Array
from actcli.core.network.mlp import Network, population

MOST_POLYGONS: Final = 20_000
"""More are not counted: it would take longer than the training."""

_ROUNDING: Final = 1e-10
"""Lengths, as shares of the window, and angles that are rounding."""

Point = tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class _Polygon:
    """A convex polygon by its corners in order, and what a layer gives on it: x @ slopes + offsets.

    slopes (2, width), offsets (width,)
    """

    corners: list[Point]
    slopes: Array
    offsets: Array


def count_pieces(network: Network, inputs: Array, x1: Array, x2: Array | None) -> int | None:
    """How many straight pieces the line logit = 0 has between the least and the largest x1 and x2.

    Neighbours that go on in the same direction are one piece. None where the polygons are more than MOST_POLYGONS, or
    where the logit is zero on a whole polygon; of a single feature the pieces are points.
    """
    if x2 is None:
        return None
    (left, right), (low, high) = (float(x1[0]), float(x1[-1])), (float(x2[0]), float(x2[-1]))
    # In units of the window, so that one tolerance serves.
    size = np.array([right - left, high - low])
    polygons = [
        _Polygon(
            [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
            np.diag(size),
            np.array([left, low]),
        )
    ]
    weights, biases = network.parameters.weights, network.parameters.biases
    moments = population(network, inputs)
    kinks = network.activation.kinks()
    for layer in range(network.hidden):
        cut: list[_Polygon] = []
        for polygon in polygons:
            slopes = polygon.slopes @ weights[layer]
            offsets = polygon.offsets @ weights[layer] + biases[layer]
            if (given := moments[layer]) is not None:
                spread = given.spread.reshape(-1)
                slopes, offsets = slopes / spread, (offsets - given.mean.reshape(-1)) / spread
            cut += _bent(network, polygon, slopes, offsets, kinks, network.skips(layer))
            if len(cut) > MOST_POLYGONS:
                return None
        polygons = cut
    segments = []
    for polygon in polygons:
        found = _zero(
            polygon, polygon.slopes @ weights[-1][:, 0], float(polygon.offsets @ weights[-1][:, 0] + biases[-1][0])
        )
        if found is None:
            return None
        segments += found
    return _merged(segments)


def _bent(
    network: Network, polygon: _Polygon, slopes: Array, offsets: Array, kinks: tuple[float, ...], skips: bool
) -> list[_Polygon]:
    """The parts of the polygon on which no unit crosses a kink, and the layer's output on each."""
    parts = [polygon.corners]
    at_corners = np.array(polygon.corners) @ slopes + offsets
    for kink in kinks:
        crossing = np.flatnonzero((at_corners.min(axis=0) < kink) & (kink < at_corners.max(axis=0)))
        for unit in crossing.tolist():
            a, b = slopes[:, unit].tolist()
            c = float(offsets[unit]) - kink
            parts = [half for part in parts for half in _halves(part, a, b, c)]
    bent = []
    for corners in parts:
        middle = np.array(corners).mean(axis=0)
        z = middle @ slopes + offsets
        value, slope = network.activation.value_and_slope(z)
        new_slopes, new_offsets = slopes * slope, value - slope * (z - offsets)
        if skips:
            new_slopes, new_offsets = new_slopes + polygon.slopes, new_offsets + polygon.offsets
        bent.append(_Polygon(corners, new_slopes, new_offsets))
    return bent


def _halves(corners: list[Point], a: float, b: float, c: float) -> list[list[Point]]:
    """The parts of a polygon on both sides of a x + b y + c = 0; the polygon itself where the line only touches it."""
    norm = math.hypot(a, b)
    if norm == 0.0:
        return [corners]
    sides = [(a * x + b * y + c) / norm for x, y in corners]
    if max(sides) <= _ROUNDING or min(sides) >= -_ROUNDING:
        return [corners]
    above: list[Point] = []
    below: list[Point] = []
    for (p, s), (q, t) in pairwise([*zip(corners, sides, strict=True), (corners[0], sides[0])]):
        if s >= -_ROUNDING:
            above.append(p)
        if s <= _ROUNDING:
            below.append(p)
        if (s > _ROUNDING and t < -_ROUNDING) or (s < -_ROUNDING and t > _ROUNDING):
            share = s / (s - t)
            meeting = (p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1]))
            above.append(meeting)
            below.append(meeting)
    return [half for half in (above, below) if len(half) > 2]


@dataclass(frozen=True, slots=True)
class _Segment:
    """A straight part of the boundary with its direction, a unit vector that has the larger logit on its left."""

    start: Point
    end: Point
    direction: Point


def _zero(polygon: _Polygon, slope: Array, offset: float) -> list[_Segment] | None:
    """Where the logit is zero inside the polygon: a segment or nothing; None where it is zero everywhere."""
    a, b = slope.tolist()
    norm = math.hypot(a, b)
    if norm == 0.0:
        return None if offset == 0.0 else []
    ends: list[Point] = []
    sides = [(a * x + b * y + offset) / norm for x, y in polygon.corners]
    for (p, s), (q, t) in pairwise([*zip(polygon.corners, sides, strict=True), (polygon.corners[0], sides[0])]):
        if (s >= 0.0) != (t >= 0.0):
            share = s / (s - t)
            ends.append((p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
    if len(ends) != 2 or math.dist(*ends) <= _ROUNDING:
        return []
    direction = (b / norm, -a / norm)
    first, second = ends
    forwards = (second[0] - first[0]) * direction[0] + (second[1] - first[1]) * direction[1] > 0.0
    return [_Segment(first, second, direction) if forwards else _Segment(second, first, direction)]


def _merged(segments: list[_Segment]) -> int:
    """The number of pieces: a segment that begins where one of the same direction ends goes on with it."""
    if not segments:
        return 0
    starts = np.array([segment.start for segment in segments])
    directions = np.array([segment.direction for segment in segments])
    followers = 0
    for segment in segments:
        near = np.hypot(*(starts - segment.end).T) <= 10 * _ROUNDING
        turned = np.hypot(*(directions - segment.direction).T)
        followers += bool((near & (turned <= 1e-7)).any())
    return len(segments) - followers
