"""--check: a derivative beside an independent numerical one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.analysis.comparison import check
from tests.narrow import elementwise

X = np.concatenate([np.linspace(-12, 12, 241), np.linspace(-700, 700, 29), [1e-300, 1e4, np.inf, -np.inf, np.nan]])
ELEMENTWISE = [name for name, activation in CATALOGUE.items() if isinstance(activation, Elementwise)]


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_catalogue_agrees_with_its_numerical_derivative(name: str, order: int) -> None:
    found = check(elementwise(name), X, order)
    assert not found.disagreements.any()
    assert found.compared.sum() > 200


def test_kinks_are_not_compared() -> None:
    found = check(elementwise("relu"), np.array([-1.0, 0.0, 1e-9]), 1)
    assert found.compared.tolist() == [True, False, True]


@pytest.mark.parametrize("error", [1e-4, -0.5])
def test_a_wrong_derivative_is_noticed(error: float) -> None:
    tanh = elementwise("tanh")

    def wrong(x: Any) -> Any:
        result = tanh.function(x)
        return result * (1.0 + error) + tanh.function(x.value) * -error if hasattr(x, "value") else result

    found = check(replace(tanh, function=wrong, fused=None), np.linspace(-3, 3, 31), 1)
    assert found.disagreements.all()
