"""Deep networks in plain NumPy, for tests.fuzz.verdicts: a truth that shares no code with the program.

Data sets, initial weights and batches follow the program's documentation and its order of random numbers, so that a
`Result` can be held against a run of `gradient-depth`.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from actcli.core.arrays import Array
from tests.fuzz.duals import Drawn


@dataclass(frozen=True, eq=False)
class Setting:
    """nudge: relative change of the initial weights; the difference of two results bounds the error of rounding."""

    drawn: Drawn
    layers: int
    width: int
    init: str
    norm: str | None
    residual: bool
    optimizer: str
    rate: float
    batch: int
    steps: int
    data: str
    dtype: str
    seed: int
    nudge: float = 0.0

    @property
    def signs(self) -> bool:
        """Whether the norm makes ±1 of any two numbers, so that the gradients are rounding errors."""
        return {"batch": self.batch, "layer": self.width}.get(self.norm or "", 3) <= 2

    @property
    def nudged(self) -> "Setting":
        return replace(self, nudge=1e-7 if self.dtype == "float64" else 1e-4)


@dataclass(frozen=True, eq=False)
class Pass:
    """Norms of the first batch's gradients by layer, and facts over the data set, by hidden layer."""

    gradients: list[float]
    signals: list[float]
    dead: list[float]
    saturated: list[float]
    means: list[float]
    deviations: list[float]
    loss: float
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class Result:
    before: Pass
    after: Pass
    guess: float
    losses: list[float]
    first_batch: Array
    last_signal: Array
    updates: list[float]
    on_kink: bool

    @property
    def near_overflow(self) -> bool:
        """Whether numbers are so large that rounding and the order of sums decide which of them overflow."""
        sizes = [*self.losses, *self.before.deviations, *map(abs, [*self.before.means, *self.after.means])]
        return max(filter(math.isfinite, sizes), default=0.0) > 1e100

    @property
    def conditions(self) -> tuple[str, str]:
        return _condition(self.before), _condition(self.after)

    @property
    def learnt(self) -> bool:
        return self.after.loss <= 0.95 * self.guess

    @property
    def verdict(self) -> str:
        """By the rules of core/depth/verdict.py."""
        before, after = self.conditions
        if not self.losses:
            return before
        finite = all(map(math.isfinite, [*self.losses, self.after.loss]))
        if not finite or self.after.loss > 10 * max(self.guess, self.before.loss):
            return "diverged"
        if self.learnt:
            return "healthy"
        if "dead" in (before, after):
            return "dead"
        return next((each for each in (before, after) if each != "healthy"), "stuck")


def _condition(at: Pass) -> str:
    first, last, hidden = at.signals[0], at.signals[-2], len(at.dead)
    if math.isnan(first) or math.isnan(last):
        return "diverged"
    if first == 0:
        return "dead" if 1.0 in at.dead else "vanishing"
    if last == 0:
        return "healthy"
    logarithm = math.log(first) - math.log(last)
    steep = hidden > 1 and abs(logarithm) / (hidden - 1) > math.log(2)
    if abs(logarithm) > math.log(100) or (abs(logarithm) > math.log(10) and steep):
        return "vanishing" if logarithm < 0 else "exploding"
    return "healthy"


