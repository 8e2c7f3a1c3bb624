"""Choice of the output format."""

import pytest

from actcli.streams.files import StreamError
from actcli.streams.formats import OUTPUT_FORMATS, resolve_format
from tests.each import each


@each(
    ("requested", "path", "tty", "expected"),
    [
        ("auto", None, True, "table"),
        ("auto", None, False, "plain"),
        ("auto", "-", True, "table"),
        ("auto", "out.npy", True, "npy"),
        ("auto", "dir.npy/OUT.CSV", True, "csv"),
        ("auto", "out.json", False, "json"),
        ("auto", "out.txt", True, "plain"),
        ("auto", "out.tsv", True, "tsv"),
        ("auto", "out.TAB", False, "tsv"),
        ("auto", "v1.0", False, "plain"),
        ("auto", "out.dat", False, "plain"),
        ("csv", "out.gz", False, "csv"),
        ("auto", "out", True, "plain"),
        ("auto", ".npy", True, "plain"),
        ("table", None, False, "table"),
        ("plain", None, True, "plain"),
        ("plain", "out.npy", True, "plain"),
        ("json", "-", True, "json"),
        ("npy", None, False, "npy"),
        ("npy", "out", True, "npy"),
    ],
)
def test_resolved(requested: str, path: str | None, tty: bool, expected: str) -> None:
    assert resolve_format(requested, path, tty) == expected


@pytest.mark.parametrize(
    ("requested", "path", "message"),
    [
        ("npy", None, "npy is not for a terminal: use --output FILE or a pipe"),
        ("npy", "-", "npy is not for a terminal: use --output FILE or a pipe"),
        ("table", "out.txt", "a table is for the terminal: for a file choose plain, csv, tsv, json or npy"),
        ("auto", "y.npz", "y.npz: .npz is not written; y.npy is"),
        ("auto", "y.csv.gz", "y.csv.gz: .gz is not written; y.csv is, and can be packed"),
        ("auto", "y.gz", "y.gz: .gz is not written; y.txt is, and can be packed"),
        ("auto", "dir.x/y.PARQUET", "dir.x/y.PARQUET: .parquet is not written; dir.x/y.csv is"),
        ("auto", "y.xlsx", "y.xlsx: .xlsx is not written; y.csv is"),
        ("auto", "y.svg", "y.svg: .svg is for pictures, such as plot --save writes; numbers go to y.csv"),
        ("xml", None, f"unknown format 'xml': one of auto, {', '.join(OUTPUT_FORMATS)}"),
    ],
)
def test_refused(requested: str, path: str | None, message: str) -> None:
    with pytest.raises(StreamError) as caught:
        resolve_format(requested, path, True)
    assert str(caught.value) == message
