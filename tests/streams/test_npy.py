"""The .npy format against np.save and np.load."""

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from actcli.commands.numbers import bits_of
from actcli.streams.blocks import BLOCK, JACOBIAN_BLOCK, Source
from actcli.streams.files import StreamError
from actcli.streams.npy import MAGIC, NpyWriter, read_npy, write_npz
from tests.examples import at_most
from tests.streams.helpers import lines_of, rows, same_bits, text_of


def saved(array: NDArray[Any], version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version=version, allow_pickle=True)
    return file.getvalue()


@contextmanager
def source_of(data: bytes, **options: Any) -> Iterator[Source]:
    stream = io.BytesIO(data)
    assert stream.read(6) == MAGIC
    all_options = {"rowwise": False, "any_order": False, "uint16_is_bfloat16": False, **options}
    yield read_npy(stream, "x.npy", **all_options)


def values_of(data: bytes, **options: Any) -> NDArray[np.float64]:
    with source_of(data, **options) as source:
        parts = [block.values for block in source.blocks()]
        assert source.shape is not None
        flat = np.concatenate([part.ravel() for part in parts]) if parts else np.empty(0)
        return flat.reshape(source.shape, order="F" if source.fortran_order else "C")


REAL_TYPES = [
    *("?", "i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", "<u8", ">u8"),
    *("<f2", ">f2", "<f4", ">f4", "<f8", ">f8", np.dtype(np.longdouble).str),
]


@pytest.mark.parametrize("dtype", REAL_TYPES)
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_real_type(dtype: str, version: tuple[int, int]) -> None:
    array = np.array([[0, 1, 2], [100, 3, 1]]).astype(dtype)
    assert np.array_equal(values_of(saved(array, version)), array.astype(np.float64))


def test_extremes() -> None:
    for dtype in (np.int64, np.uint64, np.int8, np.uint16):
        limits = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype=dtype)
        assert values_of(saved(limits)).tolist() == [float(int(value)) for value in limits]
    for float_type in (np.float16, np.float32, np.float64):
        info = np.finfo(float_type)
        special = np.array([info.max, info.smallest_subnormal, -0.0, np.inf, -np.inf, np.nan], dtype=float_type)
        assert same_bits(values_of(saved(special)), special.astype(np.float64))


def test_longdoubles_beyond_float64_overflow_silently() -> None:
    array = np.array([1.5, np.finfo(np.longdouble).max, np.finfo(np.longdouble).tiny], dtype=np.longdouble)
    assert values_of(saved(array)).tolist() == [1.5, np.inf, 0.0]


@pytest.mark.parametrize("kind", ["V2", "uint16", ">u2"])
def test_bfloat16_is_the_upper_half_of_float32(kind: str) -> None:
    truth = np.array([1.0, -2.5, 3.0e38, 2.0**-133, np.inf, -0.0], dtype=np.float32)
    bits = (truth.view(np.uint32) >> 16).astype(np.uint16)
    data = saved(bits.view("V2") if kind == "V2" else bits.astype(kind))
    assert np.array_equal(truth.view(np.uint32) & 0xFFFF == 0, np.arange(6) != 2)
    expected = (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    assert same_bits(values_of(data, uint16_is_bfloat16=True), expected)
    plain = values_of(data)
    assert same_bits(plain, expected if kind == "V2" else bits.astype(np.float64))


@pytest.mark.parametrize("kind", ["V2", "<u2", ">u2"])
def test_the_bits_of_float16_in_either_byte_order(kind: str) -> None:
    truth = np.array([1.0, -2.5, 65504.0, 2.0**-24, np.inf, -0.0], dtype="<f2")
    data = saved(truth.view("V2") if kind == "V2" else truth.view("<u2").astype(kind))
    assert same_bits(values_of(data, bits=bits_of("float16")), truth.astype(np.float64))


def test_the_raw_type_as_ml_dtypes_writes_it() -> None:
    data = saved(np.array([0x3F80, 0xC000], dtype="<u2")).replace(b"'<u2'", b"'<V2'")
    assert values_of(data).tolist() == [1.0, -2.0]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (3, 0), (0, 3), (2, 3), (2, 3, 4), (1, 1, 1), (4, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rowwise", [False, True])
@pytest.mark.parametrize("any_order", [False, True])
def test_every_shape_and_order(shape: tuple[int, ...], order: Any, rowwise: bool, any_order: bool) -> None:
    array = np.arange(float(np.prod(shape))).reshape(shape).copy(order=order)
    assert np.array_equal(values_of(saved(array), rowwise=rowwise, any_order=any_order), array)


def test_rows_of_a_fortran_array_are_whole_even_when_any_order_would_do() -> None:
    data = saved(np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]))
    with source_of(data, rowwise=True, any_order=True) as source:
        assert lines_of(source.blocks()) == [[1, 2], [3, 4]]


