"""`from actcli import ...`: the whole library, with imports at first use."""

import ast
import dataclasses
import doctest
import importlib
import inspect
import math
import pkgutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

import actcli
import actcli.core
from actcli.cli import load
from tests.each import each
from tests.narrow import elementwise, known, row_wise

PUBLIC = sorted(set(actcli.__all__) - {"__version__"})


def python(program: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def _module_of(name: str) -> str:
    handed_in = actcli._WITH_MORE_DIGITS.get(name)
    return f"actcli.{handed_in}" if handed_in else f"actcli.core.{actcli._MODULES[name]}"


@each("name", PUBLIC)
def test_a_name_is_the_one_of_the_core(name: str) -> None:
    found = getattr(actcli, name)
    module = importlib.import_module(_module_of(name))
    assert found is getattr(module, name)
    assert getattr(found, "__module__", module.__name__) in (module.__name__, "builtins")  # where it is defined


def test_type_checkers_see_what_python_sees() -> None:
    tree = ast.parse(Path(actcli.__file__).read_text(encoding="utf-8"))
    seen = {
        node.names[0].asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("actcli.")
    }
    assert seen == {name: _module_of(name) for name in PUBLIC}


def test_the_package_alone_imports_nothing_of_it() -> None:
    program = "import sys, actcli; print('numpy' in sys.modules, *(m for m in sys.modules if m.startswith('actcli.')))"
    assert python(program).split() == ["False"]


def test_what_is_not_there_is_an_attribute_error_and_submodules_can_be_imported() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evaluate'"):
        _ = actcli.evaluate  # type: ignore[attr-defined]  # on purpose
    assert python("from actcli import core, cli; print(core.__name__)") == "actcli.core\n"


def test_names_do_not_depend_on_what_was_imported_before() -> None:
    """Some modules of the core have the same name as their function."""
    modules = "import actcli.core.activations.catalogue, actcli.core.lessons.trace"
    program = f"{modules}\nfrom actcli import resolve, trace\nprint(resolve('relu')(2))"
    assert python(program) == "2.0\n"


def test_dir_lists_each_name_once() -> None:
    for name in PUBLIC:
        getattr(actcli, name)  # after that it is an attribute of the module
    listed = dir(actcli)
    assert len(listed) == len(set(listed))
    assert set(actcli.__all__) <= set(listed)


# --- types of arguments and results ----------------------------------------------------------------------------


def classes(annotation: Any) -> Iterator[type]:
    """Classes of this package in a type annotation, at any depth."""
    if isinstance(annotation, list):  # the arguments of a Callable
        for part in annotation:
            yield from classes(part)
    elif isinstance(annotation, type) and annotation.__module__.startswith("actcli."):
        yield annotation
    for part in get_args(annotation):
        yield from classes(part)


def annotations(thing: Any) -> Iterator[Any]:
    """Annotations of a function's arguments and result, or of a class's fields and public methods."""
    names = {**vars(importlib.import_module(thing.__module__)), "Fraction": Fraction}
    yield from get_type_hints(thing, names).values()
    for name, member in vars(thing).items() if isinstance(thing, type) else ():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        generated = name == "__init__" and dataclasses.is_dataclass(thing)
        is_public = not name.startswith("_") or name in ("__init__", "__call__", "__iter__")
        if is_public and not generated and inspect.isfunction(function):
            yield from get_type_hints(function, names).values()


def test_what_a_public_name_takes_and_returns_is_public_itself() -> None:
    seen: set[type] = set()
    waiting = [getattr(actcli, name) for name in PUBLIC if name != "CATALOGUE"]
    while waiting:
        for annotation in annotations(waiting.pop()):
            new = set(classes(annotation)) - seen
            seen |= new
            waiting += new
    assert {found.__name__ for found in seen} - set(actcli.__all__) == set()
    assert {actcli.DepthRun, actcli.Gain, actcli.Properties, actcli.Audit, actcli.LayerRecord} <= seen
    assert all(getattr(actcli, found.__name__) is found for found in seen), "two classes of one name"


def test_an_activation_may_be_given_as_its_text() -> None:
    config, tower = actcli.DepthConfig(layers=2, width=3, steps=1), actcli.CollapseConfig(layers=3)
    for text in ("leaky_relu:negative_slope=0.2", "x*tanh(x)"):
        activation = actcli.resolve(text)
        assert actcli.resolve(activation) is activation
        assert actcli.describe(text) == actcli.describe(activation)
        assert actcli.gain(text) == actcli.gain(activation)
        assert actcli.compare([text, "relu"]) == actcli.compare([activation, "relu"])
        assert actcli.gradient_depth(text, config) == actcli.gradient_depth(activation, config)
        assert actcli.trace(text) == actcli.trace(activation)
        bends = [[run.bends for run in actcli.collapse(given, tower)] for given in (text, [text], [activation])]
        assert bends[0] == bends[1] == bends[2]
        errors = [next(actcli.approximate("sin(x)", given, [4])).max_error for given in (text, activation)]
        assert errors[0] == errors[1]
        assert next(actcli.approximate(text)).max_error == next(actcli.approximate(activation)).max_error
        assert np.array_equal(actcli.sweep(text, "bfloat16"), actcli.sweep(activation, "bfloat16"))
        assert actcli.Auditor(text, "float16").activation == actcli.DepthExperiment(text).network.activation


def test_defaults_are_those_of_the_commands() -> None:
    def of_command(name: str) -> dict[str, Any]:
        return {known(parameter.name): parameter.default for parameter in load(name).params}

    def of_function(function: Callable[..., Any]) -> dict[str, Any]:
        return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}

    for name in ("compare", "approximate"):
        defaults = of_function(getattr(actcli, name))
        assert (defaults["low"], defaults["high"]) == of_command(name)["interval"]
    assert of_function(actcli.trace)["learning_rate"] == of_command("trace")["lr"]
    assert of_function(actcli.sweep)["dtype"] == of_function(actcli.Auditor)["dtype"]
    assert [of_function(actcli.sweep)["dtype"]] == [str(name) for name in of_command("audit")["dtypes"]]
    for name, config in (("gradient-depth", actcli.DepthConfig()), ("collapse", actcli.CollapseConfig())):
        given = {"learning_rate": of_command(name).get("lr"), **of_command(name)}
        shared = {field.name for field in dataclasses.fields(config)} & set(given) - {"norm"}
        assert {field: getattr(config, field) for field in shared} == {field: given[field] for field in shared}
        assert len(shared) >= 3


