"""`from actcli import ...`: all of the library in one place, and nothing imported before it is used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import actcli

PUBLIC = sorted(set(actcli.__all__) - {"__version__"})


def python(program: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def _module_of(name: str) -> str:
    handed_in = actcli._WITH_MORE_DIGITS.get(name)
    return f"actcli.{handed_in}" if handed_in else f"actcli.core.{actcli._MODULES[name]}"


@pytest.mark.parametrize("name", PUBLIC)
def test_a_name_is_the_one_of_the_core(name: str) -> None:
    found = getattr(actcli, name)
    module = importlib.import_module(_module_of(name))
    assert found is getattr(module, name)
    assert getattr(found, "__module__", module.__name__) in (module.__name__, "builtins")  # where it is defined


def test_type_checkers_see_what_python_sees() -> None:
    tree = ast.parse(Path(actcli.__file__).read_text(encoding="utf-8"))
    seen = {
        node.names[0].asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("actcli.")
    }
    assert seen == {name: _module_of(name) for name in PUBLIC}


def test_the_package_alone_imports_nothing_of_it() -> None:
    program = "import sys, actcli; print('numpy' in sys.modules, *(m for m in sys.modules if m.startswith('actcli.')))"
    assert python(program).split() == ["False"]


def test_what_is_not_there_is_an_attribute_error_and_submodules_can_be_imported() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evaluate'"):
        _ = actcli.evaluate
    assert python("from actcli import core, cli; print(core.__name__)") == "actcli.core\n"


def test_names_do_not_depend_on_what_was_imported_before() -> None:
    """Some modules of the core are named like the function that they hold."""
    modules = "import actcli.core.activations.catalogue, actcli.core.lessons.trace"
    program = f"{modules}\nfrom actcli import resolve, trace\nprint(resolve('relu')(2))"
    assert python(program) == "2.0\n"


def test_dir_lists_it() -> None:
    assert set(actcli.__all__) <= set(dir(actcli))
