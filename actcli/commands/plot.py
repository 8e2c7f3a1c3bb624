"""actcli plot ACT..."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer

from actcli.commands.numbers import table_options
from actcli.commands.options import (
    DEFAULT_RANGE,
    Acts,
    Ascii,
    Columns,
    Delimiter,
    Height,
    Input,
    Missing,
    OptionalRange,
    Save,
    Width,
)
from actcli.commands.report import graphs_on, screen, show, write_report
from actcli.core.activations.activation import MAX_ORDER, Elementwise, RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.activations.rectifiers import IDENTITY
from actcli.core.analysis.comparison import curves_over
from actcli.core.analysis.graph import Graph, Points, Spot, gathered
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.streams.options import NO_TABLE, TableOptions
from actcli.views.terminal import Terminal

if TYPE_CHECKING:
    from actcli.core.analysis.density import Image

Format = Literal["chart", "plain", "csv", "json"]


def run(
    acts: Acts,
    interval: OptionalRange = None,
    derivative: Annotated[
        int,
        typer.Option(
            "--derivative",
            "-d",
            count=True,
            show_default=False,
            help="The slope too; twice: the second derivative too.",
        ),
    ] = 0,
    at: Annotated[
        list[float] | None,
        typer.Option("--at", metavar="X", help="Mark a point, with value, slope and tangent.", show_default=False),
    ] = None,
    input_path: Input = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    missing: Missing = "error",
    density: Annotated[
        bool, typer.Option("--density", help="A standard normal before and after the activation.")
    ] = False,
    width: Width = None,
    height: Height = None,
    ascii_only: Ascii = False,
    save: Save = None,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="The chart, or the points drawn.")] = "chart",
) -> None:
    """Braille dots on a terminal that has them, ASCII otherwise; the same picture in a pipe, without colour. --at can
    be repeated; --input marks your own points. Of a row-wise activation (softmax) the outputs are drawn while the
    last score sweeps: of the row (2, 1, 0, x), or of the one in the --input file.

    Example: actcli plot gelu --derivative --at 1
    """
    if derivative > MAX_ORDER:
        raise InputError(f"the order must be from 0 to {MAX_ORDER}, not {derivative}")
    if save is not None and output_format != "chart":
        raise InputError("--save writes the chart: leave --format out")
    table = table_options(columns, delimiter, missing)
    if table != NO_TABLE and input_path is None:
        raise InputError(f"{table.given or '--missing'} is for files: give --input FILE")
    activations, terminal = [resolve(act) for act in acts], screen(width, ascii_only)
    if density:
        if derivative or at or input_path is not None or interval is not None:
            raise InputError("--density stands alone: without --range, --derivative, --at and --input")
        _run_density(activations, terminal, height, save, output_format)
        return
    subject = _subject(activations, interval, at or [], input_path, table)
    spots = [Spot.of(activation, x, max(derivative, 1)) for x in at or [] for activation in subject.activations]
    drawn = graphs_on(subject.activations, subject.interval, terminal, derivative)
    if output_format == "chart":
        from actcli.views.plot import plot

        def draw(terminal: Terminal) -> str:
            return plot(
                drawn,
                spots,
                terminal,
                of=subject.title,
                interval=subject.interval,
                height=height,
                points=subject.points,
                values=subject.values,
                source=subject.source,
                caveat=subject.caveat,
            )

        show(draw, terminal, save, subject.title)
    else:
        _print_points(drawn, spots, subject.interval, output_format)


@dataclass(frozen=True, eq=False)
class _Subject:
    """What is drawn, and over which x.

    points, values, source: a user's own x, what each activation makes of them, and where they come from
    caveat:                 what the picture must not be taken for
    """

    title: str
    activations: Sequence[Elementwise]
    interval: tuple[float, float]
    points: Points | None = None
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
    """An activation of whole rows, as its outputs over the last score of a row."""
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
    return _Subject(row_text(activation, fixed), outputs, interval, points, values, caveat=caveat)


def _interval(interval: tuple[float, float] | None, at: Sequence[float], seen: Sequence[float]) -> tuple[float, float]:
    """The user's interval; otherwise the usual one, made as wide as the points that are to be seen on it."""
    for x in at:
        if not math.isfinite(x):
            raise InputError(f"--at takes finite numbers, not {x:g}")
        if interval is not None and not interval[0] <= x <= interval[1]:
            raise InputError(f"--at {x:g} lies outside of the range from {interval[0]:g} to {interval[1]:g}")
    if interval is not None:
        return interval
    finite = [x for x in seen if math.isfinite(x)]
    return min([DEFAULT_RANGE[0], *finite]), max([DEFAULT_RANGE[1], *finite])


def _points(path: str, table: TableOptions, interval: tuple[float, float] | None) -> Points:
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


def _print_points(
    drawn: Sequence[Graph], spots: Sequence[Spot], interval: tuple[float, float], output_format: str
) -> None:
    from actcli.views.notation import primed

    curves = [(graph, order) for order in range(len(drawn[0].derivatives)) for graph in drawn]

    def document() -> dict[str, Any]:
        found: dict[str, Any] = {
            "range": interval,
            "curves": [
                {"activation": graph.activation, "order": order, "x": graph.x, "y": graph.derivatives[order]}
                for graph, order in curves
            ],
        }
        if spots:
            found["points"] = [
                {"activation": spot.activation, "x": spot.x, "derivatives": spot.derivatives, "kink": spot.kink}
                for spot in spots
            ]
        return found

    def records() -> tuple[list[str], Iterable[tuple[float, ...]]]:
        columns = [graph.derivatives[order].tolist() for graph, order in curves]
        header = ["x", *(primed(graph.activation, order) for graph, order in curves)]
        return header, zip(drawn[0].x.tolist(), *columns, strict=True)

    write_report(output_format, document, records)


BINS = 200


def _run_density(
    activations: Sequence[Elementwise | RowWise],
    terminal: Terminal,
    height: int | None,
    save: str | None,
    output_format: str,
) -> None:
    """The chart, or the probabilities of so many bins and the atoms."""
    from actcli.core.activations.rows import swept
    from actcli.core.analysis.density import image
    from actcli.views.density import density_chart

    # Of a row-wise activation its outputs over the last score.
    curves = [(each,) if isinstance(each, Elementwise) else swept(each) for each in activations]
    images = [image(curve) for curve in chain(*curves)]
    if output_format == "chart":
        before = image(IDENTITY)
        title = f"a standard normal before and after {', '.join(activation.label for activation in activations)}"

        def draw(terminal: Terminal) -> str:
            return density_chart(before, images, terminal, title=title, height=height)

        show(draw, terminal, save, title)
    else:
        write_report(
            output_format,
            document=lambda: {"density": [_document(each) for each in images]},
            records=lambda: (
                ("activation", "low", "high", "probability"),
                [row for each in images for row in _rows(each)],
            ),
        )


def _document(each: "Image") -> dict[str, Any]:
    from actcli.views.density import bounds

    histogram = each.histogram(np.linspace(*bounds(each), BINS + 1))
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


def _rows(each: "Image") -> list[tuple[object, ...]]:
    """A bin a row; an atom is a bin of no width."""
    document = _document(each)
    edges, probability = document["edges"].tolist(), document["probability"].tolist()
    bins = zip(edges[:-1], edges[1:], probability, strict=True)
    atoms = [(value, value, probability) for value, probability in each.atoms]
    return [(each.activation.label, *row) for row in sorted([*bins, *atoms])]
