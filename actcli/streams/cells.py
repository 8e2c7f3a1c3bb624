"""Cells of a user's file: numbers, missing values, words."""

import re
from collections.abc import Sequence
from math import copysign, inf, nan

import numpy as np

from actcli.streams.encoding import file_argument, not_utf8
from actcli.streams.options import Bits

_SHOWN = 40  # most characters of a bad token in an error message

# Common marks of a missing value; "" is the empty cell. nan is also a number.
_MISSING = {"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "nil", "missing", "?", ".", "-", "--"}
_MISSING_CLASS = {"", "na", "n/a", "#n/a", "<na>", "nan", "null", "?"}
_TRUTH = {"true", "false"}

# Beginning of an amount: a digit, after signs and currencies: 1st, -3, $5, (7), <0.1, 12:30.
_AMOUNT = re.compile(r"[\s'\"(<>=~≤≥≈]*[-+−±]?\s*[$€£¥₹₽¢]?\s*[-+−]?\.?[\d½¼¾]")
_SIGN_OR_CURRENCY = re.compile(r"[-+−±$€£¥₹₽¢]")

_ERRORS = rb"#(?:N/A|DIV/0!|NUM!|VALUE!|REF!|NAME\?|NULL!)|[-+]?\d+\.#(?:INF|IND|QNAN|SNAN)\w*"
NO_COMMENT = re.compile(rb"(?im)^[^#\n]*?(" + _ERRORS + rb")")
"""A value at the first # of a line: a spreadsheet's error, or C's 1.#INF."""

_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?")


_MINUS = re.compile(r"[−–](?=\d|\.\d|inf)", re.IGNORECASE)
"""A minus sign or a dash that typesetting made of a hyphen."""

_HEXADECIMAL = re.compile(r"[-+]?0[xX]([0-9a-fA-F]*\.?[0-9a-fA-F]*)([pP][-+]?\d+)?")


def parse(token: str, bits: Bits | None = None) -> float:
    """The number of a token: a text for Python's float() without underscores, a hexadecimal float, or a bit pattern.

    A point or an exponent makes a hexadecimal float: 0x1.8p-3, 0x1.8. A bit pattern, 0xbf80, has the number of digits
    of the type `bits`, and no sign. ValueError: another token; the message is for the user.
    """
    try:
        if "_" not in token:
            return float(token)
    except ValueError:
        pass
    if (typed := _MINUS.sub("-", token).strip()) and typed != token:  # float() keeps \x1c to \x1f, which strip() takes
        return parse(typed, bits)
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
    except OverflowError:  # inf, like 1e999
        return copysign(inf, -1.0 if token[0] == "-" else 1.0)


def is_hexadecimal(token: str) -> bool:
    """Whether the token is a hexadecimal float or looks like a bit pattern."""
    match = _HEXADECIMAL.fullmatch(token)
    return bool(match and match[1].strip("."))


def _hexadecimal_way_out(token: str, bits: Bits | None) -> str:
    """Advice on a hexadecimal token: the forms that are read; empty for other tokens."""
    if not is_hexadecimal(token):
        return ""
    floats = f"{quoted(f'{token}p0')[1:-1]} is a hexadecimal float"
    return floats if bits is None else f"the bits of a {bits.dtype} are 0x and {bits.width // 4} digits; {floats}"


def is_number(token: str) -> bool:
    """Whether `parse` reads the token."""
    try:
        parse(token)
    except ValueError:
        return False
    return True


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value: it is empty, NA, null, - or the like."""
    return cell.strip().casefold() in _MISSING


def is_missing_class(cell: str) -> bool:
    """`is_missing` for the name of a class, which may be - or None."""
    return cell.strip().casefold() in _MISSING_CLASS


def to_number(cell: str, missing_is_nan: bool, bits: Bits | None = None) -> float:
    """Like `parse`, and nan for a missing value if missing_is_nan."""
    return nan if missing_is_nan and is_missing(cell) else parse(cell, bits)


def is_name(field: str) -> bool:
    """Whether a field can only be a name: no number, no beginning of one, no missing value, not true or false."""
    field = field.strip()
    return not (is_missing(field) or is_number(field) or _AMOUNT.match(field) or field.casefold() in _TRUTH)


def is_header(fields: Sequence[str]) -> bool:
    """Whether the fields of a first line are names of columns.

    At least one field must be a name, and none may be a number, begin like one (a digit, after a sign or a currency),
    or be a missing value, true or false. An empty field may be the name of an index. A line that begins with a sign or
    a currency has no names.
    """
    filled = [field for field in map(str.strip, fields) if field]
    return bool(filled) and not _SIGN_OR_CURRENCY.match(filled[0]) and all(map(is_name, filled))


def has_decimal_comma(cell: str) -> bool:
    return _DECIMAL_COMMA.fullmatch(cell.strip()) is not None


def has_thousands(cell: str) -> bool:
    """Whether a cell has separators of thousands: 1,234 and 1.234.567,89."""
    return _THOUSANDS.fullmatch(cell.strip()) is not None


def quoted(token: str) -> str:
    """A token in an error message: short, without control characters."""
    return repr(token if len(token) <= _SHOWN else token[:_SHOWN] + "...")


def split_cells(line: str) -> list[str]:
    """Cells of a line, split at blanks and at commas; two commas enclose an empty cell."""
    parts = line.split(",")
    return line.split() if len(parts) == 1 else [cell for part in parts for cell in part.split() or [""]]


def decimal_comma(name: str) -> str:
    """Advice for a text with decimal commas."""
    return f"a decimal comma? `tr , .{file_argument(name, '< ')}` makes points of them"


def delimiter_option(cell: str) -> str:
    """The --delimiter that splits the cell into numbers; empty if none does."""
    for delimiter, option in {";": "';'", "\t": "tab", "|": "'|'", " ": "blank"}.items():
        parts = cell.split(None if delimiter == " " else delimiter)
        if len(parts) > 1 and all(map(is_number, parts)):
            return f"--delimiter {option} splits it"
    return ""


def is_text(cell: str) -> bool:
    """Whether the cell's bytes were UTF-8; other bytes are surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in cell)


def complaint(cell: str, name: str, column: str = "") -> str:
    """Error message for a cell that is no number."""
    data = cell.encode(errors="surrogateescape")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return not_utf8(data[error.start], name)
    what = f"not a number: {quoted(cell.strip())}" if cell.strip() else "an empty cell"
    return f"{what} in column {column if column.isprintable() else quoted(column)}" if column else what


def way_out(cell: str, name: str, delimiter: str = ",", bits: Bits | None = None) -> str:
    """Advice for a cell that is no number; empty if there is none.

    delimiter: of the cells: if it is not a comma, a comma in a cell may be a decimal comma
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
