"""An activation as a module: what is emitted, measured, and told in its docstring."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.literature import source_of
from actcli.core.arrays import Array
from actcli.core.audit.ulp import Reference
from actcli.core.code.c_header import c_header
from actcli.core.code.functions import Functions, functions, sample
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
    initialisation = _initialisation(activation, target, chosen.name)
    match target:
        case "torch":
            text = torch_module(chosen, head, initialisation, learnable)
        case "jax":
            text = jax_module(chosen, head, initialisation, learnable)
        case "numpy":
            text = numpy_module(chosen, head, initialisation)
        case _:
            text = c_header(chosen, head, initialisation)
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
    return {} if plain.parameters else {float(a): float(b) for a, b in zip(at[wrong], theirs[wrong], strict=True)}


# --- what the docstring says --------------------------------------------------------------------------------------------


def _head(activation: Elementwise, chosen: Functions, target: str, value: Accuracy, slope: Accuracy) -> str:
    source = source_of(activation)
    lines = [f"{chosen.name}: {activation.formula}"]
    facts = []
    if activation.reference != "a formula":
        facts.append(f"Source: {source}.")
    if chosen.parameters:
        facts.append("Parameters: " + ", ".join(f"{key} = {number:g}" for key, number in chosen.parameters.items()) + ".")
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
    if found.radius == math.inf:
        text = f"{what} within {max(found.ulp, 0.5):.2g} ULP"
    else:
        text = (
            f"{what} within {max(found.within, 0.5):.2g} ULP for |x| <= {found.radius:.4g}, "
            f"beyond that up to {found.ulp:.2g} ULP (x = {found.at:.4g})"
        )
    if found.missing:
        text += f", without a number at {found.missing} points where the function has one"
    return text


# --- the initialisation -------------------------------------------------------------------------------------------------


def _initialisation(activation: Elementwise, target: str, name: str) -> str:
    found = gain(activation)
    wanted = found.candidates[found.recommended] if found.recommended else None
    if wanted is None:
        return _no_initialisation(target)
    biased = wanted.sigma_b2 > 0.0
    weights, biases = repr(wanted.sigma_w2), repr(math.sqrt(wanted.sigma_b2))
    says = {
        "critical": "The critical point of mean-field theory",
        "gain": "Weights of variance gain^2 / fan_in, which keep the second moment",
    }[found.recommended or ""]
    match target:
        case "torch":
            bias = f"nn.init.normal_(layer.bias, std={biases})" if wanted.sigma_b2 else "nn.init.zeros_(layer.bias)"
            return (
                f'def initialise_(layer):\n    """{says}; of a linear layer before the activation."""\n'
                f"    nn.init.normal_(layer.weight, std=({weights} / layer.in_features) ** 0.5)\n"
                f"    if layer.bias is not None:\n        {bias}\n"
            )
        case "jax":
            return (
                f'def initial_layer(key, fan_in, fan_out):\n    """{says}: weights and biases."""\n'
                + "    w_key, b_key = jax.random.split(key)\n" * biased
                + f"    weights = ({weights} / fan_in) ** 0.5 * jax.random.normal({'w_' * biased}key, (fan_in, fan_out))\n"
                + f"    return weights, {f'{biases} * jax.random.normal(b_key, (fan_out,))' if biased else 'jnp.zeros(fan_out)'}\n"
            )
        case "numpy":
            return (
                f'def initial_layer(rng, fan_in, fan_out):\n    """{says}: weights and biases."""\n'
                f"    weights = ({weights} / fan_in) ** 0.5 * rng.standard_normal((fan_in, fan_out))\n"
                f"    return weights, {f'{biases} * rng.standard_normal(fan_out)' if biased else 'np.zeros(fan_out)'}\n"
            )
        case _:
            return (
                f"/* {says}: the standard deviations. */\n"
                f"static inline double act_{name}_weight_std(double fan_in) {{\n    return sqrt({weights} / fan_in);\n}}\n\n"
                f"static inline double act_{name}_bias_std(void) {{\n    return {biases};\n}}\n"
            )


def _no_initialisation(target: str) -> str:
    says = "No initialisation: for this function mean-field theory finds none that keeps the signal."
    return f"/* {says} */\n" if target == "c" else f"# {says}\n"
