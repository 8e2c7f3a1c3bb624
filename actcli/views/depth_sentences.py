"""Sentences on a gradient-depth run: measurements and conclusions."""

from collections.abc import Sequence
from math import exp, isinf, isnan, log10

from actcli.core.depth.cure import Cure
from actcli.core.depth.experiment import DepthRun
from actcli.core.depth.verdict import Flow
from actcli.core.errors import count
from actcli.core.theory.preference import Preference
from actcli.views.notation import format_number, percent, times


def verdict_sentence(run: DepthRun) -> str:
    """Verdict, change of the gradient from the last hidden layer to layer 1, and the cause if known."""
    *parts, last = set_up(run)
    sentences = {
        "diverged": _diverged,
        "dead": _dead,
        "vanishing": _sick,
        "exploding": _sick,
        "stuck": _stuck,
        "healthy": _healthy,
    }
    cause = _cause(run)
    untrained = "" if run.loss else " Nothing was trained: this is about the gradient alone."
    return f"With {', '.join(parts)} and {last} {sentences[run.verdict](run)}.{cause}{untrained}"


def beside_table(run: DepthRun) -> str:
    """Facts beside the table of outcomes: change of the gradient, and the cause; empty for a healthy run."""
    if run.verdict in ("vanishing", "exploding"):
        return f"{run.activation}: {_comparison(run)}.{_cause(run)}"
    return "" if run.verdict == "healthy" else verdict_sentence(run)


def set_up(run: DepthRun) -> list[str]:
    """The activation, its initialisation, norm and residual connections."""
    norm = [f"{run.norm} norm"] if run.norm else []
    residual = ["residual connections"] if run.residual else []
    return [run.activation, f"{run.init} initialisation", *norm, *residual]


def loss_line(run: DepthRun) -> str:
    """The line `sigmoid: binary cross-entropy 0.731 → 0.693 in 200 steps (guessing 0.693), accuracy 50 % → 50 %`."""
    name = run.loss_name.replace("cross_entropy", "cross-entropy").replace("_", " ")
    guess = f"guessing {format_number(run.loss_guess)}"
    if not run.loss:
        return f"{run.activation}: not trained; {name} {format_number(run.loss_data_initial)} ({guess})"
    before, after = format_number(run.loss_data_initial), format_number(run.loss_data_final)
    right = ""
    if run.accuracy_initial is not None and run.accuracy_final is not None:
        right = f", accuracy {percent(run.accuracy_initial)} → {percent(run.accuracy_final)}"
    return f"{run.activation}: {name} {before} → {after} in {count(len(run.loss), 'step')} ({guess}){right}"


def cure_lines(run: DepthRun, cures: Sequence[tuple[str, Cure]], tried: int) -> list[str]:
    """The cures as options, with their loss and accuracy; or a sentence that there is none.

    tried: number of candidates
    """
    steps = count(len(run.loss), "step")
    if not cures:
        return [
            f"No cure: of {count(tried, 'change')} tried, the best few were trained for as many steps as this network, "
            "and none of them learnt."
        ]
    width = max(len(options) for options, _ in cures)
    lines = [f"Cures, trained like {run.activation} ({steps}, seed {run.seed}), best first:"]
    for options, cure in cures:
        right = "" if cure.run.accuracy_final is None else f", accuracy {percent(cure.run.accuracy_final)}"
        lines.append(f"  {options.ljust(width)}  loss {format_number(cure.run.loss_data_final, 3)}{right}")
    return lines


def init_line(run: DepthRun) -> str:
    """The initialisation of --init auto and its reason; empty if it was named."""
    choice = run.init_preference
    if choice is None:
        return ""
    other = "xavier" if choice.name == "he" else "he"
    chosen, rejected = _change(choice, choice.name), _change(choice, other)
    layers = count(len(run.layers) - 1, "layer")
    if isnan(choice.xavier) or isnan(choice.he):
        return f"--init auto is {choice.name}: theory has nothing to say of {run.activation}"
    if choice.name == "xavier" and abs(choice.he) < abs(choice.xavier):
        return "--init auto is xavier: with it and with he the signal loses more than half in every layer, in theory"
    return f"--init auto is {choice.name}: in theory the signal changes {chosen} over {layers}, with {other} {rejected}"


def differing_inits(runs: Sequence[DepthRun]) -> str:
    """Sentence on different initialisations of the compared activations; empty if they are equal."""
    inits = dict.fromkeys((run.activation, run.init) for run in runs)
    if len({init for _, init in inits}) < 2:
        return ""
    return f"The initialisations differ: {', '.join(f'{init} for {activation}' for activation, init in inits)}."


def _change(choice: Preference, name: str) -> str:
    factor = choice.he if name == "he" else choice.xavier
    if isinf(factor):
        return "to nothing" if factor < 0 else "beyond all measure"
    return f"by a factor of {format_number(exp(max(min(factor, 700.0), -700.0)), 3)}"


# --- the verdict ------------------------------------------------------------------------------------------------


def _sick(run: DepthRun) -> str:
    return f"the gradient {_sickness(run)}: {_comparison(run)}{_factor(run)}{_not_learnt(run)}"


def _sickness(run: DepthRun) -> str:
    return {"vanishing": "vanishes", "exploding": "explodes"}[run.verdict]


def _healthy(run: DepthRun) -> str:
    if not run.loss:
        if len(run.layers) <= 2:
            return "the gradient is healthy: a single hidden layer leaves it no depth to vanish in"
        return f"the gradient is healthy: {_comparison(run)}{_factor(run)}"
    what = (
        "the network learnt" if run.loss_data_final < run.loss_data_initial else "the network is better than guessing"
    )
    return f"{what}: {_loss(run)}.{_at_first(run)}{_dead_units(run)}".removesuffix(".")


