import dataclasses
import math
import re
from collections.abc import Sequence
from typing import Any

import pytest

from actcli.core.depth.config import DepthConfig
from actcli.core.depth.cure import MOST_CURES, Cure
from actcli.core.depth.experiment import DepthRun, LayerRecord, gradient_depth
from actcli.core.theory.finite_width import FiniteWidth
from actcli.core.theory.preference import Preference
from actcli.views.depth import depth_picture, depth_report
from actcli.views.depth_sentences import cure_lines, differing_inits, init_line, verdict_sentence
from actcli.views.depth_table import DepthGroup, comparison_tables, groups_of, layer_table, outcome_table
from actcli.views.palette import appearance, appearance_of, hollow
from actcli.views.picture.terminal import paint
from actcli.views.table import render
from actcli.views.terminal import Terminal
from tests.views.screens import Picture, screen

WIDE = Terminal(200, 50)
TITLE = "signal at each layer: norm of the gradient"


def record(layer: int, before: float, after: float, theory: float | None = None, dead: float = 0.0) -> LayerRecord:
    return LayerRecord(
        layer=layer,
        weight_gradient_norm_initial=before,
        weight_gradient_norm_final=after,
        signal_norm_initial=before,
        signal_norm_final=after,
        signal_norm_theory=theory,
        activation_mean_initial=0.5,
        activation_mean_final=0.25,
        activation_std_initial=0.125,
        activation_std_final=0.0625,
        saturated_fraction_initial=0.0,
        saturated_fraction_final=0.37,
        dead_fraction_initial=0.0,
        dead_fraction_final=dead,
        update_ratio_final=1e-3,
    )


def run(
    activation: str = "sigmoid",
    init: str = "xavier",
    verdict: str = "vanishing",
    layers: int = 20,
    factor: float = 0.25,
    theory: float | None = None,
    dead: float = 0.0,
    loss: tuple[float, ...] = (0.75, 0.7, 0.6935),
    seed: int = 0,
    size: float = 1.0,
    norm: str | None = None,
    residual: bool = False,
) -> DepthRun:
    """A run with norms that shrink by `factor` per layer, from `size` in the output layer; 1/100 after training."""
    records = [
        record(
            layer,
            signal := size * factor ** (layers + 1 - layer),
            signal / 100,
            None if theory is None or layer > layers else size * factor * theory ** (layers - layer),
            dead if layer <= layers else 0.0,
        )
        for layer in range(1, layers + 2)
    ]
    decays = (factor, theory) if layers > 1 else (None, None)
    return depth_run(activation, init, seed, tuple(records), loss, verdict, *decays, norm=norm, residual=residual)


def depth_run(
    activation: str,
    init: str,
    seed: int,
    layers: tuple[LayerRecord, ...],
    loss: tuple[float, ...],
    verdict: str,
    decay: float | None,
    theory: float | None,
    **others: Any,
) -> DepthRun:
    """A run on two equally frequent classes: loss over the data as in the batches; accuracy rises to 3/4."""
    return DepthRun(
        activation=activation,
        init=init,
        seed=seed,
        layers=layers,
        loss=loss,
        verdict=verdict,
        decay_per_layer=decay,
        decay_per_layer_theory=theory,
        loss_final=loss_final(loss),
        loss_name="binary_cross_entropy",
        loss_guess=math.log(2),
        loss_data_initial=loss[0] if loss else loss_final(loss),
        loss_data_final=loss_final(loss),
        accuracy_initial=0.5,
        accuracy_final=0.75,
        **others,
    )


def loss_final(loss: Sequence[float]) -> float:
    """Half of the last step's loss; an arbitrary number for a run without training."""
    return loss[-1] / 2 if loss else 0.8


def of_norms(verdict: str, *norms: float, loss: tuple[float, ...] = (), decay: float | None = None) -> DepthRun:
    """A run whose layers, with the output layer last, have these norms before and after training."""
    records = tuple(record(layer, norm, norm) for layer, norm in enumerate(norms, 1))
    return depth_run("sigmoid", "normal", 0, records, loss, verdict, decay, None)


def depth_chart(groups: Sequence[DepthGroup], terminal: Terminal) -> str:
    return paint(dataclasses.replace(depth_picture(groups), title=""), terminal)


def group(*runs: DepthRun) -> DepthGroup:
    (only,) = groups_of(runs or (run(),))
    return only


def report(terminal: Terminal, *runs: DepthRun) -> list[str]:
    return screen(depth_report(runs or (run(),), terminal), terminal)


def layer_lines(terminal: Terminal, *runs: DepthRun) -> list[str]:
    return screen(render(layer_table(group(*runs), terminal), terminal), terminal)


# --- the table of one activation ---------------------------------------------------------------------------------


def test_a_row_a_layer() -> None:
    rows = [line for line in layer_lines(Terminal())[3:] if line][:21]
    assert [row.split()[0] for row in rows] == [*map(str, range(1, 21)), "output"]
    assert rows[0].split()[1:4] == ["9.09e-13", "9.09e-15", "9.09e-13"]  # before, after, signal
    assert rows[20].split()[1:4] == ["1.00e+00", "1.00e-02", "1.00e+00"]


