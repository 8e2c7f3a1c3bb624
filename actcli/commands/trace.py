"""actcli trace"""

from dataclasses import asdict, astuple, fields
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands.options import ReportFormat
from actcli.commands.report import print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.lessons.trace import WeightStep, trace

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(
    act: Annotated[str, typer.Option("--act", "-a", metavar="ACT", help="The hidden units' activation.")] = "relu",
    lr: Annotated[float, typer.Option("--lr", min=0.0, help="Learning rate.")] = 0.5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of weights, inputs and answer.")] = 0,
    output_format: ReportFormat = "table",
) -> None:
    """Two inputs, two hidden units, one output: weighted sums, bends, output and loss, then the slopes that multiply
    on the way back, and each weight before and after its nudge. The answer is 1 or 0, the output's sigmoid its
    probability, the loss the cross-entropy. What is drawn has two decimals, so that the sums can be done by hand.

    Example: actcli trace --act sigmoid
    """
    step = trace(resolve(act), lr, seed)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.trace import trace_report

        return trace_report(step, terminal)

    print_report(
        output_format,
        draw,
        document=lambda: asdict(step),
        records=lambda: ([field.name for field in fields(WeightStep)], map(astuple, step.weights)),
    )
