"""Training data read from CSV, text and .npy files, and every error with its position."""

import csv
import errno
import gzip
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.streams import examples
from actcli.streams.cells import is_missing_class
from actcli.streams.encoding import CHUNK
from actcli.streams.examples import read_examples
from actcli.streams.files import StreamError

Fill = Callable[[bytes], None]
Read = Callable[[str, bytes], tuple[list[list[float]], list[float] | list[str]]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.chdir(tmp_path)

    def read_file(name: str, data: bytes) -> tuple[list[list[float]], list[float] | list[str]]:
        Path(name).write_bytes(data)
        found = read_examples(name)
        assert found.features.dtype == np.float64
        return found.features.tolist(), list(found.labels)

    return read_file


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "features", "labels"),
    [
        (b"1,2,0\n3,4,1\n", [[1, 2], [3, 4]], [0, 1]),
        (b"1,2,0\r\n\r\n3,4,1", [[1, 2], [3, 4]], [0, 1]),
        (b"a,b,y\n1,2,0.5\n", [[1, 2]], [0.5]),
        (b"\xef\xbb\xbfa,y\n1,2\n", [[1]], [2]),
        (b"\xef\xbb\xbf1,2\n", [[1]], [2]),
        (b"\n,a,b,y\n0,1,2,3\n", [[0, 1, 2]], [3]),  # as pandas writes a table with its index
        (b"# made by hand\n1;2;0\n3;4;1\n", [[1, 2], [3, 4]], [0, 1]),
        (b"a\tb\tkind\n1\t2\tx, y\n", [[1, 2]], ["x, y"]),
        (b"a,kind\r1,x\r2,y\r", [[1], [2]], ["x", "y"]),
        (b'a,"the\nkind"\n1,"x\ny"\n', [[1]], ["x\ny"]),
        ("\ufeffa,kind\n1,x\n".encode("utf-16"), [[1]], ["x"]),
        (gzip.compress(b"a,kind\n1,x\n", mtime=0), [[1]], ["x"]),
        (b"a,kind\n1,-\n2,+\n3,None\n", [[1], [2], [3]], ["-", "+", "None"]),
        (b"5.1,3.5,setosa\n4.9,3,virginica\n", [[5.1, 3.5], [4.9, 3]], ["setosa", "virginica"]),
        (b"length,width,kind\n5.1,3.5, setosa \n", [[5.1, 3.5]], ["setosa"]),
        (b'"length, cm",kind\n"5.1","a, ""b"""\n', [[5.1]], ['a, "b"']),
        (b"a,b,kind\n3.\x1f,2,x\n1,\x1f4,y\n", [[3, 2], [1, 4]], ["x", "y"]),
        (b"1,a\n2,b\n3,7\n", [[1], [2], [3]], ["a", "b", "7"]),
        ("größe,art\n1,Käse\n".encode(), [[1]], ["Käse"]),
        (b"1,2\n,\n , \n3,4\n,", [[1], [3]], [2, 4]),  # as spreadsheets end a table
    ],
)
def test_csv(text: bytes, features: list[list[float]], labels: list[float] | list[str], read: Read) -> None:
    assert read("points.csv", text) == (features, labels)


@pytest.mark.parametrize(
    ("text", "features", "labels"),
    [
        (b"1 2 0\n3\t4  1\n", [[1, 2], [3, 4]], [0, 1]),
        (b"\n1, 2, 0\n\n,\n3,4,1", [[1, 2], [3, 4]], [0, 1]),
        (b"x y\n1 2\n", [[1]], [2]),
        (b"\xef\xbb\xbf1 2\n", [[1]], [2]),
        (b"1 2 up\n3 4 down\n", [[1, 2], [3, 4]], ["up", "down"]),
    ],
)
def test_text(
    text: bytes, features: list[list[float]], labels: list[float] | list[str], read: Read, stdin: Fill
) -> None:
    assert read("points", text) == (features, labels)
    stdin(text)
    piped = read_examples("-")
    assert (piped.features.tolist(), list(piped.labels)) == (features, labels)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "i2", "bool"])
def test_npy(dtype: str, order: Any, read: Read, stdin: Fill) -> None:
    points = np.array(np.arange(12).reshape(4, 3) % 2, dtype=dtype, order=order)
    expected = points[:, :2].tolist(), points[:, 2].tolist()
    assert read("points.npy", npy(points)) == expected
    assert read("without-suffix", npy(points)) == expected
    stdin(npy(points))
    piped = read_examples("-")
    assert (piped.features.tolist(), list(piped.labels)) == expected


