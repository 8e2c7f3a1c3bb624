"""Jobs of an audit, and the sources of their results: files, functions, programs."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Final

from actcli.commands.numbers import bits_of
from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import resolve, resolve_all
from actcli.core.arrays import Array
from actcli.core.audit.auditor import Auditor, MakeReference
from actcli.core.audit.inputs import EVERYWHERE, Region, sweep
from actcli.core.audit.report import Audit, Source
from actcli.core.audit.rows import AnyAudit
from actcli.core.audit.sides import ExactSigns
from actcli.core.audit.ulp import Signs
from actcli.core.errors import InputError, count, plural
from actcli.core.numerics.formats import FLOAT_FORMATS, round_to
from actcli.streams.files import complain
from actcli.streams.options import NO_TABLE, TableOptions

if TYPE_CHECKING:
    from actcli.commands.audit_rows import Rows
    from actcli.foreign.implementation import Implementation
    from actcli.foreign.program import Program


@dataclass(frozen=True)
class Job:
    """One audit: activation, type and order of the derivative."""

    activation: Elementwise | RowWise
    dtype: str
    order: int

    @property
    def label(self) -> str:
        return f"{self.activation.label}, {self.dtype}, order {self.order}"

    @property
    def unit(self) -> Elementwise:
        """The activation, which must be elementwise."""
        assert isinstance(self.activation, Elementwise)
        return self.activation


_MATRIX: Final = "the derivative of a row is a matrix: a row-wise activation is audited with --order 0"


@dataclass(frozen=True)
class AuditOptions:
    """Options common to all audits of one command."""

    flush_subnormals: bool = False
    flush_intermediates: bool = False
    segments: Sequence[float] | None = None
    infinities: bool = False
    region: Region = EVERYWHERE
    input_path: str | None = None
    grad_path: str | None = None
    table: TableOptions = NO_TABLE
    diagnose: bool = True

    def auditor(self, job: Job) -> Auditor:
        flush = self.flush_subnormals or self.flush_intermediates
        return Auditor(
            job.activation,
            job.dtype,
            order=job.order,
            flush_subnormals=flush,
            flush_intermediates=self.flush_intermediates,
            segments=self.segments,
            region=self.region,
            exact=_float64_reference(job, flush) if job.dtype == "float64" else None,
            ask=_ask(job),
        )

    def rows(self, job: Job) -> "Rows":
        """The rows of --input, or of a sweep."""
        from actcli.commands.audit_rows import Rows

        assert isinstance(job.activation, RowWise)
        return Rows(job.activation, job.dtype, self.flush_subnormals, self.input_path, self.table)

    def inputs(self, job: Job) -> Array:
        """The inputs of --input, or of a sweep."""
        if self.input_path is None:
            return sweep(job.activation, job.dtype, job.order, self.infinities, self.region)
        return _numbers_in(self.input_path, job.dtype, self.table)

    def grad_output(self, job: Job, x: Array) -> Array | None:
        """The incoming gradient at each input; None without one."""
        if self.grad_path is None:
            return None
        grad = _numbers_in(self.grad_path, job.dtype, NO_TABLE)
        _check_length(self.grad_path, grad, self.input_path, x)
        return grad


def _numbers_in(path: str, dtype: str, table: TableOptions) -> Array:
    import numpy as np

    from actcli.streams.typed import open_typed

    with open_typed(path, bits_of(dtype), partial(round_to, dtype=dtype), table) as numbers:
        return np.concatenate([np.empty(0), *numbers.blocks()])


def _check_length(path: str, numbers: Array, input_path: str | None, x: Array) -> None:
    if len(numbers) != len(x):
        raise InputError(f"{path} has {count(len(numbers), 'number')} for the {len(x):,} in {input_path}")


def jobs_of(
    acts: Sequence[str], dtypes: Sequence[str], orders: Sequence[int], against: str | None, numbers_only: str
) -> list[Job]:
    """All activations in all types and orders; without activations all that a framework has.

    numbers_only: the option given that excludes row-wise activations; empty without one
    """
    activations = resolve_all(acts) if acts else [*_all_of(against, bool(numbers_only))]
    for activation in activations:
        if isinstance(activation, RowWise) and numbers_only:
            raise InputError(f"{activation.name} acts on whole rows; {numbers_only} goes with functions of one number")
    wanted = [Job(activation, dtype, order) for dtype in dtypes for order in orders for activation in activations]
    return [*dict.fromkeys(wanted)]


def _all_of(against: str | None, numbers_only: bool) -> Iterator[Elementwise | RowWise]:
    from actcli.foreign.calls import FRAMEWORKS, offered

    if against not in FRAMEWORKS:
        raise InputError(f"which activation? Without one, --against takes a framework: {', '.join(FRAMEWORKS)}")
    for name in offered(against):
        if isinstance(activation := resolve(name), Elementwise) or not numbers_only:
            yield activation


def row_wise_of(against: str) -> list[str]:
    """The row-wise activations of a framework."""
    from actcli.foreign.calls import offered

    return [name for name in offered(against) if not isinstance(resolve(name), Elementwise)]


# --- results of an implementation ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """Settings of an implementation: a function in an interpreter, or a program."""

    against: str | None
    command: str | None
    python: str | None
    timeout: float


def calling(caller: Caller) -> "AbstractContextManager[Implementation] | AbstractContextManager[Program]":
    """The implementation of these settings, to be entered."""
    if caller.command is not None:
        from actcli.foreign.program import Program

        return nullcontext(Program(caller.command, caller.timeout))
    from actcli.foreign.implementation import Implementation

    assert caller.against is not None
    return Implementation(caller.against, caller.python, caller.timeout)


def answered(
    implementation: "Implementation | Program",
    job: Job,
    x: Array,
    shape: tuple[int, ...] | None = None,
    grad: Array | None = None,
) -> tuple[Array, Source]:
    """The results at x and their source. shape: of the results, if not x's. LackingError: the framework lacks it."""
    from actcli.foreign.implementation import Implementation

    if not isinstance(implementation, Implementation):
        return implementation(x, job.dtype, job.order, shape, grad), Source(implementation.line, "", "", job.dtype)
    implementation.load(job.activation)
    answer = implementation(x, job.dtype, job.order, grad, shape)
    return answer.values, Source(implementation.name, implementation.framework, implementation.version, answer.dtype)


