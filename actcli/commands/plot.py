"""actcli plot ACT..."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer

from actcli.commands.numbers import table_options
from actcli.commands.options import (
    DEFAULT_RANGE,
    SHOW,
    Acts,
    Ascii,
    Columns,
    Delimiter,
    Input,
    Missing,
    OptionalRange,
    Order,
    PlotFormat,
    Save,
    Size,
    Slope,
    Theme,
    dimensions,
    highest_order,
    members_of,
)
from actcli.commands.report import Drawing, graphs_on, print_report
from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import resolve_all
from actcli.core.activations.rectifiers import IDENTITY
from actcli.core.analysis.comparison import curves_over
from actcli.core.analysis.graph import GivenPoints, Graph, Spot, gathered, thinned
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.streams.options import NO_TABLE, TableOptions

if TYPE_CHECKING:
    from actcli.core.analysis.density import Pushforward
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal


def run(
    acts: Acts,
    interval: OptionalRange = None,
    order: Order = 0,
    derivative: Slope = 0,
    at: Annotated[
        list[float] | None,
        typer.Option("--at", metavar="X", help="Mark a point, with value, slope and tangent.", show_default=False),
    ] = None,
    input_path: Input = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    missing: Missing = "error",
    what: Annotated[Literal["curves", "density", "calibration"], SHOW] = "curves",
    density: Annotated[bool, typer.Option("--density", hidden=True, help="Short for --show density.")] = False,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: PlotFormat = "chart",
) -> None:
    """Curves from -6 to 6, or wide enough for the marked points; with --order N the derivatives up to that order too.
    Braille dots on a terminal that has them, else ASCII; in a pipe the same picture without colour. --at can be
    repeated; --input marks your own points. A row-wise activation (softmax) is drawn as its outputs over the last score
    of a row: (2, 1, 0, x), or the row in the --input file.

    --show density: a standard normal before and after the activation. --show calibration: confidence of a softmax and
    accuracy of a trained network.

    Example: actcli plot gelu --order 1 --at 1
    """
    order = highest_order(order, derivative)
    table = table_options(columns, delimiter, missing)
    if table != NO_TABLE and input_path is None:
        raise InputError(f"{table.given or '--missing'} is for files: give --input FILE")
    members = [members_of(act) for act in acts]
    activations, drawing = (
        resolve_all(text for each in members for text in each),
        Drawing(dimensions(size), ascii_only, save, theme),
    )
    if density or what != "curves":
        if order or at or input_path is not None or interval is not None:
            shown = "density" if density else what
            raise InputError(f"--show {shown} stands alone: without --range, --order, --at and --input")
        if what == "calibration":
            _run_calibration(activations, drawing, output_format)
            return
        _run_density(activations, drawing, output_format)
        return
    subject = _subject(activations, interval, at or [], input_path, table)
    alone = len(acts) == 1 and len(activations) > 1
    spots = [Spot.of(activation, x, max(order, 1)) for x in at or [] for activation in subject.activations]
    drawn = graphs_on(subject.activations, subject.interval, drawing.terminal(), order)

    def picture() -> "Picture":
        from actcli.views.plot import plot_picture

        return plot_picture(
            drawn,
            spots,
            of=acts[0] if alone else subject.title,
            interval=subject.interval,
            points=subject.points,
            values=subject.values,
            source=subject.source,
            caveat=subject.caveat,
            family=alone,
        )

    print_report(
        output_format,
        lambda terminal: _painted(picture(), terminal, drawing),
        document=lambda: _document(thinned(drawn), spots, subject.interval),
        records=lambda: _records(thinned(drawn)),
        drawing=drawing,
        picture=picture,
    )


def _painted(picture: "Picture", terminal: "Terminal", drawing: Drawing) -> str:
    from actcli.views.picture.terminal import paint

    return paint(picture, terminal, drawing.lines, strict=True)


@dataclass(frozen=True, eq=False)
class _Subject:
    """The curves and their interval.

    points, values, source: the user's own x, values of each activation there, and the file
    caveat:                 a warning against a wrong reading of the picture
    """

    title: str
    activations: Sequence[Elementwise]
    interval: tuple[float, float]
    points: GivenPoints | None = None
    values: Sequence[Array] = ()
    source: str = ""
    caveat: str | None = None


def _subject(
    activations: Sequence[Elementwise | RowWise],
    interval: tuple[float, float] | None,
    at: Sequence[float],
    path: str | None,
    table: TableOptions,
) -> _Subject:
    for activation in activations:
        if isinstance(activation, RowWise):
            if len(activations) > 1:
                raise InputError(
                    f"{activation.name} acts on whole rows: its outputs are drawn alone, without other activations"
                )
            return _rowwise_subject(activation, interval, at, path, table)
    if interval is not None:
        curves_over(activations, *interval)
    points = None if path is None else _points(path, table, interval)
    seen = [*at] if points is None else [*at, points.low, points.high]
    interval = _interval(interval, at, seen)
    curves = curves_over(activations, *interval)
    values = [curve(points.x) for curve in curves] if points else []
    return _Subject(", ".join(curve.label for curve in curves), curves, interval, points, values, path or "")


def _rowwise_subject(
    activation: RowWise,
    interval: tuple[float, float] | None,
    at: Sequence[float],
    path: str | None,
    table: TableOptions,
) -> _Subject:
    """A row-wise activation: its outputs over the last score of a row."""
    from actcli.core.activations.rows import EXAMPLE, check_row, row_text, swept
    from actcli.core.analysis.properties import describe_rows

    fixed, points = EXAMPLE, None
    values: Sequence[Array] = ()
    if path is not None:
        row = _row(path, table)
        fixed = check_row(activation, row)
        points = gathered([row[-1:]])
        values = [np.array([y]) for y in activation(row).tolist()]
    interval = _interval(interval, at, [*at, points.low] if points else at)
    outputs = curves_over(swept(activation, fixed), *interval)
    caveat = describe_rows(activation).caveat
    caveat = caveat and f"{caveat} --show calibration draws it."
    return _Subject(row_text(activation, fixed), outputs, interval, points, values, caveat=caveat)


def _interval(interval: tuple[float, float] | None, at: Sequence[float], seen: Sequence[float]) -> tuple[float, float]:
    """The user's interval; otherwise the default, widened to include all marked points."""
    for x in at:
        if not math.isfinite(x):
            raise InputError(f"--at takes finite numbers, not {x:g}")
        if interval is not None and not interval[0] <= x <= interval[1]:
            raise InputError(f"--at {x:g} lies outside of the range from {interval[0]:g} to {interval[1]:g}")
    if interval is not None:
        return interval
    finite = [x for x in seen if math.isfinite(x)]
    return min([DEFAULT_RANGE[0], *finite]), max([DEFAULT_RANGE[1], *finite])


