"""What a gradient-depth run showed, in one sentence that a student understands."""

from math import isinf, log10

from actcli.core.depth import DepthRun
from actcli.core.initialisers import RELU_FAMILY
from actcli.views.number import format_number, times


def verdict_sentence(run: DepthRun) -> str:
    """What became of the gradient on its way to layer 1, by what factor a layer, and what to try."""
    with_what = f"With {run.activation} and {run.init} initialisation"
    sentences = {
        "diverged": _diverged,
        "dead": _dead,
        "vanishing": _vanishing,
        "exploding": _exploding,
        "healthy": _healthy,
    }
    return f"{with_what} {sentences[run.verdict](run)}."


def _vanishing(run: DepthRun) -> str:
    return (
        f"the gradient vanishes: {_comparison(run)}{_factor(run)}, so the first layers hardly learn; "
        f"try {_larger_slope(run)}"
    )


def _exploding(run: DepthRun) -> str:
    smaller = {"he": "--init xavier", "xavier": "--init lecun"}.get(run.init, "--init xavier")
    return (
        f"the gradient explodes: {_comparison(run)}{_factor(run)}, so one step throws the first layers far "
        f"off; try smaller weights ({smaller})"
    )


def _healthy(run: DepthRun) -> str:
    if len(run.layers) <= 2:
        return "the gradient is healthy: a single hidden layer leaves it no depth to vanish in"
    return f"the gradient is healthy: {_comparison(run)}{_factor(run)}, so all layers can learn"


def _dead(run: DepthRun) -> str:
    dead = [record.layer for record in run.layers[:-1] if record.dead_fraction_final > 0.5]
    where = f"layer {dead[0]}" if len(dead) == 1 else f"{len(dead)} of {len(run.layers) - 1} hidden layers"
    return (
        f"{where} died: after training more than half of the units there have slope 0 for every input, so no "
        "gradient passes them and they never change again; try leaky_relu or a smaller learning rate"
    )


def _diverged(run: DepthRun) -> str:
    return (
        f"the training diverged: after {len(run.loss)} steps the loss or the gradient was no finite number; "
        "try a smaller learning rate or smaller weights (--init xavier)"
    )


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
    factor = run.decay_per_layer
    return "" if factor is None or factor == 0 else f", a factor of {format_number(factor, 3)} per layer"


def _larger_slope(run: DepthRun) -> str:
    name = run.activation.partition(":")[0]
    if name not in RELU_FAMILY:
        return "relu, whose slope of 1 lets the signal through"
    return "--init he" if run.init != "he" else "fewer layers or larger weights"