def test_a_tiny_deviation_is_shown_with_its_exponent() -> None:
    """Without a signal the output is almost the same for all inputs: its deviation is tiny, but not 0."""
    sick = run(layers=2)
    stds = (0.0625, 4e-13, 0.0)
    layers = tuple(dataclasses.replace(r, activation_std_final=std) for r, std in zip(sick.layers, stds, strict=True))
    rows = [line.replace(" %", "%").split() for line in layer_lines(WIDE, dataclasses.replace(sick, layers=layers))]
    assert [row[5] for row in rows[3:5]] == ["0.062", "4e-13"]
    assert rows[6][5] == "0.000"


def test_what_the_columns_mean_is_said_of_each_by_itself() -> None:
    narrow = " ".join(layer_lines(Terminal(80)))
    assert "std: standard deviation of the layer's activations." in narrow
    assert "mean of" not in narrow


def test_theory_stands_beside_the_signal_where_there_is_one() -> None:
    lines = layer_lines(WIDE, run(layers=3, factor=0.1, theory=0.2))
    signal, theory = lines[1].split().index("theory") - 1, lines[1].split().index("theory")
    rows = [line.split() for line in lines[3:6]]
    assert [float(row[signal]) for row in rows] == pytest.approx([0.001, 0.01, 0.1])
    assert [float(row[theory]) for row in rows] == pytest.approx([0.1 * 0.2 * 0.2, 0.1 * 0.2, 0.1])
    assert "mean-field theory" in " ".join(lines)
    assert "theory" not in " ".join(layer_lines(WIDE, run(layers=3)))


def test_what_a_wide_terminal_has_room_for() -> None:
    lines = layer_lines(WIDE, dataclasses.replace(run(layers=2), slope_range=(0.0, 0.25)))
    assert lines[0].split()[3:8] == ["saturated", "std", "mean", "last"]
    assert lines[1].split()[4:] == ["after", "after", "after", "update"]
    assert lines[3].replace(" %", "%").split()[4:8] == ["37%", "0.062", "0.250", "0.0010"]
    caption = " ".join(lines[-2:])
    assert "saturated: slopes under 5 % of the largest." in caption
    assert "update: norm of the last update" in caption


def test_the_caption_explains_the_columns_that_are_shown_and_no_others() -> None:
    narrow = " ".join(layer_lines(Terminal(40), run(theory=0.25)))
    assert "gradient: " in narrow
    assert "update: " not in narrow
    assert "theory" not in narrow


def test_many_layers_are_folded_and_it_is_said() -> None:
    lines = layer_lines(Terminal(), run(layers=100, factor=0.5))
    shown = [line.split()[0] for line in lines[3:] if line]
    numbers = [int(word) for word in shown[: shown.index("output")]]
    assert numbers[0] == 1
    assert numbers[-1] == 100
    assert 20 < len(numbers) < 45
    assert f"{len(numbers)} of 100 hidden layers" in " ".join(lines)


def test_dead_units_are_shown_if_there_are_any() -> None:
    assert "dead" not in "\n".join(layer_lines(Terminal()))
    lines = layer_lines(Terminal(), run(dead=0.5))
    assert "dead" in lines[0]
    assert "50 %" in lines[3]
    assert "dead: units whose slope is 0 for every input." in " ".join(lines)


def test_only_all_are_100_per_cent_and_only_none_are_0() -> None:
    for share, text in [(0.0, "0 %"), (0.004, "0.4 %"), (0.2, "20 %"), (0.996, "99.6 %"), (1.0, "100 %")]:
        records = run(layers=2, dead=0.5).layers
        layers = (dataclasses.replace(records[0], dead_fraction_final=share), *records[1:])
        line = layer_lines(WIDE, dataclasses.replace(run(layers=2), layers=layers))[3]
        assert " ".join(line.split()[4:]).startswith(text), line
        right = dataclasses.replace(run(), accuracy_final=share)
        outcome = screen(render(outcome_table(groups_of([right]), WIDE), WIDE), WIDE)[3]
        assert outcome.endswith(f" {text}")


def test_what_is_not_known_of_a_diverged_run_is_a_dash_and_not_zero_percent() -> None:
    sick = run(verdict="diverged", layers=2, dead=0.5)
    unknown: dict[str, Any] = {"saturated_fraction_final": math.nan, "dead_fraction_final": math.nan}
    layers = (dataclasses.replace(sick.layers[0], **unknown), *sick.layers[1:])
    lines = layer_lines(WIDE, dataclasses.replace(sick, layers=layers))
    assert lines[0].split()[3:5] == ["dead", "saturated"]
    assert [line.replace(" %", "%").split()[4:6] for line in lines[3:5]] == [["–", "–"], ["50%", "37%"]]