def test_a_header_of_python_2_needs_no_warning() -> None:
    assert values_of(saved(np.zeros(5)).replace(b"(5,), } ", b"(5L,), }")).tolist() == [0] * 5


def test_an_array_without_rows_still_has_one_block() -> None:
    with source_of(saved(np.empty((0, 3))), rowwise=True) as source:
        assert [block.values.shape for block in source.blocks()] == [(0, 3)]


def test_lines_are_rows_of_the_last_axis() -> None:
    with source_of(saved(np.arange(6.0).reshape(1, 2, 3))) as source:
        assert lines_of(source.blocks()) == [[0, 1, 2], [3, 4, 5]]
    with source_of(saved(np.arange(3.0))) as source:
        assert lines_of(source.blocks()) == [[0], [1], [2]]
    with source_of(saved(np.array(7.0))) as source:
        assert lines_of(source.blocks()) == [[7]]
    long = np.arange(2.0 * BLOCK + 2).reshape(2, BLOCK + 1)
    with source_of(saved(long)) as source:
        assert lines_of(source.blocks()) == long.tolist()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("length", "rowwise"), [(1, False), (7, False), (7, True), (1000, True)])
def test_blocks_are_bounded(length: int, rowwise: bool, order: Any) -> None:
    array = np.zeros((3 * BLOCK // length, length), order=order)
    with source_of(saved(array), rowwise=rowwise) as source:
        for block in source.blocks():
            assert block.values.size <= BLOCK
            if rowwise:
                assert block.values.size * length <= JACOBIAN_BLOCK


@pytest.fixture
def piped(tmp_path: Path) -> Iterator[Callable[[bytes], Any]]:
    """Function that opens the reading end of a pipe; a thread writes the given bytes into it."""
    writers, ends = [], []

    def pipe(data: bytes) -> Any:
        reading, writing = os.pipe()

        def write() -> None:
            with open(writing, "wb") as end:
                end.write(data)

        writers.append(threading.Thread(target=write))
        writers[-1].start()
        ends.append(open(reading, "rb"))  # noqa: SIM115 - closed below
        return ends[-1]

    yield pipe
    for end in ends:
        end.close()
    for writer in writers:
        writer.join()


def read_all(stream: Any) -> NDArray[np.float64]:
    source = read_npy(stream, "x", rowwise=False, any_order=False, uint16_is_bfloat16=False)
    return np.concatenate([block.values for block in source.blocks()])


@pytest.mark.parametrize("order", ["C", "F"])
def test_from_a_pipe_and_from_a_file(order: Any, piped: Callable[[bytes], Any], tmp_path: Path) -> None:
    array = np.random.default_rng(1).normal(size=(999, 321)).copy(order=order)
    path = tmp_path / "x.npy"
    np.save(path, array)
    with open(path, "rb") as file:
        for stream in (piped(path.read_bytes()), file):
            stream.read(6)
            assert np.array_equal(read_all(stream), array.ravel())


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("missing", [1, 8, 8 * 320, 8 * 321 * 998])
def test_truncated(order: Any, missing: int, piped: Callable[[bytes], Any], tmp_path: Path) -> None:
    data = saved(np.zeros((999, 321), order=order))[:-missing]
    (tmp_path / "x.npy").write_bytes(data)
    message = f"x: truncated: of {999 * 321:,} values it has {999 * 321 - -(-missing // 8)}"
    with open(tmp_path / "x.npy", "rb") as file:
        for stream in (piped(data), file):
            stream.read(6)
            with pytest.raises(StreamError) as caught:
                read_all(stream)
            assert str(caught.value) == message


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_follows_the_array_is_refused(order: Any, piped: Callable[[bytes], Any], tmp_path: Path) -> None:
    data = saved(np.zeros((2, 3), order=order))
    (tmp_path / "x.npy").write_bytes(data + data)
    with open(tmp_path / "x.npy", "rb") as file:
        for stream in (piped(data + data), file):
            stream.read(6)
            with pytest.raises(StreamError, match="x: something follows the array; each array is a file of its own"):
                read_all(stream)


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros(2, dtype=complex), "values of type complex128"),
        (np.array([{}, None]), "values of type object"),
        (np.zeros(2, dtype=[("a", "f8")]), "records"),
        (np.array(["1", "2"]), "values of type <U1"),
        (np.array([b"1"]), "values of type |S1"),
        (np.zeros(2, dtype="M8[s]"), "values of type datetime64[s]"),
        (np.zeros(2, dtype="V4"), "values of type |V4"),
    ],
)
def test_what_is_not_a_real_number_is_refused(array: NDArray[Any], what: str) -> None:
    with pytest.raises(StreamError) as caught:
        values_of(saved(array))
    assert str(caught.value) == f"x.npy: holds {what}; only real numbers can be read"


