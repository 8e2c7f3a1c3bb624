"""The multilayer perceptron: forward pass and backward pass.

A layer multiplies by its weights, adds its biases and applies the activation φ:

    z = h @ W + b        pre-activations    (batch, fan_out)
    h = φ(z)             the next layer's input

The output layer has no activation. The backward pass is the chain rule from the loss to the inputs. A layer's
*signal* is the loss's gradient with respect to its z; the layer below multiplies signal @ Wᵀ by its slope φ'(z).
Two cures change a hidden layer: normalisation, φ((z - mean) / spread), and a residual connection, h + φ(z), where
both have the same width.

Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors;
He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.activations.activation import Elementwise, elementwise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.activations.practice import for_classes
from actcli.core.arrays import Array
from actcli.core.network.normalisation import AXES, Normalised, Population, normalise

MOST_POINTS: Final = 1 << 12
"""A larger population is represented by at most so many evenly spaced points, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class Parameters:
    """Weights (fan_in, fan_out) and biases (fan_out,) of all layers: views of one vector, for the optimizer."""

    vector: Array
    weights: list[Array]
    biases: list[Array]

    @classmethod
    def over(cls, vector: Array, sizes: Sequence[int]) -> "Parameters":
        """Views of a vector; sizes: units of the input and of every layer, the output included."""
        weights, biases, start = [], [], 0
        for fan_in, fan_out in itertools.pairwise(sizes):
            end = start + fan_in * fan_out
            weights.append(vector[start:end].reshape(fan_in, fan_out))
            start = end + fan_out
            biases.append(vector[end:start])
        return cls(vector, weights, biases)

    @classmethod
    def empty(cls, sizes: Sequence[int], dtype: npt.DTypeLike = np.float64) -> "Parameters":
        """Uninitialised parameters of the given sizes."""
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in itertools.pairwise(sizes))
        return cls.over(np.empty(count, dtype), sizes)

    @classmethod
    def of(cls, weights: Sequence[Array], biases: Sequence[Array], dtype: npt.DTypeLike = np.float64) -> "Parameters":
        """A copy of the given arrays."""
        copy = cls.empty([len(weights[0]), *map(len, biases)], dtype)
        for own, given in zip(copy.weights + copy.biases, [*weights, *biases], strict=True):
            own[...] = given
        return copy

    def like(self) -> "Parameters":
        """Uninitialised parameters of the same sizes and dtype."""
        return Parameters.over(np.empty_like(self.vector), self.sizes)

    @property
    def sizes(self) -> list[int]:
        """Units of the input and of each of the N + 1 layers."""
        return [len(self.weights[0]), *map(len, self.biases)]


@dataclass(frozen=True, eq=False)
class Network:
    """N hidden layers with one activation, then a linear output layer. Training changes the parameters in place.

    norm: None, "layer" or "batch"
    """

    activation: Elementwise
    parameters: Parameters
    norm: str | None = None
    residual: bool = False

    @property
    def hidden(self) -> int:
        """The number of hidden layers."""
        return len(self.parameters.weights) - 1

    def skips(self, layer: int) -> bool:
        """Whether the layer of this index has a residual connection: a hidden layer with fan_in = fan_out."""
        fan_in, fan_out = self.parameters.weights[layer].shape
        return self.residual and layer < self.hidden and fan_in == fan_out


def of_hidden_units(activation: ActivationLike) -> Elementwise:
    """The activation, for hidden units. InputError: a row-wise one, because a hidden unit needs a slope of its own."""
    activation = resolve(activation)
    place = ": it belongs to the output layer of a classifier" if for_classes(activation.name) else ""
    return elementwise(
        activation,
        f"{activation.label} works on whole rows, so that a unit has no slope of its own{place}; "
        "a hidden layer needs an elementwise activation, such as relu",
    )


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """Values of a forward pass that the backward pass needs.

    layer_inputs: input h of each of the N + 1 layers, (batch, fan_in); the first is the batch itself
    slopes:       φ' of the N hidden layers, (batch, width)
    normalised:   normalised pre-activations of the N hidden layers; None without a norm
    output:       z of the output layer, (batch, outputs)
    """

    layer_inputs: list[Array]
    slopes: list[Array]
    normalised: list[Normalised | None]
    output: Array


