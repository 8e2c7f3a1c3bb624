"""Progress on stderr while something long runs."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """The same items, with a bar that is gone when they are through. For a stderr that is a terminal."""
    console = Console(stderr=True)
    if console.is_dumb_terminal:  # see live.py
        yield from items
        return
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        yield from bar.track(items, total=total, description=label)
