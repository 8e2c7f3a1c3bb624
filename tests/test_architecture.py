"""Architecture: permitted imports, and no unused module."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import actcli
from actcli.cli import COMMANDS, WAYS_OUT
from actcli.commands import gradient_depth
from actcli.commands.options import DtypeName, SeveralDtypes
from actcli.core.network.datasets import TARGETS
from actcli.core.network.normalisation import AXES
from actcli.core.network.optimizers import OPTIMIZERS
from actcli.core.numerics.formats import DTYPES, FLOAT_FORMATS

HOUSE = Path(actcli.__file__).parent
ROOMS = {"commands", "core", "streams", "views"}

ARROWS = {
    "commands": ROOMS | {"digits", "foreign", "naming", "multiprecision", "parallel", "topics"},
    "views": {"views", "core"},
    "streams": {"streams"},
    "core": {"core"},
    "topics": {"core"},
    "foreign": {"foreign", "core"},
    "multiprecision": {"multiprecision", "core"},
}
OTHERS_PACKAGES = {
    "commands": {"numpy", "typer"},
    "views": {"numpy", "rich", "plotext", "matplotlib"},
    "streams": {"numpy", "orjson"},
    "core": {"numpy"},
    "multiprecision": {"numpy", "mpmath"},
    "parallel": {"distributed", "joblib"},
    "foreign": {"numpy"},
    "cli": {"typer"},
}
STOREYS = (
    "",
    "numerics",
    "jets",
    "activations",
    "analysis",
    "identify",
    "theory",
    "network",
    "lessons",
    "depth",
    "race",
    "boundary",
    "audit",
    "code",
)
"""Folders of the core in the order of imports; the first is for modules outside of all folders."""

HELPERS_OF_VIEWS = {"count", "initialiser_variances", "missing", "plural", "scaled", "summaries", "union"}
"""Functions of the core that views may call; otherwise they use types and constants only."""

FOREIGN_WORDS = re.compile(
    r"(?<!\w)--\w|\bactcli [a-z]|\b(command line|terminal|screen|chart|picture|pixel|stdin|stdout|stderr)s?\b"
)
"""Words that the core must not use in messages and docstrings: options, commands, and the display of results."""

MOST_LINES = 400
LONGER = {"core.activations.catalogue", "core.activations.formula"}


FILES = sorted(HOUSE.rglob("*.py"))


def _name(file: Path) -> str:
    parts = file.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name in it) of every import at any level."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@cache
def house_plan() -> dict[str, ast.Module]:
    """All modules by name, without the leading `actcli.`."""
    return {_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


@cache
def all_imports() -> dict[str, list[tuple[str, str]]]:
    return {name: list(imports(tree)) for name, tree in house_plan().items()}


def inner(name: str) -> Iterator[tuple[str, str]]:
    """(module, name in it) of a module's imports from actcli; name "" for a whole module."""
    for module, imported in all_imports()[name]:
        if module == "actcli" or module.startswith("actcli."):
            module = module.removeprefix("actcli").removeprefix(".")
            whole = f"{module}.{imported}".removeprefix(".")
            yield (whole, "") if whole in house_plan() else (module, imported)


def room(name: str) -> str:
    return name.partition(".")[0]


def storey(name: str) -> int:
    _, _, rest = name.partition("core.")
    return STOREYS.index(rest.partition(".")[0] if "." in rest or rest in STOREYS else "")


def test_arrows_point_one_way() -> None:
    wrong = [
        f"{name} -> {target}"
        for name in house_plan()
        if room(name) in ARROWS
        for target, _ in inner(name)
        if target and room(target) not in ARROWS[room(name)]
    ]
    assert not wrong


def test_the_core_has_storeys() -> None:
    core = [name for name in house_plan() if name.startswith("core.")]
    assert not [
        f"{name} -> {target}"
        for name in core
        for target, _ in inner(name)
        if target.startswith("core.") and storey(target) > storey(name)
    ]


def test_other_packages_stay_in_their_rooms() -> None:
    for name in house_plan():
        packages = (
            {module.partition(".")[0] for module, _ in all_imports()[name]} - {"actcli"} - sys.stdlib_module_names
        )
        assert packages <= OTHERS_PACKAGES.get(room(name), set()), name


def test_only_the_table_of_commands_knows_the_inside_of_typer() -> None:
    assert [name for name in house_plan() if any(module.startswith("typer.") for module, _ in all_imports()[name])] == [
        "cli"
    ]


