"""The cards of some two hundred formulas against the truth by mpmath: see `card_truth`."""

import json
import math
from functools import cache
from typing import Any

import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.curve_properties import CurveProperties
from actcli.digits import describe
from tests.core.analysis.card_formulas import FORMULAS
from tests.core.analysis.card_truth import FILE

TRUTH: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


@cache
def card(text: str) -> CurveProperties:
    found = describe(resolve(text)).curve
    assert found is not None
    return found


def near(truth: float | None) -> Any:
    return None if truth is None else pytest.approx(truth, rel=1e-6, abs=1e-9)


def test_the_truth_is_of_these_formulas() -> None:
    assert set(TRUTH) == set(FORMULAS)
    assert len(FORMULAS) >= 150


@pytest.mark.parametrize("text", FORMULAS)
def test_no_line_is_wrong(text: str) -> None:
    found, truth = card(text), TRUTH[text]
    said: dict[str, tuple[Any, Any]] = {}
    for name, side in (("at_minus_infinity", "left"), ("at_infinity", "right")):
        end = getattr(found, name)
        if end is not None:
            known = truth[side]
            said[name] = (end.limit, end.slope, end.intercept), tuple(map(near, known.values()))
    for name in ("infimum", "supremum"):
        extremum = getattr(found, name)
        if extremum is not None:
            value, _, inside = truth[name]
            said[name] = extremum.value, near(value)
            # What is attained is attained at a point that was looked at.
            assert not extremum.attained or inside == pytest.approx(value, rel=1e-9, abs=1e-9), name
    for name in ("slope_infimum", "slope_supremum", "lipschitz"):
        if getattr(found, name) is not None:
            said[name] = getattr(found, name).value, near(truth[name])
    for name in ("kinks", "jumps"):
        if getattr(found, name) is not None:
            said[name] = list(getattr(found, name)), [near(x) for x in truth[name]]
    zeros = [x for x in truth["zeros"] if not any(low <= x <= high for low, high in found.zero_intervals)]
    said["zeros"] = list(found.zeros), [near(x) for x in zeros]
    said["monotone"] = found.monotone, truth["monotone"]
    for name, edge in zip(("saturates_below", "saturates_above"), truth["saturates"], strict=True):
        if name not in found.uncertain:
            said[name] = getattr(found, name), near(edge)
    assert {name: pair[0] for name, pair in said.items()} == {name: pair[1] for name, pair in said.items()}


def test_not_certain_on_at_most_one_in_twenty() -> None:
    uncertain = [text for text in FORMULAS if card(text).uncertain]
    assert len(uncertain) <= len(FORMULAS) / 20, uncertain


@pytest.mark.parametrize("text", FORMULAS)
def test_what_is_not_certain_is_none_and_named(text: str) -> None:
    for name in card(text).uncertain:
        assert getattr(card(text), name) is None


def test_nan_is_said_of_no_limit_and_of_no_value() -> None:
    for text in FORMULAS:
        for end in (card(text).at_minus_infinity, card(text).at_infinity):
            assert end is None or not math.isnan(end.limit)
