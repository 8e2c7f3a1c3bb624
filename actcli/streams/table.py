"""Tables in a user's file: delimiter, rows, header.

The first line that is neither blank nor a comment is a header if all its fields are words (`cells.is_header` has the
rule), or if it contains a column name that was asked for. Otherwise it is data, and an error if it has no numbers. A
comment directly above the data, `# a,b` as numpy.savetxt writes it, names the columns too.

Comments are lines that begin with #. Inside a table such a line may be a row whose first field begins with #; an
ambiguous one is refused.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from actcli.streams.beginning import LONGEST, Text
from actcli.streams.cells import NO_COMMENT, has_decimal_comma, is_header, is_name, is_number, quoted
from actcli.streams.encoding import file_argument, not_utf8
from actcli.streams.files import StreamError
from actcli.streams.options import BLANKS

csv.field_size_limit(LONGEST)

_DELIMITERS = (",", ";", "\t", "|", BLANKS)
_EXCEL = re.compile(rb'"?[sS][eE][pP]=([,;|\t])"?')  # Excel's first line, which names the delimiter
_BETWEEN_BLANKS = re.compile(r'"((?:[^"]|"")*)"(?!\S)|(\S+)')


class Record(NamedTuple):
    """A row of a table. line, end: numbers of its first line and of the line after it; and comments before it."""

    line: int
    end: int
    raw: bytes
    fields: list[str]
    comments: list[bytes]


NO_RECORD = Record(1, 1, b"", [], [])


def first_records(text: Text, delimiter: str, count: int) -> list[Record]:
    """The first `count` rows, or all."""
    while True:
        records = Records(text.name, delimiter, text.line).take(text.seen, ended=text.ended)
        found = list(islice(records, count))
        if len(found) == count or text.ended:
            return found
        text.look_further()


def find_delimiter(text: Text, blanks: bool) -> str:
    """The delimiter, from the first two rows.

    blanks: blanks may be delimiters, as in plain text. If False, only if the second row then has numbers alone.
    """
    if excel := _EXCEL.fullmatch(text.first_line()):
        return excel[1].decode()
    candidates = [delimiter for delimiter in _DELIMITERS if _splits(text, delimiter)]
    if len(candidates) == 1 and candidates[0] != BLANKS:
        return candidates[0]
    scores = {delimiter: _score(text, delimiter) for delimiter in candidates}
    if not blanks and scores.get(BLANKS, (True, 1.0))[:2] != (True, 1.0):
        del scores[BLANKS]
    best = max(scores, key=scores.__getitem__, default=",")
    if best == BLANKS and not scores[best][0]:
        first = first_records(text, best, 1)[0]
        if b'"' not in first.raw and not any(map(is_number, first.fields)):
            return ","  # a single column
    return best


def _splits(text: Text, delimiter: str) -> bool:
    try:
        return any(len(record.fields) > 1 for record in first_records(text, delimiter, 1))
    except StreamError:  # quotes that are valid only for another delimiter
        return False


def _score(text: Text, delimiter: str) -> tuple[bool, float, int]:
    """Score of a delimiter: rows of equal length, share of numbers, number of fields."""
    try:
        rows = first_records(text, delimiter, 2)
    except StreamError:
        return False, 0.0, 0
    fields = rows[-1].fields
    amounts = sum(is_number(field) or has_decimal_comma(field) for field in fields)
    return len({len(row.fields) for row in rows}) == 1, amounts / max(len(fields), 1), len(fields)


class Records:
    """Splits a text into rows by RFC 4180: a quoted field may contain delimiters, quotes and line ends."""

    def __init__(self, name: str, delimiter: str, line: int = 1, width: int = 0, numbers: Sequence[int] = ()) -> None:
        """line: number of the first line; width: fields of a row; numbers: places of numbers."""
        self.name, self.delimiter, self.line = name, delimiter, line
        self.comments: list[bytes] = []
        self.rest = b""
        self._width, self._numbers = width, numbers

    def with_comments(self, lines: list[bytes]) -> list[bytes]:
        """The lines of the next rows, after the comments that precede them."""
        comments, self.comments = self.comments, []
        return [b"\n".join([*comments, lines[0]]), *lines[1:]]

    def take(self, data: bytes, ended: bool = True) -> Iterator[Record]:
        """The rows of the next piece, which ends with a line; an unfinished quoted row waits for the next piece.

        ended: this is the last piece
        StreamError: a malformed row, or a quote that is not closed.
        """
        data = self.rest + data
        self.rest = b""
        lines = data.split(b"\n")
        last = lines.pop()  # text after the last line end
        if last and ended:
            lines.append(last)
        elif last:
            self.rest = last
        place = 0

        def following() -> Iterator[str]:
            nonlocal place
            while place < len(lines):
                place += 1
                yield lines[place - 1].decode(errors="surrogateescape") + "\n"

        first_line = self.line
        reader = csv.reader(following(), delimiter=self.delimiter, strict=True, skipinitialspace=True)
        while place < len(lines):
            line = lines[place]
            plain = line[:1].isalnum() and place + first_line > 1  # neither blank nor a comment, without a closer look
            if not plain and not filled([line], self.delimiter):
                place += 1
            elif not plain and (line.lstrip().startswith(b"#") or (place == 0 and _EXCEL.fullmatch(line))):
                self._check_comment(first_line + place, lines[place])
                self.comments.append(lines[place])
                place += 1
            else:
                begin = place
                try:
                    fields = _between_blanks(next(following())) if self.delimiter == BLANKS else next(reader)
                except csv.Error as error:
                    if str(error) != "unexpected end of data":
                        wrong = "text behind a closing quote" if "expected after" in str(error) else str(error)
                        raise StreamError(f"{self.name}, line {first_line + begin}: {wrong}") from None
                    self.rest = b"\n".join([*lines[begin:], self.rest])
                    if ended or len(self.rest) > LONGEST:
                        raise StreamError(f"{self.name}, line {first_line + begin}: a quote is not closed") from None
                    self.line = first_line + begin
                    return
                comments, self.comments = self.comments, []
                raw = b"\n".join(lines[begin:place])
                yield Record(first_line + begin, first_line + place, raw, fields, comments)
        self.line = first_line + len(lines)

    def _check_comment(self, line: int, text: bytes) -> None:
        """StreamError: a comment that is a spreadsheet's error or may be a row whose first field begins with #."""
        if value := NO_COMMENT.match(text):
            raise StreamError(
                f"{self.name}, line {line}: not a number: {quoted(value[1].decode())}; "
                f"`grep -v '^ *#'{file_argument(self.name)}` leaves such lines out"
            )
        fields = _fields(text.replace(b"#", b"", 1), self.delimiter) if self._width > 1 else []
        others = [place for place in self._numbers if place]
        if len(fields) != self._width or not others or not all(is_number(fields[place]) for place in others):
            return
        if 0 not in self._numbers or not is_number(fields[0]):
            raise StreamError(
                f"{self.name}, line {line}: a row or a comment? It begins with # and has the fields of a row; "
                f"`grep -v '^ *#'{file_argument(self.name)}` leaves such lines out"
            )


