"""Report of `trace`: one training step with the numbers of every sum."""

from collections.abc import Iterator, Sequence
from math import exp, isfinite
from textwrap import fill

from rich.console import RenderableType

from actcli.core.lessons.trace import BIAS, HIDDEN, INPUTS, OUTPUT, HiddenUnit, Outcome, Trace
from actcli.views.notation import align, format_number
from actcli.views.table import Column, render, table
from actcli.views.terminal import Terminal

DIGITS = 4
LABEL_WIDTH = 15
# On a narrower terminal labels are above their lines.
NARROW = 48


def trace_report(trace: Trace, terminal: Terminal) -> str:
    """The whole report: forward pass, backward pass, weights before and after, and the loss after."""
    lines = [_fold(_title(trace), terminal)]
    for label, texts in _steps(trace).items():
        if label == "activations" and len(together := "; ".join(texts)) <= terminal.width - LABEL_WIDTH:
            texts = [together]  # a line less, so that the report fits a screen of 24 lines
        lines += _labelled(label, texts, terminal)
    return "".join(f"{line}\n" for line in lines) + (
        render(nudge_table(trace, terminal), terminal) + _fold(sentence(trace), terminal) + "\n"
    )


def nudge_table(trace: Trace, terminal: Terminal) -> RenderableType:
    """Table of weights: after = before - learning rate * gradient."""
    weights = trace.weights
    return table(
        [
            Column("weight", [f"{step.source} → {step.target}" for step in weights], "left"),
            Column("before", align(_number(step.before) for step in weights)),
            Column("gradient", align(_number(step.gradient) for step in weights)),
            Column("after", align(_number(step.after) for step in weights)),
        ],
        terminal,
        gaps=(),
    )


def sentence(trace: Trace) -> str:
    """Sentence on the loss after the step."""
    before, after = trace.before, trace.after
    if not isfinite(after.loss):
        return "After the step the output is no finite number: the learning rate is too large."
    change = f"from {_number(before.loss)} to {_number(after.loss)}"
    share = f"{_right(trace)} from {_number(_chance(before))} to {_number(_chance(after))}"
    text = f"The step brought {share}, and the loss {change}"
    if after.loss == before.loss:
        text = f"The step left the loss at {_number(before.loss)}"
    elif after.loss > before.loss:
        text += ": too large a learning rate can step over the valley"
    off = [unit.name for unit in trace.hidden if unit.slope == 0]
    if off:
        which = f"{' and '.join(off)} had slope 0, so the weights into {'them' if len(off) > 1 else 'it'} did not move"
        return f"{text}; {which}."
    return f"{text}."


def _title(trace: Trace) -> str:
    given = ", ".join(f"{name} = {_number(x)}" for name, x in zip(INPUTS, trace.inputs, strict=True))
    return f"φ = {trace.activation}; {given}; the right answer is {trace.answer:g}"


def _steps(trace: Trace) -> dict[str, list[str]]:
    """Label -> lines of each part of the step, in the order of computation."""
    before = trace.before
    hidden = [unit.output for unit in trace.hidden]
    chance = "σ(z)" if trace.answer else "1 - σ(z)"
    return {
        "weighted sums": [
            f"{unit.name}: {_sum(trace, unit.name, trace.inputs)} = {_number(unit.weighted_sum)}"
            for unit in trace.hidden
        ],
        "activations": [
            f"{unit.name} = φ({_number(unit.weighted_sum)}) = {_number(unit.output)}, slope {_number(unit.slope)}"
            for unit in trace.hidden
        ],
        "output": [
            f"z = {_sum(trace, OUTPUT, hidden)} = {_number(before.output)}, σ(z) = {_number(before.probability)}"
        ],
        "loss": [f"-log {_right(trace)} = -log({chance}) = -log({_number(_chance(before))}) = {_number(before.loss)}"],
        "signals": [
            f"z: σ(z) - answer = {_number(trace.output_signal)}",
            *(f"{unit.name}: {_signal(trace, unit)} = {_number(unit.signal)}" for unit in trace.hidden),
        ],
        "update": [f"weight - {_number(trace.learning_rate)} × gradient; gradient = signal × input"],
    }


def _right(trace: Trace) -> str:
    """Name of the probability of the right answer."""
    return f"P({trace.answer:g})"


def _chance(outcome: Outcome) -> float:
    """The probability of the right answer: 1 - σ(z) would be 0 where it is small."""
    return exp(-outcome.loss)


def _sum(trace: Trace, target: str, sent: Sequence[float]) -> str:
    """The text of a weighted sum: 1.44×0.81 + 0.74×(-1.91) + 0.41."""
    sources = INPUTS if target in HIDDEN else HIDDEN
    weights = [trace.between(source, target).before for source in sources]
    first, *others = zip(weights, sent, strict=True)
    products = [f" + {_factor(weight)}×{_factor(x)}" for weight, x in others]
    bias = trace.between(BIAS, target).before
    return f"{_number(first[0])}×{_factor(first[1])}{''.join(products)} + {_factor(bias)}"


def _signal(trace: Trace, unit: HiddenUnit) -> str:
    """The text of a unit's signal: signal × weight × slope."""
    weight = trace.between(unit.name, OUTPUT).before
    return f"{_number(trace.output_signal)} × weight {_factor(weight)} × slope {_factor(unit.slope)}"


def _factor(number: float) -> str:
    return f"({_number(number)})" if number < 0 else _number(number)


def _number(number: float) -> str:
    text = format_number(number + 0.0, DIGITS)  # no -0.0
    return text.removesuffix(".0")


def _labelled(label: str, texts: Sequence[str], terminal: Terminal) -> Iterator[str]:
    if terminal.width < NARROW:
        yield f"{label}:"
    for index, text in enumerate(texts):
        if terminal.width < NARROW:
            yield _fold(text, terminal, "  ")
        else:
            start = (label if index == 0 else "").ljust(LABEL_WIDTH)
            yield _fold(text, terminal, start, " " * LABEL_WIDTH)


def _fold(text: str, terminal: Terminal, start: str = "", more: str | None = None) -> str:
    return fill(
        terminal.text(text),
        terminal.width,
        initial_indent=start,
        subsequent_indent=start if more is None else more,
        break_on_hyphens=False,
    )
