"""The largest slope against closed forms."""

import math

import pytest

from actcli.core.analysis.saturation import largest_slope, slope_range
from tests.each import each
from tests.narrow import elementwise


@each(
    ("activation", "largest"),
    [
        ("sigmoid", 0.25),
        ("tanh", 1.0),
        ("relu", 1.0),
        ("leaky_relu:negative_slope=3", 3.0),
        ("leaky_relu:negative_slope=-3", 3.0),
        ("hard_sigmoid", 1 / 6),
        ("hard_swish", 1.5),
        ("erf", 2 / math.sqrt(math.pi)),
        ("softplus", 1.0),
        ("identity", 1.0),
        ("sin", 1.0),
        ("snake:a=3", 2.0),
        # Maxima of the slope in closed form: at sqrt(2) for gelu, at 2.3993572805154 for silu.
        ("gelu", 0.5 * math.erfc(-1) + math.sqrt(2) * math.exp(-1) / math.sqrt(2 * math.pi)),
        ("silu", 1.09983932012888),
        ("tanh(100*x)/4", 25.0),
        ("sigmoid(x - 7)", 0.25),
        ("tanh(1e4*(x - 1/3))", 1e4),  # a step between the points of every grid
        ("relu_squared", math.inf),
        ("exponential", math.inf),
        ("x**3", math.inf),
        ("sqrt(abs(x))", math.inf),
        ("step", 0.0),
        ("3 + 0*x", 0.0),
    ],
)
def test_the_largest_slope(activation: str, largest: float) -> None:
    assert largest_slope(elementwise(activation)) == pytest.approx(largest, rel=1e-13)


def test_what_jumps_has_no_constant_slope() -> None:
    assert slope_range(elementwise("x + step(x)")) == slope_range(elementwise("step")) == (-math.inf, math.inf)
    assert slope_range(elementwise("2*x + 1")) == (2.0, 2.0)
