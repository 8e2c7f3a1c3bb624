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
from actcli.views.terminal import Terminal


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
    assert Terminal.of(tty, {}) == Terminal(100, 30, colour=True, unicode=True)


def test_a_pipe_has_80_columns_and_no_colour() -> None:
    assert Terminal.of(pipe(), {}) == Terminal(80, 24, colour=False, unicode=True)


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
    assert Terminal.of(closed, {}) == Terminal(80, 24, colour=False)
