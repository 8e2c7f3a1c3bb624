"""Commands import only modules that they use, because imports are most of the start-up time."""

import subprocess
import sys

import pytest

from actcli.cli import COMMANDS
from tests.cli.helpers import PATIENCE, environment

_PROGRAM = """
import gc
import sys
from actcli.__main__ import main
try:
    main()
finally:
    names = [name for name, module in sys.modules.items() if vars(module).get("__spec__")]
    print(*names, "garbage" if gc.isenabled() else "gc-is-off", file=sys.stderr)
"""

# Modules that typer 0.26 to 0.28 and NumPy import (contextlib, inspect, ast, ...) cannot be forbidden.
HEAVY = {"rich", "plotext", "orjson", "pydantic", "json", "csv", "asyncio", "unittest", "email"}
MATHEMATICS = {"numpy", "actcli.commands", "actcli.core.activations.activation", "actcli.streams.blocks"}
VIEWS = {"rich", "plotext", "actcli.views"}


def imported(line: str, stdin: str = "") -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *line.split()],
        input=stdin,
        capture_output=True,
        env=environment(),
        text=True,
        timeout=PATIENCE,
    )
    return set(run.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("line", "forbidden"),
    [
        ("--version", HEAVY | MATHEMATICS | VIEWS),
        ("--help", HEAVY | MATHEMATICS | VIEWS),
        ("", HEAVY | MATHEMATICS | VIEWS),
        ("evaluat relu 1", HEAVY | MATHEMATICS | VIEWS),
        (
            "evaluate relu 1",
            HEAVY | VIEWS | {"actcli.core.activations.formula", "actcli.streams.csv_format", "tempfile"},
        ),
        ("evaluate x+1 1", HEAVY | VIEWS),
        ("evaluate relu 1 --format csv", (HEAVY | VIEWS) - {"csv", "actcli.views"}),
        ("evaluate relu 1 --format json", (HEAVY | VIEWS) - {"json"}),
        ("evaluate relu 1 --format table", {"plotext", "orjson", "csv", "json"}),
        ("differentiate relu 1", HEAVY | VIEWS | {"actcli.core.activations.formula"}),
        ("list", HEAVY | VIEWS),
        ("plot relu", (HEAVY - {"plotext"}) | {"plotext._doc", "plotext._doc_utils", "gc-is-off"}),
        ("plot relu --format json", HEAVY - {"plotext", "json"}),
        ("describe relu --format json", ((HEAVY | VIEWS) - {"json"}) | {"mpmath", "actcli.core.activations.formula"}),
        ("describe gelu", {"mpmath", "actcli.core.activations.formula"}),
        ("describe leaky_relu:negative_slope=0.2", {"mpmath"}),
        (
            "compare relu tanh --format plain",
            ((HEAVY | VIEWS) - {"csv"}) | {"actcli.core.network", "actcli.core.race", "actcli.commands.race"},
        ),
        ("gain relu --format json", (HEAVY | VIEWS) - {"json"}),
        ("gradient-depth --act relu --layers 1 --steps 0 --format json", (HEAVY | VIEWS) - {"json"}),
    ],
)
def test_what_must_not_be_imported(line: str, forbidden: set[str]) -> None:
    assert forbidden & imported(line) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_no_other(command: str) -> None:
    others = {f"actcli.commands.{module}" for name, (module, _) in COMMANDS.items() if name != command}
    found = imported(f"{command} --help")
    assert f"actcli.commands.{COMMANDS[command][0]}" in found
    assert (others | {"rich", "orjson"}) & found == set()


def test_a_few_numbers_of_text_are_not_worth_another_parser() -> None:
    assert "orjson" not in imported("evaluate relu", stdin="1\n" * 100)
    assert "orjson" in imported("evaluate relu", stdin="1\n" * 100_000)
