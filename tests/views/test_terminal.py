import fcntl
import io
import os
import pty
import re
import struct
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

import actcli.views
from actcli.views.colours import in_colours, number_of_colours
from actcli.views.palette import AXIS_COLOUR, COLOURS
from actcli.views.terminal import Terminal
from tests.each import each


@pytest.fixture
def tty() -> Iterator[TextIO]:
    """A stream to a terminal of 100 columns and 30 lines."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    with open(terminal, "w", encoding="utf-8") as stream:
        yield stream
    os.close(controller)


def pipe(encoding: str = "utf-8") -> TextIO:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def test_a_terminal_has_its_own_size_and_colour(tty: TextIO) -> None:
    found = Terminal.of(tty, {"TERM": "xterm-256color"})
    assert found == Terminal(100, 30, colour=True, unicode=True, colours=256)


def test_a_pipe_has_80_columns_and_no_colour() -> None:
    assert Terminal.of(pipe(), {"TERM": "xterm-256color"}) == Terminal(80, 24, colour=False, unicode=True)


def test_a_terminal_without_a_size_is_taken_for_80x24(tty: TextIO) -> None:
    fcntl.ioctl(tty.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    assert (Terminal.of(tty, {}).width, Terminal.of(tty, {}).height) == (80, 24)


def test_columns_and_lines_override_the_size(tty: TextIO) -> None:
    for stream in (tty, pipe()):
        terminal = Terminal.of(stream, {"COLUMNS": "50", "LINES": "15"})
        assert (terminal.width, terminal.height) == (50, 15)


@pytest.mark.parametrize("nonsense", ["", "0", "-3", "wide", "٣"])
def test_what_is_no_size_is_ignored(nonsense: str) -> None:
    assert Terminal.of(pipe(), {"COLUMNS": nonsense}).width == 80


@pytest.mark.parametrize("size", ["100000000", "9" * 5000, "00001000"])
def test_no_size_is_so_large_that_a_picture_of_it_would_eat_the_memory(size: str) -> None:
    terminal = Terminal.of(pipe(), {"COLUMNS": size, "LINES": size})
    assert (terminal.width, terminal.height) == (1000, 1000)


@pytest.mark.parametrize(
    ("environ", "on_a_terminal", "in_a_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"TERM": "vt100"}, False, False),
        ({"TERM": "vt100", "FORCE_COLOR": "1"}, True, True),
        ({"TERM": "linux"}, True, False),
        ({"TERM": "xterm-mono"}, False, False),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, False, False),
    ],
)
def test_colour(tty: TextIO, environ: dict[str, str], on_a_terminal: bool, in_a_pipe: bool) -> None:
    assert Terminal.of(tty, environ).colour is on_a_terminal
    assert Terminal.of(pipe(), environ).colour is in_a_pipe


@pytest.mark.parametrize(
    ("encoding", "unicode"), [("utf-8", True), ("UTF8", True), ("utf_8", True), ("ascii", False), ("latin-1", False)]
)
def test_unicode_follows_the_encoding(encoding: str, unicode: bool) -> None:
    assert Terminal.of(pipe(encoding), {}).unicode is unicode


@each(
    ("environ", "colours"),
    [
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "tmux-256color"}, 256),
        ({"TERM": "xterm-16color"}, 16),
        ({"TERM": "xterm"}, 8),
        ({"TERM": "linux"}, 8),
        ({"TERM": "screen"}, 8),
        ({"TERM": "a-terminal-that-nobody-knows"}, 8),
        ({"TERM": "../../../etc/passwd"}, 8),
        ({}, 8),
        ({"TERM": "vt100"}, 0),
        ({"TERM": "vt220"}, 0),
        ({"TERM": "vt52"}, 0),
        ({"TERM": "dumb"}, 0),
        ({"TERM": "unknown"}, 0),
        ({"TERM": "xterm-mono"}, 0),
        ({"TERM": "vt100", "COLORTERM": "truecolor"}, 0),
        ({"COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, 1 << 24),
        ({"TERM": "xterm-256color", "COLORTERM": "yes"}, 256),
        ({"TERM": "xterm-direct"}, 1 << 24),
    ],
)
def test_number_of_colours(environ: dict[str, str], colours: int) -> None:
    assert number_of_colours(environ) == colours


@pytest.mark.parametrize(
    ("colours", "found"), [(2, 0), (8, 8), (15, 8), (16, 16), (88, 16), (256, 256), (1 << 24, 1 << 24)]
)
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("flags", [37, 38])
def test_a_terminal_s_own_description_says_how_many(
    tmp_path: Path, colours: int, found: int, wide: bool, flags: int
) -> None:
    """In the format of term(5)."""
    names = b"mine|a terminal\0"
    number = "i" if wide else "h"
    numbers = [-1] * 13 + [colours if wide else min(colours, 32767)] + [-1]
    header = struct.pack("<6h", 0o1036 if wide else 0o432, len(names), flags, len(numbers), 0, 0)
    padding = (len(names) + flags) % 2
    file = tmp_path / "m" / "mine"
    file.parent.mkdir()
    file.write_bytes(header + names + bytes(flags + padding) + struct.pack(f"<{len(numbers)}{number}", *numbers))
    expected = found if wide else min(found, 256)
    assert number_of_colours({"TERM": "mine", "TERMINFO": str(tmp_path)}) == expected
    file.write_bytes(header[:-3])  # truncated: not usable
    assert number_of_colours({"TERM": "mine", "TERMINFO": str(tmp_path)}) == 8


def test_a_palette_s_colours_are_asked_for_as_the_terminal_takes_them() -> None:
    blue = COLOURS[0]
    assert Terminal(colour=True, colours=1 << 24).paint("relu", blue) == f"\x1b[38;5;{blue}mrelu\x1b[0m"
    assert Terminal(colour=True, colours=16).paint("relu", blue) == "\x1b[94mrelu\x1b[0m"
    assert Terminal(colour=True, colours=8).paint("relu", blue) == "\x1b[35mrelu\x1b[0m"
    assert Terminal(colour=True, colours=8).paint("axis", AXIS_COLOUR) == "\x1b[39maxis\x1b[0m"
    assert in_colours(f"\x1b[1;38;5;{blue}mrelu", 16) == "\x1b[1;94mrelu"


def test_a_stream_without_an_encoding_takes_ascii() -> None:
    assert not Terminal.of(io.StringIO(), {}).unicode


def test_text_in_ascii() -> None:
    assert Terminal(unicode=False).text("x² → √π ≤ …") == "x^2 -> sqrtpi <= ..."
    assert Terminal(unicode=False).text("日本") == "??"
    assert Terminal().text("x² → √π") == "x² → √π"


def test_paint() -> None:
    assert Terminal(colour=True).paint("relu", 32) == "\x1b[38;5;32mrelu\x1b[0m"
    assert Terminal(colour=False).paint("relu", 32) == "relu"


def test_every_letter_that_the_views_write_has_an_ascii_one() -> None:
    """Blocks, braille, superscripts and markers have their own ASCII form where they are drawn."""
    drawn_otherwise = set("●■▲◆○□△◇◉" + " ▏▎▍▌▋▊▉█" + "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    source = "".join(path.read_text("utf-8") for path in Path(actcli.views.__path__[0]).glob("*.py"))
    strings = "".join(re.findall(r'"[^"\n]*"', source))
    special = {character for character in strings if not character.isascii()} - drawn_otherwise
    assert "?" not in Terminal(unicode=False).text("".join(special))


def test_a_closed_stream_is_no_terminal() -> None:
    closed = pipe()
    closed.close()
    assert not Terminal.of(closed, {"TERM": "xterm-256color"}).colour
