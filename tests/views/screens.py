"""Pictures on an emulated terminal."""

from functools import cache

import pyte

from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.properties import Properties, describe
from actcli.views.terminal import Terminal


def screen(text: str, terminal: Terminal) -> list[str]:
    """The lines on the screen. Fails if a line is too long or ends in blanks."""
    lines = text.splitlines()
    emulator = pyte.Screen(terminal.width, len(lines) + 1)
    pyte.Stream(emulator).feed(text.replace("\n", "\r\n"))
    shown = [line.rstrip() for line in emulator.display]
    assert emulator.cursor.y == len(lines), "a line was too long and wrapped"
    if not terminal.colour:
        assert "\x1b" not in text
        assert shown[:-1] == lines, "blanks at the end of a line"
    if not terminal.unicode:
        assert text.isascii()
    return shown[:-1]


class Picture:
    """A chart on the screen; its ticks give the position of a point."""

    def __init__(self, text: str, terminal: Terminal) -> None:
        self.lines = screen(text, terminal)
        frame = next(i for i, line in enumerate(self.lines) if line.lstrip()[:1] in {"└", "+"} and i > 2)
        self.canvas = self.lines[:frame]
        self.rule, labels = self.lines[frame], self.lines[frame + 1]
        ticks = [i for i, character in enumerate(self.rule) if character in "┬┴+"]
        if not terminal.unicode:
            ticks = ticks[1:]  # the corner
        self.columns = dict(zip(labels.split(), ticks, strict=True))
        self.rows = {
            line[: self._side(line)].strip(): i
            for i, line in enumerate(self.canvas)
            if self._side(line) > 0 and line[: self._side(line)].strip()
        }

    @staticmethod
    def _side(line: str) -> int:
        return max(line.find(mark) for mark in ("┤", "├", "+")) if line[:1] in " -0123456789" else -1

    def at(self, x: str, y: str) -> str:
        """The character at the crossing of two ticks."""
        return self.canvas[self.rows[y]].ljust(1000)[self.columns[x]]


@cache
def described(text: str) -> Properties:
    """As describe, computed once for all sizes of a terminal."""
    return describe(resolve(text))
