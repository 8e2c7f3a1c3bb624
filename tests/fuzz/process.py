"""The program in a process forked from this one, which has done the imports: with limits, signals, broken streams."""

import os
import re
import resource
import shlex
import signal
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cli.random_command_lines import become

BUSIEST, LONGEST = 60, 600.0
"""Seconds of the processor, and of the clock, until a run counts as endless."""


@dataclass(frozen=True)
class Ended:
    """A run of the program. code: None if it had to be killed."""

    words: Sequence[str]
    environment: Mapping[str, str]
    code: int | None
    out: str
    err: str

    @property
    def told(self) -> str:
        """The command line as typed, and how it ended."""
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
        return f"{variables} actcli {shlex.join(self.words)}\n    exit code {self.code}: {self.err[-700:]}"


def execute(
    words: Sequence[str],
    directory: Path,
    environment: Mapping[str, str],
    *,
    stdin: bytes = b"",
    stdout: str | int = "file",
    killed: tuple[int, float] | None = None,
) -> Ended:
    """Run a command line. stdout: file, full (a disk), or the number of bytes after which its reader leaves.

    killed: a signal, and the seconds after which it is sent
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        reader = None
        if isinstance(stdout, int):
            kept, shown = os.pipe()
            reader = threading.Thread(target=_read, args=(kept, stdout))
        else:
            shown = os.open("/dev/full", os.O_WRONLY) if stdout == "full" else os.dup(out.fileno())
        child = os.fork()
        if not child:
            os.environ.update(environment)
            if reader:
                os.close(kept)  # a pipe that its writer can read itself is never broken
            resource.setrlimit(resource.RLIMIT_CPU, (BUSIEST, BUSIEST))
            become([*words], directory, [given.fileno(), shown, err.fileno()])
        os.close(shown)
        if reader:
            reader.start()
        code = _wait(child, killed)
        if reader:
            reader.join()
        out.seek(0)
        err.seek(0)
        return Ended(words, environment, code, *(stream.read().decode("utf-8", "replace") for stream in (out, err)))


def _read(end: int, count: int) -> None:
    """Read so many bytes, and close the pipe."""
    while count > 0 and (part := os.read(end, count)):
        count -= len(part)
    os.close(end)


def _wait(child: int, killed: tuple[int, float] | None) -> int | None:
    start = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        passed = time.monotonic() - start
        if killed and passed > killed[1]:
            os.kill(child, killed[0])
            killed = None
        if passed > LONGEST:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.002 if passed < 0.2 else 0.02)


def ended_badly(run: Ended, *, full: bool = False, codes: Sequence[int] = (0, 1, 2)) -> str | None:
    """A crash, an undocumented exit code, or an error that is not one line on stderr alone."""
    if run.code in (None, -signal.SIGKILL):
        return f"no end within {BUSIEST} s of the processor"
    if re.search(r"Traceback|\w+Warning\b", run.err):
        return "traceback or warning"
    if run.code not in codes:
        return f"exit code {run.code}"
    if run.code == 2 and not re.fullmatch(r"actcli: [^\n]+\n", run.err):
        return "not one line of complaint"
    if run.code == 2 and run.out and not full and "-i" not in run.words:
        return f"output before the complaint: {run.out[:80]!r}"
    return None