def _points(path: str, table: TableOptions, interval: tuple[float, float] | None) -> GivenPoints:
    from actcli.streams.reading import open_numbers

    with open_numbers((), None, path, table=table) as source:
        return gathered((block.values for block in source.blocks()), interval)


def _row(path: str, table: TableOptions) -> Array:
    from actcli.streams.reading import open_numbers

    with open_numbers((), None, path, rowwise=True, table=table) as source:
        rows: list[Array] = [row for block in source.blocks() for row in block.values if row.size]
    if len(rows) != 1:
        raise InputError(f"{path}: one row of scores is drawn, not {len(rows)}")
    return rows[0]


def _curves(drawn: Sequence[Graph]) -> list[tuple[Graph, int]]:
    return [(graph, order) for order in range(len(drawn[0].derivatives)) for graph in drawn]


def _document(drawn: Sequence[Graph], spots: Sequence[Spot], interval: tuple[float, float]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "range": interval,
        "curves": [
            {"activation": graph.activation, "order": order, "x": graph.x, "y": graph.derivatives[order]}
            for graph, order in _curves(drawn)
        ],
    }
    if spots:
        found["points"] = [
            {"activation": spot.activation, "x": spot.x, "derivatives": spot.derivatives, "kink": spot.kink}
            for spot in spots
        ]
    return found


