"""Random cases for `tests.fuzz.identify`: disguised activations, near misses, mixtures, random formulas, tables."""

import ast
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, literature, resolve
from actcli.core.errors import InputError
from tests.fuzz.formulas_with_truth import formula

NAMES: Final = [name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)]
PUBLISHED: Final = list(literature())

FORMS: Final = {
    "sigmoid": ("1/(1 + exp(-(u)))", "(1 + tanh((u)/2))/2", "exp(-log(1 + exp(-(u))))"),
    "tanh": ("1 - 2/(exp(2*(u)) + 1)", "2*sigmoid(2*(u)) - 1", "(exp(u) - exp(-(u)))/(exp(u) + exp(-(u)))"),
    "softplus": ("log(1 + exp(u))", "-log_sigmoid(-(u))", "(u) + log(1 + exp(-(u)))"),
    "erf": ("1 - erfc(u)", "-erf(-(u))"),
    "exp": ("1/exp(-(u))", "expm1(u) + 1", "exp((u)/2)**2"),
    "expm1": ("exp(u) - 1",),
    "log1p": ("log(1 + (u))",),
    "abs": ("sqrt((u)**2)", "max(u, -(u))", "(u)*sign(u)", "u if u > 0 else -(u)"),
    "max": ("(u + v + abs((u) - (v)))/2", "u if u > v else v", "where(u >= v, u, v)", "-min(-(u), -(v))"),
    "min": ("(u + v - abs((u) - (v)))/2", "v if u > v else u", "where(u < v, u, v)", "-max(-(u), -(v))"),
    "relu": ("max(u, 0)", "(u + abs(u))/2", "u*(u > 0)", "where(u > 0, u, 0)"),
    "sin": ("-cos(u + pi/2)", "2*sin((u)/2)*cos((u)/2)"),
    "cos": ("1 - 2*sin((u)/2)**2", "sin(u + pi/2)"),
    "sinh": ("(exp(u) - exp(-(u)))/2",),
    "cosh": ("(exp(u) + exp(-(u)))/2",),
    "asinh": ("log(u + sqrt((u)**2 + 1))",),
    "sqrt": ("(u)**0.5", "exp(log(u)/2)"),
    "sign": ("where(u > 0, 1, where(u < 0, -1, 0))",),
    "clip": ("max(v, min(u, w))", "min(w, max(u, v))", "v if u < v else w if u > w else u"),
}
"""Function of u, v and w -> equal formulas."""


@dataclass(frozen=True)
class Case:
    """A formula; places: of a table of its values, which is identified instead."""

    kind: str
    formula: str
    found: bool = False
    places: int | None = None


class _Placed(ast.NodeTransformer):
    def __init__(self, arguments: Sequence[ast.expr]) -> None:
        self._arguments = dict(zip("uvw", arguments, strict=False))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._arguments.get(node.id, node)


class _Respelt(ast.NodeTransformer):
    """Some functions, quotients and choices in another form; parameters as numbers."""

    def __init__(self, choose: random.Random, numbers: dict[str, float]) -> None:
        self._choose, self._numbers = choose, numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self._numbers[node.id]) if node.id in self._numbers else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        match node.op:
            case ast.Div() if self._choose.random() < 0.4:
                return ast.BinOp(left, ast.Mult(), ast.BinOp(right, ast.Pow(), ast.Constant(-1)))
            case ast.Sub() if self._choose.random() < 0.3:
                return ast.BinOp(ast.UnaryOp(ast.USub(), right), ast.Add(), left)
            case ast.Add() | ast.Mult() if self._choose.random() < 0.4:
                return ast.BinOp(right, node.op, left)
        return ast.BinOp(left, node.op, right)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test, then, otherwise = self.visit(node.test), self.visit(node.body), self.visit(node.orelse)
        match self._choose.randrange(3):
            case 0:
                return ast.Call(ast.Name("where"), [test, then, otherwise], [])
            case 1:
                return ast.IfExp(ast.UnaryOp(ast.Not(), test), otherwise, then)
        return ast.IfExp(test, then, otherwise)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        arguments = [self.visit(argument) for argument in node.args]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        forms = [form for form in FORMS.get(name, ()) if len(arguments) == 1 + ("v" in form) + ("w" in form)]
        if not forms or node.keywords or self._choose.random() < 0.3:
            return ast.Call(node.func, arguments, node.keywords)
        return _Placed(arguments).visit(ast.parse(self._choose.choice(forms), mode="eval").body)


