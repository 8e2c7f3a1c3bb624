"""Interruption of a long work by Ctrl-C, which keeps the results so far."""

import signal
from types import FrameType, TracebackType


class Interruption:
    """Context in which the first Ctrl-C only sets `happened`."""

    def __init__(self) -> None:
        self.happened = False

    def __enter__(self) -> "Interruption":
        self._before = signal.signal(signal.SIGINT, self._remember)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.happened = True
        signal.signal(number, signal.default_int_handler)