def damaged(data: bytes) -> Iterator[bytes]:
    yield data.replace(b"(5,)", b"(-5,)")
    yield data.replace(b"'<f8'", b"'<q8'")
    yield data.replace(b"'descr'", b"'dexcr'")
    yield data[:20]
    yield data[:9]
    yield data[:6]
    yield MAGIC + b"\7\0" + data[8:]
    yield MAGIC + b"\2\0" + b"\xff\xff\xff\x7f" + data[10:]
    yield MAGIC + b"\1\0" + b"\xff\xff" + b"(" * 65535


@pytest.mark.parametrize("number", range(9))
def test_damaged_headers(number: int) -> None:
    data = list(damaged(saved(np.zeros(5))))[number]
    with pytest.raises(StreamError, match=r"^x\.npy: (damaged \.npy header|not a \.npy file of version 1, 2 or 3)$"):
        values_of(data)


@at_most(200)
@given(position=st.integers(6, 127), byte=st.integers(0, 255))
def test_any_damaged_byte_is_read_or_refused(position: int, byte: int) -> None:
    data = bytearray(saved(np.arange(4.0).reshape(2, 2)))
    data[position] = byte
    with suppress(StreamError):
        values_of(bytes(data))


def written(
    source: Source, dtype: str = "float64", function: Callable[[Any], Any] = np.copy, patch: bool = True
) -> Any:
    file, spool = io.BytesIO(), io.BytesIO()
    writer = NpyWriter(file, source, dtype, file if patch or source.shape is not None else spool)
    for block in source.blocks():
        writer.write(block, function(block.values))
    writer.finish()
    assert (len(file.getvalue()) - len(np.load(io.BytesIO(file.getvalue())).tobytes())) % 64 == 0
    return np.load(io.BytesIO(file.getvalue()), allow_pickle=False)


@given(
    array=hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)),
    order=st.sampled_from("CF"),
)
def test_array_in_array_out(array: NDArray[np.float64], order: Any) -> None:
    data = saved(array.copy(order=order))
    for rowwise, any_order in ((False, True), (False, False), (True, False)):
        with source_of(data, rowwise=rowwise, any_order=any_order) as source:
            result = written(source)
        expected = array if array.shape or not rowwise else array.reshape(1)
        assert same_bits(result, expected)
        if any_order:
            assert np.isfortran(result) == np.isfortran(np.load(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("dtype", "written_as"),
    [("float64", "<f8"), ("float32", "<f4"), ("float16", "<f2"), ("bfloat16", "<f4")],
)
def test_types(dtype: str, written_as: str) -> None:
    with source_of(saved(np.array([1.5, -np.inf]))) as source:
        result = written(source, dtype)
    assert result.dtype.str == written_as
    assert result.tolist() == [1.5, -np.inf]


def matrices(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[:, :, None] + 10 * values[:, None, :]


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (0, 3), (2, 0)])
def test_matrices_stand_in_the_places_of_rows(shape: tuple[int, ...]) -> None:
    array = np.arange(float(np.prod(shape))).reshape(shape)
    with source_of(saved(array), rowwise=True) as source:
        result = written(source, function=matrices)
    assert np.array_equal(result, array[..., :, None] + 10 * array[..., None, :] if array.size or shape[-1] else array)


