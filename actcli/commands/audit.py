"""actcli audit ACT..."""

import math
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, cast

import typer

from actcli.commands.audit_output import print_audit, print_audits, read_baseline, refuse_pictures
from actcli.commands.audit_sources import AuditOptions, Caller, Job, called, calling, jobs_of, read, row_wise_of
from actcli.commands.numbers import table_options
from actcli.commands.options import (
    Ascii,
    AuditFormat,
    Columns,
    Delimiter,
    Dtypes,
    Input,
    Jobs,
    Missing,
    OptionalActs,
    OptionalRange,
    Orders,
    Output,
    Quiet,
    Resume,
    Save,
    SeveralDtypes,
    Size,
    Theme,
    dimensions,
)
from actcli.commands.report import Drawing
from actcli.core.activations.activation import RowWise
from actcli.core.arrays import Array
from actcli.core.audit.baseline import changes
from actcli.core.audit.inputs import Region, sweep
from actcli.core.audit.rows import AnyAudit
from actcli.core.errors import InputError, count, plural
from actcli.streams.files import StreamError, remark

TIMEOUT: Final = 300.0
LONGEST: Final = 1_000_000
_FLOAT32, _VALUES = [SeveralDtypes.FLOAT32], [0]


def run(
    acts: OptionalActs = None,
    dtypes: Dtypes = _FLOAT32,
    orders: Orders = _VALUES,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="SPEC",
            help="One of torch, jax, tensorflow, keras, onnxruntime, scipy, numpy, module:function, model.onnx.",
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="PATH", help="The Python interpreter for --against."),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="COMMAND",
            help="A program: 'CMD {in} {out}' for .npy, {in.bin} {out.bin} for raw numbers; {grad}, {dtype}, {order}.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", min=0.0, help="Time limit of one answer in seconds.")
    ] = TIMEOUT,
    emit_inputs: Annotated[
        str | None,
        typer.Option("--emit-inputs", metavar="FILE", help="Write the audit's inputs as .npy, .bin or text, and stop."),
    ] = None,
    infinities: Annotated[bool, typer.Option("--infinities", help="Add -inf and inf to the inputs.")] = False,
    input_path: Input = None,
    actual_path: Annotated[
        str | None, typer.Option("--actual", metavar="FILE", help="The results for the inputs, in the same order.")
    ] = None,
    grad_path: Annotated[
        str | None,
        typer.Option(
            "--grad-output", metavar="FILE", help="A gradient for each input: results are gradient times f'(x)."
        ),
    ] = None,
    columns: Columns = None,
    actual_columns: Annotated[
        list[str] | None,
        typer.Option("--actual-column", metavar="NAME|N", help="A column of --actual; repeat for more."),
    ] = None,
    delimiter: Delimiter = None,
    missing: Missing = "error",
    flush_subnormals: Annotated[
        bool, typer.Option("--flush-subnormals", help="Subnormal inputs and results count as zero (DAZ, FTZ).")
    ] = False,
    flush_intermediates: Annotated[
        bool,
        typer.Option("--flush-intermediates", help="The same for intermediate results of formulas, see above."),
    ] = False,
    segments: Annotated[
        str | None,
        typer.Option("--segments", metavar="X,...", help="Inner ends of the segments; found when not given."),
    ] = None,
    max_ulp: Annotated[
        float | None, typer.Option("--max-ulp", metavar="X", min=0.0, help="Exit code 1 beyond this ULP error.")
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option("--max-steps", metavar="N", min=0, help="Exit code 1 beyond this error in steps.")
    ] = None,
    interval: OptionalRange = None,
    exclude: Annotated[
        list[float] | None,
        typer.Option(
            "--exclude",
            metavar="MIN MAX",
            help="Leave out inputs in this interval; repeat for more.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--every", help="Audit every float32 number, in blocks.")] = False,
    at_once: Jobs = 1,
    output: Output = None,
    resume: Resume = False,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE", help="The JSON of an earlier audit, to compare with."),
    ] = None,
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="Exit code 1 if a figure is worse than in the baseline.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Print the full report of each audit too.")] = False,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: AuditFormat = "table",
    quiet: Quiet = False,
) -> None:
    """The errors of an implementation against the exact results. It is a framework (--against torch), your own function
    (--against module:function) or program (--run), or results in a file (--actual). Several activations, types and
    orders give one table. ulp: |actual - exact| in spacings of the type at the exact result. steps: number of
    representable numbers between the result and the correctly rounded exact one.

    Files are text, .csv, .npy, or .bin for raw numbers of --dtype. For a row-wise activation (softmax, glu) a row is a
    line of text or the last axis of an array; the report includes the errors of the rows' totals.

    --flush-intermediates is for hardware that flushes all subnormal numbers, and implies --flush-subnormals. Each
    result is compared with the exact one, and with each known formula of this derivative, computed exactly but with
    subnormal intermediate results at zero; the nearest counts. The report says for how many results that is a formula.

    Example: actcli audit tanh sin --against numpy --dtype float16 --dtype float32
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    if max_ulp is not None and math.isnan(max_ulp):
        raise InputError("--max-ulp: must be a number, not nan")
    if not 0.0 < timeout <= LONGEST:
        raise InputError(f"--timeout: must be more than 0 and at most {LONGEST:,} seconds, not {timeout:g}")
    _check(against, command, python, input_path, actual_path, emit_inputs, infinities)
    if actual_columns and actual_path is None:
        raise InputError("--actual-column names a column of --actual FILE, which is not given")
    # Pairs, for which Typer has no type.
    pairs = cast(list[tuple[float, float]], exclude or [])
    region = Region(*(interval or (-math.inf, math.inf)), tuple(pairs))
    one_number = {"--segments": segments, "--range": interval, "--exclude": exclude, "--every": every}
    one_number |= {"--infinities": infinities, "--grad-output": grad_path, "--flush-intermediates": flush_intermediates}
    numbers_only = next((name for name, value in one_number.items() if value), "")
    jobs = jobs_of(acts or (), [str(name) for name in dtypes], orders, against, numbers_only)
    if emit_inputs is not None:
        if columns:
            raise InputError("--emit-inputs writes inputs; auditing results for them is a second run")
        job = _only(jobs, "--emit-inputs writes the inputs of")
        if isinstance(job.activation, RowWise):
            from actcli.commands.audit_rows import Rows, emit_rows

            emit_rows(Rows(job.activation, job.dtype), emit_inputs)
        else:
            _emit(sweep(job.activation, job.dtype, job.order, infinities, region), job.dtype, emit_inputs)
        return
    several = len(jobs) > 1
    if grad_path is not None:
        _check_gradient(grad_path, jobs, every, input_path, actual_path)
    _check_every(every, jobs, at_once, output, resume, input_path, actual_path)
    if save is not None:
        refuse_pictures(jobs)
    options = AuditOptions(
        flush_subnormals,
        flush_intermediates,
        None if segments is None else _numbers(segments),
        infinities,
        region,
        input_path,
        grad_path,
        table_options(columns, delimiter, missing),
        diagnose=not several or full or output_format == "json",
    )
    if fail_on_regression and baseline is None:
        raise InputError("--fail-on-regression compares with --baseline FILE, which is not given")
    earlier = None if baseline is None else read_baseline(baseline)
    lacking: dict[Job, str] = {}
    if actual_path is not None:
        job = _only(jobs, "--actual holds the results of")
        actual_table = table_options(actual_columns, delimiter, missing, column_option="--actual-column")
        audits = [read(job, options, actual_path, actual_table, quiet=quiet)]
    else:
        if input_path == "-" and several:
            raise InputError("--input - can be read once, and these are several audits: write it to a file")
        caller = Caller(against, command, python, timeout)
        if every:
            from actcli.commands.audit_every import Every, audit_every

            job = _only(jobs, "--every is")
            audits = [audit_every(Every(job, options, caller), at_once, output, resume)]
        else:
            audits = [*_called(jobs, options, caller, lacking)]
    found = None if earlier is None else changes(audits, earlier)
    if len(jobs) == 1:
        print_audit(audits[0], output_format, drawing, found)
    else:
        left = [(job.activation.label, job.dtype, job.order, reason) for job, reason in lacking.items()]
        print_audits(audits, left, output_format, drawing, full, found)
    if not quiet:
        for reason in dict.fromkeys(lacking.values()):
            remark(_without(reason, lacking))
        if not acts and against and numbers_only and (rows := row_wise_of(against)):
            remark(f"not audited: {', '.join(rows)}: {numbers_only} is for functions of one number, these take a row")
    failures = [audit for audit in audits if audit.exceeds(max_ulp, max_steps)]
    for audit in failures:
        remark(_failure(audit, max_ulp, max_steps, several))
    regressed = [change for change in found or () if fail_on_regression and change.regressed]
    for change in regressed:
        remark(f"regression: {change.activation} in {change.dtype}, order {change.order}: {change.verdict}")
    if failures or regressed:
        raise typer.Exit(1)


def _check(
    against: str | None,
    command: str | None,
    python: str | None,
    input_path: str | None,
    actual_path: str | None,
    emit_inputs: str | None,
    infinities: bool,
) -> None:
    """InputError unless the options name one implementation and its inputs."""
    given = {"--against": against, "--run": command, "--actual": actual_path, "--emit-inputs": emit_inputs}
    chosen = [name for name, value in given.items() if value is not None]
    if emit_inputs is not None and (len(chosen) > 1 or input_path is not None):
        raise InputError("--emit-inputs writes inputs; auditing results for them is a second run")
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)} are different implementations: choose one")
    if not chosen:
        raise InputError(
            "what is to be audited? --against torch (or another framework, or module:function), --run COMMAND, or "
            "--input FILE and --actual FILE; --emit-inputs FILE writes inputs to begin with"
        )
    if actual_path is not None and input_path is None:
        raise InputError("--actual FILE has the results for --input FILE, which is not given")
    if input_path is not None and input_path == actual_path == "-":
        raise InputError("--input and --actual cannot both be stdin: write one of them to a file")
    if infinities and input_path is not None:
        raise InputError("--infinities is for a sweep of inputs, not for --input")
    if python is not None and against is None:
        raise InputError("--python is the interpreter for --against, which is not given")


def _check_every(
    every: bool,
    jobs: Sequence[Job],
    at_once: int,
    output: str | None,
    resume: bool,
    input_path: str | None,
    actual_path: str | None,
) -> None:
    """InputError unless --every and its options fit the audit."""
    if not every:
        given = {"--jobs": at_once > 1, "--output": output is not None, "--resume": resume}
        for name in (name for name, there in given.items() if there):
            raise InputError(f"{name} is for an audit of every float32: add --every")
        return
    if input_path is not None or actual_path is not None:
        raise InputError("--every makes the inputs: results for them come from --against or --run, not from a file")
    if any(job.dtype != "float32" for job in jobs):
        raise InputError("--every is for float32: narrower types are audited whole anyway, float64 takes too long")
    if resume and output is None:
        raise InputError("--resume goes on with the runs in --output FILE, which is not given")
    if output is not None and not output.lower().endswith(".jsonl"):
        raise InputError(f"--output {output}: what can be resumed is a .jsonl file")


def _check_gradient(
    grad_path: str, jobs: Sequence[Job], every: bool, input_path: str | None, actual_path: str | None
) -> None:
    """InputError unless an incoming gradient has inputs and derivatives."""
    if every or input_path is None:
        raise InputError("--grad-output FILE has a gradient for each number of --input FILE, which is not given")
    if any(job.order == 0 for job in jobs):
        raise InputError("--grad-output is multiplied by a derivative: add --order 1")
    if grad_path == "-" and "-" in (input_path, actual_path):
        raise InputError("--grad-output and another file cannot both be stdin: write one of them to a file")
    if grad_path == "-" and len(jobs) > 1:
        raise InputError("--grad-output - can be read once, and these are several audits: write it to a file")


def _only(jobs: Sequence[Job], what: str) -> Job:
    if len(jobs) > 1:
        raise InputError(f"{what} one audit, and these are {len(jobs)}: one ACT, one --dtype, one --order")
    return jobs[0]


def _called(
    jobs: Sequence[Job],
    options: AuditOptions,
    caller: Caller,
    lacking: dict[Job, str],
) -> Iterator[AnyAudit]:
    """The audits of all jobs; jobs that the framework lacks go to `lacking`. InputError: it lacks all."""
    from actcli.foreign.implementation import LackingError

    shown: Sequence[Job] | Iterator[Job] = jobs
    if sys.stderr.isatty() and len(jobs) > 1:
        from actcli.views.progress import progress

        shown = progress(jobs, len(jobs), caller.against or "audits")
    with calling(caller) as implementation:
        for job in shown:
            try:
                yield called(implementation, job, options)
            except LackingError as error:
                lacking[job] = str(error)
    if len(lacking) == len(jobs):
        raise InputError(next(iter(lacking.values())))


def _without(reason: str, lacking: dict[Job, str]) -> str:
    """The sentence about jobs left out for one reason."""
    left = [job for job, other in lacking.items() if other == reason]
    places = dict.fromkeys(f"{job.dtype}, order {job.order}" for job in left)
    names = dict.fromkeys(job.activation.label for job in left)
    return f"not audited: {', '.join(names)} in {'; '.join(places)}: {reason}"


def _emit(inputs: Array, dtype: str, path: str) -> None:
    from actcli.streams.blocks import Block, Source, equal_lines
    from actcli.streams.formats import open_output, refuse_foreign_suffix

    if path.lower().endswith(".json"):
        raise StreamError(f"{path}: inputs are written as .npy or text; {path[:-5]}.npy is")
    if path.lower().endswith(".bin"):
        from actcli.core.numerics.formats import FLOAT_FORMATS, to_bits
        from actcli.streams.files import open_file

        with open_file(path) as file:
            file.write(to_bits(inputs, dtype).astype(f"<u{FLOAT_FORMATS[dtype].bits // 8}").tobytes())
        return
    refuse_foreign_suffix(path)
    source = Source("inputs", (), shape=inputs.shape)
    with open_output(path, "npy" if path.lower().endswith(".npy") else "plain", source, dtype) as writer:
        writer.write(Block(inputs, equal_lines(len(inputs), 1)), inputs)


def _numbers(text: str) -> list[float]:
    from actcli.streams.cells import parse

    try:
        return [parse(token) for token in text.replace(",", " ").split()]
    except ValueError as error:
        raise StreamError(f"--segments: {error}") from None


def _failure(audit: AnyAudit, max_ulp: float | None, max_steps: int | None, several: bool) -> str:
    """The failure in one line, with the audit's name if there are several."""
    of = f"{audit.activation} in {audit.dtype}, order {audit.order}: " if several else ""
    return f"audit failed: {of}{_excess(audit, max_ulp, max_steps)}"


def _excess(audit: AnyAudit, max_ulp: float | None, max_steps: int | None) -> str:
    total, wrong = audit.total, []
    nan = audit.nan if isinstance(audit.nan, int) else audit.nan.count
    if nan:
        wrong.append(f"{count(nan, 'result')} {'are' if nan > 1 else 'is'} nan")
    if infinite := audit.unlike - nan:
        wrong.append(f"{count(infinite, 'result')} {'are' if infinite > 1 else 'is'} infinite in place of a number")
    if wrong:
        return f"{' and '.join(wrong)}; the first for {audit.steps_place}"
    if max_ulp is not None and total.max_ulp is not None and not total.max_ulp <= max_ulp:
        return f"{total.max_ulp:.6g} ULP at {audit.ulp_place}, more than {max_ulp:g}"
    steps = total.max_steps or 0
    return f"{steps:,} {plural(steps, 'step')} at {audit.steps_place}, more than {max_steps:,}"
