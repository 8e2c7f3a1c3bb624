"""actcli audit ACT"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from math import isnan, prod
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands.numbers import table_options
from actcli.commands.options import (
    Act,
    Ascii,
    Columns,
    Delimiter,
    Dtype,
    Input,
    Missing,
    Order,
    ReportFormat,
    Save,
    Size,
    Theme,
    dimensions,
)
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.audit.auditor import Auditor, MakeReference
from actcli.core.audit.inputs import audited, sweep
from actcli.core.audit.report import Audit
from actcli.core.audit.sides import ExactSigns
from actcli.core.audit.ulp import Signs
from actcli.core.errors import InputError, count
from actcli.core.numerics.formats import round_to
from actcli.streams.files import StreamError, complain
from actcli.streams.options import TableOptions

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal


def run(
    act: Act,
    dtype: Dtype = "float32",
    emit_inputs: Annotated[
        str | None,
        typer.Option("--emit-inputs", metavar="FILE", help="Write the inputs to audit on, .npy or text, and stop."),
    ] = None,
    infinities: Annotated[bool, typer.Option("--infinities", help="Write -inf and inf among the inputs too.")] = False,
    input_path: Input = None,
    actual_path: Annotated[
        str | None, typer.Option("--actual", metavar="FILE", help="The results for them, in the same order.")
    ] = None,
    columns: Columns = None,
    actual_columns: Annotated[
        list[str] | None,
        typer.Option("--actual-column", metavar="NAME|N", help="A column of --actual; repeat for more."),
    ] = None,
    delimiter: Delimiter = None,
    missing: Missing = "error",
    order: Order = 0,
    flush_subnormals: Annotated[
        bool, typer.Option("--flush-subnormals", help="Subnormal inputs and results are zero (DAZ, FTZ).")
    ] = False,
    segments: Annotated[
        str | None,
        typer.Option("--segments", metavar="X,...", help="Where segments meet; found when not given."),
    ] = None,
    max_ulp: Annotated[
        float | None, typer.Option("--max-ulp", metavar="X", min=0.0, help="Exit code 1 beyond this ULP error.")
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option("--max-steps", metavar="N", min=0, help="Exit code 1 when results are more steps off.")
    ] = None,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """Results of somebody else's implementation against the exact ones, for inputs and results of one --dtype (float64
    takes the extra actcli[audit]). ulp: |actual - exact| in spacings of the type at the exact result. steps: how many
    representable numbers the result is from the correctly rounded exact one.

    Example: actcli audit gelu --dtype bfloat16 --input x.npy --actual y.npy --max-ulp 2
    """
    activation, drawing = resolve(act), Drawing(dimensions(size), ascii_only, save, theme)
    if max_ulp is not None and isnan(max_ulp):
        raise InputError("--max-ulp: must be a number, not nan")
    if emit_inputs is not None:
        if input_path is not None or actual_path is not None or columns or actual_columns:
            raise InputError("--emit-inputs writes inputs; auditing results for them is a second run")
        _emit(sweep(activation, dtype, order, infinities), dtype, emit_inputs)
        return
    if infinities:
        raise InputError("--infinities goes with --emit-inputs, which writes the inputs")
    if input_path is None or actual_path is None:
        raise InputError(
            "an audit takes --input FILE and --actual FILE; --emit-inputs FILE writes inputs to begin with"
        )
    if input_path == actual_path == "-":
        raise InputError("--input and --actual cannot both be stdin: write one of them to a file")
    activation = audited(activation)
    auditor = Auditor(
        activation,
        dtype,
        order=order,
        flush_subnormals=flush_subnormals,
        segments=None if segments is None else _numbers(segments),
        exact=_float64_reference(activation, order, flush_subnormals) if dtype == "float64" else None,
        ask=_ask(activation, order),
    )
    tables = (
        table_options(columns, delimiter, missing),
        table_options(actual_columns, delimiter, missing, column_option="--actual-column"),
    )
    audit = _audit(auditor, (input_path, actual_path), tables)
    _print(audit, output_format, drawing)
    if audit.exceeds(max_ulp, max_steps):
        complain(_failure(audit, max_ulp, max_steps))
        raise typer.Exit(1)


def _emit(inputs: Array, dtype: str, path: str) -> None:
    from actcli.streams.blocks import Block, Source, equal_lines
    from actcli.streams.formats import open_output, refuse_foreign_suffix

    refuse_foreign_suffix(path)
    if path.lower().endswith(".json"):
        raise StreamError(f"{path}: inputs are written as .npy or text; {path[:-5]}.npy is")
    source = Source("inputs", (), shape=inputs.shape)
    with open_output(path, "npy" if path.lower().endswith(".npy") else "plain", source, dtype) as writer:
        writer.write(Block(inputs, equal_lines(len(inputs), 1)), inputs)


def _float64_reference(activation: Elementwise, order: int, flush: bool) -> MakeReference:
    from actcli.multiprecision import float64_reference

    return float64_reference(activation, order, flush)


def _ask(activation: Elementwise, order: int) -> ExactSigns:
    """mpmath's word on ties, imported when it is asked for."""

    def ask(x: Array, y: Array) -> Signs:
        from actcli.multiprecision import exact_signs

        return exact_signs(activation, order)(x, y)

    return ask


