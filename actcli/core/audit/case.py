"""The points at which a diagnosis tries causes of an error."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array, Indices, Mask
from actcli.core.audit.report import Audit
from actcli.core.audit.tally import ENDLESS
from actcli.core.audit.ulp import ulp_distance
from actcli.core.numerics.formats import flushed, round_to

_MOST: Final = 900
"""Points kept of each kind (with an error, without one, beside one), evenly spread."""
_NEIGHBOURS: Final = 60


@dataclass(frozen=True, eq=False)
class Case:
    """Points of an audit, ascending.

    x, actual, expected: input, result, correctly rounded result
    off: steps from actual to expected; infinite: nan, or infinity in place of a number
    """

    audit: Audit
    activation: Elementwise
    x: Array
    actual: Array
    expected: Array
    off: Array
    computed: dict[Any, Array] = field(default_factory=dict)
    """Results of candidates at x, by formula and working precision."""

    @property
    def dtype(self) -> str:
        """The type of the results."""
        return self.audit.dtype

    @property
    def worst(self) -> Indices:
        """The points of the largest finite error."""
        finite = np.where(np.isfinite(self.off), self.off, -1.0)
        return np.flatnonzero(finite == finite.max())

    def value(self, x: Array, order: int | None = None) -> Array:
        """The audited derivative in float64, or the one of another order."""
        order = self.audit.order if order is None else order
        return self.activation.derivative(x, order) if order else self.activation(x)

    def rounded(self, y: Array) -> Array:
        """y rounded to the type, with subnormals flushed if the audit flushes them."""
        rounded = round_to(y, self.dtype)
        return flushed(rounded, self.dtype) if self.audit.flush_subnormals else rounded

    def distance(self, a: Array, b: Array) -> Array:
        """Steps between numbers of the type: 0 between two nan, infinitely many between nan and a number."""
        found = ulp_distance(a, b, self.dtype, self.audit.flush_subnormals).astype(np.float64)
        nan = np.isnan(a), np.isnan(b)
        found = np.where(nan[0] & nan[1], 0.0, np.where(nan[0] | nan[1], np.inf, found))
        return np.where(np.isinf(a) != np.isinf(b), np.inf, found)

    def text(self, x: float) -> str:
        """The shortest decimal that is this number in float32; of a float64 audit in float64."""
        return f"{x if self.dtype == 'float64' else np.float32(x)!s}".removesuffix(".0")


def case_of(audit: Audit, activation: Elementwise) -> Case:
    """The points of an audit's sample, thinned if they are many, together with the worst points."""
    sample = audit.sample
    off = np.where(sample.steps == np.uint64(ENDLESS), np.inf, sample.steps.astype(np.float64))
    worst = [(p.input, p.actual, p.expected, p.steps) for p in audit.worst if not math.isnan(p.input)]
    if audit.worst_steps is not None:
        p = audit.worst_steps
        worst.append((p.input, p.actual, p.expected, p.steps))
    known = np.array(worst, dtype=np.float64).reshape(-1, 4)
    order = np.argsort(sample.x, kind="stable")
    beside = np.zeros(len(off), dtype=bool)
    beside[order] = _beside(off[order] > 1)
    kept = np.concatenate([_thinned(off > 1), _thinned(off <= 1), _thinned(beside), _largest(off)])
    columns = [
        np.append(column[kept], known[:, i]) for i, column in enumerate([sample.x, sample.actual, sample.expected, off])
    ]
    _, first = np.unique(columns[0] + 0.0, return_index=True)
    x, actual, expected, off = (column[first] for column in columns)
    finite = np.isfinite(x)
    return Case(audit, activation, x[finite], actual[finite], expected[finite], off[finite])


def _beside(bad: Mask) -> Mask:
    """Points without an error that have one among their neighbours: there errors begin."""
    count = np.concatenate([np.zeros(_NEIGHBOURS + 1), np.cumsum(bad), np.full(_NEIGHBOURS, bad.sum())])
    return ~bad & (count[2 * _NEIGHBOURS + 1 :] > count[: -2 * _NEIGHBOURS - 1])


def _thinned(where: Mask) -> Indices:
    at = np.flatnonzero(where)
    return at if len(at) <= _MOST else at[np.linspace(0, len(at) - 1, _MOST).astype(np.int64)]


def _largest(off: Array) -> Indices:
    finite = np.where(np.isfinite(off), off, 0.0)
    return np.argsort(finite)[-50:]


def region(case: Case, where: Mask) -> str:
    """The range of the points on each side of 0, in words: `for x from -14.2 to -2.9`."""
    sides = []
    for side in (case.x < 0.0, case.x > 0.0):
        x = case.x[where & side]
        if x.size:
            low, high = case.text(float(x.min())), case.text(float(x.max()))
            sides.append(f"from {low} to {high}" if low != high else f"= {low}")
    if (where & (case.x == 0.0)).any() and not sides:
        sides.append("= 0")
    return f"for x {' and '.join(sides)}"
