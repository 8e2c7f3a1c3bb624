"""The palette against the definitions: WCAG's contrast, Machado's colour blindness, CIE 1976 distances."""

from itertools import combinations

import numpy as np
import pytest

from actcli.views.palette import AXIS_COLOUR, COLOURS, FEW_COLOURS, appearance, appearance_of, hollow

# Machado, Oliveira and Fernandes (2009), A physiologically-based model, severity 1.0.
EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear_rgb(code: int) -> np.ndarray:
    if code >= 232:
        levels = [8 + 10 * (code - 232)] * 3
    else:
        steps = (0, 95, 135, 175, 215, 255)
        code -= 16
        levels = [steps[code // 36], steps[code // 6 % 6], steps[code % 6]]
    c = np.array(levels) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    t = XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(rgb: np.ndarray) -> float:
    """WCAG 2.1's relative luminance."""
    return float(np.array([0.2126, 0.7152, 0.0722]) @ rgb)


def contrasts(rgb: np.ndarray) -> tuple[float, float]:
    """Contrast with black and with white, (L1 + 0.05) / (L2 + 0.05)."""
    return (luminance(rgb) + 0.05) / 0.05, 1.05 / (luminance(rgb) + 0.05)


@pytest.mark.parametrize("colour", [*COLOURS, AXIS_COLOUR])
def test_contrast_on_black_and_on_white(colour: int) -> None:
    assert min(contrasts(linear_rgb(colour))) >= 3


# Colours of the codes 31 to 35 and 91 to 95 in xterm (XTerm-col.ad) and on Linux's console (drivers/tty/vt/vt.c).
XTERM = {"31": "cd0000", "35": "cd00cd", "91": "ff0000", "94": "5c5cff"}
CONSOLE = {"31": "aa0000", "35": "aa00aa", "91": "ff5555", "94": "5555ff"}


def test_contrast_of_the_16_and_the_8_colours() -> None:
    """Except 39, the terminal's default colour: its contrast is the user's choice."""
    for colours, table in FEW_COLOURS.items():
        for code in {*table.values()} - {"39"}:
            for emulator in (XTERM, CONSOLE):
                levels = np.array([int(emulator[code][i : i + 2], 16) for i in (0, 2, 4)]) / 255
                rgb = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
                dim = (colours, code) == (8, "31") and emulator is CONSOLE
                assert min(contrasts(rgb)) >= (2.7 if dim else 3), (colours, code)


def test_each_terminal_s_first_curves_differ_in_colour() -> None:
    for colours, table in FEW_COLOURS.items():
        codes = [table[appearance(index).colour] for index in range(3)]
        assert len({*codes}) == 3, colours
        assert all(int(code) < 90 for code in codes) or colours == 16, "the eight have no bright ones"


@pytest.mark.parametrize("eye", EYES)
def test_any_two_colours_stay_apart(eye: str) -> None:
    seen = {colour: lab(np.array(EYES[eye]) @ linear_rgb(colour)) for colour in COLOURS}
    for a, b in combinations(COLOURS, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 19, (a, b)


def test_looks_are_told_apart_without_colour() -> None:
    for unicode in (True, False):
        assert len({appearance(index).mark(unicode) for index in range(8)}) == 8
        assert (
            len(
                {each.mark(unicode) for index in range(4) for each in (appearance(index), appearance_of(hollow(index)))}
            )
            == 8
        )


def test_looks_beyond_the_eighth_are_new_pairs() -> None:
    assert len({(appearance(index).colour, appearance(index).marker) for index in range(64)}) == 64


def test_what_belongs_together_has_one_colour() -> None:
    assert all(appearance_of(hollow(index)).colour == appearance(index).colour for index in range(20))
