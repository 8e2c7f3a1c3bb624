"""actcli audit of row-wise activations, from files, functions and programs."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.rows import row_sweep
from tests.cli.helpers import actcli, complaint, in_terminal, output

KERNELS = """
import numpy as np

def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)

def glu(x):
    a, b = np.split(x, 2, axis=-1)
    return (a / (1 + np.exp(-b.astype(np.float64)))).astype(x.dtype)

def same(x): return x
"""

PROGRAM = """
import sys
import numpy as np
x = np.load(sys.argv[1]).astype(np.float64)
weights = np.exp(x - x.max(axis=-1, keepdims=True))
np.save(sys.argv[2], (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32))
"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    (folder / "kernels.py").write_text(KERNELS)
    (folder / "program.py").write_text(PROGRAM)
    rows = np.random.default_rng(1).normal(size=(20, 6)).astype(np.float32) * 5
    np.save(folder / "rows.npy", rows)
    right = resolve("softmax")(rows.astype(np.float64)).astype(np.float32)
    np.save(folder / "right.npy", right)
    right[7, 2] *= 1.5
    np.save(folder / "wrong.npy", right)
    return folder


def document(folder: Path, *words: str) -> Any:
    run = actcli("audit", *words, "--format", "json", cwd=folder)
    assert (run.returncode, run.stderr) == (0, ""), run
    return json.loads(run.stdout)


def test_results_in_a_file(workshop: Path) -> None:
    found = document(workshop, "softmax", "--input", "rows.npy", "--actual", "right.npy")
    assert (found["rows"], found["widths"], found["count"]) == (20, [6, 6], 120)
    assert (found["max_steps"], found["correctly_rounded"]) == (0, 1.0)
    assert found["defect"]["largest"] == found["defect"]["rounded"] < 1e-6
    found = document(workshop, "softmax", "--input", "rows.npy", "--actual", "wrong.npy")
    assert (found["worst"][0]["row"], found["worst"][0]["column"]) == (7, 2)
    right = np.load(workshop / "right.npy")[7].astype(np.float64)
    assert found["defect"]["row"] == 7
    assert found["defect"]["largest"] == pytest.approx(right[2] / 2, rel=1e-5)


def test_text_is_a_row_a_line(workshop: Path) -> None:
    for name in ("rows", "right"):
        lines = (" ".join(map(repr, row)) for row in np.load(workshop / f"{name}.npy").astype(float).tolist())
        (workshop / f"{name}.txt").write_text("\n".join(lines))
    as_text = document(workshop, "softmax", "--input", "rows.txt", "--actual", "right.txt")
    assert as_text == document(workshop, "softmax", "--input", "rows.npy", "--actual", "right.npy")


def test_a_function_is_called_on_rows_of_several_widths(workshop: Path) -> None:
    found = document(workshop, "softmax", "--against", "kernels:softmax")
    parts = row_sweep("softmax", "float32")
    assert found["rows"] == sum(map(len, parts))
    assert found["count"] == sum(part.size for part in parts)
    assert found["widths"] == [2, 4096]
    assert found["implementation"]["framework"] == "NumPy"
    glu = document(workshop, "glu", "--against", "kernels:glu", "--input", "rows.npy")
    assert (glu["count"], glu["defect"]) == (60, None)
    assert glu["max_steps"] <= 1


def test_a_program_reads_rows(workshop: Path) -> None:
    line = f"{sys.executable} program.py {{in}} {{out}}"
    found = document(workshop, "softmax", "--run", line)
    assert (found["rows"], found["nonfinite"]) == (sum(map(len, row_sweep("softmax", "float32"))), 0)
    assert found["max_ulp"] < 0.6


