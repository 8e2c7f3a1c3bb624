"""Files: written completely or not at all, and error messages in one line."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

# Open files of this process, which are opened for appending, because opening for writing would truncate them.
_OWN_FILES = ("/dev/stderr", "/dev/fd/", "/proc/self/fd/")


@contextmanager
def open_file(path: str | None) -> Iterator[IO[bytes]]:
    """The file to write to; stdout for None and "-".

    Output goes to a temporary file in the same directory. At the end of the block it replaces the file and takes its
    permissions; after an exception, Ctrl-C included, it is removed. Devices and named pipes are written directly.
    StreamError: the file cannot be written. BrokenPipeError: a closed pipe.
    """
    try:
        if path is None or is_stdout(path):
            with _stdout() as file:
                yield file
        elif is_replaced(path):
            # The target of a symbolic link is replaced, not the link.
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
    """Whether the path is a regular file, existing or not, which `open_file` replaces as a whole."""
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
    except OSError:  # stdout is a stream in memory
        yield sys.stdout.buffer
        return
    # Our own buffer: when the disk is full, sys.stdout.buffer writes only a part with PYTHONUNBUFFERED, and tries again
    # at exit without it.
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
                with suppress(OSError):  # the file system may have no permissions
                    os.chmod(temporary, mode)
            yield file
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # it may not exist
            os.unlink(temporary)
        raise


class StreamError(Exception):
    """Input that cannot be read, or output that cannot be written; the message is one line."""


def file_error(name: str, error: OSError) -> StreamError:
    """StreamError with a message such as `data.txt: No such file or directory`."""
    return StreamError(f"{name or repr(name)}: {error.strerror or error}")


def counted(number: int, what: str) -> str:
    """`1 field`, `2 fields`"""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def complain(message: str) -> None:
    """Print a message to stderr in one line, without control characters in names."""
    message = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    tell(f"actcli: {message}")


def remark(message: str) -> None:
    """`complain`, once all output is written. OSError: it cannot be, and then the message is left out."""
    if sys.stdout is not None:
        sys.stdout.flush()
    complain(message)


def tell(line: str) -> None:
    """Print a line to stderr, if stderr takes it."""
    if sys.stderr is not None:  # print would use stdout instead of a missing stderr
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)
