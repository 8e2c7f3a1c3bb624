"""Sentences on a gradient-depth run: measurements and conclusions."""

from collections.abc import Sequence
from math import exp, inf, isfinite, isinf, isnan, log, log10
from typing import Literal

from actcli.core.depth.cure import Cure
from actcli.core.depth.experiment import DepthRun
from actcli.core.depth.verdict import LEARNT, MOST_RISE, Flow
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
    untrained = "" if run.loss else " Nothing was trained."
    if untrained and run.verdict != "diverged":
        untrained = " Nothing was trained: this is about the gradient alone."
    return f"With {', '.join(parts)} and {last} {sentences[run.verdict](run)}.{cause}{untrained}"


def beside_table(run: DepthRun) -> str:
    """Facts beside the table of outcomes: change of the gradient, and the cause; empty for a healthy run."""
    if run.verdict in ("vanishing", "exploding"):
        return f"{run.activation}: {_course(run)}.{_cause(run)}"
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
    if not cures:
        return [
            f"No cure: of {count(tried, 'change')} tried, the best few were trained for all steps, and none of them "
            "learnt."
        ]
    steps = count(len(cures[0][1].run.loss), "step")  # the run itself may have diverged before
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
    unknown = [name for name in ("xavier", "he") if isnan(_log_factor(choice, name))]
    if unknown:
        return f"--init auto is {choice.name}: no factor of the signal was found in theory with {' and '.join(unknown)}"
    without = [name for name, has in ((f"{run.norm} norm", run.norm), ("residual connections", run.residual)) if has]
    theory = f"theory for first pre-activations of variance 1{''.join(f', without {name}' for name in without)}"
    if -inf < max(choice.xavier, choice.he) < -(len(run.layers) - 1) * log(2.0):
        return (
            f"--init auto is {choice.name}: with it and with {other} the signal loses on average more than half per "
            f"layer ({theory})"
        )
    return (
        f"--init auto is {choice.name}: the signal changes {chosen} over {layers}, with {other} {rejected} ({theory})"
    )


def differing_inits(runs: Sequence[DepthRun]) -> str:
    """Sentence on different initialisations of the compared activations; empty if they are equal."""
    inits = dict.fromkeys((run.activation, run.init) for run in runs)
    if len({init for _, init in inits}) < 2:
        return ""
    return f"The initialisations differ: {', '.join(f'{init} for {activation}' for activation, init in inits)}."


def _log_factor(choice: Preference, name: str) -> float:
    return choice.he if name == "he" else choice.xavier


def _change(choice: Preference, name: str) -> str:
    factor = _log_factor(choice, name)
    if isinf(factor):  # a slope of 0: a finite sum of logarithms does not overflow
        return "to nothing"
    power = f"10^{round(factor / log(10.0))}" if abs(factor) > _MOST_AS_NUMBER else format_number(exp(factor), 3)
    return f"by a factor of {power}"


_MOST_AS_NUMBER = 600.0
"""Largest |ln| of a factor that exp turns into an ordinary number: exp(600) is 4e260."""


# --- the verdict ------------------------------------------------------------------------------------------------


def _sick(run: DepthRun) -> str:
    sickness = {"vanishing": "vanishes", "exploding": "explodes"}[run.verdict]
    during = "" if _sick_from_the_start(run) else " in the course of the training"
    return f"the gradient {sickness}{during}: {_course(run, _factor(run))}{_not_learnt(run)}"


def _sick_from_the_start(run: DepthRun) -> bool:
    """Whether the verdict is about the gradient before training. Otherwise it is about the one after it."""
    return _flow(run, "initial").condition == run.verdict


def _course(run: DepthRun, factor: str = "") -> str:
    """The gradient before training, and after it too if only then it is vanishing or exploding."""
    if _sick_from_the_start(run):
        return f"{_comparison(run)}{factor}"
    return f"before training {_comparison(run)}{factor}; after it {_comparison(run, 'final')}"


def _healthy(run: DepthRun) -> str:
    if not run.loss:
        if len(run.layers) <= 2:
            return "the gradient is healthy: a single hidden layer leaves it no depth to vanish in"
        return f"the gradient is healthy: {_comparison(run)}{_factor(run)}"
    fell = run.loss_data_final <= LEARNT * run.loss_data_initial
    what = "the network learnt" if fell else "the network is better than guessing"
    return f"{what}: {_loss(run)}.{_at_first(run)}{_dead_units(run)}".removesuffix(".")


def _stuck(run: DepthRun) -> str:
    gradient = "" if len(run.layers) <= 2 else f"; before training {_comparison(run)}{_factor(run)}"
    return f"the network did not learn: {_loss(run)}{gradient}"


