"""Texts and colours of the page."""

from textwrap import wrap


def wrapped(text: str, room: int, most: int | None = None) -> list[str]:
    """The text in lines; no line begins with %."""
    lines = wrap(text.replace(" %", "\xa0%"), room, max_lines=most, placeholder=" …")
    return [line.replace("\xa0", " ") for line in lines]


def plain(text: str) -> str:
    """Text with dollars escaped, which begin a formula otherwise."""
    return text.replace("$", r"\$")


def mixed(colour: tuple[int, ...], white: float) -> tuple[float, ...]:
    """A colour mixed with a share of white, for dark pages."""
    return tuple((1 - white) * part / 255 + white for part in colour)
