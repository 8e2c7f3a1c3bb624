"""The check of `tests.fuzz.code`: computed values and slopes against mpmath's."""

import math
from typing import Any, Final

import mpmath
import numpy as np
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.arrays import Array
from actcli.core.code.measurement import Accuracy
from tests.fuzz.definitions import Definition, UndecidedError

EPS: Final = 2.0**-52


class Truth:
    """Values and slopes of an activation: mpmath's, and those of the core, for a formula as it is written."""

    def __init__(self, activation: Elementwise, text: str, x: Array) -> None:
        self.kinks = [kink for kink in activation.kinks(9) if math.isfinite(kink)]
        self.has_zeros = 0.0 in (*activation.parameter_values.values(), *dict(activation.given_parameters).values())
        self.x, self.definition, self.in_catalogue = x, Definition(text), activation.name in CATALOGUE
        with np.errstate(all="ignore"):
            core = activation.derivatives(x, 2)
            self.core = [activation(x), core[1]]
            around = activation.derivative(x[:, None] + np.linspace(-1.0, 1.0, 17))
            self.near_a_zero = (around.min(axis=1) <= 0.0) & (around.max(axis=1) >= 0.0)
            self.bend = [np.abs(core[1] * x), np.abs(core[1]) + np.abs(core[2] * x)]
        self.exact = [self._at(x, self.definition), self._at(x, self.definition.slope)]

    @staticmethod
    def _at(x: Array, of: Any) -> list[Any]:
        """mpmath's numbers; None where they are not known."""
        found: list[Any] = []
        for at in x.tolist():
            try:
                found.append(of(at) if math.isfinite(at) else None)
            except UndecidedError:
                found.append(None)
        return found

    def faults(self, got: Array, order: int, claimed: Accuracy, flushed: bool, at_kinks: bool) -> list[str]:
        """The first point at which a result is wrong."""
        for i, x in enumerate(self.x.tolist()):
            if (said := self._fault(i, x, float(got[i]), order, claimed, flushed, at_kinks)) is not None:
                return [f"{('value', 'slope')[order]} at {x!r} is {float(got[i])!r}; {said}"]
        return []

    def _fault(
        self, i: int, x: float, got: float, order: int, claimed: Accuracy, flushed: bool, at_kinks: bool
    ) -> str | None:
        core, exact = float(self.core[order][i]), self.exact[order][i]
        if flushed and 0 < abs(x) < 1e-290:
            return None
        if not math.isfinite(x):
            return self._beyond(x, got, core, order, claimed)
        if math.isfinite(got) and any(_among(x, *interval) for interval in claimed.beyond):
            return None  # the docstring excepts it
        if order and exact is not None and any(abs(x - k) <= 1e-13 * max(1.0, abs(k)) for k in self.kinks):
            return None  # on which side of the kink it lies is a matter of rounding
        if exact is None:  # a kink, or too many digits
            near = got == core or abs(got - core) <= 1e-9 * max(1.0, abs(core)) or not math.isfinite(core)
            near |= min(abs(got), abs(core)) > 1e305
            return None if near or (order and not at_kinks) or flushed or claimed.missing else f"the core's is {core!r}"
        if mpmath.isnan(exact):
            return "the formula has no number" if math.isfinite(got) and not math.isfinite(core) and x else None
        rounded = _nearest(exact)
        if not math.isfinite(got) or math.isinf(rounded):
            alike = got == rounded or min(abs(got), abs(rounded)) > 1e305
            known = claimed.missing or not math.isfinite(core)
            return None if alike or known else f"exact {rounded!r}, the core's is {core!r}"
        with mpmath.workprec(200):
            error = float(abs(mpf(got) - exact))
            as_written = float(abs(mpf(core) - exact)) if math.isfinite(core) else math.inf
        ulp = 4.0 * max(claimed.ulp, 16.0) + 8.0
        least = 2.3e-308 * (2 + claimed.ulp) if flushed else 5e-324
        bound = max(ulp * max(float(np.spacing(abs(rounded))), least), 8.0 * as_written, 1e-300 if flushed else 0.0)
        bound = max(bound, 64.0 * EPS * np.nan_to_num(self.bend[order][i], posinf=0.0))
        if order and self.near_a_zero[i]:
            bound = max(bound, 64.0 * EPS)
        if error <= bound or len(claimed.beyond) > 3:
            return None
        off = error / max(float(np.spacing(abs(rounded))), 5e-324)
        return f"exact {rounded!r}, the core's is {core!r}; {off:.3g} ULP, claimed {claimed.ulp:.3g}"

    def _beyond(self, x: float, got: float, core: float, order: int, claimed: Accuracy) -> str | None:
        """At an infinity the core's value or the limit; at nan the core's, and no slope."""
        if order and math.isinf(x) and not self.in_catalogue:
            return None  # no slope is promised there
        if math.isnan(got) and self.has_zeros:
            return None  # 0 times infinity, for a parameter that is 0
        if got == core or (math.isnan(got) and (math.isnan(core) or math.isnan(x) or claimed.missing)):
            return None
        if abs(got - core) <= 1e-12 * abs(core):
            return None
        if math.isnan(core) and math.isinf(x):  # the code may have the limit where the formula has inf - inf
            try:
                far = [(self.definition.slope if order else self.definition)(x_) for x_ in _far(x)]
            except UndecidedError:
                return None
            if math.isfinite(got):
                alike = all(abs(float(f) - got) <= 1e-6 * max(1.0, abs(got)) for f in far if not mpmath.isnan(f))
            else:
                alike = all(float(f) * got > 0 for f in far)
            return None if alike else f"far out it is {mpmath.nstr(far[-1], 8)}"
        return f"the core's is {core!r}"


def _among(x: float, low: float, high: float) -> bool:
    """Whether x is in an interval between points of the sample, or beside it."""
    return low - 0.7 - 0.1 * abs(low) <= x <= high + 0.7 + 0.1 * abs(high)


def _far(x: float) -> list[float]:
    return [math.copysign(size, x) for size in (1e25, 1e30)]


def _nearest(exact: Any) -> float:
    with mpmath.workprec(53):
        if abs(exact) >= mpf(2) ** 1024:
            return math.copysign(math.inf, exact)
    return float(exact)