def test_before_a_training_there_is_no_after() -> None:
    untrained = run(layers=3, loss=(), theory=0.25, dead=0.5)
    lines = layer_lines(WIDE, untrained)
    assert "after" not in " ".join(lines).lower()
    assert lines[0].split()[:4] == ["gradient", "signal", "signal", "dead"]
    assert lines[1].split()[:5] == ["layer", "before", "before", "theory", "before"]
    assert [line.split()[0] for line in depth_chart([group(untrained)], WIDE).splitlines()[1:2]] == ["●"]
    assert "after training" not in depth_chart([group(untrained)], WIDE)
    table, caption = comparison_tables(groups_of([untrained, run("relu", layers=3, loss=())]), WIDE)
    lines = screen(render(table, WIDE), WIDE)
    assert lines[2].split() == ["layer", "before", "before"]
    assert [len(line.split()) for line in lines[4:7]] == [3, 3, 3]
    assert "after" not in render(caption, WIDE).lower()


def test_several_seeds_are_medians_with_the_least_and_the_largest_beside_them() -> None:
    lines = layer_lines(WIDE, *(run(layers=2, factor=0.5, size=size, seed=i) for i, size in enumerate((4, 1, 3))))
    assert lines[1].split()[1:4] == ["before", "least", "largest"]
    assert [float(cell) for cell in lines[3].split()[1:4]] == [0.75, 0.25, 1.0]
    assert "Medians over the seeds, and the least and the largest." in " ".join(lines)


@pytest.mark.parametrize("norm", [0.0, math.inf, math.nan, 5e-324, 1e308])
def test_norms_that_left_the_ordinary_numbers(norm: float) -> None:
    for verdict in ("diverged", "vanishing", "exploding"):
        report(Terminal(), of_norms(verdict, *[norm] * 5, loss=(math.nan,)))


# --- the tables of several ---------------------------------------------------------------------------------------


def test_activations_stand_beside_each_other() -> None:
    groups = groups_of([run(layers=2, factor=0.5), run("relu", "he", "healthy", layers=2, factor=1.0)])
    table, caption = comparison_tables(groups, Terminal())
    lines = screen(render(table, Terminal()), Terminal())
    assert lines[0].split() == ["sigmoid", "relu"]
    assert lines[2].split() == ["layer", "before", "after", "before", "after"]
    rows = [line.split() for line in lines[4:] if line]
    assert [float(cell) for cell in rows[0][1:]] == pytest.approx([0.25, 0.0025, 1.0, 0.01])
    assert [row[0] for row in rows] == ["1", "2", "output"]
    assert "Before and after training." in render(caption, Terminal())


def test_activations_that_do_not_fit_go_into_further_tables() -> None:
    names = ["relu", "gelu", "silu", "tanh", "elu", "selu", "mish", "softplus"]
    groups = groups_of([run(name, layers=2) for name in names])
    *tables, _ = comparison_tables(groups, Terminal())
    headers = [screen(render(table, Terminal()), Terminal())[0].split() for table in tables]
    assert len(tables) > 1
    assert [name for header in headers for name in header] == names


def test_the_outcome_of_each() -> None:
    runs = [run(theory=0.26), run("relu", "he", "healthy", factor=1.0, theory=1.01, loss=())]
    lines = screen(render(outcome_table(groups_of(runs), Terminal()), Terminal()), Terminal())
    assert lines[3].split() == ["sigmoid", "xavier", "vanishing", "0.25", "0.26", "0.75", "0.347", "0.693", "75", "%"]
    assert lines[4].split() == ["relu", "he", "healthy", "1.0", "1.01", "–", "–", "0.693", "–"]


def test_the_outcome_over_seeds_has_their_spread_and_counts_their_verdicts() -> None:
    runs = [
        run(factor=0.5, loss=(1.0, 0.5), seed=0),
        run(factor=0.25, loss=(1.0, 0.3), seed=1),
        run(factor=0.9, loss=(1.0, 0.2), seed=2, verdict="healthy"),
    ]
    line = screen(render(outcome_table(groups_of(runs), WIDE), WIDE), WIDE)[3]
    assert "vanishing 2, healthy 1" in line
    assert "0.5 (0.25–0.9)" in line
    assert line.split()[-4:] == ["0.15", "0.693", "75", "%"]


# --- the chart ---------------------------------------------------------------------------------------------------


def test_signals_stand_at_their_powers_of_ten() -> None:
    terminal = Terminal()
    picture = Picture(depth_chart([group(run(factor=0.1))], terminal), terminal)
    assert picture.at("2", "10⁻²⁰") != "●"
    assert picture.at("1", "10⁻²⁰") == "●"
    assert picture.at("16", "10⁻⁵") == "●"


def test_a_signal_of_zero_has_no_place_on_a_logarithmic_scale_and_it_is_said() -> None:
    without, within = of_norms("healthy", 1e-3, 1e-2, 0.1, 1.0), of_norms("vanishing", 0.0, 1e-2, 0.1, 1.0)
    titles = [depth_chart([group(one)], Terminal()).splitlines()[0] for one in (without, within)]
    assert titles == [TITLE, f"{TITLE} (a 0 is not drawn)"]


