"""actcli collapse"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands.options import ReportFormat
from actcli.commands.report import print_report
from actcli.core.activations.catalogue import resolve_all
from actcli.core.lessons.collapse import CollapseConfig, collapse

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal

_DEFAULT = CollapseConfig()


def run(
    layers: Annotated[int, typer.Option("--layers", "-l", min=1, help="Layers of the tower.")] = _DEFAULT.layers,
    acts: Annotated[
        list[str] | None,
        typer.Option("--act", "-a", metavar="ACT", help="What to put between the layers; repeat to compare. [relu]"),
    ] = None,
    width: Annotated[int, typer.Option("--width", min=1, help="Units in a layer.")] = _DEFAULT.width,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of weights, inputs and line.")] = _DEFAULT.seed,
    output_format: ReportFormat = "table",
) -> None:
    """A tower of random layers from the plane to a number: first with nothing between its layers, when the product of
    its matrices is one layer that says the same; then with an activation between the same layers, beside the
    single layer that fits best (least squares on 1000 normal inputs).

    The bends are those of the output on a line through the origin, 3 to either side: changes of slope, counted
    exactly, for activations made of straight pieces (relu); for curved ones (tanh) the number of sign changes of the
    curvature. Weights are from N(0, 9/fan_in), biases from N(0, 1/4).

    Example: actcli collapse --layers 10 --act relu --act tanh
    """
    config = CollapseConfig(layers=layers, width=width, seed=seed)
    runs = collapse(resolve_all(acts or ["relu"]), config)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.collapse import collapse_report

        return collapse_report(runs, terminal)

    columns = ("activation", "layers", "max_relative_difference", "bends", "counted")
    print_report(
        output_format,
        draw,
        document=lambda: {"config": asdict(config), "runs": [asdict(run) for run in runs]},
        records=lambda: (columns, ([getattr(run, column) for column in columns] for run in runs)),
    )
