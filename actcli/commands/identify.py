"""actcli identify ACT"""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from actcli.commands.numbers import table_options
from actcli.commands.options import Columns, Delimiter, Input, OptionalAct, ReportFormat
from actcli.commands.report import print_report
from actcli.core.errors import InputError
from actcli.naming import identify

if TYPE_CHECKING:
    from actcli.core.identify.identification import Identification
    from actcli.views.terminal import Terminal


def run(
    act: OptionalAct = None,
    input_path: Input = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    output_format: ReportFormat = "table",
) -> None:
    """Known activations that equal ACT for some parameters, or up to scale and shift as a f(bx + c) + d + ex, with at
    most two numbers fitted and the simplest relation first; then the nearest others. Equal means: at
    dozens of points, but for the rounding of constants to 16 digits; for a table of x,y pairs, to its last digit. Exit
    code 1: no known activation is equal.

    Example: actcli identify '0.5*x*(1+tanh(x))'
    """
    if (act is None) == (input_path is None):
        raise InputError("identify takes one activation or formula, or --input FILE of x,y pairs")
    found = identify(act) if act is not None else _of_table(str(input_path), columns, delimiter)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.identification import identification_text

        return identification_text(found, terminal)

    names = ("name", "relation", "parameters", "a", "b", "c", "d", "e", "max_difference")
    rows = [{**asdict(m), "parameters": " ".join(f"{k}={v}" for k, v in m.parameters.items())} for m in found.matches]
    print_report(
        output_format,
        draw,
        document=lambda: {
            "formula": found.formula,
            "matches": [asdict(match) for match in found.matches],
            "nearest": [asdict(near) for near in found.nearest],
        },
        records=lambda: (names, [[row[name] for name in names] for row in rows]),
    )
    if not found.matches:
        raise typer.Exit(1)


def _of_table(path: str, columns: list[str] | None, delimiter: str | None) -> "Identification":
    import numpy as np

    from actcli.core.identify.identification import identify_table
    from actcli.streams.reading import open_numbers

    with open_numbers((), None, path, rowwise=True, table=table_options(columns, delimiter, "error")) as source:
        rows = [block.values for block in source.blocks() if block.values.size]
        name = source.name
    widths = {block.shape[-1] for block in rows}
    if widths != {2}:
        raise InputError(f"{name}: each line is an x and its y, two numbers; choose two columns of a table by --column")
    pairs = np.concatenate(rows)
    return identify_table(name, pairs[:, 0], pairs[:, 1])
