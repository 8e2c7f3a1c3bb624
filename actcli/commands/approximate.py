"""actcli approximate FORMULA"""

from collections.abc import Iterable, Sequence
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
    Train,
    dimensions,
    given_act,
)
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.comparison import curves_over
from actcli.core.errors import InputError
from actcli.core.lessons.approximation import MOST_UNITS, Approximation, approximate, units_for
from actcli.core.network.mlp import of_hidden_units

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_WIDTHS, _TRAINED = [4, 16, 64], 8


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
    error: Annotated[
        float | None,
        typer.Option(
            "--error", metavar="X", min=0.0, help="Find the number of units for this largest error.", show_default=False
        ),
    ] = None,
    training: Train = False,
    seed: Seed = 0,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """The hidden layer (of relu when no ACT is given) has 4, 16 and 64 units, or --width, which can be repeated. It is
    not trained: one unit bends (its weighted sum is at the activation's only kink, else 0) at each kink of the formula,
    the others at evenly spaced points, moved at random by up to a quarter of the spacing. Hidden weights have random
    signs and, times the interval's width, random sizes from 4 to 16. The output layer is the least-squares fit on four
    points per unit, 1001 at least. Errors are measured on 20001 points. The same seed gives the same networks.

    --error X doubles the units until the largest error is at most X, then bisects. --train starts with random weights
    and bends, trains all of them (Adam, rate 0.02, 257 points) and shows how the bends move, or without exactly one
    kink the zeros of the weighted sums: 8 units or --width, after 0, 20, 200 and 2000 steps.

    Example: actcli approximate 'sin(3*x)' tanh --width 8 --width 64
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    described, activation = resolve(formula), resolve(given_act(argument, act, "relu"))
    (target,) = curves_over([described], *interval)
    if error is not None and (widths or training):
        raise InputError(f"--error finds the units by itself: leave out {'--width' if widths else '--train'}")
    if training:
        _train(target, of_hidden_units(activation), widths or [_TRAINED], interval, seed, drawing, output_format)
        return
    found: Iterable[Approximation]
    if error is not None:
        found = units_for(target, of_hidden_units(activation), error, *interval, seed)
    else:
        found = approximate(target, activation, sorted({*(widths or _WIDTHS)}), *interval, seed)
    if output_format == "table" or save is not None:
        found = [*found]

    def picture() -> "Picture":
        from actcli.views.approximation import approximation_picture

        return approximation_picture(target, [*found], interval)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.approximation import approximation_report, reached
        from actcli.views.terminal import paragraph

        report = approximation_report(picture(), [*found], terminal, drawing.lines)
        return report if error is None else report + paragraph(reached([*found], error), terminal)

    asked = {"formula": target.label, "activation": activation.label, "range": interval, "seed": seed}
    asked |= {} if error is None else {"error": error}
    columns = ("units", "max_error", "at", "rms_error")
    print_report(
        output_format,
        draw,
        document=lambda: {**asked, "runs": [run.document() for run in found]},
        records=lambda: (columns, ([getattr(run, column) for column in columns] for run in found)),
        drawing=drawing,
        picture=picture,
    )


def _train(
    target: Elementwise,
    activation: Elementwise,
    widths: Sequence[int],
    interval: tuple[float, float],
    seed: int,
    drawing: Drawing,
    output_format: str,
) -> None:
    """Run with --train."""
    from actcli.core.lessons.settling import settle

    if len(widths) > 1:
        raise InputError("--train trains one network: give one --width")
    found = settle(target, activation, widths[0], *interval, seed)

    def picture() -> "Picture":
        from actcli.views.settling import settling_picture

        return settling_picture(target, found, interval)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.settling import settling_report

        return settling_report(picture(), found, interval, terminal, drawing.lines)

    asked = {"formula": target.label, "activation": activation.label, "range": interval, "seed": seed}
    print_report(
        output_format,
        draw,
        document=lambda: {**asked, "training": [each.document() for each in found]},
        records=lambda: (
            ("step", "rms_error", "unit", "bend"),
            (
                [each.step, each.rms_error, unit, bend]
                for each in found
                for unit, bend in enumerate(each.bends.tolist(), start=1)
            ),
        ),
        drawing=drawing,
        picture=picture,
    )
