"""Any formula in mpmath: the truth for fuzzers. Independent of actcli but for the texts of published formulas.

A catalogue entry is its definition in `tests.truth`, a published one its formula as written. Values are computed with
more and more bits until two agree.
"""

import ast
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import mpmath
from mpmath import mpf

from actcli.core.activations.catalogue import literature
from tests.truth import DEFINITIONS, Series

BITS: Final = (320, 800, 2400)
_AGREED: Final = mpf(2) ** -70
_NOTHING: Final = mpf(2) ** -1180
_HUGE: Final = mpf(2) ** 400
"""exp and sin of larger arguments would take too many bits."""


class UndecidedError(Exception):
    """No number of bits decides the value; or a division by 0, which may be a number that was rounded to 0."""


class NoNumberError(ArithmeticError):
    """No real number: log(-1)."""


def _real(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any) -> Any:
        arguments = tuple(map(mpf, arguments))
        if any(abs(argument) > _HUGE for argument in arguments) and function not in _OF_ANY:
            raise UndecidedError
        try:
            result = function(*arguments)
        except (ValueError, ZeroDivisionError) as error:
            raise UndecidedError from error
        if not isinstance(result, mpf):
            raise NoNumberError
        if not mpmath.isfinite(result):
            raise UndecidedError
        return result

    return wrapped


def _exp(u: Any) -> Any:
    if u > _HUGE:
        raise UndecidedError
    return mpf(0) if u < -100_000 else mpmath.exp(u)


def _expm1(u: Any) -> Any:
    return mpmath.expm1(u) if abs(u) < 1 else _exp(u) - 1


_OF_ANY: Final = (mpmath.sqrt, mpmath.log, _exp, _expm1)


def _power(u: Any, v: Any) -> Any:
    if v == 2:
        return u * u
    return _real_power(u, int(v) if v == int(v) else v)


_real_power = _real(lambda u, v: u**v)
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **{name: _real(getattr(mpmath, name)) for name in ("log1p", "sqrt", "log", "cos", "tan", "sinh", "cosh", "erfc")},
    **{name: _real(getattr(mpmath, name)) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{f"arc{name}": _real(getattr(mpmath, f"a{name}")) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "exp": _real(_exp),
    "expm1": _real(_expm1),
    "log2": _real(lambda u: mpmath.log(u) / mpmath.log(2)),
    "log10": _real(mpmath.log10),
    "pow": _power,
    "abs": abs,
    "max": max,
    "min": min,
    "sign": mpmath.sign,
    "clip": lambda u, low, high: min(max(u, low), high),
}


def _entry(name: str) -> Callable[..., Any] | None:
    if name in DEFINITIONS:
        definition = DEFINITIONS[name]

        def value(u: Any, *own: Any, **named: Any) -> Any:
            try:
                result = definition(Series([mpf(u)]), *own, **named)
            except ZeroDivisionError as error:
                raise UndecidedError from error
            return result.value if isinstance(result, Series) else mpf(result)

        return value
    if (published := literature().get(name)) is None:
        return None
    code, given = _code(published.formula), {p.name: mpf(p.default) for p in published.parameters}

    def computed(u: Any, /, *own: Any, **named: Any) -> Any:
        return _run(code, {**given, **dict(zip(given, own, strict=False)), **named, "x": mpf(u)})

    return computed


class _Exactly(ast.NodeTransformer):
    """Numbers as mpf, where(c, a, b) as a if c else b, powers as functions."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Call(ast.Name("mpf", ast.Load()), [ast.Constant(float(str(node.value)))], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "where":
            test, then, otherwise = map(self.visit, node.args)
            return ast.IfExp(test, then, otherwise)
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Pow):
            return ast.Call(ast.Name("pow", ast.Load()), [self.visit(node.left), self.visit(node.right)], [])
        return self.generic_visit(node)


@cache
def _code(formula: str) -> Any:
    tree = _Exactly().visit(ast.parse(formula, mode="eval"))
    return compile(ast.fix_missing_locations(tree), formula, "eval")


class _Names(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        found = _entries(name)
        if found is None:
            raise KeyError(name)
        return found


_entries = cache(_entry)


def _run(code: Any, numbers: Mapping[str, Any]) -> Any:
    constants = {"pi": +mpmath.pi, "e": +mpmath.e, "mpf": mpf, "__builtins__": {}}
    try:
        return mpf(eval(code, {"__builtins__": {}}, _Names({**constants, **_FUNCTIONS, **numbers})))
    except ZeroDivisionError as error:
        raise UndecidedError from error


class Definition:
    """An activation or formula, with parameters after a colon, as a function of a number."""

    def __init__(self, text: str) -> None:
        formula, _, given = text.partition(":")
        self._numbers = {
            key: float(value) for key, _, value in (pair.partition("=") for pair in given.split(",") if given)
        }
        entry = _entries(formula) if re.fullmatch(r"\w+", formula) and formula != "x" else None
        if entry is None and formula in _FUNCTIONS:
            entry = _FUNCTIONS[formula]
        self._entry, self._code = entry, None if entry else _code(formula)

    def at_these_bits(self, x: Any, given: Mapping[str, Any] | None = None) -> Any:
        """Value at x with mpmath's working precision. NoNumberError: not real. UndecidedError: too large."""
        numbers = {key: mpf(value) for key, value in {**self._numbers, **(given or {})}.items()}
        try:
            return self._entry(mpf(x), **numbers) if self._entry else _run(self._code, {**numbers, "x": mpf(x)})
        except (OverflowError, MemoryError, RecursionError) as error:
            raise UndecidedError from error

    def __call__(self, x: Any) -> Any:
        """Value at x, to 70 bits or 2^-1180; nan for no real number. UndecidedError: the bits do not suffice."""
        return _decided(lambda: self.at_these_bits(x))

    def slope(self, x: Any) -> Any:
        """Slope at x; nan for no number. UndecidedError: at a kink too, where the slopes on both sides differ."""

        return _decided(lambda: _difference(lambda at: self.at_these_bits(at), mpf(x)))

    def partial(self, key: str, x: Any) -> Any:
        """Derivative by a parameter at x, as `slope`."""
        return _decided(lambda: _difference(lambda at: self.at_these_bits(x, {key: at}), mpf(self._numbers[key])))


def _difference(function: Callable[[Any], Any], at: Any) -> Any:
    """The derivative by a central difference; UndecidedError if those of both sides differ."""
    h = mpf(2) ** -(mpmath.mp.prec // 4) * (abs(at) or 1)
    with mpmath.workprec(2 * mpmath.mp.prec + 2 * abs(int(mpmath.mag(at) if at else 0))):
        here, left, right = (function(at + step) for step in (0, -h, h))
        rising, falling = (right - here) / h, (here - left) / h
        if abs(rising - falling) > mpf(2) ** -40 * (abs(rising) + abs(falling)) + _NOTHING:
            raise UndecidedError
        return (rising + falling) / 2


def _decided(compute: Callable[[], Any]) -> Any:
    before: Any = None
    for bits in BITS:
        with mpmath.workprec(bits):
            try:
                value = compute()
            except NoNumberError:
                value = mpmath.nan
            except UndecidedError:
                if bits == BITS[-1]:
                    raise
                continue
            agreed = before is not None and (
                (mpmath.isnan(before) and mpmath.isnan(value))
                or abs(before - value) <= _AGREED * abs(value)
                or (bits == BITS[-1] and max(abs(before), abs(value)) <= _NOTHING)
            )
            if agreed and (value or bits == BITS[-1]):
                return value
            before = value
    raise UndecidedError