def test_theory_is_a_curve_of_its_own() -> None:
    terminal = Terminal()
    text = depth_chart([group(run(factor=0.1, theory=0.2))], terminal)
    assert "● before training   ■ after training   ▲ before training, in theory" in text
    picture = Picture(text, terminal)
    assert "".join(picture.canvas).count("▲") >= 15, "theirs diverge from the last layer on"
    assert "theory" not in depth_chart([group(run(factor=0.1))], terminal)


def test_the_output_layer_has_no_signal_to_compare() -> None:
    lonely = dataclasses.replace(run(layers=2), layers=(*run(layers=2).layers[:2], record(3, 1e9, 1e9)))
    assert depth_chart([group(lonely)], Terminal()) == depth_chart([group(run(layers=2))], Terminal())


def test_many_activations_share_a_chart_of_their_signals_before_training() -> None:
    runs = [run(name, theory=0.3) for name in ("sigmoid", "tanh", "relu", "gelu")]
    lines = depth_chart(groups_of(runs), Terminal()).splitlines()
    assert lines[0].endswith("before training")
    assert lines[1] == "● sigmoid   ■ tanh   ▲ relu   ◆ gelu"
    assert "● sigmoid   ■ tanh   ▲ relu   ○ theory" in depth_chart(groups_of(runs[:3]), Terminal())


def test_the_colour_of_an_activation_is_one_in_tables_and_chart() -> None:
    runs = [run(theory=0.25), run("relu", "he", "healthy", factor=1.0, theory=1.0)]
    text = depth_report(runs, Terminal(colour=True))
    for index, name in enumerate(("sigmoid", "relu")):
        colour = f"\x1b[38;5;{appearance(index).colour}m"
        assert appearance(index).colour == appearance_of(hollow(index)).colour
        assert re.search(re.escape(colour) + r" *(9\.09e-13|1\.00)\b", text)
        assert f"{colour}{name}" in text
        assert f"{colour}{'●■'[index]}\x1b[0m {name}" in text
        assert f"{colour}{'○□'[index]}" in text


# --- the report as a whole ---------------------------------------------------------------------------------------


def test_three_activations_take_one_low_screen_where_cures_have_room_below() -> None:
    sick = dataclasses.replace(run(theory=0.25), slope_range=(0.0, 0.25), weight_gain=1.0)
    runs = [sick, *(run(name, "he", "healthy", factor=1.0, theory=1.0) for name in ("relu", "gelu"))]
    text = depth_report(runs, Terminal(), one_screen=True)
    assert text.count("\n") + 1 + MOST_CURES < Terminal().height
    said = " ".join(text.split())
    assert f"sigmoid: {verdict_sentence(sick).split(': ')[1].split(', a factor')[0]}. " in said
    assert "The slope of sigmoid is at most 0.25" in said
    assert "relu: " not in said, "a healthy run has all in the table"
    assert "layer keeps" not in " ".join(depth_report(runs[1:], Terminal(), one_screen=True).split())
    whole = " ".join(depth_report(runs, Terminal()).split())
    assert "With relu and he initialisation the network learnt" in whole


def test_where_the_table_has_no_room_for_the_initialisations_a_sentence_has_them() -> None:
    runs = [run(), run("relu", "he", "healthy", factor=1.0)]
    narrow = " ".join(depth_report(runs, Terminal(width=50), one_screen=True).split())
    assert "The initialisations differ: xavier for sigmoid, he for relu." in narrow
    assert "initialisations differ" not in depth_report(runs, Terminal(), one_screen=True)


def test_the_initialisations_stand_in_the_table_before_the_loss_at_the_start() -> None:
    runs = [run(), run("relu", "he", "healthy", factor=1.0)]
    for width in (60, 78):
        lines = depth_report(runs, Terminal(width=width), one_screen=True).splitlines()
        head = next(line for line in lines if line.startswith("activation"))
        assert head.split()[:6] == ["activation", "init", "verdict", "measured", "theory", "after"], head
        above = lines[lines.index(head) - 1]
        alike = depth_report([run(), run()], Terminal(width=width), one_screen=True)
        assert "before" in alike
        assert "init" not in alike.split()
        assert above.rindex("loss") + 4 == head.index("  after") + 7


@pytest.mark.parametrize(("verdict", "factor"), [("vanishing", 0.25), ("healthy", 1.0), ("exploding", 2.0)])
def test_at_80x24_the_screen_ends_with_chart_and_sentence(verdict: str, factor: float) -> None:
    lines = report(Terminal(80, 24), run(verdict=verdict, factor=factor))
    assert lines[0] == f"sigmoid, xavier initialisation, 20 hidden layers: {verdict}"
    title = next(index for index, line in enumerate(lines) if line.startswith(TITLE))
    assert len(lines) - title <= (23 if verdict == "healthy" else 19), "the cures come below"
    assert lines[title + 1] == "● before training   ■ after training"
    assert "".join(lines[title + 2 :]).count("●") >= 17, "a lower chart may put two of them into one cell"
    assert lines[-1].endswith(".")
    tail = " ".join(lines[title:])
    assert "sigmoid: binary cross-entropy 0.75 → 0.3468 in 3 steps (guessing 0.6931), accuracy 50 % → 75 %" in tail
    assert verdict_sentence(run(verdict=verdict, factor=factor)) in tail