def data(name: str, points: int, source: np.random.Generator) -> tuple[Array, Array]:
    """Inputs and targets, as in the docstrings of core/network/datasets.py."""
    index = np.arange(points)
    classes = (index % 2).astype(float)
    if name == "spirals":
        radius = np.sqrt(source.uniform(size=points))
        angle = 2 * np.pi * radius + np.pi * classes
        x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + source.normal(0, 0.02, (points, 2))
    elif name == "moons":
        angle = source.uniform(0, np.pi, points)
        upper = np.column_stack([np.cos(angle), np.sin(angle)])
        x = np.where(classes[:, None] == 0, upper, [1, 0.5] - upper) + source.normal(0, 0.1, (points, 2))
    elif name == "circles":
        angle, radius = source.uniform(0, 2 * np.pi, points), np.where(classes == 0, 1, 0.5)
        x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + source.normal(0, 0.05, (points, 2))
    elif name == "xor":
        first = np.where(index % 4 < 2, 1, -1)
        signs = np.column_stack([first, np.where(classes == 0, first, -first)])
        x = signs * source.uniform(0.1, 1, (points, 2))
    elif name == "sine":
        x = source.uniform(-2 * np.pi, 2 * np.pi, (points, 1))
        y = np.sin(x) + source.normal(0, 0.05, x.shape)
        return (x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std(0)
    else:
        angle = 2 * np.pi * (index % 3) / 3
        x = np.column_stack([np.cos(angle), np.sin(angle)]) + source.normal(0, 0.25, (points, 2))
        return (x - x.mean(0)) / x.std(0), np.eye(3)[index % 3]
    return (x - x.mean(0)) / x.std(0), classes[:, None]


def loss_name(name: str) -> str:
    return {"sine": "mean squared error", "blobs": "cross-entropy"}.get(name, "binary cross-entropy")


def variances(setting: Setting, fan_in: int, fan_out: int) -> tuple[float, float]:
    """Of a weight and of a bias."""
    name, _, given = setting.init.partition(":")
    numbers = [*map(float, filter(None, given.split(","))), 0.0, 0.0]
    a, b = fan_in, fan_out
    uniform = 1 / (3 * a)
    known = {"xavier": (2 / (a + b), 0.0), "he": (2 / a, 0.0), "lecun": (1 / a, 0.0), "pytorch": (uniform, uniform)}
    own = {"normal": (numbers[0] ** 2, numbers[1] ** 2), "gaussian": (numbers[0] / a, numbers[1])}
    return {**known, **own, "orthogonal": (numbers[0] ** 2 / max(a, b), 0.0)}[name]


def weights(setting: Setting, sizes: list[int], source: np.random.Generator) -> tuple[list[Array], list[Array]]:
    name, _, given = setting.init.partition(":")
    numbers = [float(number) for number in given.split(",") if number]
    drawn, fans = [], [*itertools.pairwise(sizes)]
    deviations = {
        "xavier": lambda a, b: math.sqrt(2 / (a + b)),
        "he": lambda a, b: math.sqrt(2 / a),
        "lecun": lambda a, b: math.sqrt(1 / a),
        "normal": lambda a, b: numbers[0],
        "gaussian": lambda a, b: math.sqrt(numbers[0] / a),
    }
    for a, b in fans:
        if name == "orthogonal":
            q, r = np.linalg.qr(source.normal(size=(max(a, b), min(a, b))))
            q = q * np.sign(np.diag(r))
            drawn.append(numbers[0] * (q if a >= b else q.T))
        elif name == "pytorch":
            drawn.append(source.uniform(-1 / math.sqrt(a), 1 / math.sqrt(a), (a, b)))
        else:
            drawn.append(source.normal(0, deviations[name](a, b), (a, b)))
    biases = [np.zeros(b) for _, b in fans]
    bias_deviation = numbers[1] if name == "normal" and len(numbers) > 1 else 0.0
    bias_deviation = math.sqrt(numbers[1]) if name == "gaussian" else bias_deviation
    if name == "pytorch":
        biases = [source.uniform(-1 / math.sqrt(a), 1 / math.sqrt(a), b) for a, b in fans]
    elif bias_deviation:
        biases = [source.normal(0, bias_deviation, b) for _, b in fans]
    return drawn, biases


class Model:
    """The network, its loss and gradients."""

    def __init__(self, setting: Setting, w: list[Array], b: list[Array]) -> None:
        self.setting, self.w, self.b = setting, w, b
        self.kind = np.dtype(setting.dtype)
        self.on_kink = False
        """Whether a pre-activation was 0, where the slope of a kink is a convention."""

    def forward(self, x: Array) -> tuple[list[Array], list[Array], list[Array], Array]:
        """Inputs of the layers, slopes, pre-activations as the activation sees them, and the output."""
        h, seen, slopes, bent = x, [x], [], []
        for w, b in zip(self.w[:-1], self.b[:-1], strict=True):
            z = h @ w + b
            if self.setting.norm:
                axis = 1 if self.setting.norm == "layer" else 0
                z = (z - z.mean(axis, keepdims=True)) / np.sqrt(z.var(axis, keepdims=True) + self.kind.type(1e-5))
            value, slope = (part.astype(self.kind) for part in self.setting.drawn.bend(z))
            h = h + value if self.setting.residual and w.shape[0] == w.shape[1] else value
            seen.append(h)
            slopes.append(slope)
            bent.append(z)
            self.on_kink |= self.setting.drawn.kinked and bool((z == 0).any())
        return seen, slopes, bent, h @ self.w[-1] + self.b[-1]

    def loss(self, z: Array, t: Array) -> tuple[float, Array]:
        """The loss, and its gradient with respect to the output."""
        name = loss_name(self.setting.data)
        if name == "mean squared error":
            return float(((z - t) ** 2).mean()), 2 * (z - t) / z.size
        if name == "binary cross-entropy":
            value = np.logaddexp(0, z) - t * z
            return float(value.mean()), ((np.exp(-np.logaddexp(0, -z)) - t) / z.size).astype(self.kind)
        shifted = z - z.max(1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        p = np.exp(logs)
        against = np.stack([np.delete(p, k, 1).sum(1) for k in range(z.shape[1])], 1)  # 1 - p without cancellation
        return float(-(t * logs).sum(1).mean()), (p * (1 - t) - against * t) / len(z)

    def backward(self, x: Array, t: Array) -> tuple[float, list[Array], list[Array], list[Array]]:
        """Loss, gradients of weights and biases, and signals."""
        seen, slopes, bent, output = self.forward(x)
        loss, arriving = self.loss(output, t)
        gw: list[Array] = []
        gb: list[Array] = []
        signals: list[Array] = []
        for layer in reversed(range(len(self.w))):
            signal = arriving
            if layer < len(slopes):
                signal = arriving * slopes[layer]
                if self.setting.norm:
                    axis, n = (1 if self.setting.norm == "layer" else 0), bent[layer]
                    z = seen[layer] @ self.w[layer] + self.b[layer]
                    spread = np.sqrt(z.var(axis, keepdims=True) + self.kind.type(1e-5))
                    mean = signal.mean(axis, keepdims=True)
                    signal = (signal - mean - n * (signal * n).mean(axis, keepdims=True)) / spread
            gw.append(seen[layer].T @ signal)
            gb.append(signal.sum(0))
            signals.append(signal)
            below = signal @ self.w[layer].T
            skips = self.setting.residual and layer < len(slopes) and self.w[layer].shape[0] == self.w[layer].shape[1]
            arriving = below + arriving if skips else below
        return loss, gw[::-1], gb[::-1], signals[::-1]

    def measured(self, batch: tuple[Array, Array], whole: tuple[Array, Array], threshold: float) -> Pass:
        _, gw, _, signals = self.backward(*batch)
        seen, slopes, _, output = self.forward(whole[0])
        known = [bool(np.isfinite(slope).all()) for slope in slopes]
        return Pass(
            [norm(g) for g in gw],
            [norm(s) for s in signals],
            [_dead(s) if ok else math.nan for s, ok in zip(slopes, known, strict=True)],
            [_saturated(s, threshold) if ok else math.nan for s, ok in zip(slopes, known, strict=True)],
            [float(h.mean(dtype=np.float64)) for h in [*seen[1:], output]],
            [_std(h) for h in [*seen[1:], output]],
            self.loss(output, whole[1])[0],
            self._accuracy(output, whole[1]),
        )

    def _accuracy(self, output: Array, targets: Array) -> float | None:
        if self.setting.data == "sine":
            return None
        known = np.isfinite(output).all(1)
        if self.setting.data == "blobs":
            return float((known & (output.argmax(1) == targets.argmax(1))).mean())
        tied = (np.abs(output) < 1e-12 * np.abs(output[np.isfinite(output)]).max(initial=0.0)).mean()
        return math.nan if tied > 0.005 else float((known & ((output > 0) == (targets > 0.5))[:, 0]).mean())


def _dead(slopes: Array) -> float:
    """The share of units whose slope is 0 at every input; nan if that depends on underflow."""
    shares = [float((np.abs(slopes) <= most).all(0).mean()) for most in (0.0, float(np.finfo(slopes.dtype).tiny) * 1e6)]
    return shares[0] if shares[0] == shares[1] else math.nan


def _saturated(slopes: Array, threshold: float) -> float:
    """The share of slopes below the threshold; nan if that depends on rounding."""
    low, high = (float((np.abs(slopes) < threshold * factor).mean()) for factor in (0.999, 1.001))
    return low if high - low < 0.01 else math.nan


def norm(array: Array) -> float:
    wide = np.abs(array.astype(np.float64))
    largest = float(wide.max())
    if not 0 < largest < math.inf:
        return largest
    return largest * math.sqrt(float(((wide / largest) ** 2).sum()))


def _batches(x: Array, t: Array, size: int, source: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    size = min(size, len(x))
    while True:
        order = source.permutation(len(x))
        for start in range(0, len(x) - size + 1, size):
            yield x[order[start : start + size]], t[order[start : start + size]]


def trained(setting: Setting, threshold: float) -> Result:
    """A run of the experiment. threshold: |φ'| below which a slope is saturated."""
    for_data, for_weights, for_batches = np.random.default_rng(setting.seed).spawn(3)
    x, t = (part.astype(setting.dtype) for part in data(setting.data, max(512, setting.batch), for_data))
    sizes = [x.shape[1], *[setting.width] * setting.layers, t.shape[1]]
    w, b = weights(setting, sizes, for_weights)
    kind = np.dtype(setting.dtype)
    model = Model(setting, [(each * (1 + setting.nudge)).astype(kind) for each in w], [each.astype(kind) for each in b])
    batches = _batches(x, t, setting.batch, for_batches)
    first = next(batches)
    before = model.measured(first, (x, t), threshold)
    last_signal = model.backward(*first)[3][-2]
    losses, updates = [], [0.0] * len(w)
    mean = [np.zeros_like(p) for p in [*model.w, *model.b]]
    square = [np.zeros_like(p) for p in mean]
    for step in range(setting.steps):
        loss, gw, gb, _ = model.backward(*(first if step == 0 else next(batches)))
        losses.append(loss)
        if not math.isfinite(loss):
            break
        changes = []
        for place, gradient in enumerate([*gw, *gb]):
            if setting.optimizer == "adam":
                mean[place] = 0.9 * mean[place] + 0.1 * gradient
                square[place] = 0.999 * square[place] + 0.001 * gradient**2
                root = np.sqrt(square[place] / (1 - 0.999 ** (step + 1))) + 1e-8
                changes.append(-setting.rate * mean[place] / (1 - 0.9 ** (step + 1)) / root)
            else:
                decay = 0.9 if setting.optimizer == "momentum" else 0.0
                mean[place] = decay * mean[place] + gradient
                changes.append(-setting.rate * mean[place])
        parameters = [p + change.astype(kind) for p, change in zip([*model.w, *model.b], changes, strict=True)]
        model.w, model.b = parameters[: len(w)], parameters[len(w) :]
        updates = [norm(c) / (norm(p) or math.inf) for c, p in zip(changes, model.w, strict=False)]
    shares = t.mean(0, dtype=np.float64)
    shares = np.append(shares, 1 - shares) if t.shape[1] == 1 else shares
    guess = float(t.var(dtype=np.float64)) if setting.data == "sine" else float(-(shares * np.log(shares)).sum())
    after = model.measured(first, (x, t), threshold)
    return Result(before, after, guess, losses, first[0], last_signal, updates, model.on_kink)


def _std(h: Array) -> float:
    """The standard deviation, where the squares overflow too."""
    unit = float(np.abs(h).max()) if np.isfinite(h).all() and h.any() else 1.0
    return unit * float((h / unit).std(dtype=np.float64))
