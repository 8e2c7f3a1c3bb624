"""Picture of a training over its steps: gradients by layer, losses, updates, saturated and dead units."""

from collections.abc import Sequence

import numpy as np

from actcli.core.arrays import Array
from actcli.core.depth.experiment import DepthRun
from actcli.core.errors import count
from actcli.views.depth_sentences import set_up
from actcli.views.notation import format_number, percent
from actcli.views.picture.description import Axis, Curve, HeatMap, Panel, Picture, Rule, Style
from actcli.views.ranges import value_axis

LEARNS = 1e-3
"""Usual ratio of update to weights (Karpathy 2022, makemore part 3)."""

_LEAST = 1e-300


def history_picture(runs: Sequence[DepthRun]) -> Picture:
    """A map of each activation's gradients, then panels of losses, updates over weights, and saturated and dead units.

    runs: with a history
    """
    alone = len(runs) == 1
    maps = [_gradients(run) for run in runs]
    finite = np.concatenate([values[np.isfinite(values)] for values in maps] or [np.zeros(0)])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if high - low < 1.0:
        low, high = low - 0.5, high + 0.5
    steps = Axis(1.0, max(2.0, *(float(run.history[-1].step + 1) for run in runs)), label="step")
    panels = [
        Panel(
            steps,
            Axis(1.0, float(len(values)), label="layer", counted=True),
            (),
            "gradient of each layer's weights" if alone else f"{run.activation}: gradient by layer",
            heat=HeatMap(values, low, high, "log10(norm)"),
        )
        for run, values in zip(runs, maps, strict=True)
    ]
    panels += [loss_panel(runs, steps), _updates(runs, steps), _silent(runs, steps)]
    run = runs[0]
    names = ", ".join(each.activation for each in runs)
    hidden = len(run.layers) - 1
    title = f"{', '.join(set_up(run)) if alone else names}, {count(hidden, 'hidden layer')}, while it trains"
    legend = _legend(runs)
    return Picture(title, panels, legend, columns=2, notes=[sentence(run) for run in runs])


def _gradients(run: DepthRun) -> Array:
    """log10 of the gradient norms, (layers, moments); nan for 0 and numbers that are not finite."""
    norms = np.array([moment.weight_gradient_norms for moment in run.history]).T
    shown = np.isfinite(norms) & (norms > _LEAST)
    logarithms: Array = np.log10(norms, where=shown, out=np.full(norms.shape, np.nan))
    return logarithms


def _steps(run: DepthRun) -> Array:
    return np.array([moment.step + 1.0 for moment in run.history])


def loss_panel(runs: Sequence[DepthRun], steps: Axis) -> Panel:
    """The loss of every step, and of guessing; no curve for fewer than two finite losses."""
    curves = [
        Curve("", np.arange(1.0, len(run.loss) + 1), np.array(run.loss), _style(runs, index))
        for index, run in enumerate(runs)
    ]
    known = [curve for curve in curves if curve.finite().x.size > 1]
    guess = runs[0].loss_guess
    rules = [Rule(y=guess)] if np.isfinite(guess) else []
    ends = Curve("", np.array([steps.low, steps.high]), np.array([guess, guess]))
    y = value_axis([*known, ends], (steps.low, steps.high), 0.0)
    y = Axis(min(y.low, 0.0), y.high)
    return Panel(steps, y, known, "loss, dotted: guessing", rules=rules)


def _layers(run: DepthRun) -> list[int]:
    """Indices of the first hidden layer, a middle one and the output layer."""
    last = len(run.layers) - 1
    return sorted({0, (last - 1) // 2, last})


def _updates(runs: Sequence[DepthRun], steps: Axis) -> Panel:
    """Update ratios: for one activation three layers, for several the median over the layers."""
    curves = []
    for index, run in enumerate(runs):
        ratios = np.array([moment.update_ratios for moment in run.history])
        if len(runs) > 1:
            curves.append(Curve(run.activation, _steps(run), np.median(ratios, axis=1), Style(member=index)))
            continue
        for place, layer in enumerate(_layers(run)):
            curves.append(Curve(_name(run, layer), _steps(run), ratios[:, layer], Style(member=place)))
    ratios = np.concatenate([curve.y for curve in curves])
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    low, high = min(ratios.min(initial=LEARNS), LEARNS / 10), max(ratios.max(initial=LEARNS), LEARNS * 10)
    of = "median " if len(runs) > 1 else ""
    y = Axis(float(low), float(high), "log")
    return Panel(steps, y, curves, f"{of}update/weights, dotted: 0.001", rules=[Rule(y=LEARNS)])


def _silent(runs: Sequence[DepthRun], steps: Axis) -> Panel:
    curves = []
    for index, run in enumerate(runs):
        saturated, dead = (
            np.array([np.mean(getattr(moment, field)) for moment in run.history])
            for field in ("saturated_fractions", "dead_fractions")
        )
        alone = len(runs) == 1
        curves.append(Curve("", _steps(run), saturated, Style(member=3 if alone else index)))
        curves.append(Curve("", _steps(run), dead, Style(member=4 if alone else index, dash=2)))
    title = "saturated slopes and dead units" if len(runs) == 1 else "saturated slopes, broken: dead units"
    return Panel(steps, Axis(0.0, 1.0), curves, title)


def _style(runs: Sequence[DepthRun], index: int) -> Style:
    return Style("reference") if len(runs) == 1 else Style(member=index)


def _legend(runs: Sequence[DepthRun]) -> list[tuple[str, Style]]:
    if len(runs) > 1:
        return [(run.activation, Style(member=index)) for index, run in enumerate(runs)]
    layers = [(_name(runs[0], layer), Style(member=place)) for place, layer in enumerate(_layers(runs[0]))]
    return [*layers, ("saturated", Style(member=3)), ("dead", Style(member=4, dash=2))]


def _name(run: DepthRun, layer: int) -> str:
    return "output layer" if layer == len(run.layers) - 1 else f"layer {layer + 1}"


def sentence(run: DepthRun) -> str:
    """Last gradients of layer 1 and the output layer, last update, and saturated and dead units, in words."""
    last = run.history[-1]
    first, output = last.weight_gradient_norms[0], last.weight_gradient_norms[-1]
    gradient = f"layer 1's gradient {format_number(first, 2)}, the output layer's {format_number(output, 2)}"
    update = f"layer 1 moves by {format_number(last.update_ratios[0], 2)} of its weights"
    silent = [
        f"{percent(float(np.mean(values)))} {what}"
        for values, what in ((last.saturated_fractions, "of slopes saturated"), (last.dead_fractions, "of units dead"))
    ]
    return f"{run.activation} at step {last.step + 1}: {gradient}; {update}; {', '.join(silent)}."
