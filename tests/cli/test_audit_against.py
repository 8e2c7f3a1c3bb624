"""actcli audit --against and --run: implementations called by the command, with a table or a report."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.numerics.formats import round_to
from tests.cli.helpers import actcli, in_terminal

KERNELS = """
import sys, time
import numpy as np

def tanh(x): return np.tanh(x.astype(np.float64)).astype(x.dtype)
def off(x): return np.nextafter(tanh(x), np.inf, dtype=x.dtype)
def wide(x): return np.tanh(x.astype(np.float64))
def nan(x): return np.where(x == 1, np.nan, tanh(x)).astype(x.dtype)
def raises(x): raise RuntimeError("no such\\nkernel")
def hangs(x): time.sleep(60)
def shorter(x): return x[:-1]
def whole(x): return x.astype(int)
"""

PROGRAM = """
import sys
import numpy as np
source, target, dtype, order = sys.argv[1:]
assert (dtype, order) == ("float16", "0")
if source.endswith(".bin"):
    np.tanh(np.fromfile(source, dtype)).tofile(target)
else:
    np.save(target, np.tanh(np.load(source)))
"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("against")
    (folder / "kernels.py").write_text(KERNELS)
    (folder / "program.py").write_text(PROGRAM)
    return folder


def document(folder: Path, *words: str, code: int = 0) -> Any:
    run = actcli("audit", *words, "--format", "json", cwd=folder)
    assert run.returncode == code, run
    return json.loads(run.stdout)


def refused(folder: Path, *words: str) -> str:
    run = actcli("audit", *words, cwd=folder)
    assert (run.returncode, run.stdout) == (2, ""), run
    assert run.stderr.startswith("actcli: ")
    assert run.stderr.count("\n") == 1
    return run.stderr.removeprefix("actcli: ").rstrip()


def test_a_function_is_called_on_every_number_of_the_type(workshop: Path) -> None:
    found = document(workshop, "tanh", "--against", "kernels:tanh", "--dtype", "float16")
    assert (found["count"], found["max_steps"], found["correctly_rounded"]) == (63_488, 0, 1.0)
    assert found["implementation"]["framework"] == "NumPy"
    assert found["implementation"]["version"] == np.__version__
    assert found["implementation"]["dtype"] == "float16"


def test_the_audit_of_a_framework_is_that_of_its_results_in_a_file(workshop: Path, tmp_path: Path) -> None:
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    actcli("audit", "sin", "--dtype", "float16", "--emit-inputs", x)
    np.save(y, np.sin(np.load(x)))
    filed = document(workshop, "sin", "--dtype", "float16", "--input", str(x), "--actual", str(y))
    called = document(workshop, "sin", "--dtype", "float16", "--against", "numpy")
    assert called.pop("implementation")["name"] == "numpy.sin(x)"
    assert filed.pop("implementation") is None
    assert called == filed


def test_the_largest_errors_are_those_of_the_definition(workshop: Path) -> None:
    """Expected errors computed here: the next number above the right one is one step off."""
    found = document(workshop, "tanh", "--against", "kernels:off", "--dtype", "float16")
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)
    x = x[np.isfinite(x)]
    exact = np.tanh(x)
    actual = np.nextafter(exact.astype(np.float16), np.float16(np.inf)).astype(np.float64)
    spacing = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 11, -24))
    assert found["finite"]["max_ulp"] == pytest.approx(np.max(np.abs(actual - exact) / spacing), rel=1e-9)
    assert found["finite"]["max_steps"] == 1
    assert found["correctly_rounded"] == 0.0


