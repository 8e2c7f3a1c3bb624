"""README.md's console examples, executed: each `$ command` prints what stands below it.

`python -m tests.test_readme` rewrites the outputs.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from actcli.cli import COMMANDS

README = Path(__file__).parent.parent / "README.md"
LONG_NUMBER = re.compile(r"-?\d\.\d{12,}(e[-+]\d+)?|-?0\.\d{12,}")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """(command, output) in order."""
    found = []
    for block in BLOCK.findall(README.read_text()):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            found.append((command, output))
    return found


def numbers(text: str) -> list[float]:
    return [float(match[0]) for match in LONG_NUMBER.finditer(text)]


def run(command: str, cwd: Path) -> str:
    """What a terminal would show of it, stderr included, 80 columns wide."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        env={"PATH": path, "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
    )
    return result.stdout


def can_run(command: str) -> bool:
    """jq is the one program in the examples that a machine may lack; .ci/run installs it."""
    return "| jq " not in command or shutil.which("jq") is not None


@pytest.mark.parametrize(("command", "output"), [example for example in examples() if can_run(example[0])])
def test_the_example_prints_what_the_readme_shows(command, output, tmp_path):
    shown = run(command, tmp_path)
    assert LONG_NUMBER.sub("", shown) == LONG_NUMBER.sub("", output)
    # Processors differ in the last digit of an exponential.
    assert numbers(shown) == pytest.approx(numbers(output), rel=1e-14)


def test_there_are_examples_of_every_command():
    shown = {word for command, _ in examples() for word in command.split()}
    assert set(COMMANDS) <= shown


if __name__ == "__main__":

    def rewritten(block: re.Match[str]) -> str:
        commands = re.findall(r"^\$ (.*)", block[1], flags=re.MULTILINE)
        with tempfile.TemporaryDirectory() as folder:  # examples may write files
            outputs = [f"$ {command}\n{run(command, Path(folder))}" for command in commands]
        return "```console\n" + "".join(outputs) + "```"

    README.write_text(BLOCK.sub(rewritten, README.read_text()))
