"""Files: written whole or not at all, and the one line that says what went wrong with one."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

# The process's own open files: opening one of these truncates it unless it is opened to append.
_OWN_FILES = ("/dev/stderr", "/dev/fd/", "/proc/self/fd/")


@contextmanager
def open_file(path: str | None) -> Iterator[IO[bytes]]:
    """The file to write to; stdout for None and "-".

    What is written goes to a temporary file in the same directory. It takes the file's place, with the file's
    permissions, when the block ends, and is removed when the block ends with an exception, Ctrl-C included. A
    device or a named pipe is written directly. Raises StreamError when the file can't be written; a closed
    pipe stays a BrokenPipeError.
    """
    try:
        if path is None or is_stdout(path):
            with _stdout() as file:
                yield file
        elif is_replaced(path):
            # Where the path is a symbolic link, what it points to is replaced, not the link.
            with _replacement(os.path.realpath(path)) as file:
                yield file
        else:
            with open(path, "ab" if path.startswith(_OWN_FILES) else "wb") as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise file_error("stdout" if path is None or is_stdout(path) else path, error) from error


def is_stdout(path: str | None) -> bool:
    return path in (None, "-", "/dev/stdout")


def stdout_is_tty() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def is_replaced(path: str | None) -> bool:
    """A regular file, there already or not yet, that `open_file` replaces as a whole."""
    if path is None or is_stdout(path) or path.startswith(_OWN_FILES) or not os.path.basename(path):
        return False
    return not os.path.exists(path) or stat.S_ISREG(os.stat(path).st_mode)


@contextmanager
def _stdout() -> Iterator[IO[bytes]]:
    if sys.stdout is None:
        raise StreamError("stdout is closed")
    sys.stdout.flush()
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # stdout was replaced by a stream in memory
        yield sys.stdout.buffer
        return
    # A buffer of our own. With PYTHONUNBUFFERED, sys.stdout.buffer writes only a part when the disk is full. Without
    # it, Python tries to write the rest once more at exit.
    with open(descriptor, "wb", closefd=False) as file:
        yield file


@contextmanager
def _replacement(path: str) -> Iterator[IO[bytes]]:
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else None
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = os.path.join(os.path.dirname(path), f".actcli-{os.urandom(8).hex()}")
    try:
        with open(temporary, "xb") as file:
            if mode is not None:
                with suppress(OSError):  # a file system without permissions
                    os.chmod(temporary, mode)
            yield file
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # it may not have come into being
            os.unlink(temporary)
        raise


class StreamError(Exception):
    """Input that cannot be read or output that cannot be written: one line for the user, no traceback."""


def file_error(name: str, error: OSError) -> StreamError:
    """`data.txt: No such file or directory`."""
    return StreamError(f"{name or repr(name)}: {error.strerror or error}")


def counted(number: int, what: str) -> str:
    """`1 field`, `2 fields`"""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def complain(message: str) -> None:
    """Print the message to stderr in one line, without control characters, whatever names it contains."""
    message = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if sys.stderr is not None:  # print would go to stdout
        with suppress(OSError):
            print(f"actcli: {message}", file=sys.stderr, flush=True)