@pytest.mark.parametrize("patch", [True, False])
@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (b"", (0,)),
        (b"1\n2\n3\n", (3,)),
        (b"1 2 3", (3,)),
        (b"1 2 3\n4 5 6\n", (2, 3)),
        (b"\n1 2 3\n\n4 5 6", (2, 3)),
        (b"1 2\n3\n", (3,)),
        (b"1 " * 300_000 + b"\n" + b"2 " * 300_000, (2, 300_000)),
    ],
)
def test_a_text_gets_the_shape_that_loadtxt_would_give_it(text: bytes, shape: tuple[int, ...], patch: bool) -> None:
    result = written(Source("x", text_of(io.BytesIO(text))), patch=patch)
    assert result.shape == shape
    assert result.ravel().tolist() == [float(token) for token in text.split()]


@pytest.mark.parametrize("patch", [True, False])
def test_rows_of_text(patch: bool) -> None:
    values = np.arange(6.0).reshape(2, 3)
    source = Source("x", [rows(values[:1]), rows(values[1:])], rowwise=True)
    assert np.array_equal(written(source, patch=patch), values)
    assert np.array_equal(written(source, function=matrices, patch=patch), matrices(values))
    ragged = Source("x", [rows(values), rows(values[:, :2])], rowwise=True)
    with pytest.raises(StreamError, match=r"x: rows of different lengths do not fit in a \.npy array"):
        written(ragged, patch=patch)


ARRAYS: dict[str, Any] = {
    "W1": np.arange(6.0).reshape(2, 3),
    "b1": np.array([1e-320, -0.0, np.inf], dtype=np.float64),
    "half": np.array([[1.5]], dtype=np.float32),
    "loss": np.array("cross_entropy"),
    "residual": np.array(True),
    "empty": np.empty((0, 3)),
}


@pytest.mark.parametrize("name", ["run.npz", "run", "run.with.dots", "ñandú.npz"])
def test_numpy_reads_what_was_written_under_exactly_that_name(name: str, tmp_path: Path) -> None:
    write_npz(ARRAYS, str(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    with np.load(tmp_path / name, allow_pickle=False) as read:
        assert set(read) == set(ARRAYS)
        for key, array in ARRAYS.items():
            assert read[key].dtype == array.dtype
            assert read[key].shape == array.shape
            assert read[key].tobytes() == array.tobytes()


def test_an_array_that_is_not_contiguous(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(4, 6)[::2, ::3].T
    write_npz({"a": array}, str(tmp_path / "a.npz"))
    with np.load(tmp_path / "a.npz") as read:
        assert (read["a"] == array).all()


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"x" * 100_000)
    write_npz({"a": np.ones(1)}, str(path))
    with np.load(path) as read:
        assert list(read) == ["a"]


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"missing/run\.npz: No such file or directory"):
        write_npz(ARRAYS, str(tmp_path / "missing" / "run.npz"))
    with pytest.raises(StreamError, match="Is a directory"):
        write_npz(ARRAYS, str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_an_error_half_way_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"old")

    class Unwilling(np.ndarray):
        def __array_finalize__(self, obj: object) -> None:
            pass

        @property
        def dtype(self) -> Any:
            raise MemoryError

    arrays: dict[str, Any] = {"a": np.ones(100_000), "b": np.ones(3).view(Unwilling)}
    with pytest.raises(MemoryError):
        write_npz(arrays, str(path))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.npz"]
