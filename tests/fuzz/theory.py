"""The theory of `gain` and `phase`, and its sentences, against sums over a fine grid for random activations.

    python -m tests.fuzz.theory [--minutes 30] [--seed 0] [--cases N]

Held against tests/fuzz/duals.py and the maps iterated layer by layer: moments, gain, critical point, fixed points with
their depth scales and phase, the correlation of two inputs, candidates, and the cells and the edge of a phase diagram.
A number is judged where two grids agree on it.
"""

import math
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from actcli import resolve
from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.theory.fixed_point import FixedPoint, fixed_point
from actcli.core.theory.gain import Gain, gain
from actcli.core.theory.mean_field import MeanField
from actcli.core.theory.phase import phase_diagram
from actcli.views.gain import fixed_point_lines
from actcli.views.phase import phase_sentences
from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported
from tests.fuzz import duals
from tests.fuzz.campaign import campaign

_T: Final = np.linspace(-1.0, 1.0, 20001) * math.asinh(11e4) + 1e-5
_Z: Final = 1e-4 * np.sinh(_T)
_WEIGHTS: Final = 1e-4 * np.cosh(_T) * (_T[1] - _T[0]) * np.exp(-0.5 * _Z * _Z) / math.sqrt(2 * math.pi)
_PLANE: Final = {points: np.linspace(-8.5, 8.5, points) + 1e-3 for points in (161, 201)}


def close(a: float, b: float, relative: float = 0.0, absolute: float = 1e-12) -> bool:
    return abs(a - b) <= relative * max(abs(a), abs(b)) + absolute


class UnclearError(Exception):
    """The two grids differ: the case is not judged."""


@dataclass(frozen=True, eq=False)
class Truth:
    """Gaussian expectations of a drawn activation, as sums."""

    drawn: duals.Drawn

    def _sum(self, values: Array, relative: float) -> float:
        whole, half = float(_WEIGHTS @ values), 2 * float(_WEIGHTS[::2] @ values[::2])
        size = float(_WEIGHTS @ np.abs(values))
        if not abs(whole - half) <= 0.3 * relative * size < math.inf:
            raise UnclearError
        return whole

    @cached_property
    def jumps(self) -> bool:
        found = re.search(r" if x [<>] (\S+) else ", self.drawn.text)
        at = float(found[1]) if found else 0.0
        below, above = self.drawn.bend(np.array([at - 1e-9, at + 1e-9]))[0]
        return bool(found) and abs(above - below) > 1e-6

    def second(self, q: float) -> float:
        return self._sum(self.drawn.bend(math.sqrt(q) * _Z)[0] ** 2, 1e-5)

    def slope_second(self, q: float) -> float:
        return self._sum(self.drawn.bend(math.sqrt(q) * _Z)[1] ** 2, 3e-3)

    def response(self, q: float) -> float:
        """d E[φ²] / dq = E[φ φ' z] / √q"""
        value, slope = self.drawn.bend(math.sqrt(q) * _Z)
        return self._sum(value * slope * _Z, 3e-3) / math.sqrt(q)

    def correlation(self, c: float, q: float, sigma_w2: float, sigma_b2: float) -> float:
        """The correlation map at the variance q, relative to q' of the same grid."""
        found = []
        for z in _PLANE.values():
            weights = np.exp(-0.5 * z * z)
            weights /= weights.sum()
            first = self.drawn.bend(math.sqrt(q) * z)[0]
            both = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c * c) * z[None, :])
            product = float((weights * first) @ (self.drawn.bend(both)[0] @ weights))
            found.append((sigma_w2 * product + sigma_b2) / (sigma_w2 * float(weights @ first**2) + sigma_b2))
        if not close(found[0], found[1], 1e-4):
            raise UnclearError
        return found[-1]

    def settled(self, sigma_w2: float, sigma_b2: float) -> tuple[str, float]:
        """Signal and variance, layer by layer from q = 1."""
        q = 1.0
        for _ in range(200):
            following = sigma_w2 * self.second(q) + sigma_b2
            if following > 1e12 or following < 1e-12:
                return ("grows" if following > 1 else "zero"), following
            if abs(following - q) < 1e-10 * q:
                return "settles", following
            q = following
        raise UnclearError


