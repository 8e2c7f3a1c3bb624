"""Every number and sentence of `gradient-depth` against networks trained in plain NumPy.

    python -m tests.fuzz.verdicts [--minutes 30] [--seed 0] [--cases N]

A case is a random command line. The figures of --format json, and each sentence of the report, are held against
tests/fuzz/networks.py; a report with a sentence that is not understood is a fault, so that none stays unchecked. A
figure is judged where a network with weights changed by 1e-7 agrees on it. Cures are typed and run.
"""

import dataclasses
import itertools
import json
import math
import random
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array
from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported
from tests.cli.helpers import actcli
from tests.fuzz import duals, networks
from tests.fuzz.campaign import campaign
from tests.fuzz.networks import Result, Setting
from tests.fuzz.sentences_on_depth import Facts, misunderstood
from tests.fuzz.theory import Truth as GaussianSums

TABLE: Final = ("--size", "60x8", "--format", "table")
WIDE: Final = {"COLUMNS": "400"}
_FAR: Final = np.concatenate([sign * np.linspace(1e5, 1.3e5, 64) for sign in (-1.0, 1.0)])
_NEAR: Final = np.sinh(np.linspace(-9, 9, 30001))


def setting(source: random.Random) -> Setting:
    drawn = duals.drawn(source)
    scale = round(math.exp(source.uniform(-3, 2)), 3)
    named = ("he", "xavier", "lecun", "pytorch")
    random_init = (f"normal:{scale / 3:.3g}", f"normal:{scale / 3:.3g},0.5", f"gaussian:{scale},{scale / 8:.3g}")
    init = source.choice(["auto", "auto", *named, *random_init, f"orthogonal:{source.choice(['1', '1.5', '0.3'])}"])
    steps = source.choice([0, 1, 3, 10, 30, 60])
    return Setting(
        drawn=drawn,
        layers=source.choice([1, 2, 3, 4, 6, 10, 20, 40, 100]) if steps < 30 else source.choice([1, 2, 3, 5, 8, 12]),
        width=source.choice([1, 2, 3, 5, 8, 16]),
        init=init,
        norm=source.choice([None, None, None, "layer", "batch"]),
        residual=source.random() < 0.25,
        optimizer=source.choice(["sgd", "sgd", "momentum", "adam"]),
        rate=source.choice([0.0, 0.001, 0.01, 0.1, 1.0, 30.0, 1e4]),
        batch=source.choice([2, 8, 32, 64, 600]),
        steps=steps,
        data=source.choice(["spirals", "moons", "circles", "xor", "sine", "blobs"]),
        dtype=source.choice(["float64", "float64", "float64", "float32"]),
        seed=source.randrange(1000),
    )


def words(s: Setting) -> list[str]:
    """The command line."""
    switches = [*(["--norm", s.norm] if s.norm else []), *(["--residual"] if s.residual else [])]
    sizes = ["--layers", s.layers, "--width", s.width, "--batch", s.batch, "--steps", s.steps, "--seed", s.seed]
    rest = ["--init", s.init, "--optimizer", s.optimizer, "--lr", s.rate, "--data", s.data, "--dtype", s.dtype]
    return ["gradient-depth", s.drawn.text, *map(str, [*sizes, *rest]), *switches]


@dataclass(frozen=True, eq=False)
class Truth:
    """A setting's results: own, and of the nudged weights."""

    setting: Setting

    @cached_property
    def slopes(self) -> tuple[float, float]:
        """Smallest and largest slope; infinite if the slope is without bounds."""
        near, far = (self.setting.drawn.bend(x)[1] for x in (_NEAR, _FAR))
        if np.abs(far).max() > 1.1 * np.abs(near).max() + 1e-9:
            return -math.inf, math.inf
        return float(min(near.min(), far.min())), float(max(near.max(), far.max()))

    @cached_property
    def threshold(self) -> float:
        largest = max(-self.slopes[0], self.slopes[1])
        return 0.05 * (largest if 0 < largest < math.inf else 1.0)

    @cached_property
    def result(self) -> Result:
        return networks.trained(self.setting, self.threshold)

    @cached_property
    def twin(self) -> Result:
        return networks.trained(self.setting.nudged, self.threshold)

    @cached_property
    def steady(self) -> bool:
        """Whether training does not amplify a change of the weights."""
        if self.setting.dtype == "float32" and (self.setting.steps > 0 or self.setting.optimizer == "adam"):
            return False
        own, twin = self.result.after, self.twin.after
        pairs = [(own.loss, twin.loss), *zip(own.signals + own.means, twin.signals + twin.means, strict=True)]
        return all(abs(a - b) <= 1e-2 * abs(a) + 1e-14 for a, b in pairs)


