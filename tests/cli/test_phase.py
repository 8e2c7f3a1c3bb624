"""actcli phase, through the program: maps, trained networks, interrupted and resumed sweeps."""

import csv
import json
import math
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.cli.helpers import (
    HASTY,
    PROGRAM,
    actcli,
    complaint,
    document,
    environment,
    in_terminal,
    output,
    wait_until,
)
from tests.each import each

SWEEP = ("phase", "tanh", "--measure", "--cells", "3x3", "--depths", "2", "6", "--width", "8", "--steps", "6")


# --- theory -----------------------------------------------------------------------------------------------------


def test_json_has_a_row_for_each_bias_variance() -> None:
    found = document("phase", "tanh", "--weights", "1.3", "4", "--biases", "0", "0.05", "--cells", "10x2")
    assert found["sigma_w2"] == np.linspace(1.3, 4, 10).tolist()
    assert found["sigma_b2"] == [0.0, 0.05]
    for name in ("q", "chi_perpendicular", "correlation", "correlation_depth_scale"):
        assert np.shape(found[name]) == (2, 10)
    # From mpmath: fixed points of both maps.
    scales = dict(zip(np.round(found["sigma_w2"], 9), found["correlation_depth_scale"][1], strict=True))
    assert [scales[1.3], scales[2.5], scales[4.0]] == pytest.approx([7.834, 11.7956, 6.98027], rel=2e-4)
    assert found["edge"][-1] == pytest.approx([1.760955, 0.05], rel=1e-6)


def test_what_diverges_is_null() -> None:
    found = document("phase", "relu", "--weights", "1", "3", "--biases", "0", "1", "--cells", "3x2")
    assert found["q"] == [[0.0, 1.0, None], [2.0, None, None]]
    assert found["correlation_depth_scale"][0][2] is None
    assert found["edge_grows"] is True
    assert [point[0] for point in found["edge"]] == pytest.approx([2.0, 2.0])


def test_relu_is_critical_at_two_and_the_picture_says_so() -> None:
    text = " ".join(output("phase", "relu", "--of", "q").split())
    assert "relu is critical at σ_w² = 2.0 for every σ_b²: χ⊥ = 1 there" in text
    assert "the variance grows without end where σ_b² > 0" in text
    assert "critical at" not in output("phase", "tanh")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tanh", "χ⊥ < 1: ordered"),
        ("tanh --weights 0.1 0.9", "χ⊥ < 1 wherever it is known here: ordered"),
        ("tanh --weights 3.8 4 --biases 0.01 0.1", "χ⊥ > 1 wherever it is known here: chaotic"),
        ("step", "as step jumps or E f'² is not finite"),
        ("relu --of q", "Blank: the variance grows without end."),
        ("tanh --of q", "The lowest colour stands for 0 too"),
        ("tanh --of depth-scale", "up to ∞"),
        ("sigmoid", "There is no critical point."),
        ("linear --of correlation --weights 0.1 0.9", "every correlation stays"),
    ],
)
def test_a_sentence_for_what_the_map_shows(line: str, said: str) -> None:
    assert said in " ".join(output("phase", *line.split(), "--cells", "12x8").split())


def test_a_map_without_gaps_has_no_note_on_blanks() -> None:
    for of in ("chi", "q"):
        assert "Blank" not in output("phase", "tanh", "--of", of, "--cells", "12x8")


def test_the_usual_initialisations_are_marked() -> None:
    assert "critical point, Xavier, LeCun   ■ He   ▲ PyTorch's default" in output("phase", "tanh")
    assert "critical point, He " in output("phase", "relu")


def test_a_layer_at_one_initialisation() -> None:
    found = document("phase", "erf", "--sigma-w2", "1.5", "--sigma-b2", "0.1")
    for q, after in found["variance_map"]:  # Williams 1997
        assert after == pytest.approx(1.5 * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + 0.1, rel=1e-9)
    q = found["fixed_point"]["q"]
    for c, after in found["correlation_map"]:
        wanted = 1.5 * 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q)) + 0.1
        assert after * q == pytest.approx(wanted, rel=1e-8)
    text = output("phase", "erf", "--sigma-w2", "1.5", "--sigma-b2", "0.1")
    assert "variance map" in text
    assert "correlation map" in text


