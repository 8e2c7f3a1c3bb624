"""What an audit is of, and where its results come from: files, a function that is called, a program that is run."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve, resolve_all
from actcli.core.arrays import Array
from actcli.core.audit.auditor import Auditor, MakeReference
from actcli.core.audit.inputs import EVERYWHERE, Region, audited, sweep
from actcli.core.audit.report import Audit, Source
from actcli.core.audit.sides import ExactSigns
from actcli.core.audit.ulp import Signs
from actcli.core.errors import InputError
from actcli.core.numerics.formats import round_to
from actcli.streams.options import NO_TABLE, TableOptions

if TYPE_CHECKING:
    from actcli.foreign.implementation import Implementation
    from actcli.foreign.program import Program


@dataclass(frozen=True)
class Job:
    """One audit: this derivative of this activation in this type."""

    activation: Elementwise
    dtype: str
    order: int

    @property
    def label(self) -> str:
        return f"{self.activation.label}, {self.dtype}, order {self.order}"


@dataclass(frozen=True)
class AuditOptions:
    """What all audits of one command have in common."""

    flush_subnormals: bool = False
    segments: Sequence[float] | None = None
    infinities: bool = False
    region: Region = EVERYWHERE
    input_path: str | None = None
    table: TableOptions = NO_TABLE
    diagnose: bool = True

    def auditor(self, job: Job) -> Auditor:
        flush = self.flush_subnormals
        return Auditor(
            job.activation,
            job.dtype,
            order=job.order,
            flush_subnormals=flush,
            segments=self.segments,
            region=self.region,
            exact=_float64_reference(job, flush) if job.dtype == "float64" else None,
            ask=_ask(job),
        )

    def inputs(self, job: Job) -> Array:
        """Those of --input, or the ones that an audit is made on."""
        if self.input_path is None:
            return sweep(job.activation, job.dtype, job.order, self.infinities, self.region)
        import numpy as np

        from actcli.streams.typed import open_typed

        rounded = partial(round_to, dtype=job.dtype)
        with open_typed(self.input_path, job.dtype, rounded, self.table) as inputs:
            return np.concatenate([np.empty(0), *inputs.blocks()])


def jobs_of(acts: Sequence[str], dtypes: Sequence[str], orders: Sequence[int], against: str | None) -> list[Job]:
    """Every type and order of every activation; of a framework without activations all that it has."""
    activations = [*map(audited, resolve_all(acts))] if acts else [*_all_of(against)]
    wanted = [Job(activation, dtype, order) for dtype in dtypes for order in orders for activation in activations]
    return [*dict.fromkeys(wanted)]


def _all_of(against: str | None) -> Iterator[Elementwise]:
    from actcli.foreign.calls import FRAMEWORKS, offered

    if against not in FRAMEWORKS:
        raise InputError(f"which activation? Without one, --against takes a framework: {', '.join(FRAMEWORKS)}")
    for name in offered(against):
        if isinstance(activation := resolve(name), Elementwise):
            yield activation


def row_wise_of(against: str) -> list[str]:
    """The activations of a framework that are no functions of one number."""
    from actcli.foreign.calls import offered

    return [name for name in offered(against) if not isinstance(resolve(name), Elementwise)]


# --- results that are made here -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """What is called: a function in an interpreter, or a program."""

    against: str | None
    command: str | None
    python: str | None
    timeout: float


def calling(caller: Caller) -> "AbstractContextManager[Implementation] | AbstractContextManager[Program]":
    """The function in its interpreter, or the program."""
    if caller.command is not None:
        from actcli.foreign.program import Program

        return nullcontext(Program(caller.command, caller.timeout))
    from actcli.foreign.implementation import Implementation

    assert caller.against is not None
    return Implementation(caller.against, caller.python, caller.timeout)


def answered(implementation: "Implementation | Program", job: Job, x: Array) -> tuple[Array, Source]:
    """The results at x. LackingError for what a framework does not have."""
    from actcli.foreign.implementation import Implementation

    if not isinstance(implementation, Implementation):
        return implementation(x, job.dtype, job.order), Source(implementation.line, "", "", job.dtype)
    implementation.load(job.activation)
    answer = implementation(x, job.dtype, job.order)
    return answer.values, Source(implementation.name, implementation.framework, implementation.version, answer.dtype)


def called(implementation: "Implementation | Program", job: Job, options: AuditOptions) -> Audit:
    """The audit of one job. LackingError for what a framework does not have."""
    x = options.inputs(job)
    actual, source = answered(implementation, job, x)
    auditor = options.auditor(job)
    auditor.add(x, actual)
    return replace(told(auditor, options.diagnose), source=source)


# --- results in files ---------------------------------------------------------------------------------------------


def read(job: Job, options: AuditOptions, actual_path: str, actual_table: TableOptions) -> Audit:
    """The results of a file for the inputs of another."""
    from actcli.streams.typed import open_typed, pairs

    assert options.input_path is not None
    auditor, rounded = options.auditor(job), partial(round_to, dtype=job.dtype)
    files = ((options.input_path, options.table), (actual_path, actual_table))
    with ExitStack() as stack:
        inputs, actual = (stack.enter_context(open_typed(path, job.dtype, rounded, table)) for path, table in files)
        blocks: Iterable[tuple[Array, Array]] = pairs(inputs, actual)
        if sys.stderr.isatty() and inputs.source.shape is not None:
            from actcli.views.progress import progress

            # The reference for float64 is slow, and shall be seen to move.
            size = 256 if job.dtype == "float64" else 1 << 16
            blocks = progress(_cut(blocks, size), prod(inputs.source.shape) // size, job.activation.label)
        for x, y in blocks:
            auditor.add(x, y)
    return told(auditor, options.diagnose)


def _cut(blocks: Iterable[tuple[Array, Array]], size: int) -> Iterator[tuple[Array, Array]]:
    for x, y in blocks:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


def told(auditor: Auditor, with_diagnosis: bool) -> Audit:
    """What an auditor found, and why."""
    audit = auditor.result()
    if not with_diagnosis:
        return audit
    from actcli.core.audit.diagnosis import FLUSHED, diagnose

    diagnosis = diagnose(audit, auditor.activation)
    if diagnosis == FLUSHED and (rest := audit.max_steps_when_flushed) is not None:
        diagnosis += f": with --flush-subnormals the largest error is {rest:,.0f} step{'s' * (rest != 1)}"
    return replace(audit, diagnosis=diagnosis)


def _float64_reference(job: Job, flush: bool) -> MakeReference:
    from actcli.multiprecision.reference import float64_reference

    return float64_reference(job.activation, job.order, flush)


def _ask(job: Job) -> ExactSigns:
    """mpmath's word on ties, imported when it is asked for."""

    def ask(x: Array, y: Array) -> Signs:
        from actcli.multiprecision.reference import exact_signs

        return exact_signs(job.activation, job.order)(x, y)

    return ask
