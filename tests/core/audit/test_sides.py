"""Ties, and spacings beside powers of two, where float64 cannot tell the side of the exact result."""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.audit.auditor import Auditor
from actcli.core.audit.report import Audit
from actcli.core.audit.sides import Sides
from actcli.core.numerics.formats import round_to
from actcli.multiprecision.reference import exact_signs, float64_reference
from tests import truth


def entry(name: str) -> Elementwise:
    activation = resolve(name)
    assert isinstance(activation, Elementwise)
    return activation


def audit(name: str, dtype: str, x: list[float], y: list[float], order: int = 0) -> Audit:
    activation = entry(name)
    exact = float64_reference(activation, order, False) if dtype == "float64" else None
    auditor = Auditor(activation, dtype, order=order, exact=exact, ask=exact_signs(activation, order))
    auditor.add(np.array(x), np.array(y))
    return auditor.result()


def test_gelu_of_an_odd_subnormal_is_no_tie() -> None:
    """|gelu(x)| < |x|/2 for x < 0 and > x/2 for x > 0: 0x80ff rounds to 0x807f, 0x00ff to 0x0080."""
    x = -2.341805152028776e-38
    assert audit("gelu", "bfloat16", [x], [x / 2]).worst[0].expected_bits == "0x807f"
    assert audit("gelu", "bfloat16", [-x], [-x / 2]).worst[0].expected_bits == "0x0080"
    odd = 3 * 2.0**-149
    assert audit("gelu", "float32", [odd, -odd], [0.0, 0.0]).worst[0].expected_bits == "0x00000002"
    assert [p.expected_bits for p in audit("gelu", "float32", [odd, -odd], [0.0, 0.0]).worst] == [
        "0x00000002",
        "0x80000001",
    ]
    tiny = 3 * 5e-324
    found = audit("gelu", "float64", [tiny, -tiny], [1e-300, 1e-300])
    assert {p.input: p.expected_bits[-2:] for p in found.worst} == {tiny: "02", -tiny: "01"}


def test_sigmoid_near_zero_is_below_its_line() -> None:
    """sigmoid(x) = 1/2 + x/4 - x³/48 + ... At 3 · 2^-23 the line 1/2 + x/4 is a tie; the exact result is less."""
    x = 3 * 2.0**-23
    (point,) = audit("sigmoid", "float32", [x], [0.5]).worst
    assert point.expected == 0.5 + 2.0**-24
    (point,) = audit("sigmoid", "float32", [-x], [0.5]).worst
    assert point.expected == 0.5 - 3 * 2.0**-25  # no tie: the spacing is half as wide there


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    ("name", "order", "x"),
    [
        ("tanh", 0, [20.0, 50.0, 400.0, 30000.0]),
        ("tanh", 0, [-20.0, -400.0]),
        ("sigmoid", 0, [40.0, 800.0]),
        ("erf", 0, [9.0, 200.0]),
        ("elu", 0, [-40.0, -1000.0]),
        ("softplus", 1, [40.0, 1000.0]),
        ("gelu", 0, [16.0, 128.0, 1024.0]),
        ("silu", 0, [64.0, 2048.0]),
        ("squareplus", 0, [-(2.0**30)]),
        ("softsign", 1, [2.0**60]),
    ],
)
def test_just_below_a_power_of_two_the_spacing_is_the_smaller_one(
    name: str, order: int, x: list[float], dtype: str
) -> None:
    """Distance to the exact result: almost 1 ULP from the number below the limit, almost 0 from the limit."""
    x = [at for at in x if round_to(np.array([at]), dtype)[0] == at]
    for at in x:
        (power,) = round_to(entry(name).derivative(np.array([at]), order), dtype)
        if abs(power) < 2.0**-14 and dtype == "float16":
            continue
        precision = {"float32": 24, "bfloat16": 8, "float16": 11}[dtype]
        below = power * (1 - 2.0**-precision)
        with mpmath.workprec(3000):
            missing = (mpf(power) - truth.exact(name, at, order)) * mpmath.sign(mpf(power))
            assert missing > 0 or (missing == 0 and abs(at) > 100), "more digits than there are here"
        found = audit(name, dtype, [at], [below], order).total
        assert (found.max_ulp, found.max_steps) == (pytest.approx(1.0, abs=1e-6), 1)
        right = audit(name, dtype, [at], [float(power)], order)
        assert right.total.max_ulp is not None
        assert 0.0 < right.total.max_ulp < 1e-6
        assert right.histogram["0"] == 0


@pytest.mark.parametrize("x", [20.0, 50.0, 400.0, 1e5, 1e300])
def test_the_same_in_float64(x: float) -> None:
    found = audit("tanh", "float64", [x], [1 - 2.0**-53]).total
    assert found.max_ulp == pytest.approx(1.0, abs=0.1)
    assert found.max_steps == 1


def test_above_a_power_of_two_it_is_the_larger_one() -> None:
    """squareplus(2^40) is 2^40 + 2^-40."""
    found = audit("squareplus", "float32", [2.0**40], [2.0**40 - 2.0**16]).total
    assert found.max_ulp == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("name", ["relu", "identity", "hard_tanh", "relu6", "soft_shrink", "hard_shrink", "step"])
def test_exact_results_have_no_side(name: str) -> None:
    x = np.array([-300.0, -2.0, -1.0, -0.25, -(2.0**-120), 2.0**-120, 0.25, 1.0, 2.0, 4.0, 300.0])
    y, sides = Sides(entry(name), 0).nearest(x, entry(name)(x), "float32")
    assert (y == entry(name)(x)).all()
    assert not sides.any()
    found = audit(name, "float32", x.tolist(), entry(name)(x).tolist())
    assert found.histogram["0"] == len(x)


SMOOTH = ["gelu", "gelu_tanh", "silu", "mish", "softplus", "sigmoid", "tanh", "elu", "erf", "softsign", "squareplus"]


@pytest.mark.parametrize("name", SMOOTH)
def test_every_side_is_that_of_a_thousand_digits(name: str) -> None:
    """Points at which float64's result is a number of the type, or a tie."""
    x = np.concatenate([s * 2.0 ** np.arange(-126.0, 8.0) * m for s in (-1, 1) for m in (1.0, 1.5)])
    activation = entry(name)
    values = activation(x)
    y, sides = Sides(activation, 0).nearest(x, values, "float32")
    told = np.flatnonzero(sides)
    assert told.size >= 5
    seen = 0
    for i in told:
        with mpmath.workprec(1400):
            away = truth.exact(name, float(x[i])) - mpf(float(y[i]))
        seen += away != 0
        assert away == 0 or int(mpmath.sign(away)) == sides[i], x[i]
    assert seen >= 0.4 * told.size


@pytest.mark.filterwarnings("error")
def test_a_slope_that_grows_without_end_gives_no_warning() -> None:
    """x^9 has the slope 9 x^8, about 1e306 at the last point, and its product with x overflows."""
    assert Sides(entry("x**9"), 0).nearest(np.array([2.0]), np.array([512.0]), "float64")[0] == [512.0]
