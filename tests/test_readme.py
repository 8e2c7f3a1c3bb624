"""The examples of README.md are executed: each `$ command` and each `>>>` prints the text below it.

`python -m tests.test_readme` rewrites the outputs.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from actcli import __version__
from actcli.cli import COMMANDS, load, program
from actcli.topics import TOPICS
from actcli.topics.lesson import STEPS
from tests.printed import assert_same

README = Path(__file__).parent.parent / "README.md"
CONTRIBUTING = README.parent / ".github" / "CONTRIBUTING.md"
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """(command, output) in order."""
    found = []
    for block in BLOCK.findall(README.read_text()):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            found.append((command, output))
    return found


def run(command: str, cwd: Path) -> str:
    """The command's output on a terminal of 80 columns, stderr included."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        env={"PATH": path, "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
    )
    return result.stdout


def can_run(command: str) -> bool:
    """False if the command needs jq and jq is missing. (.ci/run installs it.)"""
    return "| jq " not in command or shutil.which("jq") is not None


@pytest.mark.parametrize(("command", "output"), [example for example in examples() if can_run(example[0])])
def test_the_example_prints_what_the_readme_shows(command: str, output: str, tmp_path: Path) -> None:
    shown = run(command, tmp_path)
    assert_same(shown, output)


def table_of_commands() -> dict[str, str]:
    """Name -> example in the last column."""
    return dict(re.findall(r"^\| ([a-z-]+) \| .* \| `(actcli .*)` \|$", README.read_text(), re.MULTILINE))


def test_the_table_has_every_command_with_the_example_of_its_help() -> None:
    table = table_of_commands()
    assert [*table] == [*COMMANDS]
    for name, example in table.items():  # which test_behaviour.py runs
        helped = " ".join((load(name).help or "").split())
        assert f"Example: {example} " in f"{helped} ", name


def test_the_lesson_has_as_many_steps_as_are_named() -> None:
    assert re.findall(r"all of this in (\d+) steps", README.read_text()) == [str(len(STEPS))]


def test_every_topic_is_named() -> None:
    readme = README.read_text()
    assert f"the topics {', '.join(TOPICS)} |" in readme


def test_the_library_does_what_the_readme_shows() -> None:
    session = "".join(PYTHON.findall(README.read_text()))
    test = doctest.DocTestParser().get_doctest(session, {}, README.name, README.name, 0)
    report: list[str] = []
    assert doctest.DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)
    assert len(test.examples) >= 5


def test_every_option_that_is_named_is_there() -> None:
    commands = [program(), *map(load, COMMANDS)]
    options = {spelling for command in commands for option in command.params for spelling in option.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", README.read_text()))
    assert named - options <= {"--help"}  # Typer adds it


def test_every_module_that_is_named_is_there() -> None:
    texts = README.read_text() + CONTRIBUTING.read_text()
    named = {*re.findall(r"python -m (\S*\w)", texts)} - {"build"}  # of the extra dev
    assert [name for name in named if not find_spec(name)] == []


def test_the_command_that_runs_the_tests_is_where_ci_looks_for_it() -> None:
    line = re.search(r"grep -m1 -E '(.*)' (\S+)\)", (README.parent / ".ci" / "run").read_text())
    assert line is not None
    pattern, file = line.groups()
    assert re.search(pattern, (README.parent / file).read_text(), re.MULTILINE)


def test_every_file_that_is_named_is_there() -> None:
    root = README.parent
    named = set(re.findall(r"`(\w+/[a-z_/]+\.py)`", README.read_text() + CONTRIBUTING.read_text()))
    assert len(named) >= 5
    assert [name for name in named if not (root / name).exists() and not (root / "actcli" / name).exists()] == []


def test_it_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 230


def test_the_changelog_begins_with_this_version() -> None:
    changelog = README.with_name("CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] in (__version__, "Unreleased")


if __name__ == "__main__":

    def rewritten(block: re.Match[str]) -> str:
        commands = re.findall(r"^\$ (.*)", block[1], flags=re.MULTILINE)
        with tempfile.TemporaryDirectory() as folder:  # examples may write files
            outputs = [f"$ {command}\n{run(command, Path(folder))}" for command in commands]
        return "```console\n" + "".join(outputs) + "```"

    README.write_text(BLOCK.sub(rewritten, README.read_text()))
