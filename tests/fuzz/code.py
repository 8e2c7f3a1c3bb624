"""Emitted code of random activations, parameters and formulas, executed and held against mpmath.

    python -m tests.fuzz.code [--minutes 30] [--seed 0] [--cases N]
    FRAMEWORKS=path/of/a/python/with/torch/and/jax python -m tests.fuzz.code

Values and slopes at random, tiny, huge and special points, in the bounds that the docstring states; derivatives by
learnable parameters. NumPy runs here, C through gcc, PyTorch and JAX in the Python that FRAMEWORKS names.
"""

import ctypes
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Final
from unittest.mock import patch

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported

# isort: split
import mpmath
import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS, CATALOGUE, literature, resolve
from actcli.core.arrays import Array
from actcli.core.code.emission import chosen, emitted
from actcli.core.code.functions import Functions
from actcli.core.code.measurement import run
from actcli.core.errors import InputError
from actcli.multiprecision.reference import value_and_slope_reference
from tests.fuzz.campaign import campaign, judged
from tests.fuzz.code_truth import Truth
from tests.fuzz.definitions import Definition, UndecidedError
from tests.fuzz.formulas_with_truth import formula

LONG = 60.0
NAMES: Final = [name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)]
LETTERS: Final = ("a", "b", "w", "beta_", "lam", "x0", "int", "np", "slope", "self", "train")
SPECIAL: Final = (
    *(0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310, -2.3e-308, 1e300, -1e300),
    *(1e154, -1e154, 1e16, -1e16, 710.0, -710.0, -745.2),
)
NEAR: Final = (-2.3, -0.72, -0.21, 0.33, 0.91, 2.17)


@dataclass(frozen=True)
class Case:
    """An activation with parameters, the second target, and whether its parameters are learnable."""

    text: str
    target: str
    learnable: bool


def case_of(seed: int) -> Case:
    choose = random.Random(seed)
    targets = ["c", "c", *(["torch", "torch", "jax"] if "FRAMEWORKS" in os.environ else ["torch"])]
    kind = choose.random()
    if kind < 0.2:
        text = with_parameters(choose.choice(NAMES), choose)
    elif kind < 0.4:
        text = with_parameters(choose.choice([*literature()]), choose)
    else:
        text = formula(choose) if kind < 0.7 else lettered(formula(choose), choose)
    return Case(text, choose.choice(targets), choose.random() < 0.5)


def with_parameters(name: str, choose: random.Random) -> str:
    given: list[str] = []
    for parameter in resolve(name).parameters:
        for _ in range(10):
            usual = (0, 1, -1, 0.5, 2, 1e-3, 100, round(choose.uniform(-3, 3), 3))
            text = f"{parameter.name}={choose.choice(usual)!r}"
            try:
                resolve(f"{name}:{','.join([*given, text])}")
            except InputError:
                continue
            given.append(text)
            break
    return f"{name}:{','.join(given)}" if given else name


def lettered(text: str, choose: random.Random) -> str:
    """Some of a formula's numbers as parameters."""
    given: dict[str, str] = {}

    def letter(found: re.Match[str]) -> str:
        key = choose.choice(LETTERS)
        if choose.random() < 0.5 or key in given or len(given) > 2:
            return found[0]
        given[key] = found[0]
        return key

    changed = re.sub(r"(?<![\w.*=])(?<!e-)\d+(?:\.\d+)?(?![\w.(])", letter, text)
    return f"{changed}:{','.join(f'{key}={value}' for key, value in given.items())}" if given else changed


def points(activation: Elementwise, choose: random.Random) -> Array:
    kinks = [kink for kink in activation.kinks(9) if math.isfinite(kink)][:6]
    beside = [at for k in kinks for at in (k, k - 1e-9 * max(abs(k), 1.0), k + 1e-9 * max(abs(k), 1.0))]
    usual = [choose.uniform(-8.0, 8.0) for _ in range(24)]
    sizes = [
        *(10.0 ** choose.uniform(-12, 3) for _ in range(16)),
        *(10.0 ** choose.uniform(-300, 300) for _ in range(8)),
    ]
    return np.array([*SPECIAL, *beside, *usual, *(choose.choice([-1, 1]) * size for size in sizes)])


# --- targets ----------------------------------------------------------------------------------------------------------


def with_numpy(code: str, name: str, x: Array) -> tuple[Array, Array]:
    value, slope = run(code, name)
    for argument in (3, [1.0, 2.0], np.ones((2, 2)), np.float32(1.5), np.array([])):
        assert np.shape(value(argument)) == np.shape(slope(argument)) == np.shape(argument), f"shape of {argument!r}"
    return value(x), slope(x)


