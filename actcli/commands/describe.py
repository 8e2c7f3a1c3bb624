"""actcli describe ACT"""

from typing import TYPE_CHECKING

from actcli.commands.options import Act, ReportFormat
from actcli.commands.report import print_report
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.digits import describe

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(act: Act, output_format: ReportFormat = "table") -> None:
    """Range, slope, saturation, zeros, kinks, behaviour at infinity and the moments for standard normal input: all
    computed, so that a formula has the same card as an entry of the catalogue.

    Example: actcli describe gelu
    """
    activation = resolve(act)
    properties = describe(activation)

    def draw(terminal: "Terminal") -> str:
        from actcli.commands.report import graphs_on
        from actcli.views.card import card, plot_range
        from actcli.views.curve import of_graph

        if properties.curve is None or not isinstance(activation, Elementwise):
            return card(properties, terminal)
        (graph,) = graphs_on([activation], plot_range(properties.curve), terminal, order=1)
        return card(properties, terminal, [of_graph(graph, 0, "f"), of_graph(graph, 1, "slope f'")])

    print_report(output_format, draw, document=properties.document)
