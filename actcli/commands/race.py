"""actcli compare ACT ACT... --train"""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from actcli.commands.own_data import OwnData, read_data
from actcli.commands.report import Drawing, print_report
from actcli.core.errors import count
from actcli.core.network.datasets import DATASETS
from actcli.core.race.racers import Racer, racers
from actcli.core.race.ranking import Race, race
from actcli.core.race.runs import (
    SETTINGS,
    Entry,
    Finish,
    RaceConfig,
    description,
    entries,
    finish,
    nanoseconds_per_element,
    seconds_of,
)
from actcli.digits import more_digits
from actcli.streams.files import complain

if TYPE_CHECKING:
    from actcli.core.activations.activation import Activation
    from actcli.views.terminal import Terminal


def run_race(
    activations: "Sequence[Activation]",
    settings: Mapping[str, Any],
    target: Mapping[str, Any],
    jobs: int,
    drawing: Drawing,
    output_format: str,
    quiet: bool,
) -> None:
    """Train, and print the results, also after Ctrl-C.

    settings: fields of RaceConfig
    target:   options for the user's own data, arguments of `read_data`
    """
    config = RaceConfig(**settings)
    read = _own_data(config, target)
    found = racers(activations, more_digits)
    runs = entries(found, config, {name: each.data for name, each in read.items()})
    for oddity in () if quiet else (oddity for each in read.values() for oddity in each.oddities):
        complain(oddity)
    done: list[Finish] = []
    interrupted = False
    nanoseconds = [math.nan] * len(found)
    try:
        nanoseconds = [nanoseconds_per_element(racer.activation) for racer in found]
        if not quiet:
            complain(_cost(found, config, runs, jobs))
        done.extend(_finished(runs, jobs, live=not quiet and sys.stderr.isatty()))
    except KeyboardInterrupt:
        interrupted = True
    result = race(config, found, nanoseconds, done)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.race import race_report

        return race_report(result, terminal)

    if result.heats:
        print_report(
            output_format, draw, partial(_document, activations, result), partial(_records, result), drawing=drawing
        )
    if interrupted:
        where = "" if result.heats else ", before every activation had finished one data set"
        complain(f"interrupted after {len(done):,} of {count(len(runs), 'run')}{where}")
        raise typer.Exit(130)


def _own_data(config: RaceConfig, target: Mapping[str, Any]) -> dict[str, OwnData]:
    if all(name in DATASETS for name in config.data):
        read_data(config.data[0], **target)  # InputError for options about columns
    read = {name: read_data(name, **target) for name in config.data if name not in DATASETS}
    return {name: each for name, each in read.items() if each is not None}


def _cost(found: Sequence[Racer], config: RaceConfig, runs: Sequence[Entry], jobs: int) -> str:
    """Number of runs and estimated time, from the first steps of each activation's first run."""
    first = {run.activation: run for run in reversed(runs)}
    each = len(runs) // len(found)
    seconds = sum(each * seconds_of(first[racer.activation.label]) for racer in found) / jobs
    sets = count(len(config.data), "data set")
    factors = f"{len(found)} activations x {sets} x {count(config.seeds, 'seed')} x {len(SETTINGS)} settings"
    by = f" by {jobs} processes" if jobs > 1 else ""
    return f"{factors} = {count(len(runs), 'run')}, about {max(seconds, 1):,.0f} s{by}, from the first steps of each"


def _finished(runs: Sequence[Entry], jobs: int, live: bool) -> Iterator[Finish]:
    from actcli.parallel import run_all

    results = run_all(finish, runs, jobs)
    if live:
        from actcli.views.progress import progress

        results = progress(results, len(runs), "networks")
    for _, result in results:
        yield result


def _document(activations: "Sequence[Activation]", found: Race) -> dict[str, Any]:
    return {
        "activations": [activation.label for activation in activations],
        "config": description(found.config),
        "runs": found.runs,
        "heats": found.heats,
        "heats_needed": found.heats_needed,
        "ranking": [asdict(row) for row in found.rows],
        "comparisons": [asdict(comparison) for comparison in found.comparisons],
        "winner": found.winner,
        "chosen": [asdict(run) for run in found.chosen],
    }


def _records(found: Race) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row for each run with a best setting."""
    names = [field.name for field in fields(Finish)]
    return names, ([getattr(run, name) for name in names] for run in found.chosen)
