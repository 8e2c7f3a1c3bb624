"""Sample points of a function."""

import math

import numpy as np
import pytest

from actcli.core.analysis.sampling import FAR, Samples, sample
from tests.narrow import elementwise


def samples(text: str) -> Samples:
    activation = elementwise(text)
    with np.errstate(all="ignore"):
        return sample(lambda x: activation.derivatives(x, 2), activation.kinks(32), activation.kinks(0))


def test_every_magnitude_and_every_side_of_a_break_is_looked_at() -> None:
    found = samples("hard_tanh:max_val=0.3")
    assert (found.x[0], found.x[-1]) == (-FAR, FAR)
    assert (np.diff(found.x) > 0).all()
    for point in (0.0, 2.0**-40, -1.0, 0.3, math.nextafter(0.3, 1), math.nextafter(0.3, 0), 0.3 + 2.0**-20):
        assert point in found.x
    assert found.breakpoints == (-1.0, 0.3)
    assert (found.jumps, found.poles) == ((), ())


@pytest.mark.parametrize(
    ("text", "jumps", "poles"),
    [
        ("step", (0,), ()),
        ("1/x", (), (0,)),
        ("1/(x - 0.3)", (), (0.3,)),
        ("1/(x - 0.3)**2", (), (0.3,)),
        ("tanh(1e6*(x - 0.3))", (), ()),
        ("log(x)", (), ()),
        ("exp(x)", (), ()),
        ("sin(x)", (), ()),
    ],
)
def test_jumps_and_poles_that_nobody_announced_are_found(
    text: str, jumps: tuple[int, ...], poles: tuple[float, ...]
) -> None:
    found = samples(text)
    assert found.jumps == pytest.approx(jumps)
    assert found.poles == pytest.approx(poles)


def test_a_jump_that_nobody_announced_is_found() -> None:
    found = sample(lambda x: np.stack([x > 0.3, 0 * x, 0 * x]), (), ())
    assert found.jumps == found.breakpoints == (math.nextafter(0.3, 1),)


@pytest.mark.parametrize(
    ("text", "edge"), [("log(x)", 0.0), ("sqrt(x - 0.3)", 0.3), ("sin(x)/x", 0.0), ("asin(x)", 1.0)]
)
def test_where_the_function_ends_is_a_break(text: str, edge: float) -> None:
    assert edge in samples(text).breakpoints


def test_a_narrow_step_is_resolved() -> None:
    found = samples("tanh(1e6*(x - 0.3))")
    assert np.abs(np.diff(found.value)).max() < 1.5
    assert found.slope.max() > 1e5


@pytest.mark.parametrize("text", ["relu", "gelu", "sin", "snake", "log(1 + exp(x))", "(x + 1)**3 - x**3", "x*sin(x)"])
def test_rounding_and_waves_far_out_cost_no_points(text: str) -> None:
    assert len(samples(text).x) < 6200


def test_there_are_no_slopes_where_there_are_no_values() -> None:
    found = samples("log(x)")
    assert np.isnan(found.slope[found.x <= 0]).all()
