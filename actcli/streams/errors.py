"""What goes wrong between the program and its files, and the one line that says so."""

import sys
from contextlib import suppress


class StreamError(Exception):
    """Input that cannot be read or output that cannot be written: one line for the user, no traceback."""


def file_error(name: str, error: OSError) -> StreamError:
    """`data.txt: No such file or directory`."""
    return StreamError(f"{name or repr(name)}: {error.strerror or error}")


def complain(message: str) -> None:
    """Print the message to stderr: one line, whatever the names in it hold, with nothing that a terminal would obey."""
    message = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if sys.stderr is not None:  # print would go to stdout
        with suppress(OSError):
            print(f"actcli: {message}", file=sys.stderr, flush=True)
