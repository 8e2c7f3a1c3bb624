"""Where an error changes its character."""

from typing import Final

import numpy as np

from actcli.core.audit.ulp import Indices
from actcli.core.jet import Array

MOST: Final = 12
_WORTH: Final = 12.0
"""What a boundary has to save, in squared octaves of the error times small intervals."""
_LARGEST: Final = 64.0


def boundaries(max_ulp: Array) -> Indices:
    """From the largest errors in ascending small intervals to the indices where a new segment begins.

    Neighbours are joined, those first whose errors (their logarithms; up to 1 ULP all are alike) differ least, until
    joining any two would cost too much (Ward 1963, J. Amer. Stat. Assoc. 58).
    """
    if not max_ulp.size:
        return np.empty(0, dtype=np.int64)
    level = np.minimum(np.log2(np.maximum(max_ulp, 1.0)), _LARGEST)
    coarse = np.round(level)
    starts = np.append(0, np.flatnonzero(np.diff(coarse)) + 1)
    size = np.diff(np.append(starts, len(level))).astype(np.float64)
    mean = np.add.reduceat(level, starts) / size
    while len(starts) > 1:
        cost = size[1:] * size[:-1] / (size[1:] + size[:-1]) * np.diff(mean) ** 2
        cheapest = int(cost.argmin())
        if cost[cheapest] > _WORTH and len(starts) <= MOST:
            break
        both = size[cheapest] + size[cheapest + 1]
        mean[cheapest] = (size[cheapest] * mean[cheapest] + size[cheapest + 1] * mean[cheapest + 1]) / both
        size[cheapest] = both
        mean, size, starts = (np.delete(array, cheapest + 1) for array in (mean, size, starts))
    return starts[1:]
