"""Where the program begins: `actcli`, and `python -m actcli`."""

import os
import signal
from types import FrameType


def main() -> None:
    """Import the program and run it.

    Until its command has been imported, Ctrl-C ends the process at once: there is nothing to clean up yet, and Python's
    own handler would raise amid the imports. Where Ctrl-C is ignored (nohup), it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from actcli.cli import main

    main()


def _leave(signal_number: int, frame: FrameType | None) -> None:
    os._exit(128 + signal_number)


if __name__ == "__main__":
    main()
