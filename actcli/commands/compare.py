"""actcli compare ACT ACT..."""

import sys
from dataclasses import asdict, astuple

from actcli.commands.options import DEFAULT_RANGE, Acts, Range, ReportFormat
from actcli.core.comparison import compare
from actcli.core.errors import InputError
from actcli.core.properties import describe
from actcli.core.resolve import resolve


def run(acts: Acts, interval: Range = DEFAULT_RANGE, output_format: ReportFormat = "table") -> None:
    """The curves in one chart, their properties side by side, and for each pair the largest difference on the
    interval and where it is (plain and csv print these alone).

    Example: actcli compare gelu silu --range -3 3
    """
    if len(acts) < 2:
        raise InputError("compare takes two activations or more")
    activations = [resolve(act) for act in acts]
    differences = compare(activations, *interval)
    labels = [activation.label for activation in activations]
    if output_format == "json":
        from actcli.streams.json_format import write_json

        properties = [describe(activation).document() for activation in activations]
        pairs = [asdict(difference) for difference in differences]
        write_json({"activations": labels, "differences": pairs, "properties": properties})
    elif output_format == "table":
        from actcli.commands.curves import sampled
        from actcli.views.chart import curve_chart
        from actcli.views.differences import difference_table
        from actcli.views.property_table import property_table
        from actcli.views.render import render
        from actcli.views.terminal import Terminal

        terminal = Terminal.of(sys.stdout)
        print(curve_chart(sampled(activations, interval, terminal), terminal, x_range=interval))
        print(property_table([describe(activation) for activation in activations], terminal))
        print(render(difference_table(differences, terminal, labels=labels), terminal), end="")
    else:
        from actcli.streams.records import write_records

        write_records(["a", "b", "max_abs", "at"], map(astuple, differences), output_format)
