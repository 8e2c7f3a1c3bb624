"""`identify` of the core, with mpmath for more digits."""

from actcli.core.activations.catalogue import ActivationLike
from actcli.core.identify import identification
from actcli.core.identify.identification import Identification
from actcli.digits import more_digits


def identify(activation: ActivationLike) -> Identification:
    """The known activations that a function equals, up to scale and shift, and the nearest others.

    InputError: see `actcli.core.identify`.

    >>> found = identify("0.5*x*(1 + tanh(x))").matches[0]
    >>> found.name, found.parameters, found.relation
    ('silu', {'beta': 2.0}, 'equal')
    """
    return identification.identify(activation, more_digits)
