"""The term of an activation's value, from its formula's syntax tree."""

import math
from collections.abc import Mapping

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.expression import Call, Choice, Comparison, Indicator, Name, Node, Number, Operation
from actcli.core.activations.formula import tree_of
from actcli.core.code.entries import ENTRIES, SHORT
from actcli.core.code.rewriting import stable
from actcli.core.code.term import Term, X, apply, compare, name, number, power, substituted, term, where


def value_of(activation: Elementwise, activations: Mapping[str, Activation]) -> Term:
    """The value of a formula or an entry of the literature, in x and its parameters, in stable form."""
    return stable(term_of(tree_of(activation, activations), activations))


def term_of(node: Node, activations: Mapping[str, Activation]) -> Term:
    """The term of a syntax tree."""

    def read(node: Node) -> Term:
        match node:
            case Name():
                return X if node.name == "x" else number(getattr(math, node.name))
            case Number():
                return name(node.name) if node.name else number(float(node.value))
            case Operation(name="and"):
                return Term("and", tuple(map(read, node.terms)))
            case Operation():
                return _operation(node.name, tuple(map(read, node.terms)))
            case Comparison():
                terms = [read(term) for term in node.terms]
                conditions = [compare(*triple) for triple in zip(node.signs, terms, terms[1:], strict=False)]
                result = conditions[0]
                for condition in conditions[1:]:
                    result = Term("and", (result, condition))
                return result
            case Indicator():
                return where(read(node.condition), 1.0, 0.0)
            case Choice():
                return where(read(node.condition), read(node.then), read(node.otherwise))
            case Call():
                given_parameters = {key: read(value) for key, value in node.given_parameters}
                return _called(node.activation, read(node.argument), given_parameters)

    def _called(activation: Elementwise, x: Term, given_parameters: Mapping[str, Term]) -> Term:
        exact = activation.exact_parameters
        parameters = {key: given_parameters.get(key, term(float(value))) for key, value in exact.items()}
        if activation.name in CATALOGUE:
            return called(activation.name, x, *parameters.values())
        inner = term_of(tree_of(activation, activations), activations)
        return substituted(inner, {"x": x, **parameters})

    return read(node)


def called(entry: str, x: Term, *parameters: Term) -> Term:
    """A catalogue entry applied to a term."""
    match entry, parameters:
        case "softplus", (beta,):
            return apply("softplus", beta * x) / beta
        case "quick_gelu", ():
            return apply("silu", x, 1.702)
        case "log_sigmoid", ():
            return -apply("softplus", -x)
    if entry in SHORT:
        return ENTRIES[entry](x, *parameters)[0]
    return apply(entry, x, *parameters)


def _operation(op: str, terms: tuple[Term, ...]) -> Term:
    match op:
        case "+":
            return terms[0] + terms[1]
        case "-":
            return terms[0] - terms[1]
        case "*":
            return terms[0] * terms[1]
        case "/":
            return terms[0] / terms[1]
        case "neg":
            return -terms[0]
        case "**":
            return power(*terms)
        case "<" | "<=" | ">" | ">=" | "==" | "!=" | "not":
            return Term(op, terms)
        case _:
            return apply(op, *terms)