def is_class_name(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip() == text != "" and text.isprintable() and not is_missing_class(text)
    return False


finite = st.floats(allow_nan=False, allow_infinity=False)
printable = st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" ")
class_names = st.text(printable, min_size=1).filter(is_class_name)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[finite] * n, class_names), min_size=1)))
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, points: Any) -> None:
    path = tmp_path_factory.mktemp("examples") / "points.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["x"] * (len(points[0]) - 1) + ["the kind"], *points])
    found = read_examples(str(path))
    assert found.features.tolist() == [list(point[:-1]) for point in points]
    assert found.labels == [point[-1] for point in points]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", b"", "p.csv: no points"),
        ("p.csv", b"\n\n", "p.csv: no points"),
        ("p.csv", b"a,b,y\n", "p.csv: a header and no points"),
        ("p.csv", b"a,y\n1,2\n3\n", "p.csv, line 3: 1 field, expected 2"),
        ("p.csv", b"1,2\n\n3,4,5\n", "p.csv, line 3: 3 fields, expected 2"),
        ("p.csv", b"a,y\n1,2,3\n", "p.csv, line 2: 3 fields, expected 2; `tail -n +2 p.csv` leaves line 1 out"),
        (
            "p.csv",
            b"\n7.4\n",
            "p.csv, line 2: 1 field; a point needs features and a target, with commas between",
        ),
        ("p.csv", b"1,2,3\n4,,6\n", "p.csv, line 2: 1 of 2 rows has missing values; --skip-missing leaves them out"),
        ("p.csv", b"1,,3\n", "p.csv, line 1: the only row has missing values; --drop 2 leaves rows to learn from"),
        ("p.csv", b"a,y\n1,2\n3,\n", "p.csv, line 3: 1 of 2 rows has missing values; --skip-missing leaves them out"),
        ("p.csv", b"1,up\n3, \n", "p.csv, line 2: 1 of 2 rows has missing values; --skip-missing leaves them out"),
        ("p.csv", b"1,2\n1,abc\n", "p.csv, line 2: not a number: 'abc' in column 2"),
        (
            "p.csv",
            b"5.x1,3,setosa\n5,3,setosa\n",
            "p.csv, line 1: not a number: '5.x1' in column 1; --drop 1 leaves it out",
        ),
        (
            "p.csv",
            b"x,1\n2,3\n",
            "p.csv, line 1: not a number: 'x' in column 1; --target-column x takes line 1 for names",
        ),
        (
            "p.csv",
            b"5,6,y\n1,2,3\n3,4,1\n",
            "p.csv, line 1: not a number, as below: 'y' in column 3; --target-column y takes the line for names",
        ),
        (
            "p.csv",
            b"x,y,k,t\n1,a,b,2\n3,c,d,1\n",
            "p.csv, line 2: not a number: 'a' in column y, and words in y, k; --drop y --drop k leaves them out",
        ),
        (
            "p.csv",  # --target-column x is not suggested: the second cell of x is a number
            b"x,y,t\nm,s,kg\n1,2,3\n2,3,4\n",
            "p.csv, line 2: not a number: 'm' in column x, and words in x, y; `sed 2d p.csv` leaves line 2 out",
        ),
        (
            "p.csv",
            b"x,y,t\na,1,2\na,3,4\nb,5,6\nb,6,7\n",
            "p.csv, line 2: not a number: 'a' in column x; --drop x leaves it out, --target-column x learns it",
        ),
        ("p.csv", b"1,2\n1_0,3\n", "p.csv, line 2: not a number: '1_0' in column 1"),
        ("p.csv", b"1,2\nnan,3\n", "p.csv, line 2: 1 of 2 rows has missing values; --skip-missing leaves them out"),
        ("p.csv", b"1,2\n3,1e400\n", "p.csv, line 2: not finite: '1e400' in column 2"),
        ("p.csv", b"-inf,up\n", "p.csv, line 1: not finite: '-inf' in column 1"),
        (
            "p.csv",
            b"1,2\n\xff,3\n",
            "p.csv, line 2: not text: byte 0xff is no UTF-8; if it is Latin-1, "
            "`iconv -f LATIN1 -t UTF-8 p.csv` converts it",
        ),
        ("p.csv", b'1,2\n"3,4\n', "p.csv, line 2: a quote is not closed"),
        ("p.txt", b"1 2\n3 4\n5 x\n", "p.txt, line 3: not a number: 'x' in column 2"),
        (
            "p.txt",
            b"1 2\n3 \xff\n",
            "p.txt, line 2: not text: byte 0xff is no UTF-8; if it is Latin-1, "
            "`iconv -f LATIN1 -t UTF-8 p.txt` converts it",
        ),
        ("p.txt", b"1\n2\n", "p.txt, line 1: 1 field; a point needs features and a target, with commas between"),
        ("p.npy", b"1 2\n", "p.npy: not a .npy file"),
        ("p.npy", npy(np.ones(3)), "p.npy: an array of shape (3,); points are the rows of one with two axes"),
        ("p.npy", npy(np.float64(3)), "p.npy: an array of shape (); points are the rows of one with two axes"),
        ("p.npy", npy(np.ones((0, 3))), "p.npy: no points"),
        (
            "p.npy",
            npy(np.ones((3, 1))),
            "p.npy: an array of shape (3, 1); a row needs features and, behind them, its target",
        ),
        (
            "p.npy",
            npy([[1.0, 2], [3, np.nan]]),
            "p.npy: element [1, 1] is not finite: nan; --skip-missing leaves such rows out",
        ),
        ("p.npy", npy([["1", "a"]]), "p.npy: holds values of type <U1; only real numbers can be read"),
        ("p.npy", npy(np.ones((3, 2)))[:-8], "p.npy: truncated: of 6 values it has 5"),
    ],
)
def test_mistakes_are_named_with_their_place(name: str, text: bytes, message: str, read: Read) -> None:
    with pytest.raises(StreamError) as caught:
        read(name, text)
    assert str(caught.value) == message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"missing\.csv: No such file or directory"):
        read_examples(str(tmp_path / "missing.csv"))
    with pytest.raises(StreamError, match="Is a directory"):
        read_examples(str(tmp_path))


