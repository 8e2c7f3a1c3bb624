"""actcli plot ACT..."""

import sys
from typing import Annotated, Literal

import typer

from actcli.commands.curves import sampled
from actcli.commands.options import DEFAULT_RANGE, Acts, Range
from actcli.core.comparison import check_curves
from actcli.core.resolve import resolve
from actcli.views.chart import curve_chart
from actcli.views.terminal import Terminal

Format = Literal["chart", "plain", "csv", "json"]


def run(
    acts: Acts,
    interval: Range = DEFAULT_RANGE,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="The chart, or the points drawn.")] = "chart",
) -> None:
    """Braille dots on a terminal that has them, ASCII otherwise; the same picture in a pipe, without colour.

    Example: actcli plot relu sigmoid tanh
    """
    activations = [resolve(act) for act in acts]
    check_curves(activations, *interval)
    terminal = Terminal.of(sys.stdout)
    curves = sampled(activations, interval, terminal)
    if output_format == "chart":
        title = f"{', '.join(curve.label for curve in curves)} on [{interval[0]:g}, {interval[1]:g}]"
        print(curve_chart(curves, terminal, title=title, x_range=interval), end="")
    elif output_format == "json":
        from actcli.streams.json_format import write_json

        write_json({"range": interval, "curves": [{"activation": c.label, "x": c.x, "y": c.y} for c in curves]})
    else:
        from actcli.streams.records import write_records

        columns = [curve.y.tolist() for curve in curves]
        write_records(
            ["x", *(c.label for c in curves)], zip(curves[0].x.tolist(), *columns, strict=True), output_format
        )
