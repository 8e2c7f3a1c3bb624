"""Initialisers: the variances of a layer's initial weights and biases, from fan_in and fan_out.

Weights are normal and biases zero, unless noted.

    xavier      σ² = 2 / (fan_in + fan_out)   Glorot and Bengio (2010), Understanding the difficulty of training
                                              deep feedforward neural networks
    he          σ² = 2 / fan_in               He, Zhang, Ren and Sun (2015), Delving deep into rectifiers
    lecun       σ² = 1 / fan_in               LeCun, Bottou, Orr and Müller (1998), Efficient BackProp
    pytorch     uniform in ±1/sqrt(fan_in), weights and biases: σ² = 1 / (3 fan_in)
                                              torch.nn.Linear.reset_parameters
    orthogonal  rows or columns orthonormal, from the Haar measure, times GAIN in orthogonal:GAIN
                                              Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear
                                              dynamics of learning in deep linear neural networks
    critical    σ² = σ_w² / fan_in, biases σ_b², at the activation's critical point, where signal and gradient neither
                grow nor shrink with depth    Roberts, Yaida and Hanin (2022), chapter 5
    gaussian    gaussian:SIGMA_W2,SIGMA_B2: σ² = σ_w² / fan_in, biases σ_b², the parameters of mean-field theory
                                              Poole et al. (2016)
    normal      normal:STD or normal:STD,BIAS_STD: standard deviations in every layer, of any size; default 1,0
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.errors import InputError, count, unknown
from actcli.core.network.mlp import Parameters
from actcli.core.theory.gain import VARIANCES, Variance, critical_point
from actcli.core.theory.preference import preference

Distribution = Literal["normal", "uniform", "orthogonal"]


@dataclass(frozen=True)
class Initialiser:
    """Variance of one weight and of one bias, from fan_in and fan_out, and the distribution of both."""

    weight_variance: Variance
    bias_variance: Variance = lambda fan_in, fan_out: 0.0
    distribution: Distribution = "normal"


NAMES = (
    *("auto", *VARIANCES, "pytorch", "orthogonal", "critical"),
    *("normal:STD[,BIAS_STD]", "gaussian:SIGMA_W2,SIGMA_B2"),
)

_NUMBERS = {"orthogonal": (0, 1), "normal": (0, 2), "gaussian": (1, 2)}
"""Least and greatest number of values after the name."""
_WHAT = {"orthogonal": "gain", "normal": "standard deviation", "gaussian": "variance"}


def choose(init: str, activation: Elementwise, layers: int) -> str:
    """The initialiser's name: `init`, or for "auto" the one that theory prefers for so many hidden layers."""
    return preference(activation, layers).name if init == "auto" else init


def initialiser(init: str, activation: Elementwise) -> Initialiser:
    """The initialiser of a name other than "auto".

    InputError: an unknown name, or "critical" for an activation without a critical point.
    """
    name, numbers = _read(init)
    if name in VARIANCES:
        return Initialiser(VARIANCES[name])
    if name == "critical":
        return _critical(activation)
    if name == "pytorch":
        return Initialiser(_pytorch, _pytorch, "uniform")
    if name == "orthogonal":
        (factor,) = numbers or (1.0,)
        return Initialiser(lambda fan_in, fan_out: factor * factor / max(fan_in, fan_out), distribution="orthogonal")
    first, second = (*numbers, *(1.0, 0.0)[len(numbers) :])
    if name == "gaussian":
        return Initialiser(lambda fan_in, fan_out: first / fan_in, lambda fan_in, fan_out: second)
    return Initialiser(lambda fan_in, fan_out: first * first, lambda fan_in, fan_out: second * second)


def check(init: str) -> None:
    """InputError unless `init` names an initialiser."""
    if init != "auto":
        _read(init)


def _read(init: str) -> tuple[str, tuple[float, ...]]:
    """Name and numbers of `init`."""
    name, colon, text = init.partition(":")
    least, most = _NUMBERS.get(name, (0, 0))
    if name not in (*VARIANCES, *_NUMBERS, "critical", "pytorch"):
        raise InputError(unknown("initialiser", init, NAMES))
    if colon and not most:
        raise InputError(f"{name} takes no number: write {name}")
    if least and not colon:
        raise InputError(f"{name} takes a {_WHAT[name]}, as in {name}:2, or two, as in {name}:2,0.1")
    parts = text.split(",") if colon else []
    if len(parts) > most:
        raise InputError(f"{name} takes at most {count(most, 'number')}, and {init!r} has {len(parts)}")
    return name, tuple(_number(part, name, init) for part in parts)


def _number(text: str, name: str, init: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise InputError(f"the {_WHAT[name]} in {init!r} must be a number, 0 or more")
    return number


def _pytorch(fan_in: int, fan_out: int) -> float:
    """Variance of U(-b, b) with b = 1 / sqrt(fan_in)."""
    return 1 / (3 * fan_in)


def _critical(activation: Elementwise) -> Initialiser:
    point = critical_point(activation)
    if point.sigma_w2 is None or point.sigma_b2 is None:
        raise InputError(f"{activation.label} has no critical initialisation; take xavier, he or normal:STD")
    sigma_w2, sigma_b2 = point.sigma_w2, point.sigma_b2
    return Initialiser(lambda fan_in, fan_out: sigma_w2 / fan_in, lambda fan_in, fan_out: sigma_b2)


@np.errstate(over="ignore")  # a weight beyond float32 is inf there
def initialise(
    chosen: Initialiser, sizes: Sequence[int], generator: np.random.Generator, dtype: npt.DTypeLike = np.float64
) -> Parameters:
    """Random parameters; sizes: units of the input and of every layer, the output included."""
    parameters = Parameters.empty(sizes, dtype)
    fans = [*itertools.pairwise(sizes)]
    for weights, (fan_in, fan_out) in zip(parameters.weights, fans, strict=True):
        std = math.sqrt(chosen.weight_variance(fan_in, fan_out))
        if chosen.distribution == "orthogonal":
            weights[...] = std * math.sqrt(max(fan_in, fan_out)) * _orthogonal(fan_in, fan_out, generator)
        else:
            weights[...] = _drawn(chosen.distribution, std, weights.shape, generator)
    for biases, (fan_in, fan_out) in zip(parameters.biases, fans, strict=True):
        std = math.sqrt(chosen.bias_variance(fan_in, fan_out))
        biases[...] = _drawn(chosen.distribution, std, biases.shape, generator) if std else 0
    return parameters


def _drawn(distribution: Distribution, std: float, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    if distribution == "uniform":
        return generator.uniform(-math.sqrt(3) * std, math.sqrt(3) * std, shape)
    return generator.normal(0, std, shape)


def _orthogonal(fan_in: int, fan_out: int, generator: np.random.Generator) -> Array:
    """Orthonormal columns, or rows if there are fewer rows, from the Haar measure (Mezzadri 2007)."""
    tall, short = max(fan_in, fan_out), min(fan_in, fan_out)
    q, r = np.linalg.qr(generator.normal(size=(tall, short)))
    q *= np.sign(np.diag(r))  # LAPACK's signs are not random; this makes the factorisation unique
    columns: Array = q if fan_in >= fan_out else q.T
    return columns


def initialiser_variances() -> dict[str, tuple[float, float]]:
    """Name -> (σ_w², σ_b²) for fan_in = fan_out, of the initialisers whose variances depend on nothing else."""
    variances = {name: variance(1, 1) for name, variance in VARIANCES.items()} | {"pytorch": _pytorch(1, 1)}
    return {name: (variance, 0.0) for name, variance in variances.items()}
