"""Entry point of `actcli` and `python -m actcli`.

Until the command's module is imported, Ctrl-C ends the process at once: there is nothing to clean up yet, and Python's
handler would raise inside an import. An ignored Ctrl-C (nohup) stays ignored.
"""

import gc
import os
from types import FrameType


def _leave(signal_number: int, frame: FrameType | None) -> None:
    os._exit(128 + signal_number)


try:
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
except KeyboardInterrupt:  # Ctrl-C during the import of signal, which takes a millisecond
    os._exit(130)


def main() -> None:
    """Import the program and run it."""
    gc.disable()  # until the command is imported, see actcli.cli
    from actcli.cli import main

    main()


if __name__ == "__main__":
    main()
