"""Numbers with their nouns."""

from actcli.core.errors import count


def test_a_count_of_one_is_singular() -> None:
    assert [count(number, "step") for number in (0, 1, 2, 1000)] == ["0 steps", "1 step", "2 steps", "1,000 steps"]
