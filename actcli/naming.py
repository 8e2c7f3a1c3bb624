"""The core's `identify` with more digits in hand."""

from actcli.core.activations.catalogue import ActivationLike
from actcli.core.identify import identification
from actcli.core.identify.identification import Identification
from actcli.digits import more_digits


def identify(activation: ActivationLike) -> Identification:
    """Which known activation a function is: equal, scaled and shifted, or nearest to which.

    See `actcli.core.identify`. Raises InputError.

    >>> found = identify("0.5*x*(1 + tanh(x))").matches[0]
    >>> found.name, found.parameters, found.relation
    ('silu', {'beta': 2.0}, 'equal')
    """
    return identification.identify(activation, more_digits)