def called(implementation: "Implementation | Program", job: Job, options: AuditOptions) -> AnyAudit:
    """The audit of one job. LackingError: the framework lacks it, or it is not audited."""
    if isinstance(job.activation, RowWise):
        from actcli.commands.audit_rows import called_rows
        from actcli.foreign.implementation import LackingError

        if job.order:
            raise LackingError(_MATRIX)
        return called_rows(options.rows(job), lambda rows, shape: answered(implementation, job, rows, shape))
    x = options.inputs(job)
    grad = options.grad_output(job, x)
    actual, source = answered(implementation, job, x, grad=grad)
    auditor = options.auditor(job)
    auditor.add(x, actual, grad)
    return replace(told(auditor, options.diagnose), source=source)


_TELLING: Final = 64
"""Least number of values to infer their type from; a few round numbers belong to every type."""
_NARROW: Final = ("bfloat16", "float16")
"""Types whose numbers may be stored in a file as float32."""

# --- results in files ---------------------------------------------------------------------------------------------


def read(
    job: Job, options: AuditOptions, actual_path: str, actual_table: TableOptions, *, quiet: bool = False
) -> AnyAudit:
    """The audit of results in a file, for inputs in another. quiet: no note on the type of the numbers on stderr."""
    if isinstance(job.activation, RowWise):
        from actcli.commands.audit_rows import read_rows

        if job.order:
            raise InputError(_MATRIX)
        return read_rows(options.rows(job), actual_path, actual_table)
    from actcli.streams.typed import open_typed, pairs

    assert options.input_path is not None
    if options.grad_path is not None:
        x, y = options.inputs(job), _numbers_in(actual_path, job.dtype, actual_table)
        _check_length(actual_path, y, options.input_path, x)
        auditor = options.auditor(job)
        auditor.add(x, y, options.grad_output(job, x))
        return told(auditor, options.diagnose)
    auditor, rounded = options.auditor(job), partial(round_to, dtype=job.dtype)
    files = ((options.input_path, options.table), (actual_path, actual_table))
    with ExitStack() as stack:
        inputs, actual = (
            stack.enter_context(open_typed(path, bits_of(job.dtype), rounded, table)) for path, table in files
        )
        blocks: Iterable[tuple[Array, Array]] = pairs(inputs, actual)
        if sys.stderr.isatty() and inputs.source.shape is not None:
            from actcli.views.progress import progress

            # Small blocks for float64, whose reference is slow: the progress bar moves.
            size = 256 if job.dtype == "float64" else 1 << 16
            blocks = progress(_cut(blocks, size), prod(inputs.source.shape) // size, job.activation.label)
        narrower = [dtype for dtype in _NARROW if FLOAT_FORMATS[dtype].bits < FLOAT_FORMATS[job.dtype].bits]
        for x, y in blocks:
            auditor.add(x, y)
            narrower = [dtype for dtype in narrower if _are_of(dtype, x) and _are_of(dtype, y)]
    audit = told(auditor, options.diagnose)
    if narrower and audit.total.max_steps and audit.total.count >= _TELLING and not quiet:
        name, it = narrower[0], f"--dtype {narrower[0]} audits them as such"
        complain(f"{options.input_path}, {actual_path}: every input and every result is a {name} number: {it}")
    return audit


def _are_of(dtype: str, values: Array) -> bool:
    """Whether all values, infinities and nan included, are numbers of the type."""
    import numpy as np

    return np.array_equal(round_to(values, dtype), values, equal_nan=True)


def _cut(blocks: Iterable[tuple[Array, Array]], size: int) -> Iterator[tuple[Array, Array]]:
    for x, y in blocks:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


def told(auditor: Auditor, with_diagnosis: bool) -> Audit:
    """The auditor's report, with the diagnosis."""
    audit = auditor.result()
    if not with_diagnosis or audit.grad_output:  # a diagnosis knows no incoming gradient
        return audit
    from actcli.core.audit.diagnosis import FLUSHED, diagnose

    diagnosis = diagnose(audit, auditor.activation)
    if diagnosis == FLUSHED and (rest := audit.max_steps_when_flushed) is not None:
        diagnosis += f": with --flush-subnormals the largest error is {rest:,.0f} {plural(rest, 'step')}"
    return replace(audit, diagnosis=diagnosis)


def _float64_reference(job: Job, flush: bool) -> MakeReference:
    from actcli.multiprecision.reference import float64_reference

    return float64_reference(job.unit, job.order, flush)


def _ask(job: Job) -> ExactSigns:
    """Exact signs by mpmath, which is imported at the first call."""

    def ask(x: Array, y: Array) -> Signs:
        from actcli.multiprecision.reference import exact_signs

        return exact_signs(job.unit, job.order)(x, y)

    return ask
