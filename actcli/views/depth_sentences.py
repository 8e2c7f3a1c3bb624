"""What a gradient-depth run showed, in sentences that a student understands, and what was found to cure it."""

from collections.abc import Sequence
from math import isinf, log10

from actcli.core.depth.cure import Cure
from actcli.core.depth.experiment import DepthRun
from actcli.core.errors import count
from actcli.views.notation import format_number, times


def verdict_sentence(run: DepthRun, cures: Sequence[Cure] | None = None) -> str:
    """What became of the gradient on its way to layer 1, by what factor a layer, and what changes that.

    cures: None where none were looked for
    """
    *parts, last = set_up(run)
    sentences = {
        "diverged": _diverged,
        "dead": _dead,
        "vanishing": _vanishing,
        "exploding": _exploding,
        "healthy": _healthy,
    }
    return f"With {', '.join(parts)} and {last} {sentences[run.verdict](run)}.{_cured(run, cures)}"


def set_up(run: DepthRun) -> list[str]:
    """The activation, its initialisation, and what else there is."""
    norm = [f"{run.norm} norm"] if run.norm else []
    residual = ["residual connections"] if run.residual else []
    return [run.activation, f"{run.init} initialisation", *norm, *residual]


def _vanishing(run: DepthRun) -> str:
    return f"the gradient vanishes: {_comparison(run)}{_factor(run)}, so the first layers hardly learn"


def _exploding(run: DepthRun) -> str:
    return f"the gradient explodes: {_comparison(run)}{_factor(run)}, so one step throws the first layers far off"


def _healthy(run: DepthRun) -> str:
    if len(run.layers) <= 2:
        return "the gradient is healthy: a single hidden layer leaves it no depth to vanish in"
    outcome = ", so all layers can learn"
    if run.loss and run.loss_final > run.loss[0]:
        outcome = " before training, but the loss has risen: try a smaller learning rate"
    return f"the gradient is healthy: {_comparison(run)}{_factor(run)}{outcome}"


def _dead(run: DepthRun) -> str:
    dead = [record.layer for record in run.layers[:-1] if record.dead_fraction_final > 0.5]
    where = f"layer {dead[0]}" if len(dead) == 1 else f"each of {len(dead)} of {len(run.layers) - 1} hidden layers"
    units = f"more than half of the units in {where}"
    if all(run.layers[layer - 1].dead_fraction_initial > 0.5 for layer in dead):
        return (
            f"{units} are dead from the start: their slope is 0 for every input, so no gradient passes them and they "
            "never change"
        )
    return (
        f"{units} died: after training their slope is 0 for every input, so no gradient passes them and they never "
        "change again"
    )


def _diverged(run: DepthRun) -> str:
    return f"the training diverged: after {count(len(run.loss), 'step')} the loss or the gradient was no finite number"


def _cured(run: DepthRun, cures: Sequence[Cure] | None) -> str:
    """What was measured to help, as it is typed; else what theory or measurement leave as a way out."""
    if run.verdict == "healthy" or cures is None:
        return ""
    if cures:
        return f" Cure: {', or '.join(f'{_options(cure)} ({_evidence(cure)})' for cure in cures)}."
    if run.verdict in ("dead", "diverged"):
        return " Neither a smaller learning rate nor other weights or layers alone cure this."
    nor_relu = "" if run.activation == "relu" else ", nor does relu"
    alone = f"No other initialisation, residual connection or normalisation alone cures this{nor_relu}"
    return f" {alone}{_depth_that_works(run)}."


def _depth_that_works(run: DepthRun) -> str:
    """How many layers leave the signal within a factor of 100, at the run's own factor per layer."""
    factor = run.decay_per_layer or run.decay_per_layer_theory
    if not factor or factor == 1 or isinf(factor):
        return ""
    layers = 1 + int(2 / abs(log10(factor)))
    return f"; {count(layers, 'layer')} would be few enough" if layers < len(run.layers) - 1 else ""


def _options(cure: Cure) -> str:
    """`--act relu`, `--residual`, `--lr 0.01`, `no --residual`"""
    return " ".join(_option(name, value) for name, value in cure.change.items())


def _option(name: str, value: object) -> str:
    option = "--" + {"activation": "act", "learning_rate": "lr"}.get(name, name)
    if isinstance(value, bool):
        return option if value else f"no {option}"
    return f"{option} {'none' if value is None else value}"


def _evidence(cure: Cure) -> str:
    factor = "" if cure.decay_per_layer is None else f"a factor of {format_number(cure.decay_per_layer, 3)} per layer"
    if cure.loss is None:
        return f"measured: {factor or 'healthy'}"
    return f"trained for {count(cure.steps, 'step')}: loss {format_number(cure.loss, 3)}"


def _comparison(run: DepthRun) -> str:
    """The signal of layer 1 beside layer N's, before training."""
    last_hidden = len(run.layers) - 1
    first, last = run.layers[0].signal_norm_initial, run.layers[last_hidden - 1].signal_norm_initial
    if first == 0:
        return f"of the gradient signal at layer {last_hidden} nothing arrives at layer 1"
    if last == 0 or isinf(first):
        return f"the gradient signal at layer 1 is beyond all measure larger than at layer {last_hidden}"
    decades = log10(first) - log10(last)  # the ratio itself may leave the floating-point range
    if abs(decades) < 0.1:
        return f"the gradient signal at layer 1 is about as large as at layer {last_hidden}"
    how = f"{times(abs(decades))} {'smaller' if decades < 0 else 'larger'}"
    return f"the gradient signal at layer 1 is {how} than at layer {last_hidden}"


def _factor(run: DepthRun) -> str:
    measured, theory = run.decay_per_layer, run.decay_per_layer_theory
    if measured is None or measured == 0:
        return "" if theory is None else f" (in theory a factor of {format_number(theory, 3)} per layer)"
    beside = "" if theory is None else f" (in theory {format_number(theory, 3)})"
    return f", a factor of {format_number(measured, 3)} per layer{beside}"