@pytest.mark.parametrize("layers", [3, 20, 100])
def test_one_screen_is_one_screen_with_as_many_rows_of_the_table_as_fit(layers: int) -> None:
    rows = []
    for height in range(24, 100, 3):
        terminal = Terminal(80, height)
        text = depth_report([run(layers=layers, theory=0.26)], terminal, one_screen=True)
        lines = screen(text, terminal)
        assert len(lines) + 1 + 3 + 1 <= height, "the cures and the prompt come below"
        assert any(line.startswith(TITLE) for line in lines)
        rows.append(sum(bool(re.match(r" *\d+ +\d+\.\d", line)) for line in lines))
        assert ("--format table" in text) == (rows[-1] == 0)
    assert rows == sorted(rows)
    assert rows[-1] == len(layer_rows(layers))


def layer_rows(layers: int) -> list[str]:
    return [
        line for line in layer_lines(Terminal(), run(layers=layers, theory=0.26)) if re.match(r" *\d+ +\d+\.\d", line)
    ]


@pytest.mark.parametrize("unicode", [True, False])
def test_reports_at_any_size(unicode: bool) -> None:
    healthy = run("relu", "he", "healthy", factor=1.0, dead=0.1, theory=1.0)
    seeds = [run(seed=seed, size=seed + 1.0) for seed in range(3)]
    for width in (20, 24, 36, 50, 80, 120):
        for height in (5, 15, 24, 40):
            terminal = Terminal(width, height, unicode=unicode)
            for runs in ([run()], [run(), healthy], seeds, [*seeds, healthy], [run(layers=1)], [run(loss=())]):
                report(terminal, *runs)


def test_without_runs_the_report_is_empty() -> None:
    assert depth_report([], Terminal()) == ""


def test_one_layer_is_no_curve() -> None:
    text = "\n".join(report(Terminal(), run(layers=1)))
    assert text.startswith("sigmoid, xavier initialisation, 1 hidden layer: vanishing\n")
    assert TITLE not in text
    assert TITLE in "\n".join(report(Terminal(), run(layers=2)))


@pytest.mark.parametrize("signals", [(0.0, 0.0, 0.0), (0.0, 0.0, 0.1), (math.nan, math.inf, 0.1)])
def test_signals_that_cannot_be_drawn_are_no_curve(signals: tuple[float, ...]) -> None:
    assert TITLE not in "\n".join(report(Terminal(), of_norms("vanishing", *signals, 1.0)))


def test_title_and_sentence_name_norm_and_residual_connections() -> None:
    both = {"norm": "layer", "residual": True}
    for settings, title, sentence in (
        ({}, "", "sigmoid and xavier initialisation"),
        ({"norm": "batch"}, ", batch norm", "sigmoid, xavier initialisation and batch norm"),
        ({"residual": True}, ", residual connections", "sigmoid, xavier initialisation and residual connections"),
        (both, ", layer norm, residual connections", "sigmoid, xavier initialisation, layer norm and residual"),
    ):
        lines = report(Terminal(120), run(layers=5, **settings))
        assert lines[0] == f"sigmoid, xavier initialisation{title}, 5 hidden layers: vanishing"
        assert f"With {sentence}" in " ".join(lines)


def test_of_many_activations_the_healthy_ones_share_a_line() -> None:
    names = ("relu", "tanh", "gelu")
    healthy = [run(name, "he", "healthy", layers=4, factor=1.0) for name in names]
    three = report(Terminal(), *healthy)
    assert [sum(line.startswith(f"With {name} and he") for line in three) for name in names] == [1, 1, 1]
    four = report(Terminal(), *healthy, run(layers=4))
    assert four[-3] == "With relu, tanh, gelu the network is better than guessing."
    assert (
        " ".join(four[-2:]) == "The initialisations differ: he for relu, he for tanh, he for gelu, xavier for sigmoid."
    )
    assert [sum(line.startswith("With ") for line in four)] == [2]
    assert "With sigmoid and xavier initialisation the gradient vanishes" in " ".join(four)
    untrained = [run(name, "he", "healthy", layers=4, factor=1.0, loss=()) for name in names]
    assert (
        report(Terminal(), *untrained, run(layers=4, loss=()))[-3] == "With relu, tanh, gelu the gradient is healthy."
    )
    mixed = [run("silu", "he", verdict, layers=4, seed=seed) for seed, verdict in enumerate(("healthy", "vanishing"))]
    assert "2 seeds: healthy 1, vanishing 1. Seed 0: With silu" in " ".join(report(Terminal(), *healthy, *mixed))


def test_a_single_step_is_one_step() -> None:
    assert "sigmoid: binary cross-entropy 0.5 → 0.25 in 1 step (guessing" in " ".join(
        report(Terminal(), run(loss=(0.5,)))
    )


def test_a_run_that_was_not_trained_has_no_loss() -> None:
    text = " ".join(report(Terminal(), run(loss=())))
    assert "sigmoid: not trained; binary cross-entropy 0.8 (guessing 0.6931)" in text
    assert text.endswith("Nothing was trained: this is about the gradient alone.")
    assert "Nothing was trained" not in " ".join(report(Terminal(), run()))


