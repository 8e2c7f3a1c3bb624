"""Which output format is meant."""

import os
from typing import Literal, TypeAlias, get_args

from actcli.streams.errors import StreamError
from actcli.streams.output import is_stdout

Format: TypeAlias = Literal["table", "plain", "csv", "json", "npy"]
FORMATS: tuple[Format, ...] = get_args(Format)

_BY_SUFFIX: dict[str, Format] = {".npy": "npy", ".csv": "csv", ".json": "json"}


def resolve_format(requested: str, output_path: str | None, stdout_is_tty: bool) -> Format:
    """`auto` follows the output file's suffix; without a file: a table on a terminal, plain in a pipe.

    Raises StreamError for a format that does not exist or does not go with the output.
    """
    to_stdout = is_stdout(output_path)
    if requested == "auto":
        if to_stdout:
            return "table" if stdout_is_tty else "plain"
        return _BY_SUFFIX.get(os.path.splitext(output_path or "")[1].lower(), "plain")
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