def _fields(line: bytes, delimiter: str) -> list[str]:
    """The fields of a comment line; empty if it has none."""
    try:
        return next((record.fields for record in Records("", delimiter).take(line)), [])
    except StreamError:
        return []


def filled(lines: Iterable[bytes], delimiter: str) -> list[bytes]:
    """The lines that are not blank; a line of tabs is not blank if tabs are delimiters."""
    return [line for line in lines if line.strip(b" ")] if delimiter == "\t" else list(filter(bytes.strip, lines))


def _between_blanks(line: str) -> list[str]:
    if '"' not in line:
        return line.split()
    return [match[2] or match[1].replace('""', '"') for match in _BETWEEN_BLANKS.finditer(line)]


@dataclass(frozen=True)
class Heading:
    """Beginning of a table.

    fields:   of the first row, or the names in a comment above it
    named:    the fields are names of columns
    preamble: lines before the data, comments and header, with line ends
    line:     number of the first line of data
    """

    fields: list[str]
    named: bool
    preamble: bytes
    line: int

    def position(self, column: str, name: str) -> int:
        """Index of a column, from 0. StreamError: no such column, with a list of all."""
        if self.named and column in self.fields:
            if self.fields.count(column) == 1:
                return self.fields.index(column)
            *places, last = (str(place) for place, field in enumerate(self.fields, 1) if field == column)
            raise StreamError(
                f"{name}: {len(places) + 1} columns are named {quoted(column)}: "
                f"give its position, {', '.join(places)} or {last}"
            )
        if column.isdecimal() and 1 <= int(column) <= len(self.fields):
            return int(column) - 1
        raise StreamError(f"{name}: no column {quoted(column)}: {self._known(name, column)}")

    def _known(self, name: str, wanted: str) -> str:
        """The columns that there are: the most similar of many."""
        from difflib import get_close_matches  # imported for a mistake only

        near = get_close_matches(wanted, self.fields, n=3) if len(self.fields) > 10 else []
        if not self.fields:
            return "the file is empty"
        if not self.named:
            width = len(self.fields)
            return f"its {width} columns have no names" if width > 1 else "its only column has no name"
        there = f"there is {', '.join(map(quoted, near or self.fields[:10]))}{', ...' if len(self.fields) > 10 else ''}"
        data = "".join(self.fields).encode(errors="surrogateescape")
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return f"{there}; {not_utf8(data[error.start], name)}"
        return there

    def names(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Names of columns; without a header "1", "2", ..."""
        return tuple(self.fields[place] if self.named else str(place + 1) for place in positions)


def heading(text: Text, delimiter: str, columns: Sequence[str]) -> Heading:
    """The heading of a table, by the rule in the module's docstring.

    StreamError: a number in `columns` may be both a name and a position.
    """
    first = next(iter(first_records(text, delimiter, 1)), None)
    if first is None:
        return Heading([], False, b"", 1)
    above = b"".join(comment + b"\n" for comment in first.comments)
    fields = [field.strip() for field in first.fields]
    if is_header(fields) or any(_names(column, text, delimiter) for column in columns):
        return Heading(fields, True, above + first.raw + b"\n", first.end)
    if first.comments and not all(map(str.isdecimal, columns)):
        comment = first.comments[-1].lstrip().lstrip(b"#").strip()
        names = [field.strip() for field in _fields(comment, delimiter)]
        if len(names) == len(fields) and not {*columns}.isdisjoint(names):
            return Heading(names, True, above, first.line)
    return Heading(fields, False, above, first.line)


def _names(column: str, text: Text, delimiter: str) -> bool:
    """Whether a requested column is a name in a first line that does not look like a header.

    StreamError: a number that may be a position and a name: it is in that line, which has a word above a number.
    """
    records = first_records(text, delimiter, 2)
    first, *below = ([field.strip() for field in row.fields] for row in records)
    if column not in first or all(map(is_number, first)):
        return False
    if not (column.isdecimal() and 1 <= int(column) <= len(first)):
        return True
    pairs = zip(first, *below, strict=False) if below else ()
    if first[int(column) - 1] != column and any(is_name(word) and is_number(under) for word, under in pairs):
        raise StreamError(
            f"{text.name}: {quoted(column)} is a position, and stands in line {records[0].line} as well; "
            f"`tail -n +{records[0].end}{file_argument(text.name)}` leaves that line out"
        )
    return False
