"""The writer that goes with an output format."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from actcli.streams.blocks import Block, Source, Values
from actcli.streams.formats import Format
from actcli.streams.output import is_replaced, open_file


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
            from actcli.streams.npy_writing import NpyWriter

            body = file
            if source.shape is None and not is_replaced(path):
                import tempfile

                body = stack.enter_context(tempfile.TemporaryFile())
            writer = NpyWriter(file, source, dtype, body)
        else:
            raise ValueError(f"{output_format} is not written block by block")
        yield writer
        writer.finish()
