"""Decimal text: between a number and its digits exactly in both directions, and plain text, lines of such numbers.

The functions over many numbers, `parse_all` and `format_...`, are where nearly all the time of a text stream goes.
orjson does the bulk of them, several times as fast as Python does; what JSON cannot say, or says in another way, is
Python's. Both are exact, so that nobody can tell which of them was at work.

Plain text has its numbers separated by whitespace or commas, in lines that the output keeps. An empty line stays an
empty line. A line may be longer than memory: it then continues over several blocks.
"""

import re
from collections.abc import Iterator
from io import BufferedIOBase
from itertools import islice
from typing import IO

import numpy as np

from actcli.streams.blocks import Block, Values, equal_lines
from actcli.streams.files import StreamError

_SHOWN = 40  # characters of a bad token that an error message repeats
_MANY = 1000  # numbers: for fewer, orjson is not worth its import
# Where orjson writes a number as `repr` does; beyond, they write the exponent in different ways.
_SMALLEST_WITHOUT_EXPONENT, _LARGEST_WITHOUT_EXPONENT = 1e-4, 1e15
# One of these is in everything that JSON knows and that is not a number: "", true, null, false, [] and {}.
_NOT_OF_NUMBERS = b'"ul[{'
# To JSON an integer, which has no sign.
_MINUS_ZERO = re.compile(rb"-0(?![.eE])")


def parse(token: str) -> float:
    """What Python's float() reads, underscores excepted. Otherwise a ValueError, worded for the user."""
    try:
        if "_" not in token:
            return float(token)
    except ValueError:
        pass
    raise ValueError(f"not a number: {quoted(token)}")


def is_number(token: str) -> bool:
    """Whether `parse` reads it."""
    try:
        parse(token)
    except ValueError:
        return False
    return True


def parse_all(text: bytes) -> Values:
    """The numbers of a text, with a comma between each two. The ValueError does not say which of them is bad."""
    if b"_" in text:
        raise ValueError("float() would read underscores")
    count = text.count(b",") + 1
    if count >= _MANY and (values := _parse_json(text)) is not None and values.size == count:
        return values
    return np.fromiter(map(float, text.split(b",")), np.float64, count)


def _parse_json(text: bytes) -> Values | None:
    """The numbers, or None where Python has to look: nan, inf, .5, 1., +1, 01, -0, or a mistake."""
    import orjson

    if any(mark in text for mark in _NOT_OF_NUMBERS):
        return None
    try:
        values = np.array(orjson.loads(b"[%b]" % text), dtype=np.float64)
    except ValueError:
        return None
    return None if (values == 0).any() and _MINUS_ZERO.search(text) else values


