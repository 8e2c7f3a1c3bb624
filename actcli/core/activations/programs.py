"""Expression returned by a function in a program: `def`, `lambda`, and arrow functions of other languages.

The program is parsed and not run: each name is replaced by the expression assigned to it.
"""

import ast
import copy
import re
from collections.abc import Mapping, Sequence
from typing import Final

from actcli.core.errors import InputError

_MOST_NODES: Final = 4000
"""Largest number of nodes of the expression, which repeats an assigned expression at each use of the name."""

_C_FUNCTION: Final = re.compile(
    r"(?:[\w:]+\s+)*?\w+\s*\(\s*(?:const\s+)?(?:(?:float|double|half|auto|let|f32|f64|number)\s+)?(\w+)"
    r"(?:\s*:\s*\w+)?\s*\)\s*(?:(?:->|:)\s*\w+\s*)?\{\s*(?:return\b)?([^{};]*);?\s*\}\s*;?"
)
_ARROW: Final = re.compile(r"(?:@\s*\(\s*(\w+)\s*\)|\(?\s*(\w+)\s*\)?\s*[-=]>)(.*)", re.DOTALL)


def body_of(text: str) -> tuple[str, str] | None:
    """(argument, expression) of `x => E`, `x -> E`, `@(x) E`, `float f(float x) { return E; }`; None for others."""
    text = re.sub(r"^\s*(?:const|let|var|auto)?\s*\w+\s*=\s*(?=[@(\w|].*(?:[-=]>|@))", "", text)
    if (found := _C_FUNCTION.fullmatch(text.strip())) is not None:
        return found[1], found[2]
    if (found := _ARROW.fullmatch(text.strip())) is not None:
        body = re.sub(r"^\s*\{\s*return\b([^{};]*);?\s*\}$", r"\1", found[3])
        return found[1] or found[2], body
    return None


def returned(text: str) -> ast.expr | None:
    """Expression in x returned by the last function of a Python text; None without a function.

    Arguments after the first have their defaults, or stay as names. InputError: the function contains statements other
    than assignments, conditions and return.
    """
    try:
        statements = _parsed(text)
    except SyntaxError:
        return None
    functions: dict[str, ast.FunctionDef | ast.Lambda] = {}
    last: ast.FunctionDef | ast.Lambda | None = None
    for statement in statements:
        match statement:
            case ast.FunctionDef():
                functions[statement.name] = last = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                functions[name] = last = function
            case ast.Expr(value=ast.Lambda() as function):
                last = function
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                return None
    if last is None:
        return None
    reader = _Reader({name: function for name, function in functions.items() if function is not last})
    return reader.value(last, [ast.Name("x")])


def _parsed(text: str) -> Sequence[ast.stmt]:
    text = text.strip()
    if text.startswith("def"):
        text = text.replace("\\n", "\n").replace("\\t", "    ")
    try:
        return ast.parse(text).body
    except IndentationError:  # pasted text without its indentation
        lines = [line if line.startswith("def ") else f"    {line.strip()}" for line in text.splitlines()]
        return ast.parse("\n".join(lines)).body


class _Reader:
    def __init__(self, functions: Mapping[str, ast.FunctionDef | ast.Lambda]) -> None:
        self.functions = functions
        self.left = _MOST_NODES

    def value(self, function: ast.FunctionDef | ast.Lambda, arguments: Sequence[ast.expr]) -> ast.expr:
        names = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        plain = names[: len(names) - len(function.args.kwonlyargs)]
        defaults = dict(zip(reversed(plain), reversed(function.args.defaults), strict=False))
        defaults |= {n: d for n, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d}
        if not names or function.args.vararg or function.args.kwarg:
            raise InputError("a function of one number is needed, such as 'lambda x: x*2'")
        given = dict(zip((name.arg for name in names), arguments, strict=False))
        known = {name.arg: default for name, default in defaults.items()} | given
        if isinstance(function, ast.Lambda):
            return self.put(function.body, known)
        found = self.block(function.body, known)
        if found is None:
            raise InputError(f"{function.name} does not return a value in every case")
        return found

    def block(self, statements: Sequence[ast.stmt], known: Mapping[str, ast.expr]) -> ast.expr | None:
        """The expression returned by a block; None without a return."""
        for i, statement in enumerate(statements):
            rest = statements[i + 1 :]
            match statement:
                case ast.Return(value=ast.expr() as value):
                    return self.put(value, known)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    known = {**known, name: self.put(value, known)}
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    known = {**known, name: self.put(value, known)}
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                    before = self.put(ast.Name(name), known)
                    known = {**known, name: ast.BinOp(before, op, self.put(value, known))}
                case ast.If():
                    test = self.put(statement.test, known)  # first: its nodes count once, the rest's twice
                    then = self.block([*statement.body, *rest], known)
                    otherwise = self.block([*statement.orelse, *rest], known)
                    return None if then is None or otherwise is None else ast.IfExp(test, then, otherwise)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case _:
                    first = ast.unparse(statement).split()[0]
                    raise InputError(f"a function may contain 'if', assignments and 'return', not {first!r}")
        return None

    def put(self, node: ast.expr, known: Mapping[str, ast.expr]) -> ast.expr:
        """The expression with known names and calls of the text's functions replaced."""
        return _Replacement(self, known).visit(copy.deepcopy(node))  # type: ignore[no-any-return]  # ast has no types


class _Replacement(ast.NodeTransformer):
    def __init__(self, reader: _Reader, known: Mapping[str, ast.expr]) -> None:
        self.reader, self.known = reader, known

    def generic_visit(self, node: ast.AST) -> ast.AST:
        self.reader.left -= 1
        if self.reader.left < 0:
            raise InputError(f"the function's formula is too long: of more than {_MOST_NODES} parts")
        return super().generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self.known.get(node.id)
        if found is None and node.id == "x":
            raise InputError("x is no argument of the function")
        if found is None:
            return node
        self.reader.left -= sum(1 for _ in ast.walk(found))
        if self.reader.left < 0:
            raise InputError(f"the function's formula is too long: of more than {_MOST_NODES} parts")
        return found

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in self.reader.functions and not node.keywords:
            function = self.reader.functions[node.func.id]
            others = {k: v for k, v in self.reader.functions.items() if k != node.func.id}
            arguments = [self.visit(argument) for argument in node.args]
            inner = _Reader(others)
            inner.left = self.reader.left
            found = inner.value(function, arguments)
            self.reader.left = inner.left
            return found
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        if not isinstance(node.func, ast.Name):
            node.func = self.visit(node.func)
        return node
