"""Selection of points for a picture from streams of any length."""

import numpy as np

from actcli.core.analysis.graph import MOST, gathered


def test_counts() -> None:
    found = gathered([np.array([1.0, 5.0, np.nan]), np.array([[-2.0, 1.0], [np.inf, 9.0]])], (-3.0, 6.0))
    assert found.x.tolist() == [-2, 1, 5]
    assert (found.count, found.outside, found.not_finite, found.low, found.high) == (7, 1, 2, -2, 9)


def test_without_an_interval_all_are_kept() -> None:
    assert gathered([np.array([1e9, -1e9])]).x.tolist() == [-1e9, 1e9]
    nothing = gathered([np.array([np.nan])])
    assert (nothing.x.size, nothing.low, nothing.high) == (0, np.inf, -np.inf)


def test_many_points_are_thinned_evenly() -> None:
    blocks = (np.random.default_rng(i).normal(size=50_000) for i in range(20))
    found = gathered(blocks)
    assert found.count == 1_000_000
    assert found.x.size <= MOST + 50_000
    assert (found.x[0], found.x[-1]) == (found.low, found.high)
    middle = found.x[np.abs(found.x) < 3]
    assert np.diff(middle).max() < 1e-2


def test_the_whole_floating_point_range_can_be_thinned() -> None:
    found = gathered([np.linspace(-1, 1, 3 * MOST) * 1.7e308])
    assert 1000 < found.x.size <= MOST
    assert np.isfinite(found.x).all()
