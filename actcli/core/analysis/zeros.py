"""The zeros of a sampled curve."""

import numpy as np

from actcli.core.analysis.sampled_curve import Run, Track, covers, peaks_in, runs_of, section, stretch_of, turns_of

_EPS = 2.0**-52
_MOST_CROSSINGS = 64


def zeros(track: Track, gaps: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
    """The isolated zeros in ascending order, and the intervals on which the curve is zero.

    gaps: the jumps and poles, where a change of sign is no zero
    """
    intervals, points = [], []
    for first, last in runs_of(track.value == 0.0):
        here = track.x[first:last]
        if stretch := stretch_of(track, (first, last)):
            intervals.append(stretch)
        elif last - first == 1 or not _underflows(track, (first, last), gaps):
            points.append(float(here[np.abs(here).argmin()]))
    points += _crossings(track, gaps) + _at_breaks(track, gaps) + _touches(track) + _touches(track.flipped())
    found: list[float] = []
    for point in (track.break_at(point, point) for point in points):
        inside = any(low <= point <= high for low, high in intervals)
        if not inside and not any(abs(point - other) <= 1e-9 * max(abs(point), 1e-3) for other in found):
            found.append(point)
    return tuple(sorted(found)), tuple(intervals)


def _underflows(track: Track, run: Run, gaps: tuple[float, ...]) -> bool:
    """Whether values have become zero on their way to an end or to a pole."""
    return run[0] == 0 or run[1] == len(track.x) or any(covers(track, run, gap) for gap in gaps)


def _crossings(track: Track, gaps: tuple[float, ...]) -> list[float]:
    x, value = track.x, track.value
    with np.errstate(invalid="ignore"):
        crossing = (np.sign(value[1:]) * np.sign(value[:-1]) < 0.0) & (np.nextafter(x[:-1], np.inf) < x[1:])
    for gap in gaps:
        crossing &= (x[1:] < gap) | (gap < x[:-1])
    nearest = np.flatnonzero(crossing)
    nearest = nearest[np.argsort(np.abs(x[nearest]), kind="stable")[:_MOST_CROSSINGS]]
    if not nearest.size:
        return []
    low, high = x[nearest], x[nearest + 1]
    sides = np.maximum(np.abs(value[nearest]), np.abs(value[nearest + 1]))
    low, high = section(lambda x: np.sign(track.curve(x)[0]), low, high)
    at_low, at_high = np.abs(track.curve(low)[0]), np.abs(track.curve(high)[0])
    # A jump or a pole that nobody announced has no small values.
    small = np.minimum(at_low, at_high) <= 1e-3 * sides
    return [float(point) for point in np.where(at_low <= at_high, low, high)[small]]


def _at_breaks(track: Track, gaps: tuple[float, ...]) -> list[float]:
    """The breaks where the curve is zero but for the rounding of where they are, as |sin x| at π."""
    at = np.array([point for point in track.breaks if point not in gaps])
    if not at.size:
        return []
    sides = [track.curve(np.nextafter(at, direction))[1] for direction in (-np.inf, np.inf)]
    small = np.abs(track.curve(at)[0]) <= 2.0 * _EPS * np.abs(at) * np.fmax(*np.abs(sides))
    return [float(point) for point in at[small]]


def _touches(track: Track) -> list[float]:
    """Where the curve comes up to zero from below and turns back."""
    turns, height = turns_of(track)
    below = np.maximum(track.value[:-1], track.value[1:]) <= 0.0
    peaks, heights = peaks_in(track, turns & below & (height >= 0.0))
    # Zero compared with what is beside it, on both sides: in an underflowing tail one of them is nothing too.
    beside = np.minimum(np.abs(track.curve(peaks - 2.0**-8)[0]), np.abs(track.curve(peaks + 2.0**-8)[0]))
    return [float(point) for point in peaks[np.abs(heights) <= 1e-11 * beside]]
