"""Pictures side by side."""

from actcli.views.function_name import applied, primed
from actcli.views.notation import interval_text, places
from actcli.views.panels import grid, shape, visible


def test_pictures_stand_beside_and_below_each_other() -> None:
    assert grid(["a\nbb\n", "c\n", "d\ne\n"], 2, 3) == "a    c\nbb\nd\ne\n"


def test_colours_take_no_room() -> None:
    assert visible("\x1b[38;5;32mab\x1b[0m") == 2
    assert grid(["\x1b[1ma\x1b[0m\n", "b\n"], 2, 1) == "\x1b[1ma\x1b[0m  b\n"


def test_derivatives() -> None:
    assert [primed("gelu", k) for k in range(5)] == ["gelu", "gelu'", "gelu''", "gelu'''", "gelu^(4)"]
    assert primed("x*x", 1) == "(x*x)'"
    assert [applied(label, 2) for label in ("gelu", "x*x")] == ["gelu''(x)", "(x*x)''"]
    assert applied("x if x > 0 else 0.01*x", 0) == "x if x > 0 else 0.01*x", "not 0.01*x(x)"


def test_intervals() -> None:
    assert interval_text(-6, 0.5) == "[-6, 0.5]"
    assert places([(-6.0, -1e-20)], -6, 6) == "for x < 0"
    assert places([(1.0, 1.0), (2.0, 6.0)], -6, 6) == "at x = 1 and for x ≥ 2"
    assert places([(-6.0, 6.0)], -6, 6) == "everywhere"
    assert places([], -6, 6) == ""


def test_panels_are_well_shaped() -> None:
    assert shape(8, 80, 20, 18, 8) == (4, 18, 10)
    assert shape(8, 200, 52, 18, 8) == (4, 48, 26)
    assert shape(2, 80, 20, 24, 7) == (2, 39, 20)
    assert shape(5, 30, 20, 24, 7) == (1, 30, 7), "no room for all: they follow each other"
    assert shape(3, 5, 1, 24, 7) == (1, 5, 7)
