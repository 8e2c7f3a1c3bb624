"""The core's `describe` and `compare` with more digits in hand: mpmath, imported only where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actcli.core.activations.activation import Activation, Elementwise

if TYPE_CHECKING:
    from actcli.core.analysis.comparison import Difference
    from actcli.core.analysis.digits import Digits
    from actcli.core.analysis.properties import Properties


def more_digits(activation: Elementwise) -> Digits:
    """The activation by the formula as it is written, in as many digits as it takes."""
    from actcli import exact

    return exact.Digits(activation)


def compare(activations: Sequence[Activation], low: float, high: float) -> tuple[Difference, ...]:
    """The largest differences, in more digits where float64 cannot know: see `actcli.core.analysis.comparison`."""
    from actcli.core.analysis import comparison

    return comparison.compare(activations, low, high, more_digits)


def describe(activation: Activation) -> Properties:
    """All properties, computed, in more digits where float64 cannot know: see `actcli.core.analysis.properties`."""
    from actcli.core.analysis import properties

    return properties.describe(activation, more_digits)
