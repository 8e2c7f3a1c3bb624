"""plot --density: what activations do to a standard normal."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from actcli.commands.pictures import show
from actcli.commands.report import write_report
from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.rectifiers import IDENTITY
from actcli.core.analysis.density import Image, image
from actcli.views.density import bounds, density_chart
from actcli.views.terminal import Terminal

BINS = 200


def run_density(
    activations: Sequence[Elementwise | RowWise],
    terminal: Terminal,
    height: int | None,
    save: str | None,
    output_format: str,
) -> None:
    """The chart, or the probabilities of so many bins and the atoms."""
    images = [image(curve) for activation in activations for curve in _curves(activation)]
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


def _curves(activation: Elementwise | RowWise) -> tuple[Elementwise, ...]:
    """A row-wise activation's outputs over the last score."""
    if isinstance(activation, Elementwise):
        return (activation,)
    from actcli.core.analysis.row_curves import swept

    return swept(activation)


def _document(each: Image) -> dict[str, Any]:
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


def _rows(each: Image) -> list[tuple[object, ...]]:
    """A bin a row; an atom is a bin of no width."""
    document = _document(each)
    edges, probability = document["edges"].tolist(), document["probability"].tolist()
    bins = zip(edges[:-1], edges[1:], probability, strict=True)
    atoms = [(value, value, probability) for value, probability in each.atoms]
    return [(each.activation.label, *row) for row in sorted([*bins, *atoms])]
