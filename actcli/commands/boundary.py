"""actcli boundary [ACT...]"""

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from actcli.commands import training
from actcli.commands.options import Ascii, Quiet, Save, Size, Theme, dimensions
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.boundary.decision import DEFAULT, Decision, Window, check, decision
from actcli.core.boundary.spaces import spaces, unit_maps
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.errors import InputError, unknown
from actcli.core.network.datasets import DATASETS, DataSet, from_examples
from actcli.core.network.mlp import of_hidden_units

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_ACTIVATIONS = ("identity", "relu", "tanh")
_COLUMNS, _ROWS = 80, 60


def run(
    acts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ACT]...", help="The hidden layers' activations.", show_default="identity relu tanh"),
    ] = None,
    layers: training.Layers = DEFAULT.layers,
    width: training.Width = DEFAULT.width,
    init: training.Init = DEFAULT.init,
    norm: training.Norm = "none",
    residual: training.Residual = False,
    optimizer: training.Optimizer = "adam",
    lr: training.LearningRate = DEFAULT.learning_rate,
    batch: training.BatchSize = DEFAULT.batch,
    steps: training.Steps = DEFAULT.steps,
    data: training.Data = DEFAULT.data,
    target: training.Target = "auto",
    seed: training.Seed = DEFAULT.seed,
    show: Annotated[
        Literal["decision", "units", "space"],
        typer.Option("--show", help="What the network decides, what its units see, or how its layers bend the plane."),
    ] = "decision",
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: Annotated[
        Literal["table", "json"], typer.Option("--format", "-f", help="json holds the probabilities.")
    ] = "table",
    quiet: Quiet = False,
) -> None:
    """A tiny network learns to tell points of the plane apart, once with each activation. Shown is what it decides
    everywhere: the shade is the probability, the line between is the boundary.

    Without a bend the boundary is a straight line, however many layers there are.

    Example: actcli boundary identity relu tanh --data spirals
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    config = replace(
        DEFAULT,
        layers=layers,
        width=width,
        batch=batch,
        steps=steps,
        learning_rate=lr,
        seed=seed,
        data=data,
        init=init,
        norm=None if norm == "none" else norm,
        residual=residual,
        optimizer=optimizer,
    )
    activations = [of_hidden_units(resolve(act)) for act in acts or _ACTIVATIONS]
    examples = None if data in DATASETS else _read(data, target)
    experiments = [DepthExperiment(activation, config, examples) for activation in activations]
    for experiment in experiments:
        check(experiment)
    window = Window.around(experiments[0].inputs, _COLUMNS, _ROWS)
    before = [spaces(experiment, window) for experiment in experiments] if show == "space" else []
    for experiment in experiments:
        for _ in experiment:
            pass
    decisions = [decision(experiment, window) for experiment in experiments]
    title = f"{data}: {config.layers} layers of {config.width} units, {config.steps} steps of {config.optimizer}"

    def picture() -> "Picture":
        from actcli.views.boundary import Map, boundary_picture

        maps = [Map.of(each, experiment) for each, experiment in zip(decisions, experiments, strict=True)]
        return boundary_picture(maps, title)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.boundary import boundary_report

        if show == "decision":
            return boundary_report(picture(), terminal, drawing.lines)
        from actcli.views.spaces import space_picture, units_picture

        pictures = []
        for index, experiment in enumerate(experiments):
            name = experiment.network.activation.label
            if show == "units":
                pictures.append(units_picture(unit_maps(experiment, Window.around(experiment.inputs, 7, 7)), name))
            else:
                labels = (experiment.targets[:, 0] > 0.5).astype(int)
                after = spaces(experiment, window)
                accuracy = decisions[index].accuracy_final
                pictures.append(space_picture(before[index], after, labels, ("0", "1"), name, accuracy))
        return "\n".join(boundary_report(each, terminal, drawing.lines) for each in pictures)

    print_report(
        output_format,
        draw,
        document=lambda: {"config": asdict(config), "data": data, "runs": [*map(_document, decisions)]},
        drawing=drawing,
        picture=picture,
    )


def _read(path: str, target: str) -> DataSet:
    if not os.path.splitext(path)[1] and path != "-" and not os.path.exists(path):
        raise InputError(unknown("data set or file", path, DATASETS))
    from actcli.streams.examples import read_examples

    return from_examples(path, *read_examples(path), target)


def _document(each: Decision, classes: Sequence[str] = ()) -> dict[str, Any]:
    names = classes or [str(i) for i in range(0 if each.probability is None else len(each.probability))]
    return {
        "activation": each.activation,
        "accuracy_final": each.accuracy_final,
        "loss_data_final": each.loss_data_final,
        "loss_guess": each.loss_guess,
        "plane": each.plane,
        "pieces": each.pieces,
        "x1": each.window.x1,
        "x2": each.window.x2,
        "probability": None if each.probability is None else dict(zip(names, each.probability, strict=True)),
        "prediction": each.output[..., 0] if each.probability is None else None,
    }