def test_several_are_one_line_each(workshop: Path) -> None:
    run = actcli("audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16", "--dtype", "float32", cwd=workshop)
    assert (run.returncode, run.stderr) == (0, "")
    assert [
        line.split()[0] for line in run.stdout.splitlines() if line.startswith(("tanh", "sin", "float16,", "float32,"))
    ] == [
        *("float16,", "tanh", "sin", "float32,", "tanh", "sin"),
    ]
    assert f"Computed by NumPy {np.__version__}." in run.stdout
    assert "float32 and float64 are sampled" in run.stdout
    exhaustive = actcli("audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16", cwd=workshop)
    assert "sampled" not in exhaustive.stdout
    assert "Not on every number" not in exhaustive.stdout
    (workshop / "few.txt").write_text("1 2 -3\n")
    part = actcli("audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16", "-i", "few.txt", cwd=workshop)
    assert "Not on every number of the type: tanh (float16), sin (float16)" in " ".join(part.stdout.split())
    assert "sampled" not in part.stdout


def test_full_has_the_report_of_each(workshop: Path) -> None:
    words = ("audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16")
    run, alone = actcli(*words, "--full", cwd=workshop), actcli("audit", "sin", *words[3:], cwd=workshop)
    assert run.stdout.startswith(actcli(*words, cwd=workshop).stdout)
    assert run.stdout.endswith(alone.stdout)


def test_json_of_several_holds_that_of_each(workshop: Path) -> None:
    several = document(workshop, "tanh", "sin", "--against", "numpy", "--dtype", "float16")
    each = [document(workshop, act, "--against", "numpy", "--dtype", "float16") for act in ("tanh", "sin")]
    assert several == {"audits": each, "not_audited": []}


def test_without_an_activation_all_that_the_framework_has(workshop: Path) -> None:
    found = document(workshop, "--against", "numpy", "--dtype", "float16")
    assert [audit["activation"] for audit in found["audits"]] == ["exponential", "tanh", "arctan", "sin"]


def test_what_a_framework_lacks_is_named_in_the_table_and_on_stderr(workshop: Path) -> None:
    words = ("audit", "tanh", "gelu", "--against", "numpy", "--dtype", "float16", "-n", "0", "-n", "1")
    run = actcli(*words, cwd=workshop)
    assert run.returncode == 0
    assert "actcli: not audited: gelu in float16, order 0; float16, order 1: " in run.stderr
    assert "actcli: not audited: tanh in float16, order 1: numpy: NumPy has no derivatives" in run.stderr
    assert "Not audited: gelu (float16, order 0)" in run.stdout
    lacking = json.loads(actcli(*words, "--format", "json", "--quiet", cwd=workshop).stdout)["not_audited"]
    assert [(one["activation"], one["order"]) for one in lacking] == [("gelu", 0), ("tanh", 1), ("gelu", 1)]
    assert actcli(*words, "--quiet", cwd=workshop).stderr == ""


def test_nothing_but_what_it_lacks_is_refused(workshop: Path) -> None:
    assert "gelu" in refused(workshop, "gelu", "silu", "--against", "numpy")
    assert "gelu" in refused(workshop, "gelu", "--against", "numpy")


def test_markdown_is_one_table(workshop: Path) -> None:
    words = (
        "audit",
        "tanh",
        "abs(x)",
        "a if x > 0 else 0 * x:a=1",
        "--run",
        f"{sys.executable} copy.py {{in}} {{out}}",
    )
    (workshop / "copy.py").write_text("import shutil, sys\nshutil.copy(*sys.argv[1:])\n")
    run = actcli(*words, "--dtype", "float16", "--format", "markdown", cwd=workshop)
    assert run.returncode == 0, run
    table = run.stdout.partition("\n\n")[0].splitlines()
    assert len(table) == 5
    assert len({line.count("|") for line in table}) == 1
    assert table[0] == (
        "| activation | dtype | order | inputs | largest ulp | largest steps | mean ulp | right | nan, inf | worst x |"
    )
    assert table[1].startswith("| --- | --- | ---: |")


def test_a_wider_answer_is_rounded_once_and_said(workshop: Path) -> None:
    run = actcli("audit", "tanh", "--against", "kernels:wide", "--dtype", "float16", cwd=workshop)
    assert "it answers in float64, rounded once to float16" in " ".join(run.stdout.split())
    assert ": all correctly rounded" in run.stdout
    several = actcli("audit", "tanh", "sin", "--against", "kernels:wide", "--dtype", "float16", cwd=workshop)
    assert "Asked in float16, these answer in float64" in several.stdout
    right = actcli("audit", "tanh", "--against", "kernels:tanh", "--dtype", "float16", cwd=workshop)
    assert "answers in" not in right.stdout


