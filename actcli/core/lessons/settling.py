"""Training of one hidden layer on a function of x: the bends of its units move and settle.

A unit bends where its weighted sum is at the activation's kink, 0 for relu. approximation.py fixes the bends; here
gradient descent moves them (Adam on the mean squared error over all points).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from actcli.core.activations.activation import Activation
from actcli.core.analysis.comparison import curves_over
from actcli.core.arrays import Array
from actcli.core.errors import InputError, count
from actcli.core.lessons.approximation import MOST_UNITS, finite_values, parameters_document
from actcli.core.lessons.bends import only_kink
from actcli.core.network.losses import mean_squared_error
from actcli.core.network.mlp import Network, Parameters, forward, of_hidden_units
from actcli.core.network.optimizers import adam
from actcli.core.network.training import train

POINTS: Final = 257
LEARNING_RATE: Final = 0.02
MOMENTS: Final = (0, 20, 200, 2000)
"""Steps after which the network is recorded."""

MOST_STEPS: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Settling:
    """The network after `step` steps of training.

    bends:     x at which each unit's weighted sum is at the activation's only kink, else 0, (units,); inf for a
               weight of 0
    rms_error: root mean square of network - target on the training points
    """

    step: int
    bends: Array
    rms_error: float
    network: Network

    @property
    def kink(self) -> float | None:
        """The activation's only kink; None if it has none, or several."""
        return only_kink(self.network.activation)

    def __call__(self, x: Array) -> Array:
        """The network's output at x, (n,)."""
        output: Array = forward(self.network, x[:, None]).output[:, 0]
        return output

    @property
    def marks(self) -> Literal["bends", "jumps", "zeros"]:
        """What `bends` are: without exactly one kink, the zeros of the weighted sums."""
        if only_kink(self.network.activation) is None:
            return "zeros"
        return "jumps" if self.network.activation.kinks(order=0) else "bends"

    def document(self) -> dict[str, Any]:
        """Its fields for JSON, with those of `parameters_document`."""
        return {
            "step": self.step,
            "rms_error": self.rms_error,
            "bends": self.bends,
            **parameters_document(self.network),
        }


def settle(
    target: Activation,
    activation: Activation,
    units: int,
    low: float,
    high: float,
    seed: int = 0,
    steps: Sequence[int] = MOMENTS,
) -> list[Settling]:
    """The network after each of the given numbers of steps, ascending; initial weights and bends are random.

    InputError: a row-wise activation, an empty interval, a target that is not finite there, units outside [1, 1000],
    steps outside [0, 1000000], or a training that diverges.
    """
    (curve,) = curves_over([target], low, high)
    if not 1 <= units <= MOST_UNITS:
        raise InputError(f"units must be from 1 to {MOST_UNITS}, got {units}")
    if not steps or min(steps) < 0 or max(steps) > MOST_STEPS:
        raise InputError(f"steps must be from 0 to {MOST_STEPS}")
    x = np.linspace(low, high, POINTS)
    value = finite_values(curve, x)
    scale = float(np.abs(value).max()) or 1.0
    centre, half = 0.5 * (low + high), 0.5 * (high - low)
    generator = np.random.default_rng(seed)
    # x is scaled to [-1, 1]. Weights have random signs and sizes about 2; biases put the bends inside of the interval.
    weights = generator.choice([-1.0, 1.0], units) * np.exp(generator.normal(0.7, 0.5, units))
    places = generator.uniform(-1.0, 1.0, units)
    output = generator.normal(0.0, units**-0.5, (units, 1))
    unit = of_hidden_units(activation)
    biases = (only_kink(unit) or 0.0) - weights * places
    learning = Network(unit, Parameters.of([weights[None], output], [biases, np.zeros(1)]))
    batch = ((x[:, None] - centre) / half, value[:, None] / scale)
    found = [_seen(0, learning, centre, half, scale, x, value)] if 0 in steps else []
    for step in train(learning, [batch] * max(steps), mean_squared_error, adam(LEARNING_RATE)):
        if not np.isfinite(step.loss):
            raise InputError(f"the training diverged after {count(step.number, 'step')}", "activation")
        if step.number + 1 in steps:
            found.append(_seen(step.number + 1, learning, centre, half, scale, x, value))
    return found


def _seen(step: int, learning: Network, centre: float, half: float, scale: float, x: Array, value: Array) -> Settling:
    """The network as a function of x before scaling."""
    inner, outer = learning.parameters.weights
    weights = inner / half
    biases = learning.parameters.biases[0] - weights[0] * centre
    parameters = Parameters.of([weights, outer * scale], [biases, learning.parameters.biases[1] * scale])
    network = Network(learning.activation, parameters)
    with np.errstate(divide="ignore", invalid="ignore"):  # a unit with weight 0 has no bend
        bends = np.where(weights[0] != 0.0, ((only_kink(network.activation) or 0.0) - biases) / weights[0], np.inf)
    error = forward(network, x[:, None]).output[:, 0] - value
    return Settling(step, bends, float(np.sqrt(np.mean(error**2))), network)
