"""What goes wrong between the program and its files."""


class StreamError(Exception):
    """Input that cannot be read or output that cannot be written: one line for the user, no traceback."""


def file_error(name: str, error: OSError) -> StreamError:
    """`data.txt: No such file or directory`."""
    return StreamError(f"{name or repr(name)}: {error.strerror or error}")
