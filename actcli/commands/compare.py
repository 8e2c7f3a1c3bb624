"""actcli compare ACT ACT..."""

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Final

import typer

from actcli.commands.options import (
    DEFAULT_RANGE,
    Acts,
    Ascii,
    Delimiter,
    Drop,
    Jobs,
    Layers,
    Order,
    Quiet,
    Range,
    ReportFormat,
    Save,
    Seed,
    Seeds,
    SeveralData,
    Size,
    SkipMissing,
    Slope,
    Steps,
    Target,
    TargetColumn,
    Theme,
    Train,
    Width,
    dimensions,
    highest_order,
    members_of,
    refuse_typed,
)
from actcli.commands.report import Drawing, graphs_on, print_report
from actcli.core.activations.catalogue import resolve_all
from actcli.core.analysis.comparison import curves_over
from actcli.core.errors import InputError
from actcli.digits import compare, describe

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_OF_CURVES: Final = ("interval", "order", "derivative", "save", "theme")
_OF_OWN_DATA: Final = ("target", "target_column", "drop", "skip_missing", "delimiter")
_OF_RACES: Final = ("layers", "width", "steps", "data", *_OF_OWN_DATA, "seed", "seeds", "jobs", "quiet")


def run(
    context: typer.Context,
    acts: Acts,
    interval: Range = DEFAULT_RANGE,
    order: Order = 1,
    derivative: Slope = 0,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    train: Train = False,
    layers: Layers = 4,
    width: Width = 32,
    steps: Steps = 200,
    data: SeveralData = None,
    target: Target = "auto",
    target_column: TargetColumn = None,
    drop: Drop = None,
    skip_missing: SkipMissing = False,
    delimiter: Delimiter = None,
    seed: Seed = 0,
    seeds: Seeds = 5,
    jobs: Jobs = 1,
    output_format: ReportFormat = "table",
    quiet: Quiet = False,
) -> None:
    """The curves and their slopes (--order 2: second derivatives too), each activation in its own panel if there are
    more than four; their properties side by side; and the largest difference of each pair on the interval, with its
    place. plain and csv print the differences alone.

    --train: a race instead. Networks learn from spirals, moons and sine, or from each --data, under several seeds. Each
    activation gets the best setting out of the same initialisations and learning rates; points that were held out give
    its loss. A winner is named if a sign test over the runs is significant. plain and csv have a line for each run that
    counts. stderr has an estimate of the time; Ctrl-C shows the results so far.

    Example: actcli compare relu tanh --train --data moons --seeds 6 --steps 20

    Example: actcli compare gelu silu --range -3 3
    """
    named = resolve_all(text for act in acts for text in members_of(act))
    if len(named) < 2:
        raise InputError("compare takes two activations or more")
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    if train:
        refuse_typed(context, _OF_CURVES, "it is for curves, and --train gives a table: leave one of them out")
        from actcli.commands.race import run_race

        values = context.params
        settings = {name: values[name] for name in ("layers", "width", "steps", "seed", "seeds")}
        settings |= {"data": tuple(data)} if data else {}
        of_own_data = {name: values[name] for name in _OF_OWN_DATA}
        run_race(named, settings, of_own_data, jobs, drawing, output_format, quiet)
        return
    refuse_typed(context, _OF_RACES, "it is for networks that are trained: add --train")
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
        # The picture, which states the largest difference, is last: on 24 lines it stays visible.
        return "\n".join([property_table(cards, terminal), table, chart])

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
