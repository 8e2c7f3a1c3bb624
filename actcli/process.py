"""What the program asks of the system that it runs on: how it ends by a signal, its encoding, its memory."""

import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

_ENDING_SIGNALS = ("SIGHUP", "SIGQUIT", "SIGTERM")


def _terminate(signal_number: int, frame: FrameType | None) -> NoReturn:
    """A signal that ends the process unwinds the stack like an exception, so that unfinished files are removed and the
    cursor is shown again.
    """
    for name in _ENDING_SIGNALS:  # the next one must not break into that
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + signal_number)


def end_cleanly() -> None:
    """The signals that end a process unwind its stack from here on; those that are ignored stay so."""
    for name in _ENDING_SIGNALS:
        number = getattr(signal, name, None)  # Windows has not all of them
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup has SIGHUP ignored
            signal.signal(number, _terminate)


def ended_by_signal(error: BaseException | None) -> int | None:
    """The exit code of Ctrl-C or of `_terminate`, also where another error came of it: plotext catches everything and
    raises something else, and what is cleaned up may meet a terminal that is gone.
    """
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return 130
        if isinstance(error, SystemExit) and isinstance(error.code, int):
            return error.code
        error = error.__context__
    return None


def obey_the_locale() -> None:
    """What an encoding lacks is escaped. Under LC_ALL=C Python writes UTF-8 (PEP 540), but less was asked for."""
    ascii_only = os.environ.get("LC_ALL") in ("C", "POSIX")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="ascii" if ascii_only else None, errors="backslashreplace")


def discard_what_cannot_be_written() -> None:
    """Python flushes both once more at exit, and would complain there or change the exit code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


_AVAILABLE = "/proc/meminfo"
# What a container may take: control groups of version 2 and 1.
_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def bound_memory() -> None:
    """Take no more from here on than is available now, or than a limit that is set already. Linux only."""
    with suppress(ImportError, OSError, ValueError):  # no such limits on this system, or not in this form
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
        with suppress(OSError, ValueError), open(path, encoding="ascii") as file:  # "max" is no bound
            bounds.append(int(file.read()))
    return bounds
