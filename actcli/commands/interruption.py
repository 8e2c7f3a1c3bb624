"""The first Ctrl-C ends a long work; what has been done by then is shown."""

import signal
from types import FrameType, TracebackType


class Interruption:
    """Within its block the first Ctrl-C only sets `happened`."""

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
