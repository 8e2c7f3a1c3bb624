"""The runs of a race: every activation under every setting, on the same data, seed by seed.

A setting is an initialisation and a learning rate. For each data set and seed all activations get the same training
points, the same batches in the same order and the same random numbers for the weights, which the initialisation only
scales. Validation points choose the best setting, and held-out points give its loss.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from time import perf_counter
from typing import Any, Final
from zlib import crc32

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.errors import InputError, check_runs, count, one_of, whole_number
from actcli.core.network.datasets import DATASETS, DataSet
from actcli.core.network.layer_statistics import survey
from actcli.core.network.losses import LOSSES, accuracy, guessing_loss
from actcli.core.race.racers import Racer

INITS: Final = ("he", "xavier", "lecun", "pytorch")
RATES: Final = (0.003, 0.01, 0.03)
"""Learning rates of Adam."""
SETTINGS: Final = tuple(product(INITS, RATES))

_MADE: Final = (512, 512, 1024)
"""Points of a random data set: for training, for the choice of a setting, and held out."""
_FEWEST: Final = 20
_TIMED: Final = 20
"""Steps for the estimate of a run's time."""


@dataclass(frozen=True)
class RaceConfig:
    """Networks, training and data sets of a race. InputError: settings that cannot be run.

    data: keys of DATASETS, or names of the user's data sets, which `entries` takes as `own`
    """

    layers: int = 4
    width: int = 32
    steps: int = 200
    batch: int = 64
    seed: int = 0
    seeds: int = 5
    data: tuple[str, ...] = ("spirals", "moons", "sine")
    optimizer: str = "adam"

    def __post_init__(self) -> None:
        whole_number("seeds", self.seeds, 1)
        whole_number("steps", self.steps, 1)
        if not self.data or len(set(self.data)) < len(self.data):
            raise InputError(f"a race takes different data sets, not {' and '.join(self.data) or 'none'}")
        self.of(self.data[0], self.seed, *SETTINGS[0])

    def of(self, data: str, seed: int, init: str, learning_rate: float) -> DepthConfig:
        """Settings of one run. Its seed is a hash of the heat's seed and the data set's name: heats are independent."""
        same = {name: getattr(self, name) for name in ("layers", "width", "steps", "batch", "optimizer")}
        name = crc32(data.rpartition("/")[2].encode())
        own = int(np.random.SeedSequence([seed, name]).generate_state(1)[0])
        return DepthConfig(**same, data=data, seed=own, init=init, learning_rate=learning_rate)


@dataclass(frozen=True)
class Entry:
    """One network to train, as plain data for another process.

    activation: a text for `resolve`
    seed:       of the heat
    examples:   the user's data set; None for a random one
    """

    activation: str
    seed: int
    config: DepthConfig
    examples: DataSet | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Finish:
    """Result of one network after its last step.

    choice_loss:    on the points that choose the setting; inf if the network diverged
    loss, accuracy: on the held-out points; inf if the network diverged; accuracy is None for numbers
    loss_guess:     of the best constant prediction for the whole data set
    """

    activation: str
    data: str
    seed: int
    init: str
    learning_rate: float
    choice_loss: float
    loss: float
    loss_guess: float
    accuracy: float | None


def entries(racers: Sequence[Racer], config: RaceConfig, own: Mapping[str, DataSet]) -> list[Entry]:
    """All runs, seed by seed and data set by data set, so that an interrupted race has complete heats.

    InputError: no such data set, or one of fewer than 20 points.
    """
    for name in config.data:
        if name not in own:
            one_of("data set", name, DATASETS)
        elif len(own[name].inputs) < _FEWEST:
            points = count(len(own[name].inputs), "point")
            raise InputError(f"{name} has {points}, too few to hold some out: a race takes {_FEWEST}")
    check_runs(config.seeds * len(config.data) * len(racers) * len(SETTINGS))
    seeds = range(config.seed, config.seed + config.seeds)
    return [
        Entry(racer.activation.label, seed, config.of(name, seed, *setting), own.get(name))
        for seed, name, racer, setting in product(seeds, config.data, racers, SETTINGS)
    ]


def finish(entry: Entry) -> Finish:
    """Train the network. The result is the same in all processes on one kind of processor with one BLAS thread."""
    examples, (training, choosing, held_out) = _parts(entry)
    experiment = DepthExperiment(entry.activation, entry.config, training)
    for _ in experiment:
        pass
    chosen_by, judged_by = (survey(experiment.network, part.inputs).output for part in (choosing, held_out))
    right = accuracy(examples.loss, judged_by, held_out.targets)
    return Finish(
        activation=entry.activation,
        data=entry.config.data,
        seed=entry.seed,
        init=entry.config.init,
        learning_rate=entry.config.learning_rate,
        choice_loss=_loss(examples.loss, chosen_by, choosing),
        loss=_loss(examples.loss, judged_by, held_out),
        loss_guess=guessing_loss(examples.loss, examples.targets),
        accuracy=right,
    )


def _loss(name: str, output: Any, part: DataSet) -> float:
    with np.errstate(all="ignore"):  # a network that diverged
        loss = LOSSES[name](output, part.targets)[0]
    return loss if math.isfinite(loss) else math.inf


def _parts(entry: Entry) -> tuple[DataSet, list[DataSet]]:
    """The whole data set, and its parts for training, for the choice, and held out; of the user's data 3 : 1 : 1."""
    # A stream apart from the experiment's, which has the seed alone.
    generator = np.random.default_rng([entry.config.seed, 1])
    whole = entry.examples
    if whole is None:
        whole, sizes = DATASETS[entry.config.data](sum(_MADE), generator), _MADE
    else:
        points = len(whole.inputs)
        sizes = (points - 2 * (points // 5), points // 5, points // 5)
    order = generator.permutation(len(whole.inputs))
    places = np.split(order, np.cumsum(sizes)[:-1])
    return whole, [DataSet(whole.name, whole.inputs[at], whole.targets[at], whole.loss) for at in places]


def seconds_of(entry: Entry) -> float:
    """Estimated time of a run in seconds, from its first steps."""
    start = perf_counter()
    _, (training, _, _) = _parts(entry)
    experiment = DepthExperiment(entry.activation, entry.config, training)
    made, steps = perf_counter(), 0
    for _ in experiment:
        steps += 1
        if steps == _TIMED:
            break
    done = perf_counter()
    return made - start + (done - made) / steps * entry.config.steps


_ELEMENTS, _REPEATS = 4096, 25


def nanoseconds_per_element(activation: Elementwise) -> float:
    """Computing time of value and slope per element: the fastest of 25 evaluations at 4096 standard normal numbers."""
    x = np.random.default_rng(0).normal(size=_ELEMENTS)
    times = []
    for _ in range(_REPEATS):
        start = perf_counter()
        activation.value_and_slope(x)
        times.append(perf_counter() - start)
    return 1e9 * min(times) / _ELEMENTS


def description(config: RaceConfig) -> dict[str, Any]:
    """All settings that determine the results besides the activations, as plain data."""
    return {**asdict(config), "inits": INITS, "learning_rates": RATES}
