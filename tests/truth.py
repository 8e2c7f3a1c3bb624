"""The catalogue's elementwise activations in mpmath, as their papers define them: the independent truth.

Nothing here is taken from actcli. Derivatives are mpmath's own differences at a precision that leaves hundreds
of digits to spare; at a kink they are one-sided, on the side that PyTorch's autograd takes.
"""

import math
from collections.abc import Callable

import mpmath
from mpmath import mpf

# Enough for what a tail adds to 1, squared: e^-745 is 2^-1075.
BITS, BITS_NEAR_ZERO = 1400, 300

SELU_ALPHA, SELU_GAMMA = mpf(1.6732632423543772), mpf(1.0507009873554805)


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def softplus(x, beta=1):
    return mpmath.log1p(mpmath.exp(beta * x)) / beta


def smooth(function):
    return lambda x0, **parameters: lambda x: function(x, **parameters)


def bent_at_zero(negative, positive):
    """At the kink itself autograd takes the negative side."""
    return lambda x0, **parameters: lambda x: (positive if x0 > 0 else negative)(x, **parameters)


# name -> definition(x0, **parameters), the function x -> f(x) that holds on x0's side of every kink.
DEFINITIONS: dict[str, Callable[..., Callable[[mpf], mpf]]] = {
    "identity": smooth(lambda x: x),
    "sigmoid": smooth(sigmoid),
    "tanh": smooth(mpmath.tanh),
    "relu": bent_at_zero(lambda x: mpf(0), lambda x: x),
    "leaky_relu": bent_at_zero(lambda x, negative_slope=0.01: negative_slope * x, lambda x, negative_slope=0.01: x),
    "elu": bent_at_zero(lambda x, alpha=1: alpha * mpmath.expm1(x), lambda x, alpha=1: x),
    "selu": bent_at_zero(
        lambda x, alpha=SELU_ALPHA, gamma=SELU_GAMMA: gamma * alpha * mpmath.expm1(x),
        lambda x, alpha=SELU_ALPHA, gamma=SELU_GAMMA: gamma * x,
    ),
    "gelu": smooth(lambda x: x * mpmath.ncdf(x)),
    "silu": smooth(lambda x: x * sigmoid(x)),
    "mish": smooth(lambda x: x * mpmath.tanh(softplus(x))),
    "softplus": smooth(softplus),
}


def exact(name: str, x: float, order: int = 0, **parameters: float) -> mpf:
    """The order-th derivative at a finite x, to far more digits than a float64 has."""
    with mpmath.workprec(BITS_NEAR_ZERO if abs(x) <= 8 else BITS):
        function = DEFINITIONS[name](x, **{key: mpf(number) for key, number in parameters.items()})
        if name == "gelu" and order:
            return gelu_derivative(mpf(x), order)
        return mpmath.diff(function, mpf(x), order) if order else function(mpf(x))


def gelu_derivative(x: mpf, order: int) -> mpf:
    """x Φ^(n) + n Φ^(n-1), in closed form because mpmath's differences take seconds for it."""

    def cdf_derivative(n: int) -> mpf:
        return mpmath.ncdf(x) if n == 0 else (-1) ** (n - 1) * hermite(n - 1, x) * mpmath.npdf(x)

    return x * cdf_derivative(order) + order * cdf_derivative(order - 1)


def hermite(n: int, x: mpf) -> mpf:
    """The probabilists' Hermite polynomial."""
    previous, current = mpf(0), mpf(1)
    for k in range(n):
        previous, current = current, x * current - k * previous
    return current


def ulp_error(computed: float, truth: mpf) -> float:
    """|computed - truth| in units of the float64 spacing at the truth; inf for what is not a number."""
    if not math.isfinite(computed):
        return math.inf
    with mpmath.workprec(BITS):
        return float(abs(mpf(computed) - truth) / mpf(math.ulp(float(truth))))
