"""What evaluate and differentiate share: numbers in, results out, block by block where the format allows it."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from actcli.core.activations.activation import Activation, RowWise
from actcli.core.arrays import Array
from actcli.core.numerics.formats import OUTPUT_FORMATS, from_bits, round_to
from actcli.streams.files import stdout_is_tty
from actcli.streams.formats import open_output, resolve_format
from actcli.streams.options import Bits, TableOptions, delimiter_of
from actcli.streams.reading import open_numbers

Function = Callable[[Array], Array]


def table_options(
    columns: Sequence[str] | None,
    delimiter: str | None,
    missing: str,
    append: bool = False,
    column_option: str = "--column",
) -> TableOptions:
    """What --column, --delimiter, --missing and --append say. Raises StreamError."""
    return TableOptions(tuple(columns or ()), delimiter_of(delimiter), missing == "nan", append, column_option)


def bits_of(dtype: str) -> Bits:
    """How the bits of the type are read."""
    return Bits(dtype, OUTPUT_FORMATS[dtype].bits, partial(from_bits, dtype=dtype))


def answer(
    activation: Activation,
    function: Function,
    *,
    numbers: Sequence[str] | None,
    grid: tuple[float, float, int] | None,
    input_path: str | None,
    table: TableOptions,
    dtype: str,
    requested_format: str,
    output_path: str | None,
    document: dict[str, Any],
    order: int = 0,
    kinks: Sequence[float] | None = None,
    labels: Sequence[str] | None = None,
    findings: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Print function(x), the activation's derivative of this order, for the numbers given.

    JSON is `document` with x, y, those x that are `kinks`, and the `findings`, known when all is computed, added.
    labels: the names of a row's scores, for the table.
    """

    def rounded(x: Array) -> Array:
        return round_to(x, dtype)

    output_format = resolve_format(requested_format, output_path, stdout_is_tty(), table.keep_lines)
    with open_numbers(
        numbers or (),
        grid,
        input_path,
        rowwise=isinstance(activation, RowWise),
        convert=None if dtype == "float64" else rounded,
        any_order=output_format == "npy",
        uint16_is_bfloat16=dtype == "bfloat16",
        table=table,
        bits=bits_of(dtype),
    ) as source:
        if output_format in ("table", "json"):
            from actcli.streams.blocks import collect

            x, y = collect(source, lambda x: rounded(function(x)))
            if output_format == "json":
                _write_json(document, x, y, kinks, findings(), output_path)
            elif labels and isinstance(activation, RowWise):
                _show_votes(activation, x, y, labels)
            else:
                _show(activation, x, y, kinks, order)
            return
        name = _name_of_column(activation, order) if output_format in ("csv", "tsv") else ""
        with open_output(output_path, output_format, source, dtype, name) as writer:
            for block in source.blocks():
                writer.write(block, rounded(function(block.values)))


def _name_of_column(activation: Activation, order: int) -> str:
    from actcli.views.notation import function_name

    return function_name(activation.label, order)


def _write_json(
    document: dict[str, Any], x: Any, y: Any, kinks: Sequence[float] | None, findings: dict[str, Any], path: str | None
) -> None:
    import numpy as np

    from actcli.streams.documents import write_json

    document = {"activation": document["activation"], **document, "x": x, "y": y}
    if kinks is not None:
        given = np.concatenate([np.ravel(row) for row in x]) if isinstance(x, list) else x
        document["kinks"] = [kink for kink in kinks if kink in given]
    write_json(document | findings, path)


def _show_votes(activation: RowWise, x: Any, y: Any, labels: Sequence[str]) -> None:
    from actcli.views.terminal import Terminal
    from actcli.views.values import vote_report

    pairs = zip(x, y, strict=True) if isinstance(x, list) else [(x, y)]
    terminal = Terminal.of(sys.stdout)
    print("\n".join(vote_report(activation, labels, *pair, terminal) for pair in pairs), end="")


def _show(activation: Activation, x: Any, y: Any, kinks: Sequence[float] | None, order: int) -> None:
    import numpy as np

    from actcli.views.notation import applied, function_name
    from actcli.views.table import render
    from actcli.views.terminal import Terminal
    from actcli.views.values import jacobian_table, rowwise_table, value_table

    terminal = Terminal.of(sys.stdout)
    heading = applied(activation.label, order)
    if not isinstance(activation, RowWise):
        if isinstance(x, list):
            x, y = np.concatenate(x), np.concatenate(y)
        tables = [value_table(x, y, terminal, heading=heading, kinks=kinks or ())]
    else:
        rows = zip(x, y, strict=True) if isinstance(x, list) else [(x, y)]
        tables = []
        for scores, results in rows:
            m = scores.shape[-1]
            if not m:  # no scores, so nothing to show
                continue
            if results.ndim == scores.ndim:
                pair = scores.reshape(-1, m), results.reshape(-1, results.shape[-1])
                tables.append(rowwise_table(*pair, terminal, heading=heading))
            else:
                tables += [
                    jacobian_table(matrix, terminal, name=function_name(activation.label))
                    for matrix in results.reshape(-1, *results.shape[-2:])
                ]
    print("\n".join(render(table, terminal) for table in tables), end="")
