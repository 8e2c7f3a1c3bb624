"""What `collapse`, `trace` and `boundary` say, against towers and networks in plain NumPy.

    python -m tests.fuzz.lessons [--minutes 30] [--seed 0] [--cases N]

Held against own networks: the single layer's equation and gap, every bend of a piecewise linear tower and the straight
stretches between them, the number of inflections; every sum of a training step, with the numbers as printed; accuracy
and loss of a boundary, and its sentences.
"""

import dataclasses
import itertools
import json
import math
import random
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array
from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported
from tests.cli.helpers import actcli
from tests.fuzz import duals
from tests.fuzz.campaign import campaign
from tests.fuzz.verdicts import Truth, setting

_WIDE: Final = {"COLUMNS": "400"}


def faults(seed: int) -> Iterator[str]:
    source = random.Random(seed)
    check = source.choice([_collapse_faults, _trace_faults, _boundary_faults])
    words: list[str] = []
    with np.errstate(all="ignore"):
        for fault in check(source, words):
            yield f"{shlex.join(words)}: {fault}"


def _outputs(words: list[str]) -> tuple[dict[str, Any], str] | None:
    """The run as JSON and as text in one line; None if it was refused."""
    plain, text = actcli(*words, "--format", "json"), actcli(*words, "--format", "table", env=_WIDE)
    if plain.returncode:
        if plain.returncode != 2 or "Traceback" in plain.stderr:
            raise AssertionError(f"{shlex.join(words)}: {plain.returncode} {plain.stderr[-200:]}")
        return None
    told = re.sub(r"(?<=[\wé])-\n", "-", text.stdout)
    return json.loads(plain.stdout), " ".join(told.split())


# --- collapse -------------------------------------------------------------------------------------------------------


def _collapse_faults(source: random.Random, words: list[str]) -> Iterator[str]:
    drawn = duals.drawn(source)
    layers, width, seed = source.choice([2, 3, 4, 6]), source.choice([1, 2, 4, 8]), source.randrange(1000)
    words += ["collapse", drawn.text, "--layers", str(layers), "--width", str(width), "--seed", str(seed)]
    outputs = _outputs(words)
    if outputs is None:
        return
    (linear, run), told = outputs[0]["runs"], outputs[1]
    for_weights, for_biases, for_inputs, for_line = np.random.default_rng(seed).spawn(4)
    sizes = [2, *[width] * (layers - 1), 1]
    w = [for_weights.normal(0, 3 / math.sqrt(a), (a, b)) for a, b in itertools.pairwise(sizes)]
    b = [for_biases.normal(0, 0.5, n) for n in sizes[1:]]
    x, angle = for_inputs.normal(size=(1000, 2)), for_line.uniform(0, 2 * np.pi)
    direction = np.array([math.cos(angle), math.sin(angle)])
    weights, bias = w[0], b[0]
    for next_w, next_b in zip(w[1:], b[1:], strict=True):
        weights, bias = weights @ next_w, bias @ next_w + next_b
    if not np.allclose([*linear["weights"], linear["bias"]], [*weights[:, 0], *bias], 1e-9, 1e-9):
        yield f"the single layer is {linear['weights']} {linear['bias']}, here {weights} {bias}"

    def slope(t: Array) -> Array:
        """Of the tower's output along the line."""
        h, change = t[:, None] * direction, np.broadcast_to(direction, (len(t), 2))
        for own_w, own_b in zip(w[:-1], b[:-1], strict=True):
            h, bent = drawn.bend(h @ own_w + own_b)
            change = (change @ own_w) * bent
        return np.asarray(change @ w[-1])[:, 0]

    h = x
    for own_w, own_b in zip(w[:-1], b[:-1], strict=True):
        h = drawn.bend(h @ own_w + own_b)[0]
    y = h @ w[-1] + b[-1]
    columns = np.column_stack([x, np.ones(len(x))])
    missed = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    gap = float(np.abs(missed).max() / np.abs(y).max())
    if gap > 1e-9 and abs(gap - run["max_relative_difference"]) > 1e-6 * gap:
        yield f"the best layer misses it by {run['max_relative_difference']}, here {gap}"
    yield from _bend_faults(run, told, slope)


