"""Every rule of the verdict at its threshold, and properties of all runs."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actcli.core.depth.verdict import VERDICTS, Flow, Outcome, decay_per_layer, verdict
from tests.each import each

LN2 = math.log(2)
LEARNT = Outcome(guess=LN2, before=0.7, after=0.3, finite=True)
NOT_LEARNT = Outcome(guess=LN2, before=0.7, after=0.69, finite=True)
SOUND = Flow(first=1.0, last=1.0, layers=5, blocked=False)


def flow(first: float, last: float = 1.0, layers: int = 20, blocked: bool = False) -> Flow:
    return Flow(first, last, layers, blocked)


# --- verdict by the gradient alone ------------------------------------------------------------------------------------


@each(
    ("passing", "expected"),
    [
        # Many layers: the limit is 1/100, with any factor per layer.
        (flow(0.0101), "healthy"),
        (flow(0.0099), "vanishing"),
        (flow(99.0), "healthy"),
        (flow(101.0), "exploding"),
        # Few layers: the limit is 1/10 if each layer more than halves the signal; 0.24³ = 0.0138.
        (flow(0.24**3, layers=4), "vanishing"),
        (flow(0.24**2, layers=3), "vanishing"),
        (flow(0.24, layers=2), "healthy"),
        (flow(0.101, layers=4), "healthy"),
        (flow(0.099, layers=4), "vanishing"),
        (flow(0.49**4, layers=5), "vanishing"),
        (flow(0.51**4, layers=5), "healthy"),
        (flow(9.9, layers=4), "healthy"),
        (flow(10.1, layers=4), "exploding"),
        (flow(2.05**4, layers=5), "exploding"),
        (flow(1.95**4, layers=5), "healthy"),
        # Signals that are 0, infinite or nan.
        (flow(0.0, 0.0), "vanishing"),
        (flow(0.0, 5e-324), "vanishing"),
        (flow(math.inf), "exploding"),
        (flow(math.inf, math.inf), "exploding"),
        # A signal of 0 in the last layer alone: residual connections lead past dead units.
        (flow(1.0, 0.0), "healthy"),
        (flow(math.nan), "diverged"),
        (flow(1.0, math.nan), "diverged"),
        # Ratios that overflow or underflow.
        (flow(1e-200, 1e200), "vanishing"),
        (flow(1e200, 1e-200), "exploding"),
        # With one layer there is no decay.
        (flow(1.0, layers=1), "healthy"),
        (flow(0.0, 0.0, layers=1), "vanishing"),
    ],
)
def test_a_network_that_was_not_trained_is_judged_by_its_gradient(passing: Flow, expected: str) -> None:
    assert passing.condition == expected
    assert verdict(passing, passing, None) == expected


@pytest.mark.parametrize(
    ("first", "blocked", "expected"),
    [(0.0, True, "dead"), (0.0, False, "vanishing"), (1.0, True, "healthy"), (1e-9, True, "vanishing")],
)
def test_dead_means_a_dead_layer_and_no_gradient(first: float, blocked: bool, expected: str) -> None:
    """Residual connections pass the signal around a dead layer."""
    assert flow(first, blocked=blocked).condition == expected
    assert verdict(flow(first, blocked=blocked), SOUND, NOT_LEARNT) == expected.replace("healthy", "stuck")


# --- verdict of a trained network -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (SOUND, SOUND, "stuck"),
        (flow(1e-3), SOUND, "vanishing"),
        (SOUND, flow(1e-3), "vanishing"),
        (flow(1e3), SOUND, "exploding"),
        (SOUND, flow(1e3), "exploding"),
        (flow(1e-3), flow(1e3), "vanishing"),
        (flow(1e3), flow(1e-3), "exploding"),
        (flow(0.0, blocked=True), SOUND, "dead"),
        (SOUND, flow(0.0, blocked=True), "dead"),
        (flow(1e3), flow(0.0, blocked=True), "dead"),
    ],
)
def test_what_did_not_learn_is_judged_by_its_gradient_before_and_then_after(
    before: Flow, after: Flow, expected: str
) -> None:
    assert verdict(before, after, NOT_LEARNT) == expected
    assert verdict(before, after, LEARNT) == "healthy"


@pytest.mark.parametrize(("after", "expected"), [(0.9501, "stuck"), (0.9499, "healthy"), (0.0, "healthy")])
def test_learnt_is_five_percent_below_guessing(after: float, expected: str) -> None:
    assert verdict(SOUND, SOUND, Outcome(1.0, 3.0, after, finite=True)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.7, 9.99, "stuck"),
        (0.7, 10.01, "diverged"),  # ten times guessing
        (5.0, 49.9, "stuck"),
        (5.0, 50.1, "diverged"),  # ten times what it was before
        (0.7, math.inf, "diverged"),
        (0.7, math.nan, "diverged"),
    ],
)
def test_diverged_is_ten_times_above_guessing_and_above_the_beginning(
    before: float, after: float, expected: str
) -> None:
    assert verdict(SOUND, SOUND, Outcome(1.0, before, after, finite=True)) == expected


def test_a_loss_that_left_the_numbers_on_the_way_is_no_lesson_learnt() -> None:
    assert verdict(SOUND, SOUND, Outcome(1.0, 1.0, 0.1, finite=False)) == "diverged"


def test_if_guessing_has_loss_0_only_loss_0_is_healthy() -> None:
    assert verdict(SOUND, SOUND, Outcome(0.0, 1.0, 0.0, finite=True)) == "healthy"
    assert verdict(SOUND, SOUND, Outcome(0.0, 1.0, 1e-9, finite=True)) == "stuck"


# --- properties of all runs -------------------------------------------------------------------------------------------

sizes = st.floats(min_value=0) | st.just(math.nan)
flows = st.builds(Flow, sizes, sizes, st.integers(1, 1000), st.booleans())
losses = st.floats(0, 1e300)


@given(before=flows, after=flows, outcome=st.none() | st.builds(Outcome, losses, sizes, sizes, st.booleans()))
def test_every_run_has_a_verdict(before: Flow, after: Flow, outcome: Outcome | None) -> None:
    assert verdict(before, after, outcome) in VERDICTS


@given(before=flows, after=flows, guess=losses, first=losses, share=st.floats(0, 0.949))
def test_what_learnt_is_healthy_whatever_its_gradient_was(
    before: Flow, after: Flow, guess: float, first: float, share: float
) -> None:
    assume(guess > 1e-290)
    assert verdict(before, after, Outcome(guess, first, share * guess, finite=True)) == "healthy"


@given(before=flows, after=flows, guess=losses, first=sizes, share=st.floats(0.951))
def test_what_did_not_learn_is_never_healthy(
    before: Flow, after: Flow, guess: float, first: float, share: float
) -> None:
    assume(guess > 1e-290)
    assert verdict(before, after, Outcome(guess, first, share * guess, finite=True)) != "healthy"


# --- the factor per layer ---------------------------------------------------------------------------------------------


def test_decay_per_layer() -> None:
    assert decay_per_layer(1e-6, 1.0, 7) == pytest.approx(0.1)
    assert decay_per_layer(8.0, 2.0, 3) == pytest.approx(2)
    assert decay_per_layer(1e-300, 1e300, 601) == pytest.approx(0.1)
    assert decay_per_layer(0.0, 1.0, 5) == 0
    assert decay_per_layer(1.0, 1.0, 1) is None
    assert decay_per_layer(0.0, 0.0, 5) is None
    assert decay_per_layer(math.nan, 1.0, 5) is None
    assert decay_per_layer(1.0, math.inf, 5) is None


@given(factor=st.floats(0.01, 100), layers=st.integers(2, 60))
def test_a_decay_is_the_factor_that_leads_from_last_to_first(factor: float, layers: int) -> None:
    assert decay_per_layer(3 * factor ** (layers - 1), 3.0, layers) == pytest.approx(factor, rel=1e-12)
