"""An activation as a module: what is emitted, measured, and told in its docstring."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Final

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.literature import source_of
from actcli.core.arrays import Array
from actcli.core.audit.ulp import Reference
from actcli.core.code.c_header import c_header
from actcli.core.code.functions import Functions, functions, sample
from actcli.core.code.initialisation import initialisation
from actcli.core.code.measurement import BOUND, Accuracy, accuracy, run
from actcli.core.code.python_module import jax_module, numpy_module, torch_module
from actcli.core.theory.gain import gain

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
    chosen, value, slope = _measured(activation, activations, exact, learnable)
    head = _head(activation, chosen, target, value, slope)
    ready = initialisation(gain(activation), target, chosen.name)
    match target:
        case "torch":
            text = torch_module(chosen, head, ready, learnable)
        case "jax":
            text = jax_module(chosen, head, ready, learnable)
        case "numpy":
            text = numpy_module(chosen, head, ready)
        case _:
            text = c_header(chosen, head, ready)
    return Code(activation.label, target, learnable, text, value, slope)


def _measured(
    activation: Elementwise, activations: Mapping[str, Activation], exact: Exact, learnable: bool
) -> tuple[Functions, Accuracy, Accuracy]:
    """The functions as they are emitted, plain where that loses no number, and how accurate their NumPy code is."""
    x = sample()
    references = exact(activation, 0)(x), exact(activation, 1)(x)
    ties = np.array(activation.kinks(99), dtype=np.float64)
    put_right = _put_right(activation, functions(activation, activations), ties)
    skip = np.isin(x, [*ties, *put_right])  # the exact function is asked on one side there
    found = None
    for guarded in (False, True):
        chosen = functions(activation, activations, guarded, put_right, learnable)
        of, slope_of = run(numpy_module(chosen, "", ""), chosen.name)
        both = accuracy(x, of(x), references[0], False), accuracy(x, slope_of(x), references[1], True, skip)
        if found is None or both[1].missing < found[2].missing:
            found = (chosen, *both)
        if not both[1].missing or activation.name in CATALOGUE:
            break
    assert found is not None
    return found


def _put_right(activation: Elementwise, plain: Functions, ties: Array) -> dict[float, float]:
    """The slopes at kinks where the rules give another than the function has: sign(x)*abs(x) has slope 1 at 0."""
    at = np.unique(np.concatenate([ties, [0.0]]))
    _, slope = run(numpy_module(plain, "", ""), plain.name)
    ours, theirs = slope(at), activation.derivative(at)
    with np.errstate(invalid="ignore"):  # inf - inf: both are none
        wrong = np.isfinite(theirs) & ~(np.abs(ours - theirs) <= 1e-9 * np.maximum(1.0, np.abs(theirs)))
    pairs = zip(at[wrong].tolist(), theirs[wrong].tolist(), strict=True)
    return {} if plain.parameters else dict(pairs)


# --- what the docstring says --------------------------------------------------------------------------------------------


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
    twin = "" if target == "numpy" else " of the same operations in NumPy"
    facts.append(
        f"Accuracy in float64, measured{twin} at {value.points} points from -1e300 to 1e300: "
        f"{_figure('values', value)}; {_figure('slopes', slope)}."
    )
    if slope.ulp:
        facts.append("Within 1 of a zero of the slope its error is counted in units of 2^-52 where that is less.")
    if target == "jax":
        facts.append('float64 has to be enabled: jax.config.update("jax_enable_x64", True).')
    if target == "c":
        facts.append("The functions for float compute in double and round once.")
    return "\n".join([*lines, "", *(fill(fact, 76) for fact in facts)]) + "\n"


def _figure(what: str, found: Accuracy) -> str:
    text = f"{what} within {max(found.within, 0.5):.2g} ULP"
    if len(found.beyond) > 3:
        text = (
            f"{what} within {BOUND:g} ULP at most of them, and up to {found.ulp:.2g} ULP elsewhere (x = {found.at:.4g})"
        )
    elif found.beyond:
        places = " and ".join(f"x = {a:.4g}" if a == b else f"{a:.4g} <= x <= {b:.4g}" for a, b in found.beyond)
        text += f" except for {places}"
        if found.ulp > BOUND:
            text += f", where it is up to {found.ulp:.2g} ULP"
    if found.missing:
        text += f" (at {found.missing} points there is no number, where the function has one)"
    return text
