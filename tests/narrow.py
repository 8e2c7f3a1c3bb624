"""Functions that assert types for the type checker."""

from typing import TypeVar

from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import ActivationLike, resolve

Value = TypeVar("Value")


def known(value: Value | None) -> Value:
    assert value is not None
    return value


def elementwise(text: ActivationLike) -> Elementwise:
    """As resolve."""
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return activation


def row_wise(text: ActivationLike) -> RowWise:
    """As resolve."""
    activation = resolve(text)
    assert isinstance(activation, RowWise)
    return activation
