"""actcli compare ACT ACT..."""

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

from actcli.commands.options import DEFAULT_RANGE, Acts, Ascii, Height, Range, ReportFormat, Save, Width
from actcli.commands.report import write_report
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.comparison import curves_over
from actcli.core.errors import InputError
from actcli.digits import compare, describe

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(
    acts: Acts,
    interval: Range = DEFAULT_RANGE,
    width: Width = None,
    height: Height = None,
    ascii_only: Ascii = False,
    save: Save = None,
    output_format: ReportFormat = "table",
) -> None:
    """The curves and their slopes, more than four in a panel each, their properties side by side, and for each pair
    the largest difference on the interval and where it is (plain and csv print these alone).

    Example: actcli compare gelu silu --range -3 3
    """
    if len(acts) < 2:
        raise InputError("compare takes two activations or more")
    if save is not None and output_format != "table":
        raise InputError("--save writes the picture: leave --format out")
    activations = curves_over([resolve(act) for act in acts], *interval)
    differences = compare(activations, *interval)
    labels = [activation.label for activation in activations]
    if output_format == "table":
        from actcli.commands.report import graphs_on, screen, show
        from actcli.views.comparison import comparison_chart, difference_table, largest, property_table
        from actcli.views.notation import interval_text

        terminal, cards = screen(width, ascii_only), [describe(activation) for activation in activations]
        drawn = graphs_on(activations, interval, terminal, order=1)

        def draw(terminal: "Terminal") -> str:
            chart = comparison_chart(drawn, largest(differences), terminal, interval=interval, height=height)
            table = difference_table(differences, terminal, labels=labels)
            return "\n".join([chart, property_table(cards, terminal), table])

        show(draw, terminal, save, f"{', '.join(labels)} on {interval_text(*interval)}")
    else:
        write_report(
            output_format,
            document=lambda: {
                "activations": labels,
                "differences": [asdict(difference) for difference in differences],
                "properties": [describe(activation).document() for activation in activations],
            },
            records=lambda: (("a", "b", "max_abs", "at"), map(astuple, differences)),
        )
