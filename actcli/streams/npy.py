"""NumPy's .npy format in blocks, from files and pipes. Pickles are refused."""

import math
import os
import shutil
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from actcli.streams.blocks import BLOCK, Block, LineShape, Source, Values, equal_lines, rows_at_once
from actcli.streams.files import StreamError, counted, open_file
from actcli.streams.options import Bits

MAGIC = b"\x93NUMPY"
_COPIED = 1 << 20  # bytes copied at a time


@dataclass(frozen=True)
class _Header:
    """Header of an array. dtype: type of the bytes."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: "np.dtype[Any]"
    bfloat16: bool
    bits: Bits | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def read_npy(
    stream: BufferedIOBase,
    name: str,
    *,
    rowwise: bool,
    any_order: bool,
    uint16_is_bfloat16: bool,
    bits: Bits | None = None,
    no_int16: bool = False,
) -> Source:
    """The array in a stream whose magic bytes have been read already.

    Booleans, integers and floats of all widths and byte orders become float64; the raw two-byte type is bfloat16.

    any_order: a Fortran-ordered array is read in the order of the file
    bits:      the raw type and unsigned integers of this width are bit patterns of its type
    no_int16:  refuse int16, which may be bit patterns
    StreamError: a damaged file, or other types.
    """
    header = _read_header(stream, name, uint16_is_bfloat16, bits)
    if no_int16 and header.dtype.str[1:] == "i2":
        raise StreamError(f"{name}: int16: are these bits? save them as uint16 (values.view(numpy.uint16))")
    present = _bytes_left(stream)
    size = header.size * header.dtype.itemsize
    if present is not None and present < size:
        raise _truncated(name, present, header)
    if present is not None and present > size:
        raise _followed(name)
    in_file_order = not header.fortran_order or header.size == 0 or (any_order and not rowwise)
    take = (_take_in_order if in_file_order else _take_transposed)(stream, name, header)
    blocks = _rows(header, take) if rowwise else _lines(header, take)
    return Source(
        name,
        blocks if present is not None else _to_the_end(blocks, stream, name),
        rowwise=rowwise,
        shape=header.shape,
        fortran_order=header.fortran_order and in_file_order,
    )


def _read_header(stream: BufferedIOBase, name: str, uint16_is_bfloat16: bool, bits: Bits | None) -> _Header:
    version = stream.read(2)
    if version not in (b"\1\0", b"\2\0", b"\3\0"):
        raise StreamError(f"{name}: not a .npy file of version 1, 2 or 3")
    # Version 3 differs from 2 only in the encoding of field names, and arrays with fields are refused.
    read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers written by Python 2
            shape, fortran_order, dtype = read(stream)
    except OSError:
        raise
    except Exception:  # NumPy lets all exceptions of Python's parser through
        raise StreamError(f"{name}: damaged .npy header") from None
    if any(length < 0 for length in shape):
        raise StreamError(f"{name}: damaged .npy header")
    width = dtype.itemsize
    of_bits = bits is not None and width == bits.width // 8
    raw = dtype.kind == "V" and (width == 2 or of_bits) and dtype.names is None and dtype.subdtype is None
    of_bits = of_bits and (raw or dtype.kind == "u")
    if dtype.kind not in "biuf" and not raw:
        kind = "records" if dtype.names else f"values of type {dtype}"
        raise StreamError(f"{name}: holds {kind}; only real numbers can be read")
    return _Header(
        shape=tuple(map(int, shape)),
        fortran_order=bool(fortran_order) and len(shape) > 1,
        dtype=np.dtype(f"<u{width}") if raw else dtype,
        bfloat16=not of_bits and (raw or (uint16_is_bfloat16 and dtype.kind == "u" and width == 2)),
        bits=bits if of_bits else None,
    )


def _bytes_left(stream: BufferedIOBase) -> int | None:
    """Remaining bytes of a file; None for a pipe."""
    try:
        status = os.fstat(stream.fileno())
        return status.st_size - stream.tell() if stat.S_ISREG(status.st_mode) else None
    except OSError:  # a stream in memory has no fileno
        return None


def _truncated(name: str, present: int, header: _Header) -> StreamError:
    return StreamError(
        f"{name}: truncated: of {counted(header.size, 'value')} it has {present // header.dtype.itemsize}"
    )


def _followed(name: str) -> StreamError:
    return StreamError(f"{name}: something follows the array; each array is a file of its own")


def _to_the_end(blocks: Iterator[Block], stream: BufferedIOBase, name: str) -> Iterator[Block]:
    """The blocks of a pipe. StreamError: something follows them."""
    yield from blocks
    if stream.read(1):
        raise _followed(name)


# Number of values -> the next values of the stream.
_Take: TypeAlias = Callable[[int], Values]


def _take_in_order(stream: BufferedIOBase, name: str, header: _Header) -> _Take:
    taken = 0

    def take(count: int) -> Values:
        nonlocal taken
        values = np.empty(count, dtype=header.dtype)
        unfilled = values.view(np.uint8).data
        while unfilled and (filled := stream.readinto(unfilled)):
            unfilled = unfilled[filled:]
        taken += count
        if unfilled:
            raise _truncated(name, taken * header.dtype.itemsize - len(unfilled), header)
        return _to_float64(values, header)

    return take


def _take_transposed(stream: BufferedIOBase, name: str, header: _Header) -> _Take:
    """Values with the last axis fastest, from a Fortran-ordered file, which is memory-mapped."""
    if _bytes_left(stream) is None:
        flat = _spooled(stream, name, header).flat
    else:
        flat = _mapped(stream, stream.tell(), header).flat
    taken = 0

    def take(count: int) -> Values:
        nonlocal taken
        taken += count
        return _to_float64(flat[taken - count : taken], header)

    return take


def _mapped(file: Any, offset: int, header: _Header) -> NDArray[Any]:
    return np.asarray(np.memmap(file, header.dtype, mode="r", offset=offset, shape=header.shape, order="F"))


def _spooled(stream: BufferedIOBase, name: str, header: _Header) -> NDArray[Any]:
    """The array of a pipe, mapped from a temporary file, which the mapping outlives."""
    import tempfile  # rarely needed

    size = header.size * header.dtype.itemsize
    with tempfile.TemporaryFile() as spool:
        while spool.tell() < size and (data := stream.read(min(size - spool.tell(), _COPIED))):
            spool.write(data)
        if spool.tell() < size:
            raise _truncated(name, spool.tell(), header)
        spool.flush()
        return _mapped(spool, 0, header)


def _to_float64(values: NDArray[Any], header: _Header) -> Values:
    if header.bits is not None:
        return np.asarray(header.bits.numbers(values), dtype=np.float64)
    if header.bfloat16:
        # bfloat16 is the upper half of a float32.
        values = (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    # A longdouble may overflow or underflow; "invalid" is a signalling nan.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(np.float64, copy=False)


def _rows(header: _Header, take: _Take) -> Iterator[Block]:
    """Blocks of rows (rows, m) along the last axis; a single number is a row of one."""
    length = header.shape[-1] if header.shape else 1
    if not length:
        return
    rows, step = header.size // length, rows_at_once(length)
    # An array without rows is one empty block, so that the output has a shape.
    for first in range(0, max(rows, 1), step):
        count = min(step, rows - first)
        yield Block(take(count * length).reshape(count, length), equal_lines(count, length))


def _lines(header: _Header, take: _Take) -> Iterator[Block]:
    """Blocks of values (n,). A line is a row along the last axis; in a list each number is a line."""
    length = header.shape[-1] if len(header.shape) > 1 else 1
    if length > BLOCK:
        for _ in range(header.size // length):
            for first in range(0, length, BLOCK):
                count = min(BLOCK, length - first)
                yield Block(take(count), equal_lines(1, count), open=first + count < length)
    elif header.size:
        rows, step = header.size // length, BLOCK // length
        for first in range(0, rows, step):
            count = min(step, rows - first)
            yield Block(take(count * length), equal_lines(count, length))


# NumPy has neither bfloat16 nor float8; float32 holds them exactly.
_TYPES = {"float64": "<f8", "float32": "<f4", "float16": "<f2"}
_HELD_EXACTLY = "<f4"
_RESERVED = 128  # bytes of a header, enough for every shape of a text


class NpyWriter:
    """Writer of an array of the input's shape, with the rows' results in place of the rows.

    Several functions have an axis of their own: the last one for numbers, the last but one for rows.

    The shape of a text is known at its end (see LineShape; lines of different lengths give a list of all numbers). Its
    values go to `body`: the file itself, whose header is written last, or a temporary file before a pipe.
    """

    def __init__(self, file: IO[bytes], source: Source, dtype: str, body: IO[bytes]) -> None:
        self._file = file
        self._source = source
        self._type = _TYPES.get(dtype, _HELD_EXACTLY)
        self._body = body
        self._row_shape: tuple[int, ...] | None = None
        self._count = 0
        self._lines = LineShape()

    def write(self, block: Block, results: Values) -> None:
        """Write a block's results. StreamError: rows of different lengths."""
        if self._row_shape is None:
            self._begin(results.shape[1:])
        elif self._row_shape != results.shape[1:]:
            raise StreamError(f"{self._source.name}: rows of different lengths do not fit in a .npy array")
        self._count += len(results)
        if self._source.shape is None and not self._source.rowwise:
            self._lines.add(block)
        self._body.write(np.ascontiguousarray(results, dtype=self._type).data)

    def finish(self) -> None:
        if self._row_shape is None:
            self._begin((self._source.shape or ())[-1:] if self._source.rowwise else ())
        if self._source.shape is not None:
            return
        header = self._header(self._found_shape(), _RESERVED)
        self._file.seek(0) if self._body is self._file else self._body.seek(0)
        self._file.write(header)
        if self._body is not self._file:
            shutil.copyfileobj(self._body, self._file, 1 << 20)

    def _begin(self, row_shape: tuple[int, ...]) -> None:
        self._row_shape = row_shape
        if self._source.shape is not None:
            shape = self._source.shape
            self._file.write(
                self._header((shape or (1,))[:-1] + row_shape if self._source.rowwise else shape + row_shape)
            )
        elif self._body is self._file:
            self._file.write(bytes(_RESERVED))

    def _found_shape(self) -> tuple[int, ...]:
        if self._source.rowwise:
            return (self._count, *(self._row_shape or ()))
        return (self._lines.finish() or (self._count,)) + (self._row_shape or ())

    def _header(self, shape: tuple[int, ...], size: int = 0) -> bytes:
        """A header of version 1.0, padded to `size`, or to a multiple of 64 bytes."""
        fields = f"{{'descr': {self._type!r}, 'fortran_order': {self._source.fortran_order}, 'shape': {shape}, }}"
        start = len(MAGIC) + 4
        size = size or -(-(start + len(fields) + 1) // 64) * 64
        text = fields.ljust(size - start - 1) + "\n"
        return MAGIC + b"\1\0" + len(text).to_bytes(2, "little") + text.encode("ascii")


def write_npz(arrays: Mapping[str, npt.NDArray[np.generic]], path: str) -> None:
    """Write arrays by name. StreamError: the file cannot be written."""
    with open_file(path) as file:
        # The stubs of savez have keywords of their own.
        np.savez(file, **arrays)  # type: ignore[arg-type]  # see above
