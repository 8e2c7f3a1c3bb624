"""Programs as implementations: their inputs, and errors in their results."""

import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.foreign.program import Program
from tests.cli.helpers import wait_until

KERNEL = """
import os, sys
import numpy as np

source, target, how = sys.argv[1:]
load = (lambda: np.fromfile(source, "<f4")) if source.endswith(".bin") else (lambda: np.load(source))
x = load()
if how == "fails":
    sys.exit("no device")
if how == "silent":
    sys.exit()
y = {"relu": lambda: np.maximum(x, 0), "short": lambda: x[1:], "double": lambda: x.astype(float),
     "bits": lambda: x}.get(how, lambda: x)()
if how == "junk":
    open(target, "w").write("abc")
elif how == "several":
    np.savez(open(target, "wb"), y=y)
elif how == "endless":
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + 30 * b"9" + b",), }"
    open(target, "wb").write(b"\\x93NUMPY\\1\\0\\x76\\0" + header.ljust(117) + b"\\n")
elif how == "folder":
    os.mkdir(target)
elif target.endswith(".bin"):
    y.tofile(target)
else:
    np.save(target, y)
"""

X = np.array([-2.0, 0.5, 3.0])


def run(tmp_path: Path, rest: str, dtype: str = "float32", timeout: float = 60.0) -> Array:
    kernel = tmp_path / "a kernel.py"
    kernel.write_text(KERNEL)
    return Program(f"{sys.executable} {shlex.quote(str(kernel))} {rest}", timeout)(X, dtype)


@pytest.mark.parametrize("files", ["{in} {out}", "{in.bin} {out.bin}", "{in} {out.bin}"])
def test_files_of_either_kind(tmp_path: Path, files: str) -> None:
    assert run(tmp_path, f"{files} relu").tolist() == [0.0, 0.5, 3.0]


def test_bfloat16_travels_as_its_bits(tmp_path: Path) -> None:
    assert run(tmp_path, "{in} {out} bits", "bfloat16").tolist() == X.tolist()


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("{in} {out} fails", "ended with exit code 1: no device"),
        ("{in} {out} silent", "wrote no {out}"),
        ("{in} {out} short", "2 results for 3 inputs"),
        ("{in} {out} double", "its results are float64; of float32 they are float32"),
        ("{in} {out} junk", "what it wrote to {out} is no .npy file"),
        ("{in} {out} several", "what it wrote to {out} is no .npy file"),
        ("{in} {out} endless", "what it wrote to {out} is no .npy file"),
        ("{in} {out.bin} folder", "wrote no {out.bin}"),
        ("{in} {out.bin} junk", "3 bytes are no whole number of float32"),
    ],
)
def test_what_goes_wrong_is_one_line(tmp_path: Path, rest: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        run(tmp_path, rest)
    assert str(error.value).endswith(message)


@pytest.mark.parametrize(
    ("rest", "grad_output", "message"),
    [
        ("{in} {out} relu", X, "the command needs a place for the gradient: {grad} or {grad.bin}"),
        ("{in} {grad} {out}", None, "the command gets no gradient for the place: {grad} or {grad.bin}"),
    ],
)
def test_a_gradient_has_a_place_and_a_place_a_gradient(rest: str, grad_output: Array | None, message: str) -> None:
    with pytest.raises(InputError) as error:
        Program(f"./kernel {rest}", 1.0)(X, "float32", grad_output=grad_output)
    assert str(error.value) == message


def test_how_many_results_are_due_is_told_where_they_are_not_as_many_as_the_inputs(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text(KERNEL)
    program = Program(f"{sys.executable} {kernel} {{in}} {{out}} relu", 60.0)
    with pytest.raises(InputError, match=r": 4 results for 4 inputs, and 2 are expected$"):
        program(np.ones((2, 2)), "float32", shape=(2, 1))
    assert program(np.ones((2, 2)), "float32", shape=(2, 2)).shape == (2, 2)


@pytest.mark.parametrize("line", ["./kernel", "./kernel {in}", "./kernel {in} {in.bin} {out}", ""])
def test_a_line_without_a_place_for_both_files(line: str) -> None:
    with pytest.raises(InputError, match="the command needs one place for its"):
        Program(line, 1.0)


def test_a_line_with_an_open_quote() -> None:
    with pytest.raises(InputError, match="no closing quotation"):
        Program("./kernel '{in} {out}", 1.0)


def test_a_program_that_does_not_exist() -> None:
    with pytest.raises(InputError, match=r"^\./no_such_kernel: no such file or directory$"):
        Program("./no_such_kernel {in} {out}", 1.0)(X, "float32")


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with pytest.raises(InputError, match=r"^sh: no answer in 0\.5 seconds$"):
        Program(f"sh -c 'sleep 60 & echo $! > {child}; wait' {{in}} {{out}}", 0.5)(X, "float32")
    state = Path("/proc", child.read_text().strip(), "stat")
    wait_until(lambda: not state.exists() or state.read_text().split()[2] in "ZX")


def test_one_that_leaves_a_process_behind_is_not_waited_for(tmp_path: Path) -> None:
    child = tmp_path / "child"
    line = f"sh -c 'sleep 60 & echo $! > {child}; cat $0 > $1' {{in}} {{out}}"
    assert Program(line, 30.0)(X, "float32").tolist() == X.tolist()
    state = Path("/proc", child.read_text().strip(), "stat")
    wait_until(lambda: not state.exists() or state.read_text().split()[2] in "ZX")


def test_no_shell_reads_the_line(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Program(f"true {{in}} {{out}} ; touch {tmp_path}/made", 5.0)(X, "float32")
    assert not (tmp_path / "made").exists()
