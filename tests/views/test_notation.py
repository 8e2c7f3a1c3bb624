import math
import re
from pathlib import Path

import numpy as np
import pytest

import actcli
from actcli.views.notation import (
    align,
    applied,
    decade,
    format_alike,
    format_number,
    input_text,
    interval_text,
    percent,
    percent_in_column,
    power_of_ten,
    primed,
    times,
)
from actcli.views.table import bar
from tests.each import each


@each(
    ("x", "text"),
    [
        (3.7312e-12, "3.731e-12"),
        (3.73e-12, "3.73e-12"),
        (1e-12, "1e-12"),
        (0.25, "0.25"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.0, "0.0"),
        (-3.0, "-3.0"),
        (150.0, "150.0"),
        (2 / 3, "0.6667"),
        (0.99999, "1.0"),
        (9.99996, "10.0"),
        (0.0001234567, "0.0001235"),
        (0.00009999999, "0.0001"),
        (0.0000123, "1.23e-05"),
        (12345.678, "12346"),
        (12345.0, "12345.0"),
        (99999.0, "99999.0"),
        (999999.0, "1e+06"),
        (1e6, "1e+06"),
        (1.5e300, "1.5e+300"),
        (5e-324, "4.941e-324"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_four_digits(x: float, text: str) -> None:
    assert format_number(x) == text


def test_as_many_digits_as_asked_for() -> None:
    assert format_number(math.pi, 1) == "3"
    assert format_number(math.pi, 6) == "3.14159"
    assert format_number(0.1 + 0.2, None) == "0.30000000000000004"
    assert format_number(np.float64(0.1), None) == "0.1"


def test_aligned_on_the_decimal_point() -> None:
    assert align(["-800.0", "4.25e-18", "0.5", "nan", "1e-12", "inf"]) == [
        "-800.0     ",
        "   4.25e-18",
        "   0.5     ",
        " nan       ",
        "   1e-12   ",
        " inf       ",
    ]
    assert align([]) == []


def test_numbers_in_one_notation() -> None:
    assert format_alike([0.0363, 1.2, 260.0]) == ["  0.0363", "  1.20  ", "260     "]
    assert format_alike([0.0363, 1e-12]) == ["3.63e-02", "1.00e-12"]
    assert format_alike([1.0, 0.0, math.nan, math.inf]) == ["  1.00", "  0   ", "nan   ", "inf   "]
    assert format_alike([0.0]) == ["0"]


def test_powers_of_ten() -> None:
    assert power_of_ten(-13) == "10⁻¹³"
    assert power_of_ten(0) == "10⁰"
    assert power_of_ten(-13, unicode=False) == "1e-13"
    assert [decade(x) for x in (1.0, 9.99, 10.0, 0.1, 0.099, 1e-300)] == [0, 0, 1, -1, -2, -300]


@pytest.mark.parametrize(
    ("decades", "text"),
    [
        (math.log10(2.5), "2.5 times"),
        (math.log10(43), "43 times"),
        (math.log10(4321), "4,300 times"),
        (math.log10(999_999), "1 million times"),
        (math.log10(61.2e9), "61 billion times"),
        (math.log10(999.9e9), "1 trillion times"),
        (14.5, "320 trillion times"),
        (15.0, "10^15 times"),
        (612.3, "10^612 times"),
    ],
)
def test_how_often_in_words(decades: float, text: str) -> None:
    assert times(decades) == text


def test_bars() -> None:
    assert bar(1, 4) == "████"
    assert bar(0.5, 4) == "██"
    assert bar(0.53125, 4) == "██▏"
    assert bar(1e-9, 4) == "▏", "what is not nothing is seen"
    assert bar(0, 4) == ""
    assert bar(math.nan, 4) == ""
    assert bar(7, 4) == "████", "never longer than its room"
    assert bar(0.5, 4, unicode=False) == "##"
    assert bar(1e-9, 4, unicode=False) == "#"


def test_derivatives() -> None:
    assert [primed("gelu", k) for k in range(5)] == ["gelu", "gelu'", "gelu''", "gelu'''", "gelu^(4)"]
    assert primed("x*x", 1) == "(x*x)'"
    assert [applied(label, 2) for label in ("gelu", "x*x")] == ["gelu''(x)", "(x*x)''"]
    assert applied("x if x > 0 else 0.01*x", 0) == "x if x > 0 else 0.01*x", "not 0.01*x(x)"


def test_intervals() -> None:
    assert interval_text(-6, 0.5) == "[-6, 0.5]"


def test_an_input_is_not_shown_as_a_rounder_number_of_its_type() -> None:
    for x, text in (
        (float(np.float32(4.0) - np.float32(2.0**-22)), "3.9999998"),
        (-float(np.float32(0.5) - np.float32(2.0**-25)), "-0.49999997"),
        (4.0, "4.0"),
        (float(np.float32(0.1)), "0.1"),
        (0.1, "0.1"),
        (float(np.float32(0.25637403)), "0.256374"),
        (float(np.finfo(np.float32).max), "3.40282e+38"),
        (4.0 - 2.0**-50, "3.999999999999999"),
        (4.0 - 2.0**-51, "3.9999999999999996"),
        (-0.0, "-0.0"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ):
        assert input_text(x) == text


def test_less_than_all_is_never_100_per_cent() -> None:
    table = {1.0: "100 %", 0.0: "0 %", 0.975: "97.5 %", 0.9996: "99.96 %", 0.9995: "99.95 %", 1 - 1e-7: "99.99999 %"}
    assert {share: percent(share) for share in table} == table
    table = {1.0: "100 %", 0.996: "99.6 %", 0.994: "99 %", 0.5: "50 %", 0.057: "5.7 %", 0.004: "0.4 %", 0.0: "0 %"}
    assert {share: percent(share, 2) for share in table} == table
    table = {1.0: "100 %", 0.9991: "> 99.9 %", 0.981: "98.1 %", 0.0004: "< 0.1 %", 0.0: "0 %"}
    assert {share: percent_in_column(share) for share in table} == table


def test_per_cent_is_written_in_one_way() -> None:
    """By the functions of notation.py, or in a sentence: a blank before the sign."""
    house = Path(actcli.__file__).parent
    wrong = re.compile(r"[0-9}](?<!xa0)%(?![0-9a-z]*[df]\b)|:\.\d%")
    files = [*house.rglob("*.py"), *house.rglob("*.txt"), Path(__file__).parents[2] / "README.md"]
    assert [
        (file.name, line)
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if wrong.search(line)
    ] == []
