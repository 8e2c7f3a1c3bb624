"""The multilayer perceptron: forward pass, loss, backward pass.

A layer multiplies by its weights, adds its biases and bends the result with the activation φ:

    z = h @ W + b        pre-activations    (batch, fan_out)
    h = φ(z)             the next layer's input

The output layer does not bend. The backward pass is the chain rule read from the loss to the inputs:
each layer receives its *signal*, the loss's gradient with respect to z, and hands (signal @ Wᵀ) * φ'(z) down.

Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from actcli.core.activation import Activation
from actcli.core.errors import InputError
from actcli.core.jet import Array

Loss = Callable[[Array, Array], tuple[float, Array]]


@dataclass(frozen=True, eq=False)
class Network:
    """N hidden layers with one activation, then a linear output layer; training updates the arrays in place.

    weights: N + 1 arrays of shape (fan_in, fan_out)
    biases:  N + 1 arrays of shape (fan_out,)

    InputError: the activation is row-wise, so that its derivative is a Jacobian instead of a slope.
    """

    activation: Activation
    weights: list[Array]
    biases: list[Array]

    def __post_init__(self) -> None:
        if self.activation.rowwise:
            raise InputError(
                f"{self.activation.label} works on whole rows, so that a unit has no slope of its own; "
                "a hidden layer needs an elementwise activation"
            )


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What the forward pass leaves behind for the backward pass.

    layer_inputs: what each of the N + 1 layers was given, (batch, fan_in); the first is the batch itself
    slopes:       φ'(z) of the N hidden layers, (batch, width)
    output:       z of the output layer, (batch, outputs)
    """

    layer_inputs: list[Array]
    slopes: list[Array]
    output: Array


@dataclass(frozen=True, eq=False)
class Gradients:
    """The loss's gradient with respect to weights, biases and pre-activations z: a list each, of N + 1."""

    weights: list[Array]
    biases: list[Array]
    signals: list[Array]


def forward(network: Network, inputs: Array) -> ForwardPass:
    """Run a batch of shape (batch, features) through the network."""
    h, layer_inputs, slopes = inputs, [inputs], []
    for weights, biases in zip(network.weights[:-1], network.biases[:-1], strict=True):
        z = h @ weights
        z += biases
        # The slope shares most of its work with the value, so both are computed while z is at hand.
        h, slope = network.activation.value_and_slope(z)
        layer_inputs.append(h)
        slopes.append(slope)
    return ForwardPass(layer_inputs, slopes, h @ network.weights[-1] + network.biases[-1])


def backward(network: Network, passed: ForwardPass, output_gradient: Array) -> Gradients:
    """The chain rule, from the loss's gradient with respect to the output, (batch, outputs), to layer 1."""
    signals = [output_gradient]
    for weights, slope in zip(network.weights[:0:-1], passed.slopes[::-1], strict=True):
        signal = signals[-1] @ weights.T
        signal *= slope
        signals.append(signal)
    signals.reverse()
    return Gradients(
        weights=[h.T @ signal for h, signal in zip(passed.layer_inputs, signals, strict=True)],
        biases=[signal.sum(axis=0) for signal in signals],
        signals=signals,
    )


def binary_cross_entropy(output: Array, targets: Array) -> tuple[float, Array]:
    """The mean over the batch of -t log σ(z) - (1 - t) log σ(-z); its gradient, ((1 - t) σ(z) - t σ(-z)) / n.

    The output is logits z, the targets t are 0 or 1 (or a probability); both (batch, 1). No tail overflows or
    cancels: with e = exp(-|z|), σ(|z|) = 1/(1 + e), σ(-|z|) = e/(1 + e), -log σ(-|z|) = |z| + log(1 + e).
    """
    e = np.exp(-np.abs(output))
    likely, unlikely = 1 / (1 + e), e / (1 + e)
    positive = output >= 0
    loss = np.log1p(e) + (1 - targets) * np.maximum(output, 0) + targets * np.maximum(-output, 0)
    gradient = (1 - targets) * np.where(positive, likely, unlikely)
    gradient -= targets * np.where(positive, unlikely, likely)
    return float(loss.mean()), gradient / output.size


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": binary_cross_entropy,
}
