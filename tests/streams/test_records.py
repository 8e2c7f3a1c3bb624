"""Nested documents as rows."""

from actcli.streams.records import flat


def test_names_are_joined_by_points_and_nothing_is_an_empty_value() -> None:
    document = {"a": 1.5, "b": {"c": None, "d": {"e": "text"}}, "f": True}
    assert list(flat(document)) == [("a", 1.5), ("b.c", ""), ("b.d.e", "text"), ("f", True)]


def test_a_list_of_numbers_is_one_value() -> None:
    assert list(flat({"kinks": (-0.5, 0.5), "zeros": []})) == [("kinks", "-0.5 0.5"), ("zeros", "")]


def test_a_list_of_documents_is_counted_through() -> None:
    document = {"parameters": [{"name": "alpha"}, {"name": "beta"}], "intervals": [(0.0, 1.0)]}
    assert list(flat(document)) == [
        ("parameters.0.name", "alpha"),
        ("parameters.1.name", "beta"),
        ("intervals.0", "0.0 1.0"),
    ]
