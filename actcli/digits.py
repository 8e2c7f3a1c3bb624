"""`describe` and `compare` of the core, with mpmath for more digits, which is imported only if needed."""

from collections.abc import Iterable

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ActivationLike
from actcli.core.analysis import comparison, properties
from actcli.core.analysis.comparison import Difference
from actcli.core.analysis.digits import Digits
from actcli.core.analysis.properties import Properties


def more_digits(activation: Elementwise) -> Digits:
    """The activation's formula in any number of digits."""
    from actcli.multiprecision import digits

    return digits.Digits(activation)


def compare(activations: Iterable[ActivationLike], low: float = -6.0, high: float = 6.0) -> tuple[Difference, ...]:
    """The largest difference of every pair on [low, high], in more digits where float64 does not suffice.

    InputError: see `actcli.core.analysis.comparison`.

    >>> (found,) = compare(["gelu", "silu"])
    >>> round(found.max_abs, 6), round(found.at, 4)
    (0.193002, 1.9655)
    """
    return comparison.compare(activations, low, high, more_digits)


def describe(activation: ActivationLike) -> Properties:
    """All properties of an activation, in more digits where float64 does not suffice.

    InputError: see `actcli.core.analysis.properties`.

    >>> card = describe("gelu").curve
    >>> card.monotone, round(card.lipschitz.value, 4)
    ('non-monotone', 1.1289)
    """
    return properties.describe(activation, more_digits)