def test_seeds_are_counted_and_the_sentence_is_about_a_typical_one() -> None:
    runs = [
        run(verdict="healthy", factor=0.9, seed=4),
        run(verdict="vanishing", factor=0.25, seed=5),
        run(verdict="vanishing", factor=0.3, seed=6),
    ]
    text = " ".join(report(Terminal(), *runs))
    assert text.startswith("sigmoid, xavier initialisation, 20 hidden layers, 3 seeds: vanishing 2, healthy 1")
    assert "3 seeds: vanishing 2, healthy 1. Seed 5: With sigmoid" in text
    assert "a factor of 0.25 per layer" in text
    assert "0.3 (0.25–0.9)" in text, "the factor per layer over the seeds"


# --- the sentences: true where printed, absent where not true -----------------------------------------------------

UNTRAINED = " Nothing was trained: this is about the gradient alone."


def test_vanishing() -> None:
    assert verdict_sentence(run(theory=0.24, loss=())) == (
        "With sigmoid and xavier initialisation the gradient vanishes: the gradient signal at layer 1 is 270 billion "
        "times smaller than at layer 20, a factor of 0.25 per layer (in theory 0.24)." + UNTRAINED
    )
    trained = verdict_sentence(run(loss=(0.75, 1.4)))
    assert (
        "It did not learn: in 2 steps the loss over the data fell from 0.75 to 0.7, and guessing gives 0.693."
        in trained
    )
    assert "went from 0.5 to 0.7" in verdict_sentence(run(loss=(0.5, 1.4)))


def test_vanishing_to_nothing() -> None:
    nothing = of_norms("vanishing", 0.0, 0.0, 1.0, 1.0, decay=0.0)
    assert "of the gradient signal at layer 3 nothing arrives at layer 1." in verdict_sentence(nothing)
    with_theory = dataclasses.replace(nothing, decay_per_layer_theory=0.25)
    assert "arrives at layer 1 (in theory a factor of 0.25 per layer)." in verdict_sentence(with_theory)


def test_vanishing_beyond_the_floating_point_range() -> None:
    far = of_norms("vanishing", 1e-300, 1.0, 1e300, 1.0, decay=1e-300)
    assert "10^600 times smaller" in verdict_sentence(far)


def test_exploding() -> None:
    sentence = verdict_sentence(run("relu", "he", "exploding", factor=2.0))
    assert "520,000 times larger than at layer 20, a factor of 2.0 per layer" in sentence
    table = {
        (math.inf, 0.5): "at layer 1 is too large for the floating-point type; at layer 2 it is 0.5.",
        (0.5, math.inf): "at layer 2 is too large for the floating-point type; at layer 1 it is 0.5.",
        (math.inf, math.inf): "at layer 1 and layer 2 is too large for the floating-point type.",
    }
    for norms, words in table.items():
        assert words in verdict_sentence(of_norms("exploding", *norms, 1.0))


@pytest.mark.parametrize(
    ("norms", "words"),
    [
        ((0.0, 0.0, 1.0), "the gradient signal is 0 at layer 2, and 0.0 at layer 1"),
        ((0.0625, 0.0, 1.0), "the gradient signal is 0 at layer 2, and 0.0625 at layer 1"),
        ((0.0, 1.0, 1.0), "of the gradient signal at layer 2 nothing arrives at layer 1"),
    ],
)
def test_nothing_is_compared_with_a_signal_of_zero(norms: Sequence[float], words: str) -> None:
    assert words in verdict_sentence(of_norms("vanishing", *norms))


def test_a_gradient_that_was_sound_before_training_is_told_before_and_after_it() -> None:
    """Before training layer 1 has the signal of layer 20; after it 10^-8 of that, and nothing is told of the slopes."""
    sound = dataclasses.replace(run("tanh", "he", factor=1.0), slope_range=(0.0, 0.25), weight_gain=1.0)
    first = dataclasses.replace(sound.layers[0], signal_norm_final=1e-10)
    late = dataclasses.replace(sound, layers=(first, *sound.layers[1:]))
    assert (
        "the gradient vanishes in the course of the training: before training the gradient signal at layer 1 is about "
        "as large as at layer 20, a factor of 1.0 per layer; after it the gradient signal at layer 1 is 100 million "
        "times smaller than at layer 20. It did not learn:"
    ) in verdict_sentence(late)
    assert "slope" not in verdict_sentence(late)
    assert "the course of" not in verdict_sentence(run())


def test_the_cause_is_a_slope_that_is_small_everywhere_and_only_then() -> None:
    small = dataclasses.replace(run(), slope_range=(0.0, 0.25), weight_gain=1.0)
    said = " The slope of sigmoid is at most 0.25, so that with these weights a layer keeps in theory at most 0.25 of"
    assert said in verdict_sentence(small)
    falling = dataclasses.replace(small, slope_range=(-3.0, 0.1))
    assert "The slope of" not in verdict_sentence(falling), "it is steep downwards"
    assert "keeps in theory at most 0.5 of" in verdict_sentence(dataclasses.replace(small, weight_gain=2.0))
    for other in ({"weight_gain": 4.0}, {"norm": "batch"}, {"residual": True}, {"verdict": "exploding"}):
        assert "The slope of" not in verdict_sentence(dataclasses.replace(small, **other))


