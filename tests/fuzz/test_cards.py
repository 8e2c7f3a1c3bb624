"""Cards of random formulas; `python -m tests.fuzz.cards` tries more of them."""

from dataclasses import replace
from typing import Any

import mpmath
import pytest

from actcli.core.analysis.asymptotes import End
from actcli.core.analysis.extrema import Extremum
from actcli.digits import describe
from tests.fuzz import card_checks
from tests.fuzz.cards import case, faults
from tests.fuzz.formulas_with_truth import BITS
from tests.fuzz.held import Held
from tests.narrow import known


@pytest.mark.parametrize("count", [1, pytest.param(30, marks=pytest.mark.slow)])
def test_cards_of_random_formulas_are_true(count: int) -> None:
    assert {case(seed): found for seed in range(1, count + 1) if (found := faults(case(seed), seed > 1))} == {}


def test_the_checks_detect_a_wrong_statement() -> None:
    card = known(describe("softsign").curve)
    held = Held("x/(1 + abs(x))", card)
    planted: list[tuple[str, dict[str, Any]]] = [
        ("ranges", {"supremum": Extremum(0.9, False, 1.0, 1.0)}),
        ("ranges", {"supremum": Extremum(1.0, True, 3.0, 3.0)}),
        ("monotony", {"monotone": "non-monotone"}),
        ("monotony", {"strictly": False}),
        ("symmetry", {"symmetry": "neither"}),
        ("zeros", {"zeros": (0.0, 1.0)}),
        ("zeros", {"zeros": ()}),
        ("slopes", {"slope_supremum": Extremum(0.5, True, 0.0, 0.0)}),
        ("saturation", {"saturates_above": 2.0}),
        ("breaks", {"kinks": (0.0,)}),
        ("ends", {"at_infinity": End(1.001, 0.0, 1.001)}),
    ]
    for name, statement in planted:
        check = getattr(card_checks, name)
        with mpmath.workprec(BITS):
            held.card = card
            assert [*check(held)] == [], name
            held.card = replace(card, **statement)
            assert [*check(held)] != [], statement
