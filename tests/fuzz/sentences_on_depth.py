"""The sentences of a gradient-depth report, each with the facts that make it true."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from tests.fuzz.networks import Pass, Result, Setting, loss_name


@dataclass(frozen=True, eq=False)
class Facts:
    """A run as the program tells it, and own results: with the run's weights, and with nudged ones.

    slopes:  smallest and largest slope of the activation
    changes: ln of the signal's change over all layers in theory with --init auto, by initialisation; nan if unknown
    """

    run: dict[str, Any]
    setting: Setting
    own: Result
    twin: Result
    slopes: tuple[float, float]
    changes: dict[str, float]

    @property
    def label(self) -> str:
        return str(self.run["activation"])

    @cached_property
    def clear(self) -> bool:
        """Whether rounding does not decide the outcome."""
        same = self.own.verdict == self.twin.verdict and self.own.conditions == self.twin.conditions
        losses = [(self.own.after.loss, self.twin.after.loss), (self.own.before.loss, self.twin.before.loss)]
        same = same and len(self.own.losses) == len(self.twin.losses)
        same = same and not self.own.near_overflow
        losses += zip(self.own.losses, self.twin.losses, strict=False)
        close = all(not math.isfinite(a) or abs(a - b) < 1e-3 * abs(a) for a, b in losses)
        pairs = zip(self.own.before.signals, self.twin.before.signals, strict=True)
        close = close and all(not math.isfinite(a) or abs(a - b) <= 0.1 * abs(a) for a, b in pairs)
        rounding = self.setting.dtype == "float32" and self.setting.optimizer == "adam" and self.setting.steps > 0
        least = 1e-36 if self.setting.dtype == "float32" else 1e-300
        signals = [*self.own.before.signals, *self.own.after.signals]
        underflow = any(0.0 < signal < least for signal in signals)
        underflow |= any(
            share is not None and math.isnan(share) for share in (self.own.before.accuracy, self.own.after.accuracy)
        )
        return same and close and not (rounding or underflow or self.own.on_kink or self.setting.signs)


Check = Callable[..., bool]


def _number(text: str) -> float:
    return float(text)


def _near(text: str, true: float | None, relative: float = 0.006) -> bool:
    """Whether a printed number is the true one, to its digits."""
    if true is None:
        return False
    told = float(text)
    if not math.isfinite(told) or not math.isfinite(true):  # the order of the sums decides between inf and nan
        return not (math.isfinite(told) or math.isfinite(true))
    return abs(told - true) <= relative * abs(true) + 1e-12


# --- the gradient ---------------------------------------------------------------------------------------------------

_SIZES: Final = {"": 1.0, "million ": 1e6, "billion ": 1e9, "trillion ": 1e12}
_COMPARISON: Final = (
    r"(?:the gradient signal at layer 1 is about as large as at layer \d+"
    r"|the gradient signal at layer 1 is \S+ (?:[mbt]r?illion )?times (?:smaller|larger) than at layer \d+"
    r"|of the gradient signal at layer \d+ nothing arrives at layer 1"
    r"|the gradient signal is 0 at layer \d+, and \S+ at layer 1"
    r"|the gradient signal is no finite number"
    r"|the gradient signal at layer \d+(?: and layer \d+)? is too large for the floating-point type"
    r"(?:; at layer \d+ it is \S+)?)"
)
_FACTOR: Final = (
    r"(?:, a factor of \S+ per layer(?: \(in theory \S+?(?: at infinite width; at this width typically \S+, in 19 of "
    r"20 networks \S+ to \S+?)?\))?| \(in theory a factor of \S+ per layer\))?"
)
_LOSS: Final = (
    r"in [\d,]+ steps? the loss over the data (?:(?:fell|went) from \S+ to \S+|stayed at \S+, to three digits), and "
    r"guessing gives [^\s;]+?"
)


def comparison(text: str, at: Pass, hidden: int) -> bool:
    """Whether a text of the form _COMPARISON is true of these signals."""
    first, last = at.signals[0], at.signals[-2]
    if found := re.fullmatch(
        r".* layer 1 is (\S+) (million |billion |trillion |)times (smaller|larger) than at layer (\d+)", text
    ):
        decades = (math.log10(last) - math.log10(first)) * (1 if found[3] == "smaller" else -1)
        size = found[1].replace(",", "")
        told = float(size[3:]) if size.startswith("10^") else math.log10(float(size) * _SIZES[found[2]])
        return int(found[4]) == hidden and abs(told - decades) < (0.51 if size.startswith("10^") else 0.025)
    if found := re.fullmatch(r".* about as large as at layer (\d+)", text):
        return int(found[1]) == hidden and 0.75 < first / last < 1.34
    if found := re.fullmatch(r"of the gradient signal at layer (\d+) nothing arrives at layer 1", text):
        return int(found[1]) == hidden and first == 0 < last
    if found := re.fullmatch(r"the gradient signal is 0 at layer (\d+), and (\S+) at layer 1", text):
        return int(found[1]) == hidden and last == 0 and _near(found[2], first)
    if text == "the gradient signal is no finite number":
        return math.isnan(first) or math.isnan(last)
    return math.isinf(first) or math.isinf(last)


def factor(text: str, facts: Facts) -> bool:
    """Whether the measured factor is right. Those in theory are the run's, held against sums elsewhere."""
    at, layers = facts.own.before, facts.setting.layers
    found = re.match(r", a factor of (\S+) per layer", text)
    if not found:
        return True
    return _near(found[1], math.exp((math.log(at.signals[0]) - math.log(at.signals[-2])) / (layers - 1)))