def test_the_cause_is_saturation_where_most_slopes_are_small_before_training() -> None:
    steep = dataclasses.replace(run(), slope_range=(0.0, 1.0), weight_gain=5.0)
    layers = tuple(dataclasses.replace(layer, saturated_fraction_initial=0.75) for layer in steep.layers)
    mostly = dataclasses.replace(steep, layers=layers)
    said = " On average 75 % of the slopes are under 5 % of the largest slope of sigmoid."
    assert verdict_sentence(mostly).endswith(said)
    # x² has no largest slope: one near 0 is small because the signal is.
    boundless = dataclasses.replace(mostly, slope_range=(-math.inf, math.inf))
    half = tuple(dataclasses.replace(layer, saturated_fraction_initial=0.51) for layer in steep.layers)
    for other in (steep, boundless, dataclasses.replace(steep, layers=half)):
        assert "On average" not in verdict_sentence(other)
    assert "or under 0.05 if there is no largest" in " ".join(layer_lines(WIDE, boundless))
    assert "if there is no largest" not in " ".join(layer_lines(WIDE, mostly))


def test_stuck() -> None:
    stuck = dataclasses.replace(run("identity", verdict="stuck", factor=1.0), slope_range=(1.0, 1.0))
    text = verdict_sentence(stuck)
    assert "the network did not learn: in 3 steps the loss over the data fell from 0.75 to 0.347, and guessing" in text
    assert "; before training the gradient signal at layer 1 is about as large as at layer 20" in text
    assert text.endswith(
        " identity does not bend: whatever its depth, the network can learn no more than one linear layer."
    )
    for other in ({"slope_range": (0.0, 1.0)}, {"norm": "layer"}):
        assert "does not bend" not in verdict_sentence(dataclasses.replace(stuck, **other))
    assert "before training" not in verdict_sentence(run(verdict="stuck", layers=1))
    still = dataclasses.replace(stuck, loss_data_initial=0.69341, loss_data_final=0.69339)
    assert "in 3 steps the loss over the data stayed at 0.693, to three digits, and guessing" in verdict_sentence(still)
    assert "stayed" not in text


def test_healthy() -> None:
    learnt = verdict_sentence(run("relu", "he", "healthy", factor=1.001))
    assert "the network learnt: in 3 steps the loss over the data fell from 0.75 to 0.347, and guessing gives" in learnt
    assert "Before training the gradient signal at layer 1 is about as large as at layer 20" in learnt
    steady = dataclasses.replace(run("relu", "he", "healthy"), loss_data_initial=0.36)
    assert "the network is better than guessing: in 3 steps the loss over the data fell from 0.36" in (
        verdict_sentence(steady)
    )
    lucky = dataclasses.replace(run("relu", "he", "healthy"), loss_data_initial=0.3)
    assert "the network is better than guessing: in 3 steps the loss over the data went from 0.3 to 0.347" in (
        verdict_sentence(lucky)
    )
    overcome = verdict_sentence(run("sigmoid", "xavier", "healthy", factor=1.5))
    assert (
        "Before training the gradient exploded: the gradient signal at layer 1 is 2,200 times larger than" in overcome
    )
    assert overcome.endswith("; after it the gradient signal at layer 1 is 2,200 times larger than at layer 20.")
    assert "exploded" not in learnt
    assert "after it" not in learnt
    assert "more than half" not in learnt.lower()
    dying = verdict_sentence(run("relu", "he", "healthy", layers=3, factor=1.0, dead=0.9))
    assert dying.endswith(" More than half of the units in each of 3 of 3 hidden layers are dead.")
    assert "no depth to vanish in" in verdict_sentence(run("relu", "he", "healthy", layers=1, loss=()))
    untrained = verdict_sentence(run("relu", "he", "healthy", factor=1.001, loss=()))
    assert "the gradient is healthy: the gradient signal at layer 1 is about as large as at layer 20" in untrained
    assert "the gradient is healthy" not in learnt
    assert "vanish in" not in untrained


def test_dead() -> None:
    sentence = verdict_sentence(run("relu", "he", "dead", layers=3, dead=1.0))
    assert "the network died: in 3 of 3 hidden layers the slope of every unit is 0 for every input" in sentence
    assert "so nothing of the gradient arrives at layer 1. It did not learn:" in sentence
    layers = [dataclasses.replace(layer, dead_fraction_initial=1.0) for layer in run(layers=1, dead=1.0).layers]
    of_residual = verdict_sentence(dataclasses.replace(run(verdict="dead", layers=1, dead=1.0), layers=tuple(layers)))
    assert "the network died: in layer 1 the slope" in of_residual  # a signal came past the dead units at first
    layers[0] = dataclasses.replace(layers[0], signal_norm_initial=0.0)
    born = verdict_sentence(dataclasses.replace(run(verdict="dead", layers=1, dead=1.0), layers=tuple(layers)))
    assert "the network is dead from the start: in layer 1 the slope" in born
    assert "died" not in born


