"""Docstrings of the core: every public name has one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import actcli.core
from tests.each import each

Definition = ast.FunctionDef | ast.ClassDef
CORE = Path(actcli.core.__file__).parent
MODULES = sorted(path.relative_to(CORE).as_posix() for path in CORE.rglob("*.py"))


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Public functions, classes and methods by name."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


@each("path", MODULES)
def test_every_public_name_has_a_docstring(path: str) -> None:
    module = ast.parse((CORE / path).read_text(encoding="utf-8"))
    assert ast.get_docstring(module), "the module"
    assert [name for name, node in public(module.body) if not ast.get_docstring(node)] == []


@each("path", MODULES)
def test_a_docstring_names_input_error_if_it_is_raised(path: str) -> None:
    """Functions that raise InputError themselves."""
    module = ast.parse((CORE / path).read_text(encoding="utf-8"))
    for name, node in public(module.body):
        if isinstance(node, ast.FunctionDef) and re.search(r"raise InputError\(", ast.unparse(node)):
            assert "InputError" in (ast.get_docstring(node) or ""), name