def _audit(auditor: Auditor, paths: tuple[str, str], tables: tuple[TableOptions, TableOptions]) -> Audit:
    from actcli.core.audit.diagnosis import FLUSHED, diagnose
    from actcli.streams.typed import open_typed, pairs

    rounded = partial(round_to, dtype=auditor.dtype)
    with ExitStack() as stack:
        inputs, actual = (
            stack.enter_context(open_typed(path, auditor.dtype, rounded, table))
            for path, table in zip(paths, tables, strict=True)
        )
        blocks: Iterable[tuple[Array, Array]] = pairs(inputs, actual)
        if sys.stderr.isatty() and inputs.source.shape is not None:
            from actcli.views.progress import progress

            # The reference for float64 is slow, and shall be seen to move.
            size = 256 if auditor.dtype == "float64" else 1 << 16
            blocks = progress(_cut(blocks, size), prod(inputs.source.shape) // size, auditor.activation.label)
        for x, y in blocks:
            auditor.add(x, y)
    audit = auditor.result()
    diagnosis = diagnose(audit, auditor.activation)
    if diagnosis == FLUSHED and (rest := audit.max_steps_when_flushed) is not None:
        diagnosis += f": with --flush-subnormals the largest error is {rest:,.0f} step{'s' * (rest != 1)}"
    return replace(audit, diagnosis=diagnosis)


def _cut(blocks: Iterable[tuple[Array, Array]], size: int) -> Iterator[tuple[Array, Array]]:
    for x, y in blocks:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


def _numbers(text: str) -> list[float]:
    from actcli.streams.cells import parse

    try:
        return [parse(token) for token in text.replace(",", " ").split()]
    except ValueError as error:
        raise StreamError(f"--segments: {error}") from None


def _print(audit: Audit, output_format: str, drawing: Drawing) -> None:
    def draw(terminal: "Terminal") -> str:
        from actcli.views.audit import audit_report

        return audit_report(audit, terminal, drawing.lines)

    def picture() -> "Picture":
        from actcli.views.audit import error_picture

        return error_picture(audit)

    segments = [segment.document() for segment in audit.segments]
    print_report(
        output_format,
        draw,
        document=audit.document,
        records=lambda: (list(segments[0]), [segment.values() for segment in segments]),
        drawing=drawing,
        picture=picture,
    )


def _failure(audit: Audit, max_ulp: float | None, max_steps: int | None) -> str:
    """What is wrong, in one line."""
    total, wrong = audit.total, []
    if audit.nan.count:
        wrong.append(f"{count(audit.nan.count, 'result')} {'are' if audit.nan.count > 1 else 'is'} nan")
    if infinite := audit.unlike - audit.nan.count:
        wrong.append(f"{count(infinite, 'result')} {'are' if infinite > 1 else 'is'} infinite in place of a number")
    if wrong:
        return f"audit failed: {' and '.join(wrong)}; the first for x = {total.worst_input!r}"
    if max_ulp is not None and total.max_ulp is not None and not total.max_ulp <= max_ulp:
        return f"audit failed: {total.max_ulp:.6g} ULP at x = {total.max_ulp_input!r}, more than {max_ulp:g}"
    steps = f"{total.max_steps:,} step{'s' * (total.max_steps != 1)}"
    return f"audit failed: {steps} at x = {total.worst_input!r}, more than {max_steps:,}"
