"""Points for a picture, out of more numbers than memory holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.jet import Array
from actcli.core.ordered import union

MOST: Final = 1 << 16
"""So many points are kept, far more than any screen tells apart."""


@dataclass(frozen=True, eq=False)
class Points:
    """A user's numbers.

    x:          ascending, each once; of more than 65536 different ones a choice that is as evenly spread
    count:      how many there were
    outside:    how many of them lie outside of the interval
    low, high:  the smallest and the largest that is finite; inf and -inf where there is none
    not_finite: how many are nan or infinite
    """

    x: Array
    count: int
    outside: int
    low: float
    high: float
    not_finite: int


def gathered(blocks: Iterable[Array], interval: tuple[float, float] | None = None) -> Points:
    """The numbers of all blocks that lie in the interval (None: all that are finite), folded block by block."""
    kept, count, outside, not_finite, low, high = np.empty(0), 0, 0, 0, np.inf, -np.inf
    for block in blocks:
        x = block.ravel()
        count += x.size
        x = x[np.isfinite(x)]
        not_finite += block.size - x.size
        low, high = min(low, x.min(initial=np.inf)), max(high, x.max(initial=-np.inf))
        if interval is not None:
            inside = (interval[0] <= x) & (x <= interval[1])
            outside += x.size - int(inside.sum())
            x = x[inside]
        kept = union(kept, x)
        if kept.size > MOST:
            bins = np.floor((kept / 2 - kept[0] / 2) / (kept[-1] / 2 - kept[0] / 2) * (MOST / 2))
            first_of_each = np.append(True, np.diff(bins) > 0)
            first_of_each[-1] = True
            kept = kept[first_of_each]
    return Points(kept, count, outside, float(low), float(high), not_finite)
