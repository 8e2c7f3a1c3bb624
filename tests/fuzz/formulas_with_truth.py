"""Random formulas that a user might type, each with its values in any number of digits from mpmath.

    choose = random.Random(seed)
    text = formula(choose)         # "gelu(0.3*x - 1) - 2*relu6(x)"
    exact = Truth(text)
    exact(mpf(1) / 3)              # the value; nan where the formula has none
    exact.certain(mpf(1) / 3)      # the value, or None where digits below all bounds are missing, as of 1 - tanh(1e9)
    exact.slope(mpf(1) / 3)

Independent of actcli: the functions are those of `tests.core.analysis.card_truth`. Numbers are the float64s that a
user's decimals are.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from typing import Any, Final

import mpmath
from mpmath import mpf

from tests.core.analysis.card_truth import FUNCTIONS, LOST

BITS: Final = 300
MOST_BITS: Final = 1300
"""A tail below 2^-MOST_BITS of the other terms is not seen."""

SMOOTH: Final = (
    *("sigmoid", "tanh", "erf", "atan", "softplus", "squareplus", "gelu", "silu", "mish", "tanh_shrink", "log_sigmoid"),
    *("gelu_tanh", "quick_gelu"),
)
PIECES: Final = (
    *(
        "relu",
        "leaky_relu",
        "elu",
        "softsign",
        "relu6",
        "hard_sigmoid",
        "hard_swish",
        "hard_tanh",
        "soft_shrink",
        "abs",
    ),
    *("selu", "celu", "relu_squared", "sparse_plus", "sparse_sigmoid"),
)
STEPS: Final = ("hard_shrink", "threshold", "step", "fatrelu", "shrink", "sign")
PARAMETERS: Final[dict[str, tuple[tuple[str, bool], ...]]] = {
    "leaky_relu": (("negative_slope", False),),
    "prelu": (("weight", False),),
    "rrelu": (("lower", False), ("upper", False)),
    "threshold": (("threshold", False), ("value", False)),
    "elu": (("alpha", False),),
    "celu": (("alpha", False),),
    "selu": (("alpha", False), ("gamma", False)),
    "silu": (("beta", False),),
    "softplus": (("beta", True),),
    "squareplus": (("b", True),),
    "hard_sigmoid": (("alpha", True), ("beta", False)),
    "hard_tanh": (("min_val", False), ("max_val", False)),
    "hard_shrink": (("lambd", True),),
    "soft_shrink": (("lambd", True),),
    "snake": (("a", True),),
    "softcap": (("cap", True),),
    "laplace": (("mu", False), ("sigma", True)),
    "fatrelu": (("threshold", False),),
    "shrink": (("lambd", True), ("bias", False)),
}
"""Activation -> its parameters, and whether they are positive."""


def number(choose: random.Random, positive: bool = False) -> str:
    """A number as a user types it: round, seldom tiny or large."""
    kind = choose.random()
    if kind < 0.6:
        size = repr(choose.choice([1, 2, 3, 0.5, 0.1, 0.25, 1.5, 5, 0.3]))
    elif kind < 0.9:
        size = repr(round(choose.uniform(0.05, 4), choose.choice([1, 2, 3])) or 1)
    else:
        size = choose.choice(["20", "50", "100", "0.01", "0.003", "1000", "1e-5", "1e4"])
    return size if positive or choose.random() < 0.75 else f"-{size}"


def line(choose: random.Random) -> str:
    kind = choose.random()
    if kind < 0.4:
        return "x"
    if kind < 0.7:
        return f"{number(choose)}*x"
    shift = f"{choose.choice('+-')} {number(choose, positive=True)}"
    return f"x {shift}" if kind < 0.85 else f"{number(choose)}*x {shift}"


def with_parameters(choose: random.Random) -> tuple[str, dict[str, str]]:
    """A named activation and legal random parameters."""
    name = choose.choice([*PARAMETERS])
    given = {parameter: number(choose, positive) for parameter, positive in PARAMETERS[name]}
    for low, high in (("min_val", "max_val"), ("lower", "upper")):
        if low in given:
            given[low], given[high] = sorted((given[low], given[high]), key=float)
    return name, given


def called(name: str, inner: str, given: dict[str, str]) -> str:
    return f"{name}({', '.join([inner, *(f'{key}={value}' for key, value in given.items())])})"


def term(choose: random.Random) -> str:
    kind = choose.random()
    inner = line(choose)
    if kind < 0.42:
        return f"{choose.choice(SMOOTH)}({inner})"
    if kind < 0.68:
        return f"{choose.choice(PIECES)}({inner})"
    if kind < 0.72:
        return f"{choose.choice(STEPS)}({inner})"
    if kind < 0.82:
        name, given = with_parameters(choose)
        return called(name, inner, given)
    if kind < 0.87:
        return choose.choice(["x", "x**2", "x**3"])
    a, b = number(choose, positive=True), number(choose)
    return choose.choice(
        [
            *(f"exp(-({inner})**2)", f"sin({inner})", f"cos({inner})", f"sqrt(x**2 + {a})", f"exp({inner})"),
            *(f"log(1 + exp({inner}))", "log(1 + x**2)", f"1/(1 + ({inner})**2)", f"exp(-abs({inner}))"),
            *(f"clip({inner}, -1, {a})", f"max(x, {b})", f"min(x, {b}*x)", f"1/(1 + exp({inner}))", f"abs(x)**{a}"),
        ]
    )


def formula(choose: random.Random) -> str:
    """One or a few terms, in one of the usual combinations."""
    a, b, c = term(choose), term(choose), term(choose)
    n, p = number(choose), number(choose, positive=True)
    side, sign = choose.choice(("<", ">", "<=", ">=")), choose.choice("+-")
    kinds: list[tuple[float, str]] = [
        *((12, f"{n}*{a}"), (18, f"{a} {sign} {p}*{b}"), (18, f"{a}*{b}"), (10, f"x*{a}")),
        (10, f"{choose.choice(SMOOTH + PIECES)}({a})"),
        (6, f"{a} if x {side} {choose.choice(['0', '1', n])} else {b}"),
        (2, f"where(x {side} {n}, {a}, {b})"),
        (1, f"{a} if x {side} {n} else {b} if x {side} {choose.choice(['0', '1'])} else {c}"),
        *((4, f"({a})**2"), (4, f"({a})**3"), (4, f"max({a}, {b})"), (3, f"min({a}, {b})"), (1, f"max({a}, {b}, {c})")),
        *((3, f"({a})/(1 + abs({b}))"), (2, f"({a})/({b})"), (3, f"{a}*(1 - {b}) + {c}"), (1, f"clip({a}, {b}, 1)")),
        (3, f"{a} - {substituted(a, f'x - {p}')}"),
    ]
    return choose.choices([text for _, text in kinds], [weight for weight, _ in kinds])[0]


def substituted(text: str, argument: str) -> str:
    """The formula with `argument` for x."""
    put = _Replaced(lambda node: ast.parse(argument, mode="eval").body if _is_x(node) else None)
    return ast.unparse(ast.fix_missing_locations(put.visit(ast.parse(text, mode="eval"))))


def _is_x(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "x"


class _Replaced(ast.NodeTransformer):
    def __init__(self, by: Callable[[ast.AST], ast.AST | None]) -> None:
        self._by = by

    def visit(self, node: ast.AST) -> Any:
        found = self._by(node)
        return self.generic_visit(node) if found is None else ast.copy_location(found, node)


def _as_mpf(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
        base = _Replaced(_as_mpf).visit(node.left)
        return ast.BinOp(base, node.op, node.right)
    return ast.Call(ast.Name("mpf", ast.Load()), [node], []) if isinstance(node, ast.Constant) else None


class Truth:
    """A formula's values, in as many digits as they need."""

    def __init__(self, text: str) -> None:
        tree = _Replaced(_as_mpf).visit(ast.parse(text, mode="eval"))
        self._code = compile(ast.fix_missing_locations(tree), text, "eval")

    def __call__(self, x: Any, bits: int = BITS) -> Any:
        """f(x), exact but for tails below 2^-MOST_BITS."""
        return self._value(x, bits)[0]

    def certain(self, x: Any) -> Any:
        """f(x) with all its tails; None if they are too small for MOST_BITS."""
        value, lost = self._value(x, BITS)
        return None if lost else value

    def slope(self, x: Any, step: int = 90) -> Any:
        """f'(x) by a central difference of width 2^-step, relative to |x| beyond 1."""
        with mpmath.workprec(BITS + 2 * step):
            h = mpf(2) ** -step * max(1, abs(mpf(x)))
            return (self(x + h, BITS + 2 * step) - self(x - h, BITS + 2 * step)) / (2 * h)

    def roughly(self, x: Any) -> tuple[float, float]:
        """f(x) and f'(x) to 15 digits of the largest terms, fast."""
        with mpmath.workprec(180):
            h, x = mpf(2) ** -60, mpf(x)
            return float(self._once(x)), float((self._once(x + h) - self._once(x - h)) / (2 * h))

    def _value(self, x: Any, bits: int) -> tuple[Any, bool]:
        while True:
            with mpmath.workprec(bits):
                LOST.clear()
                value = self._once(mpf(x))
            if not LOST or bits >= MOST_BITS:
                return value, bool(LOST)
            bits = MOST_BITS

    def _once(self, x: Any) -> Any:
        try:
            value = eval(self._code, {"__builtins__": {}}, {**FUNCTIONS, "mpf": mpf, "x": x})  # the fuzzers' formulas
            return +mpf(value)
        except (ZeroDivisionError, OverflowError, TypeError):  # a pole; a number beyond all bounds; a complex number
            return mpmath.nan
