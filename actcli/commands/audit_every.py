"""Audit of every float32 number in blocks, on several processes, resumable."""

import atexit
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from actcli.commands.audit_sources import AuditOptions, Caller, Job, answered, calling, told
from actcli.core.audit.inputs import bounds, values_between
from actcli.core.audit.report import Audit, Source
from actcli.core.audit.state import LAYOUT, restored, state
from actcli.core.errors import InputError

BLOCK: Final = 1 << 22
"""Numbers in a block: a multiple of the small intervals of an Auditor."""


@dataclass(frozen=True)
class Every:
    """Settings of a sweep, common to all blocks."""

    job: Job
    options: AuditOptions
    caller: Caller

    def blocks(self) -> list[tuple[int, int]]:
        """First and last ordinal of each block, ascending."""
        first, last = bounds(self.job.dtype, self.options.region)
        starts = [first, *range((first // BLOCK + 1) * BLOCK, last + 1, BLOCK)]
        return [(start, min(end - 1, last)) for start, end in zip(starts, [*starts[1:], last + 1], strict=True)]

    def description(self) -> dict[str, Any]:
        """Settings that determine the results, as plain data."""
        job, options = self.job, self.options
        return {
            "audit": job.activation.label,
            "dtype": job.dtype,
            "order": job.order,
            "against": self.caller.against or self.caller.command,
            "region": [*bounds(job.dtype, options.region), *map(list, options.region.excluded)],
            "flush_subnormals": options.flush_subnormals,
            "flush_intermediates": options.flush_intermediates,
            "segments": None if options.segments is None else list(options.segments),
            "block": BLOCK,
            "layout": LAYOUT,
        }


def audit_every(every: Every, jobs: int, output: str | None, resume: bool) -> Audit:
    """The audit of all numbers of the type in the region; it does not depend on the number of processes.

    InputError: no results, or results of two versions of the implementation.
    """
    whole, source = every.options.auditor(every.job), None
    for record in _in_order(every, jobs, output, resume):
        found = Source(**record["source"])
        if source is not None and found != source:
            raise InputError(f"results of two implementations: {_who(source)} and {_who(found)}; begin another file")
        source = found
        whole.merge(restored(every.options.auditor(every.job), record["state"]))
    return replace(told(whole, every.options.diagnose), source=source, exhaustive=True)


def _who(source: Source) -> str:
    return f"{source.framework} {source.version}, {source.name}, in {source.dtype}".strip(" ,")


_FIELDS: Final = ("block", "source", "state")


def _in_order(every: Every, jobs: int, output: str | None, resume: bool) -> Iterator[Mapping[str, Any]]:
    """The state of each block, in order. A finished block is written to the file at once."""
    from actcli.parallel import run_all

    blocks = every.blocks()
    with ExitStack() as stack:
        waiting: dict[int, Mapping[str, Any]] = {}
        journal = None
        if output is not None:
            from actcli.streams.journal import open_journal

            journal = stack.enter_context(open_journal(output, every.description(), resume, _FIELDS))
            waiting = {record["block"]: record for record in journal.records}
        left = [index for index in range(len(blocks)) if index not in waiting]
        found: Iterator[tuple[int, dict[str, Any]]] = run_all(
            partial(_gathered, every), [blocks[index] for index in left], jobs
        )
        if sys.stderr.isatty():
            from actcli.views.progress import progress

            found = progress(found, len(left), every.job.activation.label)
        due = 0
        for number, gathered in found:
            record = {"block": left[number], **gathered}
            if journal is not None:
                journal.add(record)
            waiting[left[number]] = record
            while due in waiting:
                yield waiting.pop(due)
                due += 1
        while due in waiting:
            yield waiting.pop(due)
            due += 1


_opened: dict[Caller, Any] = {}
"""The implementation that this process calls, started once."""


def _gathered(every: Every, block: tuple[int, int]) -> dict[str, Any]:
    """State and source of one block, as plain data."""
    job, options = every.job, every.options
    if every.caller not in _opened:
        stack = ExitStack()
        _opened[every.caller] = stack.enter_context(calling(every.caller))
        atexit.register(stack.close)
    x = values_between(*block, job.dtype)
    if block[0] == bounds(job.dtype)[0] and options.infinities:
        x = np.concatenate([[-np.inf], x])
    if block[1] == bounds(job.dtype)[1] and options.infinities:
        x = np.concatenate([x, [np.inf]])
    actual, source = answered(_opened[every.caller], job, x)
    auditor = options.auditor(job)
    auditor.add(x, actual)
    return {"source": asdict(source), "state": state(auditor)}
