"""The program without the POSIX modules, signals and functions that Windows lacks.

This file imports nothing of tests.cli, so it runs on Windows too.
"""

import subprocess
import sys

import pytest

HIDDEN = ("fcntl", "grp", "posix_ipc", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
PROGRAM = f"""
import sys
for name in {HIDDEN}:
    sys.modules[name] = None  # its import fails
import os, shlex, signal
for name in ("SIGHUP", "SIGQUIT", "SIGTSTP", "SIGCONT", "SIGTTOU", "SIGTTIN", "SIGALRM", "SIGUSR1", "SIGWINCH"):
    vars(signal).pop(name, None)
for name in ("fork", "getuid", "geteuid", "getpgrp", "tcgetpgrp", "killpg", "setsid", "sysconf", "openpty"):
    vars(os).pop(name, None)
from actcli.__main__ import main
for line in sys.stdin.read().splitlines():
    sys.argv = ["actcli", *shlex.split(line)]
    try:
        main()
    except SystemExit as end:
        assert not end.code, (line, end.code)
"""
LINES = """
evaluate relu -3 0 3
differentiate sigmoid 0 --order 2
plot gelu
compare gelu silu
list --search shrink
describe tanh
gain tanh
gradient-depth relu --layers 2 --steps 1
boundary relu --steps 1
collapse --layers 2
trace relu
help numbers
"""


def test_the_program_runs_without_what_is_posix_alone() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=LINES.strip(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("0.0\n0.0\n3.0\n")
    assert "gelu on [-6, 6]" in run.stdout


@pytest.mark.parametrize("name", ["resource", "termios", "fcntl"])
def test_what_is_hidden_cannot_be_imported(name: str) -> None:
    """Control: otherwise the test above would pass for any name."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.partition("from actcli")[0] + f"import {name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ModuleNotFoundError" in run.stderr
