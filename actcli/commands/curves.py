"""What plot, compare and describe share: activations as curves over an interval."""

from collections.abc import Sequence

from actcli.core.activation import Activation
from actcli.core.analysis.graph import Graph, graphs
from actcli.views.curve import sample_points
from actcli.views.terminal import Terminal


def graphs_on(
    activations: Sequence[Activation], interval: tuple[float, float], terminal: Terminal, order: int = 0
) -> tuple[Graph, ...]:
    """Each activation with its derivatives at the points that a chart on this terminal wants, and where it breaks."""
    return graphs(activations, sample_points(interval, terminal), order)
