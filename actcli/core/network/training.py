"""Training by gradient descent, with the norms of gradients and signals at each step."""

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
    """Measurements of one forward and backward pass; layers from the first hidden one to the output.

    number:                number of weight updates before this step
    loss:                  on this step's batch
    weight_gradient_norms: Frobenius norms of the loss's gradient with respect to each layer's weights
    signal_norms:          the same with respect to each layer's pre-activations over the batch
    update:                vector added to the parameters after this step; None: no update
    """

    number: int
    loss: float
    weight_gradient_norms: tuple[float, ...]
    signal_norms: tuple[float, ...]
    update: Array | None = field(default=None, compare=False, repr=False)


def measure(
    network: Network, batch: Batch, loss: Loss, number: int = 0, watch: Watch | None = None
) -> tuple[Step, Gradients]:
    """Forward pass, loss and backward pass on one batch (inputs, targets). watch: called with the forward pass."""
    gradient, signals = network.parameters.like(), list[Array]()
    step = _measured(network, batch, loss, number, watch, gradient, signals.append)
    return step, Gradients(gradient, signals[::-1])


@np.errstate(all="ignore")  # a run that diverges overflows to inf and nan; its loss shows it, and training ends
def _measured(
    network: Network,
    batch: Batch,
    loss: Loss,
    number: int,
    watch: Watch | None,
    gradient: Parameters,
    keep: Callable[[Array], object] = lambda signal: None,
) -> Step:
    """Measure a step and set `gradient`. A signal that is not kept frees its memory for the next one."""
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
    """Add the optimizer's update to the parameters, in place, and return it."""
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
    """One step per batch, yielded after its update; ends with the batches, or when the loss is not finite.

    watch: step number -> function called with that step's forward pass, or None
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
    """Endless batches of `size` points, shuffled in each epoch; an incomplete last batch is skipped."""
    size = min(size, len(inputs))
    while True:
        order = generator.permutation(len(inputs))
        for start in range(0, len(inputs) - size + 1, size):
            chosen = order[start : start + size]
            yield inputs[chosen], targets[chosen]


def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next step: a step of 20 x 64 units takes a third less time.

    By default glibc returns large blocks to the system at once, and the next step pays for page faults. After one
    block of up to 32 MB is freed, it keeps up to twice that size. Other C libraries are not affected.
    """
    np.empty(31 << 20, dtype=np.uint8)


def frobenius_norm(array: Array) -> float:
    """sqrt(Σ a²), also where the squares overflow or underflow: a signal may be 1e-200."""
    norm = math.sqrt(np.vdot(array, array))
    safe = _SAFE[array.dtype]
    return norm if safe < norm < 1 / safe else _scaled_norm(array)


@np.errstate(all="ignore")  # terms that underflow beside the largest are negligible
def _scaled_norm(array: Array) -> float:
    largest = float(np.abs(array).max())
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(array.astype(np.float64) / largest))


_SAFE = {np.dtype(kind): float(np.finfo(kind).tiny) ** 0.4 for kind in (np.float32, np.float64)}
"""Norms between this and its inverse have squares far from overflow and underflow."""
