"""E[φ(√q z)²] and E[φ'(√q z)²] for many q at once, from a table: what a path through many layers needs."""

from functools import lru_cache
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.theory.gain import is_homogeneous
from actcli.core.theory.mean_field import MeanField

_PER_DECADE: Final = 8
_POINTS: Final = 8  # of the interpolating polynomial
_SMALLEST, _LARGEST = 1e-30, 1e30
"""Below, every function is as good as its tangent; beyond, only a homogeneous one is followed."""


class Moments:
    """Between a few q a decade, polynomials in log q. InputError: a row-wise activation."""

    def __init__(self, activation: Elementwise) -> None:
        self.field = MeanField(activation)
        self.homogeneous = is_homogeneous(activation)
        self.known: dict[int, tuple[float, float]] = {}

    def at(self, q: Array) -> tuple[Array, Array]:
        """Both moments at each q; nan where one diverges, where the function jumps, and beyond 10^30."""
        if self.homogeneous:
            second, slope_second = self.field.second_moments(1.0)
            return second * q, np.full(q.shape, slope_second)
        # A variance of zero stays on the curve at its lower end.
        place = np.log10(np.clip(q, _SMALLEST, None)) * _PER_DECADE
        place[~(q <= _LARGEST)] = np.nan
        if np.isnan(place).any():
            unknown = np.full(q.shape, np.nan)
            return unknown, unknown
        first = np.floor(place).astype(int) - (_POINTS // 2 - 1)
        numbers, which = np.unique(first[:, None] + np.arange(_POINTS), return_inverse=True)
        table = np.array([self._moments(number) for number in numbers.tolist()])
        weights = _lagrange(place - first)[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(table)[which.reshape(-1, _POINTS)]
            moments = np.exp((logs * weights).sum(axis=1))
        # Where it underflows nearby, as E[φ²] does for what is 0 around 0, it is as good as zero.
        moments[np.isneginf(logs).any(axis=1)] = 0
        second, slope_second = moments.T
        return second, slope_second

    def _moments(self, number: int) -> tuple[float, float]:
        if number not in self.known:
            self.known[number] = self.field.second_moments(10 ** (number / _PER_DECADE))
        return self.known[number]


@lru_cache(maxsize=64)
def moments_of(activation: Elementwise) -> Moments:
    """The activation's table, which grows where it is asked."""
    return Moments(activation)


def _lagrange(t: Array) -> Array:
    """The weights of values at 0, 1, ... for the polynomial through them, at each t: (len(t), _POINTS)."""
    nodes = np.arange(_POINTS)
    weights = np.ones((len(t), _POINTS))
    for j in nodes:
        for k in nodes[nodes != j]:
            weights[:, j] *= (t - k) / (j - k)
    return weights
