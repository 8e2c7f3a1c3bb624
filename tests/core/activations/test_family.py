"""One activation with several values of a parameter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.catalogue import resolve
from actcli.core.activations.family import MOST, VALUES, family
from actcli.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("relu", ["relu"]),
        ("x/(1 + abs(x))", ["x/(1 + abs(x))"]),
        ("x/2:a=1", ["x/2:a=1"]),
        ("lambda x: x/2", ["lambda x: x/2"]),
        ("def f(x):\n    y = x/2\n    return y", ["def f(x):\n    y = x/2\n    return y"]),
        ("elu:alpha=0.5/1/2", ["elu:alpha=0.5", "elu:alpha=1", "elu:alpha=2"]),
        ("x/a + b:a=1/2,b=-1", ["x/a + b:a=1,b=-1", "x/a + b:a=2,b=-1"]),
        ("elu:alpha=1e-3/-2", ["elu:alpha=1e-3", "elu:alpha=-2"]),
        ("silu:beta=-3..3", [f"silu:beta={beta}" for beta in range(-3, 4)]),
        ("silu:beta=1..1000000", [f"silu:beta={10**power}" for power in range(7)]),
        ("silu:beta=1000..0.001", [f"silu:beta={10.0**power:g}" for power in range(3, -4, -1)]),
    ],
)
def test_members(text: str, members: list[str]) -> None:
    assert [*family(text)] == members


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_range_has_seven_members_from_end_to_end(low: float, high: float) -> None:
    if low == high:
        return
    try:
        values = np.array([float(member.partition("=")[2]) for member in family(f"silu:beta={low!r}..{high!r}")])
    except InputError:  # ends too close for seven different values
        assert abs(high - low) <= 1e-9 * max(abs(high), abs(low), 1e-9)
        return
    assert len(values) == VALUES
    assert values[[0, -1]] == pytest.approx([low, high], rel=1e-11)
    steps = np.diff(np.log(values)) if min(low, high) > 0 and max(low, high) >= 10 * min(low, high) else np.diff(values)
    assert steps == pytest.approx(steps.mean(), rel=0.05)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("elu:alpha=1/x", "alpha must be a number, not 'x'"),
        ("elu:alpha=1/", "alpha must be a number, not ''"),
        ("elu:alpha=1..", "alpha must be a number, not ''"),
        ("elu:alpha=2..2", "from one number to another"),
        ("elu:alpha=0..inf", "from one number to another"),
        ("elu:0.5/1", "name=low..high"),
        ("w*x + b:w=1/2,b=1/2", "one parameter runs"),
        ("elu:alpha=" + "/".join(["1"] * (MOST + 1)), f"up to {MOST} values"),
    ],
)
def test_what_is_no_family_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason.replace(".", r"\.")):
        family(text)


def test_members_are_activations() -> None:
    assert [resolve(text).label for text in family("elu:alpha=0.5/2")] == ["elu:alpha=0.5", "elu:alpha=2"]
