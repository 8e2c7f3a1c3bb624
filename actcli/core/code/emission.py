"""An activation as a module: what is emitted, measured, and told in its docstring."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Final, get_args

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.literature import source_of
from actcli.core.arrays import Array
from actcli.core.audit.ulp import Reference
from actcli.core.code.c_header import c_header
from actcli.core.code.constants import with_constants
from actcli.core.code.functions import Functions, Guard, functions, sample
from actcli.core.code.initialisation import initialisation
from actcli.core.code.measurement import BOUND, Accuracy, accuracy, run
from actcli.core.code.python_module import jax_module, numpy_module, torch_module
from actcli.core.errors import count
from actcli.core.theory.gain import gain

_FILE: Final = Path(__file__).with_name("figures.txt")
"""target | measured with | entry | ULP of its values | of its slopes; tests/core/code/measure.py makes it."""

TARGETS: Final = ("torch", "jax", "numpy", "c")
Exact = Callable[[Elementwise, int], Callable[[Array], Reference]]
"""(activation, order) -> (x -> the exact results)."""


@dataclass(frozen=True, eq=False, slots=True)
class Code:
    """A module.

    value, slope: the accuracy of the module's NumPy code
    """

    activation: str
    target: str
    learnable: bool
    code: str
    value: Accuracy
    slope: Accuracy


def emitted(
    activation: Elementwise, target: str, activations: Mapping[str, Activation], exact: Exact, learnable: bool = False
) -> Code:
    """The module for a target, one of TARGETS.

    learnable: the parameters are trained too; torch and jax
    """
    functions_, value, slope = chosen(activation, activations, exact, learnable)
    head = _head(activation, functions_, target, value, slope)
    ready = initialisation(gain(activation), target, functions_.name)
    match target:
        case "torch":
            text = torch_module(functions_, head, ready, learnable)
        case "jax":
            text = jax_module(functions_, head, ready, learnable)
        case "numpy":
            text = numpy_module(functions_, head, ready)
        case _:
            text = c_header(functions_, head, ready)
    return Code(activation.label, target, learnable, text, value, slope)


def chosen(
    activation: Elementwise, activations: Mapping[str, Activation], exact: Exact, learnable: bool
) -> tuple[Functions, Accuracy, Accuracy]:
    """The functions as they are emitted, plain where that loses no number, and how accurate their NumPy code is."""
    x = sample()
    references = exact(activation, 0)(x), exact(activation, 1)(x)
    ties = np.array(activation.kinks(99), dtype=np.float64)
    put_right = _put_right(activation, with_constants(functions(activation, activations)), ties)
    skip = np.isin(x, [*ties, *put_right])  # the exact function is asked on one side there
    found = None
    for guarded in get_args(Guard):
        built = with_constants(functions(activation, activations, guarded, put_right, learnable))
        of, slope_of = run(numpy_module(built, "", ""), built.name)
        both = accuracy(x, of(x), references[0], False), accuracy(x, slope_of(x), references[1], True, skip)
        if found is None or _missing(*both) < _missing(*found[1:]):
            found = (built, *both)
        if not _missing(*both) or activation.name in CATALOGUE:
            break
    assert found is not None
    return found


def _missing(value: Accuracy, slope: Accuracy) -> int:
    return value.missing + slope.missing


def _put_right(activation: Elementwise, plain: Functions, ties: Array) -> dict[float, float]:
    """The slopes at kinks where the rules give another than the function has: sign(x)*abs(x) has slope 1 at 0."""
    at = np.unique(np.concatenate([ties, [0.0]]))
    _, slope = run(numpy_module(plain, "", ""), plain.name)
    ours, theirs = slope(at), activation.derivative(at)
    with np.errstate(invalid="ignore"):  # inf - inf: both are none
        wrong = np.isfinite(theirs) & ~(np.abs(ours - theirs) <= 1e-9 * np.maximum(1.0, np.abs(theirs)))
    pairs = zip(at[wrong].tolist(), theirs[wrong].tolist(), strict=True)
    return {} if plain.parameters else dict(pairs)


# --- what the docstring says ------------------------------------------------------------------------------------------


def _head(activation: Elementwise, chosen: Functions, target: str, value: Accuracy, slope: Accuracy) -> str:
    source = source_of(activation)
    lines = [f"{chosen.name}: {activation.formula}"]
    facts = []
    if activation.reference != "a formula":
        facts.append(f"Source: {source}.")
    if chosen.parameters:
        facts.append(
            "Parameters: " + ", ".join(f"{key} = {number:g}" for key, number in chosen.parameters.items()) + "."
        )
    known = (
        _of_the_target(target, chosen.name)
        if activation.name in CATALOGUE and not activation.given_parameters
        else None
    )
    if known:
        how, figures = (
            f"with {known[0]} against actcli's float64 results",
            f"values within {known[1]} ULP; slopes within {known[2]} ULP",
        )
    else:
        how = "here" if target == "numpy" else "of the same operations in NumPy"
        figures = f"{_figure('values', value)}; {_figure('slopes', slope)}"
    facts.append(f"Accuracy in float64, measured {how} at {value.points} points from -1e300 to 1e300: {figures}.")
    if slope.ulp:
        facts.append("Within 1 of a zero of the slope its error is counted in units of 2^-52 where that is less.")
    if target == "jax":
        facts.append('float64 has to be enabled: jax.config.update("jax_enable_x64", True).')
        facts.append("On a CPU, JAX gives 0 where a result is under 2.3e-308.")
    if target in ("torch", "jax"):
        facts.append("Only the first derivative is held to this: a second one is traced through the slope's code.")
    if target == "c":
        facts.append("The functions for float compute in double and round once.")
    return "\n".join([*lines, "", *(fill(fact, 76) for fact in facts)]) + "\n"


def _of_the_target(target: str, name: str) -> tuple[str, str, str] | None:
    """What it was measured with, and the ULP of values and slopes; None where it was not."""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        of, version, entry, *figures = (cell.strip() for cell in line.split("|"))
        if (of, entry) == (target, name):
            value, slope = (_up(float(figure)) for figure in figures)
            return version, value, slope
    return None


def _up(ulp: float) -> str:
    """Rounded up to a tenth; correctly rounded is half a unit."""
    return f"{math.ceil(max(ulp, 0.5) * 10.0) / 10.0:g}" if ulp < 1000.0 else f"{1.05 * ulp:.1e}"


def _figure(what: str, found: Accuracy) -> str:
    text = f"{what} within {_up(found.within)} ULP"
    if len(found.beyond) > 3:
        text = f"{what} within {BOUND:g} ULP at most of them, elsewhere up to {_up(found.ulp)} (x = {found.at:.4g})"
    elif found.beyond:
        places = " and ".join(f"x = {a:.4g}" if a == b else f"{a:.4g} <= x <= {b:.4g}" for a, b in found.beyond)
        text += f" except for {places}"
        if found.ulp > BOUND:
            text += f", where it is up to {_up(found.ulp)} ULP"
    if found.missing:
        text += f" (at {count(found.missing, 'point')} there is no number, where the function has one)"
    return text
