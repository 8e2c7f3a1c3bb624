"""--labels: names for the scores of a row."""

from collections.abc import Callable

from actcli.core.activation import Activation
from actcli.core.errors import InputError
from actcli.core.jet import Array


def named(activation: Activation, text: str) -> tuple[list[str], Callable[[Array], Array]]:
    """The names in `cat,dog,bird`, and the activation, which then takes no rows of another length."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise InputError(f"--labels takes names between commas, such as cat,dog,bird, not {text!r}")
    if not activation.rowwise:
        raise InputError(f"--labels names the scores of a row, and {activation.name} acts on each x by itself")

    def function(x: Array) -> Array:
        given = x.shape[-1]
        if given != len(names):
            raise InputError(f"--labels has {len(names)} names for a row of {given} scores")
        y = activation(x)
        if y.shape[-1] != given:
            raise InputError(
                f"{activation.name} makes {y.shape[-1]} numbers of {given} scores: --labels do not fit both"
            )
        return y

    return names, function