def number(choose: random.Random) -> str:
    """A factor or shift, with 1 to 17 digits."""
    value = choose.choice([0.5, 2.0, 3.0, 1.5, 0.3, -1.0, -2.0, *(choose.uniform(0.1, 5.0) for _ in range(5))])
    return f"{value:.{choose.choice([1, 2, 3, 3, 5, 9, 15, 17])}g}"


def own_numbers(entry: Elementwise, choose: random.Random, most: int) -> dict[str, float]:
    """Other values for some parameters, which the entry takes."""
    changed: dict[str, float] = {}
    for parameter in choose.sample(entry.parameters, k=min(most, len(entry.parameters))):
        for _ in range(8):
            scale = choose.choice([0.5, 2.0, 1.5, 3.0, 0.25])
            value = round(parameter.default * scale + choose.choice([0.0, 0.0, 0.1, 1.0]), choose.choice([1, 3, 15]))
            try:
                entry.with_parameters(**{**changed, parameter.name: value})
            except InputError:
                continue
            changed[parameter.name] = value
            break
    return changed


def called(name: str, inner: str, own: dict[str, float] | None = None) -> str:
    return f"{name}({inner}{''.join(f', {key}={value!r}' for key, value in (own or {}).items())})"


def case_of(seed: int) -> Case:
    choose = random.Random(seed)
    name = choose.choice([*NAMES * 3, *PUBLISHED])
    entry = resolve(name)
    assert isinstance(entry, Elementwise)
    kinds = ["outside", "inside", "both", "parameter", *["form"] * 3, "near", "near", "mixture", "random", "table"]
    match choose.choice(kinds):
        case "outside":
            a, d, e = number(choose), number(choose), number(choose)
            written_so = [f"{a}*{{g}}", f"{a}*{{g}} + {d}", f"{{g}} - {d}", f"{{g}}/{a} - {d}", f"{{g}} + {e}*x"]
            return Case("outside", choose.choice(written_so).format(g=called(name, "x")), True)
        case "inside":
            b, c = number(choose), number(choose)
            inner = choose.choice([f"{b}*x", f"x + {c}", f"{b}*x + {c}", f"{b}*(x - {c})", f"{c} - {b}*x", f"x/{b}"])
            return Case("inside", called(name, inner), True)
        case "both":
            inner = choose.choice([f"{number(choose)}*x", f"x - {number(choose)}"])
            return Case("both", f"{number(choose)}*{called(name, inner)}", True)
        case "parameter":
            return Case("parameter", called(name, "x", own_numbers(entry, choose, choose.choice([1, 1, 2]))), True)
        case "form":
            own = own_numbers(entry, choose, choose.choice([0, 1]))
            numbers = {**entry.parameter_values, **own}
            tree = _Respelt(choose, numbers).visit(ast.parse(entry.formula, mode="eval").body)
            outside = choose.choice(["{}", "{}", f"{number(choose)}*({{}})"]) if not own else "{}"
            return Case("form", outside.format(ast.unparse(ast.fix_missing_locations(tree))), True)
        case "near":
            return Case("near", near_miss(called(name, "x"), name, choose))
        case "mixture":
            return Case("mixture", f"{called(name, 'x')} {choose.choice('+-*')} {called(choose.choice(NAMES), 'x')}")
        case "random":
            return Case("random", formula(choose))
    places = choose.choice([4, 6, 8])
    return Case("table", f"{number(choose)}*{called(choose.choice(NAMES), 'x')}", True, places)


def near_miss(g: str, name: str, choose: random.Random) -> str:
    """The activation, disturbed a little: everywhere, far out, or from a point on."""
    tiny = choose.choice(["1e-4", "1e-6", "1e-8", "1e-10", "1e-12", "3e-13"])
    at = choose.choice([3, 7.5, 20, 45, 150])
    return choose.choice(
        [
            f"{g} + {tiny}*sin(x)",
            f"{g} + {tiny}*exp(-x**2)",
            f"{g}*(1 + {tiny}*tanh(x))",
            called(name, f"x*(1 + {tiny}*tanh(x))"),
            f"{g} if x < {at} else {g} + {tiny}",
            f"{g} if x > -{at} else {g}*(1 + {tiny})",
            f"{g} + {tiny}*sigmoid(x - 30)",
            f"max({g}, {g} + {tiny}*x*x - 1)",
            f"{g} + {tiny}*relu(x - {at})",
        ]
    )
