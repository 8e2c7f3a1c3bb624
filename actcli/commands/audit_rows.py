"""Audits of row-wise activations: rows from a sweep or a file, results from an implementation or a file."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import partial

from actcli.commands.numbers import bits_of
from actcli.core.activations.activation import RowWise
from actcli.core.arrays import Array
from actcli.core.audit.report import Source
from actcli.core.audit.rows import RowAudit, RowAuditor, row_sweep
from actcli.core.numerics.formats import round_to
from actcli.streams.files import StreamError
from actcli.streams.options import NO_TABLE, TableOptions
from actcli.streams.typed import Typed, open_typed, pairs

Answers = Callable[[Array, tuple[int, ...]], tuple[Array, Source]]
"""(rows, shape of the results) -> results and their source."""


@dataclass(frozen=True)
class Rows:
    """The rows of an audit: from a file, or without one from `row_sweep`."""

    activation: RowWise
    dtype: str
    flush_subnormals: bool = False
    input_path: str | None = None
    table: TableOptions = NO_TABLE

    def auditor(self) -> RowAuditor:
        gelu = None
        if self.activation.name == "geglu" and self.dtype == "float64":
            from actcli.multiprecision.reference import doubled_gelu

            gelu = doubled_gelu()
        return RowAuditor(self.activation, self.dtype, flush_subnormals=self.flush_subnormals, gelu=gelu)

    def arrays(self) -> list[Array]:
        """Arrays of rows, each of shape (n, m)."""
        if self.input_path is None:
            return row_sweep(self.activation, self.dtype)
        with self.opened(self.input_path, self.table) as rows:
            return [*rows.blocks()]

    def opened(self, path: str, table: TableOptions) -> AbstractContextManager[Typed]:
        rounded = partial(round_to, dtype=self.dtype)
        return open_typed(path, bits_of(self.dtype), rounded, table, rowwise=True)


def called_rows(given: Rows, answers: Answers) -> RowAudit:
    """The audit of an implementation."""
    auditor, source = given.auditor(), None
    for rows in given.arrays():
        width = given.activation(rows[:1]).shape[-1]
        results, source = answers(rows, (len(rows), width))
        auditor.add(rows, results)
    return replace(auditor.result(), source=source)


def read_rows(given: Rows, actual_path: str, actual_table: TableOptions) -> RowAudit:
    """The audit of results in a file, for rows in another."""
    assert given.input_path is not None
    auditor = given.auditor()
    with ExitStack() as stack:
        rows = stack.enter_context(given.opened(given.input_path, given.table))
        actual = stack.enter_context(given.opened(actual_path, actual_table))
        for x, y in pairs(rows, actual):
            auditor.add(x, y)
    return auditor.result()


def emit_rows(given: Rows, path: str) -> None:
    """Write the rows of an audit, one per line."""
    from actcli.streams.blocks import Source as Lines
    from actcli.streams.blocks import row_blocks
    from actcli.streams.formats import open_output, refuse_foreign_suffix

    stem, dot, suffix = path.rpartition(".")
    if dot and suffix.lower() in ("npy", "json", "bin"):
        raise StreamError(f"{path}: rows of several widths are written as text; {stem}.txt is")
    refuse_foreign_suffix(path)
    with open_output(path, "plain", Lines("inputs", (), rowwise=True), given.dtype) as writer:
        for rows in given.arrays():
            for block in row_blocks(rows):
                writer.write(block, block.values)
