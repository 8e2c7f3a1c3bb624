"""What each layer of a network does to a data set: its activations' mean and spread, saturated and dead units."""

from dataclasses import dataclass

import numpy as np

from actcli.core.activation import Activation
from actcli.core.jet import Array
from actcli.core.network import Network, forward

SATURATED = 0.05
"""Of the activation's largest slope: what is below passes on next to nothing."""


@dataclass(frozen=True)
class LayerStatistics:
    """One layer, over all units and all inputs.

    activation_mean, activation_std: of h; of the output layer's z
    saturated_fraction:              where |φ'| is under 5 % of its largest value anywhere (of 1 where it has none)
    dead_fraction:                   units whose slope is zero for every input
    """

    activation_mean: float
    activation_std: float
    saturated_fraction: float
    dead_fraction: float


@np.errstate(all="ignore")  # a network that diverged
def layer_statistics(network: Network, inputs: Array) -> list[LayerStatistics]:
    """For each hidden layer and the output layer."""
    passed = forward(network, inputs)
    threshold = SATURATED * largest_slope(network.activation)
    hidden = [
        LayerStatistics(
            float(h.mean(dtype=np.float64)),
            float(h.std(dtype=np.float64)),
            saturated_fraction=float((np.abs(slope) < threshold).mean()),
            dead_fraction=float((slope == 0).all(axis=0).mean()),
        )
        for h, slope in zip(passed.layer_inputs[1:], passed.slopes, strict=True)
    ]
    output = passed.output
    return [*hidden, LayerStatistics(float(output.mean()), float(output.std()), 0.0, 0.0)]


def largest_slope(activation: Activation) -> float:
    """The largest |φ'|, to a few per mille; 1 where the slope has no bound."""
    kinks = np.array(activation.kinks())
    far = np.geomspace(8.0, 1e3, 200)
    near = np.concatenate([-far, np.linspace(-8.0, 8.0, 3201), far, kinks - 1e-6, kinks + 1e-6])
    largest, at_the_ends = (
        float(np.nanmax(np.abs(activation.value_and_slope(x)[1]), initial=0.0)) for x in (near, np.array([-1e6, 1e6]))
    )
    bounded = 0.0 < largest < np.inf and at_the_ends <= 1.01 * largest
    return largest if bounded else 1.0
