"""Functions in a separate interpreter: NumPy's, a module's, and all kinds of failures."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.numerics.formats import round_to
from actcli.foreign.implementation import Implementation

MODULE = """
import ctypes, os, sys, time
import numpy as np

scale = 3

def relu(x):
    print("a function that prints")
    return np.maximum(x, 0)

def wide(x):
    return np.maximum(x.astype(np.float64), 0) * (1 + 2.0**-30)

def raises(x): raise RuntimeError("no such\\nkernel")
def leaves(x): sys.exit(3)
def dies(x): os._exit(7)
def crashes(x): ctypes.string_at(0)
def hangs(x): time.sleep(60)
def forks(x): os.fork() or time.sleep(60); os._exit(0)
def swapped(x): return x.astype(">f4")
def shorter(x): return x[:-1]
def whole(x): return x.astype(int)
def text(x): return "a"
def nothing(x): return None

class Kernel:
    @staticmethod
    def tanh(x): return np.tanh(x)
"""

X = np.array([-2.0, -0.0, 0.5, 3.0])


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mykernel.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import numpy\nimport no_such_module\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "inner.py").write_text("def double(x): return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(
    against: str, act: str = "relu", dtype: str = "float32", order: int = 0, timeout: float = 60.0
) -> list[float]:
    with Implementation(against, None, timeout) as implementation:
        implementation.load(resolve(act))
        found: list[float] = implementation(round_to(X, dtype), dtype, order).values.tolist()
        return found


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_a_framework_answers_in_the_type_that_it_was_asked_in(workshop: Path, dtype: str) -> None:
    assert answer("numpy", "tanh", dtype) == np.tanh(X.astype(dtype)).astype(float).tolist()


@pytest.mark.parametrize("against", ["mykernel:relu", "mykernel.relu"])
def test_a_function_of_a_module_in_the_working_directory(workshop: Path, against: str) -> None:
    assert answer(against) == [0.0, 0.0, 0.5, 3.0]


@pytest.mark.parametrize("against", ["mykernel:Kernel.tanh", "mykernel.Kernel.tanh", "numpy.tanh", "numpy:tanh"])
def test_a_function_within_a_class_and_one_of_an_installed_package(workshop: Path, against: str) -> None:
    assert answer(against, "tanh") == np.tanh(X.astype("float32")).astype(float).tolist()


def test_a_module_within_a_directory(workshop: Path) -> None:
    assert answer("package.inner:double") == (2 * X).tolist()


def test_a_wider_answer_is_rounded_once_and_said_to_be_wider(workshop: Path) -> None:
    with Implementation("mykernel:wide", None, 60.0) as implementation:
        implementation.load(resolve("relu"))
        found = implementation(X, "float16")
    assert (found.values.tolist(), found.dtype) == ([0.0, 0.0, 0.5, 3.0], "float64")


FAILURES = {
    "mykernel:raises": "mykernel:raises: RuntimeError: no such kernel",
    "mykernel:leaves": "mykernel:leaves: SystemExit: 3",
    "mykernel:dies": f"mykernel:dies: the interpreter {sys.executable} ended with exit code 7",
    "mykernel:shorter": "mykernel:shorter: the answer has the shape (3,), the inputs have (4,)",
    "mykernel:whole": "mykernel:whole: the answer is int64, none of the types of --dtype",
    "mykernel:text": "mykernel:text: the answer is <U1, none of the types of --dtype",
    "mykernel:nothing": "mykernel:nothing: the answer is None",
    "mykernel:no_such": "mykernel:no_such: mykernel has no no_such",
    "mykernel:scale": "mykernel:scale: mykernel:scale is a int, no function",
    "no_such_module": "no_such_module: neither a framework nor a function, which is written module:function",
    "no_such_module:relu": "no_such_module:relu: there is no module no_such_module",
    "mykernel.relu.no_such": "mykernel.relu.no_such: relu has no no_such",
    "broken:relu": "broken:relu: ModuleNotFoundError: No module named 'no_such_module'",
    "math.tanh": "math.tanh: it takes one number at a time, not an array; with `import numpy, math; f = "
    "numpy.vectorize(math.tanh, [float])` in each.py, give --against each:f",
    "model.onnx": "model.onnx: no such file",
}


@pytest.mark.parametrize("against", FAILURES)
def test_what_goes_wrong_is_one_line(workshop: Path, against: str) -> None:
    with pytest.raises(InputError) as error:
        answer(against)
    assert str(error.value) == FAILURES[against]


def test_a_crash_names_the_signal(workshop: Path) -> None:
    with pytest.raises(InputError, match=r"ended with signal 11$"):
        answer("mykernel:crashes")


@pytest.mark.parametrize("function", ["hangs", "forks"])
def test_one_that_hangs_is_ended(workshop: Path, function: str) -> None:
    """With its children, which hold the pipe open."""
    begun = time.monotonic()
    with pytest.raises(InputError, match=rf"^mykernel:{function}: no answer in 0\.5 seconds$"):
        answer(f"mykernel:{function}", timeout=0.5)
    assert time.monotonic() - begun < 30.0


def test_any_order_of_bytes(workshop: Path) -> None:
    assert answer("mykernel:swapped") == X.tolist()


def test_numpy_has_no_derivatives(workshop: Path) -> None:
    with pytest.raises(InputError, match="NumPy has no derivatives: only order 0 can be audited"):
        answer("numpy", "tanh", order=1)


def test_what_a_framework_does_not_have(workshop: Path) -> None:
    with pytest.raises(InputError, match="unknown function of numpy for 'relu'; there are exponential, tanh"):
        answer("numpy", "relu")


def test_a_parameter_that_cannot_be_passed_on(workshop: Path) -> None:
    with pytest.raises(InputError, match="torch's selu has no alpha; audit it with the default"):
        answer("torch", "selu:alpha=2")


@pytest.mark.parametrize("python", ["/no/such/python", "/etc"])
def test_an_interpreter_that_is_none(python: str) -> None:
    with (
        pytest.raises(InputError, match=f"^{python}: (no such file|permission denied)"),
        Implementation("numpy", python, 5),
    ):
        raise AssertionError("it must not start")


def test_a_program_that_is_no_interpreter() -> None:
    with Implementation("numpy", "/bin/false", 5) as implementation, pytest.raises(InputError) as error:
        implementation.load(resolve("tanh"))
    assert str(error.value) == "numpy: the interpreter /bin/false ended with exit code 1"


def test_a_framework_that_is_missing_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('No module named torch', name='torch')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        answer("torch")
    assert str(error.value) == f"torch is not installed for {sys.executable}: {sys.executable} -m pip install torch"
