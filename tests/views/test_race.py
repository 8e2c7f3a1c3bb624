"""Sentences of a race: only statements that the heats support."""

from dataclasses import replace

import pytest

from actcli.views.race import race_report, sentences
from actcli.views.terminal import Terminal
from tests.core.race.test_ranking import held


def test_who_wins() -> None:
    found = held({"tanh": [2.0] * 7, "relu": [1.0] * 7, "silu": [3.0] * 7})
    assert [*sentences(found)] == [
        "relu wins: of 7 heats, a data set and a seed each, its held-out loss is smaller in 7 against tanh, 7 against "
        "silu. Sign test, 5 % over all 3 pairs."
    ]


def test_the_sentences_name_undecided_and_decided_pairs() -> None:
    found = held({"tanh": [1.5] * 6 + [0.5], "relu": [1.0] * 7, "silu": [3.0] * 7})
    assert [*sentences(found)] == [
        "No winner. relu has the best mean place.",
        "It cannot be told apart from tanh: of 7 heats, a data set and a seed each, its held-out loss is smaller in 6 "
        "against tanh.",
        "It is ahead in 7 against silu.",
        "Sign test, 5 % over all 3 pairs.",
    ]


def test_an_equal_mean_place_is_named() -> None:
    split = held({"tanh": [1.0, 2.0], "relu": [2.0, 1.0], "silu": [3.0, 3.0]})
    assert next(sentences(split)) == "No winner. tanh has the best mean place, and so has relu."
    same = held({"tanh": [1.0, 1.0], "relu": [1.0, 1.0], "silu": [1.0, 1.0]})
    assert next(sentences(same)) == "No winner. tanh has the best mean place, and so have relu and silu."


def test_the_first_by_its_mean_place_may_be_behind_another() -> None:
    """tanh is second in all 30 heats; relu is first in 28 and last of twenty in two."""
    others = {f"x+{i}": [10.0 + i] * 30 for i in range(1, 19)}
    found = held({"relu": [1.0] * 28 + [99.0] * 2, "tanh": [2.0] * 30, **others})
    said = [*sentences(found)]
    assert (found.rows[0].activation, found.winner) == ("tanh", None)
    assert said[0] == "No winner. tanh has the best mean place."
    assert "All the same it is behind: ahead in 2 against relu only." in said
    assert (found.rows[0].best_rank, found.rows[0].worst_rank) == (2, 2)


@pytest.mark.parametrize(
    ("heats", "way_out"), [(5, "fewer than 6 heats no difference can be significant: --seeds 6."), (6, None)]
)
def test_too_few_heats_say_how_many_it_takes(heats: int, way_out: str | None) -> None:
    said = " ".join(sentences(held({"tanh": [1.0] * heats, "relu": [1.0] * heats})))
    assert "No winner" in said
    assert ("With fewer than" in said) == (way_out is not None)
    assert way_out is None or said.endswith(way_out)


def test_the_seeds_are_those_that_the_data_sets_leave() -> None:
    found = held({"tanh": [2.0] * 4, "relu": [1.0] * 4}, ("moons", "sine"))
    assert [*sentences(found)][-1].endswith("fewer than 6 heats no difference can be significant: --seeds 3.")


def test_a_loss_that_is_infinite_is_called_diverged() -> None:
    report = race_report(held({"tanh": [float("inf")] * 6, "relu": [1.0] * 6}), Terminal(100, 40))
    assert "diverged" in report
    assert "inf" not in report.replace("infer", "")


@pytest.mark.parametrize("width", [20, 40, 80])
def test_it_fits(width: int) -> None:
    report = race_report(held({"tanh": [1.0] * 6, "relu": [2.0] * 6}), Terminal(width, 24))
    assert max(map(len, report.splitlines())) <= width


@pytest.mark.parametrize("width", [30, 45, 60, 80, 120])
def test_only_columns_that_are_shown_are_explained(width: int) -> None:
    report = race_report(held({"tanh": [1.0] * 6, "relu": [2.0] * 6}), Terminal(width, 24))
    lines, words = report.splitlines(), " ".join(report.split())
    headers = [set(line.split()) for line in lines if line.startswith(("rank", "activation"))]
    assert (
        "ns: value and slope of an element as computed here; a framework's own kernels take other times." in words
    ) == ("ns" in headers[0])
    right, mean = "right: points held out whose class was found", ", the mean over the data sets with classes."
    assert (right in words) == any("right" in each for each in headers)
    assert (right + mean in words) == ("right" in headers[0])
    said = "setting: the one that was chosen most" in words
    assert said == any("setting" in each for each in headers)
    assert (", and in how many of the seeds." in words) == any("in" in each for each in headers)
    rank = (
        "rank: from the best to the worst that the sign test leaves. place: in a heat, 1 for the smallest held-out "
        "loss; the best and the worst beside the mean. Under a data set's name: held-out loss over that of guessing, "
        "the median over the seeds."
    )
    assert rank in words


def test_below_the_ranking_are_the_losses_of_each_data_set_with_their_least_and_largest() -> None:
    report = race_report(held({"tanh": [1.0, 2.0, 3.0], "relu": [4.0, 5.0, 7.0]}), Terminal(120, 40))
    lines = report.splitlines()
    at = lines.index("moons, 3 seeds: median, least and largest of the points held out")
    tanh, relu = (next(line.split() for line in lines[at:] if line.startswith(name)) for name in ("tanh", "relu"))
    assert tanh[1:3] == ["2", "1–3"]
    assert relu[1:3] == ["5", "4–7"]
    only = held({"tanh": [1.0, 2.0], "relu": [3.0, 4.0]}, ("sine",))
    assert "moons" not in race_report(only, Terminal(120, 40))


def test_under_a_data_set_s_name_the_loss_stands_over_that_of_guessing() -> None:
    found = held({"tanh": [1.0, 2.0, 3.0], "relu": [4.0, 5.0, 7.0]})
    rows = tuple(replace(row, results=(replace(row.results[0], loss_guess=8.0),)) for row in found.rows)
    report = race_report(replace(found, rows=rows), Terminal(120, 40))
    for name, share in (("tanh", "0.25"), ("relu", "0.625")):
        assert share in next(line for line in report.splitlines() if name in line.split() and "50 %" in line).split()
