"""Raw numbers: bit patterns of a floating-point type, little-endian."""

import os
import stat
from collections.abc import Iterator
from io import BufferedIOBase

import numpy as np

from actcli.streams.blocks import BLOCK, Block, Source, equal_lines
from actcli.streams.files import StreamError
from actcli.streams.options import Bits


def read_raw(stream: BufferedIOBase, name: str, bits: Bits) -> Source:
    """The numbers of a file. StreamError: its length is not a multiple of the width."""
    status = os.fstat(stream.fileno())
    # The length of a pipe is unknown.
    shape = (_count(status.st_size, name, bits),) if stat.S_ISREG(status.st_mode) else None
    return Source(name, _blocks(stream, name, bits), shape=shape)


def _blocks(stream: BufferedIOBase, name: str, bits: Bits) -> Iterator[Block]:
    size = bits.width // 8
    while data := stream.read(BLOCK * size):
        _count(len(data), name, bits)
        values = bits.numbers(np.frombuffer(data, f"<u{size}").astype(np.uint64))
        yield Block(values, equal_lines(len(values), 1))


def _count(length: int, name: str, bits: Bits) -> int:
    count, rest = divmod(length, bits.width // 8)
    if rest:
        raise StreamError(
            f"{name}: {length:,} bytes are no whole number of {bits.dtype}, of {bits.width // 8} bytes each"
        )
    return count
