"""actcli trace"""

from dataclasses import asdict, astuple, fields
from typing import TYPE_CHECKING

from actcli.commands.options import ActOption, LearningRate, OptionalAct, ReportFormat, Seed, given_act
from actcli.commands.report import print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.lessons.trace import WeightStep, trace

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(
    argument: OptionalAct = None,
    act: ActOption = None,
    lr: LearningRate = 0.5,
    seed: Seed = 0,
    output_format: ReportFormat = "table",
) -> None:
    """Two inputs, two hidden units (relu when no ACT is given), one output: weighted sums, outputs of the units, output
    and loss; then the slopes of the backward pass, and each weight before and after its step. The answer is 1 or 0, the
    output's sigmoid is its probability, and the loss is the cross-entropy. Random numbers have two decimals, so that
    the sums can be done by hand.

    Example: actcli trace sigmoid
    """
    step = trace(resolve(given_act(argument, act, "relu")), lr, seed)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.trace import trace_report

        return trace_report(step, terminal)

    print_report(
        output_format,
        draw,
        document=lambda: asdict(step),
        records=lambda: ([field.name for field in fields(WeightStep)], map(astuple, step.weights)),
    )
