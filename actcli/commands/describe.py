"""actcli describe ACT"""

from typing import TYPE_CHECKING

from actcli.commands.options import Act, Ascii, ReportFormat, Save, Size, Theme, dimensions, members_of
from actcli.commands.report import Drawing, graphs_on, print_report
from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.properties import Properties
from actcli.core.errors import InputError
from actcli.digits import describe

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
    """Range, slope, saturation, zeros, kinks, behaviour at infinity, and moments for standard normal input. All are
    computed: a formula has the same card as an entry of the catalogue. A family (elu:alpha=0.5/1/2) has a card for
    each member.

    Example: actcli describe gelu
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    described = [(activation, describe(activation)) for activation in map(resolve, members_of(act))]
    if save is not None and (len(described) > 1 or described[0][1].curve is None):
        raise InputError(f"--save takes one card with curves; the curves of {act}: `actcli plot {act} --save {save}`")

    def draw(terminal: "Terminal") -> str:
        from actcli.views.card import card

        cards = [card(facts, terminal, _curves(each, facts, drawing), drawing.lines) for each, facts in described]
        return "\n".join(cards)

    def picture() -> "Picture":
        from actcli.views.card import card_picture

        ((activation, facts),) = described
        return card_picture(facts, _curves(activation, facts, drawing))

    documents = [facts.document() for _, facts in described]
    document = documents[0] if len(documents) == 1 else {"activations": documents}
    print_report(output_format, draw, lambda: document, drawing=drawing, picture=picture)


def _curves(activation: Activation, facts: Properties, drawing: Drawing) -> "list[Curve]":
    """The function and its slope; none for a row-wise activation."""
    from actcli.views.card import plot_range
    from actcli.views.picture.description import Style
    from actcli.views.ranges import of_graph

    if facts.curve is None or not isinstance(activation, Elementwise):
        return []
    (graph,) = graphs_on([activation], plot_range(facts.curve), drawing.terminal(), order=1)
    return [of_graph(graph, 0, "f"), of_graph(graph, 1, "slope f'", Style(member=1))]
