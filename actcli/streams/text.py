"""Plain text: lines of decimal numbers, converted exactly in both directions.

Most time of a text stream is spent in `parse_all` and `format_...`. orjson converts most numbers, several times faster
than Python; Python converts numbers that JSON lacks or writes differently. Both are exact, so results are equal.

Numbers are separated by whitespace or commas, in lines that the output keeps, empty ones included. A comment goes from
# to the end of the line. A line may be longer than the memory and continue over several blocks.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO

import numpy as np

from actcli.streams.blocks import Block, Values, equal_lines
from actcli.streams.cells import (
    NO_COMMENT,
    complaint,
    decimal_comma,
    is_hexadecimal,
    is_missing,
    is_number,
    quoted,
    split_cells,
    to_number,
    way_out,
)
from actcli.streams.encoding import CHUNK
from actcli.streams.files import StreamError
from actcli.streams.options import NO_TABLE, TableOptions

_MANY = 1000  # numbers; for fewer, the import of orjson takes longer
# Range in which orjson and `repr` write the same text; beyond, their exponents differ.
_SMALLEST_WITHOUT_EXPONENT, _LARGEST_WITHOUT_EXPONENT = 1e-4, 1e15
# JSON's values other than numbers contain one of these: "", true, null, false, [] and {}.
_NOT_OF_NUMBERS = b'"ul[{'
# An integer in JSON, which loses the sign.
_MINUS_ZERO = re.compile(rb"-0(?![.eE])")


def parse_all(text: bytes) -> Values:
    """The numbers of a text, separated by commas. ValueError: one is no number; the message does not name it."""
    if b"_" in text:
        raise ValueError("float() would read underscores")
    count = text.count(b",") + 1
    if count >= _MANY and (values := _parse_json(text)) is not None and values.size == count:
        return values
    return np.fromiter(map(float, text.split(b",")), np.float64, count)


def _parse_json(text: bytes) -> Values | None:
    """The numbers; None if Python has to convert them: nan, inf, .5, 1., +1, 01, -0, or a mistake."""
    import orjson

    if any(mark in text for mark in _NOT_OF_NUMBERS):
        return None
    try:
        values = np.array(orjson.loads(b"[%b]" % text), dtype=np.float64)
    except ValueError:
        return None
    return None if (values == 0).any() and _MINUS_ZERO.search(text) else values


def format_list(values: Values) -> bytes:
    """The numbers joined by commas, each as the shortest text that reads back as the same float64."""
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
    """The shortest text of each value that reads back as the same float64."""
    return format_list(values).split(b",") if values.size else []


def format_lines(values: Values, width: int, separator: bytes) -> Iterator[bytes]:
    """The texts in lines of `width` values, without line ends."""
    return map(separator.join, zip(*[iter(format_all(values))] * width, strict=True))


_SEPARATORS = b" \t\n\r\v\f,"
_NOT_SEPARATORS = bytes(set(range(256)) - set(_SEPARATORS))
_AT_ONCE = 1 << 16  # numbers of a matrix

_COMMENT_LINES, _COMMENTS = re.compile(rb"(?m)^[ \t]*#.*\n"), re.compile(rb"[ \t]*#.*")
# A comma without blanks, and blanks without a comma: in a line with both, 0,1 may be a decimal number.
_TIGHT, _LOOSE = re.compile(rb"[^\s,],[^\s,]"), re.compile(rb"[^\s,][ \t]+[^\s,]")


def is_plain(line: bytes) -> bool:
    """Whether a first line has numbers and missing values only, and begins plain text."""
    line = _COMMENTS.sub(b"", line)
    tokens = split_cells(line.decode(errors="surrogateescape"))
    plain = all(is_number(token) or is_missing(token) or is_hexadecimal(token) for token in tokens)
    return plain and not _is_ambiguous(line)


def _is_ambiguous(line: bytes) -> bool:
    return bool(_TIGHT.search(line) and _LOOSE.search(line))


def read_text(pieces: Iterable[bytes], name: str, options: TableOptions = NO_TABLE) -> Iterator[Block]:
    """The numbers of a text. StreamError: the first token that is no number, with its line."""
    reader = _TextReader(name, options)
    for chunk in _whole_lines(pieces, name):
        block = reader.read(chunk)
        if block.lengths.size:
            yield block
    block = reader.finish()
    if block.lengths.size:
        yield block


def _whole_lines(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The text in chunks that end with a line or, inside a long line, with a token."""
    rest, line = b"", 1
    for piece in pieces:
        data = rest + piece
        end = data.rfind(b"\n") + 1
        if not end and len(data) > CHUNK:
            end = len(data.rstrip(_NOT_SEPARATORS))
            if len(data) - end > CHUNK:  # no number is that long; bounds the memory
                raise StreamError(f"{name}, line {line}: not a number: {quoted(data[end:][:100].decode('latin-1'))}")
        if end:
            line += data.count(b"\n")
            yield data[:end]
        rest = data[end:]
    if rest:
        yield rest


