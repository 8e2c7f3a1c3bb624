"""Bends of a hidden layer during its training, and the number of units for an error."""

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.lessons.approximation import approximate, units_for
from actcli.core.lessons.bends import only_kink
from actcli.core.lessons.settling import settle
from actcli.core.network.mlp import forward, of_hidden_units


def test_training_moves_the_bends_and_lowers_the_error() -> None:
    moments = settle(resolve("sin(3*x)"), resolve("tanh"), 12, -3.0, 3.0, steps=(0, 20, 500))
    assert [moment.step for moment in moments] == [0, 20, 500]
    assert moments[0].rms_error > moments[1].rms_error > 2 * moments[2].rms_error
    assert np.abs(moments[2].bends - moments[0].bends).max() > 0.05
    x = np.linspace(-3, 3, 257)
    error = moments[2](x) - np.sin(3 * x)
    assert moments[2].rms_error == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-12)


@pytest.mark.parametrize("act", ["relu", "relu(x-3)"])
def test_a_bend_is_where_the_unit_leaves_zero(act: str) -> None:
    (start, moment) = settle(resolve("abs(x)"), resolve(act), 5, -2.0, 4.0, steps=(0, 50))
    assert start.bends.min() > -2.0
    assert start.bends.max() < 4.0
    (fitted,) = approximate("abs(x)", act, [5], -2.0, 4.0)
    (inner, _), (biases, _) = fitted.network.parameters.weights, fitted.network.parameters.biases
    kink = {"relu": 0.0, "relu(x-3)": 3.0}[act]
    assert sorted((kink - biases) / inner[0])[::4] == pytest.approx([-2.0, 4.0])
    for unit, bend in enumerate(moment.bends):
        beside = forward(moment.network, np.array([[bend - 1e-6], [bend + 1e-6]])).layer_inputs[1][:, unit]
        assert min(beside) == 0.0 < max(beside)


def test_only_an_activation_with_one_kink_has_bends() -> None:
    table = {"relu": 0.0, "relu(x-3)": 3.0, "step(x-2)": 2.0, "x": None, "tanh": None, "hard_tanh": None}
    assert {name: only_kink(of_hidden_units(resolve(name))) for name in table} == table


def test_without_a_bend_the_best_that_is_learnt_is_a_line() -> None:
    (moment,) = settle(resolve("sin(3*x)"), resolve("identity"), 8, -3.0, 3.0, steps=(2000,))
    x = np.linspace(-3, 3, 257)
    design = np.column_stack([x, np.ones(257)])
    best = np.sin(3 * x) - design @ np.linalg.lstsq(design, np.sin(3 * x), rcond=None)[0]
    assert moment.rms_error == pytest.approx(float(np.sqrt(np.mean(best**2))), rel=1e-4)


@pytest.mark.parametrize(
    ("target", "act", "units", "message"),
    [
        ("log(x)", "relu", 4, "log\\(x\\) has no finite value at x = -1"),
        ("sin(x)", "relu", 0, "units must be from 1 to 1000, got 0"),
        ("sin(x)", "softmax", 4, "softmax works on whole rows"),
        ("sin(x)", "exp(exp(9*x))", 4, "the training diverged after"),
    ],
)
def test_what_cannot_be_learnt_is_one_line(target: str, act: str, units: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        settle(resolve(target), resolve(act), units, -1.0, 1.0, steps=(30,))


@pytest.mark.parametrize(("act", "error"), [("relu", 0.02), ("tanh", 1e-3), ("sigmoid", 1e-2)])
def test_the_number_of_units_reaches_the_error_and_one_fewer_does_not(act: str, error: float) -> None:
    target, unit = resolve("sin(3*x)"), resolve(act)
    found = units_for(target, unit, error, -3.0, 3.0)
    enough = found[-1].units
    (reached,) = approximate(target, unit, [enough], -3.0, 3.0)
    (missed,) = approximate(target, unit, [enough - 1], -3.0, 3.0)
    assert reached.max_error <= error < missed.max_error
    assert [run.units for run in found] == sorted({run.units for run in found})


def test_what_no_number_of_units_reaches() -> None:
    with pytest.raises(InputError, match=r"1000 units of identity still miss sin\(3\*x\) by 1\.\d+, more than 0\.01"):
        units_for(resolve("sin(3*x)"), resolve("identity"), 0.01, -3.0, 3.0)


@pytest.mark.parametrize("error", [0.0, -1.0, float("nan"), float("inf")])
def test_an_error_is_above_zero(error: float) -> None:
    with pytest.raises(InputError, match="the error must be a finite number above 0"):
        units_for(resolve("sin(x)"), resolve("relu"), error, -1.0, 1.0)
