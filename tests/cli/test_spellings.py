"""Users' spellings of activations: understood, or refused in one line whose advice works."""

import math
import re
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from tests.cli.helpers import complaint, numbers, output
from tests.cli.spellings import CODE, ISSUE, REFUSED
from tests.each import each

X = ["-1.5", "-0.25", "0.5", "3.75"]
AT = [float(x) for x in X]
ALL = ISSUE | CODE


@pytest.mark.parametrize("spelling", [*ISSUE, *list(CODE)[::3]])
def test_the_program_reads_it_as_it_is_meant(spelling: str) -> None:
    assert numbers("evaluate", spelling, *X) == pytest.approx(
        resolve(ALL[spelling])(AT).tolist(), rel=1e-15, nan_ok=True
    )


@pytest.mark.parametrize("spelling", ["nn.GELU()", "x·tanh(x)", "def relu(x):\nreturn x if x > 0 else 0", "|x|"])
def test_a_new_process_reads_it_too(spelling: str) -> None:
    printed = output("evaluate", spelling, "−1.5", env={})
    assert float(printed) == pytest.approx(float(resolve(ALL[spelling])(-1.5)), rel=1e-15)


@each("spelling", ALL)
def test_a_spelling_is_its_reading(spelling: str) -> None:
    found, meant = resolve(spelling), resolve(ALL[spelling])
    assert isinstance(found, RowWise) is isinstance(meant, RowWise)
    np.testing.assert_array_equal(found(AT), meant(AT))
    assert not isinstance(found, RowWise) or found.name == meant.name


# --- Python, NumPy and math as the reference --------------------------------------------------------------------------

PYTHON = re.compile(r"(np|numpy|math|max|min|abs|x|if|else|lambda|z|exp|and|or|a|return|f|relu|y|e|sigmoid)\b")
RUN = [
    text
    for text in ALL
    if re.search(r"\b(np|numpy|math)\.|^lambda|^def", text)
    and all(PYTHON.fullmatch(word) for word in re.findall(r"(?<![\w.])[^\W\d]\w*", text))
]


def run_by_python(text: str, x: float) -> float:
    names: dict[str, Any] = {"np": np, "numpy": np, "math": math, "x": x}
    if text.startswith("def"):
        exec(text, names)
        return float(names[re.findall(r"def (\w+)", text)[-1]](x))
    value = eval(text, names)
    return float(value(x) if callable(value) and not isinstance(value, np.ufunc) else value)


def test_there_is_enough_that_python_can_run() -> None:
    assert len(RUN) > 20


@each("text", [text for text in RUN if not re.search(r"\nreturn|^\w+ = |^[\w.]+$", text)])
def test_a_program_is_read_as_python_runs_it(text: str) -> None:
    with np.errstate(all="ignore"):  # log of a negative number is nan on both sides
        truth = [run_by_python(text, x) for x in AT]
    np.testing.assert_allclose(resolve(text)(AT), truth, rtol=1e-14, atol=1e-16)


# --- refused input ----------------------------------------------------------------------------------------------------


@each("spelling", REFUSED)
def test_what_is_refused_is_put_right_in_one_line(spelling: str) -> None:
    with pytest.raises(InputError) as error:
        resolve(spelling)
    message = str(error.value)
    assert message.startswith(REFUSED[spelling])
    assert "\n" not in message


WAYS_OUT = {
    "relu(0.1)": ["relu"],
    "leaky_relu(0.2)": ["leaky_relu:negative_slope=0.2"],
    "leaky_relu 0.2": ["leaky_relu:negative_slope=0.2"],
    "elu(0.5)": ["elu:alpha=0.5"],
    "3": ["3*x**0"],
    "−1": ["-1*x**0"],
    "relu:0.2": ["leaky_relu:negative_slope=0.2"],
    "relu(x, 0.1)": ["leaky_relu:negative_slope=0.1"],
    "relu,gelu": ["relu", "gelu"],
    "relu gelu": ["relu(gelu(x))"],
    "crelu": ["relu", "celu", "rrelu"],
    "nn.gelu": ["gelu_tanh", "gelu"],
    "LeakyReLU()": ["leaky_relu", "leaky_relu:negative_slope=0.3"],
    "tf.keras.activations.hard_sigmoid": ["hard_sigmoid:alpha=0.2", "hard_sigmoid"],
    "phi(x)": ["(1 + erf(x/sqrt(2)))/2", "exp(-x**2/2)/sqrt(2*pi)"],
    "nn.Softmax(dim=0)": ["softmax"],
    "1/2x": ["1/(2*x)", "1/2*x"],
    "e^2x": ["e**(2*x)", "e**2*x"],
    "√2x": ["sqrt(2)*x", "sqrt(2*x)"],
    "sin 2x": ["sin(2*x)"],
    "sin^-1(x)": ["asin(x)", "1/sin(x)"],
    "tan⁻¹(x)": ["atan(x)", "1/tan(x)"],
    "|x| x.max(0.0)": ["abs(x)*x"],
    "lambda x: (yield)": ["lambda x: x*2"],
    "\\begin{cases} x & x > 0 \\\\ 0 & x < 0 \\end{cases}": ["x if x > 0 else 0"],
}


@each("spelling", WAYS_OUT)
def test_every_way_out_works_as_it_stands_there(spelling: str) -> None:
    for way_out in WAYS_OUT[spelling]:
        assert way_out in REFUSED[spelling]
        assert resolve(way_out)


@pytest.mark.parametrize("spelling", ["relu(0.1)", "leaky_relu(0.2)", "1/2x", "nn.gelu", "phi(x)", "relu,gelu"])
def test_the_program_refuses_in_one_line_and_the_way_out_runs(spelling: str) -> None:
    assert complaint("evaluate", spelling, "1").startswith(REFUSED[spelling])
    for way_out in WAYS_OUT[spelling]:
        assert len(numbers("evaluate", way_out, "1")) == 1


# --- texts that are not understood ------------------------------------------------------------------------------------

HOSTILE = [
    "torch.load('x')", "np.load('x')(x)", "__builtins__", "getattr(x, '__class__')", "x.__init__.__globals__",
    "lambda x: __import__('os').system('true')", "def f(x): return open('f').read()",
    "def f(x):\n exec('1')\n return x",
    "np.__loader__.load_module('os')", "F.__builtins__['eval']('1')", "(lambda: (yield))()",
    "torch.hub.load('a', 'b')",
    "().__class__.__bases__[0].__subclasses__()", "relu.__globals__", "nn.Module.__subclasses__()",
    "np.vectorize(eval)(x)",
    "def f(x, y=__import__('os')): return y.getcwd()",
    "f'{x.__class__}'", "\\input{/etc/passwd}", "`id`", "$(id)(x)",
]  # fmt: skip


@each("text", HOSTILE)
def test_nothing_hostile_is_understood(text: str) -> None:
    with pytest.raises(InputError) as error:
        resolve(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n" + " x = x*x\n" * 300 + " return x",
        "def f(x):\n" + " if x > 0: x = x*2\n" * 100 + " return x",
        "def f(x):\n" + " if x > 0: pass\n" * 100,
        "(" * 1990 + "x",
        "|" * 1990,
        "x?" * 900,
        "\\frac{" * 300,
        "x => " * 390 + "x",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_could_grow_is_bounded(text: str) -> None:
    with pytest.raises(InputError) as error:
        resolve(text)
    assert len(str(error.value)) < 250
