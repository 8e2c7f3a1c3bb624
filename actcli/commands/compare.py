"""actcli compare ACT ACT..."""

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

from actcli.commands.options import (
    DEFAULT_RANGE,
    Acts,
    Ascii,
    Order,
    Range,
    ReportFormat,
    Save,
    Size,
    Slope,
    Theme,
    dimensions,
    highest_order,
)
from actcli.commands.report import Drawing, graphs_on, print_report
from actcli.core.activations.catalogue import resolve_all
from actcli.core.activations.family import family
from actcli.core.analysis.comparison import curves_over
from actcli.core.errors import InputError
from actcli.digits import compare, describe

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal


def run(
    acts: Acts,
    interval: Range = DEFAULT_RANGE,
    order: Order = 1,
    derivative: Slope = 0,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """The curves and their slopes (--order 2: their second derivatives too), more than four in a panel each, their
    properties side by side, and for each pair the largest difference on the interval and where it is (plain and csv
    print these alone).

    Example: actcli compare gelu silu --range -3 3
    """
    named = resolve_all(text for act in acts for text in family(act))
    if len(named) < 2:
        raise InputError("compare takes two activations or more")
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    order = highest_order(order, derivative)
    activations = curves_over(named, *interval)
    differences = compare(activations, *interval)
    labels = [activation.label for activation in activations]

    def picture() -> "Picture":
        from actcli.views.comparison import comparison_picture, largest

        drawn = graphs_on(activations, interval, drawing.terminal(), order)
        return comparison_picture(drawn, largest(differences), interval=interval)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.comparison import difference_table, property_table
        from actcli.views.picture.terminal import paint

        chart = paint(picture(), terminal, drawing.lines, strict=True)
        cards = [describe(activation) for activation in activations]
        table = difference_table(differences, terminal, labels=labels)
        return "\n".join([chart, property_table(cards, terminal), table])

    print_report(
        output_format,
        draw,
        document=lambda: {
            "activations": labels,
            "differences": [asdict(difference) for difference in differences],
            "properties": [describe(activation).document() for activation in activations],
        },
        records=lambda: (("a", "b", "max_abs", "at"), map(astuple, differences)),
        drawing=drawing,
        picture=picture,
    )
