"""The gradient-depth experiment as a chart: the signal over the layers, before and after training, and in theory."""

from collections.abc import Sequence

import numpy as np

from actcli.core.depth.experiment import LayerRecord
from actcli.views.chart import log_chart
from actcli.views.curve import Curve
from actcli.views.depth_group import DepthGroup
from actcli.views.palette import hollow, look
from actcli.views.terminal import Terminal

MOST_PAIRS = 3


def depth_chart(groups: Sequence[DepthGroup], terminal: Terminal, *, height: int | None = None) -> str:
    """Of one activation three curves; of up to three measurement and theory in one colour; of more the measurement."""
    title = "signal at each layer: norm of the gradient"
    if len(groups) == 1:
        curves = [
            _curve(groups[0], "before training", "signal_norm_initial"),
            *([_curve(groups[0], "after training", "signal_norm_final")] if groups[0].trained else []),
            _curve(groups[0], "before training, in theory", "signal_norm_theory"),
        ]
    else:
        title += ", before training"
        curves = []
        for index, group in enumerate(groups):
            measured = _curve(group, group.activation, "signal_norm_initial")
            curves.append(Curve(measured.label, measured.x, measured.y, look(index)))
            if len(groups) <= MOST_PAIRS:
                theory = _curve(group, f"{group.activation} in theory", "signal_norm_theory")
                curves.append(Curve(theory.label, theory.x, theory.y, hollow(index)))
    curves = [curve for curve in curves if curve.x.size]
    if any((curve.y == 0).any() for curve in curves):
        title += " (a 0 is not drawn)"
    return log_chart(curves, terminal, title=title, x_label="layer", height=height)


def _curve(group: DepthGroup, label: str, field: str) -> Curve:
    """That number over the hidden layers that have it."""
    known = [(record.layer, value) for record in group.layers[:-1] if (value := _value(record, field)) is not None]
    layers, values = zip(*known, strict=True) if known else ((), ())
    return Curve(label, np.array(layers, dtype=np.float64), np.array(values, dtype=np.float64))


def _value(record: LayerRecord, field: str) -> float | None:
    value: float | None = getattr(record, field)
    return value
