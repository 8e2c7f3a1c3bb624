"""The verdict and the factor per layer, at their thresholds and at the ends of the floating-point range."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.depth.verdict import VERDICTS, decay_per_layer, verdict


def test_decay_per_layer() -> None:
    assert decay_per_layer(1e-6, 1.0, 7) == pytest.approx(0.1)
    assert decay_per_layer(8.0, 2.0, 3) == pytest.approx(2)
    assert decay_per_layer(1e-300, 1e300, 601) == pytest.approx(0.1)
    assert decay_per_layer(0.0, 1.0, 5) == 0
    assert decay_per_layer(1.0, 1.0, 1) is None
    assert decay_per_layer(0.0, 0.0, 5) is None
    assert decay_per_layer(math.nan, 1.0, 5) is None
    assert decay_per_layer(1.0, math.inf, 5) is None


@pytest.mark.parametrize(
    ("losses", "dead", "first", "last", "expected"),
    [
        ([0.7, math.nan], [1.0], 0.0, 1.0, "diverged"),
        ([0.7, math.inf], [0.0], 1.0, 1.0, "diverged"),
        ([0.7], [0.0], math.nan, 1.0, "diverged"),
        ([0.7], [0.0, 0.51], 0.0, 1.0, "dead"),
        ([0.7], [0.5, 0.5], 1.0, 1.0, "healthy"),
        ([0.7], [0.0], 0.0099, 1.0, "vanishing"),
        ([0.7], [0.0], 0.0101, 1.0, "healthy"),
        ([0.7], [0.0], 0.0, 0.0, "vanishing"),
        ([0.7], [0.0], 0.0, 5e-324, "vanishing"),
        ([0.7], [0.0], 99.0, 1.0, "healthy"),
        ([0.7], [0.0], 101.0, 1.0, "exploding"),
        ([0.7], [0.0], math.inf, 1.0, "exploding"),
        ([0.7], [0.0], math.inf, math.inf, "exploding"),
    ],
)
def test_the_first_verdict_that_applies(
    losses: list[float], dead: list[float], first: float, last: float, expected: str
) -> None:
    assert verdict(losses, dead, first, last) == expected


sizes = st.floats(min_value=0) | st.just(math.nan)


@given(losses=st.lists(st.floats()), dead=st.lists(st.floats(0, 1)), first=sizes, last=sizes)
def test_every_run_has_a_verdict(losses: list[float], dead: list[float], first: float, last: float) -> None:
    assert verdict(losses, dead, first, last) in VERDICTS


@given(factor=st.floats(0.01, 100), layers=st.integers(2, 60))
def test_a_decay_is_the_factor_that_leads_from_last_to_first(factor: float, layers: int) -> None:
    assert decay_per_layer(3 * factor ** (layers - 1), 3.0, layers) == pytest.approx(factor, rel=1e-12)
