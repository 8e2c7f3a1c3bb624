"""Runs of gradient-depth as rows for CSV."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple

from actcli.core.depth.experiment import LAYER_FIELDS, DepthRun
from actcli.core.depth.histograms import LayerHistograms

_OVER_TIME = ("activation", "seed", "step", "loss", "layer", "weight_gradient_norm", "update_ratio")
_SILENT = ("saturated_fraction", "dead_fraction")
_BINS = ("activation", "seed", "training", "layer", "quantity", "low", "high", "count")
_Shapes = Sequence[tuple[DepthRun, Sequence[LayerHistograms], Sequence[LayerHistograms]]]


def records_of(
    show: str, runs: Sequence[DepthRun], shapes: _Shapes
) -> tuple[Sequence[str], Iterator[Iterable[object]]]:
    """Header and rows for --show `show`."""
    if show == "over-time":
        return (*_OVER_TIME, *_SILENT), _moments(runs)
    if show == "histograms":
        return _BINS, _bins(shapes)
    return ("activation", "seed", *LAYER_FIELDS), _rows(runs)


def _moments(runs: Sequence[DepthRun]) -> Iterator[list[object]]:
    """A row for each step and layer; fractions of units are empty for the output layer."""
    for run in runs:
        for moment in run.history:
            silent = zip(moment.saturated_fractions, moment.dead_fractions, strict=True)
            figures = zip(moment.weight_gradient_norms, moment.update_ratios, [*silent, (None, None)], strict=True)
            for layer, (norm, ratio, fractions) in enumerate(figures, start=1):
                yield [run.activation, run.seed, moment.step, moment.loss, layer, norm, ratio, *fractions]


def _bins(shapes: _Shapes) -> Iterator[list[object]]:
    for run, before, after in shapes:
        for training, layers in (("before", before), ("after", after)):
            for layer in layers:
                for name in ("pre_activations", "activations", "signals"):
                    found = getattr(layer, name)
                    for edge, end, number in zip(found.edges, found.edges[1:], found.counts.tolist(), strict=False):
                        yield [run.activation, run.seed, training, layer.layer, name, float(edge), float(end), number]


def _rows(runs: Sequence[DepthRun]) -> Iterator[list[object]]:
    for run in runs:
        yield from ([run.activation, run.seed, *astuple(layer)] for layer in run.layers)
