"""The points of a curve on the page: where it has gaps, and where its markers are."""

from typing import Final

import numpy as np

from actcli.core.arrays import Array
from actcli.views.picture.description import Curve, Panel

_LANDMARKS: Final = 5


def with_gaps(curve: Curve) -> tuple[Array, Array]:
    """The finite points, with a nan between two that are not joined."""
    pieces = [*curve.pieces()]
    gap = np.array([np.nan])
    parts = [part for x, y in pieces for part in ((x, y), (gap, gap))][:-1]
    return np.concatenate([x for x, _ in parts] or [gap]), np.concatenate([y for _, y in parts] or [gap])


def landmarks(x: Array, panel: Panel, index: int, of: int) -> list[int]:
    """A few points at even distances for the marker, beside those of the other curves."""
    low, high = panel.x.place(np.array([panel.x.low, panel.x.high])).tolist()
    wanted = low + (high - low) * (np.arange(_LANDMARKS) + (index + 0.5) / of) / _LANDMARKS
    known = np.where(np.isfinite(x), x, np.inf)
    return sorted({int(np.abs(known - at).argmin()) for at in wanted.tolist()})
