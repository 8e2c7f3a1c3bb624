"""Disguised activations, near misses, mixtures and tables: are they identified, and is each relation that is said true?

    python -m tests.fuzz.identify [--minutes 30] [--seed 0] [--cases N]

A disguise is found, by any name. Each match, as it is written, is held against the formula in mpmath at random points;
each of the nearest others against its stated difference.
"""

import ast
import math
import random
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported

# isort: split
import mpmath
import numpy as np
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, literature, resolve
from actcli.core.errors import InputError
from actcli.core.identify.identification import Identification, Match, identify, identify_table, last_digit
from actcli.digits import more_digits
from actcli.views.identification import written
from tests.fuzz.campaign import campaign
from tests.fuzz.definitions import Definition, UndecidedError
from tests.fuzz.formulas_with_truth import formula

MEMORY = 4 << 30
LONG = 30.0
POINTS: Final = 60
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
    kinds = [
        "outside",
        "inside",
        "both",
        "parameter",
        "form",
        "form",
        "form",
        "near",
        "near",
        "mixture",
        "random",
        "table",
    ]
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


# --- the check --------------------------------------------------------------------------------------------------------


def points(choose: random.Random) -> list[float]:
    near = [choose.uniform(-8.0, 8.0) for _ in range(POINTS // 2)]
    return near + [choose.choice([-1, 1]) * 10.0 ** choose.uniform(-9, 3) for _ in range(POINTS // 2)]


def unsound(formula: str, match: Match, xs: Sequence[float]) -> str | None:
    """A point at which a match, as it is written, is not the formula."""
    text = written(match)
    f, said = Definition(formula), Definition(text)
    typed = not match.parameters and all(float(f"{n:.6g}") == n for n in (match.a, match.b, match.c, match.d, match.e))
    tolerance = mpf(2) ** (-50 if typed else -42)
    for x in xs:
        try:
            y, z = f(x), said(x)
            if mpmath.isnan(y) != mpmath.isnan(z):
                return f"{text} is {mpmath.nstr(z, 5)} at {x!r}, the formula {mpmath.nstr(y, 5)}"
            if mpmath.isnan(y):
                continue
            linear = abs(mpf(match.d)) + abs(mpf(match.e) * x)
            if abs(y - z) <= tolerance * (abs(y) + abs(z) + 2 * linear) + mpf(10) ** -300:
                continue
            inner = abs(said.slope(x)) * (abs(x) + abs(mpf(match.c) / match.b))  # the rounding of b and c
        except UndecidedError:
            continue
        if abs(y - z) > tolerance * (abs(y) + abs(z) + 2 * linear + inner):
            return f"{text} is {mpmath.nstr(z, 20)} at {x!r}, the formula {mpmath.nstr(y, 20)}"
    return None


def wrongly_near(formula: str, found: Identification, choose: random.Random) -> Iterator[str]:
    f, ours = Definition(formula), _in_float64(formula)
    shown = [float(f"{near.max_difference:.2g}") for near in found.nearest]
    if shown != sorted(shown):
        yield f"the nearest are not in order: {shown}"
    for near in found.nearest:
        given = ",".join(f"{key}={value!r}" for key, value in near.parameters.items())
        text = f"{near.name}:{given}" if given else near.name
        g, theirs = Definition(text), _in_float64(text)
        xs = [near.at, *(choose.randrange(-600, 601) / 100 for _ in range(10))]
        for x in xs:
            try:
                y, z = f(x), g(x)
            except UndecidedError:
                continue
            gap, rounding = abs(y - z), abs(ours(x) - y) + abs(theirs(x) - z)
            slack = 1e-9 * (1 + abs(y) + near.max_difference) + rounding
            if x == near.at and not abs(gap - near.max_difference) <= slack:
                yield f"nearest {near}: the difference at {x!r} is {mpmath.nstr(gap, 12)}"
            elif gap > near.max_difference + slack:
                yield f"nearest {near}: the difference at {x!r} is {mpmath.nstr(gap, 12)}, larger"


def _in_float64(text: str) -> Callable[[float], float]:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return lambda x: float(activation(np.array([x]))[0])


def faults_of(case: Case, found: Identification, choose: random.Random) -> list[str]:
    """What is wrong with the identification of a formula."""
    if case.found and not found.matches:
        return [f"not found ({case.kind}); nearest {found.nearest[:1]}"]
    xs = points(choose)
    wrong = [fault for match in found.matches[:3] if (fault := unsound(case.formula, match, xs))]
    return [*wrong, *wrongly_near(case.formula, found, choose)]


def faults_of_table(case: Case, choose: random.Random) -> list[str]:
    assert case.places is not None
    f = Definition(case.formula)
    xs = sorted(round(choose.uniform(-6.0, 6.0), 2) for _ in range(41))
    ys = [round(float(f(x)), case.places) for x in xs]
    if not all(map(math.isfinite, ys)) or len({*ys}) < 8 or len({*xs}) < 30:
        return []
    found = identify_table("table", xs, ys)
    if not found.matches:
        return [f"not found (table of {case.places} places); nearest {found.nearest[:1]}"]
    unit = last_digit(np.array(ys))
    wrong = []
    for match in found.matches[:3]:
        said = Definition(written(match))
        gaps = [abs(said(x) - y) / mpf(float(u)) for x, y, u in zip(xs, ys, unit, strict=True)]
        if max(gaps) > 1 + 1e-6:
            wrong.append(f"{written(match)} is {mpmath.nstr(max(gaps), 5)} units off in the table")
    return wrong


def has_values(activation: Elementwise) -> bool:
    """Whether it has numbers nearly everywhere and is no constant: the promise holds for what is plain to see."""
    with np.errstate(all="ignore"):
        y = activation(np.linspace(-11.9, 12.1, 200))
    finite = y[np.isfinite(y)]
    return len(finite) > 180 and float(np.ptp(finite)) > 1e-3 and len(np.unique(finite)) > 20


def faults(seed: int) -> list[str]:
    """What is wrong with the case of a seed."""
    case, choose = case_of(seed), random.Random(~seed)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given = resolve(case.formula)
            assert isinstance(given, Elementwise)
            if case.found and not has_values(given):
                return []
            if case.places is not None:
                wrong = faults_of_table(case, choose)
            else:
                wrong = faults_of(case, identify(given, more_digits), choose)
    except InputError as error:
        wrong = [] if "\n" not in str(error) else [f"not one line: {error}"]
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        wrong = [f"{type(error).__name__}: {error}, in {place.name}"]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return [f"{case.formula}: {' '.join(fault.split())[:500]}" for fault in wrong]


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {LONG} s")


def main(arguments: Sequence[str] | None = None) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGVTALRM, _too_long)
    return campaign(__doc__ or "", faults, arguments)


if __name__ == "__main__":
    sys.exit(main())
