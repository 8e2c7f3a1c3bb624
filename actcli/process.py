"""The process and its system: signals that end it, encoding, memory limit."""

import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

_ENDING_SIGNALS = ("SIGHUP", "SIGQUIT", "SIGTERM")


def _terminate(signal_number: int, frame: FrameType | None) -> NoReturn:
    """Signal handler: exit by an exception, so that unfinished files are removed and the cursor is shown again."""
    for name in _ENDING_SIGNALS:  # a second signal must not interrupt that
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + signal_number)


def end_cleanly() -> None:
    """Let signals that end the process raise an exception from here on; ignored signals stay ignored."""
    for name in _ENDING_SIGNALS:
        number = getattr(signal, name, None)  # Windows lacks some
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, _terminate)


def ended_by_signal(error: BaseException | None) -> int | None:
    """The exit code of Ctrl-C or `_terminate`, also if they caused `error`; None for other errors.

    plotext catches all exceptions and raises its own, and cleaning up may fail on a closed terminal.
    """
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return 130
        if isinstance(error, SystemExit) and isinstance(error.code, int):
            return error.code
        error = error.__context__
    return None


def replace_closed_stderr() -> None:
    """Write what is meant for a closed stderr to nowhere: a file opened later would get its number, and the text."""
    if sys.stderr is None:
        while os.open(os.devnull, os.O_RDWR) < 2:  # the lowest number that is free
            continue
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good


def obey_the_locale() -> None:
    """Escape characters that the encoding lacks. LC_ALL=C means ASCII, although Python writes UTF-8 (PEP 540)."""
    ascii_only = os.environ.get("LC_ALL") in ("C", "POSIX")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="ascii" if ascii_only else None, errors="backslashreplace")


def discard_what_cannot_be_written() -> None:
    """Redirect closed streams to nowhere: Python's flush at exit would print an error or change the exit code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


_AVAILABLE = "/proc/meminfo"
# Memory limit of a container: control groups, version 2 and 1.
_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def bound_memory() -> None:
    """Limit the process to the memory available now, or to a lower limit already set. Linux only."""
    with suppress(ImportError, OSError, ValueError):  # a system without such limits
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        bounds = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([_available(), *_of_the_container(), *bounds]), hard))


def _available() -> int:
    with open(_AVAILABLE, encoding="ascii") as file:
        return min(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))


def _of_the_container() -> list[int]:
    bounds = []
    for path in _CONTAINER:
        with suppress(OSError, ValueError), open(path, encoding="ascii") as file:  # "max": no limit
            bounds.append(int(file.read()))
    return bounds
