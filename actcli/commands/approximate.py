"""actcli approximate FORMULA"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands.options import (
    ActOption,
    Ascii,
    OptionalAct,
    Range,
    ReportFormat,
    Save,
    Seed,
    Size,
    Theme,
    dimensions,
    given_act,
)
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.comparison import curves_over
from actcli.core.lessons.approximation import MOST_UNITS, Approximation, approximate

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_WIDTHS = [4, 16, 64]


def run(
    formula: Annotated[
        str,
        typer.Argument(
            metavar="FORMULA", help="The function to approximate, a formula in x or an activation.", show_default=False
        ),
    ],
    argument: OptionalAct = None,
    act: ActOption = None,
    widths: Annotated[
        list[int] | None,
        typer.Option("--width", "--units", "-u", metavar="N", min=1, max=MOST_UNITS, help="Units in a layer."),
    ] = None,
    interval: Range = (-3.0, 3.0),
    seed: Seed = 0,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """The hidden layer, of relu when no ACT is given, has 4, 16 and 64 units, or as many as --width says, which can be
    repeated. It is not trained. A unit's bend (where its weighted sum is 0) is put at each kink of the formula; the
    others are spread evenly over the interval and moved at random by up to a quarter of their distance. Weights are of
    random sign and, times the interval's width, of random size from 4 to 16. The output weights and bias are those with
    the least sum of squared errors on four points a unit, 1001 at least. The errors are measured on 20001 others. All
    of it is the same for the same seed.

    Example: actcli approximate 'sin(3*x)' tanh --width 8 --width 64
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    described, activation = resolve(formula), resolve(given_act(argument, act, "relu"))
    (target,) = curves_over([described], *interval)
    found: Iterable[Approximation] = approximate(target, activation, sorted({*(widths or _WIDTHS)}), *interval, seed)
    if output_format == "table" or save is not None:
        found = [*found]

    def picture() -> "Picture":
        from actcli.views.approximation import approximation_picture

        return approximation_picture(target, [*found], interval)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.approximation import approximation_report

        return approximation_report(picture(), [*found], terminal, drawing.lines)

    asked = {"formula": target.label, "activation": activation.label, "range": interval, "seed": seed}
    columns = ("units", "max_error", "at", "rms_error")
    print_report(
        output_format,
        draw,
        document=lambda: {**asked, "runs": [run.document() for run in found]},
        records=lambda: (columns, ([getattr(run, column) for column in columns] for run in found)),
        drawing=drawing,
        picture=picture,
    )
