"""Options for tables in files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actcli.streams.files import StreamError

BLANKS = " "
"""Delimiter for a run of blanks and tabs."""

_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "blank": BLANKS, "space": BLANKS}


def delimiter_of(text: str | None) -> str | None:
    """The character of --delimiter, given by itself or by name. StreamError: a character of numbers, or several."""
    if text is None:
        return None
    delimiter = _NAMED_DELIMITERS.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '+-.#"\n\r\0':
        raise StreamError(f"--delimiter takes one character that no number holds, such as ';' or tab, not {text!r}")
    return delimiter


@dataclass(frozen=True)
class Bits:
    """Reader of bit patterns of a floating-point type: 0xbf80 in a text, or raw files.

    dtype:   the type's name
    width:   bits of a number: 8, 16, 32 or 64
    numbers: array of whole numbers below 2^width -> the numbers with these bits
    """

    dtype: str
    width: int
    numbers: Callable[[Any], Any]


@dataclass(frozen=True)
class TableOptions:
    """The user's options for a table.

    columns:        names, or positions from 1; empty: all
    delimiter:      a single character; BLANKS for runs of blanks; None: found automatically
    missing_is_nan: empty cells, NA and the like are nan
    keep_lines:     keep the lines, for --append
    column_option:  name of the option for `columns`
    bits:           reader of bit patterns in a text; None for numbers without a type
    """

    columns: tuple[str, ...] = ()
    delimiter: str | None = None
    missing_is_nan: bool = False
    keep_lines: bool = False
    column_option: str = "--column"
    bits: Bits | None = None

    @property
    def given(self) -> str:
        """The first option given that is for tables only; empty if there is none."""
        options = {self.column_option: self.columns, "--append": self.keep_lines, "--delimiter": self.delimiter}
        return next((name for name, value in options.items() if value), "")


NO_TABLE = TableOptions()

TABLES = {".csv": None, ".tsv": "\t", ".tab": "\t"}
"""Suffix of a table -> its delimiter; None: found automatically."""
