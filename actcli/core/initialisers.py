"""Initialisers: how large the random weights of a layer are at the start.

Weights are drawn from N(0, σ²); an initialiser is the σ that it gives to a layer's fan_in and fan_out.

    xavier   σ² = 2 / (fan_in + fan_out)   Glorot and Bengio (2010), Understanding the difficulty of training
                                           deep feedforward neural networks
    he       σ² = 2 / fan_in               He, Zhang, Ren and Sun (2015), Delving deep into rectifiers
    lecun    σ² = 1 / fan_in               LeCun, Bottou, Orr and Müller (1998), Efficient BackProp
    normal   σ = 1; normal:STD σ = STD     the same in every layer, whatever its size
"""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from actcli.core.errors import InputError
from actcli.core.jet import Array

StandardDeviation = Callable[[int, int], float]

INITIALISERS: dict[str, StandardDeviation] = {
    "xavier": lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
    "he": lambda fan_in, fan_out: math.sqrt(2 / fan_in),
    "lecun": lambda fan_in, fan_out: math.sqrt(1 / fan_in),
    "normal": lambda fan_in, fan_out: 1.0,
}

# He's factor 2 makes up for the half of its input that a rectifier drops. That fits what is like x to the
# right and much flatter to the left. It does not fit selu, which normalises itself from σ² = 1/fan_in, nor
# relu_squared, which does not grow like x.
_RECTIFIERS = {"relu", "leaky_relu", "prelu", "rrelu", "relu6", "elu", "celu", "hard_swish"}
_SMOOTH = {"gelu", "gelu_tanh", "quick_gelu", "silu", "mish", "softplus", "squareplus", "sparse_plus"}
RELU_FAMILY = frozenset(_RECTIFIERS | _SMOOTH)


def choose(init: str, activation_name: str) -> str:
    """The initialiser that `init` names: for "auto" He's in the ReLU family and Xavier's elsewhere."""
    if init == "auto":
        return "he" if activation_name in RELU_FAMILY else "xavier"
    return init


def standard_deviation(init: str) -> StandardDeviation:
    """The entry of INITIALISERS for a name or for `normal:STD`; InputError for anything else."""
    name, colon, parameter = init.partition(":")
    if init in INITIALISERS:
        return INITIALISERS[init]
    if name != "normal" or not colon:
        raise InputError(f"unknown initialiser {init!r}; there are auto, {', '.join(INITIALISERS)}, normal:STD")
    try:
        std = float(parameter)
    except ValueError:
        std = math.nan
    if not 0 <= std < math.inf:
        raise InputError(f"the standard deviation in {init!r} must be a number, 0 or more")
    return lambda fan_in, fan_out: std


def initialise(init: str, sizes: Sequence[int], generator: np.random.Generator) -> tuple[list[Array], list[Array]]:
    """Weights from N(0, σ²) and zero biases for layers of the given sizes, inputs and outputs included.

    len(sizes) - 1 weight matrices of shape (fan_in, fan_out), as many biases of shape (fan_out,).
    """
    std = standard_deviation(init)
    weights: list[Array] = [
        generator.normal(0, std(fan_in, fan_out), (fan_in, fan_out)) for fan_in, fan_out in itertools.pairwise(sizes)
    ]
    return weights, [np.zeros(fan_out) for fan_out in sizes[1:]]
