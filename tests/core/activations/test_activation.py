"""The classes Elementwise and RowWise: equality, copies, parameters, and resolution from text."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import actcli
from actcli import CATALOGUE, Activation, Elementwise, InputError, RowWise, resolve
from actcli.core.activations.activation import elementwise
from actcli.core.activations.rows import swept
from tests.each import each

X = np.array([-3.1, -1.0, 0.0, 0.7, 2.0, 5.0])
FORMULAS = ["x*sigmoid(1.702*x)", "f(x) = x**2 if x > 0 else 0", "w*tanh(x) + b", "relu(w*x + b)", "sin(x) - b"]
EVERY = [
    *CATALOGUE,
    *("elu:alpha=2", "selu:alpha=1,gamma=2", "softmax:temperature=0.5", "silu:beta=-0.0"),
    *("x*sigmoid(1.702*x)", "y = max(x, 0.1*x)", "relu(w*x + b):w=2,b=-1", " return  x ** 2\t+ 1 ", "y = e-x-p:p=1"),
]


# --- two classes ------------------------------------------------------------------------------------------------------

ROWS = {
    "softmax",
    "log_softmax",
    "softmin",
    "sparsemax",
    "hardmax",
    "glu",
    "swiglu",
    "geglu",
    "reglu",
    "entmax15",
    "standardize",
    "swiglu_oai",
}


def test_an_activation_is_of_one_class() -> None:
    assert {name for name, entry in CATALOGUE.items() if isinstance(entry, RowWise)} == ROWS
    assert {name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)} == set(CATALOGUE) - ROWS
    assert all(isinstance(entry, Activation) for entry in CATALOGUE.values())
    assert type(resolve("softmax:temperature=2")) is RowWise
    assert type(resolve("elu:alpha=2")) is type(resolve("x**2")) is Elementwise


@pytest.mark.parametrize("member", ["derivatives", "derivative", "kinks", "value_and_slope", "of"])
def test_each_class_has_only_its_own_members(member: str) -> None:
    assert hasattr(CATALOGUE["relu"], member)
    assert not hasattr(CATALOGUE["softmax"], member)
    assert hasattr(CATALOGUE["softmax"], "jacobian")
    assert not hasattr(CATALOGUE["relu"], "jacobian")


def test_elementwise_narrows_or_says_why_not() -> None:
    assert elementwise(CATALOGUE["relu"], "no") is CATALOGUE["relu"]
    with pytest.raises(InputError, match="rows do not fit here"):
        elementwise(CATALOGUE["softmax"], "rows do not fit here")


def test_the_base_class_is_none_of_both() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Activation("name", np.tanh, "", "")  # type: ignore[abstract]  # it must not be instantiated


# --- the same activation ----------------------------------------------------------------------------------------------


@each("text", EVERY)
def test_the_same_text_is_the_same_activation(text: str) -> None:
    one, other = resolve(text), resolve(text)
    assert one == other
    assert hash(one) == hash(other)
    assert resolve(one.label) == one
    assert len({one, other, resolve(one.label)}) == 1


def test_another_activation_is_another() -> None:
    different = [resolve(text) for text in (*EVERY, "elu:alpha=3", "x*sigmoid(1.703*x)", "relu(w*x + b):w=2,b=1")]
    assert len(set(different)) == len(different)
    assert resolve("relu") != "relu"
    assert Elementwise("mine", np.tanh, "", "") != RowWise("mine", np.tanh, "", "")
    softmax = CATALOGUE["softmax"]
    assert isinstance(softmax, RowWise)
    assert swept(softmax, (1.0, 2.0)) == swept(softmax, (1.0, 2.0)) != swept(softmax, (2.0, 1.0))


# --- text, copies, other processes ------------------------------------------------------------------------------------


def numbers(activation: Activation) -> bytes:
    return activation(X).tobytes()


@given(data=st.data())
@example(data=None)
def test_the_repr_is_python_that_gives_it_back(data: st.DataObject | None) -> None:
    if data is None:
        text = "y = e-x-p:p=1"  # the formula e - x - p, not the name exp
    else:
        text = data.draw(st.sampled_from([*CATALOGUE, *FORMULAS]))
        settings = {"w", "b"} & set(text) if text in FORMULAS else [p.name for p in CATALOGUE[text].parameters]
        values = st.floats(allow_nan=False) | st.integers(-5, 5)
        set_ones = data.draw(st.sets(st.sampled_from(sorted(settings)))) if settings else set()
        text += ":" + ",".join(f"{name}={data.draw(values)!r}" for name in sorted(set_ones)) if set_ones else ""
    try:
        activation = resolve(text)
    except InputError:
        assume(False)
    again = eval(repr(activation), {"resolve": resolve})
    assert again == activation
    assert repr(again) == repr(activation)
    assert dict(again.given_parameters) == dict(activation.given_parameters)
    assert numbers(again) == numbers(activation)


def test_the_repr_is_short() -> None:
    assert repr(resolve("ELU:alpha=2.0")) == "resolve('elu:alpha=2')"
    assert repr(CATALOGUE["softmax"]) == "resolve('softmax')"
    assert repr(resolve("f(x) = w*x:w=0.5")) == "resolve('w*x:w=0.5')"


@each("text", EVERY)
def test_copies_are_equal(text: str) -> None:
    activation = resolve(text)
    for again in (pickle.loads(pickle.dumps(activation)), copy.copy(activation), copy.deepcopy(activation)):
        assert again == activation
        assert numbers(again) == numbers(activation)


def test_a_fresh_process_reads_them_all_and_writes_what_is_read_here() -> None:
    program = (
        "import pickle, sys; found = pickle.load(sys.stdin.buffer);"
        "import numpy as np; x = np.array([-3.1, -1.0, 0.0, 0.7, 2.0, 5.0]);"
        "pickle.dump([(a, a(x).tobytes()) for a in found], sys.stdout.buffer)"
    )
    sent = [*map(resolve, EVERY), *actcli.CATALOGUE.values()]
    run = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(sent), capture_output=True, timeout=120)
    assert run.returncode == 0, run.stderr.decode()
    assert pickle.loads(run.stdout) == [(activation, numbers(activation)) for activation in sent]


def test_an_activation_without_a_text_is_not_pickled_as_its_namesake() -> None:
    mine = Elementwise("relu", np.tanh, "tanh(x)", "mine")
    assert copy.copy(mine)(2.0) == np.tanh(2.0)
    with pytest.raises((TypeError, pickle.PicklingError)):
        pickle.dumps(mine)


# --- exact parameters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["hard_sigmoid", "hard_sigmoid:alpha=0.16666666666666666"])
def test_the_default_of_hard_sigmoid_is_a_sixth(text: str) -> None:
    assert {name: str(value) for name, value in resolve(text).exact_parameters.items()} == {
        "alpha": "1/6",
        "beta": "0.5",
    }


@pytest.mark.parametrize("text", ["hard_sigmoid:beta=0.3", "leaky_relu:negative_slope=0.16666666666666666", "rrelu"])
def test_other_parameters_are_float64(text: str) -> None:
    """With another beta, alpha is the float64 next to 1/6, not the fraction; alpha x + beta is rounded once."""
    activation = resolve(text)
    assert activation.exact_parameters == activation.parameter_values