def faults(seed: int) -> Iterator[str]:
    chosen = setting(random.Random(seed))
    typed = words(chosen)
    with np.errstate(all="ignore"):
        plain = actcli(*typed, "--format", "json")
        if plain.returncode:
            if not re.fullmatch(r"Error: .*\n(\n.*)?", plain.stderr):
                yield f"{shlex.join(typed)}: exit {plain.returncode}, {plain.stderr[-300:]}"
            return
        run = _run(plain.stdout)
        chosen = dataclasses.replace(chosen, init=run["init"])
        truth = Truth(chosen)
        theory = theory_of(chosen)
        for fault in [*_number_faults(run, truth), *_theory_faults(run, truth, theory)]:
            yield f"{shlex.join(typed)}: {fault}"
        facts = Facts(run, chosen, truth.result, truth.twin, truth.slopes, theory.changes)
        report = actcli(*typed, *TABLE, env=WIDE)
        if report.returncode or report.stderr:
            yield f"{shlex.join(typed)}: {report.returncode} {report.stderr[-300:]}"
        for fault in misunderstood(report.stdout, facts):
            yield f"{shlex.join(typed)}: {fault}"
        for fault in _cure_faults(report.stdout, typed):
            yield f"{shlex.join(typed)}: {fault}"


def _run(text: str) -> dict[str, Any]:
    """The only run of a JSON document; "NaN" and "Infinity" as numbers."""

    def number(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: number(each) for key, each in value.items()}
        if isinstance(value, list):
            return [number(each) for each in value]
        return float(value) if value in ("NaN", "Infinity", "-Infinity") else value

    run: dict[str, Any] = number(json.loads(text)["runs"][0])
    return run


# --- figures --------------------------------------------------------------------------------------------------------


def _number_faults(run: dict[str, Any], truth: Truth) -> Iterator[str]:
    own, twin = truth.result, truth.twin
    exact = truth.setting.dtype == "float64"
    noise = 1e-6 if exact else 1e-2
    small, large = (1e-290, 1e290) if exact else (1e-30, 1e30)

    def differs(told: float | None, true: float | None, other: float | None, absolute: float = 0.0) -> bool:
        if true is None or other is None:
            return told is not None
        if not (math.isfinite(true) and math.isfinite(other)):
            return bool(told is None or math.isfinite(told))
        if told is None:  # JSON has no nan
            return small < abs(true) < large
        noise, size = abs(true - other), max(abs(true), abs(other))
        if (size and not small < size < large) or noise > 1e-3 * size + absolute:
            return False
        return not abs(told - true) <= (2e-3 if exact else 5e-2) * size + 10 * noise + absolute + 1e-30

    if own.on_kink or own.near_overflow:
        return  # the slope there is a convention; rounding decides
    figures = [
        ("loss_data_initial", own.before.loss, twin.before.loss),
        ("loss_data_final", own.after.loss, twin.after.loss),
        ("loss_guess", own.guess, twin.guess),
        ("accuracy_initial", own.before.accuracy, twin.before.accuracy),
        ("accuracy_final", own.after.accuracy, twin.after.accuracy),
    ]
    for name, true, other in figures:
        if "accuracy" in name and true is not None and math.isnan(true):
            continue
        if (truth.steady or "final" not in name) and differs(
            run[name], true, other, 1e-2 if "accuracy" in name else 1e-9
        ):
            yield f"{name} is {run[name]}, here {true}"
    if truth.steady and own.verdict == twin.verdict != run["verdict"] and not truth.setting.signs:
        yield f"verdict {run['verdict']}, here {own.verdict} {own.conditions}"
    pairs_of_layers = zip(own.before.deviations, twin.before.deviations, strict=True)
    if any(abs(a - b) > 1e-3 * abs(a) + 1e-12 for a, b in pairs_of_layers):
        return  # chaotic before training: what still agrees does so by chance
    for place, layer in enumerate(run["layers"]):
        hidden = place < truth.setting.layers
        for when, mine, its in (("initial", own.before, twin.before), ("final", own.after, twin.after)):
            if not math.isfinite(mine.loss) or (when == "final" and not truth.steady):
                continue  # which numbers overflow depends on the order of the sums; and so in chaos
            pairs = [
                ("weight_gradient_norm", mine.gradients, its.gradients, 1e-14 if exact else 1e-7),
                ("signal_norm", mine.signals, its.signals, 0.0 if exact else 1e-7),
                ("activation_mean", mine.means, its.means, noise * mine.deviations[place] + 1e-14),
                ("activation_std", mine.deviations, its.deviations, noise * abs(mine.means[place]) + 1e-14),
            ]
            if hidden:
                pairs += [
                    ("dead_fraction", mine.dead, its.dead, 1e-9 if exact else 0.2),
                    ("saturated_fraction", mine.saturated, its.saturated, 0.01),
                ]
            for name, ours, theirs, absolute in pairs:
                told = layer[f"{name}_{when}"]
                if name.endswith("_fraction") and math.isnan(ours[place]):
                    continue
                if name in ("weight_gradient_norm", "signal_norm") and truth.setting.signs:
                    continue
                if differs(told, ours[place], theirs[place], absolute):
                    yield f"layer {place + 1}: {name}_{when} is {told}, here {ours[place]}"
                    return
        if truth.steady and differs(layer["update_ratio_final"], own.updates[place], twin.updates[place], 1e-12):
            yield f"layer {place + 1}: the last update is {layer['update_ratio_final']}, here {own.updates[place]}"
            return