def test_a_gradient_beyond_float32_without_training() -> None:
    config = DepthConfig(layers=25, width=8, steps=0, init="normal:1000", dtype="float32")
    sentence = verdict_sentence(gradient_depth("sin", config))
    assert sentence.endswith("the gradient signal is no finite number. Nothing was trained.")


def test_diverged() -> None:
    left = dataclasses.replace(run(verdict="diverged", loss=(1.0, math.inf)), loss_data_final=math.inf)
    assert "diverged: after 2 steps the loss or the gradient was no finite number" in verdict_sentence(left)
    never = verdict_sentence(dataclasses.replace(left, loss_data_initial=math.inf))
    assert "the network's output or its loss is no finite number, already before training." in never
    assert "the training diverged" not in never
    gradient = verdict_sentence(run(verdict="diverged"))  # no loss has risen
    assert "diverged: after 3 steps the loss or the gradient was no finite number" in gradient
    risen = verdict_sentence(dataclasses.replace(run(verdict="diverged"), loss_data_final=208613.0))
    assert "diverged: after 3 steps the loss over the data is 208613.0, and guessing gives 0.693" in risen


def test_theory_of_the_width_is_told_where_measurement_and_theory_differ() -> None:
    narrow = dataclasses.replace(
        run("identity", "normal:1", "exploding", factor=1.74, theory=2.0),
        decay_per_layer_finite_width=FiniteWidth(1.46, 1.75, 2.09),
    )
    told = (
        "a factor of 1.74 per layer (in theory 2.0 at infinite width; at this "
        "width typically 1.75, in 19 of 20 networks"
    )
    assert told in verdict_sentence(narrow)
    assert "1.46 to 2.09)" in verdict_sentence(narrow)
    assert "width" not in verdict_sentence(dataclasses.replace(narrow, decay_per_layer=1.96))
    wild = dataclasses.replace(narrow, decay_per_layer_finite_width=FiniteWidth(1e-4, 1e-2, 1.0))
    assert "at infinite" not in verdict_sentence(wild), "a theory of small fluctuations"


# --- initialisations and cures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preference", "words"),
    [
        (None, ""),
        (
            Preference("he", -6.93, 0.0),
            "he: the signal changes by a factor of 1.0 over 20 layers, with xavier by a factor of 0.000978 "
            "(theory for first pre-activations of variance 1)",
        ),
        (
            Preference("xavier", 0.0, 6.93),
            "xavier: the signal changes by a factor of 1.0 over 20 layers, with he by a factor of 1022 (theory",
        ),
        (
            Preference("xavier", -29.0, -23.0),
            "xavier: with it and with he the signal loses on average more than half per layer (theory",
        ),
        (
            # Equal up to rounding: less than half of the signal is lost.
            Preference("xavier", -3.0000000001, -3.0),
            "xavier: the signal changes by a factor of 0.0498 over 20 layers, with he by a factor of 0.0498",
        ),
        (Preference("xavier", math.nan, math.nan), "no factor of the signal was found in theory with xavier and he"),
        (Preference("he", 1500.0, 1400.0), "by a factor of 10^608 over 20 layers, with xavier by a factor of 10^651"),
        (Preference("xavier", 0.5, math.nan), "xavier: no factor of the signal was found in theory with he"),
        (
            Preference("xavier", -math.inf, -math.inf),
            "the signal changes to nothing over 20 layers, with he to nothing (theory",
        ),
    ],
)
def test_auto_names_its_initialisation_and_the_reason(preference: Preference | None, words: str) -> None:
    assert words in init_line(dataclasses.replace(run(), init_preference=preference))
    assert bool(words) == bool(init_line(dataclasses.replace(run(), init_preference=preference)))


def test_the_reason_of_the_initialisation_is_about_plain_networks() -> None:
    other = dataclasses.replace(run(norm="batch", residual=True), init_preference=Preference("he", -6.93, 0.0))
    assert init_line(other).endswith("of variance 1, without batch norm, without residual connections)")


def test_initialisations_that_differ_are_named() -> None:
    assert differing_inits([run(), run("tanh")]) == ""
    assert differing_inits([run(), run("relu", "he")]) == "The initialisations differ: xavier for sigmoid, he for relu."


def test_cures_are_listed_as_they_are_typed_with_what_they_gave() -> None:
    cured = run("relu", "he", "healthy", loss=(0.7, 0.4))
    numbers = dataclasses.replace(cured, accuracy_final=None)
    cures = [("--act relu", Cure({"activation": "relu"}, cured)), ("--norm batch", Cure({"norm": "batch"}, numbers))]
    assert cure_lines(run(seed=3), cures, 17) == [
        "Cures, trained like sigmoid (2 steps, seed 3), best first:",
        "  --act relu    loss 0.2, accuracy 75 %",
        "  --norm batch  loss 0.2",
    ]
    (none,) = cure_lines(run(), [], 17)
    assert none == ("No cure: of 17 changes tried, the best few were trained for all steps, and none of them learnt.")