def loss(text: str, facts: Facts) -> bool:
    """Whether a text of the form _LOSS is true."""
    found = re.fullmatch(
        r"in ([\d,]+) steps? the loss over the data (?:(fell|went) from (\S+) to (\S+)|stayed at (\S+), to three "
        r"digits), and guessing gives (\S+)",
        text,
    )
    own = facts.own
    if not found or int(found[1].replace(",", "")) != len(own.losses) or not _near(found[6], own.guess):
        return False
    if found[5]:
        return _near(found[5], own.before.loss) and _near(found[5], own.after.loss)
    fell = own.after.loss < own.before.loss
    return (found[2] == "fell") == fell and _near(found[3], own.before.loss) and _near(found[4], own.after.loss)


def chosen(text: str, facts: Facts) -> bool:
    """Whether the sentence on --init auto is true."""
    changes, layers = facts.changes, facts.setting.layers
    if any(map(math.isnan, changes.values())):
        return True
    lose = all(change < -layers * math.log(2) for change in changes.values())
    best = "he" if abs(changes["he"]) < abs(changes["xavier"]) - 1e-6 and not lose else "xavier"
    other = "xavier" if best == "he" else "he"
    if found := re.fullmatch(r"(\w+): with it and with (\w+) the signal loses on average more than half .*", text):
        return lose and found.groups() == (best, other)
    found = re.match(r"(\w+): the signal changes (.*?) over (\d+) layers?, with (\w+) (.*?) \(theory", text)
    if not found:
        return "no factor of the signal was found" in text

    def right(told: str, change: float) -> bool:
        number = told.removeprefix("by a factor of ").replace("10^", "1e")
        return (
            told == "to nothing"
            if change == -math.inf
            else math.isclose(math.log(float(number)), change, abs_tol=0.03 + 2e-3 * layers)
        )

    close = (
        abs(abs(changes["he"]) - abs(changes["xavier"])) < 1e-2 * layers
        or abs(max(changes.values()) + layers * math.log(2)) < 1e-2 * layers
    )
    told = {found[1]: found[2], found[4]: found[5]}
    named = close or (found[1], found[4]) == (best, other)
    return named and int(found[3]) == layers and all(right(told[name], changes[name]) for name in changes)


# --- the verdict ----------------------------------------------------------------------------------------------------


def _sick(
    f: Facts, what: str, during: str | None, course: str, ratio: str, after: str | None, lost: str | None
) -> bool:
    own, hidden = f.own, f.setting.layers
    condition = {"vanishes": "vanishing", "explodes": "exploding"}[what]
    at = own.conditions.index(condition) if condition in own.conditions else 2
    return (
        own.verdict == condition
        and bool(during) == (at == 1)
        and comparison(course, own.before, hidden)
        and factor(ratio, f)
        and (after is None) == (at == 0)
        and (after is None or comparison(after, own.after, hidden))
        and (lost is None) == (not own.losses)
        and (lost is None or (loss(lost, f) and not own.learnt))
    )


def _healthy(f: Facts, what: str, lost: str) -> bool:
    fell = f.own.after.loss <= 0.95 * f.own.before.loss
    return f.own.learnt and (what == "learnt") == fell and loss(lost, f)


def _before(f: Facts, sick: str | None, course: str, ratio: str, after: str | None) -> bool:
    conditions = {"vanishing": "vanished", "exploding": "exploded"}
    own = f.own
    right = conditions.get(own.conditions[0]) == sick or (own.conditions[0] == "dead" and sick == "vanished")
    told = comparison(course, own.before, f.setting.layers) and factor(ratio, f)
    return right and told and (after is None or comparison(after, own.after, f.setting.layers))


