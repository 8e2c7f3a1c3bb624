"""actcli describe ACT"""

from typing import TYPE_CHECKING

from actcli.commands.options import Act, Ascii, ReportFormat, Save, Size, Theme, dimensions
from actcli.commands.report import Drawing, graphs_on, print_report
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.properties import describe
from actcli.core.errors import InputError

if TYPE_CHECKING:
    from actcli.views.picture.description import Curve, Picture
    from actcli.views.terminal import Terminal


def run(
    act: Act,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """Range, slope, saturation, zeros, kinks, behaviour at infinity and the moments for standard normal input: all
    computed, so that a formula has the same card as an entry of the catalogue.

    Example: actcli describe gelu
    """
    activation, drawing = resolve(act), Drawing(dimensions(size), ascii_only, save, theme)
    properties = describe(activation)
    if save is not None and properties.curve is None:
        raise InputError(
            f"{activation.name} acts on whole rows, and has no curve: `actcli plot {act}` draws its outputs"
        )

    def curves() -> "list[Curve]":
        from actcli.views.card import plot_range
        from actcli.views.picture.description import Style
        from actcli.views.ranges import of_graph

        if properties.curve is None or not isinstance(activation, Elementwise):
            return []
        (graph,) = graphs_on([activation], plot_range(properties.curve), drawing.terminal(), order=1)
        return [of_graph(graph, 0, "f"), of_graph(graph, 1, "slope f'", Style(member=1))]

    def draw(terminal: "Terminal") -> str:
        from actcli.views.card import card

        return card(properties, terminal, curves(), drawing.lines)

    def picture() -> "Picture":
        from actcli.views.card import card_picture

        return card_picture(properties, curves())

    print_report(output_format, draw, properties.document, drawing=drawing, picture=picture)
