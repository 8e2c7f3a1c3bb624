"""The gradient-depth experiment: the norm of the gradient in every layer, before and after training."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from actcli.core.activations.catalogue import ActivationLike
from actcli.core.analysis.saturation import slope_range
from actcli.core.arrays import Array
from actcli.core.depth.config import POINTS, DepthConfig
from actcli.core.depth.history import History, Moment, update_ratios
from actcli.core.depth.prediction import Prediction, predict
from actcli.core.depth.verdict import Flow, Outcome, decay_per_layer, verdict
from actcli.core.errors import count, instance, one_of
from actcli.core.network.datasets import DATASETS, DataSet
from actcli.core.network.initialisers import choose, initialise, initialiser
from actcli.core.network.layer_statistics import Survey, survey
from actcli.core.network.losses import LOSSES, accuracy, guessing_loss
from actcli.core.network.mlp import Network, Parameters, of_hidden_units
from actcli.core.network.optimizers import OPTIMIZERS
from actcli.core.network.training import Batch, Step, Watch, measure, shuffled_batches, train
from actcli.core.theory.finite_width import FiniteWidth, finite_width
from actcli.core.theory.preference import Preference, preference


@dataclass(frozen=True)
class LayerRecord:
    """One layer, before training (initial) and after the last update (final).

    weight_gradient_norm, signal_norm: Frobenius norms of the loss's gradient with respect to the layer's weights and
                                       to its pre-activations, on the first batch
    signal_norm_theory:                signal_norm_initial by mean-field theory, from the run's inputs and the last
                                       hidden layer's signal; None for the output layer, and without a theory (norm,
                                       residual, an activation that jumps)
    activation_mean, activation_std, saturated_fraction, dead_fraction:
                                       over the data set, as in core/network/layer_statistics.py
    update_ratio_final:                norm of the last update of the weights over the norm of the weights
    """

    layer: int
    weight_gradient_norm_initial: float
    weight_gradient_norm_final: float
    signal_norm_initial: float
    signal_norm_final: float
    signal_norm_theory: float | None
    activation_mean_initial: float
    activation_mean_final: float
    activation_std_initial: float
    activation_std_final: float
    saturated_fraction_initial: float
    saturated_fraction_final: float
    dead_fraction_initial: float
    dead_fraction_final: float
    update_ratio_final: float


LAYER_FIELDS = tuple(field.name for field in fields(LayerRecord))


@dataclass(frozen=True)
class DepthRun:
    """Result of an experiment with hidden layers 1 to N and the output layer N + 1.

    layers:          one record per layer, the output layer last
    loss:            before each update, on that update's batch; ends early if it is not finite
    verdict:         diverged, dead, vanishing, exploding, stuck or healthy (core/depth/verdict.py)
    decay_per_layer: (signal of layer 1 / signal of layer N)^(1 / (N - 1)) before training;
                     None if undefined: one hidden layer, or no finite signal > 0 in layer N
    decay_per_layer_theory: the same for the theory's signals; None also without a theory
    decay_per_layer_finite_width: the same for networks of the run's width and one input
    slope_range:     smallest and largest slope of the activation
    history:         up to fifty steps of the training
    weight_gain:     sqrt(width * variance of a hidden layer's weights), the factor for the norm of a random signal
    init_preference: the reason for the initialisation, if it was "auto"
    loss_name:       a key of LOSSES
    loss_final:      on the first batch after the last update; loss[0] is on the same batch before the first one
    loss_guess:      of the best constant prediction, over the whole data set
    loss_data_initial, loss_data_final: over the whole data set, before and after training
    accuracy_initial, accuracy_final:   over the whole data set; None for numbers
    """

    activation: str
    init: str
    seed: int
    layers: tuple[LayerRecord, ...]
    loss: tuple[float, ...]
    verdict: str
    decay_per_layer: float | None
    decay_per_layer_theory: float | None
    loss_final: float
    loss_name: str
    loss_guess: float
    loss_data_initial: float
    loss_data_final: float
    accuracy_initial: float | None
    accuracy_final: float | None
    norm: str | None = None
    residual: bool = False
    decay_per_layer_finite_width: FiniteWidth | None = None
    init_preference: Preference | None = None
    slope_range: tuple[float, float] = (-math.inf, math.inf)
    weight_gain: float = 1.0
    history: tuple[Moment, ...] = ()


class DepthExperiment:
    """A network that trains while its steps are iterated over; `result` gives the measurements so far.

        experiment = DepthExperiment(activation, config)
        for step in experiment:
            ...                         # progress; the loop may end at any step, and another one continues there
        run = experiment.result()

    config: default DepthConfig()
    data:   replaces the data set of config.data

    InputError: a row-wise activation, no such data set, or no such initialisation for the activation.
    RuntimeError: an iteration after the last step.
    """

    def __init__(
        self, activation: ActivationLike, config: DepthConfig | None = None, data: DataSet | None = None
    ) -> None:
        config = DepthConfig() if config is None else instance("config", config, DepthConfig)
        if data is not None:
            instance("data", data, DataSet)
        # Separate streams of random numbers, so that another network gets the same data and batches.
        for_data, for_weights, for_batches = np.random.default_rng(config.seed).spawn(3)
        self.config = config
        unit = of_hidden_units(activation)
        self.init = choose(config.init, unit, config.layers)
        self.initialiser = initialiser(self.init, unit)
        data = data or _made(config, for_data)
        self.inputs = data.inputs.astype(config.dtype, copy=False)
        self.targets = data.targets.astype(config.dtype, copy=False)
        self.loss_name, self.loss = data.loss, LOSSES[data.loss]
        sizes = [self.inputs.shape[1], *[config.width] * config.layers, self.targets.shape[1]]
        parameters = initialise(self.initialiser, sizes, for_weights, config.dtype)
        self.network = Network(unit, parameters, config.norm, config.residual)
        batches = shuffled_batches(self.inputs, self.targets, config.batch, for_batches)
        self.first_batch = next(batches)
        self.initial, gradients = measure(self.network, self.first_batch, self.loss)
        self.last_signal = gradients.signals[-2]
        self.losses: list[float] = []
        self.update: Array | None = None
        self.history = History(self.network, config.steps)
        self._before: Survey | None = None
        self._ended = False
        self._steps = self._train(itertools.chain([self.first_batch], batches))

    def _train(self, batches: Iterator[Batch]) -> Iterator[Step]:
        self._survey_before()  # before the first update
        batches = itertools.islice(batches, self.config.steps)
        optimizer = OPTIMIZERS[self.config.optimizer](self.config.learning_rate)
        for step in train(self.network, batches, self.loss, optimizer, self._watch):
            self.losses.append(step.loss)
            self.update = step.update if step.update is not None else self.update
            self.history.add(step)
            yield step
        self._ended = True

    def _watch(self, number: int) -> Watch | None:
        return self.history.watch if self.history.watches(number) else None

    def __iter__(self) -> Iterator[Step]:
        if self._ended:
            raise RuntimeError(f"this experiment has ended after {count(len(self.losses), 'step')}: make a new one")
        return self._steps

    def prediction(self) -> Prediction | None:
        """Mean-field theory's signals for the first batch; None for a network with norm or residual connections."""
        if self.config.norm or self.config.residual:
            return None
        widths = self.network.parameters.sizes[:-1]
        return predict(self.network.activation, self.initialiser, widths, self.first_batch[0], self.last_signal)

    def result(self) -> DepthRun:
        """Measurements before training and now, theory, and verdict."""
        initial, before, prediction = self.initial, self._survey_before(), self.prediction()
        final, _ = measure(self.network, self.first_batch, self.loss)
        after = survey(self.network, self.inputs)
        theory: list[float | None] = [None] * self.config.layers if prediction is None else [*prediction.signal_norms]
        first, last = initial.signal_norms[0], initial.signal_norms[-2]
        layers = tuple(
            LayerRecord(
                layer=index + 1,
                weight_gradient_norm_initial=initial.weight_gradient_norms[index],
                weight_gradient_norm_final=final.weight_gradient_norms[index],
                signal_norm_initial=initial.signal_norms[index],
                signal_norm_final=final.signal_norms[index],
                signal_norm_theory=[*theory, None][index],
                activation_mean_initial=before.layers[index].activation_mean,
                activation_mean_final=after.layers[index].activation_mean,
                activation_std_initial=before.layers[index].activation_std,
                activation_std_final=after.layers[index].activation_std,
                saturated_fraction_initial=before.layers[index].saturated_fraction,
                saturated_fraction_final=after.layers[index].saturated_fraction,
                dead_fraction_initial=before.layers[index].dead_fraction,
                dead_fraction_final=after.layers[index].dead_fraction,
                update_ratio_final=ratio,
            )
            for index, ratio in enumerate(self._update_ratios())
        )
        loss_guess = guessing_loss(self.loss_name, self.targets)
        loss_data_initial, loss_data_final = (self._loss_of(surveyed) for surveyed in (before, after))
        finite = all(map(math.isfinite, [*self.losses, final.loss]))
        outcome = Outcome(loss_guess, loss_data_initial, loss_data_final, finite) if self.losses else None
        return DepthRun(
            activation=self.network.activation.label,
            init=self.init,
            seed=self.config.seed,
            layers=layers,
            loss=tuple(self.losses),
            verdict=verdict(_flow(initial, before), _flow(final, after), outcome),
            decay_per_layer=decay_per_layer(first, last, self.config.layers),
            decay_per_layer_theory=prediction.decay_per_layer if prediction else None,
            loss_final=final.loss,
            loss_name=self.loss_name,
            loss_guess=loss_guess,
            loss_data_initial=loss_data_initial,
            loss_data_final=loss_data_final,
            accuracy_initial=accuracy(self.loss_name, before.output, self.targets),
            accuracy_final=accuracy(self.loss_name, after.output, self.targets),
            norm=self.config.norm,
            residual=self.config.residual,
            decay_per_layer_finite_width=self._finite_width(prediction),
            slope_range=slope_range(self.network.activation),
            weight_gain=self._weight_gain(),
            history=tuple(self.history.moments),
            init_preference=self._preference(),
        )

    def _finite_width(self, prediction: Prediction | None) -> FiniteWidth | None:
        theory = prediction.decay_per_layer if prediction else None
        if prediction is None or not theory or self.initialiser.distribution == "orthogonal":
            return None
        return finite_width(self.network.activation, prediction.variances, self.config.width, theory)

    def _weight_gain(self) -> float:
        width = self.config.width
        return math.sqrt(width * self.initialiser.weight_variance(width, width))

    def _preference(self) -> Preference | None:
        if self.config.init != "auto":
            return None
        return preference(self.network.activation, self.config.layers)

    def data_loss(self) -> float:
        """Loss over the whole data set, with the present parameters."""
        return self._loss_of(survey(self.network, self.inputs))

    def _loss_of(self, surveyed: Survey) -> float:
        with np.errstate(all="ignore"):  # a network that diverged
            return self.loss(surveyed.output, self.targets)[0]

    def _survey_before(self) -> Survey:
        if self._before is None:
            self._before = survey(self.network, self.inputs)
        return self._before

    def _update_ratios(self) -> list[float]:
        parameters = self.network.parameters
        if self.update is None:
            return [0.0] * len(parameters.weights)
        updates = Parameters.over(self.update, parameters.sizes)
        return update_ratios(updates.weights, parameters.weights)


def _flow(step: Step, surveyed: Survey) -> Flow:
    *hidden, _ = surveyed.layers
    blocked = any(layer.dead_fraction == 1.0 for layer in hidden)
    return Flow(step.signal_norms[0], step.signal_norms[-2], len(hidden), blocked)


def check(activation: ActivationLike, config: DepthConfig) -> None:
    """InputError: a row-wise activation, or no such initialisation for it. Faster than a DepthExperiment."""
    unit = of_hidden_units(activation)
    initialiser(choose(config.init, unit, config.layers), unit)


def gradient_depth(
    activation: ActivationLike, config: DepthConfig | None = None, data: DataSet | None = None
) -> DepthRun:
    """The whole experiment: train N hidden layers with the activation, and a linear output layer, on a data set.

    config, data, InputError: as for `DepthExperiment`, which is the same step by step.

    >>> run = gradient_depth("sigmoid", DepthConfig(layers=20, steps=0))
    >>> run.verdict, round(run.decay_per_layer, 3)
    ('vanishing', 0.239)
    """
    experiment = DepthExperiment(activation, config, data)
    for _ in experiment:
        pass
    return experiment.result()


def _made(config: DepthConfig, generator: np.random.Generator) -> DataSet:
    return DATASETS[one_of("data set", config.data, DATASETS)](max(POINTS, config.batch), generator)


def replay(experiment: DepthExperiment) -> dict[str, npt.NDArray[np.generic]]:
    """Arrays from which another program can recompute the gradients of the first batch, with the present weights.

    inputs:         first batch, (batch, features)
    targets:        its targets, (batch, outputs); one-hot for more than two classes
    W1, b1, ...:    parameters of all N + 1 layers: z = h @ W + b, with W (fan_in, fan_out)
    gW1, gb1, ...:  the loss's gradient with respect to them
    activation, loss, norm: texts. The loss is binary_cross_entropy, cross_entropy or mean_squared_error of the output
                    of layer N + 1, mean over the batch. The norm is "none", "layer" or "batch", without scale and
                    shift, with 1e-5 added to the variance.
    residual:       a bool. A hidden layer gives φ(norm(z)), or h + φ(norm(z)) if residual and of equal width.

    InputError: no DepthExperiment.

    >>> arrays = replay(DepthExperiment("relu", DepthConfig(layers=2, width=3)))
    >>> arrays["W2"].shape, arrays["gb3"].shape
    ((3, 3), (1,))
    """
    instance("experiment", experiment, DepthExperiment)
    inputs, targets = experiment.first_batch
    _, gradients = measure(experiment.network, experiment.first_batch, experiment.loss)
    network = experiment.network
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "inputs": inputs,
        "targets": targets,
        "activation": np.array(network.activation.label),
        "loss": np.array(experiment.loss_name),
        "norm": np.array(network.norm or "none"),
        "residual": np.array(network.residual),
    }
    for prefix, parameters in (("", network.parameters), ("g", gradients.parameters)):
        for layer, (weights, biases) in enumerate(zip(parameters.weights, parameters.biases, strict=True), start=1):
            arrays |= {f"{prefix}W{layer}": weights, f"{prefix}b{layer}": biases}
    return arrays
