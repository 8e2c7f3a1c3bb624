"""Frameworks' names of activations: the listed names exist, and all names of the frameworks are understood."""

import re

import numpy as np
import pytest

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.activations.practice import for_classes, framework_names, use
from actcli.core.errors import InputError
from tests.core.activations import installed
from tests.each import each

LISTS = {
    "pytorch": [f"torch.nn.{name}" for name in installed.TORCH_MODULES],
    "keras": [f"keras.activations.{name}" for name in installed.KERAS],
    "jax": [f"jax.nn.{name}" for name in installed.JAX],
    "onnx": installed.ONNX,
}
ELSEWHERE = {
    *("torch.exp", "torch.erf", "torch.atan", "torch.sin", "keras.layers.PReLU", "jax.numpy.exp", "jax.lax.erf"),
    *("keras.ops.erf", "keras.ops.arctan", "keras.ops.sin", "jax.numpy.arctan", "jax.numpy.sin"),
}
"""Names of functions that are no activations in their framework."""

NAMED = [(name, framework, text) for name in CATALOGUE for framework, text in framework_names(name).items()]
X = np.linspace(-8.0, 8.0, 81)


def same(a: str, b: str) -> bool:
    one, other = resolve(a), resolve(b)
    if isinstance(one, RowWise) or isinstance(other, RowWise):
        return one == other
    return bool(np.allclose(one(X), other(X), rtol=1e-15, atol=0.0, equal_nan=True))


@each(("name", "framework", "text"), NAMED)
def test_a_name_is_one_of_the_framework_s(name: str, framework: str, text: str) -> None:
    assert text.partition("(")[0] in {*LISTS[framework], *ELSEWHERE}


@each(("name", "framework", "text"), [named for named in NAMED if named[0] != "hard_sigmoid"])
def test_a_framework_s_name_is_understood_as_the_entry(name: str, framework: str, text: str) -> None:
    assert same(text, name)


def test_hard_sigmoid_says_that_onnx_has_another_slope() -> None:
    assert "0.2" in CATALOGUE["hard_sigmoid"].reference
    assert same("onnx.HardSigmoid", "hard_sigmoid:alpha=0.2")


def test_every_list_is_covered() -> None:
    """Each activation of an installed framework is listed with an entry, under this name or a synonym."""
    for framework, listed in LISTS.items():
        known = {text.partition("(")[0] for _, of, text in NAMED if of == framework}
        # Synonyms of hard_swish, silu and swiglu, and a name that is a formula here.
        others = {"jax.nn.hard_silu", "jax.nn.swish", "SwiGLU", "jax.nn.log1mexp"}
        assert {*listed} - known <= others, framework


@each(
    "text",
    [
        *(f"nn.{name}" for name in installed.TORCH_MODULES),
        *(f"F.{name}" for name in installed.TORCH_FUNCTIONS),
        *(f"keras.activations.{name}" for name in installed.KERAS),
        *(f"jax.nn.{name}" for name in installed.JAX),
        *installed.ONNX,
        *installed.TRANSFORMERS,
        *(f'ACT2FN["{name}"]' for name in installed.TRANSFORMERS),
        *(f"mlx.nn.{name}" for name in installed.MLX),
    ],
)
def test_every_installed_name_is_understood(text: str) -> None:
    assert resolve(text)


# Framework's name -> entry with the framework's defaults, if they differ; from the sources of the packages.
DEFAULTS = {
    "keras.activations.leaky_relu": "leaky_relu:negative_slope=0.2",
    "keras.layers.LeakyReLU()": "leaky_relu:negative_slope=0.3",
    "tf.nn.leaky_relu": "leaky_relu:negative_slope=0.2",
    "jax.nn.leaky_relu": "leaky_relu:negative_slope=0.01",
    "jax.nn.gelu": "gelu_tanh",
    "torch.nn.functional.gelu": "gelu",
    "keras.activations.gelu": "gelu",
    "mlx.nn.gelu_approx": "gelu_tanh",
    "jax.nn.squareplus": "squareplus:b=4",
    "keras.activations.hard_sigmoid": "hard_sigmoid",
}


@pytest.mark.parametrize("text", DEFAULTS)
def test_defaults_are_the_framework_s(text: str) -> None:
    assert same(text, DEFAULTS[text])


def test_the_places_are_those_of_the_texts() -> None:
    assert use("relu").startswith("hidden layers")
    assert use("leaky_relu").startswith("hidden layers")
    assert use("sigmoid").startswith("output layer, for yes or no")
    assert use("softmax").startswith("output layer, for classes")
    assert "not hidden layers" in use("softmax")
    assert use("x*tanh(x)") == ""
    assert [name for name in CATALOGUE if for_classes(name)] == [
        *("softmax", "log_softmax", "softmin", "sparsemax", "hardmax", "entmax15"),
    ]


def test_only_entries_have_names_and_places() -> None:
    assert all(re.fullmatch(r"[\w.]+(\(.+\))?", text) for _, _, text in NAMED)
    assert framework_names("x*tanh(x)") == {}
    with pytest.raises(InputError, match="no activation 'crelu'"):
        resolve("tf.nn.crelu")
