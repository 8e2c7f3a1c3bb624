"""Comparison of printed reports that were computed on different processors, with different releases of NumPy."""

import re
from typing import Final

import pytest

_LONG: Final = re.compile(r"-?\d\.\d{12,}(e[-+]\d+)?|-?0\.\d{12,}")

_MASKS: Final = (
    (re.compile(r"(NumPy) \d+\.\d+\.\d+"), r"\1 2"),
    (re.compile(r" +\d\.\d+e-1[5-6]\b"), " ROUNDING"),
    (re.compile(r"(sin +0\.500 .*?) +\S+$", re.MULTILINE), r"\1X"),  # many x have an error just above 0.5 ULP
)
"""What differs -> what stands there instead."""


def masked(text: str) -> str:
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def assert_same(shown: str, expected: str) -> None:
    """Equality but for masks and the last digits of long numbers: processors differ in those of an exponential."""
    assert masked(_LONG.sub("", shown)) == masked(_LONG.sub("", expected))
    ours, theirs = ([float(match[0]) for match in _LONG.finditer(text)] for text in (shown, expected))
    assert ours == pytest.approx(theirs, rel=1e-14, abs=0.0)
