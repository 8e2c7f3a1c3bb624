"""Which output format is meant."""

import os
from typing import Literal, TypeAlias, get_args

from actcli.streams.errors import StreamError
from actcli.streams.output import is_stdout

Format: TypeAlias = Literal["table", "plain", "csv", "json", "npy"]
FORMATS: tuple[Format, ...] = get_args(Format)

_BY_SUFFIX: dict[str, Format] = {".npy": "npy", ".csv": "csv", ".json": "json"}


def resolve_format(requested: str, output_path: str | None, stdout_is_tty: bool, append: bool = False) -> Format:
    """`auto` follows the output file's suffix; without a file: a table on a terminal, plain in a pipe.

    With `append` columns are added to a CSV file, which is CSV whatever its name. Raises StreamError for a format that
    does not exist or does not go with the output.
    """
    to_stdout = is_stdout(output_path)
    if append:
        if requested in ("auto", "csv") and _suffix(output_path) not in (".npy", ".json"):
            return "csv"
        raise StreamError("--append adds columns to CSV: its output is --format csv alone")
    if requested == "auto":
        if to_stdout:
            return "table" if stdout_is_tty else "plain"
        return _BY_SUFFIX.get(_suffix(output_path), "plain")
    for known in FORMATS:
        if requested == known:
            break
    else:
        raise StreamError(f"unknown format {requested!r}: one of auto, {', '.join(FORMATS)}")
    if known == "npy" and to_stdout and stdout_is_tty:
        raise StreamError("npy is not for a terminal: use --output FILE or a pipe")
    if known == "table" and not to_stdout:
        raise StreamError("a table is for the terminal: for a file choose plain, csv, json or npy")
    return known


def _suffix(path: str | None) -> str:
    return os.path.splitext(path or "")[1].lower()