def faults(seed: int) -> Iterator[str]:
    source = random.Random(seed)
    drawn = duals.drawn(source)
    activation, truth = resolve(drawn.text), Truth(drawn)
    assert isinstance(activation, Elementwise)
    with np.errstate(all="ignore"):
        if not truth.drawn.bend(_Z)[0].any():
            return
        for check in (_gain_faults, _diagram_faults):
            try:
                yield from (f"{drawn.text}: {fault}" for fault in check(activation, truth, source))
            except UnclearError:
                continue


def _gain_faults(activation: Elementwise, truth: Truth, source: random.Random) -> Iterator[str]:
    found = gain(activation)
    yield from _moment_faults(found, truth)
    for check in (_critical_faults, _candidate_faults):
        try:
            yield from check(found, truth)
        except UnclearError:
            continue
    field = MeanField(activation)
    for case in range(3):
        sigma_w2, sigma_b2 = (
            round(10 ** source.uniform(-1, 1), 3),
            source.choice([0, 0, round(source.uniform(0, 2), 3)]),
        )
        point = fixed_point(field, sigma_w2, sigma_b2)
        try:
            for fault in _point_faults(point, truth, sigma_w2, sigma_b2, case == 0):
                yield f"σ_w² {sigma_w2} σ_b² {sigma_b2}: {fault} {point}"
        except UnclearError:
            continue


def _moment_faults(found: Gain, truth: Truth) -> Iterator[str]:
    value = truth.drawn.bend(_Z)[0]
    second = truth.second(1.0)
    for name, number, true, relative in (
        ("E f", found.mean, truth._sum(value, 1e-5), 1e-4 if truth.jumps else 1e-5),
        ("E f²", found.second_moment, second, 1e-4 if truth.jumps else 1e-5),
        ("gain", found.gain, second**-0.5, 1e-4 if truth.jumps else 1e-5),
        ("E f'²", found.slope_second_moment, truth.slope_second(1.0), 3e-3),
    ):
        if truth.jumps and name == "E f'²":
            if number is not None:
                yield f"{name} is {number}, and the function jumps"
        elif number is None or not close(number, true, relative, 1e-7):
            yield f"{name} is {number}, and the sum {true}"


def _critical_faults(found: Gain, truth: Truth) -> Iterator[str]:
    critical = found.critical
    if critical.sigma_w2 is None or critical.sigma_b2 is None:
        if truth.jumps:
            return
        grid = [q for q in 10 ** np.linspace(-2, 2, 17) if truth.slope_second(q)]
        gaps = [
            (truth.response(q) / truth.slope_second(q) - 1, q > truth.second(q) / truth.slope_second(q) * 1.01)
            for q in grid
        ]
        for (low, biases), (high, more), q in zip(gaps, gaps[1:], grid, strict=False):
            if low * high < 0 and min(abs(low), abs(high)) > 0.02 and biases and more:
                yield f"no critical point, and one is above q = {q}"
        return
    q, where = critical.q or 1e-8, f"critical point {critical}"
    mapped = critical.sigma_w2 * truth.second(q) + critical.sigma_b2
    if critical.kind == "half-stable" and not close(mapped, q, 1e-4):
        yield f"{where}: q' is {mapped}"
    if not close(critical.sigma_w2 * truth.slope_second(q), 1.0, 5e-3):
        yield f"{where}: χ⊥ is {critical.sigma_w2 * truth.slope_second(q)}"
    if critical.kind != "zero-fixed-point" and not close(critical.sigma_w2 * truth.response(q), 1.0, 5e-3):
        yield f"{where}: χ∥ is {critical.sigma_w2 * truth.response(q)}"
    if critical.kind == "half-stable":
        sign = 1 if critical.stable_from == "below" else -1
        for factor in (0.995, 1.005):
            change = sign * (critical.sigma_w2 * truth.second(q * factor) + critical.sigma_b2 - q * factor)
            if change < -2e-6 * q:
                yield f"{where}: from {factor} q it changes by {sign * change}"
    if critical.kind == "zero-fixed-point":
        growth = [critical.sigma_w2 * truth.second(q) / q for q in (1e-2, 1e-3, 1e-4, 1e-5)]
        # An unstable fixed point at a small q parts signals that decay from those that grow.
        if growth[0] > 1.0001 and not any(g < 0.9999 for g in growth):
            yield f"{where}: a small signal grows"
    if critical.kind == "scale-invariant":
        one, two = (truth.drawn.bend(x)[0] for x in (np.array([-1.3, 0.7]), np.array([-3.9, 2.1])))
        if not np.allclose(3 * one, two, 1e-9):
            yield f"{where}: f(3x) is not 3 f(x)"


