"""actcli audit --every, --range, --exclude and --baseline."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.helpers import PROGRAM, actcli, environment, wait_until

KERNELS = """
import os, time
import numpy as np

def tanh(x): return np.tanh(x)
def off(x): return np.nextafter(np.tanh(x), np.float32(np.inf), dtype=x.dtype)
def slow(x):
    while x.max() > -0.5 and not os.path.exists("go"): time.sleep(0.01)
    return tanh(x)
def odd(x):
    y = np.tanh(x)
    y[::1000] = np.nan
    return y
"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("every")
    (folder / "kernels.py").write_text(KERNELS)
    return folder


def run(folder: Path, *words: str, code: int = 0) -> Any:
    done = actcli("audit", *words, "--format", "json", cwd=folder)
    assert (done.returncode, done.stderr if code == 0 else "") == (code, ""), done
    return json.loads(done.stdout)


def refused(folder: Path, *words: str) -> str:
    done = actcli("audit", *words, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    return done.stderr


EVERY = ("tanh", "--every", "--range", "-0.52", "-0.49")
"""A range of two blocks; the second begins at -0.5."""
ENDS = [int(np.float32(end).view(np.uint32)) for end in (0.52, 0.49)]


def test_every_float32_of_a_range_is_audited(workshop: Path) -> None:
    found = run(workshop, *EVERY, "--against", "kernels:odd")
    first, last = ENDS[0] - (np.float32(0.52) > 0.52), ENDS[1] + (np.float32(0.49) < 0.49)
    x = -np.arange(last, first + 1, dtype=np.uint32)[::-1].view(np.float32)
    assert x.size == found["count"]
    assert found["left_out"] == 0
    exact = np.tanh(x.astype(np.float64))
    actual = np.tanh(x).astype(np.float64)
    ulp = np.abs(actual - exact) / np.ldexp(1.0, np.frexp(exact)[1] - 24)
    assert found["finite"]["max_ulp"] <= ulp.max() + 1e-6
    assert found["nan"] >= found["count"] // 1000
    assert "sampled" not in actcli("audit", *EVERY, "--against", "kernels:tanh", cwd=workshop).stdout


def test_two_processes_give_the_same_report(workshop: Path) -> None:
    one = actcli("audit", *EVERY, "--against", "kernels:odd", cwd=workshop)
    two = actcli("audit", *EVERY, "--against", "kernels:odd", "--jobs", "2", cwd=workshop)
    assert (one.returncode, two.returncode, two.stderr) == (0, 0, "")
    assert one.stdout == two.stdout


def test_a_killed_run_goes_on_to_the_same_report(workshop: Path, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    words = (*EVERY, "--against", "kernels:slow", "--output", str(file), "--format", "json")
    process = subprocess.Popen(
        [PROGRAM, "audit", *words], cwd=workshop, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_until(lambda: file.exists() and file.read_bytes().count(b"\n") >= 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (workshop / "go").touch()
    kept = file.read_bytes().count(b"\n")
    with file.open("ab") as cut:
        cut.write(b'{"block": 1, "sta')
    assert "exists already" in refused(workshop, *words)
    resumed = actcli("audit", *words, "--resume", cwd=workshop)
    assert resumed.returncode == 0, resumed
    assert file.read_bytes().count(b"\n") > kept
    whole = json.loads(actcli("audit", *EVERY, "--against", "kernels:slow", "--format", "json", cwd=workshop).stdout)
    assert json.loads(resumed.stdout) == whole
    assert actcli("audit", *words, "--resume", cwd=workshop).stdout == resumed.stdout
    other = refused(workshop, "tanh", "--every", "--range", "1", "2", *words[5:], "--resume")
    assert "these are other runs, region" in other
    file.write_bytes(file.read_bytes().replace(b'"layout":2', b'"layout":1'))
    assert "these are other runs, layout: 1 there and 2 here" in refused(workshop, *words, "--resume")


def test_results_of_another_implementation_are_not_gone_on_with(workshop: Path, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    words = (*EVERY, "--against", "kernels:tanh", "--output", str(file))
    assert actcli("audit", *words, cwd=workshop).returncode == 0
    head, first, second = map(json.loads, file.read_text().splitlines())
    mine = "NumPy {}, kernels:tanh, in float32"
    assert actcli("audit", *words, "--resume", cwd=workshop).returncode == 0, "of one"
    second["source"]["version"] = "2"
    file.write_text("".join(json.dumps(record) + "\n" for record in (head, first, second)))
    both = f"{mine.format(np.__version__)} and {mine.format(2)}"
    said = refused(workshop, *words, "--resume")
    assert said == f"actcli: results of two implementations: {both}; begin another file\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--jobs 2", "--jobs is for an audit of every float32: add --every"),
        ("--output x.jsonl", "add --every"),
        ("--resume", "add --every"),
        ("--every --resume", "--resume goes on with the runs in --output FILE"),
        ("--every --output x.csv", "a .jsonl file"),
        ("--every --dtype float16", "--every is for float32: narrower types are audited whole anyway"),
        ("--every --input x.npy", "--every makes the inputs"),
        ("--range 2 1", "an interval of inputs goes from a number up to another"),
        ("--range nan 1", "an interval of inputs goes from a number up to another"),
        ("--exclude 2 1", "an interval of inputs goes from a number up to another"),
        ("--range 1 2 --exclude 0 3", "there is no"),
        ("--range 1.00000001 1.00000002", "there is no"),
        ("--fail-on-regression", "--baseline FILE, which is not given"),
        ("--baseline no-such.json", "no-such.json: "),
        ("--baseline kernels.py", "no JSON; a baseline is the output of audit --format json"),
    ],
)
def test_what_does_not_go_together_is_refused(workshop: Path, words: str, message: str) -> None:
    assert message in refused(workshop, "tanh", "--against", "kernels:tanh", *words.split())


def test_a_range_bounds_inputs_and_results_of_files_alike(workshop: Path, tmp_path: Path) -> None:
    found = run(workshop, "tanh", "--against", "kernels:tanh", "--dtype", "float16", "--range", "-2", "3")
    # float16 in [-2, 3]: 2^14 + 1 numbers from -2 to -0, and those from 0 to 3.
    assert found["count"] == int(np.float16(2).view(np.uint16)) + int(np.float16(3).view(np.uint16)) + 2
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(x, np.array([-4.0, -2.0, 0.5, 3.0, 3.5], np.float32))
    np.save(y, np.array([7.0, np.tanh(-2.0), np.tanh(0.5), np.tanh(3.0), 7.0], np.float32))
    filed = run(workshop, "tanh", "--input", str(x), "--actual", str(y), "--range", "-2", "3")
    assert (filed["count"], filed["left_out"], filed["max_steps"]) == (3, 2, 0)
    rest = run(workshop, "tanh", "--input", str(x), "--actual", str(y), "--exclude", "-2", "3")
    assert (rest["count"], rest["left_out"]) == (2, 3)
    assert rest["max_steps"] > 1000


def test_a_narrow_range_of_float32_is_taken_whole_and_a_wide_one_densely(workshop: Path) -> None:
    narrow = run(workshop, "tanh", "--against", "kernels:tanh", "--range", "1", "1.01")
    bits = np.array([1.0, 1.01], np.float32).view(np.uint32)
    assert narrow["count"] == int(bits[1] - bits[0]) + (np.float32(1.01) <= 1.01)
    wide = run(workshop, "tanh", "--against", "kernels:tanh", "--range", "1", "2")
    assert 900_000 < wide["count"] < 1_100_000


def test_a_baseline_says_what_got_worse_and_what_got_better(workshop: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    words = ("--dtype", "float16", "--format", "json")
    before.write_text(actcli("audit", "tanh", "--against", "kernels:tanh", *words, cwd=workshop).stdout)
    after.write_text(actcli("audit", "tanh", "sin", "--against", "kernels:off", *words, cwd=workshop).stdout)

    def verdicts(of: str, baseline: Path, *more: str, code: int = 0) -> dict[str, str]:
        found = run(workshop, *more, "--against", of, *words[:2], "--baseline", str(baseline), code=code)
        return {change["activation"]: change["verdict"] for change in found["changes"]}

    assert verdicts("kernels:tanh", before, "tanh") == {"tanh": "same"}
    assert verdicts("kernels:off", before, "tanh") == {"tanh": "worse"}
    assert verdicts("kernels:tanh", after, "tanh") == {"tanh": "better", "sin": "gone"}
    assert verdicts("kernels:tanh", before, "tanh", "sin") == {"tanh": "same", "sin": "new"}
    assert verdicts("kernels:off", before, "tanh", "--fail-on-regression", code=1) == {"tanh": "worse"}
    assert verdicts("kernels:tanh", before, "tanh", "--fail-on-regression") == {"tanh": "same"}
    shown = actcli(
        "audit", "tanh", "--against", "kernels:off", *words[:2], "--baseline", before, "--fail-on-regression",
        cwd=workshop,
    )  # fmt: skip
    assert shown.stderr == "actcli: regression: tanh in float16, order 0: worse\n"
    assert "0 → 1" in shown.stdout
    assert "Against the baseline, then → now:" in shown.stdout.splitlines()
    alone = actcli("audit", "tanh", "--against", "kernels:off", *words[:2], cwd=workshop)
    assert "baseline" not in alone.stdout