class Failing(io.BytesIO):
    """A file that fails with an I/O error after this many bytes."""

    def __init__(self, data: bytes, good: int) -> None:
        super().__init__(data)
        self.good = good

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= self.good:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(self.good if size is None or size < 0 else min(size, self.good - self.tell()))

    read1 = read


@pytest.mark.parametrize("good", [8, 20])
@pytest.mark.parametrize("name", ["points.csv", "points.npy"])
def test_a_medium_that_breaks_is_named(name: str, good: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failure in the header of the array, and after it."""
    data = npy(np.ones((4, 2))) if name.endswith("npy") else b"1,2\n" * 8

    @contextmanager
    def opened(path: str) -> Iterator[tuple[io.BufferedIOBase, str]]:
        yield Failing(data, good), path

    monkeypatch.setattr("actcli.streams.examples.opened", opened)
    with pytest.raises(StreamError, match=rf"{name}: Input/output error"):
        read_examples(name)


def test_the_line_is_right_far_from_the_start(read: Read) -> None:
    data = b"\na,b\n" + b"1.5,2.5\n\n" * 90_000 + b"1,oops\n"
    assert len(data) > 3 * CHUNK
    with pytest.raises(StreamError, match="line 180003: not a number: 'oops'"):
        read("points.csv", data)


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("p.csv", b"1,2\n" * 7, "p.csv, line 7: "),
        ("p.npy", npy(np.ones((7, 2))), "p.npy: "),
        ("p.csv", b"1,%s\n1,b\n" % (b"a" * 90), "p.csv, line 1: "),  # names count too
    ],
)
def test_memory_is_bounded(name: str, data: bytes, place: str, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MOST_MEMORY", 6 * 2 * 8)
    with pytest.raises(StreamError) as caught:
        read(name, data)
    assert str(caught.value) == f"{place}more than 1 GiB of numbers; train on a part of them"
    if name == "p.csv" and data.startswith(b"1,2"):
        assert len(read(name, b"1,2\n" * 6)[0]) == 6


def test_a_class_has_one_name_in_memory(read: Read) -> None:
    _, labels = read("p.csv", b"1,setosa\n2,virginica\n3,setosa\n")
    assert labels[0] is labels[2]
