"""The core's `describe`, `compare` and `identify` with more digits in hand: mpmath, imported only when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actcli.core.activations.activation import Elementwise
    from actcli.core.activations.catalogue import ActivationLike
    from actcli.core.analysis.comparison import Difference
    from actcli.core.analysis.digits import Digits
    from actcli.core.analysis.properties import Properties
    from actcli.core.identify.identification import Identification


def more_digits(activation: Elementwise) -> Digits:
    """The activation by the formula as it is written, in as many digits as it takes."""
    from actcli import exact

    return exact.Digits(activation)


def compare(activations: Iterable[ActivationLike], low: float = -6.0, high: float = 6.0) -> tuple[Difference, ...]:
    """The largest difference of every pair on [low, high], in more digits where float64 cannot know.

    See `actcli.core.analysis.comparison`. Raises InputError.

    >>> (found,) = compare(["gelu", "silu"])
    >>> round(found.max_abs, 6), round(found.at, 4)
    (0.193002, 1.9655)
    """
    from actcli.core.analysis import comparison

    return comparison.compare(activations, low, high, more_digits)


def describe(activation: ActivationLike) -> Properties:
    """All properties, computed, in more digits where float64 cannot know.

    See `actcli.core.analysis.properties`. Raises InputError.

    >>> card = describe("gelu").curve
    >>> card.monotone, round(card.lipschitz.value, 4)
    ('non-monotone', 1.1289)
    """
    from actcli.core.analysis import properties

    return properties.describe(activation, more_digits)


def identify(activation: ActivationLike) -> Identification:
    """Which known activation a function is: equal, scaled and shifted, or nearest to which.

    See `actcli.core.identify`. Raises InputError.

    >>> found = identify("0.5*x*(1 + tanh(x))").matches[0]
    >>> found.name, found.parameters, found.relation
    ('silu', {'beta': 2.0}, 'equal')
    """
    from actcli.core.identify import identification

    return identification.identify(activation, more_digits)
