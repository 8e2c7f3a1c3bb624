"""Participants of a race: a formula and a name of the same function are one participant."""

import pytest

from actcli.core.errors import InputError
from actcli.core.race.racers import racers
from actcli.digits import more_digits


def labels(*activations: str) -> dict[str, tuple[str, ...]]:
    return {racer.activation.label: racer.given for racer in racers(activations, more_digits)}


def test_a_formula_is_the_known_activation_that_it_equals() -> None:
    found = labels("x*sigmoid(1.702*x)", "silu", "x/(1+exp(-x))", "quick_gelu")
    assert found == {
        "quick_gelu": ("x*sigmoid(1.702*x)", "quick_gelu"),
        "silu": ("silu", "x/(1+exp(-x))"),
    }


def test_parameters_are_no_other_function_where_the_values_are_the_same() -> None:
    assert labels("leaky_relu:negative_slope=0.25", "prelu", "leaky_relu") == {
        "prelu": ("leaky_relu:negative_slope=0.25", "prelu"),
        "leaky_relu": ("leaky_relu",),
    }


def test_unknown_formulas_that_equal_each_other_are_one() -> None:
    first, second = "x*sin(x)*exp(-x**2)", "exp(-x*x)*sin(x)*x"
    assert [*labels(first, second, "tanh").values()] == [(first, second), ("tanh",)]


def test_an_approximation_is_another_participant() -> None:
    assert len(labels("gelu", "0.5*x*(1+tanh(0.7978845608*(x+0.044715*x**3)))")) == 2
    assert len(labels("x*sigmoid(1.702*x)", "x*sigmoid(1.7020001*x)")) == 2


def test_what_cannot_race() -> None:
    with pytest.raises(InputError, match=r"two functions or more, and silu and x\*sigmoid\(x\) are one"):
        labels("silu", "x*sigmoid(x)")
    with pytest.raises(InputError, match="softmax works on whole rows"):
        labels("softmax", "relu")
    assert set(labels("log(-1-x*x)", "relu")) == {"log(-1-x*x)", "relu"}, "no values anywhere, and still a formula"
