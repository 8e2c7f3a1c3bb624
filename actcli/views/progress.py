"""Progress of long work on stderr, if it is a terminal: a bar, or a picture of the training."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import ceil, floor, inf, log10
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from actcli.views.notation import format_number
from actcli.views.palette import PALETTE_COLOURS
from actcli.views.table import bar
from actcli.views.terminal import Terminal, cut

if TYPE_CHECKING:
    from actcli.core.depth.experiment import DepthExperiment
    from actcli.core.network.training import Step

DELAY, INTERVAL = 0.3, 0.25  # seconds before the first drawing and between drawings; a drawing takes a few milliseconds
FEWEST_DECADES = 4
WIDEST_BAR = 40
Item = TypeVar("Item")


class Display:
    """Lines on stderr that are redrawn in place, and removed at the end of the block, also after an exception.

    Ctrl-Z removes them too and restores the cursor; after fg they come back. In the background nothing is drawn.
    """

    def __init__(self, console: Console, delay: float, interval: float = INTERVAL) -> None:
        self._console, self._interval = console, interval
        self._live: Live | None = None
        self._is_drawing = self._is_to_stop = False
        self._due = time.monotonic() + delay

    def __enter__(self) -> Display:
        self._stop_signal = getattr(signal, "SIGTSTP", None)  # None on Windows
        if threading.current_thread() is not threading.main_thread():  # only the main thread may set signal handlers
            self._stop_signal = None
        if self._stop_signal is not None and signal.getsignal(self._stop_signal) is not signal.SIG_DFL:
            self._stop_signal = None  # ignored, or handled by other code
        if self._stop_signal is not None:
            signal.signal(self._stop_signal, self._stop_soon)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wipe_out()
        if self._stop_signal is not None:
            signal.signal(self._stop_signal, signal.SIG_DFL)

    def is_due(self) -> bool:
        """Whether it is time to draw."""
        if (now := time.monotonic()) < self._due:
            return False
        self._due = now + self._interval
        return True

    def show(self, picture: RenderableType) -> None:
        if _is_in_background():
            self._wipe_out()
            return
        self._is_drawing = True
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(picture, refresh=True)
        self._is_drawing = False
        if self._is_to_stop:
            self._stop()

    def _wipe_out(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None  # Live keeps its number of lines, and would remove other lines when used again

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        self._is_to_stop = True
        if not self._is_drawing:
            self._stop()

    def _stop(self) -> None:
        assert self._stop_signal is not None
        self._is_to_stop = False
        self._wipe_out()
        signal.signal(self._stop_signal, signal.SIG_DFL)
        os.kill(os.getpid(), self._stop_signal)  # returns when the process is continued
        signal.signal(self._stop_signal, self._stop_soon)
        self._due = time.monotonic()


def _console() -> Console:
    terminal = Terminal.of(sys.stderr)
    has_colours = terminal.colour and terminal.colours >= PALETTE_COLOURS  # Rich's bars need 256 colours
    return Console(stderr=True, highlight=False, color_system="256", no_color=not has_colours)


def _is_in_background() -> bool:
    """Whether this process is a background job of its terminal."""
    try:
        return os.tcgetpgrp(sys.stderr.fileno()) != os.getpgrp()
    except (OSError, ValueError, AttributeError):  # another session's terminal; no terminal; Windows
        return False


def frames(steps: Iterable[Item], draw: Callable[[Terminal], str], fps: float) -> Iterator[Item]:
    """The steps, with the text of `draw` redrawn in place `fps` times a second, and removed at the end."""
    console = _console()
    if console.is_dumb_terminal:  # as below
        yield from steps
        return
    with Display(console, 0.0, 1.0 / fps) as display:
        for step in steps:
            if display.is_due():
                terminal = Terminal.of(sys.stderr)
                drawn = draw(replace(terminal, width=terminal.width - 1, height=terminal.height - 1))
                display.show(Text.from_ansi(drawn.rstrip("\n"), no_wrap=True))
            yield step


def live_view(experiment: DepthExperiment) -> Iterator[Step]:
    """The experiment's steps, with a picture redrawn a few times a second, and removed at the end."""
    console = _console()
    if console.is_dumb_terminal:  # it cannot redraw, and some versions of Rich leave an empty line
        yield from experiment
        return
    with Display(console, DELAY) as display:
        for step in experiment:
            if display.is_due():
                display.show(Text(_picture(experiment, step, Terminal.of(sys.stderr))))
            yield step


def _picture(experiment: DepthExperiment, step: Step, terminal: Terminal) -> str:
    """A line of progress and a bar per layer; evenly chosen layers, if not all fit on the screen."""
    config = experiment.config
    title = (  # the end is cut off on a narrow terminal
        f"loss {format_number(step.loss)}, step {step.number + 1} of {config.steps}: "
        f"{experiment.network.activation.label}, seed {config.seed}"
    )
    rows = min(len(step.weight_gradient_norms), max(terminal.height - 3, 1))
    last = len(step.weight_gradient_norms) - 1
    layers = [round(index * last / max(rows - 1, 1)) for index in range(rows)]
    low, high = _scale(*experiment.initial.weight_gradient_norms, *step.weight_gradient_norms)
    width = max(terminal.width - 19, 1)
    lines = [title, "gradient of each layer's weights, logarithmic scale"]
    for layer in layers:
        norm = step.weight_gradient_norms[layer]
        fraction = (log10(norm) - low) / (high - low) if 0 < norm < inf else float(norm == inf)
        name = "output" if layer == last else str(layer + 1)
        lines.append(f"{name:>6} {norm:9.2e}  {bar(max(fraction, 0.0), width, terminal.unicode)}")
    return "\n".join(terminal.text(line)[: terminal.width - 1] for line in lines)


def _scale(*norms: float) -> tuple[int, int]:
    """Whole decades that enclose the norms."""
    decades = [log10(norm) for norm in norms if 0 < norm < inf] or [0.0]
    high = ceil(max(decades))
    return min(floor(min(decades) - 1e-9), high - FEWEST_DECADES), high


def progress(items: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """The items, with a progress bar that is removed at the end; stderr must be a terminal."""
    console = _console()
    if console.is_dumb_terminal:  # as above
        yield from items
        return
    terminal = Terminal.of(sys.stderr)
    label = cut(label, terminal, terminal.width // 2)
    numbers = 2 * len(str(total)) + 1 + len(" 0:00:00")
    bar_width = max(min(terminal.width - len(label) - numbers - 4, WIDEST_BAR), 1)
    columns = (
        *(TextColumn("{task.description}", markup=False), BarColumn(bar_width)),
        *(MofNCompleteColumn(), TimeRemainingColumn()),
    )
    bar = Progress(*columns, console=console, auto_refresh=False)
    task = bar.add_task(label, total=total)
    with Display(console, delay=0.0) as display:
        for done, item in enumerate(items):
            if display.is_due():
                bar.update(task, completed=done)
                display.show(bar.get_renderable())
            yield item


def drawn_live(items: Iterable[Item], painted: Callable[[list[Item], Terminal], str]) -> Iterator[Item]:
    """The items, with the text of `painted` for those so far on stderr, removed at the end."""
    console = _console()
    if console.is_dumb_terminal:  # as above
        yield from items
        return
    so_far: list[Item] = []
    with Display(console, DELAY) as display:
        for item in items:
            so_far.append(item)
            if display.is_due():
                terminal = Terminal.of(sys.stderr)
                display.show(Text.from_ansi(painted(so_far, terminal), no_wrap=True))
            yield item
