"""The options that describe a table in a file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actcli.streams.files import StreamError

BLANKS = " "
"""The delimiter that stands for a run of blanks and tabs."""

_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "blank": BLANKS, "space": BLANKS}


def delimiter_of(text: str | None) -> str | None:
    """The character that --delimiter names, or is. Raises StreamError for characters of numbers."""
    if text is None:
        return None
    delimiter = _NAMED_DELIMITERS.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '+-.#"\n\r\0':
        raise StreamError(f"--delimiter takes one character that no number holds, such as ';' or tab, not {text!r}")
    return delimiter


@dataclass(frozen=True)
class Bits:
    """How the bits of a floating-point type are read: 0xbf80 in a text, or a raw file of them.

    dtype:   the type's name
    width:   bits of one number, 8, 16, 32 or 64
    numbers: an array of whole numbers below 2^width -> the numbers with these bits
    """

    dtype: str
    width: int
    numbers: Callable[[Any], Any]


@dataclass(frozen=True)
class TableOptions:
    """What the user says about a table, and what the option is called that asks for its columns.

    columns:        by name, or by position from 1; all when there are none
    delimiter:      a single character; BLANKS for a run of blanks; None to find it
    missing_is_nan: an empty cell, NA and their like are read as nan
    keep_lines:     the lines will be written again
    bits:           what a bit pattern in the text is read as; None where the numbers have no type
    """

    columns: tuple[str, ...] = ()
    delimiter: str | None = None
    missing_is_nan: bool = False
    keep_lines: bool = False
    column_option: str = "--column"
    bits: Bits | None = None

    @property
    def given(self) -> str:
        """The first option that says that it is a table; empty when none does."""
        options = {self.column_option: self.columns, "--append": self.keep_lines, "--delimiter": self.delimiter}
        return next((name for name, value in options.items() if value), "")


NO_TABLE = TableOptions()

TABLES = {".csv": None, ".tsv": "\t", ".tab": "\t"}
"""Suffixes of tables, and what separates the fields; None where the first rows tell."""
