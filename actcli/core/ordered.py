"""Sorted numbers, each once."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from actcli.core.jet import Array


def union(*parts: npt.ArrayLike | Iterable[float]) -> Array:
    """The different numbers of all parts in ascending order."""
    # np.unique would import NumPy's masked arrays, which takes a tenth of the time of a plot.
    together = np.sort(np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts]))
    return together[np.append(True, np.diff(together) > 0)] if together.size else together
