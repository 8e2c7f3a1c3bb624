"""Output formats, and their choice."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Literal, Protocol, TypeAlias, get_args

from actcli.streams.blocks import Block, Source, Values
from actcli.streams.files import StreamError, is_replaced, is_stdout, open_file

OutputFormat: TypeAlias = Literal["table", "plain", "csv", "tsv", "json", "npy"]
OUTPUT_FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)

_BY_SUFFIX: dict[str, OutputFormat] = {".npy": "npy", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json"}

# Suffix to suggest -> suffixes of formats that are not written.
_INSTEAD = {
    ".csv": ".xlsx .xls .ods .parquet .feather .arrow .orc .db .sqlite .sqlite3 .dta .sav .rds .rda .html .htm .xml",
    ".npy": ".npz .h5 .hdf5 .mat .nc .zarr .pkl .pickle .joblib .pt .pth .safetensors .onnx .bin",
    ".json": ".jsonl .ndjson .yaml .yml .toml",
    ".txt": ".pdf .docx .doc .md .tex .rst",
    "picture": ".svg .png .jpg .jpeg .gif .webp .bmp .eps .ps .tif .tiff",
    "packed": ".gz .bz2 .xz .zst .zip .tar .tgz .7z .lz4",
}
_FOREIGN = {suffix: instead for instead, suffixes in _INSTEAD.items() for suffix in suffixes.split()}


def resolve_format(requested: str, output_path: str | None, stdout_is_tty: bool, append: bool = False) -> OutputFormat:
    """The output format. `auto` follows the output file's suffix; without a file: a table on a terminal, else plain.

    append: the output is CSV with any name.
    StreamError: no such format, one that does not fit the output, or a suffix of a format that is not written.
    """
    to_stdout = is_stdout(output_path)
    if requested == "auto":
        refuse_foreign_suffix(output_path)
    if append:
        wanted = _BY_SUFFIX.get(_suffix(output_path), "csv") if requested == "auto" else requested
        if wanted in ("csv", "tsv"):
            return "tsv" if wanted == "tsv" else "csv"
        raise StreamError("--append adds columns to CSV: its output is --format csv or tsv")
    if requested == "auto":
        if to_stdout:
            return "table" if stdout_is_tty else "plain"
        return _BY_SUFFIX.get(_suffix(output_path), "plain")
    for known in OUTPUT_FORMATS:
        if requested == known:
            break
    else:
        raise StreamError(f"unknown format {requested!r}: one of auto, {', '.join(OUTPUT_FORMATS)}")
    if known == "npy" and to_stdout and stdout_is_tty:
        raise StreamError("npy is not for a terminal: use --output FILE or a pipe")
    if known == "table" and not to_stdout:
        raise StreamError("a table is for the terminal: for a file choose plain, csv, tsv, json or npy")
    return known


def refuse_foreign_suffix(path: str | None) -> None:
    """StreamError: the suffix of a format that is not written."""
    suffix = _suffix(path)
    if path is None or suffix not in _FOREIGN:
        return
    stem, instead = os.path.splitext(path)[0], _FOREIGN[suffix]
    if instead == "packed":
        instead = "" if _suffix(stem) in _BY_SUFFIX else ".txt"
        raise StreamError(f"{path}: {suffix} is not written; {stem}{instead} is, and can be packed")
    if instead == "picture":
        raise StreamError(f"{path}: {suffix} is for pictures, such as plot --save writes; numbers go to {stem}.csv")
    raise StreamError(f"{path}: {suffix} is not written; {stem}{instead} is")


def _suffix(path: str | None) -> str:
    return os.path.splitext(path or "")[1].lower()


class Writer(Protocol):
    """Writer of results, block by block."""

    def write(self, block: Block, results: Values) -> None:
        """Write the results of one block: of the shape of its values, or a matrix for each row.

        Several functions have a second axis: a row for each number, or a matrix for each row.
        """

    def finish(self) -> None:
        """Write the rest after the last block."""


@contextmanager
def open_output(
    path: str | None,
    output_format: OutputFormat,
    source: Source,
    dtype: str = "float64",
    functions: Sequence[str] = ("",),
) -> Iterator[Writer]:
    """The writer of a source's results to a file or to stdout, as plain text, CSV, TSV or .npy.

    dtype:     of the .npy array
    functions: names for the columns of CSV, with --append or for several functions
    The file is complete at the end of the with-block, and absent after an exception (see `open_file`). Tables and JSON
    need all results at once: see `collect` and `write_json`.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        writer: Writer
        if output_format == "plain":
            from actcli.streams.text import PlainWriter

            writer = PlainWriter(file)
        elif output_format in ("csv", "tsv"):
            from actcli.streams.csv_format import CsvWriter

            writer = CsvWriter(file, source, functions, ".tsv" if output_format == "tsv" else _suffix(path))
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
