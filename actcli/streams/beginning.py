"""A text whose first lines can be looked at before it is read."""

from collections.abc import Iterator
from itertools import chain

from actcli.streams.encoding import CHUNK
from actcli.streams.files import StreamError

LONGEST = 1 << 24
"""Bytes of a line, or of a row that is quoted over several: a longer one is no table."""
TOO_LONG = f"longer than {LONGEST >> 20} MiB"


class Text:
    r"""UTF-8 text with \n at the ends of lines.

    seen:  its first bytes, as far as they have been looked at, without the blank lines before them
    line:  the number of the line at which they begin
    ended: whether they are all
    """

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        self.name = name
        self.seen = b""
        self.line = 1
        self.ended = False
        self._pieces = pieces
        self._blank: list[bytes] = []

    def pieces(self) -> Iterator[bytes]:
        """All of it, in pieces of any size."""
        return chain(self._blank, filter(None, [self.seen]), self._pieces)

    def pieces_from(self, line: int) -> Iterator[bytes]:
        """The same from that line on, which has been looked at."""
        return chain(filter(None, self.seen.split(b"\n", line - self.line)[line - self.line :]), self._pieces)

    def first_line(self) -> bytes:
        """The first line that is neither blank nor a comment; of a long one the beginning."""
        while True:
            whole, _, begun = self.seen.rpartition(b"\n")
            for line in [*whole.split(b"\n"), *([begun] if self.ended or len(begun) > CHUNK else [])]:
                if not _is_blank_or_comment(line):
                    return line
            if self.ended:
                return b""
            self.look_further()

    def look_further(self) -> None:
        """Raises StreamError where the first row has no end."""
        if len(self.seen) > LONGEST:
            raise StreamError(f"{self.name}, line {self.line}: {TOO_LONG}")
        piece = next(self._pieces, b"")
        self.ended = not piece
        self.seen += piece
        if not self.seen.strip(b" \n"):
            end = self.seen.rfind(b"\n") + 1
            self._blank.append(self.seen[:end])
            self.line += self._blank[-1].count(b"\n")
            self.seen = self.seen[end:]


def _is_blank_or_comment(line: bytes) -> bool:
    line = line.lstrip()
    return not line or line.startswith(b"#")
