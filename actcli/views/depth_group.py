"""The runs of one activation, under one seed or several."""

from collections.abc import Sequence
from dataclasses import dataclass

from actcli.core.depth.experiment import DepthRun, LayerRecord
from actcli.core.depth.seeds import SeedSummary, summaries


@dataclass(frozen=True)
class DepthGroup:
    """summary: medians over the seeds, or the run itself where there is one."""

    runs: tuple[DepthRun, ...]
    summary: SeedSummary

    @property
    def activation(self) -> str:
        return self.summary.activation

    @property
    def layers(self) -> tuple[LayerRecord, ...]:
        return self.summary.layers

    @property
    def hidden(self) -> int:
        return len(self.layers) - 1

    @property
    def trained(self) -> bool:
        return any(run.loss for run in self.runs)

    @property
    def verdict(self) -> str:
        """`vanishing`, or `vanishing 4, healthy 1` where the seeds differ."""
        verdicts = self.summary.verdicts
        if len(verdicts) == 1:
            return next(iter(verdicts))
        return ", ".join(f"{verdict} {count}" for verdict, count in verdicts.items())

    @property
    def typical(self) -> DepthRun:
        """The first run with the most frequent verdict."""
        most = next(iter(self.summary.verdicts))
        return next(run for run in self.runs if run.verdict == most)


def groups_of(runs: Sequence[DepthRun]) -> list[DepthGroup]:
    return [
        DepthGroup(tuple(run for run in runs if run.activation == summary.activation), summary)
        for summary in summaries(runs)
    ]
