"""How many points prove a cause: the least shares of substitutes, and sums that cancel."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from actcli.core.audit.candidates import _cancels
from actcli.core.audit.case import Case
from actcli.core.audit.diagnosis import _offsets
from actcli.core.audit.emulation import Working, read_spelling
from actcli.core.audit.substitutes import Substitute, _compared, _partly_flushed
from tests.narrow import elementwise

STEP = 2.0**-23


def case_at(x: np.ndarray, actual: np.ndarray, expected: np.ndarray) -> Case:
    """Points of an audit in float32; an error is counted in spacings at 1."""
    audit: Any = SimpleNamespace(dtype="float32", flush_subnormals=False, order=0)
    return Case(audit, elementwise("relu"), x, actual, expected, np.abs(actual - expected) / STEP)


def compared(equal: int, near: int, off: int, right: int = 0, **shares: Any) -> bool:
    """Whether results of 2 explain audited ones, where 1 is right.

    equal, near, off: audited results of 2, 2 steps from it, and 3; right: points at which the substitute has no error
    """
    actual = np.array([2.0] * equal + [2.0 + 4 * STEP] * near + [3.0] * off + [2.0] * right)
    expected = np.ones(actual.shape)
    case = case_at(np.arange(float(len(actual))), actual, expected)
    result = np.array([2.0] * (equal + near + off) + [1.0] * right)
    return _compared(case, case.off > 1, Substitute("2", result, **shares)) is not None


@pytest.mark.parametrize(
    ("points", "shares", "explained"),
    [
        ((7, 3, 0), {"same": (0.7, 0.95)}, True),
        ((6, 4, 0), {"same": (0.7, 0.95)}, False),
        ((9, 0, 1), {"same": (0.7, 0.9)}, True),
        ((8, 0, 2), {"same": (0.7, 0.9)}, False),
        ((10, 0, 0, 10), {"part": 0.5}, True),
        ((10, 0, 0, 11), {"part": 0.5}, False),
        ((5, 0, 0), {}, True),
        ((4, 0, 0), {}, False),
    ],
)
def test_the_least_shares_are_met_or_missed(points: tuple[int, ...], shares: dict[str, Any], explained: bool) -> None:
    assert compared(*points, **shares) is explained


def test_a_sum_of_zeros_does_not_cancel() -> None:
    tree, x = read_spelling(elementwise("relu"), "x - 0.75*x"), np.array([0.0, 1.0])
    assert _cancels(tree, x, Working("float32")).tolist() == [False, True]  # 1/4 of the larger term
    tree = read_spelling(elementwise("relu"), "x - 0.5*x")
    assert _cancels(tree, x, Working("float32")).tolist() == [False, False]


def test_a_zero_beyond_twice_the_smallest_normal_is_no_flush() -> None:
    twice = 2.0**-125
    for exact, may_be in ((twice, True), (twice * (1 + STEP), False)):
        x = np.array([exact])
        assert bool(list(_partly_flushed(case_at(x, np.zeros(1), x)))) == may_be


def test_an_offset_is_sought_within_a_sixteenth_of_0() -> None:
    x = 2.0 ** np.linspace(-12.0, -3.0, 46)
    found = list(_offsets(case_at(x, x + 0.01, x), np.ones(x.shape, dtype=bool)))
    assert any(mask[(x > 2.0**-5) & (x < 2.0**-4)].all() for _, mask, _ in found)
    assert not any(mask[x > 2.0**-4].any() for _, mask, _ in found)
