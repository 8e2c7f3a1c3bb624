"""The ACT argument: names, spellings, parameters, and errors."""

import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError


@pytest.mark.parametrize("text", ["leaky_relu", "Leaky-ReLU", "LEAKYRELU", " lrelu "])
def test_spelling_is_free(text: str) -> None:
    assert resolve(text).name == "leaky_relu"


def test_parameters_change_the_function_and_the_label() -> None:
    activation = resolve("leaky-relu:negative_slope=0.25")
    assert activation(-4.0) == -1.0
    assert activation.label == "leaky_relu:negative_slope=0.25"
    assert resolve(activation.label).label == activation.label


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rleu", "did you mean relu"),
        ("", "no activation ''$"),
        ("relu:alpha=1", "relu has no parameters"),
        ("elu:alhpa=1", "did you mean alpha"),
        ("elu:alpha", "written name=number"),
        ("elu:alpha=x", "alpha must be a number, not 'x'"),
        ("elu:alpha=nan", "alpha must be a finite number"),
        ("elu:alpha=1,alpha=2", "alpha is set twice"),
        ("softplus:beta=0", "beta must be > 0"),
        ("(x, 1)(x)", "only a function can be called, in column 1"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        resolve(text)
    assert "\n" not in str(error.value)
