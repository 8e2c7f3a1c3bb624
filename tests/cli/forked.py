"""Runs of the program in processes forked from one that has done the imports: a tenth of the time of a new process.

A second one has the libraries of pages and of many processes, too: the more memory it has, the longer a fork takes.
Each run has its own pipes, arguments, environment, directory, signals, memory and exit, like a new process. Tests of
Python's own start need new processes. PYTHONIOENCODING is applied after the fork.
"""

import atexit
import fcntl
import gc
import importlib
import os
import pickle
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from pexpect.fdpexpect import fdspawn

PATIENCE = 120  # seconds, for a busy machine
HASTY = {"ACTCLI_TESTS_HASTY": "1"}
"""Environment in which each reading of the clock takes a second, so that live drawings are due at once."""
_MESSAGE = 100_000  # bytes, less than a socket's buffer
_HELD = 60_000  # bytes, less than a pipe holds
_HEAVY = ("--save", "--jobs")
"""Options that need matplotlib or joblib."""


def run(
    command: Sequence[str], stdin: bytes, env: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """subprocess.run for the program."""
    if len(_request(command, env, cwd)) > _MESSAGE:
        return subprocess.run(
            command, input=stdin, capture_output=True, env=env, cwd=cwd, timeout=PATIENCE, check=False
        )
    (given, to), (out, stdout), (err, stderr) = os.pipe(), os.pipe(), os.pipe()
    connection = _start(command, env, cwd, given, stdout, stderr)
    if len(stdin) > _HELD:
        threading.Thread(target=_write, args=(to, stdin)).start()  # ends with the program
    else:
        _write(to, stdin)
    found = _read(out, err)
    return subprocess.CompletedProcess(command, _exit_code(connection, command), *found)


class InTerminal(fdspawn):  # type: ignore[misc]  # pexpect has no types
    """The program with a terminal of this size as stdin, stdout and stderr."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int], env: Mapping[str, str], *, errors: bool = True
    ) -> None:
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", *size[::-1], 0, 0))
        self._command = command
        elsewhere = [] if errors else [os.open(os.devnull, os.O_WRONLY)]
        self._connection = _start(command, env, None, theirs, *elsewhere)
        super().__init__(ours, encoding="utf-8", timeout=PATIENCE)

    def end(self) -> int:
        """Close the terminal; return the exit code."""
        code = _exit_code(self._connection, self._command)
        self.close()
        return code


def _request(command: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> bytes:
    return pickle.dumps((command, dict(env), os.fspath(cwd or Path.cwd())))


def _start(command: Sequence[str], env: Mapping[str, str], cwd: Path | None, *streams: int) -> socket.socket:
    """Start a process with these three streams, or a terminal in place of missing ones. Closes the streams here."""
    connection = _connection(env, heavy=any(word.startswith(_HEAVY) for word in command))
    socket.send_fds(connection, [_request(command, env, cwd)], streams)
    for theirs in streams:
        os.close(theirs)
    return connection


def _exit_code(connection: socket.socket, command: Sequence[str]) -> int:
    code: int = pickle.loads(connection.recv(_MESSAGE))
    if code == -signal.SIGALRM:
        raise subprocess.TimeoutExpired(list(command), PATIENCE)
    return code


def _write(end: int, text: bytes) -> None:
    with suppress(BrokenPipeError), open(end, "wb") as pipe:  # the program may not read everything
        pipe.write(text)


def _read(*ends: int) -> list[bytes]:
    """What the program writes to the pipes, to the end of both. A thread for each would take a millisecond."""
    pieces: dict[int, list[bytes]] = {end: [] for end in ends}
    waiting = select.poll()
    for end in ends:
        waiting.register(end)
    left = len(ends)
    while left:
        for end, _ in waiting.poll():
            if piece := os.read(end, 1 << 16):
                pieces[end].append(piece)
            else:
                waiting.unregister(end)
                os.close(end)
                left -= 1
    return [b"".join(found) for found in pieces.values()]


_connections: dict[bool, socket.socket] = {}


def _connection(env: Mapping[str, str], *, heavy: bool) -> socket.socket:
    """Connection to this file as a process. The first run starts it, with that run's environment; it ends with ours."""
    if heavy not in _connections:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno()), *(["heavy"] if heavy else [])],
            stdin=subprocess.PIPE,  # each run replaces these streams by its own
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**env, "OPENBLAS_NUM_THREADS": "1"},  # as the program sets it before it imports NumPy
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        _connections[heavy] = ours

        @atexit.register
        def end() -> None:
            ours.close()
            process.communicate()

    return _connections[heavy]


# --- the process that forks -------------------------------------------------------------------------------------------


def imports(*, heavy: bool = True) -> None:
    """Import all modules of all commands; unless heavy, without those that draw pages and start processes."""
    import actcli

    left_out = ("actcli.__main__", "actcli.multiprecision.", *(() if heavy else ("actcli.views.picture.page",)))
    for package in pkgutil.walk_packages(actcli.__path__, "actcli."):
        if not package.name.startswith(left_out):
            importlib.import_module(package.name)
    # What the program imports where it needs it.
    for library in ("encodings.ascii", "mpmath", "resource", *(["joblib"] if heavy else [])):
        importlib.import_module(library)
    from actcli.cli import COMMANDS, load, program
    from actcli.views.picture import canvas

    canvas._plotext()
    for command in COMMANDS:
        load(command)
    program().make_context("actcli", ["list"])
    gc.freeze()  # otherwise the garbage collection at exit copies all memory in each process


def _serve(connection: socket.socket) -> None:
    """Fork a process for each request; returns only in the forked processes."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(connection, _MESSAGE, 3)
        if not request:
            os._exit(0)
        if not (child := os.fork()):
            break
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(child, 0)
        connection.send(pickle.dumps(os.waitstatus_to_exitcode(status)))
    connection.close()
    if len(descriptors) < 3:
        os.setsid()
        fcntl.ioctl(descriptors[0], termios.TIOCSCTTY, 0)
        descriptors = [*descriptors[:1] * (4 - len(descriptors)), *descriptors[1:]]
    for stream, descriptor in enumerate(descriptors):
        os.dup2(descriptor, stream)
    for descriptor in {*descriptors}:
        os.close(descriptor)
    command, env, cwd = pickle.loads(request)
    encoding, _, errors = env.get("PYTHONIOENCODING", "utf-8").partition(":")
    assert isinstance(sys.stdout, TextIOWrapper)
    assert isinstance(sys.stderr, TextIOWrapper)
    sys.stdout.reconfigure(encoding=encoding, errors=errors or "strict", line_buffering=os.isatty(1))
    sys.stderr.reconfigure(encoding=encoding)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = list(command)
    if HASTY.items() <= env.items():
        hasten()
    signal.alarm(PATIENCE)


def hasten() -> None:
    from itertools import count
    from types import SimpleNamespace

    from actcli.views import progress

    vars(progress)["time"] = SimpleNamespace(monotonic=count().__next__)


def _end(main: Callable[[], None]) -> NoReturn:
    """Exit like Python, but without clearing all modules, which takes three times as long as a short run."""
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads and their output
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)


if __name__ == "__main__":
    imports(heavy="heavy" in sys.argv)
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from actcli.__main__ import main

    _end(main)
