"""Initialisers: how large the random weights and biases of a layer are at the start.

Weights are drawn from N(0, σ²), where an initialiser gives σ² for a layer's fan_in and fan_out; biases are zero,
or drawn from N(0, σ_b²).

    xavier      σ² = 2 / (fan_in + fan_out)   Glorot and Bengio (2010), Understanding the difficulty of training
                                              deep feedforward neural networks
    he          σ² = 2 / fan_in               He, Zhang, Ren and Sun (2015), Delving deep into rectifiers
    lecun       σ² = 1 / fan_in               LeCun, Bottou, Orr and Müller (1998), Efficient BackProp
    orthogonal  rows or columns orthonormal, drawn evenly from all such matrices; orthogonal:GAIN times GAIN
                                              Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear
                                              dynamics of learning in deep linear neural networks
    critical    σ² = σ_w² / fan_in and σ_b² of the activation's critical point, where neither signal nor gradient grows
                or shrinks with depth         Roberts, Yaida and Hanin (2022), chapter 5
    normal      σ = 1; normal:STD σ = STD     the same in every layer, whatever its size
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.errors import InputError, unknown
from actcli.core.network.mlp import Parameters
from actcli.core.theory.gain import VARIANCES, Variance, critical_point


@dataclass(frozen=True)
class Initialiser:
    """weight_variance: of a weight, from fan_in and fan_out; bias_variance: of a bias."""

    weight_variance: Variance
    bias_variance: float = 0.0
    orthogonal: bool = False


NAMES = ("auto", *VARIANCES, "orthogonal", "critical", "normal:STD")


def choose(init: str, activation: Elementwise) -> str:
    """The initialiser that `init` names: for "auto" He's in the ReLU family and Xavier's elsewhere."""
    if init == "auto":
        return "he" if activation.relu_family else "xavier"
    return init


def initialiser(init: str, activation: Elementwise) -> Initialiser:
    """The initialiser of that name; InputError for an unknown one, or where the activation has no critical point."""
    check(init)
    name, _, parameter = choose(init, activation).partition(":")
    if name == "critical":
        return _critical(activation)
    scale = float(parameter or 1)
    if name == "orthogonal":
        return Initialiser(lambda fan_in, fan_out: scale * scale / max(fan_in, fan_out), orthogonal=True)
    if name == "normal":
        return Initialiser(lambda fan_in, fan_out: scale * scale)
    return Initialiser(VARIANCES[name])


def check(init: str) -> None:
    """InputError unless `init` names an initialiser."""
    name, colon, parameter = init.partition(":")
    if init in (*VARIANCES, "auto", "critical", "orthogonal", "normal"):
        return
    if name not in ("normal", "orthogonal") or not colon:
        raise InputError(unknown("initialiser", init, NAMES))
    try:
        scale = float(parameter)
    except ValueError:
        scale = math.nan
    if not 0 <= scale < math.inf:
        what = "standard deviation" if name == "normal" else "gain"
        raise InputError(f"the {what} in {init!r} must be a number, 0 or more")


def _critical(activation: Elementwise) -> Initialiser:
    point = critical_point(activation)
    if point.sigma_w2 is None or point.sigma_b2 is None:
        raise InputError(f"{activation.label} has no critical initialisation; take xavier, he or normal:STD")
    sigma_w2 = point.sigma_w2
    return Initialiser(lambda fan_in, fan_out: sigma_w2 / fan_in, point.sigma_b2)


def initialise(
    chosen: Initialiser, sizes: Sequence[int], generator: np.random.Generator, dtype: npt.DTypeLike = np.float64
) -> Parameters:
    """Random parameters for layers of the given sizes, inputs and outputs included."""
    parameters = Parameters.empty(sizes, dtype)
    for weights, (fan_in, fan_out) in zip(parameters.weights, itertools.pairwise(sizes), strict=True):
        std = math.sqrt(chosen.weight_variance(fan_in, fan_out))
        if chosen.orthogonal:
            weights[...] = std * math.sqrt(max(fan_in, fan_out)) * _orthogonal(fan_in, fan_out, generator)
        else:
            weights[...] = generator.normal(0, std, (fan_in, fan_out))
    for biases in parameters.biases:
        biases[...] = generator.normal(0, math.sqrt(chosen.bias_variance), len(biases)) if chosen.bias_variance else 0
    return parameters


def _orthogonal(fan_in: int, fan_out: int, generator: np.random.Generator) -> Array:
    """Orthonormal columns, or rows where there are fewer of them, from the Haar measure (Mezzadri 2007)."""
    tall, short = max(fan_in, fan_out), min(fan_in, fan_out)
    q, r = np.linalg.qr(generator.normal(size=(tall, short)))
    q *= np.sign(np.diag(r))  # without it the factors' signs follow LAPACK's habits, not chance
    columns: Array = q if fan_in >= fan_out else q.T
    return columns
