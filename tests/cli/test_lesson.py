"""actcli lesson: every step runs, one by one on a terminal and without waiting in a pipe."""

import re
import shlex
import subprocess

import pexpect
import pytest

from actcli.cli import load
from actcli.core.lessons.cost import cost
from actcli.topics.lesson import STEPS
from tests.cli.helpers import PROGRAM, complaint, document, environment, output, spawn


@pytest.mark.parametrize("step", [step for step in STEPS if step.command], ids=lambda step: step.title)
def test_every_command_is_one_of_the_program(step: object) -> None:
    name, *words = getattr(step, "command").split()  # noqa: B009  a parameter of any kind
    load(name).make_context(name, words)


def test_the_steps_are_listed() -> None:
    listed = document("lesson")
    assert [step["step"] for step in listed] == [*range(1, len(STEPS) + 1)]
    assert {"collapse", "boundary", "approximate", "gradient-depth", "trace"} <= {
        step["command"].partition(" ")[0] for step in listed
    }
    assert len(document("lesson", "--from", "20")) == len(STEPS) - 19


def test_a_step_is_told_and_its_command_run_as_it_is_shown() -> None:
    text = output("lesson", "2")
    assert text.startswith(f"2 of {len(STEPS)}. ")
    shown = re.search(r"^\$ actcli (.*)$", text, re.MULTILINE)
    assert shown
    assert text.endswith(output(*shlex.split(shown[1])))


def test_in_a_pipe_there_is_no_waiting() -> None:
    text = output("lesson", "8", "16")
    assert "Enter" not in text
    assert "0.7000645886860849" in text


def test_a_closed_stdin_is_no_terminal() -> None:
    command = ["bash", "-c", '"$0" lesson 2 <&-', PROGRAM]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    assert (run.stdout, run.stderr) == (output("lesson", "2"), "")


def test_on_a_terminal_enter_goes_on_and_q_ends() -> None:
    process = spawn([PROGRAM, "lesson", "8", "16", "4"], (80, 24), environment())
    process.expect_exact("Enter: go on, q: end")
    assert "0.5" in process.before
    process.sendline("")
    process.expect_exact("Enter: go on, q: end")
    assert "0.7000645886860849" in process.before
    process.sendline("q")
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 0
    assert "The bend" not in process.before


def test_the_cost_is_measured() -> None:
    text = output("lesson", "13")
    found = re.search(r"relu ([\d.]+) ns, tanh ([\d.]+) ns, gelu ([\d.]+) ns", text)
    assert found
    assert "an element, in arrays of 65,536 numbers in float64, as this program computes them." in " ".join(
        text.split()
    )
    relu, tanh, _ = map(float, found.groups())
    assert 0.02 < relu < tanh < 1000, "an element, and of any activation the comparison is cheaper"
    assert "an element" not in output("lesson", "8")
    assert cost("relu") > 0.0


def test_steps_that_there_are_not() -> None:
    assert "STEP" in complaint("lesson", "0")
    assert "STEP" in complaint("lesson", str(len(STEPS) + 1))
    assert "--from" in complaint("lesson", "3", "--from", "2")
