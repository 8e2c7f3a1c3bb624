"""A few cases of `python -m tests.fuzz.identify`, and faults that its checks must see."""

import random
from dataclasses import replace

import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.identify.identification import Identification, Match, Near
from tests.fuzz.definitions import Definition, UndecidedError
from tests.fuzz.identify import faults_of
from tests.fuzz.identify_cases import Case, case_of

TRUE = Match("tanh", {}, "affine", 2.0, 1.0, 0.0, 0.0, 0.0, 0.0)
CASE = Case("outside", "2*tanh(x)", True)


def said(*matches: Match, nearest: tuple[Near, ...] = ()) -> list[str]:
    return faults_of(CASE, Identification(CASE.formula, matches, nearest), random.Random(0))


def test_each_case_is_a_formula() -> None:
    cases = [case_of(seed) for seed in range(200)]
    for case in cases[:40]:
        resolve(case.formula)
    kinds = {"outside", "inside", "both", "parameter", "form", "near", "mixture", "random", "table"}
    assert {case.kind for case in cases} == kinds


def test_a_wrong_relation_is_seen_and_a_true_one_is_none() -> None:
    assert said(TRUE) == []
    (missing,), (wrong,) = said(), said(replace(TRUE, a=2.0 + 1e-11))
    assert "not found" in missing
    assert "tanh" in wrong
    assert said(TRUE, nearest=(Near("erf", {}, 0.1, 1.0),))


def test_definitions_are_exact_and_know_where_there_is_no_number() -> None:
    assert float(Definition("-1.5*silu(2*x - 1, beta=2) + 0.5 - 3*x")(0.3)) == pytest.approx(-0.213984688676567)
    assert float(Definition("x*sigmoid(w*x):w=1.5").slope(1)) == pytest.approx(1.0412941542991)
    assert float(Definition("1 - tanh(x)")(40.0)) == pytest.approx(3.6097e-35, rel=1e-4)
    assert Definition("log(x)")(-1.0) != Definition("log(x)")(-1.0)
    with pytest.raises(UndecidedError):
        Definition("abs(x)").slope(0.0)