def test_rows_are_a_line_among_others_and_have_values_alone(workshop: Path) -> None:
    words = ("softmax", "tanh", "--against", "kernels:same", "--dtype", "float16", "-n", "0")
    run = actcli("audit", *words, cwd=workshop)
    assert (run.returncode, run.stderr) == (0, "")
    line = next(line for line in run.stdout.splitlines() if line.startswith("softmax"))
    assert "row " in line
    assert "Rows are sampled: their largest errors are lower bounds." in run.stdout
    assert "float64 are sampled" not in run.stdout
    full = actcli("audit", *words, "--full", "-f", "markdown", cwd=workshop).stdout
    assert "| softmax | float16 | 0 | " in full
    derivative = actcli("audit", *words[:-1], "1", cwd=workshop)
    assert derivative.returncode == 2
    assert derivative.stderr.count("\n") == 1


def test_a_baseline_knows_rows(workshop: Path) -> None:
    words = ("audit", "softmax", "--input", "rows.npy", "--actual")
    (workshop / "earlier.json").write_text(actcli(*words, "right.npy", "-f", "json", cwd=workshop).stdout)
    run = actcli(*words, "wrong.npy", "--baseline", "earlier.json", "--fail-on-regression", cwd=workshop)
    assert run.returncode == 1
    assert "regression: softmax in float32, order 0: worse" in run.stderr
    same = actcli(*words, "right.npy", "--baseline", "earlier.json", "--fail-on-regression", cwd=workshop)
    assert (same.returncode, same.stderr) == (0, "")


def test_a_bound_names_row_and_column(workshop: Path) -> None:
    run = actcli("audit", "softmax", "--input", "rows.npy", "--actual", "wrong.npy", "--max-steps", "5", cwd=workshop)
    assert run.returncode == 1
    assert run.stderr.startswith("actcli: audit failed: ")
    assert " steps at row 7, column 2, more than 5\n" in run.stderr


def test_rows_go_out_as_lines_of_text(tmp_path: Path) -> None:
    assert output("audit", "softmax", "--dtype", "float16", "--emit-inputs", tmp_path / "x.txt") == ""
    lines = (tmp_path / "x.txt").read_text().splitlines()
    rows = [row for part in row_sweep("softmax", "float16") for row in part]
    assert len(lines) == len(rows)
    assert all(np.array_equal(np.array(line.split(), float), row) for line, row in zip(lines, rows, strict=True))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("softmax --against kernels:glu", "the answer has the shape (512, 1), the inputs have (512, 2)"),
        ("glu --against kernels:softmax", "for inputs of (512, 2) it should have (512, 1)"),
        ("softmax --input rows.npy --actual x.npy", "rows.npy has 20 rows and x.npy 3"),
        ("softmax --input rows.npy --actual narrow.npy", "softmax of 6 numbers has 6 results, not 3"),
        ("glu --input odd.npy --actual odd.npy", "an even number of values, not 3"),
        ("softmax --against kernels:softmax --every", "softmax acts on whole rows; --every goes with functions of one"),
        ("softmax --against kernels:softmax --save x.svg", "--save draws the error over x, and softmax takes rows"),
        ("softmax --run true{in.bin}{out}", "raw numbers have no rows"),
        ("softmax --emit-inputs x.bin", "rows of several widths are written as text; x.txt is"),
        ("standardize --against kernels:same", "there are no exact rows of standardize to audit against"),
    ],
)
def test_what_does_not_go_together_is_refused(
    workshop: Path, words: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workshop)
    np.save("x.npy", np.zeros((3, 6), np.float32))
    np.save("narrow.npy", np.zeros((20, 3), np.float32))
    np.save("odd.npy", np.zeros((20, 3), np.float32))
    assert message in complaint("audit", *words.split())


def test_the_report_fits_the_terminal(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop)
    for size in ((80, 24), (40, 24)):
        words = ("audit", "softmax", "--input", "rows.npy", "--actual", "wrong.npy")
        seen = in_terminal(*words, size=size)
        assert seen.exit_code == 0
        assert seen.width <= size[0]
        text = " ".join(" ".join(seen.lines).split())
        assert "20 rows of 6" in text
        assert "sum of a row" in text
        assert "Rows and columns are counted from 0. correctly rounded: " in text
        assert "rounded: the largest where every result is the correctly rounded exact one." in text
