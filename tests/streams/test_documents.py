"""JSON output that a strict parser accepts, and nested documents as rows."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.streams.documents import flat, jsonable, write_json, write_records
from actcli.streams.files import StreamError


def strict(text: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def test_a_document(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    write_json(
        {
            "activation": "größe",
            "x": np.array([[1.0, np.nan], [-np.inf, np.inf]]),
            "scalars": (np.float64(0.1), np.float32(np.inf), np.int64(3), np.bool_(True), math.nan),
            "whole": np.arange(3),
            "flags": np.array([True]),
            "empty": np.empty((0, 3)),
            "ragged": [np.array([1.0]), np.array([2.0, math.inf])],
            "none": None,
            "nested": {"gain": math.inf, "name": "NaN"},
        }
    )
    text = capsysbinary.readouterr().out
    assert text.endswith(b"}\n")
    assert text.isascii()
    assert strict(text) == {
        "activation": "größe",
        "x": [[1.0, "NaN"], ["-Infinity", "Infinity"]],
        "scalars": [0.1, "Infinity", 3, True, "NaN"],
        "whole": [0, 1, 2],
        "flags": [True],
        "empty": [],
        "ragged": [[1.0], [2.0, "Infinity"]],
        "none": None,
        "nested": {"gain": "Infinity", "name": "NaN"},
    }


@given(st.lists(st.floats()))
def test_numbers_read_back_bit_for_bit(values: list[float]) -> None:
    names = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    text = json.dumps(jsonable(np.array(values, dtype=np.float64)), allow_nan=False)
    assert repr([names.get(value, value) for value in strict(text.encode())]) == repr(values)


def test_a_file_is_written_whole_or_not(tmp_path: Path) -> None:
    write_json([1], str(tmp_path / "out.json"))
    assert (tmp_path / "out.json").read_text() == "[1]\n"
    with pytest.raises(TypeError):
        write_json([object()], str(tmp_path / "other.json"))
    with pytest.raises(StreamError, match="No such file"):
        write_json([1], str(tmp_path / "missing" / "out.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


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


@pytest.mark.parametrize("truth", [True, np.bool_(True)])
def test_booleans_are_written_as_in_json(truth: object, capsys: pytest.CaptureFixture[str]) -> None:
    for output_format, expected in {"csv": "a,b,c,d\ntrue,false,,1\n", "plain": "true\tfalse\t\t1\n"}.items():
        write_records(["a", "b", "c", "d"], [(truth, False, None, 1)], output_format)
        assert capsys.readouterr().out == expected
    assert [*flat({"each": [True, False, 1.0]})] == [("each", "true false 1.0")]
