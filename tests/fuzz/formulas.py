"""Random formulas: from a grammar, mangled, or random characters. Each has values or is refused in one line."""

import random
import warnings
from collections.abc import Iterator

import numpy as np

from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.errors import InputError
from tests.fuzz.mutation import mutated

X = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -3.0, 40.0, -800.0, 5e-324, 1.7e308, -1.7e308, np.inf, -np.inf, np.nan])
ORDERS = (1, 2, 5)

_NAMES = [
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cos", "tan", "asin", "acos", "sinh", "cosh", "asinh"),
    *("acosh", "atanh", "erfc", "abs", "sign"),
    *(name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)),
]
_NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "1e300",
    "1e-300",
    "1e400",
    "5e-324",
    "7",
    "1000",
    "0x10",
    "1_0",
    "pi",
    "e",
    "1j",
]
_PIECES = [
    *_NAMES,
    *_NUMBERS,
    *(
        "softmax(",
        "max(",
        "min(",
        "where(",
        "clip(",
        "pow(",
        "lambda x:",
        "x.real",
        "__import__",
        "[x]",
        "{x}",
        "f'{x}'",
    ),
    *(
        "**",
        "//",
        "%",
        "@",
        "~",
        "<<",
        ":=",
        "==",
        "<",
        "!=",
        " if ",
        " else ",
        " and ",
        " or ",
        " not ",
        " in ",
        " is ",
    ),
    *(
        "(",
        ")",
        ",",
        ":",
        "=",
        "*x",
        "-",
        "+",
        "\n",
        "\t",
        "\0",
        "#",
        "\\",
        "'",
        '"',
        "...",
        ";",
        "await ",
        "yield ",
        "x",
    ),
    *("∞", "π", "−", "ñ", "\u2028", "ﬁ", "٣", "\u202e", "x" * 500, "(" * 70, "-" * 300, "**9" * 9, ":a=1,b=nan"),
]
_CHARACTERS = "x0123456789.+-*/%()<>=!,:;_ eabfgilnpt\"'\\#@[]{}|&^~\n\t\0\x1b×÷√²ϕσ≤💥\ud800"


def formulas(seed: int, count: int) -> Iterator[str]:
    choose = random.Random(seed)
    pieces = [piece.encode() for piece in _PIECES]
    for _ in range(count):
        kind = choose.random()
        if kind < 0.1:
            yield "".join(choose.choices(_CHARACTERS, k=choose.randrange(1, 60)))
            continue
        written = _expression(choose, choose.randrange(1, 7))
        if kind < 0.15:
            written = _nested(choose, written)
        yield written if kind < 0.5 else mutated(written.encode(), pieces, choose).decode("utf-8", "surrogateescape")


def _expression(choose: random.Random, depth: int) -> str:
    if depth == 0 or choose.random() < 0.1:
        return choose.choice(["x", "x", "x", *_NUMBERS[:-3]])
    a, b, c = (_expression(choose, depth - 1) for _ in range(3))
    comparison = f"{b} {choose.choice(['<', '<=', '>', '>=', '==', '!='])} {c}"
    return choose.choice(
        [
            f"{a}{choose.choice('+-*/')}{b}",
            f"({a}){choose.choice('+-*/')}({b})",
            f"({a})**{choose.choice(['2', '3', '-1', '0.5', '1e3', '-7.5', '(' + b + ')'])}",
            f"{choose.choice(_NAMES)}({a})",
            f"{choose.choice(_NAMES)}({a})",
            f"{choose.choice(['max', 'min', 'pow'])}({a}, {b})",
            f"clip({a}, {b}, {c})",
            f"where({comparison}, {a}, {b})",
            f"({a} if {comparison} else {b})",
            f"({a}) * ({comparison})",
            f"({comparison} and not {a} or {b} < 1)",
            f"-{a}",
        ]
    )


def _nested(choose: random.Random, inner: str) -> str:
    """Deeply nested formulas and long chains."""
    times = choose.choice([20, 59, 60, 61, 100, 200])
    how = choose.randrange(5)
    if how == 0:
        name = choose.choice(_NAMES)
        return f"{name}(" * times + inner + ")" * times
    if how == 1:
        return f"({inner})" + "**2" * times
    if how == 2:
        return "(" * times + inner + ")**9" * times
    if how == 3:
        return choose.choice("+*/-<").join(["x"] * times)
    return f"max({', '.join(['x', 'sin(x)', '-x', inner][k % 4] for k in range(min(times, 90)))})"


def fault(text: str) -> str | None:
    """The failure of a case; None for values, or a refusal in one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _wrong(resolve(text))
    except InputError as error:
        return None if "\n" not in str(error) and str(error).strip() else f"not one line: {str(error)!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _wrong(activation: Elementwise | RowWise) -> str | None:
    if isinstance(activation, RowWise):
        return None
    results = {"value": activation(X), **{f"order {n}": activation.derivative(X, n) for n in ORDERS}}
    activation.kinks(2)
    for what, result in results.items():
        if result.shape != X.shape or result.dtype != np.float64:
            return f"{what}: {result.dtype} of shape {result.shape}"
    return None
