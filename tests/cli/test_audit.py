"""actcli audit"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli.core.numerics.formats import round_to
from tests.cli.helpers import actcli, actcli_in_bytes, complaint, in_terminal, numbers, output
from tests.core.kernels import correct, gelu_with_erf, gelu_with_tanh
from tests.narrow import elementwise


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs for gelu in bfloat16 and float32, with results of a correct and of a wrong kernel."""
    folder = tmp_path_factory.mktemp("audit")
    for dtype in ("bfloat16", "float32"):
        assert output("audit", "gelu", "--dtype", dtype, "--emit-inputs", folder / f"x_{dtype}.npy") == ""
        x = np.load(folder / f"x_{dtype}.npy")[:: 16 if dtype == "float32" else 1]
        np.save(folder / f"x_{dtype}.npy", x)
        x = x.astype(np.float64)
        np.save(folder / f"right_{dtype}.npy", correct("gelu", dtype)(x).astype(np.float32))
    x = np.load(folder / "x_bfloat16.npy").astype(np.float64)
    np.save(folder / "tanh_bfloat16.npy", gelu_with_tanh("bfloat16")(x).astype(np.float32))
    x = np.load(folder / "x_float32.npy").astype(np.float64)
    np.save(folder / "erf_float32.npy", gelu_with_erf(x).astype(np.float32))
    return folder


def audit(files: Path, dtype: str, kernel: str, *options: str) -> list[str]:
    inputs, actual = str(files / f"x_{dtype}.npy"), str(files / f"{kernel}_{dtype}.npy")
    return ["audit", "gelu", "--dtype", dtype, "--input", inputs, "--actual", actual, *options]


def report(*args: str) -> dict[str, Any]:
    run = actcli(*args, "--format", "json")
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_inputs_are_every_finite_number_of_a_16_bit_type(files: Path) -> None:
    x = np.load(files / "x_bfloat16.npy")
    assert (x.dtype, x.shape) == (np.float32, (65_280,))
    assert len(np.unique(x.view(np.uint32))) == 65_280
    assert (x.view(np.uint32) & 0xFFFF == 0).all()
    assert np.isfinite(x).all()
    assert np.load(files / "x_float32.npy").dtype == np.float32


def test_infinities_find_a_product_of_0_and_inf(tmp_path: Path) -> None:
    """PyTorch's silu, x * sigmoid(x), is nan at -inf."""
    given, computed = tmp_path / "x.npy", tmp_path / "y.npy"
    output("audit", "silu", "--dtype", "float16", "--emit-inputs", given, "--infinities")
    x = np.load(given).astype(np.float64)
    assert len(x) == 63_490
    with np.errstate(all="ignore"):
        np.save(computed, (x / (1 + np.exp(-x))).astype(np.float16))
    found = report("audit", "silu", "--dtype", "float16", "--input", str(given), "--actual", str(computed))
    assert (found["nonfinite"], found["worst"][0]["input"]) == (1, "-Infinity")
    assert complaint("audit", "silu", "--infinities", "--input", given, "--actual", computed).startswith("--infinities")


def test_inputs_as_text_read_back_the_same(files: Path, tmp_path: Path) -> None:
    text = output("audit", "gelu", "--dtype", "bfloat16", "--emit-inputs", "-")
    assert np.array_equal([float(line) for line in text.splitlines()], np.load(files / "x_bfloat16.npy"))


def test_raw_numbers_go_out_and_come_in(tmp_path: Path) -> None:
    x, y = tmp_path / "x.bin", tmp_path / "y.bin"
    output("audit", "tanh", "--dtype", "float16", "--emit-inputs", x)
    given = np.fromfile(x, "<f2")
    assert len(given) == 63_488
    np.tanh(given.astype(np.float64)).astype("<f2").tofile(y)
    found = report("audit", "tanh", "--dtype", "float16", "--input", str(x), "--actual", str(y))
    assert (found["count"], found["max_steps"]) == (63_488, 0)
    y.write_bytes(y.read_bytes()[:-1])
    args = ("audit", "tanh", "--dtype", "float16", "--input", x, "--actual", y)
    assert complaint(*args).endswith("y.bin: 126,975 bytes are no whole number of float16, of 2 bytes each")
    assert "rows come from .npy" in complaint("evaluate", "softmax", "--dtype", "float16", "--input", x)


