"""Terms as text of a language: assignments of shared subterms, and an expression."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from actcli.core.code.term import Term, subterms

_WIDEST: Final = 76
"""Characters of an expression; parts of a longer one are assigned first."""

TIGHT: Final = {
    "where": 0, "and": 1, "<": 2, "<=": 2, ">": 2, ">=": 2, "==": 2, "!=": 2, "+": 3, "-": 3, "*": 4, "/": 4, "neg": 5,
}  # fmt: skip
"""Operator -> how tightly it binds; all other operations are calls."""
_ATOM: Final = 9

_LABELS: Final = {
    "exp": "e", "where": "chosen", "abs": "size", "tanh": "t", "sin": "s", "cos": "c", "+": "total", "-": "rest",
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "and", "not"), "holds"), "product_error": "lost",
}  # fmt: skip
"""Operation -> name of its value, if the term has no label."""


Special: TypeAlias = Callable[[Term, Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Language:
    """Syntax of a target.

    functions: operation -> template of a call, with arguments {0}, {1}
    special:   operation -> function of the term and its arguments' texts that returns the call, or None for the usual
    choice, both, negated: templates of where, and, not
    assign, give: templates of an assignment and of a return
    reserved:  names that a parameter must not have
    """

    functions: Mapping[str, str]
    choice: str
    infinite: str
    nan: str
    assign: str = "{0} = {1}"
    give: str = "return {0}"
    both: str = "&"
    negated: str = "~{0}"
    special: Mapping[str, Special] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()


class Printer:
    """Printer of one function's body. Shared subterms, and parts of long expressions, are assigned to names."""

    def __init__(self, language: Language, taken: set[str], helper: Callable[[str], str]) -> None:
        self.language, self.taken, self.helper = language, set(taken) | language.reserved, helper
        self.names: dict[Term, str] = {}
        self.statements: list[str] = []
        self._texts: dict[tuple[Term, int], str] = {}
        """The texts since the last new name: without them a sum of n terms would take n³ steps."""

    def body(self, *results: Term) -> tuple[list[str], list[str]]:
        """The assignments, and the expressions of the results."""
        uses = Counter(arg for node in subterms(*results) for arg in node.args)
        uses.update(results)
        for node in subterms(*results):
            if uses[node] > 1 and not _is_leaf(node):
                self._name(node)
        return self.statements, [self._fitting(result) for result in results]

    def _name(self, node: Term) -> None:
        text = self._fitting(node)
        label = node.label or _LABELS.get(node.op, "u")
        unused = next(name for name in _numbered(label) if name not in self.taken)
        self.taken.add(unused)
        self.statements.append(self.language.assign.format(unused, text))
        self.names[node] = unused
        self._texts.clear()

    def _fitting(self, node: Term) -> str:
        text = self.text(node)
        while len(text) > _WIDEST:
            parts = [part for part in _within(node, self.names) if 12 < len(self.text(part)) <= _WIDEST]
            if not parts:
                break
            self._name(max(parts, key=lambda part: len(self.text(part))))
            text = self.text(node)
        return text

    def text(self, node: Term, around: int = 0) -> str:
        """The text of an expression, in brackets if it binds less tightly than `around`."""
        if node in self.names:
            return self.names[node]
        if (node, around) not in self._texts:
            self._texts[node, around] = self._written(node, around)
        return self._texts[node, around]

    def _written(self, node: Term, around: int) -> str:
        if node.op == "number":
            return self._number(node.number, around)
        if node.op == "name":
            return str(node.value)
        tight = TIGHT.get(node.op, _ATOM)
        language = self.language
        if node.op in language.special:
            found = language.special[node.op](node, [self.text(arg) for arg in node.args])
            if found is not None:
                return found
        match node.op:
            case "neg":
                return _bracketed(f"-{self.text(node.args[0], 5)}", tight, around)
            case "+" | "-" | "*" | "/":
                a, b = self.text(node.args[0], tight), self.text(node.args[1], tight + (node.op in "-/*" or 0))
                return _bracketed(f"{a} {node.op} {b}", tight, around)
            case "<" | "<=" | ">" | ">=" | "==" | "!=":
                a, b = (self.text(arg, 3) for arg in node.args)
                return _bracketed(f"{a} {node.op} {b}", tight, around)
            case "and":
                a, b = (f"({self.text(arg)})" if arg not in self.names else self.text(arg) for arg in node.args)
                return _bracketed(f"{a} {language.both} {b}", tight, around)
            case "not":
                return language.negated.format(f"({self.text(node.args[0])})")
            case "where":
                inner = 1 if "?" in language.choice else 0
                condition, then, otherwise = (self.text(arg, inner) for arg in node.args)
                if inner and node.args[2].op == "where":
                    otherwise = self.text(node.args[2])
                text = language.choice.format(condition, then, otherwise)
                return _bracketed(text, 0, around) if inner else text
            case "polynomial":
                return f"{self.helper('polynomial')}({self.text(node.args[0])}, {self.helper(str(node.value))})"
        texts = [self.text(arg) for arg in node.args]
        if node.op in language.functions:
            return language.functions[node.op].format(*texts)
        return f"{self.helper(node.op)}({', '.join(texts)})"

    def _number(self, value: float, around: int) -> str:
        if math.isnan(value):
            return self.language.nan
        text = self.language.infinite if math.isinf(value) else repr(abs(value))
        return _bracketed(f"-{text}", 5, around) if math.copysign(1.0, value) < 0.0 else text


def _is_leaf(node: Term) -> bool:
    return not node.args or (node.op == "neg" and not node.args[0].args)


def _within(node: Term, named: Mapping[Term, str]) -> Iterator[Term]:
    """Subterms that could be assigned to names, outermost first; no conditions."""
    for arg in node.args:
        if arg not in named and not _is_leaf(arg):
            if arg.op not in ("<", "<=", ">", ">=", "==", "!=", "and", "not"):
                yield arg
            yield from _within(arg, named)


def _numbered(label: str) -> Iterator[str]:
    yield label
    number = 2
    while True:
        yield f"{label}{number}"
        number += 1


def _bracketed(text: str, tight: int, around: int) -> str:
    return f"({text})" if tight < around else text


def rows(numbers: Sequence[float]) -> str:
    """Lines of three numbers, each followed by a comma."""
    texts = [f"{number!r}," for number in numbers]
    return "\n".join("    " + " ".join(texts[i : i + 3]) for i in range(0, len(texts), 3))
