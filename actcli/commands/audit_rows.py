"""Audits of row-wise activations: rows that are made here or read, results that are called for or read."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from actcli.commands.numbers import bits_of
from actcli.core.activations.activation import RowWise
from actcli.core.arrays import Array
from actcli.core.audit.report import Source as AuditSource
from actcli.core.audit.rows import RowAudit, RowAuditor, row_sweep
from actcli.core.numerics.formats import round_to
from actcli.streams.files import StreamError
from actcli.streams.options import TableOptions
from actcli.streams.typed import open_typed, pairs

if TYPE_CHECKING:
    from actcli.commands.audit_sources import Job, Settings

Answers = Callable[[Array, tuple[int, ...]], tuple[Array, AuditSource]]
"""(rows, shape of the results) -> results, and what gave them."""


def called_rows(job: "Job", settings: "Settings", answers: Answers) -> RowAudit:
    """The audit on rows of --input, or on those that are made here."""
    auditor, source = _auditor(job, settings), None
    for rows in _rows(job, settings):
        results, source = answers(rows, (len(rows), _width(job, rows)))
        auditor.add(rows, results)
    return replace(auditor.result(), source=source)


def read_rows(job: "Job", settings: "Settings", actual_path: str, actual_table: TableOptions) -> RowAudit:
    """The results of a file for the rows of another."""
    assert settings.input_path is not None
    auditor, rounded = _auditor(job, settings), partial(round_to, dtype=job.dtype)
    with ExitStack() as stack:
        rows, actual = (
            stack.enter_context(open_typed(path, bits_of(job.dtype), rounded, table, rowwise=True))
            for path, table in ((settings.input_path, settings.table), (actual_path, actual_table))
        )
        for x, y in pairs(rows, actual):
            auditor.add(x, y)
    return auditor.result()


def emit_rows(job: "Job", path: str) -> None:
    """Writes rows to audit on, a line each."""
    from actcli.streams.blocks import Source, row_blocks
    from actcli.streams.formats import open_output, refuse_foreign_suffix

    refuse_foreign_suffix(path)
    if path.lower().endswith((".npy", ".json")):
        raise StreamError(f"{path}: rows of several widths are written as text; {path[:-4].rstrip('.')}.txt is")
    with open_output(path, "plain", Source("inputs", (), rowwise=True), job.dtype) as writer:
        for rows in row_sweep(_row_wise(job), job.dtype):
            for block in row_blocks(rows):
                writer.write(block, block.values)


def _row_wise(job: "Job") -> RowWise:
    assert isinstance(job.activation, RowWise)
    return job.activation


def _auditor(job: "Job", settings: "Settings") -> RowAuditor:
    gelu = None
    if job.activation.name == "geglu" and job.dtype == "float64":
        from actcli.core.activations.catalogue import CATALOGUE
        from actcli.multiprecision.reference import doubled

        gelu = doubled(CATALOGUE["gelu"])  # type: ignore[arg-type] # which is elementwise
    return RowAuditor(_row_wise(job), job.dtype, flush_subnormals=settings.flush_subnormals, gelu=gelu)


def _rows(job: "Job", settings: "Settings") -> list[Array]:
    """Arrays of shape (n, m)."""
    if settings.input_path is None:
        return row_sweep(_row_wise(job), job.dtype)
    rounded = partial(round_to, dtype=job.dtype)
    with open_typed(settings.input_path, bits_of(job.dtype), rounded, settings.table, rowwise=True) as rows:
        return [*rows.blocks()]


def _width(job: "Job", rows: Array) -> int:
    return int(job.activation(rows[:1]).shape[-1])
