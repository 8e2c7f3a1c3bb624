"""The content of a cell of a user's file: a number, nothing, or a word."""

import re
from collections.abc import Sequence
from math import copysign, inf, nan

import numpy as np

from actcli.streams.encoding import file_argument, not_utf8
from actcli.streams.options import Bits

_SHOWN = 40  # characters of a bad token that an error message repeats

# Common marks of a missing value, none of which is a number; "" is the empty cell.
_MISSING = {"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "nil", "missing", "?", ".", "-", "--"}
_MISSING_CLASS = {"", "na", "n/a", "#n/a", "<na>", "nan", "null", "?"}
_TRUTH = {"true", "false"}

# How an amount begins: a digit, after signs and currencies: 1st, -3, $5, (7), <0.1, 12:30.
_AMOUNT = re.compile(r"[\s'\"(<>=~≤≥≈]*[-+−±]?\s*[$€£¥₹₽¢]?\s*[-+−]?\.?[\d½¼¾]")
_SIGN_OR_CURRENCY = re.compile(r"[-+−±$€£¥₹₽¢]")

_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?")


_HEXADECIMAL = re.compile(r"[-+]?0[xX]([0-9a-fA-F]*\.?[0-9a-fA-F]*)([pP][-+]?\d+)?")


def parse(token: str, bits: Bits | None = None) -> float:
    """What Python's float() reads, underscores excepted, and hexadecimal floats; of a type its bit patterns too.

    0x1.8p-3 and 0x1.8 are hexadecimal floats, by their point or their exponent. 0xbf80 is a bit pattern: as many digits
    as the type has, without a sign. Otherwise a ValueError, worded for the user.
    """
    try:
        if "_" not in token:
            return float(token)
    except ValueError:
        pass
    if (match := _HEXADECIMAL.fullmatch(token)) and match[1].strip("."):
        if "." in match[1] or match[2]:
            return _from_hexadecimal(token)
        if bits is not None and token[0] == "0" and 4 * len(match[1]) == bits.width:
            return float(bits.numbers(np.array([int(token, 16)], dtype=np.uint64))[0])
    out = _hexadecimal_way_out(token, bits)
    raise ValueError(f"not a number: {quoted(token)}{out and '; '}{out}")


def _from_hexadecimal(token: str) -> float:
    try:
        return float.fromhex(token)
    except OverflowError:  # as 1e999 is
        return copysign(inf, -1.0 if token[0] == "-" else 1.0)


def is_hexadecimal(token: str) -> bool:
    """Whether it is a hexadecimal float, or looks like the bits of one."""
    match = _HEXADECIMAL.fullmatch(token)
    return bool(match and match[1].strip("."))


def _hexadecimal_way_out(token: str, bits: Bits | None) -> str:
    """What a hexadecimal number would have to be; an empty string for what is none."""
    if not is_hexadecimal(token):
        return ""
    floats = f"{quoted(f'{token}p0')[1:-1]} is a hexadecimal float"
    return floats if bits is None else f"the bits of a {bits.dtype} are 0x and {bits.width // 4} digits; {floats}"


def is_number(token: str) -> bool:
    """Whether `parse` reads it."""
    try:
        parse(token)
    except ValueError:
        return False
    return True


def is_missing(cell: str) -> bool:
    """Whether it stands for a value that is not known: an empty cell, NA, null, - and their like."""
    return cell.strip().casefold() in _MISSING


def is_missing_class(cell: str) -> bool:
    """The same of the name of a class, which may well be - or None."""
    return cell.strip().casefold() in _MISSING_CLASS


def to_number(cell: str, missing_is_nan: bool, bits: Bits | None = None) -> float:
    """Like `parse`, and nan for a missing value where that is wanted."""
    return nan if missing_is_nan and is_missing(cell) else parse(cell, bits)


def is_name(field: str) -> bool:
    """Whether it can only be a name: no number, nothing that begins like one, no missing value, not true or false."""
    field = field.strip()
    return not (is_missing(field) or is_number(field) or _AMOUNT.match(field) or field.casefold() in _TRUTH)


def is_header(fields: Sequence[str]) -> bool:
    """Whether a first line holds the names of the columns.

    It does when at least one field is a name, and none is a number, begins like one (a digit, after a sign or a
    currency), or says that a value is missing or true. An empty field may be the name of an index. A line that
    begins with a sign or a currency holds no names.
    """
    filled = [field for field in map(str.strip, fields) if field]
    return bool(filled) and not _SIGN_OR_CURRENCY.match(filled[0]) and all(map(is_name, filled))


def has_decimal_comma(cell: str) -> bool:
    return _DECIMAL_COMMA.fullmatch(cell.strip()) is not None


def has_thousands(cell: str) -> bool:
    """1,234 and 1.234.567,89."""
    return _THOUSANDS.fullmatch(cell.strip()) is not None


def quoted(token: str) -> str:
    """The token for an error message: short, without control characters."""
    return repr(token if len(token) <= _SHOWN else token[:_SHOWN] + "...")


def split_cells(line: str) -> list[str]:
    """Split at blanks, and at commas with or without blanks around them; between two commas is an empty cell."""
    parts = line.split(",")
    return line.split() if len(parts) == 1 else [cell for part in parts for cell in part.split() or [""]]


def decimal_comma(name: str) -> str:
    """The way out of a text with decimal commas."""
    return f"a decimal comma? `tr , .{file_argument(name, '< ')}` makes points of them"


def delimiter_option(cell: str) -> str:
    """The option that splits the cell into numbers; an empty string where none does."""
    for delimiter, option in {";": "';'", "\t": "tab", "|": "'|'", " ": "blank"}.items():
        parts = cell.split(None if delimiter == " " else delimiter)
        if len(parts) > 1 and all(map(is_number, parts)):
            return f"--delimiter {option} splits it"
    return ""


def is_text(cell: str) -> bool:
    """Whether its bytes were UTF-8; others stand in it as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in cell)


def complaint(cell: str, name: str, column: str = "") -> str:
    """What is wrong with a cell of that file which is no number."""
    data = cell.encode(errors="surrogateescape")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return not_utf8(data[error.start], name)
    what = f"not a number: {quoted(cell.strip())}" if cell.strip() else "an empty cell"
    return f"{what} in column {column if column.isprintable() else quoted(column)}" if column else what


def way_out(cell: str, name: str, delimiter: str = ",", bits: Bits | None = None) -> str:
    """What to do about it; an empty string where only the author of the file knows.

    delimiter: what separates the cells, which says whether a comma in one may be a decimal comma
    """
    if not is_text(cell):
        return ""
    if is_missing(cell):
        return "--missing nan reads it as nan"
    if out := _hexadecimal_way_out(cell.strip(), bits):
        return out
    if has_thousands(cell):
        return "write it without separators for thousands"
    if has_decimal_comma(cell):
        return "write it with a decimal point" if delimiter == "," else decimal_comma(name)
    return ""
