"""NumPy's .npy format written in blocks, to files and to pipes."""

import shutil
from typing import IO

import numpy as np

from actcli.streams.blocks import Block, Source, Values
from actcli.streams.errors import StreamError
from actcli.streams.npy_reading import MAGIC
from actcli.streams.shape import LineShape

# NumPy has no bfloat16; float32 holds it exactly.
_TYPES = {"float64": "<f8", "float32": "<f4", "float16": "<f2", "bfloat16": "<f4"}
_RESERVED = 128  # bytes of header, enough for every shape that a text can have


class NpyWriter:
    """The results as an array of the input's shape, with the rows' results in the places of the rows.

    Of a text only the end tells the shape (see LineShape; lines that differ in length give a list of all
    numbers). The values then go to `body`: the file itself, where the header is filled in last, or a
    temporary one before a pipe.
    """

    def __init__(self, file: IO[bytes], source: Source, dtype: str, body: IO[bytes]) -> None:
        self._file = file
        self._source = source
        self._type = _TYPES[dtype]
        self._body = body
        self._row_shape: tuple[int, ...] | None = None
        self._count = 0
        self._lines = LineShape()

    def write(self, block: Block, results: Values) -> None:
        """Raises StreamError where rows of different lengths would have to fit in one array."""
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
            self._file.write(self._header((shape or (1,))[:-1] + row_shape if self._source.rowwise else shape))
        elif self._body is self._file:
            self._file.write(bytes(_RESERVED))

    def _found_shape(self) -> tuple[int, ...]:
        if self._source.rowwise:
            return (self._count, *(self._row_shape or ()))
        return self._lines.finish() or (self._count,)

    def _header(self, shape: tuple[int, ...], size: int = 0) -> bytes:
        """Version 1.0, padded to `size` or else to a multiple of 64 bytes."""
        fields = f"{{'descr': {self._type!r}, 'fortran_order': {self._source.fortran_order}, 'shape': {shape}, }}"
        start = len(MAGIC) + 4
        size = size or -(-(start + len(fields) + 1) // 64) * 64
        text = fields.ljust(size - start - 1) + "\n"
        return MAGIC + b"\1\0" + len(text).to_bytes(2, "little") + text.encode("ascii")
