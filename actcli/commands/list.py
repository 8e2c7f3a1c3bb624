"""actcli list"""

import sys

from actcli.commands.options import ListFormat
from actcli.commands.report import write_report
from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.practice import framework_names, use


def run(
    output_format: ListFormat = "auto",
) -> None:
    """Every name works wherever an activation is taken, its aliases too; case, - and _ make no difference. On a
    terminal it is a table, in a pipe the names alone.

    Example: actcli list
    """
    if output_format == "auto":
        output_format = "table" if sys.stdout.isatty() else "plain"
    if output_format == "plain":
        print(*CATALOGUE, sep="\n")
    elif output_format == "table":
        from actcli.views.catalogue import catalogue_table
        from actcli.views.table import render
        from actcli.views.terminal import Terminal

        terminal = Terminal.of(sys.stdout)
        print(render(catalogue_table(CATALOGUE.values(), terminal), terminal), end="")
    else:
        entries = [
            {
                "name": entry.name,
                "aliases": list(entry.aliases),
                "parameters": {parameter.name: parameter.default for parameter in entry.parameters},
                "rowwise": isinstance(entry, RowWise),
                "formula": entry.formula,
                "kinks": list(entry.kinks()) if isinstance(entry, Elementwise) else [],
                "reference": entry.reference,
                "frameworks": framework_names(entry.name),
                "used": use(entry.name),
            }
            for entry in CATALOGUE.values()
        ]
        write_report(
            output_format,
            document=lambda: entries,
            records=lambda: (list(entries[0]), (map(_field, entry.values()) for entry in entries)),
        )


def _field(value: object) -> object:
    """A list or a table of parameters in one field: its parts between blanks."""
    if isinstance(value, dict):
        return " ".join(f"{name}={number}" for name, number in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else value
