"""The catalogue: one entry an activation, each function written once over arrays or jets."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from actcli.core import elementary, rows, special
from actcli.core.activation import Activation, Parameter
from actcli.core.elementary import exp, expm1, integrate, log1p, maximum, minimum, normal_cdf, select, sigmoid, softplus
from actcli.core.jet import Array, Jet, Operand

# Where a tail is all but subnormal, its product with x, or with 2 a few times, would inherit few digits. There e^100
# times the tail is taken, and e^-100 comes last.
_SHIFT: Final = 100.0
_UNSHIFT: Final = math.exp(-_SHIFT)
_SHUT: Final = 1000.0  # every gate here is exactly 0 or 1 beyond, also at ±inf


# --- squashers -------------------------------------------------------------------------------------------------


def tanh(x: Operand) -> Operand:
    return select(
        x,
        (x > 350.0, lambda x: 1.0 - exp(_SHIFT - 2.0 * x) * 2.0 * _UNSHIFT),
        (x < -350.0, lambda x: exp(_SHIFT + 2.0 * x) * 2.0 * _UNSHIFT - 1.0),
        otherwise=elementary.tanh,
    )


# --- gates: x times something that runs from 0 to 1 -------------------------------------------------------------


def _gated(
    x: Operand,
    gate: Callable[[Operand], Operand],
    low: float,
    low_tail: Callable[[Operand], Operand],
    high: float,
    high_tail: Callable[[Operand], Operand],
) -> Operand:
    """x * gate(x), where the gate is low_tail(x) e^-100 below `low` and 1 - high_tail(x) e^-100 above `high`."""
    return select(
        x,
        (x < -_SHUT, lambda x: -0.0),
        (x > _SHUT, lambda x: x),
        (x < low, lambda x: x * low_tail(x) * _UNSHIFT),
        (x > high, lambda x: x - x * high_tail(x) * _UNSHIFT),
        otherwise=lambda x: x * gate(x),
    )


def _shifted_normal_cdf(x: Operand) -> Operand:
    """e^100 Φ(x) for x < 0."""

    def tail(x: Array) -> Array:
        return special.scaled_upper_tail(-x) * special.exp_minus_half_square(x, _SHIFT)

    if isinstance(x, Jet):
        start = tail(x.value), special.normal_density(x.value, _SHIFT)
        return integrate(x, start, lambda u, y, g: (g, -u * g))[0]
    return tail(x)


def gelu(x: Operand) -> Operand:
    return _gated(
        x,
        normal_cdf,
        low=-37.0,
        low_tail=_shifted_normal_cdf,
        high=37.0,
        high_tail=lambda x: _shifted_normal_cdf(-x),
    )


def silu(x: Operand) -> Operand:
    return _gated(
        x,
        sigmoid,
        low=-700.0,
        low_tail=lambda x: exp(x + _SHIFT),
        high=700.0,
        high_tail=lambda x: exp(_SHIFT - x),
    )


def mish(x: Operand) -> Operand:
    """x tanh(softplus(x)), and with n = e^x (e^x + 2) that is x n / (n + 2), or x sigmoid(log(n / 2))."""

    def closing(x: Operand) -> Operand:
        n = exp(x) * (exp(x) + 2.0)
        return n / (n + 2.0)

    def opening(x: Operand) -> Operand:
        return sigmoid(2.0 * x - math.log(2.0) + log1p(exp(-x) * 2.0))

    def gate(x: Operand) -> Operand:
        if isinstance(x, Jet):
            return select(x, (x < 0.0, closing), otherwise=opening)
        return closing(minimum(x, 20.0))  # which is 1 to all digits

    return _gated(
        x,
        gate,
        low=-700.0,
        low_tail=lambda x: exp(x + _SHIFT),
        high=350.0,
        high_tail=lambda x: exp(_SHIFT + math.log(2.0) - 2.0 * x),
    )


# --- rectifiers ------------------------------------------------------------------------------------------------


def relu(x: Operand) -> Operand:
    return maximum(x, 0.0)


def leaky_relu(x: Operand, negative_slope: float) -> Operand:
    if negative_slope == 0.0:
        return relu(x)
    return maximum(x, 0.0) + minimum(x, 0.0) * negative_slope


def elu(x: Operand, alpha: float) -> Operand:
    return maximum(x, 0.0) + expm1(minimum(x, 0.0)) * alpha


def selu(x: Operand, alpha: float, gamma: float) -> Operand:
    return elu(x, alpha) * gamma


# --- the table -------------------------------------------------------------------------------------------------


def _kink_at_zero(**_: float) -> Mapping[float, int]:
    return {0.0: 1}


_ENTRIES = (
    Activation(
        name="identity",
        aliases=("linear",),
        function=lambda x: x,
        formula="x",
        reference="the linear unit: Widrow and Hoff 1960",
    ),
    Activation(
        name="sigmoid",
        aliases=("logistic", "expit"),
        function=sigmoid,
        formula="1 / (1 + exp(-x))",
        reference="Verhulst 1838; Rumelhart, Hinton and Williams 1986",
    ),
    Activation(
        name="tanh",
        function=tanh,
        formula="(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
        reference="LeCun, Bottou, Orr and Müller 1998",
    ),
    Activation(
        name="relu",
        function=relu,
        formula="max(0, x)",
        reference="Fukushima 1969; Nair and Hinton 2010",
        breaks=_kink_at_zero,
    ),
    Activation(
        name="leaky_relu",
        aliases=("lrelu",),
        function=leaky_relu,
        formula="x if x > 0 else negative_slope*x",
        reference="Maas, Hannun and Ng 2013",
        parameters=(Parameter("negative_slope", 0.01),),
        breaks=lambda negative_slope: {} if negative_slope == 1.0 else {0.0: 1},
    ),
    Activation(
        name="elu",
        function=elu,
        formula="x if x > 0 else alpha*(exp(x) - 1)",
        reference="Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289",
        parameters=(Parameter("alpha", 1.0),),
        breaks=lambda alpha: {0.0: 2 if alpha == 1.0 else 1},
    ),
    Activation(
        name="selu",
        function=selu,
        formula="gamma*(x if x > 0 else alpha*(exp(x) - 1))",
        reference="Klambauer, Unterthiner, Mayr and Hochreiter 2017, arXiv:1706.02515",
        parameters=(Parameter("alpha", 1.6732632423543772), Parameter("gamma", 1.0507009873554805)),
        breaks=lambda alpha, gamma: {0.0: 2 if alpha == 1.0 else 1},
    ),
    Activation(
        name="gelu",
        function=gelu,
        formula="x*(1 + erf(x/sqrt(2)))/2",
        reference="Hendrycks and Gimpel 2016, arXiv:1606.08415",
    ),
    Activation(
        name="silu",
        aliases=("swish",),
        function=silu,
        formula="x*sigmoid(x)",
        reference="Hendrycks and Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941",
    ),
    Activation(
        name="mish",
        function=mish,
        formula="x*tanh(softplus(x))",
        reference="Misra 2019, arXiv:1908.08681",
    ),
    Activation(
        name="softplus",
        function=lambda x, beta: softplus.of_product(x, beta) / beta,
        formula="log(1 + exp(beta*x))/beta",
        reference="Dugas et al. 2001; Glorot, Bordes and Bengio 2011",
        parameters=(Parameter("beta", 1.0, minimum=0.0, open=True),),
    ),
    Activation(
        name="softmax",
        function=rows.softmax,
        formula="exp(x_i/temperature) / sum_j exp(x_j/temperature)",
        reference="Boltzmann 1868; Bridle 1990",
        parameters=(Parameter("temperature", 1.0, minimum=0.0, open=True),),
        rowwise=True,
    ),
    Activation(
        name="log_softmax",
        aliases=("logsoftmax",),
        function=rows.log_softmax,
        formula="x_i - log(sum_j exp(x_j))",
        reference="Bridle 1990",
        rowwise=True,
    ),
)

CATALOGUE: Final[Mapping[str, Activation]] = {entry.name: entry for entry in _ENTRIES}
"""Canonical name -> activation with its default parameters."""