def _bend_faults(run: dict[str, Any], told: str, slope: Callable[[Array], Array]) -> Iterator[str]:
    bends, at = run["bends"], np.array(run["bends_at"])
    times = {0: "nowhere", 1: "once", 2: "twice"}.get(bends, f"{bends:,} times")
    if run["counted"] == "curvature sign changes":
        if f"has {'' if run['complete'] else 'at least '}{bends:,} inflection" not in told:
            yield f"{bends} inflections; told: {told[-300:]}"
        rise = np.diff(slope(np.linspace(-3, 3, 1 << 16)))
        real = rise[np.abs(rise) > 1e-9 * np.abs(rise).max()]
        own = int((np.diff(np.sign(real)) != 0).sum())
        if run["complete"] and own > 1.05 * bends + 1:
            yield f"{bends} inflections, here {own}"
        return
    if f"bends{' or jumps' if run['jumps'] else ''} {times} on the line" not in told:
        yield f"{bends} bends; told: {told[-300:]}"
    ends = np.concatenate([[-3.0], at, [3.0]])
    inside = np.concatenate([ends[:-1] + f * np.diff(ends) for f in (0.1, 0.5, 0.9)]).reshape(3, -1)
    found = np.array([slope(t) for t in inside])
    size = float(np.abs(found).max())
    wide = np.diff(ends) > 1e-6
    if (np.abs(np.ptp(found, axis=0))[wide] > 1e-7 * size).any():
        yield f"between {ends} the slope is not constant"
    if not run["jumps"] and (np.abs(np.diff(found[1]))[wide[1:] & wide[:-1]] < 1e-13 * size).any():
        yield f"at one of {at} the slope does not change"


# --- trace ----------------------------------------------------------------------------------------------------------

_SUM: Final = re.compile(r"(?:h1|h2|z)(?::| =) (\S+×\S+ \+ \S+×\S+ \+ \S+) = ([^\s,;]+)")


def _trace_faults(source: random.Random, words: list[str]) -> Iterator[str]:
    drawn, rate, seed = duals.drawn(source), source.choice([0.0, 0.1, 0.5, 3.0]), source.randrange(1000)
    words += ["trace", drawn.text, "--lr", str(rate), "--seed", str(seed)]
    outputs = _outputs(words)
    if outputs is None:
        return
    run, told = outputs
    for_weights, for_point = np.random.default_rng(seed).spawn(2)
    w, v = (for_weights.normal(0, 1, shape).round(2) for shape in ((2, 2), (2, 1)))
    b, c = (for_weights.normal(0, 0.5, shape).round(2) for shape in (2, 1))
    x = for_point.normal(size=2).round(2)
    answer = float(for_point.integers(2))
    s = x @ w + b
    h, slope = drawn.bend(s)
    z = float((h @ v + c)[0])
    loss = float(np.logaddexp(0, -z) if answer else np.logaddexp(0, z))
    signal = 1 / (1 + math.exp(-z)) - answer
    hidden = signal * v[:, 0] * slope
    new_w, new_b, new_v, new_c = w - rate * np.outer(x, hidden), b - rate * hidden, v - rate * signal * h[:, None], c
    after = float((drawn.bend(x @ new_w + new_b)[0] @ new_v + new_c - rate * signal)[0])
    own = [*s, *h, *slope, *hidden, z, loss, signal, after]
    units = [[unit[name] for unit in run["hidden"]] for name in ("weighted_sum", "output", "slope", "signal")]
    its = [
        *itertools.chain(*units),
        run["before"]["output"],
        run["before"]["loss"],
        run["output_signal"],
        run["after"]["output"],
    ]
    on_kink = drawn.kinked and bool((s == 0).any())
    if not on_kink and not np.allclose(np.array(its, float), own, 1e-9, 1e-12):
        yield f"{its}, here {own}"
    for text, result in _SUM.findall(told):
        numbers = [float(number.strip("()")) for number in re.findall(r"\(?-?[\d.e+-]+\)?(?=×| \+ |$)|(?<=×)\S+", text)]
        terms = [part.split("×") for part in text.split(" + ")]
        factors = [[float(number.strip("()")) for number in term] for term in terms]
        total = sum(math.prod(each) for each in factors)
        error = sum(6e-4 * abs(math.prod(each)) for each in factors) + 6e-4 * abs(float(result))
        if len(numbers) < 3 or abs(total - float(result)) > error + 1e-9:
            yield f"{text} = {result}, which is {total}"
    fell = run["after"]["loss"] <= run["before"]["loss"]
    if ("too large a learning rate" in told) == fell:
        yield f"the loss goes from {run['before']['loss']} to {run['after']['loss']}; told: {told[-200:]}"
    still = [name for name, each in zip(("h1", "h2"), slope, strict=True) if each == 0]
    if not on_kink and bool(still) != ("had slope 0" in told):
        yield f"slopes {slope}; told: {told[-200:]}"


