"""Frameworks' names of activations are written twice, for users and for the worker; both agree."""

import re

import pytest

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.activations.practice import framework_names
from actcli.core.errors import InputError
from actcli.foreign.calls import CALLS, FRAMEWORKS, ONNX, call_of, offered

OF_PEOPLE = {"torch": "pytorch", "jax": "jax", "keras": "keras", "onnxruntime": "onnx"}
NOT_CALLED = {
    "torch": set[str](),
    "jax": {"standardize"},  # statistics of the row computed differently
    "keras": {"prelu", "threshold", "sparsemax", "erf", "arctan", "sin"},  # a layer; others' functions
    "onnxruntime": {"prelu", "threshold", "hard_shrink", "soft_shrink"},  # two inputs; attributes with other meanings
}
"""Framework -> activations that it has, but not as a function of x and the same parameters."""


@pytest.mark.parametrize("framework", OF_PEOPLE)
def test_an_entry_with_a_name_for_people_has_a_call(framework: str) -> None:
    named = {name for name in CATALOGUE if OF_PEOPLE[framework] in framework_names(name)}
    assert named - {*offered(framework)} == NOT_CALLED[framework]
    assert {*offered(framework)} <= named


def test_the_two_names_are_one() -> None:
    for framework in ("torch", "jax", "keras"):
        for name, call in CALLS[framework].items():
            shown = framework_names(name)[OF_PEOPLE[framework]].partition("(")[0].rpartition(".")[2]
            called = call.partition("(")[0].rpartition(".")[2]
            same = re.sub("[_]", "", shown).casefold() == re.sub("[_]", "", called).casefold()
            assert same or {shown, called} in ({"atan", "arctan"}, {"hard_silu", "hard_swish"}), (
                framework,
                shown,
                called,
            )
    for name, (operator, _) in ONNX.items():
        assert framework_names(name)["onnx"].partition("(")[0] == operator


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_call_is_of_an_entry_and_takes_its_parameters(framework: str) -> None:
    for name in offered(framework):
        assert call_of(resolve(name), framework)


def test_a_parameter_that_the_framework_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="has no beta; audit it with the default"):
        call_of(resolve("softplus:beta=2"), "jax")
    assert call_of(resolve("softplus:beta=2"), "torch")["parameters"] == {"beta": 2.0}


def test_row_wise_entries_are_called_on_the_last_axis() -> None:
    for framework, calls in CALLS.items():
        for name, call in calls.items():
            if isinstance(CATALOGUE[name], RowWise) and framework in ("torch", "scipy"):
                assert "-1" in call, call