def test_a_bound_judges_all_of_them(workshop: Path) -> None:
    words = ("audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16")
    assert actcli(*words, "--max-steps", "1", cwd=workshop).returncode == 0
    run = actcli("audit", "tanh", "sin", "--against", "kernels:tanh", *words[5:], "--max-ulp", "1", cwd=workshop)
    assert run.returncode == 1
    assert run.stderr.startswith("actcli: audit failed: sin in float16, order 0: ")
    assert run.stderr.count("\n") == 1
    nan = actcli("audit", "tanh", "--against", "kernels:nan", *words[5:], "--max-ulp", "1", cwd=workshop)
    assert nan.returncode == 1
    assert "1 result is nan; the first for x = 1.0" in nan.stderr


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("kernels:raises", "RuntimeError: no such kernel"),
        ("kernels:shorter", "the answer has the shape (63487,), the inputs have (63488,)"),
        ("kernels:whole", "the answer is int64, none of the types of --dtype"),
        ("kernels:missing", "kernels has no missing"),
        ("no_such_module:f", "no module no_such_module"),
        ("model.onnx", "model.onnx: no such file"),
    ],
)
def test_an_implementation_that_fails_is_one_line(workshop: Path, against: str, message: str) -> None:
    assert message in refused(workshop, "tanh", "--against", against, "--dtype", "float16")
    # The same with several: a user's function that raises is an error, whatever the others do.
    assert message.split("(")[0] in refused(workshop, "tanh", "sin", "--against", against, "--dtype", "float16")


def test_one_that_hangs_is_ended(workshop: Path) -> None:
    words = ("tanh", "--against", "kernels:hangs", "--dtype", "float16", "--timeout", "0.5")
    assert refused(workshop, *words) == "kernels:hangs: no answer in 0.5 seconds"


def test_a_framework_that_is_not_installed_says_how_to_install_it(workshop: Path) -> None:
    assert "-m pip install tensorflow" in refused(workshop, "tanh", "--against", "tensorflow")
    assert "no such file" in refused(workshop, "tanh", "--against", "torch", "--python", "/no/such/python")


@pytest.mark.parametrize("places", ["{in} {out}", "{in.bin} {out.bin}"])
def test_a_program_is_run(workshop: Path, places: str) -> None:
    line = f"{sys.executable} program.py {places} {{dtype}} {{order}}"
    found = document(workshop, "tanh", "--run", line, "--dtype", "float16")
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    x = x[np.isfinite(x)]
    right = np.tanh(x).astype(np.float64) == round_to(resolve("tanh")(x.astype(np.float64)), "float16")
    assert (found["count"], found["correctly_rounded"]) == (63_488, right.mean())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("tanh", "what is to be audited?"),
        ("", "what is to be audited?"),
        ("--against kernels:tanh", "which activation? Without one, --against takes a framework: torch"),
        ("tanh --against numpy --run x", "--against and --run are different implementations"),
        ("tanh --run true", "one place for its inputs"),
        ("tanh --run false{in}{out}", "no such file"),
        ("tanh --actual y.npy", "--actual FILE has the results for --input FILE"),
        ("tanh sin --input x.npy --actual y.npy", "--actual holds the results of one audit, and these are 2"),
        ("tanh sin --emit-inputs x.npy", "--emit-inputs writes the inputs of one audit"),
        ("tanh --emit-inputs x.npy --against numpy", "auditing results for them is a second run"),
        ("tanh --against numpy --python", "--python takes PATH"),
        ("tanh --run {in}{out} --python x", "--python is the interpreter for --against"),
        (
            "tanh sin --against numpy --save x.svg " + "--dtype float16 " + " ".join(f"--order {n}" for n in range(7)),
            "--save draws up to 12 audits, and these are 14",
        ),
        ("tanh --order 1 --against numpy --grad-output g.npy", "a gradient for each number of --input FILE, which is"),
        ("tanh --input x.npy --against numpy --grad-output g.npy", "is multiplied by a derivative: add --order 1"),
        ("softmax --input x.npy --against numpy --grad-output g.npy", "softmax acts on whole rows; --grad-output goes"),
        ("tanh --against numpy --exclude 1", "--exclude takes MIN MAX"),
        ("tanh --against numpy --exclude 1 x", "'x' is not a number"),
        ("tanh --against numpy --exclude 1 2 --exclude 4 3", "not from 4.0 to 3.0"),
        ("tanh --against numpy --actual-column 1", "--actual-column names a column of --actual"),
        ("tanh --against numpy --timeout nan", "--timeout"),
        ("tanh --against numpy --timeout 0", "--timeout"),
        ("tanh --against numpy --timeout inf", "--timeout"),
    ],
)
def test_what_does_not_go_together_is_refused(workshop: Path, words: str, message: str) -> None:
    assert message in refused(workshop, *words.split())


