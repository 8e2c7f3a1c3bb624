"""Training: measure the gradient on a batch, take a step against it, say what was seen, go on."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from actcli.core.arrays import Array
from actcli.core.network.losses import Loss
from actcli.core.network.mlp import ForwardPass, Gradients, Network, Parameters, forward, signals_down
from actcli.core.network.optimizers import Optimizer

Batch = tuple[Array, Array]
Watch = Callable[[ForwardPass], None]


@dataclass(frozen=True)
class Step:
    """What one forward and backward pass showed, layer by layer from the first hidden layer to the output.

    number:                how many weight updates the network had had before
    loss:                  on this step's batch
    weight_gradient_norms: Frobenius norm of the loss's gradient with respect to the layer's weights
    signal_norms:          the same with respect to the layer's pre-activations over the batch
    update:                what was then added to the vector of parameters; None where nothing was
    """

    number: int
    loss: float
    weight_gradient_norms: tuple[float, ...]
    signal_norms: tuple[float, ...]
    update: Array | None = field(default=None, compare=False, repr=False)


# A run that diverges overflows to inf and nan; its loss says so, and training stops there.
def measure(
    network: Network, batch: Batch, loss: Loss, number: int = 0, watch: Watch | None = None
) -> tuple[Step, Gradients]:
    """Forward pass, loss and backward pass on one batch of (inputs, targets). watch: sees the forward pass."""
    gradient, signals = network.parameters.like(), list[Array]()
    step = _measured(network, batch, loss, number, watch, gradient, signals.append)
    return step, Gradients(gradient, signals[::-1])


@np.errstate(all="ignore")  # as above
def _measured(
    network: Network,
    batch: Batch,
    loss: Loss,
    number: int,
    watch: Watch | None,
    gradient: Parameters,
    keep: Callable[[Array], object] = lambda signal: None,
) -> Step:
    """Sets `gradient`. A signal that is not kept is gone when its norm is known: its memory serves the next one."""
    inputs, targets = batch
    passed = forward(network, inputs)
    if watch is not None:
        watch(passed)
    value, output_gradient = loss(passed.output, targets)
    norms = []
    for signal in signals_down(network, passed, output_gradient, gradient):
        norms.append(frobenius_norm(signal))
        keep(signal)
    return Step(number, value, tuple(map(frobenius_norm, gradient.weights)), tuple(reversed(norms)))


@np.errstate(all="ignore")  # as above
def descend(network: Network, gradients: Gradients, optimizer: Optimizer) -> Array:
    """Move all parameters, in place, by the optimizer's update, which is returned."""
    update = optimizer(gradients.parameters.vector)
    vector = network.parameters.vector
    vector += update
    return update


def train(
    network: Network,
    batches: Iterable[Batch],
    loss: Loss,
    optimizer: Optimizer,
    watch: Callable[[int], Watch | None] = lambda number: None,
) -> Iterator[Step]:
    """One step a batch, yielded after its update; ends with the batches, or where the loss is not finite.

    watch: for the number of a step, what sees its forward pass
    """
    _keep_freed_memory()
    gradients = Gradients(network.parameters.like(), [])
    for number, batch in enumerate(batches):
        step = _measured(network, batch, loss, number, watch(number), gradients.parameters)
        if not math.isfinite(step.loss):
            yield step
            return
        yield replace(step, update=descend(network, gradients, optimizer))


def shuffled_batches(inputs: Array, targets: Array, size: int, generator: np.random.Generator) -> Iterator[Batch]:
    """Batches of `size` points without end, shuffled anew each epoch; an incomplete last one is skipped."""
    size = min(size, len(inputs))
    while True:
        order = generator.permutation(len(inputs))
        for start in range(0, len(inputs) - size + 1, size):
            chosen = order[start : start + size]
            yield inputs[chosen], targets[chosen]


def _keep_freed_memory() -> None:
    """Let glibc keep the memory of one step for the next: a third off the time of a step of 20 x 64 units.

    By default glibc hands freed memory back at once, and the next step pays with page faults. Once it has
    seen a large block freed (at most 32 MB), it holds on to twice that size. Elsewhere this does nothing.
    """
    np.empty(31 << 20, dtype=np.uint8)


def frobenius_norm(array: Array) -> float:
    """sqrt(Σ a²), right also where the squares leave the floating-point range: a signal may be 1e-200."""
    norm = math.sqrt(np.vdot(array, array))
    safe = _SAFE[array.dtype]
    return norm if safe < norm < 1 / safe else _scaled_norm(array)


@np.errstate(all="ignore")  # what underflows beside the largest does not count
def _scaled_norm(array: Array) -> float:
    largest = float(np.abs(array).max())
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(array.astype(np.float64) / largest))


_SAFE = {np.dtype(kind): float(np.finfo(kind).tiny) ** 0.4 for kind in (np.float32, np.float64)}
"""Norms between this and its inverse come from squares that are far from both ends of the range."""