def _where(text: str, layers: list[int], of: int) -> bool:
    return text in (f"layer {layers[0]}" if layers else "", f"{len(layers)} of {of} hidden layers") and bool(layers)


def _dead(f: Facts, when: str, where: str, lost: str | None) -> bool:
    own = f.own
    dead = [place + 1 for place, share in enumerate(own.after.dead) if share == 1.0]
    born = own.conditions[0] == "dead"
    here = (own.before if born else own.after).signals[0] == 0
    return (
        own.verdict == "dead"
        and here
        and (when == "is dead from the start") == born
        and _where(where, dead, f.setting.layers)
        and (lost is None or loss(lost, f))
    )


def _more_than_half(f: Facts, where: str) -> bool:
    dead = [place + 1 for place, share in enumerate(f.own.after.dead) if share > 0.5]
    return _where(where.removeprefix("each of "), dead, f.setting.layers)


def _at_most(f: Facts, label: str, slope: str, keeps: str) -> bool:
    largest = max(-f.slopes[0], f.slopes[1])
    w = f.run["weight_gain"]
    return label == f.label and _near(slope, largest) and _near(keeps, largest * w) and float(keeps) < 1.0


def _saturated(f: Facts, share: str, label: str) -> bool:
    own = float(np.mean(f.own.before.saturated))
    return label == f.label and abs(float(share) - 100 * own) < 1.0 and own > 0.6


def _straight(f: Facts, label: str) -> bool:
    return label == f.label and f.slopes[1] - f.slopes[0] < 1e-9 and not f.setting.norm


def _diverged(f: Facts, steps: str, after: str, guess: str) -> bool:
    own = f.own
    return (
        int(steps.replace(",", "")) == len(own.losses) > 0 and _near(after, own.after.loss) and _near(guess, own.guess)
    )


def _no_number(f: Facts, steps: str) -> bool:
    own = f.own
    finite = all(map(math.isfinite, [*own.losses, own.after.loss]))
    return int(steps.replace(",", "")) == len(own.losses) > 0 and not finite


def _not_trained(f: Facts) -> bool:
    return not f.own.losses


def _loss_line(
    f: Facts, label: str, name: str, first: str, last: str, steps: str, guess: str, *right: str | None
) -> bool:
    own = f.own
    shares = [own.before.accuracy, own.after.accuracy]
    known = None not in shares
    return (
        label == f.label
        and name == loss_name(f.setting.data)
        and int(steps.replace(",", "")) == len(own.losses)
        and all(_near(*each) for each in ((first, own.before.loss), (last, own.after.loss), (guess, own.guess)))
        and (right[0] is not None) == known
        and (not known or all(abs(float(r or 0) - 100 * (s or 0)) < 1.1 for r, s in zip(right, shares, strict=True)))
    )


def _untrained_line(f: Facts, label: str, name: str, first: str, guess: str) -> bool:
    own = f.own
    return (
        label == f.label
        and name == loss_name(f.setting.data)
        and _near(first, own.before.loss)
        and _near(guess, own.guess)
    )


def _with(f: Facts, setup: str) -> bool:
    s = f.setting
    norm, residual = ([f"{s.norm} norm"] if s.norm else []), (["residual connections"] if s.residual else [])
    *parts, last = [f.label, f"{s.init} initialisation", *norm, *residual]
    return setup == f"{', '.join(parts)} and {last}"


def _stuck(f: Facts, lost: str, course: str | None = None, ratio: str = "") -> bool:
    hidden = f.setting.layers
    told = hidden == 1 if course is None else comparison(course, f.own.before, hidden) and factor(ratio, f)
    return f.own.verdict == "stuck" and told and loss(lost, f)


def _sound(f: Facts, course: str | None = None, ratio: str = "") -> bool:
    hidden = f.setting.layers
    told = hidden == 1 if course is None else comparison(course, f.own.before, hidden) and factor(ratio, f)
    return f.own.verdict == "healthy" and not f.own.losses and told


