"""Expectations of a function of a Gaussian variable, to 1e-10 and better: the quadrature under every moment.

The line is cut into panels at the function's breaks, so that each panel sees a smooth piece. Every panel is measured
by the Gauss-Kronrod pair of 7 and 15 points, and those with the largest error are halved until what is left is
negligible. A kink or jump that nobody announced costs more halvings, not accuracy.

Source: Piessens, de Doncker-Kapenga, Überhuber and Kahaner, QUADPACK (1983), for the rule; the choice of panels
follows Shampine, Vectorized adaptive quadrature in Matlab (2008).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.errors import InputError
from actcli.core.jet import Array, Mask

Function = Callable[[Array], Array]

# The right half of the symmetric rule, from the end to the middle; every second node is also one of Gauss' seven.
_HALF_NODES = (
    0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945,
    0.5860872354676911, 0.4058451513773972, 0.20778495500789848,
)  # fmt: skip
_HALF_KRONROD = (
    0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592,
    0.1690047266392679, 0.19035057806478542, 0.20443294007529889, 0.20948214108472782,
)  # fmt: skip
_HALF_GAUSS = (0.1294849661688697, 0.27970539148927664, 0.3818300505051189, 0.4179591836734694)
_NODES: Final = np.array([*(-x for x in _HALF_NODES), 0.0, *_HALF_NODES[::-1]])
_KRONROD: Final = np.array([*_HALF_KRONROD, *_HALF_KRONROD[-2::-1]])
_GAUSS: Final = np.array([*_HALF_GAUSS, *_HALF_GAUSS[-2::-1]])

# Where the density of z is about to be subnormal. What has not died out there never will, as far as float64 can tell.
_REACH = 37.5
# Within this many deviations (all but 3e-12 of the probability) the function has to be finite.
_CORE = 7.0
_DIED_OUT = 1e-12

_AIM, _ACCEPTED, _ROUNDING = 1e-13, 1e-10, 2.0**-48
_MOST_ROUNDS, _MOST_PANELS = 100, 1 << 15
_CLOSER: Final = 0.025 * 0.25 ** np.arange(12)  # of a deviation, around the breaks
_MOST_CLOSE_LOOKS, _CLOSEST = 64, 2.0**-60
_NARROWEST = 2.0**-43  # of where a panel lies: beyond, its nodes are rounded to its edges


def expectation(function: Function, breaks: Iterable[float] = (), scale: float = 1.0) -> float:
    """E[g(scale z)] for z ~ N(0, 1): ∫ g(x) exp(-x²/(2 scale²)) dx / (scale sqrt(2π)).

    function: g, from an array of n points to their n values
    breaks:   the points where g or a derivative jumps, and others that are worth a closer look
    scale:    the standard deviation of the argument, sqrt(q) in mean-field theory; at 0 the result is g(0)

    The error is at most 1e-10 of E|g|. nan where the integral diverges (1/x; exp(x²) at scale 1), where g is not
    finite within 7 deviations, or where no 33,000 panels resolve it. Raises InputError for a scale that is no
    finite number >= 0.
    """
    return float(expectations(lambda x: function(x)[None], breaks, scale)[0])


def expectations(function: Function, breaks: Iterable[float] = (), scale: float = 1.0) -> Array:
    """The same for k functions at once, on panels that suit all of them: `function` maps n points to (k, n) values.

    A slope and its function belong together: the step of tanh(1e6 x) is seen from everywhere, its slope is not.
    """
    if not 0.0 <= scale < math.inf:
        raise InputError(f"the scale must be a finite number >= 0, not {scale:g}")
    # What overflows or has no value is the caller's function, not an accident; the result is nan then.
    with np.errstate(all="ignore"):
        if scale == 0.0:
            at_zero = function(np.zeros(1))[:, 0]
            return np.where(np.isfinite(at_zero), at_zero, np.nan)
        integrand = _Integrand.of(function, scale)
        panels = _refined(_Panels.measured(*_intervals(breaks, integrand), integrand), integrand)
        size, total = panels.size.sum(axis=1), panels.integral.sum(axis=1)
        total[np.abs(total) <= _ROUNDING * size] = 0.0  # as for every odd function
        accurate = panels.error.sum(axis=1) <= _ACCEPTED * size
        return np.where(accurate & (integrand.ends() <= _DIED_OUT * size), total, np.nan)


@dataclass(frozen=True, eq=False)
class _Integrand:
    """g times the density, from `low` to `high`: as far out as g is finite, or as the density is a normal number."""

    function: Function
    scale: float
    low: float
    high: float

    @classmethod
    def of(cls, function: Function, scale: float) -> "_Integrand":
        below, above = _reach(lambda z: function(-scale * z)), _reach(lambda z: function(scale * z))
        return cls(function, scale, -scale * below, scale * above)

    def __call__(self, x: Array) -> Array:
        z = x / self.scale
        return self.function(x) * (np.exp(-0.5 * z * z) * (1.0 / (self.scale * math.sqrt(2.0 * math.pi))))

    def ends(self) -> Array:
        """∫|g| over the outermost deviation on both sides: a measure of what lies beyond."""
        low, high = np.array([self.low, self.high - self.scale]), np.array([self.low + self.scale, self.high])
        outermost: Array = _Panels.measured(low, high, self).size.sum(axis=1)
        return outermost


@dataclass(frozen=True, eq=False)
class _Panels:
    """Intervals of x; for each component and interval the integral of g, its error, and the integral of |g|."""

    low: Array
    high: Array
    integral: Array
    error: Array
    size: Array

    @classmethod
    def measured(cls, low: Array, high: Array, integrand: _Integrand) -> "_Panels":
        centre, half = 0.5 * (low + high), 0.5 * (high - low)
        x = centre[:, None] + half[:, None] * _NODES
        values = integrand(x.ravel()).reshape(-1, *x.shape)
        integral = values @ _KRONROD * half
        error = np.abs(integral - values[..., 1::2] @ _GAUSS * half)
        return cls(low, high, integral, error, np.abs(values) @ _KRONROD * half)

    def with_halved(self, chosen: Mask, integrand: _Integrand) -> "_Panels":
        """The chosen ones halved, the others as they are."""
        low, high = self.low[chosen], self.high[chosen]
        middle = 0.5 * (low + high)
        halves = _Panels.measured(np.append(low, middle), np.append(middle, high), integrand)
        return _Panels(
            np.append(self.low[~chosen], halves.low),
            np.append(self.high[~chosen], halves.high),
            np.append(self.integral[:, ~chosen], halves.integral, axis=1),
            np.append(self.error[:, ~chosen], halves.error, axis=1),
            np.append(self.size[:, ~chosen], halves.size, axis=1),
        )


def _refined(panels: _Panels, integrand: _Integrand) -> _Panels:
    """Halves the panels with the largest errors until all of them together are small, or it is no use."""
    for _ in range(_MOST_ROUNDS):
        chosen = _too_rough(panels)
        if not chosen.any() or len(chosen) + chosen.sum() > _MOST_PANELS:
            break
        panels = panels.with_halved(chosen, integrand)
    return panels


def _too_rough(panels: _Panels) -> Mask:
    """All but those panels whose errors together are negligible, and those that cannot be halved."""
    size = panels.size.sum(axis=1, keepdims=True)
    alive = (np.isfinite(size) & (size > 0.0))[:, 0]
    error = (panels.error[alive] / size[alive]).max(axis=0, initial=0.0)
    order = np.argsort(error)
    rough = np.empty(error.shape, dtype=np.bool_)
    rough[order] = np.cumsum(error[order]) > _AIM
    reach = np.maximum(np.abs(panels.low), np.abs(panels.high))
    return rough & (panels.high - panels.low > _NARROWEST * reach)


def _reach(function: Function) -> float:
    """How many deviations from 0 the function of z is finite: from 7 to 37.5."""
    low, high = _CORE, _REACH
    # A component without a value at 7 deviations is nan whatever comes further out; it sets no limit to the others.
    alive = np.isfinite(function(np.array([low]))[:, 0])
    for _ in range(5):
        z = np.linspace(low, high, 123)
        finite = np.isfinite(function(z)[alive]).all(axis=0)
        if finite.all():
            return high
        first = max(int(np.argmin(finite)), 1)
        low, high = float(z[first - 1]), float(z[first])
    return low


def _intervals(breaks: Iterable[float], integrand: _Integrand) -> tuple[Array, Array]:
    """The first panels: fine where the density is, finer around 0 and the breaks, and ending at each of them."""
    scale, low, high = integrand.scale, integrand.low, integrand.high
    # No round numbers: a step that lies on an edge by chance would be seen by no node.
    tail = np.arange(10.0, _REACH)
    grid = scale * np.concatenate([-tail, np.linspace(-9.01, 9.01, 182), tail])
    special = np.unique([0.0, *breaks])
    around = special[:_MOST_CLOSE_LOOKS, None] + scale * np.concatenate([-_CLOSER, _CLOSER])
    edges = np.unique(np.concatenate([grid, special, around.ravel(), [low, high]]))
    edges = edges[(low <= edges) & (edges <= high)]
    apart = np.append(True, np.diff(edges) > _CLOSEST * scale)  # two neighbours enclose no number
    return edges[apart][:-1], edges[apart][1:]
