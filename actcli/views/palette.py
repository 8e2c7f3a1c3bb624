"""How the members of a group are told apart: a colour, and a marker for eyes and screens without colour.

The colours are codes of the 256-colour palette. They follow Okabe and Ito's idea (Color Universal Design, 2008): any
two stay apart for the two common kinds of colour blindness, and each has a contrast of at least 3:1 on black and on
white (WCAG 2.1, success criterion 1.4.11). The tests compute both.
"""

from dataclasses import dataclass

from actcli.views.picture.description import Style

AXIS_COLOUR = 244
"""The grey of axes and of what stands in the background: as far from black as from white."""


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

# Bright blue, bright red and magenta have 3:1 on black and on white in the colours of xterm and of the Linux console
# alike, and of the eight only magenta: red has 2.7:1 on the console's black. The fourth is the terminal's own colour.
_OF_16 = ("94", "91", "35", "39")
_OF_8 = ("35", "31", "39")
PALETTE_COLOURS = 256
FEW_COLOURS = {
    16: {colour: _OF_16[i % len(_OF_16)] for i, colour in enumerate(COLOURS)},
    8: {colour: _OF_8[i % len(_OF_8)] for i, colour in enumerate(COLOURS)},
}
"""What stands for the colours of curves on a terminal of 16 or 8; the rest is written in the terminal's own colour."""

MARKERS, ASCII_MARKERS = "●■▲◆○□△◇", "*o+x#@%="
_FILLED = 4

BACKGROUND = Appearance(AXIS_COLOUR, "·", ".")
"""Of tangents and other lines that help to read a chart."""

NEUTRAL = Appearance(AXIS_COLOUR, "─", "~")
"""Of what activations are measured against."""

FAULT = Appearance(COLOURS[4], "×", "x")


def appearance(index: int) -> Appearance:
    """The look of the member with this index. Beyond the eighth the markers come again, in other colours."""
    marker = index % len(MARKERS)
    colour = (index + index // len(COLOURS)) % len(COLOURS)
    return Appearance(COLOURS[colour], MARKERS[marker], ASCII_MARKERS[marker])


def hollow(index: int) -> Style:
    """The colour of a member with another marker, for what belongs to it. For index < 4: ○ beside ●."""
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
"""From violet over blue and green to orange, for the members of a family."""


def rgb(code: int) -> tuple[int, int, int]:
    """One of the 256 colours, from the 17th on: a cube of 6 x 6 x 6, and greys."""
    if code >= 232:
        return (8 + 10 * (code - 232),) * 3
    steps = (0, 95, 135, 175, 215, 255)
    red, green, blue = (steps[(code - 16) // size % 6] for size in (36, 6, 1))
    return red, green, blue
