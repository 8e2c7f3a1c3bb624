"""One training step of a network with 2 inputs, 2 hidden units and 1 output, with all its numbers.

    s = x @ W + b           weighted sums of the hidden units
    h = φ(s)                outputs of the hidden units
    z = h @ v + c           output; σ(z) is the probability of the answer 1
    L = -log σ(z)           loss if the answer is 1; -log σ(-z) if it is 0

Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, ActivationLike
from actcli.core.arrays import Array
from actcli.core.errors import InputError, real_number, whole_number
from actcli.core.network.initialisers import Initialiser, initialise
from actcli.core.network.losses import LOSSES
from actcli.core.network.mlp import Network, Parameters, backward, forward, of_hidden_units
from actcli.core.network.optimizers import OPTIMIZERS
from actcli.core.network.training import descend

INPUTS, HIDDEN = ("x1", "x2"), ("h1", "h2")
BIAS, OUTPUT = "bias", "z"

# Decimals of random numbers, so that the sums can be done by hand.
_DECIMALS = 2
_STANDARD = Initialiser(lambda fan_in, fan_out: 1.0, lambda fan_in, fan_out: 0.25)


@dataclass(frozen=True)
class HiddenUnit:
    """One hidden unit.

    weighted_sum: s
    output:       h = φ(s)
    slope:        φ'(s)
    signal:       ∂L/∂s = ∂L/∂z v φ'(s)
    """

    name: str
    weighted_sum: float
    output: float
    slope: float
    signal: float


@dataclass(frozen=True)
class WeightStep:
    """One weight, or bias (source "bias"), before and after the step: after = before - learning rate * gradient.

    gradient: the target's signal times the source's output
    """

    source: str
    target: str
    before: float
    gradient: float
    after: float


@dataclass(frozen=True)
class Outcome:
    """The output z, its probability σ(z), and the loss."""

    output: float
    probability: float
    loss: float


@dataclass(frozen=True)
class Trace:
    """The training step. output_signal: ∂L/∂z = σ(z) - answer; before, after: the step."""

    activation: str
    learning_rate: float
    inputs: tuple[float, ...]
    answer: float
    hidden: tuple[HiddenUnit, ...]
    before: Outcome
    output_signal: float
    weights: tuple[WeightStep, ...]
    after: Outcome

    def between(self, source: str, target: str) -> WeightStep:
        """The step of the weight from `source` to `target`, both named as in `WeightStep`."""
        return next(step for step in self.weights if (step.source, step.target) == (source, target))


def trace(activation: ActivationLike = "relu", learning_rate: float = 0.5, seed: int = 0) -> Trace:
    """One step of gradient descent of a random network on one random point.

    InputError: a row-wise activation, an output that is not finite, a learning rate that is no number >= 0.

    >>> step = trace("relu")
    >>> step.before.loss > step.after.loss
    True
    """
    learning_rate, seed = real_number("the learning rate", learning_rate, 0.0), whole_number("seed", seed, 0)
    for_weights, for_point = np.random.default_rng(seed).spawn(2)
    drawn = initialise(_STANDARD, [len(INPUTS), len(HIDDEN), 1], for_weights)
    network = Network(of_hidden_units(activation), Parameters.over(drawn.vector.round(_DECIMALS), drawn.sizes))
    inputs = for_point.normal(size=(1, len(INPUTS))).round(_DECIMALS)
    answer = for_point.integers(2, size=(1, 1)).astype(np.float64)
    with np.errstate(all="ignore"):  # checked in _step, or shown
        return _step(network, inputs, answer, learning_rate)


def _step(network: Network, inputs: Array, answer: Array, learning_rate: float) -> Trace:
    passed = forward(network, inputs)
    loss, output_gradient = LOSSES["binary_cross_entropy"](passed.output, answer)
    if not math.isfinite(loss):
        raise InputError(f"with {network.activation.label} the output is no finite number", change="seed")
    gradients = backward(network, passed, output_gradient)
    untouched = Parameters.of(network.parameters.weights, network.parameters.biases)
    descend(network, gradients, OPTIMIZERS["sgd"](learning_rate))
    numbers = (_weighted_sums(network.activation, untouched, inputs), passed.layer_inputs[1], passed.slopes[0])
    columns = [array[0].tolist() for array in (*numbers, gradients.signals[0])]
    return Trace(
        activation=network.activation.label,
        learning_rate=learning_rate,
        inputs=tuple(inputs[0].tolist()),
        answer=float(answer[0, 0]),
        hidden=tuple(itertools.starmap(HiddenUnit, zip(HIDDEN, *columns, strict=True))),
        before=_outcome(passed.output, loss),
        output_signal=float(gradients.signals[-1][0, 0]),
        weights=tuple(_weight_steps(untouched, gradients.parameters, network.parameters)),
        after=_after(network, inputs, answer),
    )


def _weighted_sums(activation: Elementwise, parameters: Parameters, inputs: Array) -> Array:
    """The hidden layer's sums: the output of a network that is this layer alone, since an output does not bend."""
    alone = Parameters.of(parameters.weights[:1], parameters.biases[:1])
    return forward(Network(activation, alone), inputs).output


def _weight_steps(before: Parameters, gradient: Parameters, after: Parameters) -> Iterator[WeightStep]:
    """The weights of each target in turn, its bias last."""
    for layer, (sources, targets) in enumerate(((INPUTS, HIDDEN), (HIDDEN, (OUTPUT,)))):
        for unit, target in enumerate(targets):
            for index, source in enumerate((*sources, BIAS)):
                numbers = (
                    part.biases[layer][unit] if source == BIAS else part.weights[layer][index, unit]
                    for part in (before, gradient, after)
                )
                yield WeightStep(source, target, *map(float, numbers))


def _after(network: Network, inputs: Array, answer: Array) -> Outcome:
    output = forward(network, inputs).output
    return _outcome(output, LOSSES["binary_cross_entropy"](output, answer)[0])


def _outcome(output: Array, loss: float) -> Outcome:
    return Outcome(float(output[0, 0]), float(CATALOGUE["sigmoid"](output)[0, 0]), loss)
