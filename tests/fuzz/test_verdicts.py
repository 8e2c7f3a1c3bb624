"""A few cases of tests.fuzz.verdicts, lessons and theory, and that they see planted faults."""

import dataclasses
import json
import random
from typing import Any

import numpy as np
import pytest

from actcli import resolve
from actcli.core.theory import gain
from tests.cli.helpers import output
from tests.fuzz import duals, lessons, theory, verdicts
from tests.fuzz.sentences_on_depth import Facts, misunderstood


@pytest.mark.parametrize("count", [2, pytest.param(200, marks=pytest.mark.slow)])
def test_what_gradient_depth_says_is_true(count: int) -> None:
    assert [fault for seed in range(count) for fault in verdicts.faults(seed)] == []


@pytest.mark.parametrize("count", [3, pytest.param(300, marks=pytest.mark.slow)])
def test_what_collapse_trace_and_boundary_say_is_true(count: int) -> None:
    assert [fault for seed in range(count) for fault in lessons.faults(seed)] == []


def test_a_false_sentence_and_an_unknown_one_are_found() -> None:
    setting = dataclasses.replace(verdicts.setting(random.Random(0)), drawn=duals.of_text("sigmoid"))
    setting = dataclasses.replace(
        setting, layers=6, width=8, steps=3, batch=8, init="xavier", dtype="float64", rate=0.1
    )
    setting = dataclasses.replace(setting, norm=None, residual=False, optimizer="sgd", data="moons", dtype="float64")
    words, truth = verdicts.words(setting), verdicts.Truth(setting)
    run = json.loads(output(*words, "--format", "json"))["runs"][0]
    report = output(*words, *verdicts.TABLE, env=verdicts.WIDE)
    facts = Facts(run, setting, truth.result, truth.twin, truth.slopes, {})
    assert [*misunderstood(report, facts)] == []
    for told, false in [("vanishes", "explodes"), ("smaller", "larger"), ("fell from", "went from"), ("0.25", "0.26")]:
        assert told in report
        assert [fault[:8] for fault in misunderstood(report.replace(told, false), facts)] == ["not true"], told
    assert [*misunderstood(report.replace("arrives", "comes").replace("smaller than", "less than"), facts)]


def test_a_wrong_moment_is_found() -> None:
    found: Any = gain.gain(resolve("tanh"))
    truth = theory.Truth(duals.of_text("tanh"))
    with np.errstate(all="ignore"):
        assert [*theory._moment_faults(found, truth)] == []
        wrong = dataclasses.replace(found, second_moment=1.0001 * found.second_moment)
        assert [fault[:4] for fault in theory._moment_faults(wrong, truth)] == ["E f²"]
