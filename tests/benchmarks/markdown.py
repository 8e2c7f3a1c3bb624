"""Markdown tables that are readable as plain text too."""

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with the first column left-aligned, the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = [width * "-" if k == 0 else (width - 1) * "-" + ":" for k, width in enumerate(widths)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    return "\n".join(map(line, (header, rule, *rows)))


def short(number: float) -> str:
    """0, 0.5, 3.2, 488, 8.4e+15, inf"""
    if number == 0:
        return "0"
    return f"{number:.2g}" if number < 100 or number >= 1e4 else f"{number:.0f}"
