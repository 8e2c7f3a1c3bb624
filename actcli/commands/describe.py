"""actcli describe ACT"""

import sys

from actcli.commands.options import Act, ReportFormat
from actcli.core.analysis.properties import describe
from actcli.core.resolve import resolve


def run(act: Act, output_format: ReportFormat = "table") -> None:
    """Range, slope, saturation, zeros, kinks, behaviour at infinity and the moments for standard normal input: all
    computed, so that a formula has the same card as an entry of the catalogue.

    Example: actcli describe gelu
    """
    activation = resolve(act)
    properties = describe(activation)
    if output_format == "json":
        from actcli.streams.json_format import write_json

        write_json(properties.document())
    elif output_format == "table":
        from actcli.commands.curves import graphs_on
        from actcli.views.card import card, plot_range
        from actcli.views.curve import of_graph
        from actcli.views.terminal import Terminal

        terminal, curves = Terminal.of(sys.stdout), []
        if properties.curve is not None:
            (graph,) = graphs_on([activation], plot_range(properties.curve), terminal, order=1)
            curves = [of_graph(graph, 0, "f"), of_graph(graph, 1, "slope f'")]
        print(card(properties, terminal, curves), end="")
    else:
        from actcli.streams.flat import flat
        from actcli.streams.records import write_records

        write_records(["property", "value"], flat(properties.document()), output_format)