# --- theory ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Theory:
    """Moments of an activation at variances q, to be interpolated; nan where two grids differ."""

    setting: Setting
    logs: Array
    second: Array
    slope_second: Array

    def at(self, q: Array) -> tuple[Array, Array]:
        """ln E[φ²] and ln E[φ'²]; nan beyond the table."""
        place = np.log(q)
        found = [np.interp(place, self.logs, part, math.nan, math.nan) for part in (self.second, self.slope_second)]
        return found[0], found[1]

    @property
    def changes(self) -> dict[str, float]:
        """ln of the signal's change over all layers from q = 1, by initialisation."""
        changes = {}
        for name, sigma_w2 in (("xavier", 1.0), ("he", 2.0)):
            q, change = np.ones(1), 0.0
            for _ in range(self.setting.layers):
                second, slope = self.at(q)
                change += 0.5 * float(math.log(sigma_w2) + slope[0])
                q = sigma_w2 * np.exp(second)
            changes[name] = change
        return changes

    def decay(self, first_batch: Array, last_signal: Array, fans: list[tuple[int, int]]) -> float:
        """The factor of the signal per layer, each sample from its own variance."""
        variances = [networks.variances(self.setting, *pair) for pair in fans]
        q = variances[0][0] * (first_batch.astype(float) ** 2).sum(1) + variances[0][1]
        log_chi = []
        for (_, width), (weight, bias) in zip(fans, variances[1:], strict=False):
            second, slope = self.at(q)
            log_chi.append(np.log(weight * width) + slope)
            q = weight * width * np.exp(second) + bias
        largest = float(np.abs(last_signal).max())
        squares = ((last_signal.astype(float) / largest) ** 2).sum(1)
        with_layers = sum(log_chi)
        ratio = np.log((squares * np.exp(with_layers - np.max(with_layers))).sum() / squares.sum()) + np.max(
            with_layers
        )
        return float(math.exp(0.5 * ratio / (self.setting.layers - 1)))


def theory_of(s: Setting) -> Theory:
    t = np.linspace(-1.0, 1.0, 4001) * math.asinh(9e4) + 1e-5
    z = 1e-4 * np.sinh(t)
    weights = 1e-4 * np.cosh(t) * (t[1] - t[0]) * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    logs, found = np.linspace(math.log(1e-7), math.log(1e7), 240), []
    for q in np.exp(logs).tolist():
        squares = np.array(s.drawn.bend(math.sqrt(q) * z)) ** 2
        whole, half = np.log(squares @ weights), np.log(squares[:, ::2] @ weights[::2] * 2)
        found.append(np.where(np.abs(whole - half) < 5e-3, whole, math.nan))
    second, slope_second = np.array(found).T
    return Theory(s, logs, second, slope_second)


def _theory_faults(run: dict[str, Any], truth: Truth, theory: Theory) -> Iterator[str]:
    s, told = truth.setting, run["decay_per_layer_theory"]
    unknown = truth.result.on_kink or not truth.result.last_signal.any()
    if s.norm or s.residual or s.layers == 1 or GaussianSums(s.drawn).jumps or unknown:
        if told is not None and (s.norm or s.residual or s.layers == 1):
            yield f"there is no theory, and it says {told}"
        return
    outputs = {"blobs": 3}.get(s.data, 1)
    sizes = [truth.result.first_batch.shape[1], *[s.width] * s.layers, outputs]
    own = theory.decay(truth.result.first_batch, truth.result.last_signal, [*itertools.pairwise(sizes)][: s.layers])
    if math.isfinite(own) and (told is None or abs(told - own) > 0.05 * own):
        yield f"in theory the factor per layer is {told}, in sums {own}"


# --- cures ----------------------------------------------------------------------------------------------------------


def _cure_faults(report: str, typed: list[str]) -> Iterator[str]:
    """Run each cure as it is told to be typed."""
    for line in re.findall(r"^  (\S.*\S +loss \S+(?:, accuracy \S+ %)?)$", report.partition("\nCures, ")[2], re.M):
        told_cure = re.fullmatch(r"(.*?) +loss (\S+?)(?:, accuracy (\S+) %)?", line)
        assert told_cure
        options, loss, accuracy = told_cure.groups()
        changed = [*typed]
        if replaced := re.match(r"(\S+) in place of .*?(?=$| --)", options):
            changed[1] = replaced[1]
            options = options[replaced.end() :]
        changed += shlex.split(options)
        again = _run(actcli(*changed, "--format", "json").stdout)
        told, right = again["loss_data_final"], again["accuracy_final"]
        least = min(again["loss_guess"], again["loss_data_initial"])
        if again["verdict"] != "healthy" or told is None or told > 0.95 * least:
            yield f"{line!r} is no cure: {again['verdict']}"
        elif abs(told - float(loss)) > 0.006 * told or (right and abs(100 * right - float(accuracy)) > 0.06):
            yield f"{line!r} has loss {told}, accuracy {right}"


if __name__ == "__main__":
    sys.exit(campaign(__doc__, faults, seconds=120.0))
