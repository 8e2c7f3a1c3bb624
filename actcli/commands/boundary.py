"""actcli boundary [ACT...]"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer

from actcli.commands.interruption import Interruption
from actcli.commands.options import (
    SHOW,
    ActOption,
    Ascii,
    Batch,
    Data,
    Delimiter,
    Drop,
    Export,
    Init,
    Layers,
    LearningRate,
    Norm,
    Optimizer,
    OptionalActs,
    Quiet,
    ReportFormat,
    Residual,
    Save,
    Seed,
    Size,
    SkipMissing,
    Steps,
    Target,
    TargetColumn,
    Theme,
    Width,
    check_export,
    dimensions,
    given_acts,
)
from actcli.commands.own_data import OwnData, read_data
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.catalogue import resolve_all
from actcli.core.boundary.decision import DEFAULT, Decision, Window, decision, exported
from actcli.core.boundary.spaces import spaces, unit_maps
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.depth.experiment import check as check_initialisation
from actcli.core.errors import InputError, count
from actcli.core.network.mlp import of_hidden_units
from actcli.streams.files import complain

if TYPE_CHECKING:
    from actcli.views.boundary import Map
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_ACTIVATIONS = ("identity", "relu", "tanh")
_COLUMNS, _ROWS = 80, 60
_FRAME_COLUMNS, _FRAME_ROWS = 40, 40


def run(
    arguments: OptionalActs = None,
    acts: ActOption = None,
    show: Annotated[Literal["decision", "units", "space"], SHOW] = "decision",
    layers: Layers = DEFAULT.layers,
    width: Width = DEFAULT.width,
    init: Init = DEFAULT.init,
    norm: Norm = "none",
    residual: Residual = False,
    optimizer: Optimizer = "adam",
    lr: LearningRate = DEFAULT.learning_rate,
    batch: Batch = DEFAULT.batch,
    steps: Steps = DEFAULT.steps,
    data: Data = DEFAULT.data,
    x: Annotated[
        str | None,
        typer.Option(
            "--x", metavar="NAME|N", help="Horizontal axis: a column of your data; the first.", show_default=False
        ),
    ] = None,
    y: Annotated[
        str | None,
        typer.Option(
            "--y", metavar="NAME|N", help="Vertical axis: a column of your data; the second.", show_default=False
        ),
    ] = None,
    target: Target = "auto",
    target_column: TargetColumn = None,
    drop: Drop = None,
    skip_missing: SkipMissing = False,
    delimiter: Delimiter = None,
    seed: Seed = DEFAULT.seed,
    export: Export = None,
    fps: Annotated[
        float, typer.Option("--fps", metavar="X", min=0.1, max=60, help="Pictures per second during the training.")
    ] = 10.0,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
    quiet: Quiet = False,
) -> None:
    """A tiny network learns to classify points of the plane, once with each activation: identity, relu and tanh when no
    ACT is given. On a terminal it is drawn while it trains; Ctrl-C ends the training and shows the result so far.

    --show decision: the decision at every point. For two classes the shade is the probability of the second, and the
    line is the boundary. More classes show the likeliest, numbers the prediction, one feature a curve. --show units:
    the output of each hidden unit over the plane. --show space: the plane with a grid, mapped by each layer, before and
    after training.

    With a linear activation the boundary is a straight line, however many layers there are.

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
    activations = [of_hidden_units(each) for each in resolve_all(given_acts(arguments, acts) or _ACTIVATIONS)]
    activations = [*{activation.label: activation for activation in activations}.values()]
    for activation in activations:
        check_initialisation(activation, config)
    if export is not None and len(activations) > 1:
        raise InputError("--export takes one run: give one ACT")
    check_export(export)
    if y is not None and x is None:
        raise InputError("--y goes with --x: name both columns")
    chosen = [column for column in (x, y) if column is not None]
    read = read_data(data, target, target_column, drop, skip_missing, delimiter, chosen)
    own = _first_two(read) if read else None
    experiments = [DepthExperiment(activation, config, own.data if own else None) for activation in activations]
    window = Window.around(experiments[0].inputs, _COLUMNS, _ROWS)
    if show == "space" and window.x2 is None:
        raise InputError("--show space bends a plane, and the points have one feature: --show units")
    for note in _notes(read, data) if read and not quiet else ():
        complain(note)

    def title() -> str:
        done = max(len(each.losses) for each in experiments)
        many = f"{count(config.layers, 'layer')} of {count(config.width, 'unit')}"
        of = f"{done:,} of {count(steps, 'step')}" if done < steps else count(steps, "step")
        return f"{data if own is None else f'{own.target} in {data}'}: {many}, {of} of {optimizer}"

    def maps(on: Window, *, pieces: bool = True) -> "list[Map]":
        from actcli.views.boundary import Map

        features = tuple(f"{name} (standardised)" for name in own.features) if own else ()
        decided = [decision(each, on, count=pieces) for each in experiments]
        return [
            Map.of(each, experiment, features, own.classes if own else ())
            for each, experiment in zip(decided, experiments, strict=True)
        ]

    def frame(terminal: "Terminal") -> str:
        from actcli.views.boundary import boundary_picture, boundary_report, points_for

        small = Window.around(experiments[0].inputs, _FRAME_COLUMNS, _FRAME_ROWS)
        drawn = boundary_picture(maps(small, pieces=False), title(), points_for(terminal))
        return boundary_report(replace(drawn, notes=[]), replace(terminal, unicode=terminal.unicode and not ascii_only))

    before = [spaces(experiment, window) for experiment in experiments] if show == "space" else []
    with Interruption() as interruption:
        _train(experiments, interruption, frame if not quiet and sys.stderr.isatty() else None, fps)
    if export is not None:
        from actcli.streams.npy import write_npz

        write_npz(exported(experiments[0], window), export)

    def pictures(points: int | None = None) -> "list[Picture]":
        from actcli.views.boundary import MOST_POINTS, boundary_picture

        points = points or MOST_POINTS
        if show == "decision":
            return [boundary_picture(maps(window), title(), points)]
        from actcli.views.spaces import space_picture, units_picture

        named = [f"{each.network.activation.label} on {title()}" for each in experiments]
        if show == "units":
            maps_of = [unit_maps(each, _thumbnail(each)) for each in experiments]
            return [units_picture(each, name) for each, name in zip(maps_of, named, strict=True)]
        told = maps(window, pieces=False)
        return [
            space_picture(at_first, spaces(each, window), drawn, name, points)
            for at_first, each, drawn, name in zip(before, experiments, told, named, strict=True)
        ]

    def picture() -> "Picture":
        from actcli.views.picture.description import joined

        return joined(pictures(), title())

    def draw(terminal: "Terminal") -> str:
        from actcli.views.boundary import boundary_report, points_for

        drawn = pictures(points_for(terminal))
        if show == "space":
            from actcli.views.spaces import halves

            drawn = [half for each in drawn for half in halves(each, terminal)]
        return "\n".join(boundary_report(each, terminal, drawing.lines) for each in drawn)

    def document() -> dict[str, Any]:
        decided = [decision(each, window) for each in experiments]
        classes = own.classes if own else ()
        return {"config": asdict(config), "data": data, "runs": [_document(each, classes) for each in decided]}

    print_report(
        output_format,
        draw,
        document,
        records=lambda: (_COLUMN_NAMES, _rows(experiments, window, own.classes if own else ())),
        drawing=drawing,
        picture=picture,
    )
    if interruption.happened:
        done = sum(len(each.losses) for each in experiments)
        complain(f"interrupted after {done:,} of {count(steps * len(experiments), 'step')}")
        raise typer.Exit(130)


