"""Writers: from a source to a file, block by block or all at once, as in a command."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli.streams.blocks import BLOCK, Values, collect
from actcli.streams.documents import jsonable
from actcli.streams.files import StreamError
from actcli.streams.formats import open_output
from actcli.streams.reading import open_numbers

Fill = Callable[[bytes], None]


def outer(values: Values) -> Values:
    return values[:, :, None] * values[:, None, :]


def run(
    output: Path | None,
    form: Any,
    path: Path | None,
    function: Callable[[Values], Values] = np.copy,
    **options: Any,
) -> None:
    with (
        open_numbers([], None, str(path) if path else None, **options) as source,
        open_output(str(output) if output else None, form, source) as writer,
    ):
        for block in source.blocks():
            writer.write(block, function(block.values))


def collected(function: Callable[[Values], Values] = np.negative, **options: Any) -> Any:
    with open_numbers([], None, None, **options) as source:
        return tuple(jsonable(part) for part in collect(source, function))


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("form", ["plain", "csv", "npy"])
def test_a_bad_line_leaves_no_file(form: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"1\n" * 500_000 + b"oops\n")
    with pytest.raises(StreamError, match=r"in\.txt, line 500001: not a number: 'oops'"):
        run(tmp_path / "out", form, tmp_path / "in.txt")
    assert os.listdir(tmp_path) == ["in.txt"]


@pytest.mark.parametrize("form", ["plain", "csv", "npy"])
def test_an_interrupted_function_leaves_no_file(form: str, tmp_path: Path) -> None:
    calls = []

    def interrupted(values: Values) -> Values:
        calls.append(len(values))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return values

    np.save(tmp_path / "in.npy", np.zeros(5 * BLOCK))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", form, tmp_path / "in.npy", interrupted)
    assert os.listdir(tmp_path) == ["in.npy"]


def test_a_file_in_its_own_place(tmp_path: Path) -> None:
    array = np.random.default_rng(2).normal(size=3 * BLOCK + 5)
    np.save(tmp_path / "x.npy", array)
    run(tmp_path / "x.npy", "npy", tmp_path / "x.npy", np.negative)
    assert np.array_equal(np.load(tmp_path / "x.npy"), -array)


@pytest.mark.parametrize("text", [b"1 2\n3 4\n", b"1\n2\n3\n"])
def test_text_to_npy_in_a_file_and_in_a_pipe(
    text: bytes, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in").write_bytes(text)
    run(tmp_path / "out", "npy", tmp_path / "in")
    run(None, "npy", tmp_path / "in")
    assert (tmp_path / "out").read_bytes() == capsysbinary.readouterr().out
    assert np.array_equal(np.load(tmp_path / "out"), np.loadtxt(tmp_path / "in"))


def test_fortran_order_is_the_same_array_everywhere(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    np.save(tmp_path / "in.npy", array)
    run(tmp_path / "plain", "plain", tmp_path / "in.npy")
    run(tmp_path / "any.npy", "npy", tmp_path / "in.npy", any_order=True)
    run(tmp_path / "c.npy", "npy", tmp_path / "in.npy")
    assert np.array_equal(np.loadtxt(tmp_path / "plain"), array)
    assert np.array_equal(np.load(tmp_path / "any.npy"), array)
    assert np.array_equal(np.load(tmp_path / "c.npy"), array)


def test_a_grid_of_many_blocks(tmp_path: Path) -> None:
    with (
        open_numbers([], (-1, 1, 2 * BLOCK + 3), None) as source,
        open_output(str(tmp_path / "out"), "npy", source, "float16") as writer,
    ):
        for block in source.blocks():
            writer.write(block, np.zeros_like(block.values))
    result = np.load(tmp_path / "out")
    assert (result.shape, result.dtype) == ((2 * BLOCK + 3,), np.float16)


def test_json_and_table_are_not_streamed(stdin: Fill) -> None:
    stdin(b"1")
    with pytest.raises(ValueError, match="json is not written block by block"):
        run(None, "json", None)


@pytest.mark.parametrize(
    ("data", "x"),
    [
        (b"", []),
        (b"1\n2\n3\n", [1, 2, 3]),
        (b"1 2 3", [1, 2, 3]),
        (b"1 2\n\n3 4\n", [[1, 2], [3, 4]]),
        (b"1 2\n\n3\n", [[1, 2], [3]]),
        (npy(np.arange(6).reshape(1, 2, 3)), [[[0, 1, 2], [3, 4, 5]]]),
        (npy(np.asfortranarray(np.arange(6).reshape(2, 3))), [[0, 1, 2], [3, 4, 5]]),
        (npy(np.array(5)), [5]),
        (npy(np.empty((2, 0))), [[], []]),
        (b"5 " * 300_000 + b"\n6\n" + b"7 " * 300_000, [[5] * 300_000, [6], [7] * 300_000]),
    ],
)
def test_collected_elementwise(data: bytes, x: Any, stdin: Fill) -> None:
    stdin(data)
    found_x, found_y = collected()
    assert found_x == x
    assert found_y == jsonable([-np.array(row) for row in x] if isinstance(x, list) else x)


@pytest.mark.parametrize(
    ("data", "x", "y"),
    [
        (b"", [], []),
        (b"1 2\n", [[1, 2]], [[[1, 2], [2, 4]]]),
        (b"1 2\n\n3 1\n", [[1, 2], [3, 1]], [[[1, 2], [2, 4]], [[9, 3], [3, 1]]]),
        (b"1 2\n3\n", [[1, 2], [3]], [[[1, 2], [2, 4]], [[9]]]),
        (npy(np.array([1, 2])), [1, 2], [[1, 2], [2, 4]]),
        (npy(np.array([[[1, 2]]])), [[[1, 2]]], [[[[1, 2], [2, 4]]]]),
        (npy(np.array(3)), [3], [[9]]),
        (npy(np.empty((0, 2))), [], []),
        (npy(np.empty((2, 0))), [[], []], [[], []]),
    ],
)
def test_collected_rowwise(data: bytes, x: Any, y: Any, stdin: Fill) -> None:
    stdin(data)
    assert collected(outer, rowwise=True) == (x, y)
    stdin(data)
    assert collected(np.negative, rowwise=True)[0] == x