# --- boundary -------------------------------------------------------------------------------------------------------


def _boundary_faults(source: random.Random, words: list[str]) -> Iterator[str]:
    chosen = setting(source)
    chosen = dataclasses.replace(
        chosen,
        layers=min(chosen.layers, 5),
        steps=min(chosen.steps, 30),
        dtype="float64",
        init="xavier" if chosen.init == "auto" else chosen.init,
    )
    s = chosen
    words += ["boundary", s.drawn.text, "--layers", str(s.layers), "--width", str(s.width), "--batch", str(s.batch)]
    words += ["--steps", str(s.steps), "--seed", str(s.seed), "--init", s.init, "--optimizer", s.optimizer]
    words += ["--lr", str(s.rate), "--data", s.data, "--norm", s.norm or "none", *["--residual"] * s.residual]
    outputs = _outputs(words)
    if outputs is None:
        return
    run, told = outputs[0]["runs"][0], outputs[1]
    truth = Truth(s)
    own = truth.result
    if truth.steady and own.after.loss < 1e100 and not own.on_kink:  # beyond it rounding decides what overflows
        if abs(float(run["loss_data_final"]) - own.after.loss) > 1e-2 * own.after.loss + 1e-15:
            yield f"loss {run['loss_data_final']}, here {own.after.loss}"
        right, share = run["accuracy_final"], own.after.accuracy
        if share is not None and math.isnan(share):  # the signs of outputs that are nearly 0
            return
        if (right is None) != (share is None) or abs((right or 0) - (share or 0)) > 0.01:
            yield f"accuracy {right}, here {share}"
        if share is not None and "no finite number" not in told:
            found = re.search(r": (\S+) % right, loss", told)
            if not found:
                yield f"where is the accuracy? {told[-300:]}"
            elif abs(float(found[1]) - 100 * share) > 1.1:
                yield f"{found[0]}, here {share}"
    straight = truth.slopes[1] - truth.slopes[0] < 1e-9
    if ("without a bend" in told) and not straight:
        yield f"it bends; told: {told[-300:]}"
    if "has no corners" in told and s.drawn.kinked and "softsign" not in s.drawn.text:
        yield f"it has corners; told: {told[-300:]}"
    probabilities = [np.array(each, float) for each in (run["probability"] or {}).values()]
    chosen_class = [np.max(probabilities, axis=0) == each for each in probabilities]
    if "the same decision at every point" in told and not any(each.all() for each in chosen_class):
        yield f"the decisions differ; told: {told[-300:]}"
    if "straight pieces" in told and (duals.of_text(s.drawn.text).kinked is False or s.norm == "layer"):
        yield f"it is not made of straight pieces; told: {told[-300:]}"


if __name__ == "__main__":
    sys.exit(campaign(__doc__, faults))