def _dead(run: DepthRun) -> str:
    final = [record.layer for record in run.layers[:-1] if record.dead_fraction_final == 1.0]
    born = [record.layer for record in run.layers[:-1] if record.dead_fraction_initial == 1.0]
    if run.layers[0].signal_norm_initial:  # residual connections led the signal past the dead units
        born = []
    layers = final or born
    where = f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} of {len(run.layers) - 1} hidden layers"
    when = "is dead from the start" if born else "died"
    return (
        f"the network {when}: in {where} the slope of every unit is 0 for every input, so nothing of the gradient "
        f"arrives at layer 1{_not_learnt(run)}"
    )


def _diverged(run: DepthRun) -> str:
    if not isfinite(run.loss_data_initial):
        return "the network's output or its loss is no finite number, already before training"
    if not run.loss:
        return _comparison(run)
    steps, least = f"after {count(len(run.loss), 'step')}", max(run.loss_guess, run.loss_data_initial)
    if not MOST_RISE * least < run.loss_data_final < inf:
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
    course = f"{went} from {first} to {last}" if first != last else f"stayed at {first}, to three digits"
    return f"{steps} the loss over the data {course}, and guessing gives {guess}"


def _not_learnt(run: DepthRun) -> str:
    return f". It did not learn: {_loss(run)}" if run.loss else ""


def _at_first(run: DepthRun) -> str:
    """Sentence on the gradient before training."""
    if len(run.layers) <= 2:
        return ""
    sick = {"vanishing": "vanished", "exploding": "exploded"}.get(_flow(run, "initial").condition)
    if sick:
        course = f"{_comparison(run)}{_factor(run)}; after it {_comparison(run, 'final')}"
        return f" Before training the gradient {sick}: {course}."
    return f" Before training {_comparison(run)}{_factor(run)}."


def _dead_units(run: DepthRun) -> str:
    dead = [record.layer for record in run.layers[:-1] if record.dead_fraction_final > 0.5]
    if not dead:
        return ""
    where = f"layer {dead[0]}" if len(dead) == 1 else f"each of {len(dead)} of {len(run.layers) - 1} hidden layers"
    return f" More than half of the units in {where} are dead."


# --- the gradient -----------------------------------------------------------------------------------------------


When = Literal["initial", "final"]
"""Before or after training."""


def _flow(run: DepthRun, when: When) -> Flow:
    first, last = (getattr(run.layers[place], f"signal_norm_{when}") for place in (0, -2))
    return Flow(first, last, len(run.layers) - 1, blocked=False)


def _comparison(run: DepthRun, when: When = "initial") -> str:
    """The signal of layer 1 compared with layer N."""
    flow, last_hidden = _flow(run, when), len(run.layers) - 1
    first, last = flow.first, flow.last
    if isnan(first) or isnan(last):
        return "the gradient signal is no finite number"
    if last == 0:
        return f"the gradient signal is 0 at layer {last_hidden}, and {format_number(first, 3)} at layer 1"
    if first == 0:
        return f"of the gradient signal at layer {last_hidden} nothing arrives at layer 1"
    if isinf(first) or isinf(last):
        layers = [f"layer {layer}" for layer, norm in ((1, first), (last_hidden, last)) if isinf(norm)]
        other = "" if len(layers) == 2 else f"; at layer {last_hidden if isinf(first) else 1} it is "
        finite = other and format_number(min(first, last), 3)
        return f"the gradient signal at {' and '.join(layers)} is too large for the floating-point type{other}{finite}"
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
        if narrow and narrow.high < _WIDEST * narrow.low and abs(measured / theory - 1) > _NOTABLE:
            low, typical, high = (format_number(x, 3) for x in (narrow.low, narrow.typical, narrow.high))
            beside += f" at infinite width; at this width typically {typical}, in 19 of 20 networks {low} to {high}"
        beside += ")"
    return f", a factor of {format_number(measured, 3)} per layer{beside}"


_NOTABLE = 0.05
_WIDEST = 100.0
"""Largest ratio high / low of a range at finite width that is printed: the theory is for small fluctuations."""


def _cause(run: DepthRun) -> str:
    """Facts on the slopes that explain a vanishing gradient or a stuck network: all small, mostly small, all equal."""
    if run.verdict not in ("vanishing", "stuck"):
        return ""
    least, largest = run.slope_range
    if run.verdict == "stuck":
        straight = least == largest and run.norm is None
        return (
            f" {run.activation} does not bend: whatever its depth, the network can learn no more than one linear layer."
            if straight
            else ""
        )
    if run.norm or run.residual or not _sick_from_the_start(run):
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
    if isfinite(steepest) and saturated > _MOSTLY:
        return f" On average {percent(saturated)} of the slopes are under 5 % of the largest slope of {run.activation}."
    return ""


_MOSTLY = 2 / 3
"""Least share called "most". Above 1/2, because about half of relu's units are off, more or fewer by seed."""
