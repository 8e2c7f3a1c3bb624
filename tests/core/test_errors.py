"""Numbers with what they count, and what is said of a value of the wrong kind."""

import sys
from typing import Any

import pytest

from actcli.core.errors import InputError, count, instance, one_of, whole_number


def test_a_count_of_one_is_singular() -> None:
    assert [count(number, "step") for number in (0, 1, 2, 1000)] == ["0 steps", "1 step", "2 steps", "1,000 steps"]


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