def test_what_evaluate_prints_is_correct_everywhere(tmp_path: Path) -> None:
    for dtype in ("bfloat16", "float16"):
        x, y = tmp_path / "x.npy", tmp_path / f"y_{dtype}.npy"
        output("audit", "mish", "--dtype", dtype, "--emit-inputs", x)
        output("evaluate", "mish", "--dtype", dtype, "--input", x, "--output", y)
        found = report("audit", "mish", "--dtype", dtype, "--input", str(x), "--actual", str(y), "--max-ulp", "0.5")
        assert (found["max_steps"], found["nonfinite"], found["diagnosis"]) == (0, 0, None)


def test_the_report_as_json(files: Path) -> None:
    found = report(*audit(files, "bfloat16", "tanh", "--segments=-10,-5,0,5"))
    assert {"activation", "order", "dtype", "count", "max_ulp", "mean_ulp", "max_steps", "mean_steps"} <= set(found)
    assert {"worst_input", "max_ulp_input", "nonfinite", "wrong_sign", "histogram", "segments", "worst"} <= set(found)
    assert (found["activation"], found["order"], found["dtype"], found["count"]) == ("gelu", 0, "bfloat16", 65_280)
    assert found["segments"][0]["low"] == "-Infinity"
    assert found["segments"][-1]["high"] == "Infinity"
    assert [segment["high"] for segment in found["segments"][:-1]] == [-10, -5, 0, 5]
    assert sum(segment["count"] for segment in found["segments"]) == sum(found["histogram"].values()) == 65_280
    assert max(segment["max_steps"] for segment in found["segments"]) == found["max_steps"]
    assert len(found["worst"]) == 10
    assert found["worst"][0]["input"] == found["worst_input"]
    assert found["worst"][0]["expected_bits"] == "0xbb5c"
    assert "cancels in bfloat16" in found["diagnosis"]


def test_segments_as_csv(files: Path) -> None:
    lines = output(*audit(files, "bfloat16", "tanh", "--segments=-10,5", "--format", "csv")).splitlines()
    assert lines[0].startswith("low,high,count,max_ulp,mean_ulp,max_steps,mean_steps")
    assert [line.split(",")[:2] for line in lines[1:]] == [["-inf", "-10.0"], ["-10.0", "5.0"], ["5.0", "inf"]]


def test_a_bound_decides_the_exit_code(files: Path) -> None:
    for kernel, bound, code in [
        ("right", ("--max-ulp", "0.5"), 0),
        ("right", ("--max-steps", "0"), 0),
        ("tanh", (), 0),
        ("tanh", ("--max-ulp", "300"), 0),
        ("tanh", ("--max-ulp", "2"), 1),
        ("tanh", ("--max-steps", "300"), 1),
    ]:
        run = actcli(*audit(files, "bfloat16", kernel, *bound))
        assert run.returncode == code, (kernel, bound)
        assert run.stderr.startswith("actcli: audit failed: ") == (code == 1)
        assert run.stderr.count("\n") == code
        assert "65,280 inputs" in run.stdout


def test_the_old_gelu_fails_and_the_sentence_says_why(files: Path) -> None:
    run = actcli(*audit(files, "float32", "erf", "--max-ulp", "2"))
    assert run.returncode == 1
    assert "1 + erf(x/sqrt(2)) cancels in float32" in " ".join(run.stdout.split())


def test_a_single_nan_fails(files: Path, tmp_path: Path) -> None:
    actual = np.load(files / "right_bfloat16.npy")
    actual[12345] = np.nan
    np.save(tmp_path / "nan.npy", actual)
    args = ["audit", "gelu", "--dtype", "bfloat16", "--input", str(files / "x_bfloat16.npy"), "--actual"]
    run = actcli(*args, tmp_path / "nan.npy", "--max-ulp", "1e9", "--format", "json")
    assert run.returncode == 1
    assert "1 result is nan; the first for x = " in run.stderr
    assert json.loads(run.stdout)["max_ulp"] == "Infinity"
    assert json.loads(run.stdout)["nonfinite"] == 1