def core_modules() -> list[str]:
    return [package.name for package in pkgutil.walk_packages(actcli.core.__path__, "actcli.core.")]


def test_the_examples_in_docstrings_print_what_they_show() -> None:
    report: list[str] = []
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for name in core_modules():
        for test in finder.find(importlib.import_module(name), name):
            runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


@each("name", [name for name in PUBLIC if inspect.isfunction(getattr(actcli, name))])
def test_a_public_function_has_an_example(name: str) -> None:
    assert ">>> " in known(inspect.getdoc(getattr(actcli, name)))


# --- wrong arguments -------------------------------------------------------------------------------------------

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
SMALL = actcli.DepthConfig(layers=1, steps=0, width=2)
GELU, SOFTMAX, ELU = elementwise("gelu"), row_wise("softmax"), elementwise("elu")


def junk() -> list[Any]:
    """Values of wrong kinds; most of them are invalid for most arguments."""
    return [
        *(None, True, 0, -1, 1.5, math.nan, math.inf, -math.inf, 10**400, -(10**20), 2**70, 1e308, 1j),
        *("", "rleu", "sigmoid\nx", "3", "softmax", "1/x", "\0", "x" * 5000, "relu:alpha=1", b"relu"),
        *("leaky_relu:negative_slope=nan", "x if x > 0 else nan"),
        *([], [None], ["relu"], [1, "a"], [[1], [1, 2]], (), {}, {"a": 1}, {1}, range(3), iter([1])),
        *(object(), type, junk, Fraction(1, 3), Decimal(1), GELU, SOFTMAX),
        *(np.float32(2), np.int64(-3), np.array(2.0), np.array([1, 2.0]), np.array(["a"]), np.zeros((2, 0))),
    ]


CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "resolve": (actcli.resolve, {"text": "relu"}),
    "describe": (actcli.describe, {"activation": "relu"}),
    "compare": (actcli.compare, {"activations": ["relu", "tanh"], "low": -1.0, "high": 1.0}),
    "identify": (actcli.identify, {"activation": "2*x"}),
    "gain": (actcli.gain, {"activation": "relu", "sigma_w2": 1.0, "sigma_b2": 0.0}),
    "gradient_depth": (actcli.gradient_depth, {"activation": "relu", "config": SMALL, "data": None}),
    "DepthExperiment": (actcli.DepthExperiment, {"activation": "relu", "config": SMALL, "data": None}),
    "DepthConfig": (
        actcli.DepthConfig,
        {"layers": 1, "width": 2, "batch": 4, "steps": 0, "learning_rate": 0.1, "seed": 0, "data": "moons"}
        | {"init": "he", "norm": None, "residual": False, "optimizer": "sgd", "dtype": "float64"},
    ),
    "CollapseConfig": (actcli.CollapseConfig, {"layers": 2, "width": 3, "seed": 0}),
    "collapse": (actcli.collapse, {"activations": ["relu"], "config": actcli.CollapseConfig(2, 3)}),
    "approximate": (
        actcli.approximate,
        {"target": "sin(x)", "activation": "relu", "units": [3], "low": -1.0, "high": 1.0, "seed": 0},
    ),
    "trace": (actcli.trace, {"activation": "relu", "learning_rate": 0.1, "seed": 0}),
    "from_examples": (
        actcli.from_examples,
        {"name": "mine", "inputs": X, "labels": [0, 1, 2], "target": "auto"},
    ),
    "DataSet": (
        actcli.DataSet,
        {"name": "mine", "inputs": X, "targets": X[:, :1], "loss": "mean_squared_error"},
    ),
    "replay": (actcli.replay, {"experiment": actcli.DepthExperiment("relu", SMALL)}),
    "round_to": (actcli.round_to, {"values": X, "dtype": "float16"}),
    "sweep": (actcli.sweep, {"activation": "relu", "dtype": "float16", "order": 0, "infinities": False}),
    "Auditor": (
        actcli.Auditor,
        {"activation": "relu", "dtype": "float16", "order": 0, "flush_subnormals": False}
        | {"segments": None, "exact": None},
    ),
    "row_sweep": (actcli.row_sweep, {"activation": "softmax", "dtype": "float16"}),
    "RowAuditor": (actcli.RowAuditor, {"activation": "softmax", "dtype": "float16", "flush_subnormals": False}),
    "RowAuditor.add": (actcli.RowAuditor("softmax", "float16").add, {"rows": X, "actual": X}),
    "Auditor.add": (actcli.Auditor("relu", "float16").add, {"x": X[:, 0], "actual": X[:, 0]}),
    "f(x)": (GELU, {"x": 1.0}),
    "softmax(x)": (SOFTMAX, {"x": [1.0, 2.0]}),
    "jacobian": (SOFTMAX.jacobian, {"x": [1.0, 2.0]}),
    "derivative": (GELU.derivative, {"x": 1.0, "order": 1}),
    "derivatives": (GELU.derivatives, {"x": 1.0, "order": 1}),
    "value_and_slope": (GELU.value_and_slope, {"x": 1.0}),
    "kinks": (GELU.kinks, {"order": 1}),
    "with_parameters": (ELU.with_parameters, {"alpha": 1.0}),
}
"""Every public function, and the methods that take a user's numbers, with valid arguments."""


@pytest.mark.parametrize(("call", "argument"), [(call, name) for call in CALLS for name in CALLS[call][1]])
def test_a_wrong_argument_is_a_value_error_of_one_line(call: str, argument: str) -> None:
    function, right = CALLS[call]
    function(**right)
    refused = []
    for wrong in junk():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                function(**{**right, argument: wrong})
        except actcli.InputError as error:
            refused.append(str(error))
    assert [message for message in refused if not message.isprintable() or len(message) > 400] == []
    assert len(refused) >= 10


