"""The core's `describe` and `compare` with more digits in hand: mpmath, imported only where they are asked for."""

from collections.abc import Iterable

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ActivationLike
from actcli.core.analysis import comparison, properties
from actcli.core.analysis.comparison import Difference
from actcli.core.analysis.digits import Digits
from actcli.core.analysis.properties import Properties


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
    return comparison.compare(activations, low, high, more_digits)


def describe(activation: ActivationLike) -> Properties:
    """All properties, computed, in more digits where float64 cannot know.

    See `actcli.core.analysis.properties`. Raises InputError.

    >>> card = describe("gelu").curve
    >>> card.monotone, round(card.lipschitz.value, 4)
    ('non-monotone', 1.1289)
    """
    return properties.describe(activation, more_digits)
