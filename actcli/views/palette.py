"""Colours and markers of a group's members; markers serve readers and screens without colour.

Colours are codes of the 256-colour palette. After Okabe and Ito (Color Universal Design, 2008) any two differ for the
two common kinds of colour blindness, and each has a contrast of at least 3:1 on black and on white (WCAG 2.1, success
criterion 1.4.11). The tests compute both.
"""

from dataclasses import dataclass

from actcli.views.picture.description import Style

AXIS_COLOUR = 244
"""Grey of axes and background, as far from black as from white."""


@dataclass(frozen=True)
class Appearance:
    colour: int
    marker: str
    ascii_marker: str

    def mark(self, unicode: bool) -> str:
        return self.marker if unicode else self.ascii_marker


COLOURS = (
    32,  # blue
    202,  # orange
    29,  # green
    93,  # violet
    160,  # red
    139,  # mauve
    126,  # magenta
    99,  # lavender
)

# Bright blue, bright red and magenta have a contrast of 3:1 on black and white, in the colours of xterm and the Linux
# console. Of the first eight colours only magenta has: red has 2.7:1 on the console's black. 39: the terminal's own.
_OF_16 = ("94", "91", "35", "39")
_OF_8 = ("35", "31", "39")
PALETTE_COLOURS = 256
FEW_COLOURS = {
    16: {colour: _OF_16[i % len(_OF_16)] for i, colour in enumerate(COLOURS)},
    8: {colour: _OF_8[i % len(_OF_8)] for i, colour in enumerate(COLOURS)},
}
"""Number of colours -> replacements of the curves' colours; all others become the terminal's own colour."""

MARKERS, ASCII_MARKERS = "●■▲◆○□△◇", "*o+x#@%="
_FILLED = 4

BACKGROUND = Appearance(AXIS_COLOUR, "·", ".")
"""Look of tangents and other guides."""

NEUTRAL = Appearance(AXIS_COLOUR, "─", "~")
"""Look of references."""

FAULT = Appearance(COLOURS[4], "×", "x")


def appearance(index: int) -> Appearance:
    """The look of the member with this index. After the eighth the markers repeat in other colours."""
    marker = index % len(MARKERS)
    colour = (index + index // len(COLOURS)) % len(COLOURS)
    return Appearance(COLOURS[colour], MARKERS[marker], ASCII_MARKERS[marker])


def hollow(index: int) -> Style:
    """The colour of a member with its hollow marker, for a related curve. Index < 4: ○ for ●."""
    return Style(member=index, marker=index % _FILLED + _FILLED)


def appearance_of(style: Style) -> Appearance:
    if style.role == "guide":
        return BACKGROUND
    if style.role == "reference":
        return NEUTRAL
    if style.role == "fault":
        return FAULT
    colour = appearance(style.member).colour if style.ramp is None else RAMP[round(style.ramp * (len(RAMP) - 1))]
    if style.role == "spot":
        return Appearance(colour, "◉", "X")
    markers = appearance(style.member if style.marker is None else style.marker)
    return Appearance(colour, markers.marker, markers.ascii_marker)


RAMP = (57, 63, 69, 32, 30, 29, 28, 64, 136, 172, 166)
"""Ramp from violet over blue and green to orange, for members of a family."""


def rgb(code: int) -> tuple[int, int, int]:
    """Red, green and blue of a code from 16 on: a cube of 6 x 6 x 6, and greys."""
    if code >= 232:
        return (8 + 10 * (code - 232),) * 3
    steps = (0, 95, 135, 175, 215, 255)
    red, green, blue = (steps[(code - 16) // size % 6] for size in (36, 6, 1))
    return red, green, blue