def format_list(values: Values) -> bytes:
    """The numbers with commas between them, each as the shortest text that reads back as the same float64."""
    flat = values.ravel()
    if flat.size < _MANY:
        return ",".join(map(repr, flat.tolist())).encode("ascii")
    import orjson

    text = orjson.dumps(np.ascontiguousarray(flat), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    size = np.abs(flat)
    usual = (size >= _SMALLEST_WITHOUT_EXPONENT) & (size <= _LARGEST_WITHOUT_EXPONENT) | (size == 0)
    if usual.all():
        return text
    numbers = text.split(b",")
    others = np.flatnonzero(~usual)
    for index, number in zip(others.tolist(), flat[others].tolist(), strict=True):
        numbers[index] = repr(number).encode("ascii")
    return b",".join(numbers)


def format_all(values: Values) -> list[bytes]:
    """For each value the shortest text that reads back as the same float64."""
    return format_list(values).split(b",") if values.size else []


def format_lines(values: Values, width: int, separator: bytes) -> Iterator[bytes]:
    """The same in lines of `width` values each, without line ends."""
    return map(separator.join, zip(*[iter(format_all(values))] * width, strict=True))


def quoted(token: str) -> str:
    """The token for an error message: short, and with nothing that a terminal would obey."""
    return repr(token if len(token) <= _SHOWN else token[:_SHOWN] + "...")


CHUNK = 1 << 18  # bytes that are read and parsed at a time
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SEPARATORS = b" \t\n\r\v\f,"
_NOT_SEPARATORS = bytes(set(range(256)) - set(_SEPARATORS))
_AT_ONCE = 1 << 16  # numbers of a matrix


def read_text(stream: BufferedIOBase, name: str, start: bytes = b"") -> Iterator[Block]:
    """The numbers of a text, whose first bytes `start` have already been taken from the stream.

    Raises StreamError with the line of the first thing that is not a number.
    """
    line = 1
    for chunk in _whole_tokens(stream, name, start):
        block = _parse_chunk(chunk, name, line)
        if block.lengths.size:
            yield block
        line += chunk.count(b"\n")


def _whole_tokens(stream: BufferedIOBase, name: str, start: bytes) -> Iterator[bytes]:
    """The stream cut into chunks, never inside a token."""
    rest, first, line = start, True, 1
    while data := stream.read1(CHUNK):
        data = rest + data
        if first and len(data) >= len(BYTE_ORDER_MARK):
            data, first = data.removeprefix(BYTE_ORDER_MARK), False
        chunk = data.rstrip(_NOT_SEPARATORS)
        rest = data[len(chunk) :]
        line += chunk.count(b"\n")
        if len(rest) > CHUNK:  # no number is that long, and memory would have to hold all of it
            raise StreamError(f"{name}, line {line}: not a number: {quoted(rest[:100].decode('latin-1'))}")
        if chunk:
            yield chunk
    if rest:
        yield rest


def _parse_chunk(chunk: bytes, name: str, first_line: int) -> Block:
    try:
        return _one_per_line(chunk) or _several_per_line(chunk)
    except ValueError:
        lines = chunk.split(b"\n")
        rows = [_parse_line(line, name, number) for number, line in enumerate(lines, first_line)]
        return _lines(np.array([value for row in rows for value in row], dtype=np.float64), [len(row) for row in rows])


def _one_per_line(chunk: bytes) -> Block | None:
    """The usual text, where there is nothing to count."""
    if b"," in chunk or not chunk.endswith(b"\n"):
        return None
    try:
        values = parse_all(chunk[:-1].replace(b"\n", b","))
    except ValueError:  # two numbers on a line, or none
        return None
    return Block(values, equal_lines(values.size, 1))


def _several_per_line(chunk: bytes) -> Block:
    tokens = chunk.replace(b",", b" ").split()
    values = parse_all(b",".join(tokens)) if tokens else np.empty(0)
    return _lines(values, [len(line.replace(b",", b" ").split()) for line in chunk.split(b"\n")])


def _lines(values: Values, lengths: list[int]) -> Block:
    # After the last line break nothing has begun yet, unless a number stands there.
    last_is_open = lengths[-1] > 0
    return Block(values, np.array(lengths if last_is_open else lengths[:-1], dtype=np.intp), last_is_open)


def _parse_line(line: bytes, name: str, number: int) -> list[float]:
    """The slow way: finds what is wrong, and knows the whitespace outside ASCII."""
    try:
        return [parse(token) for token in decode(line).replace(",", " ").split()]
    except ValueError as error:
        raise StreamError(f"{name}, line {number}: {error}") from None


def decode(line: bytes) -> str:
    """UTF-8, or a ValueError worded for the user."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"not text: byte 0x{line[error.start]:02x}") from None


class PlainWriter:
    """The results alone, separated by blanks, in the lines of the input.

    A row-wise function's rows are lines; its matrices are m lines each with an empty line between them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inside_line = False
        self._matrices = 0

    def write(self, block: Block, results: Values) -> None:
        if results.ndim == 3:
            self._write_matrices(results)
            text = b""
        elif results.size and block.one_per_line and not self._inside_line:
            text = format_list(results).replace(b",", b"\n") + b"\n"
        else:
            text = self._lines_text(block, results)
        self._file.write(text)
        self._file.flush()  # whoever waits at the other end of a pipe sees the results of what has arrived

    def finish(self) -> None:
        if self._inside_line:
            self._file.write(b"\n")

    def _lines_text(self, block: Block, results: Values) -> bytes:
        if results.ndim == 2:
            lines = list(format_lines(results, results.shape[1], b" "))
        elif block.lengths.size and block.lengths[0] and (block.lengths == block.lengths[0]).all():
            lines = list(format_lines(results, int(block.lengths[0]), b" "))
        else:
            numbers = iter(format_all(results))
            lines = [b" ".join(islice(numbers, length)) for length in block.lengths.tolist()]
        text = b"\n".join(lines)
        if self._inside_line and lines and lines[0]:
            text = b" " + text
        if lines:
            self._inside_line = block.open
            text += b"" if block.open else b"\n"
        return text

    def _write_matrices(self, results: Values) -> None:
        for matrix in results:
            if self._matrices:
                self._file.write(b"\n")
            self._matrices += 1
            width = matrix.shape[1]
            rows = max(1, _AT_ONCE // max(width, 1))  # the text of a large matrix is ten times as large as it is
            for first in range(0, len(matrix), rows):
                lines = format_lines(matrix[first : first + rows], width, b" ")
                self._file.writelines(line + b"\n" for line in lines)