def test_a_failure_says_whether_it_is_nan_or_infinity(tmp_path: Path) -> None:
    x, y = tmp_path / "x.txt", tmp_path / "y.txt"
    x.write_text("-1 0.5 1 2\n")
    for results, message in [
        ("-1 nan 1 nan", "2 results are nan; the first for x = 0.5"),
        ("-1 0.5 -inf 2", "1 result is infinite in place of a number; the first for x = 1.0"),
        ("-1 0.5 inf nan", "1 result is nan and 1 result is infinite in place of a number; the first for x = 1.0"),
    ]:
        y.write_text(results)
        run = actcli("audit", "identity", "--input", x, "--actual", y, "--max-ulp", "1e9")
        assert run.returncode == 1
        assert run.stderr == f"actcli: audit failed: {message}\n"
        assert "(sampled: a lower bound)" in " ".join(run.stdout.split())


@pytest.mark.parametrize("results", ["1 inf", "1 -1.7e308", "nan 1.7e308", "1e308 1e300", "-inf -inf", "5e-324 0"])
@pytest.mark.parametrize("inputs", ["1 1.7e308", "-1.7e308 1.7e308", "5e-324 -1.7e308", "1e308 -3"])
def test_float64_has_no_error_too_large_to_show(inputs: str, results: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(inputs)
    (tmp_path / "y.txt").write_text(results)
    args = ("audit", "identity", "--dtype", "float64", "--input", tmp_path / "x.txt", "--actual", tmp_path / "y.txt")
    run = actcli(*args)
    assert (run.returncode, run.stderr) == (0, "")
    assert "identity in float64, 2 inputs" in run.stdout


def test_int16_may_be_bits(tmp_path: Path) -> None:
    np.save(tmp_path / "bits.npy", np.arange(9, dtype=np.int16))
    np.save(tmp_path / "right.npy", np.arange(9, dtype=np.uint16))
    for dtype in ("bfloat16", "float16"):
        for x, y in [("bits.npy", "right.npy"), ("right.npy", "bits.npy")]:
            line = ("audit", "tanh", "--dtype", dtype, "--input", tmp_path / x, "--actual", tmp_path / y)
            assert "save them as uint16" in complaint(*line)
    args = ("audit", "identity", "--input", tmp_path / "bits.npy", "--actual", tmp_path / "bits.npy", "--max-ulp", "0")
    assert actcli(*args).returncode == 0


def test_a_kernel_in_a_pipe(tmp_path: Path) -> None:
    x = tmp_path / "x.txt"
    x.write_text("-2 -0.5 0 0.1 1e-3 3\n")
    y = [
        float(value)
        for value in correct("gelu", "float32")(np.array([-2, -0.5, 0, 0.1, 1e-3, 3], dtype=np.float32).astype(float))
    ]
    text = "\n".join(f"{value:.9g}" for value in y)
    args = ("audit", "gelu", "--dtype", "float32", "--input", x, "--actual", "-", "--max-steps", "0")
    run = actcli(*args, stdin=text)
    assert (run.returncode, run.stderr) == (0, "")
    raw = np.array(y, dtype=np.float32).tobytes()
    array = (
        b"\x93NUMPY\x01\x00v\x00"
        + "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }".ljust(117).encode()
        + b"\n"
    )
    assert actcli_in_bytes(*args, stdin=array + raw).returncode == 0


def test_backward_kernels_of_private_activations(tmp_path: Path) -> None:
    act, x = "x*sigmoid(a*x):a=1.5", tmp_path / "x.npy"
    output("audit", act, "--dtype", "float16", "--order", "1", "--emit-inputs", x)
    slope = elementwise(act).derivative(np.load(x).astype(float), 1)
    np.save(tmp_path / "y.npy", round_to(slope, "float16").astype(np.float16).view(np.uint16))
    args = ["audit", act, "--dtype", "float16", "--order", "1", "--input", str(x), "--actual", str(tmp_path / "y.npy")]
    found = report(*args)
    assert (found["activation"], found["order"], found["max_steps"]) == (act, 1, 0)
    assert report(*[arg if arg != "1" else "0" for arg in args])["max_steps"] > 0


def test_flushed_subnormals(files: Path, tmp_path: Path) -> None:
    actual = np.load(files / "right_bfloat16.npy")
    actual[np.abs(actual) < 2.0**-126] = 0
    np.save(tmp_path / "y.npy", actual)
    args = ["audit", "gelu", "--dtype", "bfloat16", "--input", str(files / "x_bfloat16.npy"), "--actual"]
    strict, flushed = (
        report(*args, str(tmp_path / "y.npy")),
        report(*args, str(tmp_path / "y.npy"), "--flush-subnormals"),
    )
    assert strict["max_steps"] > 100
    assert strict["diagnosis"] == (
        "subnormal numbers are flushed to zero: with --flush-subnormals the largest error is 0 steps"
    )
    assert flushed["max_steps"] == 0
    assert flushed["subnormal_inputs"]["count"] == 254
    assert sum(segment["count"] for segment in flushed["segments"]) == 65_280 - 254


def test_float64_has_a_reference_of_more_digits(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("-9.5 -3 0.25 2\n")
    (tmp_path / "y.txt").write_text(" ".join(repr(x * math.erfc(-x / math.sqrt(2)) / 2) for x in (-9.5, -3, 0.25, 2)))
    args = ("audit", "gelu", "--dtype", "float64", "--input", tmp_path / "x.txt", "--actual", tmp_path / "y.txt")
    found = report(*map(str, args))
    assert 0 < found["max_ulp"] < 200  # the rounding of x/√2 at -9.5 costs about 9.5² ULP
    assert found["max_ulp_input"] == -9.5


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("audit gelu", "--input FILE and --actual FILE"),
        ("audit gelu --input x.npy", "--actual FILE"),
        ("audit gelu --input - --actual -", "cannot both be stdin"),
        ("audit gelu --emit-inputs x.npy --actual y.npy", "second run"),
        ("audit softmax --emit-inputs x.npy", "rows of several widths are written as text; x.txt is"),
        ("audit softmax --infinities --emit-inputs x.txt", "softmax acts on whole rows; --infinities goes with"),
        ("audit softmax --range -1 1 --input - --actual y.npy", "softmax acts on whole rows; --range goes with"),
        ("audit softmax --input - --actual /dev/null", "stdin has 1 row and /dev/null 0"),
        ("audit softmax --order 1 --input - --actual /dev/null", "the derivative of a row is a matrix"),
        ("audit gleu --emit-inputs x.npy", "did you mean"),
        ("audit gelu --input x.npy --actual y.npy --max-ulp nan", "--max-ulp: must be a number, not nan"),
        ("audit gelu --input /missing --actual y.npy", "/missing: No such file"),
        ("audit gelu --dtype float8 --emit-inputs x.npy", "float8"),
        ("audit gelu --input - --actual /dev/null --segments 3,1", "ascend"),
        ("audit gelu --input - --actual /dev/null --segments 3,x", "--segments: not a number: 'x'"),
        ("audit gelu --input - --actual /dev/null --max-ulp -1", "--max-ulp"),
        ("audit gelu --input - --actual /dev/null", "stdin has 2 numbers and /dev/null 0"),
        ("audit gelu --order 33 --emit-inputs x.npy", "--order"),
        ("audit gelu --emit-inputs /missing/x.npy", "/missing/x.npy: No such file"),
    ],
)
def test_what_cannot_be_audited_is_refused_in_one_line(
    args: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in complaint(*args.split(), stdin="1 2")
    assert not any(tmp_path.iterdir())


def test_what_is_not_of_the_type_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([0.5, 1.001, 2.0], np.float32))
    args = ("audit", "gelu", "--dtype", "bfloat16", "--input", tmp_path / "x.npy", "--actual", tmp_path / "x.npy")
    assert "number 2, 1.00" in complaint(*args)


def test_a_terminal_shows_the_whole_report(files: Path) -> None:
    for size in ((80, 24), (60, 20), (40, 15)):
        terminal = in_terminal(*audit(files, "bfloat16", "tanh"), size=size)
        assert terminal.exit_code == 0
        assert terminal.width <= size[0]
        text = " ".join(" ".join(terminal.lines).split())
        assert "gelu in bfloat16, 65,280 inputs: at most 15,1" in text
        assert "Diagnosis: the result is 0 for every x up to -3." in text
    assert numbers("evaluate", "relu", "1") == [1.0]


def test_progress_is_for_terminals_that_can_move_their_cursor(files: Path) -> None:
    for env, moves in [({}, True), ({"TERM": "dumb"}, False)]:
        terminal = in_terminal(*audit(files, "bfloat16", "right", "--format", "csv"), size=(200, 24), env=env)
        assert terminal.exit_code == 0
        assert ("\x1b[" in terminal.sent) == moves
        assert terminal.lines == output(*audit(files, "bfloat16", "right", "--format", "csv")).splitlines()
