"""Constant folding of terms, because PyTorch's functions take tensors only."""

import math
from dataclasses import replace
from typing import Any, Final

from actcli.core.code.functions import Functions
from actcli.core.code.python_module import function_text, helper_texts
from actcli.core.code.targets import NUMPY
from actcli.core.code.term import Term, number, rebuilt

_CONDITIONS: Final = frozenset({"<", "<=", ">", ">=", "==", "!=", "and", "not"})
_TRUE: Final = Term("true")
_FALSE: Final = Term("not", (_TRUE,))


def with_constants(functions: Functions) -> Functions:
    """The same functions with every subterm without x and parameters replaced by its number."""
    return replace(
        functions,
        value=_folded(functions.value),
        slope=_folded(functions.slope),
        partials={key: _folded(term) for key, term in functions.partials.items()},
    )


def _folded(root: Term) -> Term:
    done: dict[Term, Term] = {}

    def walk(node: Term) -> Term:
        if not node.args or node in (_TRUE, _FALSE):
            return node
        if node not in done:
            changed = _of_numbers(rebuilt(node, tuple(map(walk, node.args))))
            done[node] = changed.named(node.label) if node.label and changed.args else changed
        return done[node]

    return walk(root)


def _of_numbers(node: Term) -> Term:
    if node.op == "and":
        rest = tuple(arg for arg in node.args if arg != _TRUE)
        if _FALSE in rest or not rest:
            return _FALSE if rest else _TRUE
        return rest[0] if len(rest) == 1 else Term("and", rest)
    if node.op == "not" and node.args[0] == _FALSE:
        return _TRUE
    if node.op == "product":  # 0 times infinity is 0: with a number as a factor that is known now
        known = [arg.number for arg in node.args if arg.is_number and math.isfinite(arg.number)]
        if known:
            return number(0.0) if 0.0 in known else Term("*", node.args)
    if not node.args or not all(arg.is_number for arg in node.args):
        return node
    value = _value(node)
    if node.op in _CONDITIONS:
        return _TRUE if value else _FALSE
    return number(float(value))


def _value(node: Term) -> Any:
    text = function_text(NUMPY, "value", "", "", node, (), context='with np.errstate(all="ignore"):')
    module: dict[str, Any] = {}
    exec("\n\n".join(["import numpy as np", *helper_texts(NUMPY, node), text]), module)
    return module["value"]()
