"""Functions of an activation to emit, independent of the target: terms, and the helpers that they call."""

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.code.entries import ENTRIES
from actcli.core.code.helpers import HELPERS, body
from actcli.core.code.printing import Language
from actcli.core.code.reading import value_of
from actcli.core.code.rules import Derivative, with_guards
from actcli.core.code.term import Term, X, name, number, substituted, subterms, where

_BUILT_IN: Final = frozenset({
    *("+", "-", "*", "/", "neg", "<", "<=", ">", ">=", "==", "!=", "and", "not", "where", "number", "name"),
    "polynomial",
})  # fmt: skip


Guard: TypeAlias = Literal["never", "in the chain rule", "always"]


@dataclass(frozen=True, eq=False, slots=True)
class Functions:
    """The functions of an activation as terms.

    parameters: name -> default, in the order of the arguments
    slope:      derivative with respect to x
    partials:   name -> derivative with respect to this parameter; empty unless learnable
    """

    name: str
    parameters: Mapping[str, float]
    value: Term
    slope: Term
    partials: Mapping[str, Term]


def functions(
    activation: Elementwise,
    activations: Mapping[str, Activation],
    guarded: Guard = "never",
    put_right: Mapping[float, float] | None = None,
    learnable: bool = False,
    gaps: bool = False,
) -> Functions:
    """The functions to emit for an activation.

    guarded:   products in which 0 times infinity is 0: none, those of the chain rule, or all
    put_right: x -> slope at this x, where the derivative rules give another
    learnable: with the derivatives with respect to the parameters
    gaps:      the slope is nan where the value is
    """
    parameters = activation.parameter_values or dict(activation.given_parameters)
    if activation.name in CATALOGUE:
        exact = activation.exact_parameters
        defaults = activation.name == "hard_sigmoid" and not (activation.given_parameters or learnable)
        if defaults:  # alpha is exactly 1/6, which is no float64
            parameters = {}
        args = [number(float(exact[key])) if defaults else name(key) for key in exact]
        value, slope = ENTRIES[activation.name](X, *args)
    else:
        value = value_of(activation, activations)
        slope = Derivative("x", guarded != "never")(value)
        if guarded == "always":
            value, slope = with_guards(value), with_guards(slope)
    for at, wanted in (put_right or {}).items():
        there = Term("!=", (X, X)) if np.isnan(at) else Term("==", (X, number(at)))
        slope = where(there, wanted, slope)
    if gaps:
        slope = where(Term("!=", (value, value)), np.nan, slope)
    partials = (
        {key: _partial(activation.name, key, value, slope, guarded != "never") for key in parameters}
        if learnable
        else {}
    )
    return Functions(_identifier(activation), parameters, value, slope, partials)


def _partial(entry: str, key: str, value: Term, slope: Term, guarded: bool) -> Term:
    """The derivative with respect to a parameter."""
    if entry == "laplace":  # a function of (x - mu)/sigma: both follow from its slope
        return -slope if key == "mu" else -slope * ((X - name("mu")) / name("sigma"))
    return Derivative(key, guarded, smooth=entry in CATALOGUE)(value)


def _identifier(activation: Elementwise) -> str:
    """The function's name: the entry's; `activation` for a formula."""
    plain = re.fullmatch(r"[A-Za-z]\w*", activation.name, re.ASCII) and activation.reference != "a formula"
    chosen = activation.name if plain else "activation"
    return chosen + "_" * keyword.iskeyword(chosen)


def renamed(functions: Functions, reserved: frozenset[str]) -> Functions:
    """The same functions with new names for parameters that collide with names of the language or the module."""
    new: dict[str, str] = {}
    for key in functions.parameters:
        # Names of a module begin with an underscore, names of a header with act_; macros are in capitals.
        chosen = f"p{key}" if key.startswith("_") else key
        macro = len(key) > 1 and key.isupper()
        while (
            chosen in reserved | {"self", *new.values()}
            or keyword.iskeyword(chosen)
            or (chosen != key and chosen in functions.parameters)
            or ((macro or key.startswith("act_")) and chosen == key)
        ):
            chosen += "_"
        new[key] = chosen
    by = {key: name(text) for key, text in new.items()}
    return Functions(
        functions.name,
        {new[key]: value for key, value in functions.parameters.items()},
        substituted(functions.value, by),
        substituted(functions.slope, by),
        {new[key]: substituted(term, by) for key, term in functions.partials.items()},
    )


def helpers_of(language: Language, *roots: Term) -> tuple[list[str], list[str]]:
    """Helpers that the terms call, directly or not, callees first; and tables of the polynomials."""
    found: list[str] = []
    tables: list[str] = []

    def gather(root: Term) -> None:
        for node in subterms(root):
            if node.op == "polynomial" and node.value not in tables:
                tables.append(str(node.value))
            if node.op not in _BUILT_IN and node.op not in language.functions and node.op not in found:
                assert node.op in HELPERS, node.op
                gather(body(node.op))
                found.append(node.op)

    for root in roots:
        gather(root)
    return found, tables


def sample() -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Points for the accuracy: 0, and magnitudes from 1e-300 to 1e300 of both signs, most of them below 50."""
    near = np.concatenate([np.linspace(0.013, 6.0, 97), np.linspace(6.1, 50.0, 61), np.geomspace(52.0, 800.0, 29)])
    far = np.concatenate([np.geomspace(1e-300, 1e-3, 20), np.geomspace(1e3, 1e300, 40)])
    sizes = np.concatenate([near, far])
    return np.unique(np.concatenate([-sizes, [0.0], sizes]))
