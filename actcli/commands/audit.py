"""actcli audit ACT"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from math import isnan, prod
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands.options import Act, DtypeName, ReportFormat
from actcli.commands.report import print_report
from actcli.core.activations.activation import MAX_ORDER, Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.audit.auditor import Auditor, MakeReference
from actcli.core.audit.inputs import audited, sweep
from actcli.core.audit.report import Audit
from actcli.core.errors import InputError, count
from actcli.core.numerics.formats import round_to
from actcli.streams.files import StreamError, complain

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(
    act: Act,
    dtype: Annotated[
        DtypeName,
        typer.Option("--dtype", help="The type of inputs and results."),
    ] = "float32",
    emit_inputs: Annotated[
        str | None,
        typer.Option("--emit-inputs", metavar="FILE", help="Write the inputs to audit on, .npy or text, and stop."),
    ] = None,
    infinities: Annotated[bool, typer.Option("--infinities", help="Write -inf and inf among the inputs too.")] = False,
    input_path: Annotated[
        str | None, typer.Option("--input", "-i", metavar="FILE", help="The inputs: text, .csv or .npy; - is stdin.")
    ] = None,
    actual_path: Annotated[
        str | None, typer.Option("--actual", metavar="FILE", help="The results for them, in the same order.")
    ] = None,
    order: Annotated[
        int, typer.Option("--order", "-n", min=0, max=MAX_ORDER, help="Which derivative; 0 for the value.")
    ] = 0,
    flush_subnormals: Annotated[
        bool, typer.Option("--flush-subnormals", help="Subnormal inputs and results are zero (DAZ, FTZ).")
    ] = False,
    segments: Annotated[
        str | None,
        typer.Option("--segments", metavar="X,X,...", help="Where segments meet; found when not given."),
    ] = None,
    max_ulp: Annotated[
        float | None, typer.Option("--max-ulp", min=0.0, help="Exit code 1 beyond this ULP error.")
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option("--max-steps", min=0, help="Exit code 1 when results are more steps off.")
    ] = None,
    output_format: ReportFormat = "table",
) -> None:
    """Results of somebody else's implementation against the exact ones. ulp: |actual - exact| in spacings of the type
    at the exact result. steps: how many representable numbers the result is from the correctly rounded exact one.

    Example: actcli audit gelu --dtype bfloat16 --input x.npy --actual y.npy --max-ulp 2
    """
    activation = resolve(act)
    if max_ulp is not None and isnan(max_ulp):
        raise InputError("--max-ulp: must be a number, not nan")
    if emit_inputs is not None:
        if input_path is not None or actual_path is not None:
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
    )
    audit = _audit(auditor, input_path, actual_path)
    _print(audit, output_format)
    if audit.exceeds(max_ulp, max_steps):
        complain(_failure(audit, max_ulp, max_steps))
        raise typer.Exit(1)


def _emit(inputs: Array, dtype: str, path: str) -> None:
    from actcli.streams.blocks import Block, Source, equal_lines
    from actcli.streams.formats import open_output

    source = Source("inputs", (), shape=inputs.shape)
    with open_output(path, "npy" if path.lower().endswith(".npy") else "plain", source, dtype) as writer:
        writer.write(Block(inputs, equal_lines(len(inputs), 1)), inputs)


def _float64_reference(activation: Elementwise, order: int, flush: bool) -> MakeReference:
    from actcli.multiprecision import float64_reference

    return float64_reference(activation, order, flush)


def _audit(auditor: Auditor, input_path: str, actual_path: str) -> Audit:
    from actcli.core.audit.diagnosis import FLUSHED, diagnose
    from actcli.streams.typed import open_typed, pairs

    rounded = partial(round_to, dtype=auditor.dtype)
    with ExitStack() as stack:
        inputs, actual = (
            stack.enter_context(open_typed(path, auditor.dtype, rounded)) for path in (input_path, actual_path)
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
    from actcli.streams.text import parse

    try:
        return [parse(token) for token in text.replace(",", " ").split()]
    except ValueError as error:
        raise StreamError(f"--segments: {error}") from None


def _print(audit: Audit, output_format: str) -> None:
    def draw(terminal: "Terminal") -> str:
        from actcli.views.audit import audit_report

        return audit_report(audit, terminal)

    segments = [segment.document() for segment in audit.segments]
    print_report(
        output_format,
        draw,
        document=audit.document,
        records=lambda: (list(segments[0]), [segment.values() for segment in segments]),
    )


def _failure(audit: Audit, max_ulp: float | None, max_steps: int | None) -> str:
    """What is wrong, in one line."""
    if audit.nonfinite:
        wrong = f"{count(audit.nonfinite, 'result')} {'are' if audit.nonfinite > 1 else 'is'}"
        return f"audit failed: {wrong} nan or infinite and should not be; the first for x = {audit.worst[0].input!r}"
    total = audit.total
    if max_ulp is not None and total.max_ulp is not None and not total.max_ulp <= max_ulp:
        return f"audit failed: {total.max_ulp:.6g} ULP at x = {total.max_ulp_input!r}, more than {max_ulp:g}"
    steps = f"{total.max_steps:,} step{'s' * (total.max_steps != 1)}"  # a float: they may be infinite
    return f"audit failed: {steps} at x = {total.worst_input!r}, more than {max_steps:,}"