_NAME: Final = r"(.+?)"
_LOST: Final = rf"(?:\. It did not learn: ({_LOSS}))?"
_FLOW: Final = rf"({_COMPARISON})({_FACTOR})"
_STEPS: Final = r"after ([\d,]+) steps?"
SENTENCES: Final[list[tuple[str, Check]]] = [
    (
        rf"{_NAME}: (binary cross-entropy|cross-entropy|mean squared error) (\S+) → (\S+) in ([\d,]+) steps? "
        r"\(guessing (\S+)\)(?:, accuracy (\S+) % → (\S+) %)?",
        _loss_line,
    ),
    (rf"{_NAME}: not trained; (.+?) (\S+) \(guessing (\S+)\)", _untrained_line),
    (r"With (.+? and (?:.+? initialisation|.+? norm|residual connections))(?= the )", _with),
    (
        rf"the gradient (vanishes|explodes)( in the course of the training)?: (?:before training )?{_FLOW}"
        rf"(?:; after it ({_COMPARISON}))?{_LOST}\.",
        _sick,
    ),
    (rf"the network (learnt|is better than guessing): ({_LOSS})(?:\.(?= |$)|(?=$))", _healthy),
    (rf"Before training the gradient (vanished|exploded): {_FLOW}; after it ({_COMPARISON})\.", _before),
    (rf"Before training {_FLOW}\.", lambda f, course, ratio: _before(f, None, course, ratio, None)),
    (r"More than half of the units in (layer \d+|each of \d+ of \d+ hidden layers) are dead\.", _more_than_half),
    (rf"the network did not learn: ({_LOSS})(?:; before training {_FLOW})?\.", _stuck),
    (
        r"the network (is dead from the start|died): in (layer \d+|\d+ of \d+ hidden layers) the slope of every unit "
        rf"is 0 for every input, so nothing of the gradient arrives at layer 1{_LOST}\.",
        _dead,
    ),
    (
        r"the network's output or its loss is no finite number, already before training\.",
        lambda f: not math.isfinite(f.own.before.loss),
    ),
    (
        r"the gradient signal is no finite number\.",
        lambda f: f.own.conditions[0] == "diverged" and not f.own.losses,
    ),
    (rf"the training diverged: {_STEPS} the loss or the gradient was no finite number\.", _no_number),
    (rf"the training diverged: {_STEPS} the loss over the data is (\S+), and guessing gives (\S+)\.", _diverged),
    (r"the gradient is healthy: a single hidden layer leaves it no depth to vanish in\.", _sound),
    (rf"the gradient is healthy: {_FLOW}\.", _sound),
    (
        r"The slope of (.+?) is at most (\S+), so that with these weights a layer keeps in theory at most (\S+) of the "
        r"signal, saturated or not\.",
        _at_most,
    ),
    (r"On average (\S+) % of the slopes are under 5 % of the largest slope of (.+?)\.(?= Nothing|$)", _saturated),
    (
        r"(\S.*?) does not bend: whatever its depth, the network can learn no more than one linear layer\.",
        _straight,
    ),
    (r"Nothing was trained(?:: this is about the gradient alone)?\.", _not_trained),
]


def misunderstood(report: str, facts: Facts) -> Iterator[str]:
    """Sentences of the report that are not true, and the rest of it if it cannot be read."""
    title, _, _ = report.partition("\n\n")
    told, _, reason = " ".join(title.split()).partition(" --init auto is ")
    if reason and not chosen(reason, facts):
        yield f"not true: --init auto is {reason}; {facts.changes}"
    hidden = facts.setting.layers
    ending = f"{hidden} hidden layer{'s' * (hidden > 1)}: {facts.run['verdict']}"
    if not told.startswith(f"{facts.label}, {facts.setting.init} initialisation") or not told.endswith(ending):
        yield f"the title is {told!r}"
    body = report.partition("\nCures, ")[0].partition("\nNo cure: ")[0]
    rest = " ".join(re.sub(r"(?<=\S)-\n", "-", body).split())
    trained = "" if facts.own.losses else "not trained; "
    _, line, rest = rest.rpartition(f"{' '.join(facts.label.split())}: {trained}{loss_name(facts.setting.data)}")
    rest = line + rest
    if not rest:
        yield "there is no line on the loss"
    while rest:
        found, true = _first(rest, facts)
        if found is None:
            yield f"what does this mean: {rest!r}"
            return
        if facts.clear and not true:
            own = facts.own
            yield f"not true: {found[0]!r} {own.verdict} {own.conditions} dead {own.before.dead} {own.after.dead}"
        rest = rest[found.end() :]


def _first(text: str, facts: Facts) -> tuple[re.Match[str] | None, bool]:
    """The sentence at the beginning, and whether it is true."""
    for pattern, check in SENTENCES:
        if found := re.match(pattern + r"(?: |$)", text):
            return found, not facts.clear or check(facts, *found.groups())
    return None, False
