"""Histograms of pre-activations, activations and signals by layer, before and after training.

Glorot and Bengio (2010), figures 2 to 7.
"""

from collections.abc import Sequence

import numpy as np

from actcli.core.depth.histograms import Histogram as Counts
from actcli.core.depth.histograms import LayerHistograms
from actcli.views.picture.description import Axis, Curve, Histogram, Panel, Picture, Style

QUANTITIES = {"pre_activations": "pre-activation", "activations": "activation", "signals": "gradient"}
MOST_LAYERS = 4
BEFORE, AFTER = Style(member=0), Style(member=1)


def histograms_picture(before: Sequence[LayerHistograms], after: Sequence[LayerHistograms], title: str) -> Picture:
    """One row per quantity and one column per layer, up to four; each histogram is scaled to its highest bin."""
    shown = sorted({*np.linspace(0, len(before) - 1, min(len(before), MOST_LAYERS)).round().astype(int).tolist()})
    panels = []
    for field, name in QUANTITIES.items():
        reach = max(float(getattr(layers[0], field).edges[-1]) for layers in (before, after))
        for index in shown:
            first, last = getattr(before[index], field), getattr(after[index], field)
            panels.append(
                Panel(
                    Axis(-reach, reach, label=name),
                    Axis(0.0, 1.0),
                    [_outline(last)],
                    f"layer {before[index].layer}",
                    histograms=[_area(first)],
                )
            )
    beyond = "Each is as high as its highest bin. Filled: before training; line: after."
    legend = [("before training", BEFORE), ("after training", AFTER)]
    return Picture(title, panels, legend, columns=len(shown), notes=[beyond])


def _heights(counts: Counts) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    most = int(counts.counts.max()) or 1
    heights: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = counts.counts / most
    return heights


def _area(counts: Counts) -> Histogram:
    return Histogram(counts.edges, _heights(counts), BEFORE)


def _outline(counts: Counts) -> Curve:
    middles = 0.5 * (counts.edges[1:] + counts.edges[:-1])
    return Curve("", middles, _heights(counts), AFTER)
