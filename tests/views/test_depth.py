import math

import numpy as np
import pytest

from actcli.core.depth import DepthRun, LayerRecord
from actcli.views.depth import depth_chart, depth_report, depth_table, loss_line
from actcli.views.palette import look
from actcli.views.render import render
from actcli.views.terminal import Terminal
from actcli.views.verdict import verdict_sentence
from tests.views.screens import Picture, screen


def run(
    activation: str = "sigmoid",
    init: str = "xavier",
    verdict: str = "vanishing",
    layers: int = 20,
    factor: float = 0.25,
    dead: float = 0.0,
    loss: tuple[float, ...] = (0.75, 0.7, 0.6935),
) -> DepthRun:
    """Norms that shrink by `factor` a layer, from 1 in the output layer; after training a hundredth of them."""
    norms = [factor ** (layers + 1 - layer) for layer in range(1, layers + 2)]
    records = tuple(LayerRecord(i, n, n / 100, n, n / 100, dead) for i, n in enumerate(norms, 1))
    return DepthRun(activation, init, records, loss, verdict, factor if layers > 1 else None)


def report(terminal: Terminal, *runs: DepthRun) -> list[str]:
    return screen(depth_report(runs or (run(),), terminal), terminal)


def test_a_row_a_layer() -> None:
    lines = screen(render(depth_table(run(), Terminal()), Terminal()), Terminal())
    rows = [line for line in lines[3:] if line][:21]
    assert [row.split()[0] for row in rows] == [*map(str, range(1, 21)), "output"]
    assert rows[0].split()[1:4] == ["9.09e-13", "9.09e-15", "9.09e-13"]
    assert rows[20].split()[1:4] == ["1.00e+00", "1.00e-02", "1.00e+00"]


def test_bars_are_logarithms() -> None:
    lines = screen(render(depth_table(run(factor=0.1, layers=8), Terminal()), Terminal()), Terminal())
    scale = lines[1].split()[-2:]
    assert scale == ["10⁻⁹", "10⁰"], "a decade below the smallest"
    bars = [
        line[line.index(next(c for c in line if c in "▏▎▍▌▋▊▉█")) :] for line in lines if "▏" in line or "█" in line
    ]
    lengths = np.array([len(bar) for bar in bars])
    assert len(bars) == 9
    assert np.ptp(np.diff(lengths)) <= 1, "every layer is as much longer as the one before"


@pytest.mark.parametrize(("verdict", "factor"), [("vanishing", 0.25), ("healthy", 1.0), ("exploding", 2.0)])
def test_at_80x24_the_screen_ends_with_chart_and_sentence(verdict: str, factor: float) -> None:
    lines = report(Terminal(80, 24), run(verdict=verdict, factor=factor))
    title = lines.index("norm of each layer's weight gradient")
    assert len(lines) - title <= 23
    assert lines[title + 1] == "● before training   ■ after training"
    assert "".join(lines[title + 2 :]).count("●") == 21
    assert lines[-1].endswith(".")
    tail = " ".join(lines[title:])
    assert "sigmoid: loss 0.75 → 0.6935 in 3 steps" in tail
    assert verdict_sentence(run(verdict=verdict, factor=factor)) in tail


def test_norms_stand_at_their_powers_of_ten() -> None:
    terminal = Terminal()
    picture = Picture(depth_chart([run(factor=0.1)], terminal), terminal)
    assert picture.at("1", "10⁻²⁰") == "●"
    assert picture.at("16", "10⁻⁵") == "●"


@pytest.mark.parametrize("unicode", [True, False])
def test_reports_at_any_size(unicode: bool) -> None:
    for width in (20, 24, 36, 50, 80, 120):
        for height in (5, 15, 24, 40):
            report(Terminal(width, height, unicode=unicode))
            report(Terminal(width, height, unicode=unicode), run(), run("relu", "he", "healthy", factor=1.0, dead=0.1))


def test_colour_of_a_run_is_one_in_table_and_chart() -> None:
    text = depth_report([run(), run("relu", "he", "healthy", factor=1.0)], Terminal(colour=True))
    for index, name in enumerate(("sigmoid", "relu")):
        colour = f"\x1b[38;5;{look(index).colour}m"
        assert f"{colour}{'█' * 3}" in text
        assert f"{colour}{'●■'[index]}\x1b[0m {name} before training" in text
        assert f"{colour}{'○□'[index]}\x1b[0m {name} after training" in text


def test_many_runs_share_a_chart_of_their_norms_before_training() -> None:
    runs = [run(name) for name in ("sigmoid", "tanh", "relu", "gelu")]
    text = depth_chart(runs, Terminal())
    assert "before training" in text.splitlines()[0]
    assert text.splitlines()[1] == "● sigmoid   ■ tanh   ▲ relu   ◆ gelu"