def test_no_bound_is_printed_where_there_is_none(workshop: Path) -> None:
    """With one nan in three results there is no bound for 90 % of them; with only nan there is no mean."""
    (workshop / "three.txt").write_text("1 2 -3\n")
    run = actcli("audit", "tanh", "--against", "kernels:nan", "--input", "three.txt", cwd=workshop)
    text = " ".join(run.stdout.split())
    assert "percentiles of ulp: 50 % ≤ 0." in text
    assert "90 %" not in text
    (workshop / "one.txt").write_text("1\n")
    alone = actcli("audit", "tanh", "sin", "--against", "kernels:nan", "--full", "-i", "one.txt", cwd=workshop).stdout
    assert "percentiles of ulp" not in alone
    assert "e308" not in alone


def test_inputs_of_one_s_own(workshop: Path, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1 2 -3\n")
    found = document(workshop, "tanh", "--against", "kernels:tanh", "--input", str(tmp_path / "x.txt"))
    assert (found["count"], found["max_steps"]) == (3, 0)


def test_several_intervals_are_left_out(workshop: Path) -> None:
    words = ("tanh", "--against", "numpy", "--dtype", "float16", "--exclude", "-1", "1", "--exclude", "2", "4")
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)
    kept = np.isfinite(x) & ~(np.abs(x) <= 1) & ~((x >= 2) & (x <= 4))
    assert document(workshop, *words)["count"] == kept.sum()


