"""Approximation by one hidden layer: errors, exact cases, least squares."""

import itertools
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.lessons.approximation import MOST_UNITS, Approximation, approximate

Span = tuple[float, float]


def fits(
    target: str, activation: str, *units: int, interval: tuple[float, float] = (-3.0, 3.0), seed: int = 0
) -> list[Approximation]:
    return [*approximate(resolve(target), resolve(activation), units, *interval, seed)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("target", "activation", "exact"),
    [
        ("sin(3*x)", "tanh", lambda x: np.sin(3 * x)),
        ("abs(x)", "relu", np.abs),
        ("exp(-x**2)", "sigmoid", lambda x: np.exp(-x * x)),
    ],
)
def test_64_units_come_within_two_thousandths(target: str, activation: str, exact: Any, seed: int) -> None:
    (fit,) = fits(target, activation, 64, seed=seed)
    x = np.linspace(-3, 3, 77_777)
    error = np.abs(fit(x) - exact(x)).max()
    assert error < 2e-3
    assert error <= 1.01 * fit.max_error + 1e-12, "what is reported is what others measure"


@pytest.mark.parametrize(
    ("target", "activation"),
    [("sin(3*x)", "tanh"), ("sin(3*x)", "relu"), ("exp(-x**2)", "sigmoid"), ("x**3", "gelu"), ("exp(-x**2)", "step")],
)
def test_the_error_falls_as_units_grow(target: str, activation: str) -> None:
    found = fits(target, activation, 4, 8, 16, 32, 64)
    rms = [fit.rms_error for fit in found]
    assert all(fewer > more for fewer, more in itertools.pairwise(rms))
    assert found[-1].max_error < 0.15 * found[0].max_error


@pytest.mark.parametrize("units", [1, 2, 64, 250])
def test_without_a_bend_it_stays_the_straight_line_of_least_squares(units: int) -> None:
    (fit,) = fits("sin(3*x)", "identity", units)
    x = np.linspace(-3, 3, 1001)
    slope = np.polyfit(x, np.sin(3 * x), 1)[0]
    np.testing.assert_allclose(fit(x), slope * x, atol=1e-12)
    assert fit.straight
    assert not fits("sin(3*x)", "relu", 16)[0].straight


def test_two_bends_are_enough_for_two_kinks() -> None:
    """A hat has kinks at -1, 0, 1. Five relus, three of them with these bends, are exact."""
    (fit,) = fits("max(0, 1 - abs(x))", "relu", 5)
    assert fit.max_error < 1e-13


def test_the_least_squares_are_the_least() -> None:
    """Other output weights have a larger error on the fitted points."""
    (fit,) = fits("sin(3*x)", "tanh", 8)
    x = np.linspace(-3, 3, 1001)
    least = np.sum((fit(x) - np.sin(3 * x)) ** 2)
    for j in range(8):
        for change in (-1e-3, 1e-3):
            fit.network.parameters.weights[1][j] += change
            assert np.sum((fit(x) - np.sin(3 * x)) ** 2) > least
            fit.network.parameters.weights[1][j] -= change


def test_the_document_is_enough_to_compute_the_output() -> None:
    (fit,) = fits("exp(-x**2)", "tanh", 12)
    d = fit.document()
    for x in (-2.0, 0.3, 1.7):
        hidden = np.tanh(d["hidden_weights"] * x + d["hidden_biases"])
        assert d["output_weights"] @ hidden + d["output_bias"] == pytest.approx(np.exp(-x * x), abs=d["max_error"])


def test_a_seed_decides_the_hidden_layer_and_other_numbers_of_units_do_not() -> None:
    (alone,), (_, among), (other,) = fits("x*x", "relu", 9), fits("x*x", "relu", 4, 9), fits("x*x", "relu", 9, seed=1)
    np.testing.assert_array_equal(alone.network.parameters.weights[0], among.network.parameters.weights[0])
    np.testing.assert_array_equal(alone.network.parameters.weights[1], among.network.parameters.weights[1])
    assert (alone.network.parameters.weights[0] != other.network.parameters.weights[0]).any()


def test_the_interval_may_lie_and_scale_anyhow() -> None:
    for low, high in ((0.0, 1e-6), (100.0, 103.0), (-1e8, 1e8)):
        (fit,) = fits(f"sin(6*(x - {low})/({high} - {low}))", "tanh", 40, interval=(low, high))
        assert fit.max_error < 1e-5


@pytest.mark.parametrize(
    ("target", "activation", "interval", "units", "reason"),
    [
        ("log(x)", "relu", (-3, 3), 4, "log.x. has no finite value at x = -3$"),
        ("1/x", "relu", (-3, 3), 4, "no finite value at x = 0"),
        ("softmax", "relu", (-3, 3), 4, "softmax acts on whole rows"),
        ("x", "softmax", (-3, 3), 4, "softmax works on whole rows"),
        ("x", "relu", (3, -3), 4, "the range must go up"),
        ("x", "relu", (-3, 3), 0, "units must be"),
        ("x", "relu", (-3, 3), MOST_UNITS + 1, "units must be"),
        ("x", "1/(x - x)", (-3, 3), 4, "has values in the hidden layer that are not finite$"),
    ],
)
def test_what_cannot_be_approximated_is_refused(
    target: Any, activation: Any, interval: Any, units: Any, reason: Any
) -> None:
    with pytest.raises(InputError, match=reason):
        fits(target, activation, units, interval=interval)


def test_hidden_columns_of_very_different_sizes_do_no_harm() -> None:
    """exp(w x), w <= 16/6, grows by a factor e^8 from the middle to the end of the interval."""
    assert fits("x**2", "exp", 64)[0].max_error < 1e-8


def test_bends_are_even_but_for_a_quarter_of_their_distance() -> None:
    even = np.linspace(-3, 3, 21)
    moved = []
    for seed in (0, 1):
        parameters = fits("x*x", "relu", 21, seed=seed)[0].network.parameters
        moved.append(-parameters.biases[0] / parameters.weights[0][0] - even)
        assert moved[-1][[0, -1]] == pytest.approx([0, 0], abs=1e-12)
        assert 0.2 * 0.3 < np.abs(moved[-1]).max() <= 0.25 * 0.3
    assert not np.allclose(*moved)


def test_huge_targets_have_errors_of_their_size() -> None:
    (found,) = approximate(resolve("1e300*sin(x)"), resolve("relu"), [16], -3.0, 3.0, seed=0)
    (unit,) = approximate(resolve("sin(x)"), resolve("relu"), [16], -3.0, 3.0, seed=0)
    assert found.rms_error == pytest.approx(1e300 * unit.rms_error)


def test_a_single_unit_stands_in_the_middle_of_the_interval() -> None:
    (found,) = approximate(resolve("(x - 5)**2"), resolve("x*x"), (1,), 4.0, 6.0)
    assert found.max_error < 1e-12