def _stuck(run: DepthRun) -> str:
    blame = "" if len(run.layers) <= 2 else f"; the gradient is not to blame: {_comparison(run)}{_factor(run)}"
    return f"the network did not learn: {_loss(run)}{blame}"


def _dead(run: DepthRun) -> str:
    final = [record.layer for record in run.layers[:-1] if record.dead_fraction_final == 1.0]
    born = [record.layer for record in run.layers[:-1] if record.dead_fraction_initial == 1.0]
    layers = final or born
    where = f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} of {len(run.layers) - 1} hidden layers"
    when = "is dead from the start" if born else "died"
    return (
        f"the network {when}: in {where} the slope of every unit is 0 for every input, so nothing of the gradient "
        f"arrives at layer 1{_not_learnt(run)}"
    )


def _diverged(run: DepthRun) -> str:
    steps = f"after {count(len(run.loss), 'step')}"
    if isnan(run.loss_data_final) or isinf(run.loss_data_final):
        return f"the training diverged: {steps} the loss or the gradient was no finite number"
    final, guess = format_number(run.loss_data_final, 3), format_number(run.loss_guess, 3)
    return f"the training diverged: {steps} the loss over the data is {final}, and guessing gives {guess}"


def _loss(run: DepthRun) -> str:
    """The loss over the data compared with guessing."""
    first, last, guess = (
        format_number(value, 3) for value in (run.loss_data_initial, run.loss_data_final, run.loss_guess)
    )
    steps = f"in {count(len(run.loss), 'step')}"
    went = "fell" if run.loss_data_final < run.loss_data_initial else "went"
    return f"{steps} the loss over the data {went} from {first} to {last}, and guessing gives {guess}"


def _not_learnt(run: DepthRun) -> str:
    return f". It did not learn: {_loss(run)}" if run.loss else ""


def _at_first(run: DepthRun) -> str:
    """Sentence on the gradient before training."""
    if len(run.layers) <= 2:
        return ""
    last_hidden = len(run.layers) - 1
    flow = Flow(run.layers[0].signal_norm_initial, run.layers[-2].signal_norm_initial, last_hidden, False)
    sick = {"vanishing": "vanished", "exploding": "exploded"}.get(flow.condition)
    if sick:
        return f" Before training the gradient {sick} ({_comparison(run)}{_factor(run)}); that was overcome."
    return f" Before training {_comparison(run)}{_factor(run)}."


def _dead_units(run: DepthRun) -> str:
    dead = [record.layer for record in run.layers[:-1] if record.dead_fraction_final > 0.5]
    if not dead:
        return ""
    where = f"layer {dead[0]}" if len(dead) == 1 else f"each of {len(dead)} of {len(run.layers) - 1} hidden layers"
    return f" More than half of the units in {where} are dead, and the others were enough."


# --- the gradient -----------------------------------------------------------------------------------------------


def _comparison(run: DepthRun) -> str:
    """The signal of layer 1 compared with layer N, before training."""
    last_hidden = len(run.layers) - 1
    first, last = run.layers[0].signal_norm_initial, run.layers[last_hidden - 1].signal_norm_initial
    if first == 0:
        return f"of the gradient signal at layer {last_hidden} nothing arrives at layer 1"
    if last == 0 or isinf(first):
        return f"the gradient signal at layer 1 is beyond all measure larger than at layer {last_hidden}"
    decades = log10(first) - log10(last)  # the ratio may overflow or underflow
    if abs(decades) < 0.1:
        return f"the gradient signal at layer 1 is about as large as at layer {last_hidden}"
    how = f"{times(abs(decades))} {'smaller' if decades < 0 else 'larger'}"
    return f"the gradient signal at layer 1 is {how} than at layer {last_hidden}"


def _factor(run: DepthRun) -> str:
    """Factor of the signal per layer, measured and in theory; for this width too, if that differs by some per cent."""
    measured, theory, narrow = run.decay_per_layer, run.decay_per_layer_theory, run.decay_per_layer_finite_width
    if measured is None or measured == 0:
        return "" if theory is None else f" (in theory a factor of {format_number(theory, 3)} per layer)"
    beside = ""
    if theory is not None:
        beside = f" (in theory {format_number(theory, 3)}"
        if narrow and abs(measured / theory - 1) > _NOTABLE:
            low, typical, high = (format_number(x, 3) for x in (narrow.low, narrow.typical, narrow.high))
            beside += f" at infinite width; at this width typically {typical}, in 19 of 20 networks {low} to {high}"
        beside += ")"
    return f", a factor of {format_number(measured, 3)} per layer{beside}"


_NOTABLE = 0.05


def _cause(run: DepthRun) -> str:
    """The cause of a vanishing gradient or stuck network, if known: small slopes, saturation, linear activation."""
    if run.verdict not in ("vanishing", "stuck"):
        return ""
    least, largest = run.slope_range
    if run.verdict == "stuck":
        straight = least == largest and run.norm is None
        return (
            f" {run.activation} does not bend: the network is a straight line, whatever its depth." if straight else ""
        )
    if run.norm or run.residual:
        return ""
    steepest = max(-least, largest)
    most = steepest * run.weight_gain
    if 0.0 < most < 1.0:
        return (
            f" The slope of {run.activation} is at most {format_number(steepest, 3)}, so that with these weights a "
            f"layer keeps in theory at most {format_number(most, 3)} of the signal, saturated or not."
        )
    hidden = run.layers[:-1]
    saturated = sum(record.saturated_fraction_initial for record in hidden) / len(hidden)
    if saturated > 0.5:
        return f" On average {percent(saturated)} of the slopes are under 5 % of the largest: the units are saturated."
    return ""
