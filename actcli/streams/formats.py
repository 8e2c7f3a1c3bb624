"""Which output format is meant."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal, Protocol, TypeAlias, get_args

from actcli.streams.blocks import Block, Source, Values
from actcli.streams.files import StreamError, is_replaced, is_stdout, open_file

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


class Writer(Protocol):
    """What takes the results of a stream."""

    def write(self, block: Block, results: Values) -> None:
        """The results of one block: of the shape of its values, or for each row a matrix."""

    def finish(self) -> None:
        """What is left to be written after the last block."""


@contextmanager
def open_output(
    path: str | None, output_format: Format, source: Source, dtype: str = "float64", function: str = ""
) -> Iterator[Writer]:
    """Writes a source's results, block by block, to a file or to stdout as plain text, CSV or .npy.

    The file comes into being when the with-block ends, and not at all when it ends with an exception (see
    `open_file`). `dtype` is the type of the .npy array, `function` names the columns that are appended to CSV. Tables
    and JSON need all results at once: see `collect` and `write_json`.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        writer: Writer
        if output_format == "plain":
            from actcli.streams.text import PlainWriter

            writer = PlainWriter(file)
        elif output_format == "csv":
            from actcli.streams.csv_format import CsvWriter

            writer = CsvWriter(file, source, function)
        elif output_format == "npy":
            from actcli.streams.npy import NpyWriter

            body = file
            if source.shape is None and not is_replaced(path):
                import tempfile

                body = stack.enter_context(tempfile.TemporaryFile())
            writer = NpyWriter(file, source, dtype, body)
        else:
            raise ValueError(f"{output_format} is not written block by block")
        yield writer
        writer.finish()
