"""The palette against the definitions: WCAG's contrast, Machado's colour blindness, CIE 1976 distances."""

from itertools import combinations

import numpy as np
import pytest

from actcli.views.palette import COLOURS, hollow, look, look_of

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


@pytest.mark.parametrize("colour", COLOURS)
def test_contrast_on_black_and_on_white(colour: int) -> None:
    luminance = float(XYZ[1] @ linear_rgb(colour))
    assert (luminance + 0.05) / 0.05 >= 2.7
    assert 1.05 / (luminance + 0.05) >= 2.7


@pytest.mark.parametrize("eye", EYES)
def test_any_two_colours_stay_apart(eye: str) -> None:
    seen = {colour: lab(np.array(EYES[eye]) @ linear_rgb(colour)) for colour in COLOURS}
    for a, b in combinations(COLOURS, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 19, (a, b)


def test_looks_are_told_apart_without_colour() -> None:
    for unicode in (True, False):
        assert len({look(index).mark(unicode) for index in range(8)}) == 8
        assert len({each.mark(unicode) for index in range(4) for each in (look(index), look_of(hollow(index)))}) == 8


def test_looks_beyond_the_eighth_are_new_pairs() -> None:
    assert len({(look(index).colour, look(index).marker) for index in range(64)}) == 64


def test_what_belongs_together_has_one_colour() -> None:
    assert all(look_of(hollow(index)).colour == look(index).colour for index in range(20))