def _candidate_faults(found: Gain, truth: Truth) -> Iterator[str]:
    changes = {}
    for name, candidate in found.candidates.items():
        q, change = candidate.sigma_w2 + candidate.sigma_b2, 1.0
        for _ in range(29):
            change *= math.sqrt(candidate.sigma_w2 * truth.slope_second(q))
            q = candidate.sigma_w2 * truth.second(q) + candidate.sigma_b2
            if not 1e-12 < q < 1e12:
                raise UnclearError
        if truth.jumps:
            continue
        changes[name] = change
        if candidate.signal_change is None or not close(
            math.log(candidate.signal_change), math.log(change), 5e-3, 0.05
        ):
            yield f"{name}: over 30 layers the signal changes by {candidate.signal_change}, in sums {change}"
    if len(changes) == 2:
        one, other = (abs(math.log(change)) for change in changes.values())
        best = min(changes, key=lambda name: abs(math.log(changes[name])))
        if abs(one - other) > 0.15 and found.recommended != best:
            yield f"{found.recommended} is recommended: {changes}"


def _point_faults(point: FixedPoint, truth: Truth, sigma_w2: float, sigma_b2: float, correlated: bool) -> Iterator[str]:
    signal, q = truth.settled(sigma_w2, sigma_b2)
    told = ". ".join(fixed_point_lines(point, point.chi_perpendicular and math.sqrt(point.chi_perpendicular)))
    if signal == "grows":
        if point.signal == "settles" or "grows" not in told:
            yield f"the signal grows; told: {told}"
        return
    if point.signal != "settles" or point.q is None:
        yield f"the signal settles at {q}"
        return
    if signal == "zero":
        if point.q > 1e-10:
            yield "the signal decays to 0"
        return
    if not close(point.q, q, 1e-3 if truth.jumps else 2e-4):
        yield f"q is {q} in sums"
        return
    parallel, perpendicular = sigma_w2 * truth.response(q), sigma_w2 * truth.slope_second(q)
    if not truth.jumps:
        yield from _susceptibility_faults(point, parallel, perpendicular, told)
    elif point.chi_perpendicular is not None:
        yield "χ⊥ is given, and the function jumps"
    if correlated and q < 60:
        yield from _correlation_faults(point, truth, sigma_w2, sigma_b2, told)


def _susceptibility_faults(point: FixedPoint, parallel: float, perpendicular: float, told: str) -> Iterator[str]:
    if point.chi_perpendicular is None or not close(point.chi_perpendicular, perpendicular, 5e-3, 1e-7):
        yield f"χ⊥ is {perpendicular} in sums"
    if point.chi_parallel is None or not close(point.chi_parallel, parallel, 1e-2, 1e-4):
        yield f"χ∥ is {parallel} in sums"
    if abs(perpendicular - 1) > 6e-3:
        phase = "ordered" if perpendicular < 1 else "chaotic"
        if point.phase != phase or f"{phase}:" not in told:
            yield f"it is {phase}; told: {told}"
    scale = point.variance_depth_scale
    factor = math.exp(-1 / scale) if scale else 0.0 if scale == 0.0 else 1.0
    if not close(factor, min(abs(parallel), 1.0), 2e-2, 2e-3):
        yield f"the variance's depth scale is {scale}; χ∥ is {parallel} in sums"


