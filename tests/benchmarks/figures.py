"""Figures of the benchmarks: ratios of two times measured in turns, or of two results."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.benchmarks.markdown import short, table


@dataclass(frozen=True)
class Figure:
    """Ratio of `what` to `beside`, and its bound, if there is one."""

    what: str
    beside: str
    ratio: float
    at_most: float | None = None
    seconds: float | None = None
    """The two times of the ratio, if it is one of times."""

    @property
    def broken(self) -> bool:
        return self.at_most is not None and not self.ratio <= self.at_most

    @property
    def cells(self) -> list[str]:
        bound = "—" if self.at_most is None else short(self.at_most)
        verdict = " broken" if self.broken else ""
        return [self.what, duration(self.seconds), self.beside, short(self.ratio), f"{bound}{verdict}"]


def printed(figures: Iterable[Figure]) -> str:
    return table(["what", "time", "beside", "ratio", "at most"], [figure.cells for figure in figures])


def report(figures: list[Figure]) -> int:
    """Print the figures; return 1 if a bound is broken."""
    print(printed(figures))
    return int(any(figure.broken for figure in figures))


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"
