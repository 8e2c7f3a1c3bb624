"""Many cases in one test fail as one by one."""

import pytest

from tests.each import each


def only_small(x: int) -> None:
    assert x <= 2


def test_a_failure_names_its_case_and_the_others_are_tried() -> None:
    tried = []

    @each(("x", "most"), [(1, 2), (3, 2), (2, 2), (4, 2)])
    def small(x: int, most: int) -> None:
        tried.append(x)
        assert x <= most

    with pytest.raises(BaseExceptionGroup) as group:
        small()
    assert tried == [1, 3, 2, 4]
    assert [error.__notes__ for error in group.value.exceptions] == [["case: (3, 2)"], ["case: (4, 2)"]]
    with pytest.raises(AssertionError, match="assert 3 <= 2") as alone:
        each("x", [3])(only_small)()
    assert alone.value.__notes__ == ["case: 3"]


def test_no_cases_are_no_success() -> None:
    with pytest.raises(AssertionError, match="no cases"):
        each("x", [])(print)()
