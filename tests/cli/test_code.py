"""actcli code, through the program."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli.multiprecision.reference import float64_reference
from tests.cli.helpers import actcli, complaint, output
from tests.narrow import elementwise


def module_of(*arguments: str) -> dict[str, Any]:
    """The namespace of the printed NumPy module."""
    module: dict[str, Any] = {}
    exec(output("code", *arguments, "--to", "numpy"), module)
    return module


def test_the_module_computes_the_activation_and_its_slope() -> None:
    module = module_of("gelu")
    x = np.array([-30.0, -1.0, 0.0, 2.0, -math.inf, math.inf, math.nan])
    gelu = elementwise("gelu")
    assert module["gelu"](x) == pytest.approx(gelu(x), rel=1e-15, nan_ok=True)
    assert module["gelu_slope"](x) == pytest.approx(gelu.derivative(x), rel=1e-15, nan_ok=True)


def test_parameters_that_are_set_are_the_defaults() -> None:
    module = module_of("leaky_relu:negative_slope=0.5")
    assert module["leaky_relu"]([-2.0]).tolist() == [-1.0]
    assert module["leaky_relu"]([-2.0], negative_slope=0.1).tolist() == [-0.2]


def test_the_initialisation_is_that_of_gain() -> None:
    document = json.loads(output("gain", "silu", "--format", "json"))
    wanted = document["candidates"][document["recommended"]]
    weights, biases = module_of("silu")["initial_layer"](np.random.default_rng(0), 400, 500)
    assert weights.shape == (400, 500)
    assert weights.var() * 400 == pytest.approx(wanted["sigma_w2"], rel=0.02)
    assert biases.var() == pytest.approx(wanted["sigma_b2"], rel=0.2)


def test_where_theory_knows_no_initialisation_none_is_written() -> None:
    text = output("code", "exp(x**2)", "--to", "numpy")
    assert "initial_layer" not in text
    assert "# Mean-field theory knows no initialisation" in text


@pytest.mark.parametrize("act", ["x*exp(-x**2)", "tanh(x)**3", "sin(x)"])
def test_what_the_docstring_says_of_the_accuracy_holds(act: str) -> None:
    """Errors at other points than the docstring's are at most twice the stated bound."""
    text = output("code", act, "--to", "numpy")
    within = re.findall(r"(?:values|slopes)\s+within\s+(\S+)\s+ULP", text)
    assert len(within) == 2
    module: dict[str, Any] = {}
    exec(text, module)
    name = re.search(r"^def ([a-z]\w*)\(x\)", text, re.MULTILINE)
    assert name
    x = np.linspace(1.1, 5.3, 23)
    for order, suffix, ulp in ((0, "", within[0]), (1, "_slope", within[1])):
        exact = float64_reference(elementwise(act), order, False)(x).exact
        error = np.abs(module[name[1] + suffix](x) - exact) / np.spacing(np.maximum(np.abs(exact), 0.25 * order))
        assert error.max() <= 2.0 * float(ulp)


def test_a_form_that_loses_its_tail_says_so() -> None:
    text = " ".join(output("code", "(1 + x) - 1", "--to", "numpy").split())
    assert re.search(r"values within \S+ ULP except for|ULP elsewhere|most of them", text)
    assert "except" not in output("code", "relu", "--to", "numpy")


def test_figures_of_another_target_are_called_those_of_numpy() -> None:
    assert "measured with PyTorch 2" in output("code", "relu", "--to", "torch")
    text = " ".join(output("code", "leaky_relu:negative_slope=3", "--to", "c").split())
    assert "measured of the same operations in NumPy" in text


@pytest.mark.parametrize("target", ["torch", "jax"])
def test_learnable_parameters(target: str) -> None:
    text = output("code", "elu", "--to", target, "--learnable")
    assert "_by_alpha" in text
    compile(text, target, "exec")
    assert "_by_alpha" not in output("code", "elu", "--to", target)
    assert ("nn.Parameter(" in text) == (target == "torch")


def test_json_has_the_code_and_its_accuracy() -> None:
    document = json.loads(output("code", "elu:alpha=2", "--to", "c", "--format", "json"))
    assert (document["activation"], document["target"], document["learnable"]) == ("elu:alpha=2", "c", False)
    assert document["code"] == output("code", "elu:alpha=2", "--to", "c")
    assert document["accuracy"]["value"]["max_ulp"] < 16
    assert document["accuracy"]["slope"]["missing"] == 0


def test_a_file_is_written_and_nothing_printed(tmp_path: Path) -> None:
    file = tmp_path / "relu.h"
    assert output("code", "relu", "--to", "c", "-o", str(file)) == ""
    assert file.read_text() == output("code", "relu", "--to", "c")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("relu", "--to", "tensorflow"), "'torch', 'jax', 'numpy', 'c'"),
        (("relu",), "--to torch, --to jax, --to numpy or --to c"),
        (("softmax", "--to", "c"), "softmax acts on whole rows"),
        (("rleu", "--to", "c"), "did you mean"),
        (("x +", "--to", "c"), "column"),
        (("elu", "--to", "numpy", "--learnable"), "--learnable is for torch and jax"),
        (("relu", "--to", "torch", "--learnable"), "relu has no parameters to learn"),
        (("relu", "--to", "c", "-o", "relu.py"), "try --to torch"),
        (("relu", "--to", "jax", "-o", "relu.h"), "try --to c"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], says: str) -> None:
    assert says in complaint("code", *arguments)


def test_a_file_that_cannot_be_written_is_not_left_behind(tmp_path: Path) -> None:
    run = actcli("code", "relu", "--to", "c", "-o", str(tmp_path / "none" / "relu.h"))
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
