"""Runs of phase --measure, with a journal to resume from."""

import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actcli.core.depth.trainability import Sweep, Trained


def runs_of(sweep: "Sweep", jobs: int, dask: str | None, output: str | None, resume: bool) -> "Iterator[Trained]":
    """Runs in the file, then new ones, each written to the file before it is yielded."""
    from actcli.core.depth.trainability import Trained, train
    from actcli.parallel import run_all

    trainings = sweep.trainings()
    if jobs > 1 or dask is not None:  # deep networks first, so that no worker waits long at the end
        trainings.reverse()
    if output is None:
        yield from (trained for _, trained in run_all(train, trainings, jobs, dask))
        return
    from actcli.streams.journal import open_journal

    names = [field.name for field in fields(Trained)]
    with open_journal(output, sweep.description(), resume, names) as journal:
        before = [_trained(record) for record in journal.records]
        yield from before
        known = {(run.layers, run.sigma_w2, run.seed) for run in before}
        left = [t for t in trainings if (t.config.layers, t.sigma_w2, t.config.seed) not in known]
        for _, trained in run_all(train, left, jobs, dask):
            journal.add(record_of(trained))
            yield trained


def record_of(trained: "Trained") -> dict[str, Any]:
    """A line of the journal; a loss that is nan is None."""
    record = asdict(trained)
    return record | {"loss": None if math.isnan(trained.loss) else trained.loss}


def _trained(record: dict[str, Any]) -> "Trained":
    from actcli.core.depth.trainability import Trained

    return Trained(**record | {"loss": math.nan if record["loss"] is None else record["loss"]})