def test_many_layers_are_folded_and_it_is_said() -> None:
    deep = run(layers=100, factor=0.5)
    lines = screen(render(depth_table(deep, Terminal()), Terminal()), Terminal())
    shown = [line.split()[0] for line in lines[3:] if line]
    numbers = [int(word) for word in shown[: shown.index("output")]]
    assert numbers[0] == 1
    assert numbers[-1] == 100
    assert 20 < len(numbers) < 45
    assert f"{len(numbers)} of 100 hidden layers" in " ".join(lines)


def test_dead_units_are_shown_if_there_are_any() -> None:
    assert "dead" not in render(depth_table(run(), Terminal()), Terminal())
    assert "dead" in render(depth_table(run(dead=0.5), Terminal()), Terminal())


@pytest.mark.parametrize("norm", [0.0, math.inf, math.nan, 5e-324, 1e308])
def test_norms_that_left_the_ordinary_numbers(norm: float) -> None:
    records = tuple(LayerRecord(i, norm, norm, norm, norm, 0.0) for i in range(1, 6))
    for verdict in ("diverged", "vanishing", "exploding"):
        report(Terminal(), DepthRun("sigmoid", "normal", records, (math.nan,), verdict, None))


def test_an_infinite_norm_has_the_longest_bar() -> None:
    records = tuple(LayerRecord(i, n, n, n, n, 0.0) for i, n in enumerate((math.inf, 1.0, 0.0), 1))
    text = render(depth_table(DepthRun("relu", "normal", records, (), "diverged", None), Terminal()), Terminal())
    bars = [line.count("█") for line in text.splitlines()[3:7]]
    assert bars[0] > 30
    assert bars[0] >= bars[1] > bars[3] == 0


# --- the sentence ------------------------------------------------------------------------------------------------


def test_vanishing() -> None:
    assert verdict_sentence(run()) == (
        "With sigmoid and xavier initialisation the gradient vanishes: the gradient signal at layer 1 is 270 billion "
        "times smaller than at layer 20, a factor of 0.25 per layer, so the first layers hardly learn; try relu, whose "
        "slope of 1 lets the signal through."
    )


def test_vanishing_to_nothing() -> None:
    records = tuple(LayerRecord(i, 0.0, 0.0, 0.0 if i < 3 else 1.0, 0.0, 0.0) for i in range(1, 5))
    sentence = verdict_sentence(DepthRun("sigmoid", "normal", records, (1.0,), "vanishing", 0.0))
    assert "of the gradient signal at layer 3 nothing arrives at layer 1, so" in sentence


def test_vanishing_beyond_the_floating_point_range() -> None:
    records = tuple(LayerRecord(i, n, n, n, n, 0.0) for i, n in enumerate((1e-300, 1.0, 1e300, 1.0), 1))
    assert "10^600 times smaller" in verdict_sentence(DepthRun("tanh", "normal", records, (), "vanishing", 1e-300))


@pytest.mark.parametrize(
    ("activation", "init", "advice"),
    [
        ("tanh", "xavier", "try relu"),
        ("relu", "xavier", "try --init he"),
        ("leaky_relu:negative_slope=0.2", "lecun", "try --init he"),
        ("relu", "he", "try fewer layers"),
    ],
)
def test_what_to_try_against_vanishing(activation: str, init: str, advice: str) -> None:
    assert advice in verdict_sentence(run(activation, init))


def test_exploding() -> None:
    sentence = verdict_sentence(run("relu", "he", "exploding", factor=2.0))
    assert "520,000 times larger than at layer 20, a factor of 2.0 per layer" in sentence
    assert "try smaller weights (--init xavier)" in sentence


def test_exploding_from_nothing() -> None:
    records = tuple(LayerRecord(i, 1.0, 1.0, s, s, 0.0) for i, s in enumerate((1.0, 0.0, 1.0), 1))
    sentence = verdict_sentence(DepthRun("relu", "normal", records, (), "exploding", None))
    assert "beyond all measure" in sentence


def test_healthy() -> None:
    assert "is about as large as at layer 20" in verdict_sentence(run("relu", "he", "healthy", factor=1.001))
    assert "is 2.7 times smaller" in verdict_sentence(run("relu", "he", "healthy", factor=0.95))
    assert "no depth to vanish in" in verdict_sentence(run("relu", "he", "healthy", layers=1))


def test_dead() -> None:
    sentence = verdict_sentence(run("relu", "he", "dead", layers=3, dead=0.9))
    assert "3 of 3 hidden layers died" in sentence
    assert "try leaky_relu" in sentence


def test_diverged() -> None:
    assert "diverged: after 2 steps" in verdict_sentence(run(verdict="diverged", loss=(1.0, math.inf)))


def test_loss_line() -> None:
    assert loss_line(run()) == "sigmoid: loss 0.75 → 0.6935 in 3 steps"
    assert loss_line(run(loss=())) == "sigmoid: not trained"
