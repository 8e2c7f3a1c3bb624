"""Exact number of straight pieces of a piecewise linear network's boundary.

Such a network is affine on each of finitely many polygons of the plane (Montufar, Pascanu, Cho and Bengio 2014, On the
number of linear regions of deep neural networks). Layer by layer, each polygon is cut along the lines on which a unit
of the layer crosses a kink. On each final polygon the logit is affine, and zero on a segment or nowhere.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.arrays import Array
from actcli.core.network.mlp import Network, population

MOST_POLYGONS: Final = 20_000
"""With more polygons the count would take longer than the training."""

_ROUNDING: Final = 1e-10
"""Lengths up to this, relative to the window, count as rounding."""

Point = tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class _Polygon:
    """A convex polygon, by its corners in order, and a layer's output on it: x @ slopes + offsets.

    slopes (2, width), offsets (width,)
    """

    corners: list[Point]
    slopes: Array
    offsets: Array


def count_pieces(network: Network, inputs: Array, x1: Array, x2: Array | None) -> int | None:
    """Number of straight pieces of the curve logit = 0 in the rectangle that x1 and x2 span.

    Neighbouring segments of the same direction are one piece. None for more than MOST_POLYGONS polygons, for a logit
    that is zero on a whole polygon, and for one feature, where the boundary consists of points.
    """
    if x2 is None:
        return None
    (left, right), (low, high) = (float(x1[0]), float(x1[-1])), (float(x2[0]), float(x2[-1]))
    # Coordinates relative to the window, so that one tolerance suffices.
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
    """The parts of a polygon on which no unit crosses a kink, with the layer's output on each."""
    parts = [polygon.corners]
    at_corners = np.array(polygon.corners) @ slopes + offsets
    for kink in kinks:
        crossing = np.flatnonzero((at_corners.min(axis=0) < kink) & (kink < at_corners.max(axis=0)))
        for unit in crossing.tolist():
            a, b = slopes[:, unit].tolist()
            c = float(offsets[unit]) - kink
            parts = [half for part in parts for half in _halves(part, a, b, c)]
    middles = np.array([[sum(axis) / len(corners) for axis in zip(*corners, strict=True)] for corners in parts])
    z = middles @ slopes + offsets
    values, bends = network.activation.value_and_slope(z)
    new_slopes, new_offsets = slopes * bends[:, None], values - bends * (z - offsets)
    if skips:
        new_slopes, new_offsets = new_slopes + polygon.slopes, new_offsets + polygon.offsets
    return [_Polygon(*part) for part in zip(parts, new_slopes, new_offsets, strict=True)]


def _halves(corners: list[Point], a: float, b: float, c: float) -> list[list[Point]]:
    """The parts of a polygon on both sides of a x + b y + c = 0; the whole polygon if the line does not cut it."""
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
    """A segment of the boundary. direction: unit vector along it with the larger logit on its left."""

    start: Point
    end: Point
    direction: Point


def _zero(polygon: _Polygon, slope: Array, offset: float) -> list[_Segment] | None:
    """The segment of the polygon on which the logit is zero, if any; None if it is zero everywhere."""
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
    """The number of pieces: segments that continue each other in the same direction are one."""
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
