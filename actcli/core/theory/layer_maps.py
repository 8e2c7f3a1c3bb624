"""Variance map and correlation map of one layer, and their iteration over many layers as cobweb diagrams.

Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli 2016, figures 1 and 2; the maps are those of core/theory/mean_field.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import Activation, elementwise
from actcli.core.arrays import Array
from actcli.core.errors import real_number
from actcli.core.theory.fixed_point import FixedPoint, fixed_point
from actcli.core.theory.mean_field import MeanField, is_homogeneous


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Variance map and correlation map at one initialisation, each with a cobweb.

    q, next_q:           (n,), q' over q
    q_cobweb:            (2, k), from (q, q) vertically to the map and horizontally to the diagonal, layer by layer
    c, next_c, c_cobweb: the same for the correlation of two inputs at the fixed point q, from c = 0; None without a
                         fixed point
    decay:               factor per layer of the backward signal's norm at the fixed point; None if unknown
    """

    activation: str
    sigma_w2: float
    sigma_b2: float
    fixed_point: FixedPoint
    decay: float | None
    q: Array
    next_q: Array
    q_cobweb: Array
    c: Array | None
    next_c: Array | None
    c_cobweb: Array | None


_POINTS: Final = 41  # per map
_STEPS: Final = 12  # per cobweb


def layer_maps(activation: Activation, sigma_w2: float, sigma_b2: float = 0.0) -> LayerMaps:
    """Both maps at one initialisation. InputError: a row-wise activation, or variances that are not numbers >= 0."""
    unit = elementwise(activation, f"{activation.name} acts on whole rows; the theory is for elementwise activations")
    sigma_w2, sigma_b2 = real_number("sigma_w2", sigma_w2, 0.0), real_number("sigma_b2", sigma_b2, 0.0)
    field = MeanField(unit)
    point = fixed_point(field, sigma_w2, sigma_b2)

    def next_variance(q: float) -> float:
        return field.next_variance(q, sigma_w2, sigma_b2)

    most = max(1.0, 2.0 * (point.q or 0.0)) if point.signal == "settles" else 8.0
    q = np.linspace(0.0, most, _POINTS)
    next_q = np.array([next_variance(each) for each in q.tolist()])
    at = point.q if point.q is not None else 1.0 if is_homogeneous(unit) and sigma_b2 == 0.0 else None
    c = next_c = c_cobweb = None
    if at:

        def next_correlation(c: float) -> float:
            return field.next_correlation(c, at, sigma_w2, sigma_b2)

        c = np.linspace(0.0, 1.0, _POINTS)
        next_c = np.array([next_correlation(each) for each in c.tolist()])
        c_cobweb = _cobweb(next_correlation, 0.0, 1.0)
    decay = None if point.chi_perpendicular is None else math.sqrt(point.chi_perpendicular)
    # From 1; from elsewhere if 1 is so close to the fixed point that the cobweb would be tiny.
    start = 1.0 if point.q is None or abs(1.0 - point.q) > 0.3 * point.q else 0.1 * point.q
    cobweb = _cobweb(next_variance, start, most)
    return LayerMaps(unit.label, sigma_w2, sigma_b2, point, decay, q, next_q, cobweb, c, next_c, c_cobweb)


def _cobweb(function: Callable[[float], float], start: float, most: float) -> Array:
    """Cobweb from the diagonal at `start`, until it stays or exceeds `most`."""
    points, here = [(start, start)], start
    for _ in range(_STEPS):
        there = function(here)
        if not math.isfinite(there) or there > most:
            break
        points += [(here, there), (there, there)]
        if abs(there - here) < 1e-3 * most:
            break
        here = there
    return np.array(points).T