@dataclass(frozen=True, eq=False)
class Gradients:
    """The loss's gradient with respect to the parameters, and to each of the N + 1 layers' pre-activations z."""

    parameters: Parameters
    signals: list[Array]


@np.errstate(all="ignore")  # tails underflow to their limits; divergence shows in the loss
def forward(network: Network, inputs: Array, populations: Sequence[Population | None] | None = None) -> ForwardPass:
    """Forward pass of a batch (batch, features).

    populations: means and spreads from `population`, for batch norm after training: a point's output then does not
                 depend on its batch. Such a pass has no backward pass. None: those of the batch, as in training
    """
    h, layer_inputs, slopes, normalised = inputs, [inputs], [], []
    each = [None] * network.hidden if populations is None else populations
    for layer, given in zip(range(network.hidden), each, strict=True):
        h, slope, norm = _bent(network, layer, h, given)
        layer_inputs.append(h)
        slopes.append(slope)
        normalised.append(norm)
    output = h @ network.parameters.weights[-1] + network.parameters.biases[-1]
    return ForwardPass(layer_inputs, slopes, normalised, output)


@np.errstate(all="ignore")  # as above
def population(network: Network, inputs: Array) -> list[Population | None]:
    """Mean and spread of each hidden layer over a data set (points, features), for `forward`; None without batch norm.

    They are computed layer by layer, with the layers below already normalised by theirs, so a data set has the same
    output with its populations and as one batch. Ioffe and Szegedy (2015), algorithm 2, and PyTorch's running
    statistics average over batches instead.
    """
    if network.norm != "batch":
        return [None] * network.hidden
    h, found = inputs[:: -(-len(inputs) // MOST_POINTS)], list[Population | None]()
    for layer in range(network.hidden):
        h, _, norm = _bent(network, layer, h)
        found.append(Population(norm.mean, norm.spread) if norm else None)
    return found


def _bent(
    network: Network, layer: int, h: Array, given: Population | None = None
) -> tuple[Array, Array, Normalised | None]:
    """A hidden layer's output, its slopes, and its normalised pre-activations if they are normalised by the batch."""
    z = h @ network.parameters.weights[layer]
    z += network.parameters.biases[layer]
    norm = normalise(z, AXES[network.norm]) if network.norm and given is None else None
    bend = norm.values if norm else z if given is None else given.normalise(z)
    # Value and slope together: they share most of their work, and z is in the cache.
    value, slope = network.activation.bend(bend)
    return h + value if network.skips(layer) else value, slope, norm


def backward(network: Network, passed: ForwardPass, output_gradient: Array) -> Gradients:
    """All gradients, from the loss's gradient with respect to the output (batch, outputs)."""
    gradient = network.parameters.like()
    signals = [*signals_down(network, passed, output_gradient, gradient)]
    return Gradients(gradient, signals[::-1])


def signals_down(
    network: Network, passed: ForwardPass, output_gradient: Array, gradient: Parameters
) -> Iterator[Array]:
    """`backward` layer by layer, from the output down: sets a layer's part of `gradient` and yields its signal.

    A signal that the caller drops before the next one frees its memory, still in the cache, for that one.
    """
    weights = network.parameters.weights
    ones = np.ones(len(output_gradient), output_gradient.dtype)  # ones @ signal is the sum over the batch
    arriving = output_gradient  # the loss's gradient with respect to the layer's output
    for layer in reversed(range(len(weights))):
        signal = arriving
        if layer < len(passed.slopes):  # the output layer has no activation
            signal = arriving * passed.slopes[layer]
            if norm := passed.normalised[layer]:
                signal = norm.backward(signal)
        np.matmul(passed.layer_inputs[layer].T, signal, out=gradient.weights[layer])
        np.matmul(ones, signal, out=gradient.biases[layer])
        yield signal
        if layer == 0:
            return
        below = signal @ weights[layer].T.copy()  # contiguous: three quarters of the time
        if network.skips(layer):
            below += arriving
        arriving = below
