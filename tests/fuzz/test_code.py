"""A case of `python -m tests.fuzz.code`, and faults that its check must see."""

import random

import numpy as np
import pytest

from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.code.emission import chosen
from actcli.multiprecision.reference import value_and_slope_reference
from tests.fuzz.code import Case, case_of, faults_of, wrong_partials
from tests.fuzz.code_truth import Truth
from tests.narrow import elementwise


def test_a_sound_module_has_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAMEWORKS", raising=False)
    assert faults_of(Case("leaky_relu", "torch", learnable=True), random.Random(0)) == []
    assert len({case_of(seed).text for seed in range(30)}) > 25


def test_a_wrong_value_slope_or_derivative_is_seen() -> None:
    tanh = elementwise("tanh")
    of, value, slope = chosen(tanh, ACTIVATIONS, value_and_slope_reference, False)
    x = np.array([0.3, -2.0, 20.0, np.inf, np.nan])
    truth, y, d = Truth(tanh, "tanh", x), tanh(x), tanh.derivative(x)
    assert truth.faults(y, 0, value, False, True) == truth.faults(d, 1, slope, False, True) == []
    assert truth.faults(y * (1 + 1e-13), 0, value, False, True)
    assert truth.faults(1 - y**2, 1, slope, False, True)
    assert truth.faults(np.where(np.isnan(x), 0.0, d), 1, slope, False, True)
    scaled, _, _ = chosen(elementwise("w*x:w=2"), ACTIVATIONS, value_and_slope_reference, True)
    assert wrong_partials("w*x:w=2", scaled, [[x] for x in (-2.3, -0.72, -0.21, 0.33, 0.91, 2.17)]) == []
    assert wrong_partials("w*x:w=2", scaled, [[1.0]] * 6)
    assert of.name == "tanh"
