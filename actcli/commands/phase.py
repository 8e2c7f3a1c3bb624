"""actcli phase ACT"""

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
import typer

from actcli.commands.options import (
    Act,
    Ascii,
    Batch,
    Dask,
    Data,
    Jobs,
    LearningRate,
    Optimizer,
    Output,
    Quiet,
    ReportFormat,
    Resume,
    Save,
    Seed,
    Seeds,
    SigmaB2,
    SigmaW2,
    Size,
    Steps,
    Theme,
    Width,
    dimensions,
    refuse_typed,
)
from actcli.commands.phase_runs import record_of, runs_of
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.errors import InputError, count, unknown
from actcli.core.network.datasets import DATASETS

if TYPE_CHECKING:
    from actcli.core.depth.trainability import Sweep, Trainability, Trained
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal

_LATTICE, _SWEEP = (60, 40), (10, 12)
_DEPTHS: Final = (2, 200)
_LEAST: Final = 0.25  # of the largest σ_w²: below, no deep network learns
_BIAS_VARIANCE: Final = 0.05
_MOST_CELLS: Final = 1000
_WIDTH, _BATCH, _STEPS, _RATE = 64, 64, 200, 0.01
_Interval = tuple[float, float]

_OF_MAPS: Final = ("of", "biases")
_OF_LATTICES: Final = ("weights", "cells")
_OF_TRAINING: Final = (
    *("depths", "data", "width", "batch", "steps", "lr", "optimizer", "seed", "seeds"),
    *("jobs", "dask", "output", "resume"),
)


