"""Numbers of a floating-point type, read from two streams in parallel."""

import io
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from actcli.commands.numbers import bits_of
from actcli.core.numerics.formats import round_to
from actcli.streams.files import StreamError
from actcli.streams.options import TableOptions
from actcli.streams.typed import open_typed, pairs


def read(path: Path, dtype: str) -> list[float]:
    with open_typed(str(path), bits_of(dtype), partial(round_to, dtype=dtype)) as typed:
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
        ("float8_e5m2", np.array([0x00, 0xBE, 0x7B, 0x04, 0xFC], np.uint8)),
        ("float8_e5m2", np.array([0x00, 0xBE, 0x7B, 0x04, 0xFC], np.uint8).view("V1")),
    ],
)
def test_arrays_come_as_the_type_as_bits_or_as_a_wider_type(tmp_path: Path, dtype: str, array: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", array)
    expected = [*VALUES[:2].tolist(), 57344.0, *VALUES[3:].tolist()] if dtype == "float8_e5m2" else VALUES.tolist()
    assert read(tmp_path / "x.npy", dtype) == expected


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
        open_typed(str(tmp_path / "a.npy"), bits_of("float32"), rounded) as first,
        open_typed(str(tmp_path / "b.txt"), bits_of("float32"), rounded) as second,
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
        open_typed(str(tmp_path / "a.npy"), bits_of("float64"), rounded) as first,
        open_typed(str(tmp_path / "b.txt"), bits_of("float64"), rounded) as second,
    ):
        for x, y in pairs(first, second):
            assert np.array_equal(x, y)


@pytest.mark.parametrize(
    ("dtype", "data"),
    [
        ("float64", VALUES.astype("<f8")),
        ("float32", VALUES.astype("<f4")),
        ("float16", VALUES.astype("<f2")),
        ("bfloat16", (VALUES.astype(np.float32).view(np.uint32) >> 16).astype("<u2")),
    ],
)
def test_raw_files_and_bit_patterns_are_the_same_numbers(tmp_path: Path, dtype: str, data: np.ndarray) -> None:
    data.tofile(tmp_path / "x.bin")
    assert read(tmp_path / "x.bin", dtype) == VALUES.tolist()
    digits = 2 * data.dtype.itemsize
    unsigned = data.view(f"<u{data.dtype.itemsize}").tolist()
    (tmp_path / "x.txt").write_text("\n".join(f"0x{one:0{digits}X}" for one in unsigned))
    assert read(tmp_path / "x.txt", dtype) == VALUES.tolist()
    (tmp_path / "x.csv").write_text("x,name\n" + "".join(f"0x{one:0{digits}x},a\n" for one in unsigned))
    with open_typed(
        str(tmp_path / "x.csv"), bits_of(dtype), partial(round_to, dtype=dtype), TableOptions(("x",))
    ) as typed:
        assert np.concatenate([*typed.blocks()]).tolist() == VALUES.tolist()


def test_hexadecimal_floats_are_those_of_c(tmp_path: Path) -> None:
    numbers = [0.1875, -3.0, 2.0**-149, float(np.float32(0.1)), math.inf]
    text = f"0x1.8p-3 -0X1.8P1 {(2.0**-149).hex()} {float(np.float32(0.1)).hex()} 0x1p9999"
    (tmp_path / "x.txt").write_text(text)
    assert read(tmp_path / "x.txt", "float32") == numbers


@pytest.mark.parametrize("token", ["0xbf8", "0xbf800", "-0xbf80", "0x"])
def test_what_is_neither_is_refused_with_the_line_and_a_way_out(tmp_path: Path, token: str) -> None:
    (tmp_path / "x.txt").write_text(f"0x3f80\n{token}\n")
    with pytest.raises(StreamError, match=f"x.txt, line 2: not a number: '{token}'") as refused:
        read(tmp_path / "x.txt", "bfloat16")
    way_out = f"; the bits of a bfloat16 are 0x and 4 digits; {token}p0 is a hexadecimal float"
    assert str(refused.value).endswith(way_out) == (token != "0x")
    if token != "0x":
        assert float.fromhex(f"{token}p0")


def test_a_raw_file_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(7))
    with pytest.raises(StreamError, match=r"x\.bin: 7 bytes are no whole number of float16, of 2 bytes each"):
        read(tmp_path / "x.bin", "float16")
    assert len(read(tmp_path / "x.bin", "float8_e5m2")) == 7
