"""The gradient-depth experiment: how much of the gradient is left when it arrives at the first layer?"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from actcli.core.activation import Activation
from actcli.core.datasets import DATASETS
from actcli.core.errors import InputError
from actcli.core.initialisers import choose, initialise, standard_deviation
from actcli.core.jet import Array
from actcli.core.network import LOSSES, Network, forward
from actcli.core.training import Batch, Step, measure, shuffled_batches, train

POINTS = 512
MOST_MEMORY = 4 * 2**30


@dataclass(frozen=True)
class DepthConfig:
    """The experiment's settings. `layers` counts hidden layers; InputError for what cannot be run.

    The data set has 512 points, or as many as the batch where that is more.
    """

    layers: int = 20
    width: int = 64
    batch: int = 128
    steps: int = 200
    learning_rate: float = 0.01
    seed: int = 0
    data: str = "spirals"
    init: str = "auto"

    def __post_init__(self) -> None:
        for name, least in {"layers": 1, "width": 1, "batch": 1, "steps": 0, "seed": 0}.items():
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.memory > MOST_MEMORY:
            raise InputError(
                f"a network of {self.layers} layers of {self.width} units with batches of {self.batch} takes about "
                f"{self.memory / 2**30:.3g} GiB, and at most {MOST_MEMORY / 2**30:.3g} are taken"
            )
        if not 0 <= self.learning_rate < math.inf:
            raise InputError(f"learning_rate must be a number, 0 or more, got {self.learning_rate}")
        if self.data not in DATASETS:
            raise InputError(f"unknown data set {self.data!r}; there are {', '.join(DATASETS)}")
        if self.init != "auto":
            standard_deviation(self.init)

    @property
    def memory(self) -> int:
        """Bytes, roughly: weights and their gradients, and three arrays a layer for each point that passes."""
        return 8 * self.layers * self.width * (2 * self.width + 3 * max(POINTS, self.batch))


@dataclass(frozen=True)
class LayerRecord:
    """One layer's gradients on the first batch: before training, and after the last update.

    dead_fraction_final: the share of its units whose slope is zero for every input of the data set
    """

    layer: int
    weight_gradient_norm_initial: float
    weight_gradient_norm_final: float
    signal_norm_initial: float
    signal_norm_final: float
    dead_fraction_final: float


@dataclass(frozen=True)
class DepthRun:
    """What an experiment showed: its hidden layers 1 to N, then the output layer N + 1.

    loss:            before each update, on that update's batch; ends early where it left the finite numbers
    verdict:         diverged, dead, vanishing, exploding or healthy, as `verdict` decides
    decay_per_layer: (signal of layer 1 / signal of layer N)^(1 / (N - 1)) before training;
                     None where that is undefined: one hidden layer, or no finite signal in layer N to decay
    """

    activation: str
    init: str
    layers: tuple[LayerRecord, ...]
    loss: tuple[float, ...]
    verdict: str
    decay_per_layer: float | None


class DepthExperiment:
    """A network to be trained by iterating over its steps; `result` says what has been measured so far.

        experiment = DepthExperiment(activation, config)
        for step in experiment:
            ...                         # progress; the loop may be left at any step
        run = experiment.result()

    InputError: the activation is row-wise.
    """

    def __init__(self, activation: Activation, config: DepthConfig) -> None:
        # A stream of its own for each, so that the data stay the same when the network changes.
        for_data, for_weights, for_batches = np.random.default_rng(config.seed).spawn(3)
        self.config = config
        self.init = choose(config.init, activation.name)
        self.inputs, targets = DATASETS[config.data](max(POINTS, config.batch), for_data)
        sizes = [self.inputs.shape[1], *[config.width] * config.layers, targets.shape[1]]
        self.network = Network(activation, *initialise(self.init, sizes, for_weights))
        self.loss = LOSSES["binary_cross_entropy"]
        batches = shuffled_batches(self.inputs, targets, config.batch, for_batches)
        self.first_batch = next(batches)
        self.initial, _ = measure(self.network, self.first_batch, self.loss)
        self.losses: list[float] = []
        self._steps = self._train(itertools.chain([self.first_batch], batches))

    def _train(self, batches: Iterator[Batch]) -> Iterator[Step]:
        batches = itertools.islice(batches, self.config.steps)
        for step in train(self.network, batches, self.loss, self.config.learning_rate):
            self.losses.append(step.loss)
            yield step

    def __iter__(self) -> Iterator[Step]:
        return self._steps

    def result(self) -> DepthRun:
        """The gradients before training beside the present ones, and the verdict on them."""
        initial = self.initial
        final, _ = measure(self.network, self.first_batch, self.loss)
        dead = dead_fractions(self.network, self.inputs)
        first, last = initial.signal_norms[0], initial.signal_norms[-2]
        per_layer = zip(
            itertools.count(1),
            initial.weight_gradient_norms,
            final.weight_gradient_norms,
            initial.signal_norms,
            final.signal_norms,
            [*dead, 0.0],  # the output layer is linear
        )
        return DepthRun(
            activation=self.network.activation.label,
            init=self.init,
            layers=tuple(itertools.starmap(LayerRecord, per_layer)),
            loss=tuple(self.losses),
            verdict=verdict([*self.losses, final.loss], dead, first, last),
            decay_per_layer=decay_per_layer(first, last, self.config.layers),
        )


def gradient_depth(activation: Activation, config: DepthConfig | None = None) -> DepthRun:
    """Run the whole experiment."""
    experiment = DepthExperiment(activation, config or DepthConfig())
    for _ in experiment:
        pass
    return experiment.result()


@np.errstate(over="ignore", invalid="ignore")  # a network that diverged
def dead_fractions(network: Network, inputs: Array) -> list[float]:
    """For each hidden layer the share of its units whose slope is zero for every one of the inputs."""
    return [float((slope == 0).all(axis=0).mean()) for slope in forward(network, inputs).slopes]


def verdict(losses: list[float], dead: list[float], first: float, last: float) -> str:
    """One word for a run; the first that applies.

    diverged:  the loss left the finite numbers
    dead:      after training, some hidden layer has more than half of its units dead
    vanishing: before training, the signal of the first hidden layer is under 1/100 of the last one's, or zero
    exploding: it is over 100 times the last one's
    healthy:   none of these
    """
    if not all(map(math.isfinite, losses)) or math.isnan(first) or math.isnan(last):
        return "diverged"
    if any(fraction > 0.5 for fraction in dead):
        return "dead"
    if first == 0 or first < last / 100:
        return "vanishing"
    if first > last * 100 or math.isinf(first):
        return "exploding"
    return "healthy"


def decay_per_layer(first: float, last: float, layers: int) -> float | None:
    """The factor per layer by which the signal changes on its way from the last hidden layer to the first."""
    if layers == 1 or not 0 < last < math.inf or math.isnan(first):
        return None
    # Each signal takes the root by itself, because their ratio may leave the floating-point range.
    root = 1 / (layers - 1)
    return float(first**root / last**root)