def test_every_public_function_is_tried_with_wrong_arguments() -> None:
    functions = {name for name in PUBLIC if inspect.isfunction(getattr(actcli, name))}
    assert functions - set(CALLS) == set()


@each(
    ("call", "message"),
    [
        (
            lambda: actcli.describe(3),  # type: ignore[arg-type]  # on purpose
            "an activation is a text, such as 'relu', or the result of resolve('relu'), not 3",
        ),
        (lambda: actcli.describe("rleu"), "no activation 'rleu'; did you mean relu?"),
        (lambda: actcli.compare("relu"), "compare takes two activations or more"),
        (lambda: actcli.compare([]), "compare takes two activations or more"),
        (lambda: actcli.compare(3), "activations must be a list, such as ['relu', 'tanh'], not 3"),  # type: ignore[arg-type]  # on purpose
        (lambda: actcli.compare(["relu", "tanh"], 2, 1), "the range must go up, not from 2.0 to 1.0"),
        (lambda: actcli.gain("relu", -1), "sigma_w2 must be a finite number, 0 or more, not -1"),
        (lambda: actcli.gain("softmax"), "softmax acts on whole rows; the theory is for elementwise activations"),
        (lambda: actcli.DepthConfig(layers=2.5), "layers must be a whole number, not 2.5"),  # type: ignore[arg-type]  # on purpose
        (lambda: actcli.DepthConfig(layers=-2), "layers must be at least 1, not -2"),
        (lambda: actcli.DepthConfig(norm="bath"), "unknown norm 'bath'; did you mean batch?"),
        (lambda: actcli.gradient_depth("relu", {"layers": 2}), "config must be a DepthConfig, not {'layers': 2}"),  # type: ignore[arg-type]  # on purpose
        (lambda: actcli.gradient_depth("relu", data=[1]), "data must be a DataSet, not [1]"),  # type: ignore[arg-type]  # on purpose
        (lambda: actcli.approximate("x", units=[]), "units must be a list of at least one number of units"),
        (lambda: actcli.approximate("x", units=[0]), "units must be from 1 to 1000, not 0"),
        (lambda: actcli.approximate("x", units=4), "units must be a list, such as [4, 16], not 4"),  # type: ignore[arg-type]  # on purpose
        (lambda: actcli.trace("relu", math.nan), "the learning rate must be a finite number, 0 or more, not nan"),
        (lambda: actcli.trace("relu", seed=-1), "seed must be at least 0, not -1"),
        (lambda: actcli.sweep("relu", "float8"), "unknown dtype 'float8'; did you mean float8_e4m3fn or float8_e5m2?"),
        (lambda: actcli.Auditor("relu", order=33), "the order must be from 0 to 32, not 33"),
        (
            lambda: actcli.Auditor("relu").add([1.0], [1.0, 2.0]),  # type: ignore[arg-type]  # on purpose
            "inputs of shape (1,) and results of shape (2,): both must be of (n,)",
        ),
        (lambda: actcli.round_to(["1"], "float16"), "values must be real numbers, not ['1']"),
        (lambda: actcli.resolve("relu")(None), "x must be real numbers, not None"),  # type: ignore[arg-type]  # on purpose
        (lambda: actcli.resolve("relu")([[1], [1, 2]]), "x must be an array of numbers, whose rows differ in length"),
        (lambda: actcli.resolve("softmax")(3), "softmax acts on whole rows, an array of one axis or more, not on 3"),
        (lambda: actcli.replay(3), "experiment must be a DepthExperiment, not 3"),  # type: ignore[arg-type]  # on purpose
        (
            lambda: actcli.from_examples("mine", X, "abc"),
            "mine: labels must be a list of numbers or names, one a point, not 'abc'",
        ),
    ],
)
def test_what_is_said_of_a_wrong_argument(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the whole message is compared below
        call()
    assert str(caught.value) == message
