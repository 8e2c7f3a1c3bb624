"""Where a formula is not smooth, found from the places where it changes its mind."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from actcli.core.arrays import Array, union
from actcli.core.jets.jet import Jet

Function = Callable[[Array], Array]

_HIGHEST_ORDER = 3
_MOST = 256
_OFF = 2.0**-40

# Where breaks are looked for: evenly near zero, and over the magnitudes beyond. A break between two zeros of its
# switch that are closer than this grid is missed.
_MAGNITUDES = 10.0 ** np.linspace(1, 6, 2001)
_GRID = union(np.linspace(-50.0, 50.0, 20001), _MAGNITUDES, -_MAGNITUDES)


def find_breaks(function: Callable[[Jet], Jet], switches: Sequence[Function]) -> Mapping[float, int]:
    """Zeros of the switches at which a derivative of the function jumps -> the lowest such derivative, up to 3."""
    with np.errstate(all="ignore"):  # poles of a switch are no zeros of it
        candidates = {x for switch in switches for x in _zeros(switch)}
        nearest = np.array(sorted(candidates, key=abs)[:_MOST])
        return _jumps(function, nearest) if nearest.size else {}


def _zeros(switch: Function) -> list[float]:
    values = switch(_GRID)
    exact = _GRID[values == 0.0]
    if len(exact) > _MOST:  # zero on a whole interval: its ends are what counts
        ends = np.flatnonzero(np.diff((values == 0.0).astype(np.int8)))
        exact = np.concatenate([_GRID[ends], _GRID[ends + 1]])
    crossings = np.flatnonzero(values[1:] * values[:-1] < 0.0)
    # Those further out would not be among the nearest of all either.
    crossings = crossings[np.argsort(np.abs(_GRID[crossings]), kind="stable")[:_MOST]]
    low, high, sign = _GRID[crossings], _GRID[crossings + 1], np.sign(values[crossings])
    while True:
        middle = 0.5 * (low + high)
        if not ((low < middle) & (middle < high)).any():
            break
        same = np.sign(switch(middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    # Of the two neighbours the one where the switch is nearer to zero: exactly zero where there is such a number.
    closer = np.abs(switch(low)) < np.abs(switch(high))
    return [*exact.tolist(), *np.where(closer, low, high).tolist()]


def _jumps(function: Callable[[Jet], Jet], x: Array) -> dict[float, int]:
    """Those of the x where a derivative jumps -> the lowest that does."""
    # Some way off: beside the break the formula's own rounding may already have taken it to the other side.
    off = _OFF * np.maximum(1.0, np.abs(x))
    sides = np.stack([x - off, x + off])
    sizes = function(Jet.variable(sides, _HIGHEST_ORDER + 1)).derivatives
    here, above = sizes[:-1], sizes[1:]
    smooth = 1e-9 * np.abs(here).sum(axis=1) + 2.5 * off * np.abs(above).max(axis=1) + 1e-12
    jumps = ~(np.abs(here[:, 0] - here[:, 1]) <= smooth)  # a nan counts as a jump
    return {at: int(jump.argmax()) for at, jump in zip(x.tolist(), jumps.T, strict=True) if jump.any()}
