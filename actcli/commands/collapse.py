"""actcli collapse"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from actcli.commands.options import (
    ActOption,
    Ascii,
    Layers,
    OptionalActs,
    ReportFormat,
    Save,
    Seed,
    Size,
    Theme,
    Width,
    dimensions,
    given_acts,
)
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.catalogue import resolve_all
from actcli.core.lessons.collapse import CollapseConfig, collapse

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_DEFAULT = CollapseConfig()


def run(
    arguments: OptionalActs = None,
    acts: ActOption = None,
    layers: Layers = _DEFAULT.layers,
    width: Width = _DEFAULT.width,
    seed: Seed = _DEFAULT.seed,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """A tower of random layers from the plane to a number, compared with a single layer. Without activations the
    product of its matrices is a single layer with the same output. With an activation (relu when no ACT is given)
    between the layers, the single layer is the least-squares fit on 1000 normal inputs.

    Bends of the output are counted on a line through the origin, from -3 to 3: exactly all changes of slope for a
    piecewise linear activation (relu), changes of the curvature's sign for others (tanh). Weights are from
    N(0, 9/fan_in), biases from N(0, 1/4).

    Example: actcli collapse relu tanh --layers 10
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    config = CollapseConfig(layers=layers, width=width, seed=seed)
    runs = collapse(resolve_all(given_acts(arguments, acts) or ["relu"]), config)

    def picture() -> "Picture":
        from actcli.views.collapse import collapse_picture

        return collapse_picture(runs)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.collapse import collapse_report

        return collapse_report(picture(), runs, terminal, drawing.lines)

    columns = ("activation", "layers", "max_relative_difference", "bends", "counted")
    print_report(
        output_format,
        draw,
        document=lambda: {"config": asdict(config), "runs": [asdict(run) for run in runs]},
        records=lambda: (columns, ([getattr(run, column) for column in columns] for run in runs)),
        drawing=drawing,
        picture=picture,
    )
