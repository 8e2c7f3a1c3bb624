"""actcli gradient-depth --act A --layers N"""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from actcli.commands.options import ReportFormat
from actcli.core.depth import DepthExperiment, DepthRun
from actcli.core.depth_config import DepthConfig
from actcli.core.resolve import resolve
from actcli.core.training import Step

_DEFAULT = DepthConfig()


def run(
    acts: Annotated[
        list[str],
        typer.Option("--act", "-a", metavar="ACT", help="The hidden layers' activation; repeat to compare."),
    ],
    layers: Annotated[int, typer.Option("--layers", "-l", min=1, help="Hidden layers.")] = _DEFAULT.layers,
    width: Annotated[int, typer.Option("--width", min=1, help="Units in a hidden layer.")] = _DEFAULT.width,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Points in a batch.")] = _DEFAULT.batch,
    steps: Annotated[int, typer.Option("--steps", min=0, help="Weight updates.")] = _DEFAULT.steps,
    lr: Annotated[float, typer.Option("--lr", min=0.0, help="Learning rate.")] = _DEFAULT.learning_rate,
    init: Annotated[
        str,
        typer.Option(
            "--init",
            metavar="auto|xavier|he|lecun|normal:STD",
            help="Initialisation; auto is he for the ReLU family and xavier otherwise.",
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of data, weights and batches.")] = _DEFAULT.seed,
    output_format: ReportFormat = "table",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """N hidden layers and a linear output layer learn to tell two spirals apart. Shown for every layer: the norm of
    the loss's gradient by its weights, before and after training, and by its pre-activations (the signal).

    Example: actcli gradient-depth --act sigmoid --layers 20
    """
    config = DepthConfig(layers=layers, width=width, batch=batch, steps=steps, learning_rate=lr, seed=seed, init=init)
    experiments = [DepthExperiment(resolve(act), config) for act in acts]
    runs = [_train(experiment, quiet or not sys.stderr.isatty()) for experiment in experiments]
    if output_format == "json":
        from actcli.streams.json_format import write_json

        write_json({"config": asdict(config), "runs": [asdict(run) for run in runs]})
    elif output_format == "table":
        from actcli.views.depth import depth_report
        from actcli.views.terminal import Terminal

        print(depth_report(runs, Terminal.of(sys.stdout)), end="")
    else:
        from actcli.streams.records import write_records

        fields = list(asdict(runs[0].layers[0]))
        records = [[run.activation, *asdict(layer).values()] for run in runs for layer in run.layers]
        write_records(["activation", *fields], records, output_format)


def _train(experiment: DepthExperiment, quiet: bool) -> DepthRun:
    steps: Iterable[Step] = experiment
    if not quiet:
        from actcli.views.progress import progress

        steps = progress(experiment, experiment.config.steps, experiment.network.activation.label)
    for _ in steps:
        pass
    return experiment.result()
