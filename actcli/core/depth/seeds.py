"""One experiment under several seeds: medians and ranges."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from actcli.core.depth.experiment import LAYER_FIELDS, DepthRun, LayerRecord

Reduction = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Spread:
    """Median, minimum and maximum of a number over the seeds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        """Of one number or more."""
        return cls(median(numbers), min(numbers), max(numbers))


@dataclass(frozen=True)
class SeedSummary:
    """Results of one activation over several seeds.

    verdicts:  verdict -> number of runs
    loss:      on the first batch, after the last update
    loss_guess, loss_data_initial, loss_data_final, accuracy_initial, accuracy_final: over the whole data set
    layers, low, high: medians, minima and maxima of each number of LayerRecord
    decay_per_layer, accuracy_initial, ...: None if a run has None
    """

    activation: str
    init: str
    seeds: tuple[int, ...]
    verdicts: dict[str, int]
    decay_per_layer: Spread | None
    decay_per_layer_theory: Spread | None
    loss: Spread
    loss_guess: Spread
    loss_data_initial: Spread
    loss_data_final: Spread
    accuracy_initial: Spread | None
    accuracy_final: Spread | None
    layers: tuple[LayerRecord, ...]
    low: tuple[LayerRecord, ...]
    high: tuple[LayerRecord, ...]


def summaries(runs: Sequence[DepthRun]) -> list[SeedSummary]:
    """Summary of each activation, in the order of the runs."""
    return [
        _summary([run for run in runs if run.activation == name]) for name in dict.fromkeys(r.activation for r in runs)
    ]


def _summary(runs: Sequence[DepthRun]) -> SeedSummary:
    middle, low, high = (
        tuple(_reduced(records, how) for records in zip(*(run.layers for run in runs), strict=True))
        for how in (median, min, max)
    )
    return SeedSummary(
        activation=runs[0].activation,
        init=runs[0].init,
        seeds=tuple(run.seed for run in runs),
        verdicts=dict(Counter(run.verdict for run in runs).most_common()),
        decay_per_layer=_spread([run.decay_per_layer for run in runs]),
        decay_per_layer_theory=_spread([run.decay_per_layer_theory for run in runs]),
        loss=Spread.of([run.loss_final for run in runs]),
        loss_guess=Spread.of([run.loss_guess for run in runs]),
        loss_data_initial=Spread.of([run.loss_data_initial for run in runs]),
        loss_data_final=Spread.of([run.loss_data_final for run in runs]),
        accuracy_initial=_spread([run.accuracy_initial for run in runs]),
        accuracy_final=_spread([run.accuracy_final for run in runs]),
        layers=middle,
        low=low,
        high=high,
    )


def _reduced(records: Sequence[LayerRecord], how: Reduction) -> LayerRecord:
    """Reduction of every field over the seeds; None where a record has None."""
    reduced = {name: _over([getattr(record, name) for record in records], how) for name in LAYER_FIELDS}
    return LayerRecord(**{**reduced, "layer": records[0].layer})  # type: ignore[arg-type]  # a None stays where it may be


def _over(numbers: Sequence[float | None], how: Reduction) -> float | None:
    known = [number for number in numbers if number is not None]
    return how(known) if len(known) == len(numbers) else None


def _spread(numbers: Sequence[float | None]) -> Spread | None:
    known = [number for number in numbers if number is not None]
    return Spread.of(known) if len(known) == len(numbers) else None
