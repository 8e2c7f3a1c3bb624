"""Whether `identify` finds each activation again: scaled and shifted, inside and outside, with another parameter, and
in another algebraic form.

    python -m tests.literature.disguises > found.jsonl      # the catalogue and the literature: a quarter of an hour
    python -m tests.literature.disguises mish form          # this one only, this kind only
    python -m tests.literature.disguises --summary < found.jsonl

An entry is found by its own name, or by another entry that is the same function: with the parameters that the match
states its values are the entry's own at all of 400 points.
"""

import ast
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.catalogue import CATALOGUE, literature, resolve
from actcli.core.errors import InputError
from actcli.core.identify.identification import Match, identify
from actcli.digits import more_digits
from actcli.views.identification import written

ENTRIES: Final = {**{n: e for n, e in CATALOGUE.items() if isinstance(e, Elementwise)}, **literature()}
KINDS: Final = ("outside", "inside", "parameter", "form")
FORMS: Final = {
    "sigmoid": "1/(1 + exp(-(u)))",
    "tanh": "1 - 2/(exp(2*(u)) + 1)",
    "softplus": "log(1 + exp(u))",
    "erf": "1 - erfc(u)",
    "expm1": "exp(u) - 1",
    "log1p": "log(1 + (u))",
    "abs": "sqrt((u)**2)",
    "max": "(u + v + sqrt((u - v)**2))/2",
    "min": "(u + v - sqrt((u - v)**2))/2",
    "sin": "-cos(u + pi/2)",
    "cos": "1 - 2*sin(u/2)**2",
    "sinh": "(exp(u) - exp(-(u)))/2",
    "cosh": "(exp(u) + exp(-(u)))/2",
    "asinh": "log(u + sqrt((u)**2 + 1))",
    "exp": "1/exp(-(u))",
    "sqrt": "exp(log(u)/2)",
}
"""Function of u, or of u and v -> an equal formula in another form."""
FOUND: Final = ("own name", "same function")
_POINTS: Final = np.linspace(-11.917, 12.031, 400)


@dataclass(frozen=True)
class Disguise:
    """A formula that disguises an entry, and the entry with the parameters used in it."""

    kind: str
    formula: str
    entry: Elementwise


def disguises(entry: Elementwise) -> Iterator[Disguise]:
    """Disguises: output scaled and shifted, input scaled and shifted, other parameter values, other algebraic form."""
    name = entry.name
    yield Disguise("outside", f"3*({name}(x)) - 0.5", entry)
    yield Disguise("inside", f"{name}(2*x + 1)", entry)
    for parameter in entry.parameters:
        if (value := another(entry, parameter)) is not None:
            changed = entry.with_parameters(**{parameter.name: value})
            yield Disguise("parameter", f"{name}(x, {parameter.name}={value!r})", changed)
    if (formula := rewritten(entry)) is not None:
        yield Disguise("form", formula, entry)


class Rewriter(ast.NodeTransformer):
    """Each function in another form, parameters as numbers, fractions with a negative power."""

    def __init__(self, numbers: Mapping[str, float]) -> None:
        self._numbers = numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self._numbers[node.id]) if node.id in self._numbers else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Div):
            return ast.BinOp(left, ast.Mult(), ast.BinOp(right, ast.Pow(), ast.UnaryOp(ast.USub(), ast.Constant(1))))
        return ast.BinOp(left, node.op, right)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        arguments = [self.visit(argument) for argument in node.args]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        form = FORMS.get(name)
        if form is None or len(arguments) != 1 + ("v" in form):
            return ast.Call(node.func, arguments, node.keywords)
        return _Placed(arguments).visit(ast.parse(form, mode="eval").body)


class _Placed(ast.NodeTransformer):
    """Replaces u and v in a form."""

    def __init__(self, arguments: Sequence[ast.expr]) -> None:
        self._arguments = dict(zip("uv", arguments, strict=False))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._arguments.get(node.id, node)