def test_a_picture_has_a_panel_for_each(workshop: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ("audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16", "--save", "several.svg")
    run = actcli(*words, cwd=workshop)
    assert (run.returncode, run.stderr) == (0, "")
    text = (workshop / "several.svg").read_text()
    assert "tanh in float16" in text
    assert "sin in float16" in text


def test_row_wise_functions_that_range_leaves_out_are_named(tmp_path: Path) -> None:
    """All functions of a SciPy made here; --range leaves the row-wise ones out."""
    (tmp_path / "scipy").mkdir()
    (tmp_path / "scipy" / "__init__.py").write_text("__version__ = '0.0'\n")
    special = """
import numpy as np
def expit(x): return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)
def log_expit(x): return (-np.log1p(np.exp(-x.astype(np.float64)))).astype(x.dtype)
def erf(x): return x
def softmax(x, axis):
    weights = np.exp(x.astype(np.float64) - x.max(axis=axis, keepdims=True))
    return (weights / weights.sum(axis=axis, keepdims=True)).astype(x.dtype)
def log_softmax(x, axis): return np.log(softmax(x, axis))
"""
    (tmp_path / "scipy" / "special.py").write_text(special)
    words = ("audit", "--against", "scipy", "--dtype", "float16")
    run = actcli(*words, "--range", "-4", "4", "--format", "json", cwd=tmp_path)
    assert run.returncode == 0
    note = "actcli: not audited: softmax, log_softmax: --range is for functions of one number, these take a row\n"
    assert run.stderr == note
    assert [audit["activation"] for audit in json.loads(run.stdout)["audits"]] == ["sigmoid", "log_sigmoid", "erf"]
    whole = actcli(*words, "--format", "json", cwd=tmp_path)
    assert (whole.returncode, whole.stderr) == (0, "")
    audits = json.loads(whole.stdout)["audits"]
    assert [audit["activation"] for audit in audits][3:] == ["softmax", "log_softmax"]
    assert [audit["implementation"]["framework"] for audit in audits] == ["SciPy"] * 5


def test_a_gradient_goes_to_a_program(workshop: Path) -> None:
    """A backward kernel of silu, computed in float64 and rounded once, is correct. Without {grad}, it is refused."""
    program = """
import sys
import numpy as np
x, g = (np.load(path).astype(np.float64) for path in sys.argv[1:3])
s = 1 / (1 + np.exp(-x))
np.save(sys.argv[3], (g * (s * (1 + x * (1 - s)))).astype(np.float32))
"""
    (workshop / "backward.py").write_text(program)
    random = np.random.default_rng(5)
    np.save(workshop / "gx.npy", random.normal(size=300).astype(np.float32))
    np.save(workshop / "g.npy", random.normal(size=300).astype(np.float32))
    words = ("silu", "--order", "1", "--input", "gx.npy", "--grad-output", "g.npy", "--run")
    found = document(workshop, *words, f"{sys.executable} backward.py {{in}} {{grad}} {{out}}")
    assert (found["count"], found["max_steps"], found["grad_output"]) == (300, 0, True)
    assert "{grad} or {grad.bin}" in refused(workshop, *words, "true {in} {out}")
    np.save(workshop / "short.npy", np.zeros(3, np.float32))
    short = [word.replace("g.npy", "short.npy") if word == "g.npy" else word for word in words]
    assert "short.npy has 3 numbers for the 300 in gx.npy" in refused(workshop, *short, "true {in} {grad} {out}")


@pytest.mark.parametrize("size", [(80, 24), (40, 24)])
def test_the_table_fits_the_terminal(workshop: Path, size: tuple[int, int]) -> None:
    seen = in_terminal("audit", "tanh", "exp", "--against", "numpy", "--dtype", "float16", size=size)
    assert seen.exit_code == 0
    assert seen.width <= size[0]
    shown = " ".join(seen.lines)
    for header in ("activation", "right", "nan,", "worst"):
        assert header in shown


# --- numbers of a narrow type in files of a wider type ------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_files_of_a_narrower_type_are_named_where_every_number_is_one(dtype: str, tmp_path: Path) -> None:
    x = round_to(np.linspace(-6.0, 6.0, 400), dtype)
    y = round_to(np.tanh(x), dtype)
    for name, numbers in (("x", x), ("y", y), ("wide", 1.001 * np.tanh(x))):
        np.save(tmp_path / f"{name}.npy", numbers.astype(np.float32))
    line = ("audit", "tanh", "--input", tmp_path / "x.npy", "--actual")
    said = f"every input and every result is a {dtype} number: --dtype {dtype} audits them as such"
    assert said in actcli(*line, tmp_path / "y.npy").stderr
    assert actcli(*line, tmp_path / "wide.npy").stderr == ""
    assert actcli(*line, tmp_path / "y.npy", "--dtype", dtype).stderr == ""
    assert actcli(*line, tmp_path / "y.npy", "--quiet").stderr == ""


def test_whole_numbers_without_an_error_are_of_no_narrower_type(tmp_path: Path) -> None:
    line = ("audit", "relu", "--input", tmp_path / "x.txt", "--actual", tmp_path / "y.txt")
    (tmp_path / "x.txt").write_text("1 " * 100)
    (tmp_path / "y.txt").write_text("1 " * 100)
    assert actcli(*line).stderr == ""
    (tmp_path / "x.txt").write_text("-1 0 1 2")
    (tmp_path / "y.txt").write_text("0 0 1 3")
    assert actcli(*line).stderr == "", "a few round numbers"
