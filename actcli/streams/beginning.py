"""A text whose first lines can be inspected before it is read."""

from collections.abc import Iterator
from itertools import chain

from actcli.streams.encoding import CHUNK
from actcli.streams.files import StreamError

LONGEST = 1 << 24
"""Most bytes of a line, or of a row quoted over several lines: a longer one is no table."""
TOO_LONG = f"longer than {LONGEST >> 20} MiB"


class Text:
    r"""UTF-8 text with \n at the ends of lines.

    seen:  the bytes inspected so far, without leading blank lines
    line:  number of their first line
    ended: they are the whole text
    """

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        self.name = name
        self.seen = b""
        self.line = 1
        self.ended = False
        self._pieces = pieces
        self._blank: list[bytes] = []

    def pieces(self) -> Iterator[bytes]:
        """The whole text, in pieces of any size."""
        return chain(self._blank, filter(None, [self.seen]), self._pieces)

    def pieces_from(self, line: int) -> Iterator[bytes]:
        """The text from a line on that has been inspected."""
        return chain(filter(None, self.seen.split(b"\n", line - self.line)[line - self.line :]), self._pieces)

    def first_line(self) -> bytes:
        """The first line that is neither blank nor a comment; only the beginning of a very long one."""
        while True:
            whole, _, begun = self.seen.rpartition(b"\n")
            for line in [*whole.split(b"\n"), *([begun] if self.ended or len(begun) > CHUNK else [])]:
                if not _is_blank_or_comment(line):
                    return line
            if self.ended:
                return b""
            self.look_further()

    def look_further(self) -> None:
        """Inspect another piece. StreamError: the first row has no end."""
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