def run(
    context: typer.Context,
    act: Act,
    of: Annotated[
        Literal["chi", "q", "correlation", "depth-scale"], typer.Option("--of", help="The quantity of the map.")
    ] = "chi",
    sigma_w2: SigmaW2 = None,
    sigma_b2: SigmaB2 = None,
    weights: Annotated[
        _Interval | None,
        typer.Option("--weights", metavar="MIN MAX", help="The interval of σ_w²; to 4 or more.", show_default=False),
    ] = None,
    biases: Annotated[_Interval, typer.Option("--biases", metavar="MIN MAX", help="The interval of σ_b².")] = (0, 1),
    cells: Annotated[
        str | None,
        typer.Option(
            "--cells",
            metavar="AxB",
            help="Numbers of σ_w² and σ_b², 60x40; with --measure of depths and σ_w², 10x12.",
            show_default=False,
        ),
    ] = None,
    measure: Annotated[bool, typer.Option("--measure", help="Train networks: measure trainable depths.")] = False,
    depths: Annotated[
        tuple[int, int], typer.Option("--depths", metavar="MIN MAX", help="Least and largest number of hidden layers.")
    ] = _DEPTHS,
    data: Data = "circles",
    width: Width = _WIDTH,
    batch: Batch = _BATCH,
    steps: Steps = _STEPS,
    lr: LearningRate = _RATE,
    optimizer: Optimizer = "sgd",
    seed: Seed = 0,
    seeds: Seeds = 1,
    jobs: Jobs = 1,
    dask: Dask = None,
    output: Output = None,
    resume: Resume = False,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
    quiet: Quiet = False,
) -> None:
    """The fixed points of deep random networks over the variances of weights and biases (Poole et al. 2016; Schoenholz
    et al. 2017): a map with the edge of chaos, where the gradient neither vanishes nor explodes, and the usual
    initialisations. --sigma-w2 and --sigma-b2 give the variance and correlation maps of a layer there.

    --measure trains networks over depth and σ_w² at one σ_b²; the line of 6 ξ_c is a rule of thumb for the trainable
    depth. Each run is a line of --output FILE.jsonl, and --resume continues such a file after Ctrl-C. `actcli help
    scripts` says how to run on a cluster.

    Example: actcli phase tanh

    Example: actcli phase tanh --measure --cells 4x5 --depths 2 26 --steps 50
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    activation = resolve(act)
    if measure:
        refuse_typed(context, ("sigma_w2", *_OF_MAPS), "--measure goes over --depths and --weights, at one --sigma-b2")
        from actcli.core.depth.config import DepthConfig
        from actcli.core.depth.trainability import Sweep

        if data not in DATASETS:
            raise InputError(f"phase trains on built-in data sets only: {unknown('data set', data, DATASETS)}")
        if depths[0] < 1 or depths[1] < depths[0]:
            raise InputError(f"--depths takes the least and the largest, 1 or more, not {depths[0]} {depths[1]}")
        rows, columns = _cells(cells, _SWEEP)
        sweep = Sweep(
            activation.label,
            tuple(np.unique(np.linspace(*depths, rows).round().astype(int)).tolist()),
            tuple(_axis("--weights", weights or _weights(activation, _LEAST), columns).tolist()),
            _BIAS_VARIANCE if sigma_b2 is None else _variance("--sigma-b2", sigma_b2),
            seeds,
            DepthConfig(
                width=width, batch=batch, steps=steps, learning_rate=lr, seed=seed, data=data, optimizer=optimizer
            ),
        )
        _measured(sweep, jobs, dask, output, resume, drawing, output_format, quiet)
        return
    refuse_typed(context, _OF_TRAINING, "it is for networks that are trained: add --measure")
    if sigma_w2 is not None or sigma_b2 is not None:
        if sigma_w2 is None:
            raise InputError("--sigma-b2 needs --sigma-w2, the variance of the weights, beside it")
        refuse_typed(context, (*_OF_MAPS, *_OF_LATTICES), "it is for a map over many variances: leave out --sigma-w2")
        variances = _variance("--sigma-w2", sigma_w2), _variance("--sigma-b2", sigma_b2 or 0.0)
        _maps(activation, *variances, drawing, output_format)
        return
    columns, rows = _cells(cells, _LATTICE)
    _diagram(
        activation,
        _axis("--weights", weights or _weights(activation), columns),
        _axis("--biases", biases, rows),
        of,
        drawing,
        output_format,
    )


def _cells(text: str | None, default: tuple[int, int]) -> tuple[int, int]:
    if text is None:
        return default
    found = re.fullmatch(r"(\d{1,9})[xX×](\d{1,9})", text.strip(), re.ASCII)
    if not found:
        raise InputError(f"--cells takes two numbers, as in --cells {default[0]}x{default[1]}, not {text!r}")
    numbers = int(found[1]), int(found[2])
    if not all(1 <= number <= _MOST_CELLS for number in numbers):
        raise InputError(f"--cells: each number must be from 1 to {_MOST_CELLS}, not {text}")
    return numbers


def _variance(option: str, value: float) -> float:
    if not 0.0 <= value < math.inf:
        raise InputError(f"{option} must be a finite number, 0 or more, not {value:g}")
    return value


def _axis(option: str, interval: _Interval, points: int) -> Array:
    low, high = (_variance(option, end) for end in interval)
    if not low < high:
        if low == high and points == 1:
            return np.array([low])
        raise InputError(f"{option} takes the smaller end first, not {low:g} {high:g}")
    axis: Array = np.linspace(low, high, points)
    if points > 1 and not (np.diff(axis) > 0.0).all():
        raise InputError(f"{option}: there are no {points} numbers between {low:g} and {high:g}")
    return axis


def _weights(activation: Activation, least: float = 0.0) -> _Interval:
    """Default interval of σ_w²: up to 4, or to twice the critical σ_w²; from the share `least` of that."""
    from actcli.core.theory.gain import critical_point

    weight = critical_point(activation).sigma_w2 if isinstance(activation, Elementwise) else None
    most = 4.0 if weight is None or 0.4 <= weight <= 3.6 else 2.0 * weight
    return least * most, most


# --- theory ---------------------------------------------------------------------------------------------------------

_FIELDS: Final = (
    *("q", "chi_perpendicular", "chi_parallel", "correlation", "variance_depth_scale", "correlation_depth_scale"),
)


def _diagram(
    activation: Activation, weights: Array, biases: Array, of: Any, drawing: Drawing, output_format: str
) -> None:
    from actcli.core.theory.phase import phase_diagram

    found = phase_diagram(activation, weights, biases)

    def picture() -> "Picture":
        from actcli.views.phase import phase_picture

        return phase_picture(found, of)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.picture.terminal import paint

        return paint(picture(), terminal, drawing.lines)

    def document() -> dict[str, Any]:
        return {
            "activation": found.activation,
            "sigma_w2": found.sigma_w2,
            "sigma_b2": found.sigma_b2,
            **{name: nulled(getattr(found, name)) for name in _FIELDS},
            "edge": found.edge,
            "edge_grows": found.edge_grows,
            "critical": asdict(found.critical),
        }

    def rows() -> Iterator[list[object]]:
        for (i, j), _ in np.ndenumerate(found.q):
            values = (nulled(getattr(found, name)[i, j]) for name in _FIELDS)
            yield [float(weights[j]), float(biases[i]), *values]

    header = ("sigma_w2", "sigma_b2", *_FIELDS)
    print_report(output_format, draw, document, lambda: (header, rows()), drawing=drawing, picture=picture)


def _maps(activation: Activation, sigma_w2: float, sigma_b2: float, drawing: Drawing, output_format: str) -> None:
    from actcli.core.theory.layer_maps import layer_maps

    maps = layer_maps(activation, sigma_w2, sigma_b2)

    def picture() -> "Picture":
        from actcli.views.phase import maps_picture

        return maps_picture(maps)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.picture.terminal import paint

        return paint(picture(), terminal, drawing.lines)

    def pairs(x: Array | None, y: Array | None) -> list[list[float | None]] | None:
        return None if x is None or y is None else [nulled(np.array(pair)) for pair in zip(x, y, strict=True)]

    def document() -> dict[str, Any]:
        return {
            "activation": maps.activation,
            "sigma_w2": [maps.sigma_w2],
            "sigma_b2": [maps.sigma_b2],
            "fixed_point": asdict(maps.fixed_point),
            "variance_map": pairs(maps.q, maps.next_q),
            "correlation_map": pairs(maps.c, maps.next_c),
        }

    def rows() -> Iterator[list[object]]:
        for name in ("variance_map", "correlation_map"):
            yield from ([name, *pair] for pair in document()[name] or ())

    print_report(output_format, draw, document, lambda: (("map", "x", "y"), rows()), drawing=drawing, picture=picture)


def nulled(values: Any) -> Any:
    """Nested lists, with None for numbers that are not finite."""
    array = np.asarray(values, dtype=np.float64)
    found: Any = array.tolist()
    return _without(found)


def _without(values: Any) -> Any:
    if isinstance(values, list):
        return [_without(value) for value in values]
    return values if math.isfinite(values) else None


# --- measurement ----------------------------------------------------------------------------------------------------


def _measured(
    sweep: "Sweep",
    jobs: int,
    dask: str | None,
    output: str | None,
    resume: bool,
    drawing: Drawing,
    output_format: str,
    quiet: bool,
) -> None:
    from actcli.core.depth.trainability import trainability
    from actcli.streams.files import complain

    if resume and output is None:
        raise InputError("--resume continues --output FILE.jsonl, which is not given")
    done: list[Trained] = []
    wanted = len(sweep.trainings())
    interrupted = False
    try:
        for trained in _shown(runs_of(sweep, jobs, dask, output, resume), sweep, drawing, quiet):
            done.append(trained)  # noqa: PERF402 - keeps the finished runs if interrupted
    except KeyboardInterrupt:
        interrupted = True
    found = trainability(sweep, done)

    def picture() -> "Picture":
        from actcli.views.phase import trainability_picture

        return trainability_picture(found)

    def draw(terminal: "Terminal") -> str:
        from actcli.views.picture.terminal import paint

        return paint(picture(), terminal, drawing.lines)

    def rows() -> Iterator[list[object]]:
        for run in sorted(done, key=lambda run: (run.layers, run.sigma_w2, run.seed)):
            yield [*record_of(run).values()]

    if done:
        header = ("layers", "sigma_w2", "seed", "loss", "loss_guess", "accuracy")
        document = partial(_document, found)
        print_report(output_format, draw, document, lambda: (header, rows()), drawing=drawing, picture=picture)
    if interrupted:
        way_on = "; the same command with --resume does the rest" if output else ""
        complain(f"interrupted after {len(done):,} of {count(wanted, 'run')}{way_on}")
        raise typer.Exit(130)


def _shown(runs: "Iterator[Trained]", sweep: "Sweep", drawing: Drawing, quiet: bool) -> "Iterator[Trained]":
    """The same runs, with the growing picture on the terminal."""
    if quiet or not sys.stderr.isatty():
        return runs
    from actcli.core.depth.trainability import trainability
    from actcli.views.phase import trainability_picture
    from actcli.views.picture.terminal import paint
    from actcli.views.progress import drawn_live

    def painted(done: "list[Trained]", terminal: "Terminal") -> str:
        return paint(trainability_picture(trainability(sweep, done)), terminal, drawing.lines)

    return drawn_live(runs, painted)


def _document(found: "Trainability") -> dict[str, Any]:
    description = found.sweep.description()
    return {
        **{name: description[name] for name in ("activation", "config", "depths", "sigma_w2")},
        "sigma_b2": [found.sweep.sigma_b2],
        "seeds": found.sweep.seeds,
        "runs": found.runs,
        "accuracy": None if found.accuracy is None else nulled(found.accuracy),
        "loss": nulled(found.loss),
        "learnt": nulled(found.learnt),
        "depth_limit": nulled(found.depth_limit),
        "agreement": found.agreement,
    }
