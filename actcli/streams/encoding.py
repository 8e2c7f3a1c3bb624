r"""Conversion of a user's file to UTF-8 with \n at the ends of lines.

Compression: gzip, bzip2 and xz, recognised by their first bytes. Encoding: UTF-8, UTF-16 and UTF-32, by their
byte-order mark; UTF-8 without one. Line ends: \n, \r\n and \r.
"""

import codecs
import importlib
import os
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BufferedIOBase, BufferedReader, RawIOBase
from itertools import chain
from typing import Any, cast

from actcli.streams.files import StreamError

NPY = b"\x93NUMPY"
CHUNK = 1 << 18
"""Bytes read and parsed at a time."""

# First bytes -> (module of the standard library that unpacks them, suffix).
_PACKED = {b"\x1f\x8b": ("gzip", ".gz"), b"BZh": ("bz2", ".bz2"), b"\xfd7zXZ\0": ("lzma", ".xz")}
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_REFUSED = {
    b"PK\3\4": "a zip archive, like .npz, .xlsx and .ods: save its data as .csv or .npy",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it with `zstd -d`",
    b"\x89HDF": "an HDF5 file: save its data as .npy",
    b"PAR1": "a Parquet file: save its data as .csv",
    b"%PDF": "a PDF: save the numbers as text",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as .csv",
}
_OF_NPZ = "an archive of several arrays: save one of them as .npy"
_MAGICS = (NPY, *_PACKED, *_MARKS, *_REFUSED)


@dataclass(frozen=True)
class Recognised:
    """A file whose first bytes have been read.

    suffix: in lower case, without that of the compression
    start:  the bytes taken from the stream
    """

    stream: BufferedIOBase
    name: str
    suffix: str
    start: bytes

    @property
    def is_npy(self) -> bool:
        return self.start == NPY


def recognise(stream: BufferedIOBase, name: str) -> Recognised:
    """The file, unpacked. StreamError: a format that is not read. OSError: an unreadable stream."""
    start = b""
    while any(len(start) < len(magic) and magic.startswith(start) for magic in _MAGICS) and (byte := stream.read(1)):
        start += byte
    stem, suffix = os.path.splitext(name.lower())
    for magic, (module, packing) in _PACKED.items():
        if start.startswith(magic):
            opened = importlib.import_module(module).open(_Rest(start, stream))
            inner = recognise(BufferedReader(_Unpacked(opened)), stem if suffix == packing else name)
            return replace(inner, name=name)
    for magic, what in _REFUSED.items():
        if start.startswith(magic):
            raise StreamError(f"{name}: {_OF_NPZ if suffix == '.npz' else what}")
    return Recognised(stream, name, suffix, start)


def utf8(file: Recognised) -> Iterator[bytes]:
    """The text in pieces of any size. StreamError: bytes that are invalid in the encoding of the byte-order mark."""
    start, encoding = file.start, "utf-8"
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            encoding, start = name, start.removeprefix(mark) if name == "utf-8" else start
            break
    pieces = _read(file.stream, start)
    if encoding == "utf-8":
        pieces = _not_of_two_bytes(pieces, file.name)
    return _with_newlines(pieces if encoding == "utf-8" else _decoded(pieces, encoding, file.name))


def not_utf8(byte: int, name: str) -> str:
    """Error message and advice for a file that is not UTF-8."""
    convert = f"`iconv -f LATIN1 -t UTF-8{file_argument(name)}`"
    return f"not text: byte 0x{byte:02x} is no UTF-8; if it is Latin-1, {convert} converts it"


def file_argument(name: str, before: str = "") -> str:
    """The file as an argument for a command to type; empty for stdin."""
    return "" if name == "stdin" else f" {before}{shlex.quote(name)}"


def _read(stream: BufferedIOBase, start: bytes) -> Iterator[bytes]:
    data = stream.read1(CHUNK)
    if start or data:
        yield start + data
    while data and (data := stream.read1(CHUNK)):
        yield data


def _not_of_two_bytes(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The pieces. StreamError: UTF-16 without a byte-order mark."""
    first = next(pieces, b"")
    zero = [byte == 0 for byte in first[:4]]
    if zero in ([False, True] * 2, [True, False] * 2):
        encoding = "UTF-16BE" if zero[0] else "UTF-16LE"
        convert = f"`iconv -f {encoding} -t UTF-8{file_argument(name)}`"
        raise StreamError(f"{name}: {encoding} without a byte-order mark; {convert} converts it")
    return chain([first] if first else [], pieces)


def _decoded(pieces: Iterable[bytes], encoding: str, name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for data in pieces:
            if text := decoder.decode(data):
                yield text.encode()
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise StreamError(f"{name}: invalid {encoding.upper()}, which its byte-order mark announces") from None


def _with_newlines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""  # a final \r, until the next byte shows whether a \n follows
    for data in pieces:
        if held or b"\r" in data:
            data = held + data
            held = b"\r" if data.endswith(b"\r") else b""
            data = data[: len(data) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if data:
            yield data
    if held:
        yield b"\n"


class _Rest:
    """A packed stream, with the bytes taken from it in front again."""

    def __init__(self, start: bytes, stream: BufferedIOBase) -> None:
        self._start, self._stream = start, stream

    def read(self, size: int = -1) -> bytes:
        if not self._start:
            return self._stream.read1(size)
        start, self._start = self._start[:size], self._start[size:]
        return start


class _Unpacked(RawIOBase):
    """An unpacked stream. A damaged one raises OSError. It has no descriptor, which would give the packed size."""

    def __init__(self, packed: Any) -> None:
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = cast(bytes, self._packed.read1(len(buffer)))
        except OSError as error:
            raise OSError(f"damaged: {error}") if error.errno is None else error from None
        except Exception as error:  # zlib.error, lzma.LZMAError, EOFError
            raise OSError(f"damaged: {error}") from None
        buffer[: len(data)] = data
        return len(data)
