"""Notation of numbers, intervals and functions."""

import re
from collections.abc import Iterable, Sequence
from math import floor, isfinite, isinf, isnan, log10

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(x: float, digits: int | None = 4) -> str:
    """`x` with this number of significant digits; None: the shortest text that reads back as `x`.

    Without trailing zeros, but an exact whole number keeps its ".0": 1.0, 0.25, 3.73e-12, 12346, nan, -inf.
    """
    if digits is None or not isfinite(x) or x == 0:
        return str(x)  # not repr(), which is "np.float64(0.1)"; str() gives a float32's shortest text
    text = f"{x:.{digits - 1}e}"
    mantissa, exponent = text.split("e")
    if not -4 <= int(exponent) < 6:
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(exponent):+03d}"
    decimals = max(digits - 1 - int(exponent), 0)
    text = f"{x:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0")
        return text + "0" if text.endswith(".") else text
    return f"{text}.0" if float(text) == x else text


def input_text(x: float) -> str:
    """An input with 6 digits, or as many as tell it from a rounder number of its type: 3.9999998 is not 4.0."""
    import numpy as np  # an audit has it

    for digits in range(6, 17):
        text = format_number(x, digits)
        shown = text.split("e")[0].translate(_NO_SIGNS).lstrip("0")
        if len(shown) >= digits or float(text) == x or float(np.float32(text)) == x or not isfinite(x):
            return text
    return str(x)


_NO_SIGNS = str.maketrans("", "", "-.")


def short(x: float, digits: int = 6) -> str:
    """`x` with at most this number of digits, whole numbers without a point: 1, -0.169971, ∞."""
    if isnan(x):
        return "undefined"
    if isinf(x):
        return "∞" if x > 0 else "-∞"
    return f"{x + 0.0:.{digits}g}"  # turns -0 into 0


def percent(share: float, digits: int = 3) -> str:
    """A share from 0 to 1 in per cent: `97.5 %`; with as many digits as tell it from all, `99.98 %`."""
    text = f"{100 * share:.{telling_digits(share, digits)}g}"
    return f"{'100' if float(text) == 100.0 else text} %"


def telling_digits(share: float, digits: int) -> int:
    """`digits`, or as many as tell the share in per cent from 100; beyond 12 digits is rounding."""
    return next((n for n in range(digits, 13) if float(f"{100 * share:.{n}g}") != 100.0), digits)


def percent_in_column(share: float) -> str:
    """A share in per cent with one decimal: `98.1 %`; `< 0.1 %` and `> 99.9 %` in place of a rounded 0 or 100."""
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    return "< 0.1 %" if share < 0.001 else "> 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"


def format_alike(values: Iterable[float], digits: int = 3) -> list[str]:
    """Aligned numbers in one notation: 0.0363, or 3.63e-02 if one is far from 1."""
    values = list(values)
    sizes = [abs(value) for value in values if value and isfinite(value)]
    near = all(1e-3 <= size < 10**digits for size in sizes)

    def text(x: float) -> str:
        if not x or not isfinite(x):
            return f"{x:g}"
        return f"{x:.{max(digits - 1 - decade(abs(x)), 0)}f}" if near else f"{x:.{digits - 1}e}"

    return align(map(text, values))


def align(texts: Iterable[str]) -> list[str]:
    """Numbers padded to one width, with aligned decimal points."""
    split = [_at_point(text) for text in texts]
    left = max((len(whole) for whole, _ in split), default=0)
    right = max((len(rest) for _, rest in split), default=0)
    return [whole.rjust(left) + rest.ljust(right) for whole, rest in split]


def in_columns(columns: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns of texts, three blanks apart."""
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def power_of_ten(exponent: int, unicode: bool = True) -> str:
    """The text 10⁻³, in ASCII 1e-3."""
    return "10" + str(exponent).translate(_SUPERSCRIPT) if unicode else f"1e{exponent}"


def decade(x: float) -> int:
    """The power of ten at or below `x` > 0."""
    return floor(log10(x))


def times(decades: float) -> str:
    """10^decades in words: "4,300 times", "61 billion times", "10^23 times"."""
    if decades >= 14.99:
        return f"10^{round(decades)} times"
    factor = float(f"{10**decades:.2g}")
    for name, size in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6)):
        if factor >= size:
            return f"{factor / size:.3g} {name} times"
    return f"{factor:,.0f} times" if factor >= 10 else f"{factor:g} times"


def _at_point(text: str) -> tuple[str, str]:
    """`text` split before its decimal point, or before its exponent if it has no point."""
    for mark in ".e":
        place = text.find(mark)
        if place > 0:
            return text[:place], text[place:]
    return text, ""


def interval_text(low: float, high: float) -> str:
    """The text [-6, 6], with enough digits to tell the ends apart."""
    return f"[{low:.12g}, {high:.12g}]"


_PRIMES = 3


def primed(label: str, order: int) -> str:
    """Name of a derivative: gelu, gelu', gelu'', gelu^(4); for a formula x*x, (x*x)'."""
    return function_name(label, order) if order else label


def applied(label: str, order: int) -> str:
    """Name with argument: gelu(x), gelu'(x); for a formula x*x, (x*x)'."""
    return function_name(label, order) + "(x)" if _is_word(label) else primed(label, order)


def function_name(label: str, order: int = 0) -> str:
    """Name that an index or argument may follow: gelu, gelu', (x*x), (x*x)'."""
    name = label if _is_word(label) else f"({label})"
    return name + ("'" * order if order <= _PRIMES else f"^({order})")


def _is_word(label: str) -> bool:
    return re.fullmatch(r"\w+", label) is not None
