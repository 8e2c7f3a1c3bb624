"""Sources of numbers, their formats, and rows from lines."""

import io
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.streams.blocks import Block, whole_rows
from actcli.streams.files import StreamError
from actcli.streams.reading import open_numbers
from tests.streams.helpers import lines_of

Fill = Callable[[bytes], None]


def read(*arguments: str, grid: Any = None, path: str | None = None, **options: Any) -> list[list[float]]:
    with open_numbers(arguments, grid, path, **options) as source:
        return lines_of(source.blocks())


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_each_place(tmp_path: Path, stdin: Fill) -> None:
    stdin(b"7 8")
    (tmp_path / "x.txt").write_text("3 4")
    assert read("1", "2") == [[1], [2]]
    assert read(grid=(0, 1, 2)) == [[0], [1]]
    assert read(path=str(tmp_path / "x.txt")) == [[3, 4]]
    assert read() == [[7, 8]]
    stdin(b"9")
    assert read(path="-") == [[9]]


@pytest.mark.parametrize(
    ("name", "data", "lines"),
    [
        ("x.csv", b"a\n1\n", [[1]]),
        ("X.CSV", b"a\n1\n", [[1]]),
        ("x.npy", npy([1.0, 2.0]), [[1], [2]]),
        ("x", b"1 2\n", [[1, 2]]),
        ("x.dat", npy([1.0, 2.0]), [[1], [2]]),
        ("x.txt", b"", []),
    ],
)
def test_the_format_is_recognised(name: str, data: bytes, lines: list[list[float]], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert read(path=str(tmp_path / name)) == lines


@pytest.mark.parametrize(
    ("data", "lines"), [(npy([1.5]), [[1.5]]), (b"1", [[1]]), (b"", []), (b"\n\n2", [[], [], [2]])]
)
def test_stdin_is_recognised_by_its_first_bytes(data: bytes, lines: list[list[float]], stdin: Fill) -> None:
    stdin(data)
    assert read() == lines


@pytest.mark.parametrize("data", [b"\x93", b"\x93NUMP", b"\x93NUMPZ 1"])
def test_almost_the_magic(data: bytes, stdin: Fill) -> None:
    stdin(data)
    with pytest.raises(StreamError, match="stdin, line 1: not text: byte 0x93"):
        read()


def test_no_numbers_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(b"5")))
    with pytest.raises(StreamError, match="no numbers: give X, --grid START STOP NUM or --input FILE"):
        read()
    assert read(path="-") == [[5]]  # stdin is a terminal: the user types
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(StreamError, match="no numbers"):
        read()
    with pytest.raises(StreamError, match="stdin is closed"):
        read(path="-")


@pytest.mark.parametrize(
    ("arguments", "grid", "path", "message"),
    [
        (["1"], (0, 1, 2), None, "X arguments and --grid exclude"),
        (["1"], None, "f", "X arguments and --input exclude"),
        ([], (0, 1, 2), "-", "--grid and --input exclude"),
    ],
)
def test_one_place_only(arguments: list[str], grid: Any, path: str | None, message: str) -> None:
    with pytest.raises(StreamError, match=message):
        read(*arguments, grid=grid, path=path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{}/missing", "{}/missing: No such file or directory"),
        ("{}", "{}: Is a directory"),
        ("", "'': No such file or directory"),
        ("{}/text.npy", "{}/text.npy: not a .npy file"),
        ("{}/empty.npy", "{}/empty.npy: not a .npy file"),
        ("{}/two.npz", "{}/two.npz: an archive of several arrays: save one of them as .npy"),
        ("/proc/self/mem", "/proc/self/mem: Input/output error"),
    ],
)
def test_files_that_cannot_be_read(path: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("1 2 3 4 5 6 7 8")
    (tmp_path / "empty.npy").touch()
    np.savez(tmp_path / "two.npz", np.zeros(1), np.zeros(1))
    with pytest.raises(StreamError) as caught:
        read(path=path.format(tmp_path))
    assert str(caught.value) == message.format(tmp_path)


def test_a_file_whose_reading_fails_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, os.strerror(5))

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Failing(b"1")))
    with pytest.raises(StreamError, match="stdin: Input/output error"):
        read()


def test_every_place_converts(tmp_path: Path, stdin: Fill) -> None:
    stdin(b"2")
    (tmp_path / "x.npy").write_bytes(npy([2.0]))
    for options in ({"path": "-"}, {"path": str(tmp_path / "x.npy")}, {"grid": (2, 2, 1)}):
        assert read(**options, convert=np.negative) == [[-2]]
    assert read("2", convert=np.negative) == [[-2]]


def test_bfloat16_only_when_told(stdin: Fill) -> None:
    stdin(npy(np.array([0x3F80], dtype=np.uint16)))
    assert read(uint16_is_bfloat16=True) == [[1]]
    stdin(npy(np.array([0x3F80], dtype=np.uint16)))
    assert read() == [[0x3F80]]


def rows_of(data: bytes, stdin: Fill) -> list[list[list[float]]]:
    stdin(data)
    with open_numbers([], None, None, rowwise=True) as source:
        return [block.values.tolist() for block in source.blocks()]


def test_rows(tmp_path: Path, stdin: Fill) -> None:
    assert rows_of(b"1 2\n3 4\n\n5\n6 7\n", stdin) == [[[1, 2], [3, 4]], [[5]], [[6, 7]]]
    assert rows_of(b"", stdin) == []
    assert rows_of(b"\n\n", stdin) == []
    assert rows_of(npy(np.arange(8).reshape(2, 2, 2)), stdin) == [[[0, 1], [2, 3], [4, 5], [6, 7]]]
    assert rows_of(npy(np.arange(2)), stdin) == [[[0, 1]]]
    assert rows_of(npy(np.array(5)), stdin) == [[[5]]]
    assert read("1", "2", rowwise=True) == [[1, 2]]
    assert read(grid=(0, 2, 3), rowwise=True) == [[0, 1, 2]]
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,4\n")
    assert read(path=str(tmp_path / "x.csv"), rowwise=True) == [[1, 2], [3, 4]]


def test_a_row_longer_than_a_block(stdin: Fill) -> None:
    data = b"1\n" + b"2 " * 500_000 + b"\n3\n" + b"4 " * 400_000
    lengths = [[len(row) for row in block] for block in rows_of(data, stdin)]
    assert lengths == [[1], [500_000], [1], [400_000]]


@given(
    lines=st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=12),
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_rows_do_not_depend_on_the_blocks(lines: list[list[int]], cuts: list[int]) -> None:
    """Blocks may end between any two numbers of a line."""
    marks = [(value, end) for line in lines for value, end in [*((v, False) for v in line), (-1, True)]]
    bounds = [0, *sorted(min(cut, len(marks)) for cut in cuts), len(marks)]
    blocks = []
    for first, last in pairwise(bounds):
        part = marks[first:last]
        lengths, length = [], 0
        for _, end in part:
            length = length if end else length + 1
            if end:
                lengths.append(length)
                length = 0
        lengths += [length] if length else []
        if lengths:
            values = np.array([value for value, end in part if not end], dtype=np.float64)
            blocks.append(Block(values, np.array(lengths), open=bool(length)))
    found = [row for block in whole_rows(blocks) for row in block.values.tolist()]
    assert found == [line for line in lines if line]
