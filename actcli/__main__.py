"""Where the program begins: `actcli`, and `python -m actcli`.

From here until its command has been imported, Ctrl-C ends the process at once: there is nothing to clean up yet, and
Python's own handler would raise amid the imports. Where Ctrl-C is ignored (nohup), it stays so.
"""

import os
from types import FrameType


def _leave(signal_number: int, frame: FrameType | None) -> None:
    os._exit(128 + signal_number)


try:
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
except KeyboardInterrupt:  # its import takes a millisecond, one in which Ctrl-C was seen to hit
    os._exit(130)


def main() -> None:
    """Import the program and run it."""
    from actcli.cli import main

    main()


if __name__ == "__main__":
    main()
