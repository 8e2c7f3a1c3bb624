"""The graph of a function on an interval: enough of its points, and where it is broken."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from actcli.core.activation import Activation
from actcli.core.analysis.sampled_curve import runs_of
from actcli.core.analysis.sampling import discontinuities, only_where_finite, refined
from actcli.core.jet import Array
from actcli.core.ordered import union

# Beside a break the points on both sides, so that a line through the points is right up to it.
_SIDES = (-np.inf, np.inf)


@dataclass(frozen=True, eq=False)
class Graph:
    """f, f', ... f^(order) at ascending x, of shape (order + 1, n); nan or inf where there is no value.

    breaks: for each order the points where that derivative jumps, or grows beyond all bounds
    """

    activation: str
    x: Array
    derivatives: Array
    breaks: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Spot:
    """f, f', ... f^(order) at one point, and whether it is a kink, where f' is the one that PyTorch returns."""

    activation: str
    x: float
    derivatives: Array
    kink: bool

    @classmethod
    def of(cls, activation: Activation, x: float, order: int = 1) -> "Spot":
        """An elementwise activation at x, up to the derivative of that order."""
        derivatives = only_where_finite(activation.derivatives(np.array([x]), order))[:, 0]
        return cls(activation.label, x, derivatives, x in activation.kinks(order))


def graphs(activations: Iterable[Activation], x: Array, order: int = 0) -> tuple[Graph, ...]:
    """Each activation on the interval from x[0] to x[-1], all at the same points: those of x, and what they miss.

    Points are added beside every kink, and where values and slopes do not fit together: at jumps and poles, at
    the edges of the domain, in steps far narrower than the distance of the points.
    """
    activations = tuple(activations)
    found: list[tuple[Array, set[float]]] = []
    with np.errstate(all="ignore"):  # nan and inf are answers here
        for activation in activations:
            kinks = [kink for kink in activation.kinks(order) if x[0] <= kink <= x[-1]]
            around = [np.nextafter(kinks, side) for side in _SIDES]
            points, table = refined(lambda x, f=activation: f.derivatives(x, 1), union(x, kinks, *around))  # type: ignore[misc]  # the default binds f
            jumps, poles = discontinuities(points, table, activation.kinks(1))
            found.append((points, jumps | poles))
        together = union(*(points for points, _ in found))
        together = together[(x[0] <= together) & (together <= x[-1])]
        return tuple(
            Graph(
                activation.label,
                together,
                only_where_finite(activation.derivatives(together, order)),
                tuple(_within(x, {*breaks, *activation.kinks(k)}) for k in range(order + 1)),
            )
            for activation, (_, breaks) in zip(activations, found, strict=True)
        )


def _within(x: Array, points: set[float]) -> tuple[float, ...]:
    return tuple(sorted(point for point in points if x[0] <= point <= x[-1]))


def missing(x: Array, y: Array) -> tuple[tuple[float, float], ...]:
    """The intervals of x, first to last point, on which y is not finite."""
    return tuple((float(x[first]), float(x[last - 1])) for first, last in runs_of(~np.isfinite(y)))
