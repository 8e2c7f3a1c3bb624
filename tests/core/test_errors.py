"""Numbers with their nouns, names with similar ones, and values of the wrong kind."""

import re
import string
import sys
from pathlib import Path
from typing import Any

import pytest

import actcli
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.errors import InputError, count, did_you_mean, instance, one_of, whole_number


def test_a_count_of_one_is_singular() -> None:
    assert [count(number, "step") for number in (0, 1, 2, 1000)] == ["0 steps", "1 step", "2 steps", "1,000 steps"]


def test_no_text_of_the_program_makes_a_plural_without_the_helper() -> None:
    by_hand = re.compile(r"""['"]s['"] (\*|if)""")
    assert [
        path for path in Path(actcli.__file__).parent.rglob("*.py") if by_hand.search(path.read_text("utf-8"))
    ] == []


KNOWN = ("relu", "gelu", "tanh", "sigmoid", "softplus", "leaky_relu")


def slips(name: str) -> set[str]:
    """All texts at Damerau's distance 1 (1964): a letter less, more or different, or two neighbours swapped."""
    cuts = [(name[:i], name[i:]) for i in range(len(name) + 1)]
    less = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    other = {a + letter + b[1:] for a, b in cuts if b for letter in string.ascii_lowercase}
    return less | swapped | other | {a + letter + b for a, b in cuts for letter in string.ascii_lowercase}


@pytest.mark.parametrize("name", [name for name in KNOWN if len(name) > 4])
def test_one_slip_in_a_name_of_five_letters_is_put_right(name: str) -> None:
    for slip in slips(name):
        assert f" {name}" in did_you_mean(slip, KNOWN), slip


def test_letters_that_changed_places_in_a_name_of_four_are_put_right() -> None:
    for name in (name for name in KNOWN if len(name) == 4):
        assert f" {name}" in did_you_mean(name[0] + name[2] + name[1] + name[3], KNOWN)


def test_names_of_other_functions_are_no_slips() -> None:
    names = (
        "floor",
        "ceil",
        "round",
        "trunc",
        "mod",
        "fmod",
        "erfinv",
        "gamma",
        "lgamma",
        "cbrt",
        "cube",
        "zeta",
        "norm",
    )
    for name in (*names, "probit", "bessel", "hypot", "transformer", "maxout", "dropout"):
        assert did_you_mean(name, ACTIVATIONS) == ""


def test_a_name_whose_end_is_missing_is_completed() -> None:
    assert did_you_mean("sigm", KNOWN) == "; did you mean sigmoid?"
    assert did_you_mean("le", KNOWN) == ""


def test_a_number_that_no_loop_counts_to_is_too_large() -> None:
    assert whole_number("steps", sys.maxsize, 1) == sys.maxsize
    with pytest.raises(InputError, match=f"^steps must be at most {sys.maxsize}, not {sys.maxsize + 1}$"):
        whole_number("steps", sys.maxsize + 1, 1)


@pytest.mark.parametrize(("what", "noun"), [("dtype", "a dtype"), ("optimizer", "an optimizer"), ("init", "an init")])
@pytest.mark.parametrize("given", [5, None, ["b"]])
def test_a_name_is_a_text(what: str, noun: str, given: Any) -> None:
    assert one_of(what, "b", ["a", "b"]) == "b"
    with pytest.raises(InputError) as error:
        one_of(what, given, ["a", "b"])
    assert str(error.value) == f"{noun} is a text, one of a, b, not {given!r}"
    with pytest.raises(InputError) as error:
        one_of(what, "c", ["a", "b"])
    assert "is a text" not in str(error.value)


def test_a_class_is_named_with_its_article() -> None:
    for kind, noun in ((int, "an int"), (bool, "a bool")):
        with pytest.raises(InputError, match=f"^it must be {noun}, not 'x'$"):
            instance("it", "x", kind)
