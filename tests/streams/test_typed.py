"""Numbers of a type, from two streams side by side."""

import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from actcli.core.numerics.formats import round_to
from actcli.streams.files import StreamError
from actcli.streams.typed import open_typed, pairs


def read(path: Path, dtype: str) -> list[float]:
    with open_typed(str(path), dtype, partial(round_to, dtype=dtype)) as typed:
        return np.concatenate([*typed.blocks(), np.empty(0)]).tolist()


VALUES = np.array([0.0, -1.5, 65280.0, 2.0**-14, -np.inf])


@pytest.mark.parametrize(
    ("dtype", "array"),
    [
        ("float16", VALUES.astype(np.float16)),
        ("float16", VALUES.astype(np.float16).view(np.uint16)),
        ("float16", VALUES.astype(np.float16).view("V2")),
        ("float16", VALUES.astype(np.float16).astype(">f2")),
        ("float16", VALUES.astype(np.float16).view(np.uint16).astype(">u2")),
        ("float16", VALUES.astype(np.float32)),
        ("bfloat16", (VALUES.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)),
        ("bfloat16", (VALUES.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view("V2")),
        ("bfloat16", VALUES.astype(np.float32)),
        ("bfloat16", VALUES),
        ("float32", VALUES.astype(np.float32)),
        ("float32", VALUES.astype(np.float16)),
        ("float64", VALUES),
    ],
)
def test_arrays_come_as_the_type_as_bits_or_as_a_wider_type(tmp_path: Path, dtype: str, array: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", array)
    assert read(tmp_path / "x.npy", dtype) == VALUES.tolist()


@pytest.mark.parametrize(
    ("dtype", "values", "message"),
    [
        ("bfloat16", np.array([1.0, 1.001, 7.0], np.float32), "number 2, 1.00100.*, is not a bfloat16; .* is 1.0"),
        ("float16", np.array([1.0, 2.0, 70000.0], np.float32), "number 3, 70000.0, is not a float16; .* inf"),
        ("float32", np.array([0.1]), "number 1, 0.1, is not a float32"),
        ("bfloat16", np.array([0.1]), "number 1, 0.1, is not a bfloat16"),
    ],
)
def test_the_first_that_is_not_of_the_type_is_named(
    tmp_path: Path, dtype: str, values: np.ndarray, message: str
) -> None:
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(StreamError, match=f"x.npy: {message}"):
        read(tmp_path / "x.npy", dtype)


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        ("float32", "0.1 -3.14159274 1.17549435e-38 nan inf 0"),
        ("bfloat16", "0.1 3.14 1e-3 -0.0010"),
        ("float16", "0.333"),
    ],
)
def test_a_decimal_is_the_number_that_it_is_a_rounding_of(tmp_path: Path, dtype: str, text: str) -> None:
    (tmp_path / "x.txt").write_text(text)
    truth = round_to(np.array([float(word) for word in text.split()]), dtype)
    assert np.array_equal(read(tmp_path / "x.txt", dtype), truth, equal_nan=True)


@pytest.mark.parametrize(
    ("dtype", "text"), [("bfloat16", "1 1.001"), ("float16", "1 0.33333"), ("float32", "1 1.00000001")]
)
def test_a_decimal_of_nothing_near_is_refused(tmp_path: Path, dtype: str, text: str) -> None:
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(StreamError, match=f"number 2, .* is not a {dtype}"):
        read(tmp_path / "x.txt", dtype)


@pytest.mark.parametrize(("a", "b"), [(10, 9), (700_000, 600_001), (0, 3)])
def test_streams_of_different_lengths_are_refused_with_both_counts(tmp_path: Path, a: int, b: int) -> None:
    np.save(tmp_path / "a.npy", np.zeros(a))
    (tmp_path / "b.txt").write_text("0\n" * b)
    rounded = partial(round_to, dtype="float32")
    with (
        open_typed(str(tmp_path / "a.npy"), "float32", rounded) as first,
        open_typed(str(tmp_path / "b.txt"), "float32", rounded) as second,
        pytest.raises(StreamError, match=f"a.npy has {a:,} numbers and .*b.txt {b:,}"),
    ):
        list(pairs(first, second))


def test_blocks_of_different_sizes_are_put_side_by_side(tmp_path: Path) -> None:
    numbers = np.arange(700_000.0)
    np.save(tmp_path / "a.npy", numbers)
    text = io.StringIO()
    np.savetxt(text, numbers, fmt="%d")
    (tmp_path / "b.txt").write_text(text.getvalue())
    rounded = partial(round_to, dtype="float64")
    with (
        open_typed(str(tmp_path / "a.npy"), "float64", rounded) as first,
        open_typed(str(tmp_path / "b.txt"), "float64", rounded) as second,
    ):
        for x, y in pairs(first, second):
            assert np.array_equal(x, y)
