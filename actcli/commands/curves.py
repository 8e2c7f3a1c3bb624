"""What plot and compare share: activations as curves over an interval."""

from collections.abc import Sequence

from actcli.core.activation import Activation
from actcli.views.curve import Curve, sample_points
from actcli.views.terminal import Terminal


def sampled(activations: Sequence[Activation], interval: tuple[float, float], terminal: Terminal) -> list[Curve]:
    """Each activation at the points that a chart on this terminal wants, their kinks among them."""
    x = sample_points(interval, terminal, kinks=[kink for activation in activations for kink in activation.kinks()])
    return [Curve(activation.label, x, activation(x)) for activation in activations]