def _records(drawn: Sequence[Graph]) -> tuple[list[str], Iterable[tuple[float, ...]]]:
    from actcli.views.notation import primed

    columns = [graph.derivatives[order].tolist() for graph, order in _curves(drawn)]
    header = ["x", *(primed(graph.activation, order) for graph, order in _curves(drawn))]
    return header, zip(drawn[0].x.tolist(), *columns, strict=True)


def _run_density(activations: Sequence[Elementwise | RowWise], drawing: Drawing, output_format: str) -> None:
    """Run with --show density: the picture, or probabilities of bins and atoms."""
    from actcli.core.activations.rows import swept
    from actcli.core.analysis.density import pushforward
    from actcli.views.density import density_picture, drawn_over

    # A row-wise activation: its outputs over the last score.
    curves = [(each,) if isinstance(each, Elementwise) else swept(each) for each in activations]
    before, pushforwards = pushforward(IDENTITY), [pushforward(curve) for curve in chain(*curves)]
    intervals = drawn_over(before, pushforwards)[1:]
    title = f"a standard normal before and after {', '.join(activation.label for activation in activations)}"
    print_report(
        output_format,
        lambda terminal: _painted(density_picture(before, pushforwards, title=title), terminal, drawing),
        document=lambda: {"density": [*map(_density, pushforwards, intervals)]},
        records=lambda: (
            ("activation", "low", "high", "probability"),
            [row for each, interval in zip(pushforwards, intervals, strict=True) for row in _rows(each, interval)],
        ),
        drawing=drawing,
        picture=lambda: density_picture(before, pushforwards, title=title),
    )


def _run_calibration(activations: Sequence[Elementwise | RowWise], drawing: Drawing, output_format: str) -> None:
    """Run with --show calibration: the picture, or the bins of confidence."""
    from actcli.core.lessons.calibration import calibrate

    (activation, *others) = activations
    if others or not isinstance(activation, RowWise):
        raise InputError(
            "--show calibration takes one activation that makes probabilities of rows: "
            "`actcli plot softmax --show calibration`"
        )
    found = calibrate(activation)

    def picture() -> "Picture":
        from actcli.views.calibration import calibration_picture

        return calibration_picture(found)

    print_report(
        output_format,
        lambda terminal: _painted(picture(), terminal, drawing),
        document=lambda: {"calibration": asdict(found)},
        records=lambda: (
            ("low", "high", "count", "confidence", "accuracy"),
            zip(found.edges[:-1], found.edges[1:], found.count, found.confidence, found.accuracy, strict=True),
        ),
        drawing=drawing,
        picture=picture,
    )


def _density(each: "Pushforward", interval: tuple[float, float]) -> dict[str, Any]:
    from actcli.views.density import bins

    histogram = bins(each, interval)
    return {
        "activation": each.activation.label,
        "mean": each.mean,
        "standard_deviation": each.deviation,
        "atoms": [{"value": value, "probability": probability} for value, probability in each.atoms],
        "undefined": each.undefined,
        "edges": histogram.edges,
        "probability": histogram.probability,
        "below": histogram.below,
        "above": histogram.above,
    }


def _rows(each: "Pushforward", interval: tuple[float, float]) -> list[tuple[object, ...]]:
    """One row per bin; an atom is a bin of width 0."""
    document = _density(each, interval)
    edges, probability = document["edges"].tolist(), document["probability"].tolist()
    bins = zip(edges[:-1], edges[1:], probability, strict=True)
    atoms = [(value, value, probability) for value, probability in each.atoms]
    return [(each.activation.label, *row) for row in sorted([*bins, *atoms])]
