"""Runs of the installed program, as a process: in a pipe, and in a terminal."""

import fcntl
import json
import os
import re
import shlex
import subprocess
import sys
import termios
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pexpect
import pyte
from pexpect.fdpexpect import fdspawn

from actcli.cli import COMMANDS, load
from tests.cli import forked
from tests.cli.forked import HASTY as HASTY
from tests.cli.forked import PATIENCE as PATIENCE

PROGRAM = str(Path(sys.executable).with_name("actcli"))
AT_ONCE = [
    sys.executable,
    "-c",
    "from actcli.views import progress; progress.DELAY = 0.0; from actcli.__main__ import main; main()",
]
"""The program whose first drawing does not wait: it comes with the first step."""

# Without variables of the user's terminal and preferences.
_FOREIGN = re.compile(r"COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR|TERM|COLORTERM|LANG|LC_\w+|PYTHON\w+|PYTEST\w+")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
    return kept | {"LANG": "C.UTF-8", "TERM": "xterm-256color"} | dict(changes or {})


def examples() -> dict[str, list[str]]:
    """Command -> arguments of the example in its help, if they name no file."""
    found = {}
    for name in COMMANDS:
        help_text = load(name).help or ""
        words = shlex.split(help_text.rpartition("Example: actcli ")[2])
        if not any(re.search(r"\.(npy|csv|txt)$", word) for word in words):
            found[name] = words
    return found


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition, at most PATIENCE seconds."""
    patience_ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < patience_ends, "it never came true"
        time.sleep(0.01)


def starts_anew(env: Mapping[str, str] | None) -> bool:
    """Whether one of these variables affects Python's own start."""
    return any(name.startswith("PYTHON") and name != "PYTHONIOENCODING" for name in env or {})


# --- in a pipe -------------------------------------------------------------------------------------------------


def actcli(
    *args: str | Path, stdin: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    run = actcli_in_bytes(*args, stdin=stdin.encode(), env=env, cwd=cwd)
    return subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())


def actcli_in_bytes(
    *args: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """A run in pipes; in a new process if `env` affects Python's own start."""
    command = [PROGRAM, *map(str, args)]
    if not starts_anew(env):
        return forked.run(command, stdin, environment(env), cwd)
    return subprocess.run(
        command, input=stdin, capture_output=True, env=environment(env), cwd=cwd, timeout=PATIENCE, check=False
    )


def output(*args: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> str:
    """stdout of a run that must succeed with empty stderr."""
    run = actcli(*args, stdin=stdin, env=env)
    assert (run.returncode, run.stderr) == (0, ""), run
    return run.stdout


def numbers(*args: str | Path, stdin: str = "") -> list[float]:
    """All numbers that a run prints."""
    return [float(word) for word in output(*args, stdin=stdin).split()]


def document(*args: str | Path, stdin: str = "") -> Any:
    """The JSON of a run, parsed strictly by RFC 8259, without NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(output(*args, "--format", "json", stdin=stdin), parse_constant=refuse)


@cache
def help_of(command: str) -> str:
    return output(command, "--help")


def number(value: Any) -> float:
    """A number of a JSON document, in which strings stand for nan and infinities."""
    assert isinstance(value, float) or value in ("NaN", "Infinity", "-Infinity"), value
    return float(value)


def complaint(*args: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> str:
    """The single line on stderr of a run that must be refused, without `actcli: `."""
    run = actcli(*args, stdin=stdin, env=env)
    assert (run.returncode, run.stdout) == (2, ""), run
    assert re.fullmatch(r"actcli: [^\n]+\n", run.stderr), run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr.removeprefix("actcli: ").rstrip("\n")


# --- in a terminal ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terminal:
    """A terminal after a run: the program's output and the screen."""

    sent: str
    size: tuple[int, int]
    exit_code: int

    @cached_property
    def screen(self) -> pyte.HistoryScreen:
        screen = pyte.HistoryScreen(*self.size, history=10_000)
        pyte.Stream(screen).feed(self.sent)
        return screen

    @property
    def colours(self) -> set[str]:
        return set(_COLOUR.findall(self.sent))

    @property
    def width(self) -> int:
        """Length of the longest line sent, before wrapping."""
        return max(map(len, re.split(r"[\r\n]+", _ESCAPE.sub("", self.sent))))

    @property
    def lines(self) -> list[str]:
        """All lines above the cursor, scrolled ones included."""
        off = ["".join(line[x].data for x in range(self.screen.columns)) for line in self.screen.history.top]
        return [line.rstrip() for line in off] + self.on_screen

    @property
    def on_screen(self) -> list[str]:
        """The visible lines above the cursor."""
        return [line.rstrip() for line in self.screen.display[: self.screen.cursor.y]]


def spawn(command: list[str], size: tuple[int, int], env: Mapping[str, str], cwd: Path | None = None) -> pexpect.spawn:
    """A process whose stdin, stdout and stderr are a terminal of this size."""
    with warnings.catch_warnings():
        # NumPy's threads in this process do not matter to the new one, which runs another program at once.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        process = pexpect.spawn(
            command[0],
            command[1:],
            cwd=cwd,
            env=dict(env),
            dimensions=size[::-1],
            encoding="utf-8",
            codec_errors="replace",  # Ctrl-Z discards pending output, possibly within a character
            timeout=PATIENCE,
        )
    process.delaybeforesend = None
    return process


def in_terminal(
    *args: str | Path,
    size: tuple[int, int] = (80, 24),
    env: Mapping[str, str] | None = None,
    interrupt_at: str | None = None,
    errors: bool = True,
) -> Terminal:
    """A run in a terminal until its end, with Ctrl-C when the text `interrupt_at` appears."""
    process = forked.InTerminal([PROGRAM, *map(str, args)], size, environment(env), errors=errors)
    sent = ""
    if interrupt_at is not None:
        process.expect_exact(interrupt_at)
        sent = process.before + process.after
        # Otherwise Ctrl-C discards pending output and prints ^C into the program's output.
        attributes = termios.tcgetattr(process.child_fd)
        attributes[3] = attributes[3] & ~termios.ECHO | termios.NOFLSH
        termios.tcsetattr(process.child_fd, termios.TCSANOW, attributes)
        process.send("\x03")
    process.expect(pexpect.EOF)
    sent += process.before
    exit_code = process.end()
    return Terminal(sent, size, exit_code)


@contextmanager
def terminal_as_stderr(*args: str | Path) -> Iterator[tuple[subprocess.Popen[str], fdspawn]]:
    """A running program with a pipe as stdout and a terminal, watched by pexpect, as stderr.

    It draws with the first step.
    """
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*AT_ONCE, *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(),
        text=True,
    )
    os.close(theirs)
    assert process.stdout is not None
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 1 << 20)  # room for the whole output
    # A signal may come in the middle of a character.
    stderr = fdspawn(ours, encoding="utf-8", codec_errors="replace", timeout=PATIENCE)
    try:
        yield process, stderr
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)
        stderr.close()