def _correlation_faults(point: FixedPoint, truth: Truth, sigma_w2: float, sigma_b2: float, told: str) -> Iterator[str]:
    def mapped(c: float) -> float:
        return truth.correlation(c, point.q or 0.0, sigma_w2, sigma_b2)

    tolerance = 2e-3 if truth.jumps else 2e-4
    if point.keeps_correlations:
        for c in (0.2, 0.6, 0.95):
            if abs(mapped(c) - c) > tolerance:
                yield f"a correlation of {c} becomes {mapped(c)}; told: {told}"
        return
    limit = point.correlation
    if limit is None:
        return
    for c in (0.02, 0.2, 0.5, 0.8, 0.97):
        if abs(c - limit) > 0.01 and (mapped(c) - c) * (1 if c < limit else -1) < -tolerance:
            yield f"a correlation of {c} becomes {mapped(c)}, away from {limit}; told: {told}"
    if limit < 0.999:
        if not close(mapped(limit), limit, 0, tolerance):
            yield f"a correlation of {limit} becomes {mapped(limit)}; told: {told}"
        slope = (mapped(limit + 1e-3) - mapped(max(limit - 1e-3, 0.0))) / (1e-3 + min(limit, 1e-3))
        scale = point.correlation_depth_scale
        factor = math.exp(-1 / scale) if scale else 0.0 if scale == 0.0 else 1.0
        if not truth.jumps and not close(factor, slope, 5e-2, 2e-2):
            yield f"depth scale {scale}, and the map's slope at c* is {slope}"


def _diagram_faults(activation: Elementwise, truth: Truth, source: random.Random) -> Iterator[str]:
    weights = np.sort(np.round(np.array([source.uniform(0.1, 4) for _ in range(3)]), 3))
    biases = np.array([0.0, round(source.uniform(0.01, 1), 3)])
    if len({*weights.tolist()}) < 3:
        return
    found = phase_diagram(activation, weights, biases)
    told = " ".join(phase_sentences(found, "chi"))
    known = []
    for row, sigma_b2 in enumerate(biases.tolist()):
        for column, sigma_w2 in enumerate(weights.tolist()):
            try:
                signal, q = truth.settled(sigma_w2, sigma_b2)
            except UnclearError:
                continue
            at, cell = f"diagram at {sigma_w2}, {sigma_b2}: ", float(found.q[row, column])
            if signal == "grows":
                if math.isfinite(cell) or not found.grows[row, column]:
                    yield f"{at}q is {cell}, and the signal grows"
            elif signal == "settles" and not close(cell, q, 1e-3 if truth.jumps else 2e-4):
                yield f"{at}q is {cell}, and {q} layer by layer"
            elif signal == "settles" and not truth.jumps:
                chi = sigma_w2 * truth.slope_second(q)
                known.append(chi)
                if not close(float(found.chi_perpendicular[row, column]), chi, 5e-3, 1e-7):
                    yield f"{at}χ⊥ is {found.chi_perpendicular[row, column]}, in sums {chi}"
    if ("χ⊥ < 1 wherever" in told and any(chi > 1.01 for chi in known)) or (
        "χ⊥ > 1 wherever" in told and any(chi < 0.99 for chi in known)
    ):
        yield f"χ⊥ is {known}; told: {told}"
    for sigma_w2, sigma_b2 in found.edge[:: max(len(found.edge) // 3, 1)]:
        signal, q = truth.settled(sigma_w2, sigma_b2)
        if signal == "settles" and not close(sigma_w2 * truth.slope_second(q), 1.0, 1e-2):
            yield f"the edge at {sigma_w2}, {sigma_b2}: χ⊥ is {sigma_w2 * truth.slope_second(q)}"


if __name__ == "__main__":
    sys.exit(campaign(__doc__, faults))
