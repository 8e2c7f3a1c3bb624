"""Text in the lines of a terminal: cut to one, or folded into several."""

from textwrap import wrap

from actcli.views.terminal import Terminal


def cut(text: str, terminal: Terminal, width: int | None = None) -> str:
    """At most one line, or `width` columns, with an ellipsis for what is left out."""
    text, width = terminal.text(text), terminal.width if width is None else width
    ellipsis = terminal.text("…")
    return text if len(text) <= width else (text[: max(width - len(ellipsis), 0)] + ellipsis)[:width]


def wrapped(text: str, terminal: Terminal) -> list[str]:
    """The lines into which it is folded."""
    return [line.rstrip() for line in wrap(terminal.text(text), terminal.width)]


def paragraph(text: str, terminal: Terminal) -> str:
    """The text with each of its lines folded, empty ones kept, and a line end after the last."""
    return "".join("\n".join(wrapped(line, terminal)) + "\n" for line in text.split("\n"))