def _first_two(own: OwnData) -> OwnData:
    return replace(own, data=replace(own.data, inputs=own.data.inputs[:, :2]), features=own.features[:2])


def _notes(own: OwnData, path: str) -> list[str]:
    """What is odd in the data, and the features that are used, if there are more than two."""
    if len(own.features) <= 2:
        return own.oddities
    used, many = " and ".join(own.features[:2]), len(own.features)
    return [*own.oddities, f"{path}: of {many} features the first two are used, {used}; --x and --y name others"]


def _thumbnail(experiment: DepthExperiment) -> Window:
    from actcli.views.spaces import THUMBNAIL

    return Window.around(experiment.inputs, *THUMBNAIL)


def _train(experiments: Sequence[DepthExperiment], interruption: Interruption, frame: Any, fps: float) -> None:
    """Train all networks in turns of one step, so that their pictures move together."""
    steps: Iterable[object] = zip_longest(*experiments)
    if frame is not None:
        from actcli.views.progress import frames

        steps = frames(steps, frame, fps)
    for _ in steps:
        if interruption.happened:
            break


def _names(each: Decision, classes: Sequence[str]) -> Sequence[str]:
    return classes or [str(i) for i in range(0 if each.probability is None else len(each.probability))]


def _document(each: Decision, classes: Sequence[str]) -> dict[str, Any]:
    names = _names(each, classes)
    return {
        "activation": each.activation,
        "accuracy_final": each.accuracy_final,
        "loss_data_final": each.loss_data_final,
        "loss_guess": each.loss_guess,
        "straight": each.plane,
        "pieces": each.pieces,
        "x1": each.window.x1,
        "x2": each.window.x2,
        "probability": None if each.probability is None else dict(zip(names, each.probability, strict=True)),
        "prediction": each.output[..., 0] if each.probability is None else None,
    }


_COLUMN_NAMES = ("activation", "x1", "x2", "class", "value")


def _rows(experiments: Sequence[DepthExperiment], window: Window, classes: Sequence[str]) -> Iterator[list[object]]:
    """A row for each point and class with its probability; for numbers the prediction without a class."""
    points = window.points()
    for experiment in experiments:
        each = decision(experiment, window, count=False)
        layers = [each.output[..., 0]] if each.probability is None else [*each.probability]
        names = [None] if each.probability is None else _names(each, classes)
        for name, values in zip(names, layers, strict=True):
            for point, value in zip(points.tolist(), np.ravel(values).tolist(), strict=True):
                yield [each.activation, point[0], point[1] if len(point) > 1 else None, name, value]