def test_where_the_signal_grows_there_is_no_correlation_map() -> None:
    found = document("phase", "relu", "--sigma-w2", "2.5", "--sigma-b2", "0.1")
    assert found["correlation_map"] is None
    assert "does not settle" in output("phase", "relu", "--sigma-w2", "2.5", "--sigma-b2", "0.1")


def test_csv_has_a_line_for_each_cell() -> None:
    rows = [*csv.DictReader(output("phase", "relu", "--cells", "3x2", "--format", "csv").splitlines())]
    assert [(row["sigma_w2"], row["sigma_b2"]) for row in rows[:3]] == [("0.0", "0.0"), ("2.0", "0.0"), ("4.0", "0.0")]
    assert rows[-1]["q"] == ""


@pytest.mark.parametrize("options", [(), ("--of", "correlation"), ("--sigma-w2", "2", "--sigma-b2", "0.1")])
@pytest.mark.parametrize("size", [(80, 24), (24, 12)])
def test_it_fits_the_screen(options: tuple[str, ...], size: tuple[int, int]) -> None:
    extra = () if "--sigma-w2" in options else ("--cells", "12x8")
    terminal = in_terminal("phase", "tanh", *options, *extra, size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]


def test_in_ascii() -> None:
    assert output("phase", "tanh", "--ascii", "--of", "depth-scale", "--cells", "12x8").isascii()


@each(
    ("line", "said"),
    [
        ("softmax", "softmax acts on whole rows"),
        ("tanh --weights 2 1", "--weights takes the smaller end first, not 2 1"),
        ("tanh --biases -1 1", "--biases must be a finite number, 0 or more, not -1"),
        ("tanh --sigma-b2 1", "--sigma-b2 needs --sigma-w2"),
        ("tanh --sigma-w2 -1", "--sigma-w2 must be a finite number, 0 or more, not -1"),
        ("tanh --cells 3", "--cells takes two numbers, as in --cells 60x40"),
        ("tanh --cells 0x3", "--cells: each number must be from 1 to 1000"),
        ("tanh --jobs 2", "--jobs: it is for networks that are trained: add --measure"),
        ("tanh --measure --of q", "--of: --measure goes over --depths and --weights"),
        ("tanh --measure --resume", "--resume continues --output FILE.jsonl, which is not given"),
        ("tanh --measure --depths 5 2", "--depths takes the least and the largest"),
        ("tanh --measure --steps 0", "training takes at least one step"),
        ("softmax --measure", "softmax acts on whole rows"),
        ("tanh --sigma-w2 1 --cells 3x3", "--cells: it is for a map over many variances: leave out --sigma-w2"),
    ],
)
def test_what_is_refused(line: str, said: str) -> None:
    assert said in complaint("phase", *line.split())


