"""Expectations of functions of Gaussian variables, with an error of at most 1e-10 E|g|, by adaptive quadrature.

The line is cut into panels at the function's breakpoints, so that the function is smooth on each panel. Each panel is
integrated by two Clenshaw-Curtis rules; the coarser one takes every second node of the finer. The panels whose two
results differ most are halved until the total difference is negligible. Both rules have nodes at the ends of a panel,
so that an unknown kink or jump costs more halvings, not accuracy.

Source: Clenshaw and Curtis, Numerische Mathematik 2 (1960); Trefethen, Is Gauss quadrature better than
Clenshaw-Curtis? (2008); the choice of panels follows Shampine, Vectorized adaptive quadrature in Matlab (2008).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.arrays import Array, Mask, union
from actcli.core.errors import InputError

Function = Callable[[Array], Array]

_INTERVALS = 16  # of the finer rule


def _clenshaw_curtis(n: int) -> tuple[Array, Array]:
    """Nodes and weights on [-1, 1]: the extrema of the Chebyshev polynomial of even degree n, ascending."""
    angle = np.pi * np.arange(n, -1, -1) / n
    k = np.arange(1, n // 2 + 1)
    share = np.where(k == n // 2, 1.0, 2.0) / (4.0 * k * k - 1.0)
    weights = (1.0 - np.cos(2.0 * angle[:, None] * k) @ share) * 2.0 / n
    weights[[0, -1]] /= 2.0
    return np.cos(angle), weights


_NODES, _FINE = _clenshaw_curtis(_INTERVALS)
_COARSE = _clenshaw_curtis(_INTERVALS // 2)[1]  # at every second node
# At a break the function has the value of one side, so the outermost nodes lie just inside the panel.
_NODES[[0, -1]] *= 1.0 - 2.0**-44

# Largest |z|. Beyond it the density is subnormal, and float64 cannot tell whether the integrand decays.
_REACH = 37.5
# The function must be finite up to this |z|: all but 3e-12 of the probability.
_CORE = 7.0
_DIED_OUT = 1e-12
# Below this E|g|, all of g lies in the outermost deviations (a step at 36), and its decay cannot be tested.
_NEXT_TO_NOTHING = 1e-270

_AIM, _ACCEPTED, _ROUNDING = 1e-13, 1e-10, 2.0**-48
_MOST_ROUNDS, _MOST_PANELS = 160, 1 << 15
# Edges of the first panels, in z: even ones up to 6, then growing ones, where there is hardly any probability.
_TAIL = 6.0 * (_REACH / 6.0) ** (np.arange(1, 9) / 8.0)
_GRID: Final = np.concatenate([-_TAIL[::-1], np.linspace(-6.0, 6.0, 121), _TAIL])
_SPACING = 0.1  # of the grid around 0
# Edges in x for the panels at 0: most activations bend there, whatever the scale.
_NEAR_0: Final = np.concatenate([-(2.0 ** np.arange(-3, 64)), 2.0 ** np.arange(-3, 64)])
_NARROWEST = 2.0**-43  # width relative to |x|: the nodes of narrower panels are rounded to their edges


def expectation(function: Function, breakpoints: Iterable[float] = (), scale: float = 1.0) -> float:
    """E[g(scale z)] for z ~ N(0, 1): ∫ g(x) exp(-x²/(2 scale²)) dx / (scale sqrt(2π)).

    function:    g, from an array of n points to n values
    breakpoints: points at which g or a derivative jumps, or near which g needs finer panels
    scale:       standard deviation of the argument, sqrt(q) in mean-field theory; 0 gives g(0)

    Error: at most 1e-10 E|g|. nan if the integral diverges (1/x; exp(x²) at scale 1), if g is not finite within 7
    deviations, or if 33,000 panels do not suffice. InputError: scale is not a finite number >= 0.
    """
    return float(expectations(lambda x: function(x)[None], breakpoints, scale)[0])


def expectations(function: Function, breakpoints: Iterable[float] = (), scale: float = 1.0) -> Array:
    """E[g(scale z)] of k functions at once, on common panels: `function` maps n points to (k, n) values.

    A function and its slope are best integrated together: the step of tanh(1e6 x) shows at all nodes, its slope at few.
    InputError: scale is not a finite number >= 0.
    """
    if not 0.0 <= scale < math.inf:
        raise InputError(f"the scale must be a finite number >= 0, not {scale:g}")
    # The function may overflow or have no value; the result is nan then.
    with np.errstate(all="ignore"):
        if scale == 0.0:
            at_zero = function(np.zeros(1))[:, 0]
            return np.where(np.isfinite(at_zero), at_zero, np.nan)
        integrand = _Integrand(function, scale, -scale * _REACH, scale * _REACH)
        panels, ends = _measured(breakpoints, integrand)
        if not np.isfinite(panels.size).all():
            integrand = _Integrand.of(function, scale)
            panels, ends = _measured(breakpoints, integrand)
        panels = _refined(panels, integrand)
        size, total = panels.size.sum(axis=1), panels.integral.sum(axis=1)
        total[np.abs(total) <= _ROUNDING * size] = 0.0  # as for every odd function
        accurate = panels.error.sum(axis=1) <= _ACCEPTED * size
        died_out = (ends <= _DIED_OUT * size) | (size < _NEXT_TO_NOTHING)
        return np.where(accurate & died_out, total, np.nan)


def fixed_rule(breakpoints: Iterable[float] = (), scale: float = 1.0) -> tuple[Array, Array]:
    """Nodes and weights, both (n,), with Σ w g(x) = E[g(scale z)], on the first panels without refinement.

    For g smooth between the breakpoints: three digits in a tenth of the time of `expectation`.
    """
    reach = scale * _REACH
    edges = union(scale * _GRID, [0.0, *(b for b in breakpoints if abs(b) < reach)])
    centre, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    x = (centre[:, None] + half[:, None] * _NODES).ravel()
    z = x / scale
    density = np.exp(-0.5 * z * z) / (scale * math.sqrt(2.0 * math.pi))
    return x, (half[:, None] * _FINE).ravel() * density


@dataclass(frozen=True, eq=False)
class _Integrand:
    """g times the density, from `low` to `high`: the range in which g is finite and the density a normal number."""

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


@dataclass(frozen=True, eq=False)
class _Panels:
    """Intervals of x, with the integral of g, its error, and the integral of |g|, all (k, panels)."""

    low: Array
    high: Array
    integral: Array
    error: Array
    size: Array

    @classmethod
    def measured(cls, low: Array, high: Array, integrand: _Integrand) -> "_Panels":
        centre, half = 0.5 * (low + high), 0.5 * (high - low)
        inside = np.nextafter(low, np.inf)[:, None], np.nextafter(high, -np.inf)[:, None]
        x = np.minimum(np.maximum(centre[:, None] + half[:, None] * _NODES, inside[0]), inside[1])
        values = integrand(x.ravel()).reshape(-1, *x.shape)
        integral = values @ _FINE * half
        error = np.abs(integral - values[..., ::2] @ _COARSE * half)
        return cls(low, high, integral, error, np.abs(values) @ _FINE * half)

    def with_halved(self, chosen: Mask, integrand: _Integrand) -> "_Panels":
        """The panels with the chosen ones halved."""
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


def _measured(breakpoints: Iterable[float], integrand: _Integrand) -> tuple[_Panels, Array]:
    """The first panels, and E|g| over the outermost deviations, (k,): an estimate of the neglected tails."""
    low, high = _intervals(breakpoints, integrand)
    first, last, scale = integrand.low, integrand.high, integrand.scale
    all_of_it = _Panels.measured(
        np.append(low, [first, last - scale]), np.append(high, [first + scale, last]), integrand
    )
    panels = _Panels(low, high, *(part[:, :-2] for part in (all_of_it.integral, all_of_it.error, all_of_it.size)))
    return panels, all_of_it.size[:, -2:].sum(axis=1)


def _refined(panels: _Panels, integrand: _Integrand) -> _Panels:
    """The panels after halving those with the largest errors, until the total error is small or a limit is reached."""
    for _ in range(_MOST_ROUNDS):
        chosen = _too_rough(panels)
        if not chosen.any() or len(chosen) + chosen.sum() > _MOST_PANELS:
            break
        panels = panels.with_halved(chosen, integrand)
    return panels


def _too_rough(panels: _Panels) -> Mask:
    """Mask of the panels to halve: all but those whose errors together are negligible and those that are too narrow."""
    size = panels.size.sum(axis=1, keepdims=True)
    alive = (np.isfinite(size) & (size > 0.0))[:, 0]
    error = (panels.error[alive] / size[alive]).max(axis=0, initial=0.0)
    if error.sum() <= _AIM:
        return np.zeros(error.shape, dtype=np.bool_)
    order = np.argsort(error)
    rough = np.empty(error.shape, dtype=np.bool_)
    rough[order] = np.cumsum(error[order]) > _AIM
    reach = np.maximum(np.abs(panels.low), np.abs(panels.high))
    return rough & (panels.high - panels.low > _NARROWEST * reach)


def _reach(function: Function) -> float:
    """The largest z up to which the function of z is finite: from 7 to 37.5."""
    low, high = _CORE, _REACH
    # A component that is not finite at z = 7 has the result nan; it does not limit the others.
    alive = np.isfinite(function(np.array([low]))[:, 0])
    for _ in range(5):
        z = np.linspace(low, high, 123)
        finite = np.isfinite(function(z)[alive]).all(axis=0)
        if finite.all():
            return high
        first = max(int(np.argmin(finite)), 1)
        low, high = float(z[first - 1]), float(z[first])
    return low


def _intervals(breakpoints: Iterable[float], integrand: _Integrand) -> tuple[Array, Array]:
    """The first panels: fine where the density is large and near x = 0, with edges at 0 and at each breakpoint.

    The nodes of a panel are dense at its ends, so a narrow spike there is found.
    """
    near_0 = _NEAR_0[np.abs(_NEAR_0) < _SPACING * integrand.scale]
    edges = union(integrand.scale * _GRID, near_0, [0.0, *breakpoints, integrand.low, integrand.high])
    edges = edges[(integrand.low <= edges) & (edges <= integrand.high)]
    return edges[:-1], edges[1:]


# --- pairs ------------------------------------------------------------------------------------------------------

_PAIR_REACH: Final = 8.5  # largest |z|; the probability beyond is 2e-17
_PAIR_EDGES: Final = np.linspace(-_PAIR_REACH, _PAIR_REACH, 18)
_AROUND: Final = np.array([-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
# x near which typical activations bend.
_FEATURES: Final = np.concatenate([-(2.0 ** np.arange(-6, 6)), 2.0 ** np.arange(-6, 6)])


def pair_expectation(function: Function, breakpoints: Iterable[float], variance: float, correlation: float) -> float:
    """E[g(u) g(v)] of two Gaussian variables with mean 0, equal variance, and a correlation strictly between -1 and 1.

    Given u, v is normal with mean correlation u. The panels of both have edges at the breakpoints. They are fixed,
    because an adaptive rule takes too long in two dimensions. Gauss-Legendre's rule needs the fewest nodes.
    """
    scale, spread = math.sqrt(variance), math.sqrt(variance * (1.0 - correlation * correlation))
    at = np.array([*breakpoints])
    # A break of g(v) is smoothed in u over a width of `spread`: finer panels of u around it.
    smeared = (at[:, None] + spread * _AROUND) / scale
    u, u_weights = _gauss_legendre(
        np.sort(np.concatenate([_PAIR_EDGES, _inside(_FEATURES / scale), *_inside(smeared)]))[None]
    )
    u = scale * u[0]
    inner = (np.append(at, _FEATURES) - correlation * u[:, None]) / spread
    edges = np.sort(np.hstack([np.broadcast_to(_PAIR_EDGES, (len(u), len(_PAIR_EDGES))), _inside(inner)]), axis=1)
    v, v_weights = _gauss_legendre(edges)
    with np.errstate(all="ignore"):
        x = correlation * u[:, None] + spread * v
        conditional = (function(x.ravel()).reshape(x.shape) * v_weights).sum(axis=1)
        return float((function(u) * conditional) @ u_weights[0])


def _inside(points: Array) -> Array:
    clipped: Array = np.clip(points, -_PAIR_REACH, _PAIR_REACH)
    return clipped


# Gauss-Legendre's rule of 10 nodes on [-1, 1]. Constants, because the import of numpy.polynomial takes 10 ms.
_NODES_ABOVE_0 = np.array(
    [0.14887433898163122, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717]
)
_WEIGHTS_ABOVE_0 = np.array(
    [0.29552422471475287, 0.26926671930999635, 0.21908636251598204, 0.1494513491505806, 0.06667134430868814]
)
_LEGENDRE_NODES: Final = np.concatenate([-_NODES_ABOVE_0[::-1], _NODES_ABOVE_0])
_LEGENDRE_WEIGHTS: Final = np.concatenate([_WEIGHTS_ABOVE_0[::-1], _WEIGHTS_ABOVE_0])


def _gauss_legendre(edges: Array) -> tuple[Array, Array]:
    """Nodes and weights for E[g(z)] on panels between ascending edges, both (rows, nodes)."""
    centre, half = 0.5 * (edges[:, 1:] + edges[:, :-1]), 0.5 * (edges[:, 1:] - edges[:, :-1])
    z = centre[..., None] + half[..., None] * _LEGENDRE_NODES
    weights = half[..., None] * _LEGENDRE_WEIGHTS * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return z.reshape(len(edges), -1), weights.reshape(len(edges), -1)