def test_descriptions_of_pictures_name_no_painter() -> None:
    builders = {
        f"{name}.{function.name}": {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        for name, tree in house_plan().items()
        if room(name) == "views"
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name.endswith("_picture") and function.name[0] != "_"
    }
    assert len(builders) >= 9
    assert [name for name, used in builders.items() if used & {"paint", "page", "figure", "Terminal"}] == []


def test_only_a_painter_imports_its_library_and_only_drawing_imports_a_painter() -> None:
    page = {"views.picture.page", "views.picture.page_axis"}
    for library, painter in (("plotext", {"views.picture.canvas"}), ("matplotlib", page)):
        importers = {n for n in house_plan() if library in {m.partition(".")[0] for m, _ in all_imports()[n]}}
        assert importers == painter
    described = {"views.plot", "views.comparison", "views.density", "views.ranges", "views.picture.description"}
    painters = {*page, "views.picture.terminal", "views.picture.canvas"}
    assert [name for name in described for target, _ in inner(name) if target in painters] == []


def test_a_view_draws_what_the_core_has_computed() -> None:
    called = {
        name
        for view in house_plan()
        if room(view) == "views"
        for module, name in inner(view)
        if room(module) == "core" and not name[:1].isupper()
    }
    assert called <= HELPERS_OF_VIEWS


RETIRED_NAMES = {
    "breaks": "breakpoints",
    "settings": "given_parameters (of an activation), config (of an experiment), options (of a command)",
    "values_of_parameters": "parameter_values",
    "kernel": "fused (value and slope), or candidate (what an audit tries)",
    "kernels": "candidates",
    "Image": "Pushforward",
    "Look": "Appearance",
    "Points": "GivenPoints",
    "FORMATS": "FLOAT_FORMATS or OUTPUT_FORMATS",
    "Steps": "UlpDistances",
    "section": "bracket",
}
"""Former word, which had several meanings or synonyms in core and views -> present word."""


def test_each_word_has_one_meaning() -> None:
    assert not [
        f"{name}: {word} -> {RETIRED_NAMES[word]}"
        for name, tree in house_plan().items()
        for node in ast.walk(tree)
        for word in (getattr(node, kind, "") for kind in ("id", "attr", "arg", "name"))
        if word in RETIRED_NAMES and name.startswith(("core.", "views."))
    ]


def test_no_import_is_circular() -> None:
    """At any level: circles that are closed only when a function runs count too."""
    done: set[str] = set()

    def circle(path: list[str]) -> list[str]:
        if path[-1] in path[:-1]:
            return path[path.index(path[-1]) :]
        if path[-1] in done:
            return []
        found = next(filter(None, (circle([*path, target]) for target, _ in inner(path[-1]))), [])
        done.add(path[-1])
        return found

    assert [found for name in house_plan() if (found := circle([name]))] == []


def test_the_core_speaks_of_no_command_line_and_no_screen() -> None:
    assert [
        f"{name}, line {node.lineno}: {found[0]}"
        for name, tree in house_plan().items()
        if name.startswith("core.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and (found := FOREIGN_WORDS.search(str(node.value)))
    ] == []


def test_the_command_line_knows_a_way_out_for_each_argument_that_the_core_names() -> None:
    named = {
        node.value
        for tree in house_plan().values()
        for change in ast.walk(tree)
        if isinstance(change, ast.keyword) and change.arg == "change"
        for node in ast.walk(change.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert named - {""} == {*WAYS_OUT}


def test_files_are_short_and_the_core_lies_in_its_rooms() -> None:
    lines = {name: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES for name in [_name(file)]}
    assert [name for name, count in lines.items() if count > MOST_LINES and name not in LONGER] == []
    assert len([*(HOUSE / "core").glob("*.py")]) <= 6


def test_every_module_is_imported_or_a_command() -> None:
    imported = {target for name in house_plan() for target, _ in inner(name)}
    begun = {"", "__main__", "foreign.worker", *(f"commands.{module}" for module, _ in COMMANDS.values())}
    folders = {name for name in house_plan() if (HOUSE / name.replace(".", "/")).is_dir()}
    assert set(house_plan()) - folders - begun - imported == set()


@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("norm", {"none", *AXES}),
        ("optimizer", {*OPTIMIZERS}),
        ("target", {*TARGETS}),
    ],
)
def test_the_help_offers_what_the_tables_hold(option: str, choices: set[str]) -> None:
    kind, parameter = get_args(gradient_depth.run.__annotations__[option])
    assert {*((parameter.metavar or "").split("|") if parameter.metavar else get_args(kind))} == choices


def test_every_exception_from_the_rules_names_one_and_says_why() -> None:
    exception = re.compile(r"# (type: ignore|noqa)(?!(\[[\w,-]+\]|: [A-Z]+\d+)\s+\S+ \S)")
    files = [*HOUSE.rglob("*.py"), *Path(__file__).parent.rglob("*.py")]
    assert [
        f"{file.name}: {line}" for file in files for line in file.read_text().splitlines() if exception.search(line)
    ] == []


def test_the_types_are_the_same_everywhere() -> None:
    assert get_args(DtypeName) == DTYPES == tuple(FLOAT_FORMATS) == tuple(SeveralDtypes)