def rewritten(entry: Elementwise) -> str | None:
    """The entry's formula in another form; None if that is not in the grammar or has fewer finite values."""
    tree = ast.parse(entry.formula, mode="eval").body
    usual = {parameter.name: parameter.default for parameter in entry.parameters}
    formula = ast.unparse(Rewriter(usual).visit(tree))
    if formula == ast.unparse(ast.parse(entry.formula)):
        return None
    try:
        given = of(formula)
    except InputError:
        return None
    return formula if np.isfinite(given).sum() >= 0.9 * np.isfinite(values_of(entry)).sum() else None


def another(entry: Elementwise, parameter: Parameter) -> float | None:
    """The first other value that makes the entry another function with as many finite values; None if there is none."""
    usual = values_of(entry)
    for value in (1.5 * parameter.default, 0.75 * parameter.default, 0.5, 0.125, -0.25, 2.0, 3.0, 1.0):
        try:
            changed = values_of(entry.with_parameters(**{parameter.name: value}))
        except InputError:
            continue
        same = np.isclose(usual, changed, rtol=1e-9, atol=1e-12) | ~np.isfinite(changed)
        if np.isfinite(changed).sum() >= np.isfinite(usual).sum() and not same.all():
            return value
    return None


def values_of(activation: Elementwise) -> Any:
    with np.errstate(all="ignore"):  # an entry need not be defined everywhere
        return np.asarray(activation(_POINTS), dtype=np.float64)


def of(text: str) -> Any:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return values_of(activation)


def outcome(disguise: Disguise, matches: Sequence[Match]) -> str:
    """One of FOUND, another relation, or nothing; or FALSE with a match that does not hold."""
    given = of(disguise.formula)
    for match in matches:
        said = of(written(match))
        both = np.isfinite(said) & np.isfinite(given)  # formulas may overflow in float64
        if not np.allclose(said[both], given[both], rtol=1e-8, atol=1e-9):
            return f"FALSE: {written(match)}"
    if any(match.name == disguise.entry.name for match in matches):
        return "own name"
    wanted = values_of(disguise.entry)
    for match in matches:
        found = values_of(ENTRIES[match.name].with_parameters(**match.parameters))
        if np.allclose(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True):
            return "same function"
    return "another relation" if matches else "nothing"


def run(names: Sequence[str], kinds: Sequence[str]) -> None:
    for disguise in (disguise for name in names for disguise in disguises(ENTRIES[name])):
        if disguise.kind not in kinds:
            continue
        began = time.process_time()
        matches: Sequence[Match] = ()
        try:
            matches = identify(disguise.formula, more_digits).matches
            said = outcome(disguise, matches)
        except InputError as error:
            said = f"refused: {error}"
        row: dict[str, Any] = {"kind": disguise.kind, "formula": disguise.formula, "outcome": said}
        row |= {"seconds": round(time.process_time() - began, 2), "matches": [written(match) for match in matches]}
        print(json.dumps(row), flush=True)


def summary(rows: Sequence[dict[str, Any]]) -> str:
    text = []
    for kind in KINDS:
        counts = Counter(row["outcome"] for row in rows if row["kind"] == kind)
        text.append(f"{kind}: {counts.total()} tried: " + ", ".join(f"{n} {said}" for said, n in counts.most_common()))
    missed = [row for row in rows if row["outcome"] not in FOUND]
    text += [f"  {row['formula']}: {row['outcome']}; {', '.join(row['matches'][:3])}" for row in missed]
    seconds = [row["seconds"] for row in rows]
    text.append(f"seconds: median {np.median(seconds):.2f}, largest {max(seconds):.2f}")
    return "\n".join(text)


if __name__ == "__main__":
    if "--summary" in sys.argv:
        print(summary([json.loads(line) for line in sys.stdin]))
    else:
        chosen = [argument for argument in sys.argv[1:] if argument not in KINDS]
        run(chosen or list(ENTRIES), [kind for kind in sys.argv[1:] if kind in KINDS] or KINDS)