# --- measurement ------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> list[str]:
    first, *others = path.read_text().splitlines()
    return [first, *sorted(others)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The file of an uninterrupted sweep."""
    path = tmp_path_factory.mktemp("sweep") / "runs.jsonl"
    output(*SWEEP, "--output", path)
    return lines_of(path)


@pytest.mark.parametrize("jobs", ["2"])
def test_more_processes_give_the_same_numbers(whole: list[str], tmp_path: Path, jobs: str) -> None:
    output(*SWEEP, "--output", tmp_path / "runs.jsonl", "--jobs", jobs)
    assert lines_of(tmp_path / "runs.jsonl") == whole
    assert len(whole) == 1 + 9


def test_the_picture_is_made_of_the_lines(whole: list[str]) -> None:
    found = document(*SWEEP)
    runs = [json.loads(line) for line in whole[1:]]
    for run in runs:
        i, j = found["depths"].index(run["layers"]), found["sigma_w2"].index(run["sigma_w2"])
        assert found["accuracy"][i][j] == run["accuracy"]
        assert found["loss"][i][j] == pytest.approx(run["loss"] / run["loss_guess"])
    agree = [
        (found["learnt"][i][j] >= 0.5) == (limit is None or depth <= limit)
        for i, depth in enumerate(found["depths"])
        for j, limit in enumerate(found["depth_limit"])
    ]
    assert found["agreement"] == pytest.approx(sum(agree) / 9)
    share = f"{sum(agree)} of 9 cells agree ({100 * sum(agree) / 9:.0f} %)"
    assert f"networks learn if they are no deeper than 6 ξ_c. {share}" in " ".join(output(*SWEEP).split())


def test_six_depth_scales() -> None:
    found = document(*SWEEP, "--weights", "1.3", "4", "--cells", "1x10", "--depths", "1", "1")
    limits = dict(zip(np.round(found["sigma_w2"], 9), found["depth_limit"], strict=True))
    assert [limits[1.3], limits[2.5], limits[4.0]] == pytest.approx([6 * 7.834, 6 * 11.7956, 6 * 6.98027], rel=1e-4)


def has_come_so_far(process: "subprocess.Popen[bytes]", path: Path, lines: int) -> bool:
    return process.poll() is not None or (path.exists() and path.read_bytes().count(b"\n") >= lines)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_again_and_again_and_resumed(whole: list[str], tmp_path: Path, jobs: str) -> None:
    path = tmp_path / "runs.jsonl"
    for lines in (0, 1, 3, 5):
        command = [PROGRAM, *SWEEP, "--output", str(path), "--resume", "--jobs", jobs]
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(partial(has_come_so_far, process, path, lines))
        process.kill()
        process.wait()
    output(*SWEEP, "--output", path, "--resume")
    assert lines_of(path) == whole


def test_ctrl_c_leaves_a_picture_and_a_file_to_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    sweep = (*SWEEP[:-1], "400", "--output", str(path), "--jobs", "2")
    process = subprocess.Popen(
        [PROGRAM, *sweep], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") >= 2)
    process.send_signal(signal.SIGINT)
    shown, said = process.communicate(timeout=60)
    assert process.returncode == 130
    done = path.read_bytes().count(b"\n") - 1
    match = re.fullmatch(
        r"actcli: interrupted after (\d) of 9 runs; the same command with --resume does the rest\n", said
    )
    assert match
    assert done - 1 <= int(match[1]) <= done
    assert "accuracy after 400 steps" in shown
    assert f"{match[1]} of 9 runs" in shown


def test_a_file_of_other_runs_is_not_resumed(whole: list[str], tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text("\n".join(whole) + "\n")
    assert "exists already" in complaint(*SWEEP, "--output", path)
    assert "these are other runs, config" in complaint(*SWEEP, "--seed", "1", "--output", path, "--resume")
    assert path.read_text().splitlines() == whole


def test_a_sweep_fills_the_terminal_while_it_goes_on() -> None:
    terminal = in_terminal(*SWEEP, env=HASTY)
    assert terminal.exit_code == 0
    assert "9 runs." in " ".join(terminal.on_screen)


# --- a cluster --------------------------------------------------------------------------------------------------


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler on the loopback interface, and its two workers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    address, folder = f"tcp://127.0.0.1:{port}", str(tmp_path)
    quiet = subprocess.DEVNULL

    def dask(what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words]
        return subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd=folder, env=environment())

    started = [dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]
    one = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", folder)
    workers = [dask("worker", address, *one) for _ in range(2)]
    try:
        yield address, workers
    finally:
        for process in (*workers, *started):
            process.kill()
            process.wait()


def test_a_cluster_gives_the_same_numbers_and_a_dead_worker_costs_none(
    whole: list[str], tmp_path: Path, scheduler: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = scheduler
    path = tmp_path / "runs.jsonl"
    process = subprocess.Popen([PROGRAM, *SWEEP, "--output", str(path), "--dask", address], env=environment())
    wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") >= 2)
    workers[0].kill()
    assert process.wait(timeout=90) == 0
    assert lines_of(path) == whole


def test_a_scheduler_that_is_not_there(tmp_path: Path) -> None:
    run = actcli("phase", "tanh", "--measure", "--cells", "1x1", "--jobs", "1", "--dask", "nonsense")
    assert run.returncode == 2
    assert re.fullmatch(r"actcli: no Dask scheduler answers at nonsense: [^\n]*\n", run.stderr)
