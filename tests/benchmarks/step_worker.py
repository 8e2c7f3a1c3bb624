"""Training steps of one library, on demand: peers.py runs this file in a Python that has the library.

    python tests/benchmarks/step_worker.py PEER THREADS

Prints "ready", then reads lines "ACTIVATION DTYPE STEPS" and answers each with the seconds of each step. 20 hidden
layers of 64 units, one output, batches of 128 points of two features, plain gradient descent. The code for PyTorch, JAX
and scikit-learn is the usual one: forward pass, loss, backward pass, update.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

PEER, THREADS = sys.argv[1], sys.argv[2]
for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ[f"{library}_NUM_THREADS"] = THREADS

LAYERS, WIDTH, BATCH, RATE = 20, 64, 128, 0.01
Stepper = Callable[[], object]


def of_actcli(activation: str, dtype: str) -> Stepper:
    from actcli.core.activations.catalogue import resolve
    from actcli.core.depth.config import DepthConfig
    from actcli.core.depth.experiment import DepthExperiment

    steps = iter(DepthExperiment(resolve(activation), DepthConfig(steps=10**9, dtype=dtype)))
    return lambda: next(steps)


def of_products(activation: str, dtype: str) -> Stepper:
    """Only the matrix products of a step: forward, signals, weight gradients."""
    import numpy as np

    draw = np.random.default_rng(0).normal
    sizes = [2, *[WIDTH] * LAYERS, 1]
    weights = [draw(size=(sizes[i], sizes[i + 1])).astype(dtype) for i in range(LAYERS + 1)]
    inputs = [draw(size=(BATCH, len(w))).astype(dtype) for w in weights]
    signals = [draw(size=(BATCH, w.shape[1])).astype(dtype) for w in weights]
    gradients = [np.empty_like(w) for w in weights]

    def step() -> None:
        for h, w in zip(inputs, weights, strict=True):
            h @ w
        for signal, w in zip(signals[1:], weights[1:], strict=True):
            signal @ w.T
        for h, signal, gradient in zip(inputs, signals, gradients, strict=True):
            np.matmul(h.T, signal, out=gradient)

    return step


def of_torch(activation: str, dtype: str, compiled: bool = False) -> Stepper:
    import torch
    from torch import nn

    torch.set_num_threads(int(THREADS))
    torch.set_default_dtype(getattr(torch, dtype))
    torch.manual_seed(0)
    bends = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU}
    sizes = [2, *[WIDTH] * LAYERS]
    hidden = [m for i in range(LAYERS) for m in (nn.Linear(sizes[i], sizes[i + 1]), bends[activation]())]
    model: Any = nn.Sequential(*hidden, nn.Linear(WIDTH, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    run = torch.compile(model) if compiled else model
    loss_function = nn.BCEWithLogitsLoss()
    inputs, targets = torch.randn(BATCH, 2), (torch.rand(BATCH, 1) > 0.5).to(getattr(torch, dtype))

    def step() -> None:
        optimizer.zero_grad()
        loss_function(run(inputs), targets).backward()
        optimizer.step()

    step()
    return step


def of_jax(activation: str, dtype: str) -> Stepper:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    bends: dict[str, Any] = {
        "relu": jax.nn.relu,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    }
    keys, sizes = jax.random.split(jax.random.key(0), LAYERS + 3), [2, *[WIDTH] * LAYERS, 1]
    layers = [
        (jax.random.normal(keys[i], (sizes[i], sizes[i + 1]), dtype) / sizes[i] ** 0.5, jnp.zeros(sizes[i + 1], dtype))
        for i in range(LAYERS + 1)
    ]
    inputs = jax.random.normal(keys[-1], (BATCH, 2), dtype)
    targets = (jax.random.uniform(keys[-2], (BATCH, 1)) > 0.5).astype(dtype)

    def loss(layers: Any) -> Any:
        h = inputs
        for w, b in layers[:-1]:
            h = bends[activation](h @ w + b)
        z = h @ layers[-1][0] + layers[-1][1]
        return (jnp.logaddexp(0.0, z) - targets * z).mean()

    def descended(layers: Any) -> Any:
        return jax.tree.map(lambda parameter, slope: parameter - RATE * slope, layers, jax.grad(loss)(layers))

    update = jax.jit(descended)

    state = [update(layers)]

    def step() -> None:
        state[0] = jax.block_until_ready(update(state[0]))

    return step


def of_sklearn(activation: str, dtype: str) -> Stepper:
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    name = {"relu": "relu", "sigmoid": "logistic", "tanh": "tanh"}[activation]
    model = MLPClassifier(
        (WIDTH,) * LAYERS, activation=name, solver="sgd", alpha=0.0, batch_size=BATCH, momentum=0.0,
        learning_rate_init=RATE, random_state=0,
    )  # fmt: skip
    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(BATCH, 2)).astype(dtype), np.arange(BATCH) % 2
    model.partial_fit(inputs, targets, classes=[0, 1])
    return lambda: model.partial_fit(inputs, targets)


PEERS: dict[str, Callable[[str, str], Stepper]] = {
    "actcli": of_actcli,
    "products": of_products,
    "torch": of_torch,
    "compiled": lambda activation, dtype: of_torch(activation, dtype, compiled=True),
    "jax": of_jax,
    "sklearn": of_sklearn,
}
NEEDS = {"products": "numpy", "compiled": "torch"}


def main() -> None:
    __import__(NEEDS.get(PEER, PEER))
    made: dict[tuple[str, str], Stepper | None] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        activation, dtype, steps = line.split()
        if (activation, dtype) not in made:
            try:
                made[activation, dtype] = PEERS[PEER](activation, dtype)
            except Exception as error:  # no such activation, or no compiler: left out
                print(f"{PEER}, {activation}: {type(error).__name__}", file=sys.stderr)
                made[activation, dtype] = None
        step, seconds = made[activation, dtype], []
        for _ in range(int(steps) + 1 if step else 0):
            start = time.perf_counter()
            assert step is not None
            step()
            seconds.append(time.perf_counter() - start)
        print(*seconds[1:], flush=True)  # the first step refills the cache after the other libraries' turns


if __name__ == "__main__":
    main()
