"""Long work while it goes on, on a terminal's stderr: a bar, or of a training run the gradient of every layer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from math import ceil, floor, inf, log10
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from actcli.views.notation import format_number
from actcli.views.table import bar
from actcli.views.terminal import Terminal

if TYPE_CHECKING:
    from actcli.core.depth.experiment import DepthExperiment
    from actcli.core.network.training import Step

DELAY, INTERVAL = 0.3, 0.25  # seconds: a run that is over by then shows nothing; a drawing takes a few milliseconds
FEWEST_DECADES = 4


def live_view(experiment: DepthExperiment) -> Iterator[Step]:
    """The experiment's steps, drawn a few times a second and wiped out at the end."""
    terminal = Terminal.of(sys.stderr)
    due = time.monotonic() + DELAY
    console = Console(stderr=True, highlight=False)
    if console.is_dumb_terminal:  # which cannot wipe anything out; some versions of Rich leave an empty line there
        yield from experiment
        return
    live = Live(console=console, auto_refresh=False, transient=True)
    started = False
    try:
        for step in experiment:
            if (now := time.monotonic()) >= due:
                if not started:
                    live.start()
                    started = True
                live.update(Text(_picture(experiment, step, terminal)), refresh=True)
                due = now + INTERVAL
            yield step
    finally:
        if started:
            live.stop()


def _picture(experiment: DepthExperiment, step: Step, terminal: Terminal) -> str:
    """One screen at most: a line of progress, and the layers, or as many as fit, evenly chosen."""
    config = experiment.config
    title = (  # a narrow terminal cuts it at its end
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
    """Whole decades around the norms at the start and now."""
    decades = [log10(norm) for norm in norms if 0 < norm < inf] or [0.0]
    high = ceil(max(decades))
    return min(floor(min(decades) - 1e-9), high - FEWEST_DECADES), high


Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """The same items, with a bar that is gone when they are through. For a stderr that is a terminal."""
    console = Console(stderr=True)
    if console.is_dumb_terminal:  # as above
        yield from items
        return
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        yield from bar.track(items, total=total, description=label)
