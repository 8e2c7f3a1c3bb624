"""How numbers, intervals and functions are written for people."""

import re
from collections.abc import Iterable, Sequence
from math import floor, isfinite, isinf, isnan, log10

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(x: float, digits: int | None = 4) -> str:
    """`x` with so many significant digits, or as the shortest text that reads back as it (`digits=None`).

    Trailing zeros go, but a whole number that is exact keeps its ".0": 1.0, 0.25, 3.73e-12, 12346, nan, -inf.
    """
    if digits is None or not isfinite(x) or x == 0:
        return str(x)  # not repr(): NumPy's is "np.float64(0.1)", and str() knows a float32's shortest text
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


def short(x: float, digits: int = 6) -> str:
    """The number with so many digits at most, without a point where it is whole: 1, -0.169971, ∞."""
    if isnan(x):
        return "undefined"
    if isinf(x):
        return "∞" if x > 0 else "-∞"
    return f"{x + 0.0:.{digits}g}"  # 0, and not -0


def percent(share: float) -> str:
    """`97.5 %`, three digits of it."""
    return f"{100 * share:.3g} %"


def format_alike(values: Iterable[float], digits: int = 3) -> list[str]:
    """All with so many digits, aligned, and in one notation: 0.0363, or 3.63e-02 when one is far from 1."""
    values = list(values)
    sizes = [abs(value) for value in values if value and isfinite(value)]
    near = all(1e-3 <= size < 10**digits for size in sizes)

    def text(x: float) -> str:
        if not x or not isfinite(x):
            return f"{x:g}"
        return f"{x:.{max(digits - 1 - decade(abs(x)), 0)}f}" if near else f"{x:.{digits - 1}e}"

    return align(map(text, values))


def align(texts: Iterable[str]) -> list[str]:
    """The numbers in `texts`, padded to one width with their decimal points below each other."""
    split = [_at_point(text) for text in texts]
    left = max((len(whole) for whole, _ in split), default=0)
    right = max((len(rest) for _, rest in split), default=0)
    return [whole.rjust(left) + rest.ljust(right) for whole, rest in split]


def in_columns(columns: Sequence[Sequence[str]]) -> list[str]:
    """The lines of columns of finished texts, three blanks apart."""
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def power_of_ten(exponent: int, unicode: bool = True) -> str:
    """10⁻³ or, in ASCII, 1e-3."""
    return "10" + str(exponent).translate(_SUPERSCRIPT) if unicode else f"1e{exponent}"


def decade(x: float) -> int:
    """The power of ten at or below `x` > 0."""
    return floor(log10(x))


def times(decades: float) -> str:
    """How often 10^decades is, in words: "4,300 times", "61 billion times", "10^23 times"."""
    if decades >= 14.99:
        return f"10^{round(decades)} times"
    factor = float(f"{10**decades:.2g}")
    for name, size in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6)):
        if factor >= size:
            return f"{factor / size:.3g} {name} times"
    return f"{factor:,.0f} times" if factor >= 10 else f"{factor:g} times"


def _at_point(text: str) -> tuple[str, str]:
    """`text` cut before its decimal point, or before its exponent when it has no point."""
    for mark in ".e":
        place = text.find(mark)
        if place > 0:
            return text[:place], text[place:]
    return text, ""


def interval_text(low: float, high: float) -> str:
    """[-6, 6], with as many digits as tell the ends of a narrow one apart."""
    return f"[{low:.12g}, {high:.12g}]"


_PRIMES = 3


def primed(label: str, order: int) -> str:
    """gelu, gelu', gelu'', gelu^(4); of a formula x*x, (x*x)'."""
    return function_name(label, order) if order else label


def applied(label: str, order: int) -> str:
    """gelu(x), gelu'(x); a formula says itself what it does to x: x*x, (x*x)'."""
    return function_name(label, order) + "(x)" if _is_word(label) else primed(label, order)


def function_name(label: str, order: int = 0) -> str:
    """What an index or an argument may follow: gelu, gelu', (x*x), (x*x)'."""
    name = label if _is_word(label) else f"({label})"
    return name + ("'" * order if order <= _PRIMES else f"^({order})")


def _is_word(label: str) -> bool:
    return re.fullmatch(r"\w+", label) is not None