class _TextReader:
    """Reader of chunks; a line may continue in the next chunk."""

    def __init__(self, name: str, options: TableOptions) -> None:
        self._name = name
        self._options = options
        self._line = 1
        # Last character before the chunk, without blanks: a line end, a comma, or 0 for a number.
        self._before = b"\n"
        self._in_comment = False

    def read(self, chunk: bytes) -> Block:
        """The block of a chunk. StreamError: a token that is no number."""
        if b"#" in chunk and not self._in_comment and (value := NO_COMMENT.search(chunk)):
            line = self._line + chunk.count(b"\n", 0, value.start(1))
            raise StreamError(f"{self._name}, line {line}: not a number: {quoted(value[1].decode())}")
        text = self._without_comments(chunk) if self._in_comment or b"#" in chunk else chunk
        try:
            block = _one_per_line(text) or self._several_per_line(text)
        except ValueError:
            block = self._line_by_line(chunk)
        self._line += chunk.count(b"\n")
        if last := text.rstrip(b" \t\r\v\f")[-1:]:
            self._before = last if last in b",\n" else b"0"
        return block

    def finish(self) -> Block:
        """The block after the last chunk: an empty cell after a final comma. StreamError: it is no number."""
        return self._line_by_line(b"\n") if self._before == b"," else _block(np.empty(0), [0])

    def _without_comments(self, chunk: bytes) -> bytes:
        _, _, last = chunk.rpartition(b"\n")
        if self._in_comment:
            _, end, chunk = chunk.partition(b"\n")
            chunk = end + chunk
            self._in_comment = not end
        self._in_comment = self._in_comment or b"#" in last
        begun = b"" if self._before == b"\n" else b"0"  # a comment after numbers keeps the line
        return _COMMENTS.sub(b"", _COMMENT_LINES.sub(b"", begun + chunk)[len(begun) :])

    def _several_per_line(self, text: bytes) -> Block:
        split = text.replace(b",", b" ")
        tokens = split.split()
        if b"," in text or self._before == b",":
            has_blanks = any(blank in text for blank in (b" ", b"\t", b"\v", b"\f"))
            # Without blanks, each comma and line end follows a number.
            ends = text.count(b",") + text.count(b"\n") + (not text.endswith(b"\n"))
            if (has_blanks or ends != len(tokens)) and (self._has_empty_cell(text) or _has_ambiguous_line(text)):
                raise ValueError(text)
        values = parse_all(b",".join(tokens)) if tokens else np.empty(0)
        return _block(values, [len(line.split()) for line in split.split(b"\n")])

    def _has_empty_cell(self, text: bytes) -> bool:
        squeezed = self._before + text.translate(None, b" \t\r\v\f")
        return any(nothing in squeezed for nothing in (b",,", b",\n", b"\n,"))

    def _line_by_line(self, chunk: bytes) -> Block:
        """Slow parser: it locates mistakes, and knows missing values and whitespace outside of ASCII."""
        values: list[float] = []
        lengths: list[int] = []
        lines = chunk.split(b"\n")
        for number, line in enumerate(lines, self._line):
            text, comment, _ = line.partition(b"#")
            begun = b"" if number > self._line or self._before == b"\n" else self._before
            if comment and not text.strip() and not begun:
                continue
            # The unfinished first and last cells are not empty.
            goes_on = number == self._line + len(lines) - 1
            whole = begun + b" " + text + (b" 0" if goes_on else b"")
            tokens = split_cells(whole.decode(errors="surrogateescape"))[len(begun) : -1 if goes_on else None]
            try:
                if _is_ambiguous(text):
                    raise ValueError(f"{quoted(text.strip().decode())}; {decimal_comma(self._name)}")
                values += [self._number(token) for token in tokens]
            except ValueError as error:
                raise StreamError(f"{self._name}, line {number}: {error}") from None
            lengths.append(len(tokens))
        return _block(np.array(values, dtype=np.float64), lengths)

    def _number(self, token: str) -> float:
        try:
            return to_number(token, self._options.missing_is_nan, self._options.bits)
        except ValueError:
            out = way_out(token, self._name, bits=self._options.bits)
            if len(token) > 2 and token[0] == token[-1] == '"' and is_number(token[1:-1]):
                out = "--delimiter , reads quotes"
            raise ValueError(f"{complaint(token, self._name)}{out and '; '}{out}") from None


def _one_per_line(text: bytes) -> Block | None:
    """The block of a text with one number per line, the common case; None for other texts."""
    if b"," in text or not text.endswith(b"\n"):
        return None
    try:
        values = parse_all(text[:-1].replace(b"\n", b","))
    except ValueError:  # lines with several numbers, or none
        return None
    return Block(values, equal_lines(values.size, 1))


def _has_ambiguous_line(text: bytes) -> bool:
    if not (b" " in text or b"\t" in text) or not _TIGHT.search(text) or not _LOOSE.search(text):
        return False
    return any(map(_is_ambiguous, text.split(b"\n")))


def _block(values: Values, lengths: list[int]) -> Block:
    # The last line is open if it has a number after the last line end.
    last_is_open = lengths[-1] > 0
    return Block(values, np.array(lengths if last_is_open else lengths[:-1], dtype=np.intp), last_is_open)


class PlainWriter:
    """Writer of results, separated by blanks, in the lines of the input.

    A row of a row-wise function is a line; a matrix is m lines, with an empty line between matrices. Results of several
    functions of one number are a line.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inside_line = False
        self._matrices = 0

    def write(self, block: Block, results: Values) -> None:
        if results.ndim == 3:
            self._write_matrices(results)
            text = b""
        elif results.ndim == 2:
            text = b"".join(line + b"\n" for line in format_lines(results, results.shape[1], b" "))
        elif results.size and block.one_per_line and not self._inside_line:
            text = format_list(results).replace(b",", b"\n") + b"\n"
        else:
            text = self._lines_text(block, results)
        self._file.write(text)
        self._file.flush()  # for the reader of a pipe, after each block of input

    def finish(self) -> None:
        if self._inside_line:
            self._file.write(b"\n")

    def _lines_text(self, block: Block, results: Values) -> bytes:
        if block.lengths.size and block.lengths[0] and (block.lengths == block.lengths[0]).all():
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
            rows = max(1, _AT_ONCE // max(width, 1))  # because the text of a matrix takes ten times its memory
            for first in range(0, len(matrix), rows):
                lines = format_lines(matrix[first : first + rows], width, b" ")
                self._file.writelines(line + b"\n" for line in lines)
