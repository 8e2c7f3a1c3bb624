"""Trainability of networks by depth and variance of the weights, measured and by mean-field theory.

Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017, figure 5: the correlation of two inputs, and with it their
difference, is lost within a few correlation depth scales ξ_c; networks of more than about 6 ξ_c layers do not learn.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise, elementwise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.arrays import Array
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.depth.verdict import LEARNT
from actcli.core.errors import InputError, check_runs
from actcli.core.network.layer_statistics import survey
from actcli.core.network.losses import accuracy, guessing_loss
from actcli.core.theory.fixed_point import fixed_point
from actcli.core.theory.mean_field import MeanField

DEPTH_SCALES: Final = 6.0
"""Greatest trainable depth in correlation depth scales (Schoenholz et al.)."""


@dataclass(frozen=True)
class Training:
    """One network to train, as plain data for another process.

    activation: a text for `resolve`
    """

    activation: str
    sigma_w2: float
    config: DepthConfig


@dataclass(frozen=True)
class Trained:
    """Result of one trained network.

    loss:       over the whole data set after the last step; nan if it diverged
    loss_guess: of the best constant prediction
    accuracy:   over the whole data set after the last step; None for numbers
    """

    layers: int
    sigma_w2: float
    seed: int
    loss: float
    loss_guess: float
    accuracy: float | None

    @property
    def learnt(self) -> bool:
        """Whether the loss is at least 5 % below guessing, as in core/depth/verdict.py."""
        return self.loss <= LEARNT * self.loss_guess


@dataclass(frozen=True, eq=False)
class Sweep:
    """A grid of depths (m,) and σ_w² (n,) at one σ_b², under several seeds.

    seeds:  number of seeds, starting at config.seed
    config: all other settings; its layers and init are not used

    InputError: a row-wise activation, depths or variances that do not ascend, no training steps, or a network that
    cannot be run.
    """

    activation: str
    depths: tuple[int, ...]
    sigma_w2: tuple[float, ...]
    sigma_b2: float
    seeds: int
    config: DepthConfig

    def __post_init__(self) -> None:
        unit = resolve(self.activation)
        elementwise(unit, f"{unit.name} acts on whole rows; the theory is for elementwise activations")
        for name, values in (("depths", self.depths), ("sigma_w2", self.sigma_w2)):
            if not values or list(values) != sorted(set(values)):
                raise InputError(f"{name} must be in ascending order")
        if self.config.steps < 1:
            raise InputError("training takes at least one step")
        check_runs(len(self.depths) * len(self.sigma_w2) * self.seeds)
        self.trainings()

    def trainings(self) -> list[Training]:
        """All runs of the sweep, shallow networks first."""
        return [
            Training(
                self.activation,
                variance,
                replace(
                    self.config,
                    layers=depth,
                    init=f"gaussian:{variance!r},{self.sigma_b2!r}",
                    seed=self.config.seed + seed,
                ),
            )
            for depth, variance, seed in itertools.product(self.depths, self.sigma_w2, range(self.seeds))
        ]

    def description(self) -> dict[str, Any]:
        """All settings that determine the results, as plain data."""
        same = {name: value for name, value in asdict(self.config).items() if name not in ("layers", "init")}
        return {
            "activation": self.activation,
            "depths": list(self.depths),
            "sigma_w2": list(self.sigma_w2),
            "sigma_b2": self.sigma_b2,
            "seeds": self.seeds,
            "config": same,
        }


def train(training: Training) -> Trained:
    """Train the network. The result is the same in all processes on one kind of processor with one BLAS thread."""
    experiment = DepthExperiment(training.activation, training.config)
    for _ in experiment:
        pass
    output = survey(experiment.network, experiment.inputs).output
    with np.errstate(all="ignore"):  # a network that diverged
        loss = experiment.loss(output, experiment.targets)[0]
    return Trained(
        layers=training.config.layers,
        sigma_w2=training.sigma_w2,
        seed=training.config.seed,
        loss=float(loss) if math.isfinite(loss) else math.nan,
        loss_guess=guessing_loss(experiment.loss_name, experiment.targets),
        accuracy=accuracy(experiment.loss_name, output, experiment.targets),
    )


@dataclass(frozen=True, eq=False)
class Trainability:
    """Results of a sweep so far. Matrices are (depths, variances), means over the seeds; nan without a run.

    loss:        loss / loss of guessing
    accuracy:    None for numbers
    learnt:      share of runs that learnt
    depth_limit: 6 ξ_c for each σ_w²; inf for an infinite ξ_c, nan for an unknown one or without a fixed point
    agreement:   share of known cells in which at least half of the runs learnt if and only if depth <= 6 ξ_c; None
                 without a known cell
    runs:        number of runs done
    """

    sweep: Sweep
    loss: Array
    accuracy: Array | None
    learnt: Array
    depth_limit: Array
    agreement: float | None
    runs: int


def trainability(sweep: Sweep, trained: Iterable[Trained]) -> Trainability:
    """The sweep's results from the runs that are done."""
    cells: dict[tuple[int, float], list[Trained]] = {}
    for run in trained:
        cells.setdefault((run.layers, run.sigma_w2), []).append(run)
    shape = len(sweep.depths), len(sweep.sigma_w2)
    loss, right, learnt = (np.full(shape, np.nan) for _ in range(3))
    for (i, depth), (j, variance) in itertools.product(enumerate(sweep.depths), enumerate(sweep.sigma_w2)):
        if runs := cells.get((depth, variance)):
            loss[i, j] = fmean(run.loss / run.loss_guess for run in runs)
            learnt[i, j] = fmean(run.learnt for run in runs)
            right[i, j] = fmean(math.nan if run.accuracy is None else run.accuracy for run in runs)
    limit = depth_limits(sweep.activation, sweep.sigma_w2, sweep.sigma_b2)
    known = ~np.isnan(learnt) & ~np.isnan(limit)
    agrees = (learnt >= 0.5) == (np.array(sweep.depths)[:, None] <= limit)
    numbers = sweep.config.data == "sine"
    return Trainability(
        sweep,
        loss,
        None if numbers else right,
        learnt,
        limit,
        float(agrees[known].mean()) if known.any() else None,
        sum(map(len, cells.values())),
    )


def depth_limits(activation: ActivationLike, sigma_w2: Iterable[float], sigma_b2: float) -> Array:
    """6 ξ_c for each σ_w²; nan without a fixed point or a known ξ_c.

    inf where ξ_c is infinite, also where every layer keeps all variances and correlations.
    """
    unit = resolve(activation)
    assert isinstance(unit, Elementwise)
    field = MeanField(unit)
    return np.array([*_limits(field, sigma_w2, sigma_b2)])


def _limits(field: MeanField, sigma_w2: Iterable[float], sigma_b2: float) -> Iterator[float]:
    for variance in sigma_w2:
        point = fixed_point(field, variance, sigma_b2)
        if point.q is None:
            yield math.nan
        elif point.correlation_depth_scale is not None:
            yield DEPTH_SCALES * point.correlation_depth_scale
        else:
            known = point.keeps_correlations or point.chi_perpendicular is not None
            yield math.inf if known else math.nan
