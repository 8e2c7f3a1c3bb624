"""Numbers in, results out, for evaluate and differentiate; block by block if the format allows it."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from actcli.core.activations.activation import Activation, RowWise
from actcli.core.activations.family import parameter_of
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, from_bits, round_to
from actcli.streams.blocks import Source
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
    """TableOptions of --column, --delimiter, --missing and --append. StreamError: no delimiter."""
    return TableOptions(tuple(columns or ()), delimiter_of(delimiter), missing == "nan", append, column_option)


def bits_of(dtype: str) -> Bits:
    """Reader of the type's bit patterns."""
    return Bits(dtype, FLOAT_FORMATS[dtype].bits, partial(from_bits, dtype=dtype))


def answer(
    members: Sequence[tuple[Activation, Function]],
    *,
    numbers: Sequence[str] | None,
    grid: tuple[float, float, int] | None,
    input_path: str | None,
    table: TableOptions,
    dtype: str,
    requested_format: str,
    output_path: str | None,
    document: Callable[[Activation], dict[str, Any]],
    order: int = 0,
    kinks: Sequence[float] | None = None,
    labels: Sequence[str] | None = None,
    findings: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Print function(x) for the numbers of the command line, a grid, or a file.

    members:  (activation, function); several of a family: each number or row has a result of each
    document: JSON fields of an activation, to which x, y, the x at `kinks` and `findings` are added
    order:    of the derivative that the function is, for names of columns
    findings: JSON fields that are known after all results
    labels:   names of a row's scores, for table and JSON
    """
    activations, functions = zip(*members, strict=True)
    rowwise, alone = isinstance(activations[0], RowWise), len(members) == 1

    def rounded(x: Array) -> Array:
        return round_to(x, dtype)

    def results(x: Array) -> Array:
        return rounded(functions[0](x) if alone else np.stack([function(x) for function in functions], axis=1))

    output_format = resolve_format(requested_format, output_path, stdout_is_tty(), table.keep_lines)
    if rowwise and not alone and output_format in ("csv", "tsv"):
        raise InputError("rows of several activations do not fit in a CSV table: give --format json or npy")
    with open_numbers(
        numbers or (),
        grid,
        input_path,
        rowwise=rowwise,
        convert=None if dtype == "float64" else rounded,
        any_order=output_format == "npy" and alone,
        uint16_is_bfloat16=dtype == "bfloat16",
        table=table,
        bits=bits_of(dtype),
    ) as source:
        if output_format in ("table", "json"):
            from actcli.streams.blocks import collect

            x, first = collect(source, lambda x: rounded(functions[0](x)))
            y = [first, *(_over(x, lambda x, f=function: rounded(f(x))) for function in functions[1:])]  # type: ignore[misc]  # the default binds f
            if output_format == "json":
                _write_json([document(each) for each in activations], x, y, kinks, findings(), output_path)
            elif rowwise:
                pairs = zip(activations, y, strict=True)
                texts = [_votes(each, x, part, labels) if labels else _rows(each, x, part) for each, part in pairs]
                print("\n".join(filter(None, texts)), end="")
            else:
                _show(activations, x, y, kinks, order)
            return
        names = _names_of_columns(activations, order, source) if output_format in ("csv", "tsv") else []
        with open_output(output_path, output_format, source, dtype, names) as writer:
            for block in source.blocks():
                writer.write(block, results(block.values))


def _over(x: Any, function: Function) -> Any:
    """The function applied to an array, or to each of a list of arrays."""
    return [function(row) for row in x] if isinstance(x, list) else function(x)


def _names_of_columns(activations: Sequence[Activation], order: int, source: Source) -> list[str]:
    from actcli.views.notation import function_name

    if source.table is None:
        return [activation.label for activation in activations]
    return [function_name(activation.label, order) for activation in activations]


def _write_json(
    documents: Sequence[dict[str, Any]],
    x: Any,
    y: Sequence[Any],
    kinks: Sequence[float] | None,
    findings: dict[str, Any],
    path: str | None,
) -> None:
    from actcli.streams.documents import write_json

    if kinks is not None:
        given = np.concatenate([np.ravel(row) for row in x]) if isinstance(x, list) else x
        findings = {"kinks": [kink for kink in kinks if kink in given], **findings}
    whole = [{**document, "x": x, "y": part, **findings} for document, part in zip(documents, y, strict=True)]
    write_json(whole[0] if len(whole) == 1 else {"activations": whole}, path)


def _show(
    activations: Sequence[Activation], x: Any, y: Sequence[Any], kinks: Sequence[float] | None, order: int
) -> None:
    """A table of elementwise results: x, and a column for each activation."""
    from actcli.views.notation import applied
    from actcli.views.table import render
    from actcli.views.terminal import Terminal
    from actcli.views.values import family_table, value_table

    terminal = Terminal.of(sys.stdout)
    if isinstance(x, list):
        x, y = np.concatenate(x), [np.concatenate(part) for part in y]
    if len(activations) == 1:
        table = value_table(x, y[0], terminal, heading=applied(activations[0].label, order), kinks=kinks or ())
    else:
        table = family_table(x, y, terminal, members=activations, parameter=parameter_of(activations))
    print(render(table, terminal), end="")


def _votes(activation: Activation, x: Any, y: Any, labels: Sequence[str]) -> str:
    from actcli.views.terminal import Terminal
    from actcli.views.values import vote_report

    assert isinstance(activation, RowWise)
    pairs = zip(x, y, strict=True) if isinstance(x, list) else [(x, y)]
    terminal = Terminal.of(sys.stdout)
    return "\n".join(vote_report(activation, labels, *pair, terminal) for pair in pairs)


def _rows(activation: Activation, x: Any, y: Any) -> str:
    """A table for rows of one length, or a matrix for each row."""
    from actcli.views.notation import applied, function_name
    from actcli.views.table import render
    from actcli.views.terminal import Terminal
    from actcli.views.values import jacobian_table, rowwise_table

    terminal = Terminal.of(sys.stdout)
    heading = applied(activation.label, 0)
    rows = zip(x, y, strict=True) if isinstance(x, list) else [(x, y)]
    texts = []
    for scores, results in rows:
        m = scores.shape[-1]
        if not m:  # a row without scores
            continue
        if results.ndim == scores.ndim:
            pair = scores.reshape(-1, m), results.reshape(-1, results.shape[-1])
            texts.append(render(rowwise_table(*pair, terminal, heading=heading), terminal))
        else:
            texts += [
                render(jacobian_table(matrix, terminal, name=function_name(activation.label)), terminal)
                for matrix in results.reshape(-1, *results.shape[-2:])
            ]
    return "\n".join(texts)
