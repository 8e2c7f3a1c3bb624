"""One-sided limits at a point, and what they say of it: a jump, a pole, a kink."""

import math
from dataclasses import dataclass, replace

from actcli.core.analysis.asymptotes import Limit


@dataclass(frozen=True, slots=True)
class Sides:
    """One-sided limits of f and f' at a point, and f(point); nan: does not exist, None: unknown."""

    value: tuple[Limit, Limit]
    slope: tuple[Limit, Limit]
    here: float
    blur: float = 0.0
    """Tolerance for the rounding of the point's x."""
    unit: float = 1.0
    """About the size of f, if that is tiny."""

    def times(self, unit: float) -> "Sides":
        """The sides of f from those of f / unit."""
        (left, right), (falls, rises) = ([times(limit, unit) for limit in both] for both in (self.value, self.slope))
        return Sides((left, right), (falls, rises), self.here * unit, self.blur * unit, unit)

    def until(self, last: "Sides") -> "Sides":
        """The sides of both points together, where this one and the last differ by rounding alone."""
        return replace(self, value=(self.value[0], last.value[1]), slope=(self.slope[0], last.slope[1]))

    @property
    def jumps(self) -> bool | None:
        """Whether the one-sided limits of f differ, or f(point) differs from them."""
        left, right = self.value
        if left is None or right is None:
            return None
        sides = [side for side in (left, right) if math.isfinite(side)]
        if len(sides) < 2:
            return False
        if self._apart(left, right):
            return True
        return math.isfinite(self.here) and self._apart(left, self.here)

    @property
    def pole(self) -> bool | None:
        """Whether |f| is unbounded on one side."""
        if any(side is not None and math.isnan(side) for side in self.value):
            return False  # an end of the domain
        if any(side is not None and math.isinf(side) for side in self.value):
            return True
        return None if None in self.value else False

    @property
    def bent(self) -> bool | None:
        """Whether f is continuous with two different slopes or an infinite one."""
        left, right = self.slope
        if self.jumps or self.pole or math.isnan(self.here):
            return False
        if left is None or right is None:
            return None
        if math.isnan(left) or math.isnan(right):
            return False
        return math.isinf(left) or math.isinf(right) or self._apart(left, right)

    @property
    def derivative(self) -> float | None:
        """The derivative, if both one-sided ones agree."""
        left, right = self.slope
        if left is None or right is None or self.jumps is not False or self.pole is not False:
            return None
        if math.isnan(left) or math.isnan(right):
            return None
        return None if self._apart(left, right) else left

    def _apart(self, a: float, b: float) -> bool:
        """Whether two numbers differ by more than the rounding of a formula's own constants."""
        if math.isinf(a) or math.isinf(b):
            return a != b
        return abs(a - b) > 2.0**-46 * max(abs(a), abs(b), 2.0**-20 * self.unit) + self.blur


def times(limit: Limit, factor: float) -> Limit:
    """The limit of a factor times the function."""
    return None if limit is None else limit * factor
