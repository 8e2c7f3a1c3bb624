"""Results of formulas on hardware that flushes subnormal intermediate results to zero."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.audit.emulation import Working, as_computed, read_spelling
from actcli.core.audit.spellings import spellings
from actcli.core.audit.tally import ENDLESS
from actcli.core.audit.ulp import Reference, UlpDistances, product_reference, reference, ulp_distance, ulp_error
from actcli.core.numerics.formats import flushed


@dataclass(frozen=True, slots=True)
class _Flushing(Working):
    """float64 arithmetic in which subnormals of the type are zero."""

    def rounded(self, values: Any) -> Array:
        return flushed(np.asarray(values, dtype=np.float64), self.dtype)


class Intermediates:
    """The kernels' formulas of one derivative, each with subnormal intermediate results flushed to zero.

    All else is computed in float64, so a difference from the exact result comes from the flush.
    """

    def __init__(self, activation: Elementwise, order: int, dtype: str) -> None:
        self._dtype = dtype
        self._trees = [read_spelling(activation, text) for text in spellings(activation, order)]

    def judged(
        self, x: Array, actual: Array, truth: Reference, ulp: Array, away: UlpDistances, *grad: Array
    ) -> tuple[Reference, Array, UlpDistances, int]:
        """Reference, ULP errors and steps, each from the nearest formula, and the number of results that this changes.

        A formula replaces the exact result where it is right without the flush and a different finite number with it.
        Subnormal inputs and results are zero. grad: the incoming gradient, by which the derivative is multiplied.
        """
        at = np.flatnonzero((away > 0) & (away != ENDLESS))
        x, actual, times = flushed(x[at], self._dtype), actual[at], [flushed(part[at], self._dtype) for part in grad]
        right = truth.rounded[at]
        parts: list[Any] = [
            part.copy() for part in (truth.rounded, truth.remainder, truth.spacing, truth.exact, ulp, away)
        ]
        nearer = np.zeros(len(at), dtype=bool)
        for tree in self._trees:
            plain, values = (as_computed(tree, x, working) for working in (Working("float64"), _Flushing(self._dtype)))
            found = self._reference(values, *times)
            fits = (values != plain) & np.isfinite(found.rounded)
            fits &= ulp_distance(self._reference(plain, *times).rounded, right, self._dtype, flush=True) <= 1
            distance = ulp_distance(actual, found.rounded, self._dtype, flush=True)
            better = np.flatnonzero(fits & (distance < parts[-1][at]))
            error = ulp_error(actual, found, self._dtype, flush=True)
            new: tuple[Any, ...] = (found.rounded, found.remainder, found.spacing, found.exact, error, distance)
            for part, one in zip(parts, new, strict=True):
                part[at[better]] = one[better]
            nearer[better] = True
        rounded, remainder, spacing, exact, ulp, away = parts
        return Reference(rounded, remainder, spacing, exact), ulp, away, int(nearer.sum())

    def _reference(self, values: Array, *times: Array) -> Reference:
        if times:
            return product_reference(values, np.zeros(1, dtype=np.int8), times[0], self._dtype, flush=True)
        return reference(values, self._dtype)  # flushed already, or compared as if it were