def with_c(code: str, name: str, parameters: Sequence[float], x: Array, choose: random.Random) -> tuple[Array, Array]:
    arguments = ", ".join(["x[i]", *map(repr, parameters)])
    body = f"y[i] = act_{name}({arguments}); d[i] = act_{name}_slope({arguments});"
    loop = f"void run_it(const double *x, double *y, double *d, int n) {{ for (int i = 0; i < n; i++) {{ {body} }} }}"
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "one.c"), Path(folder, "one.so")
        source.write_text(f"{code}\n{loop}\n")
        standard = choose.choice(["c11", "c99", "gnu17"])
        options = ["-O2", f"-std={standard}", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-shared", "-fPIC"]
        compiled = subprocess.run(
            ["gcc", *options, "-o", library, source, "-lm"], capture_output=True, text=True, check=False
        )
        assert compiled.returncode == 0, compiled.stderr[:400]
        y, d, pointer = np.empty_like(x), np.empty_like(x), ctypes.POINTER(ctypes.c_double)
        ctypes.CDLL(str(library)).run_it(*(a.ctypes.data_as(pointer) for a in (x, y, d)), len(x))
    return y, d


@cache
def _frameworks() -> tuple[IO[str], IO[str]]:
    script = Path(__file__).with_name("frameworks.py")
    child = subprocess.Popen(
        [os.environ["FRAMEWORKS"], str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    assert child.stdout
    return child.stdin, child.stdout


def with_a_framework(case: Case, code: str, of: Functions, learnable: bool, x: Array) -> dict[str, Any]:
    request = {"target": case.target, "code": code, "name": of.name, "x": x.tolist(), "near": NEAR}
    request |= {"class": "".join(part.capitalize() for part in of.name.split("_")), "learnable": learnable}
    into, out = _frameworks()
    print(json.dumps({**request, "parameters": [*of.parameters.values()]}), file=into, flush=True)
    found: dict[str, Any] = json.loads(out.readline())
    return found


def wrong_partials(text: str, of: Functions, partials: Sequence[Sequence[float]]) -> list[str]:
    """Derivatives by the parameters, against differences in mpmath."""
    definition = Definition(text)
    for x, found in zip(NEAR, partials, strict=True):
        for key, got in zip(of.parameters, found, strict=True):
            try:
                exact = definition.partial(key, x)
            except UndecidedError:
                continue
            if not mpmath.isnan(exact) and not abs(got - exact) <= 1e-9 * max(1, abs(exact)):
                return [f"the derivative by {key} at {x} is {got!r}; exact {mpmath.nstr(exact, 12)}"]
    return []


def faults_of(case: Case, choose: random.Random) -> list[str]:
    activation = resolve(case.text)
    if not isinstance(activation, Elementwise):
        return []
    learnable = case.learnable and case.target != "c" and bool(activation.parameters or activation.given_parameters)
    found = of, value, slope = chosen(activation, ACTIVATIONS, value_and_slope_reference, learnable)
    truth = Truth(activation, case.text, points(activation, choose))
    at_kinks = activation.name in CATALOGUE or not of.parameters

    def check(target: str, y: Any, d: Any) -> list[str]:
        results = ((np.asarray(y), 0, value), (np.asarray(d), 1, slope))
        both = [truth.faults(got, order, claimed, target == "jax", at_kinks) for got, order, claimed in results]
        return [f"{target}: {fault}" for faults in both for fault in faults]

    with patch("actcli.core.code.emission.chosen", lambda *_: found):  # measured once
        plain = emitted(activation, "numpy", ACTIVATIONS, value_and_slope_reference).code
        code = emitted(activation, case.target, ACTIVATIONS, value_and_slope_reference, learnable).code
    wrong = check("numpy", *with_numpy(plain, of.name, truth.x))
    if case.target == "c":
        wrong += check("c", *with_c(code, of.name, [*of.parameters.values()], truth.x, choose))
    elif "FRAMEWORKS" in os.environ:
        said = with_a_framework(case, code, of, learnable, truth.x)
        wrong += [f"{case.target}: {error}" for error in said["errors"]]
        if "values" in said:
            wrong += check(case.target, said["values"], said["slopes"])
            wrong += wrong_partials(case.text, of, said["partials"]) if learnable else []
    return wrong


def faults(seed: int) -> list[str]:
    """What is wrong with the case of a seed."""
    case = case_of(seed)
    return [f"{case.text}: {fault}" for fault in judged(lambda: faults_of(case, random.Random(~seed)), LONG)]


def main(arguments: Sequence[str] | None = None) -> int:
    return campaign(__doc__, faults, arguments, seconds=2 * LONG, gibibytes=8)


if __name__ == "__main__":
    sys.exit(main())
