"""Time of a training step, relative to its matrix products and to PyTorch, and its gradients compared with PyTorch's.

    python -m tests.benchmarks.training [--python PYTHON_WITH_TORCH] [--repeats 15] [--only NAME,...]

step:      time of a step of gradient-depth (20 x 64 units, batch 128), relative to its matrix products alone
layers:    time per layer of a step, with 20, 100 and 1,000 layers
steps:     time per step of a run, with 100, 200, 500 and 1,000 steps
process:   `actcli gradient-depth` as a whole process relative to torch_training.py, on all of torch's threads and on
           one, for sigmoid and relu, with and without AVX-512 if the machine has it (kinds.py)
gradients: the largest difference from torch.autograd in a layer, relative to the layer's largest gradient

Compared programs are timed in turns, so that other load affects both; a ratio is the median over the turns. Runs and
processes take a fifth and a third of the repeats. The last two measurements need PyTorch, in this Python or in another.
Exit code 1: a bound is broken: a process less than 4 times faster than PyTorch, a gradient further from autograd than
1e-9. The bounds of a step are in peers.py.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the program
os.environ.setdefault("MKL_NUM_THREADS", "1")

import numpy as np

from actcli.core.activations.catalogue import resolve
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.losses import LOSSES
from actcli.core.network.normalisation import AXES
from actcli.core.network.training import measure
from tests.benchmarks.figures import Figure, report
from tests.benchmarks.kinds import kinds
from tests.benchmarks.processes import ENVIRONMENT, PROGRAM

HERE = Path(__file__).parent
REPEATS = 15
FASTER, DIFFERENCE = 1 / 4, 1e-9
NEED_TORCH = {"process", "gradients"}
ENDLESS = 10**9


def turns(
    repeats: int, *functions: Callable[[], object], clock: Callable[[], float] = time.process_time
) -> list[list[float]]:
    """CPU seconds of each function in each turn, after a warm-up turn."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats + 1):
        for function, found in zip(functions, times, strict=True):
            start = clock()
            function()
            found.append(clock() - start)
    return [found[1:] for found in times]


def ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


# --- one machine ------------------------------------------------------------------------------------------------------


def stepper(activation: str, layers: int = DepthConfig.layers, at_once: int = 1) -> Callable[[], object]:
    """Function that runs training steps as in the command."""
    steps = iter(DepthExperiment(resolve(activation), DepthConfig(layers=layers, steps=ENDLESS)))
    return lambda: [next(steps) for _ in range(at_once)]


def matrix_products(activation: str) -> Callable[[], object]:
    """Function that computes the matrix products of a step: forward, signals, weight gradients."""
    experiment = DepthExperiment(resolve(activation), DepthConfig())
    weights = experiment.network.parameters.weights
    generator, batch = np.random.default_rng(0), experiment.config.batch
    inputs = [generator.normal(size=(batch, len(w))) for w in weights]
    signals = [generator.normal(size=(batch, w.shape[1])) for w in weights]
    gradients = [np.empty_like(w) for w in weights]

    def run() -> None:
        for h, w in zip(inputs, weights, strict=True):
            h @ w
        for signal, w in zip(signals[1:], weights[1:], strict=True):
            signal @ w.T
        for h, signal, gradient in zip(inputs, signals, gradients, strict=True):
            np.matmul(h.T, signal, out=gradient)

    return run


def step(repeats: int = REPEATS) -> list[Figure]:
    found = []
    for activation in ("relu", "sigmoid", "tanh", "gelu"):
        steps, products = turns(20 * repeats, stepper(activation), matrix_products(activation))
        what = f"a training step of 20 x 64 {activation} units"
        found.append(Figure(what, "its matrix products", ratio(steps, products), seconds=statistics.median(steps)))
    return found


def layers(repeats: int = REPEATS) -> list[Figure]:
    counts, found = (20, 100, 1000), []
    for activation in ("relu", "sigmoid"):
        # 1,000 layers in each turn: long enough to be timed.
        times = turns(repeats, *[stepper(activation, count, counts[-1] // count) for count in counts])
        for count, these in zip(counts[1:], times[1:], strict=True):
            what, each = f"each of {count} {activation} layers in a step", statistics.median(these) / counts[-1]
            found.append(Figure(what, f"each of {counts[0]}", ratio(these, times[0]), seconds=each))
    return found


def steps(repeats: int = REPEATS) -> list[Figure]:
    counts = (100, 200, 500, 1000)

    def run(count: int) -> Callable[[], object]:
        def whole() -> None:
            experiment = DepthExperiment(resolve("sigmoid"), DepthConfig(steps=count))
            for _ in experiment:
                pass
            experiment.result()

        return whole

    times = turns(max(1, repeats // 5), *map(run, counts))
    each = [[time / count for time in found] for found, count in zip(times, counts, strict=True)]
    return [
        Figure(
            f"each of {count} steps", f"each of {counts[0]}", ratio(found, each[0]), seconds=statistics.median(found)
        )
        for count, found in zip(counts[1:], each[1:], strict=True)
    ]


# --- beside PyTorch ---------------------------------------------------------------------------------------------------


def has_torch(python: str) -> bool:
    """Whether a Python can import a module; a message on stderr if not."""
    found = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode == 0
    if not found:
        print(f"{python} cannot import torch, so there is nothing of it below; see --python", file=sys.stderr)
    return found


def process(python: str, repeats: int = REPEATS) -> list[Figure]:
    """`actcli gradient-depth` as a process relative to the script in PyTorch, on each kind of processor."""
    script, figures = str(HERE / "torch_training.py"), list[Figure]()
    for (kind, environment), activation in itertools.product(kinds().items(), ("sigmoid", "relu")):

        def run(*command: str, environment: Mapping[str, str] = environment) -> Callable[[], object]:
            return lambda: subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

        ours = run(PROGRAM, "gradient-depth", "--act", activation, "--format", "json")
        theirs = {
            "the same in PyTorch": run(python, script, activation),
            "PyTorch on one thread": run(python, script, activation, "1"),
            "import torch": run(python, "-c", "import torch"),
        }
        found, *others = turns(max(1, repeats // 3), ours, *theirs.values(), clock=time.perf_counter)
        what = f"actcli gradient-depth --act {activation}, {kind}"
        figures += [
            Figure(what, name, ratio(found, times), bound, statistics.median(found))
            for (name, bound), times in zip(zip(theirs, (FASTER, FASTER, None), strict=True), others, strict=True)
        ]
    return figures


def gradients(python: str) -> list[Figure]:
    activations = ("relu", "sigmoid", "tanh", "gelu")
    data = {"binary_cross_entropy": "spirals", "cross_entropy": "blobs", "mean_squared_error": "sine"}
    cases = list(itertools.product(LOSSES, (None, *AXES), (False, True)))
    given, ours = {}, {}
    for (loss, norm, residual), activation in itertools.product(cases, activations):
        config = DepthConfig(layers=8, width=32, data=data[loss], norm=norm, residual=residual)
        experiment = DepthExperiment(resolve(activation), config)
        assert experiment.loss_name == loss
        case = f"{loss} {norm} {residual} {activation}"
        parameters = experiment.network.parameters
        _, computed = measure(experiment.network, experiment.first_batch, experiment.loss)
        given[f"{case}/settings"] = np.array([activation, loss, norm or "none", str(residual)])
        given[f"{case}/inputs"], given[f"{case}/targets"] = experiment.first_batch
        for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True), 1):
            given[f"{case}/W{layer}"], given[f"{case}/b{layer}"] = w, b
        ours[case] = list(zip(computed.parameters.weights, computed.parameters.biases, strict=True))
    with tempfile.TemporaryDirectory() as directory:
        networks, answer = (str(Path(directory) / name) for name in ("networks.npz", "gradients.npz"))
        np.savez(networks, **given)  # type: ignore[arg-type]  # no case is called allow_pickle
        subprocess.run([python, str(HERE / "torch_gradients.py"), networks, answer], env=ENVIRONMENT, check=True)
        with np.load(answer) as loaded:
            theirs = dict(loaded)

    def largest(case: str) -> float:
        return max(
            max(np.abs(gw - theirs[f"{case}/gW{layer}"]).max(), np.abs(gb - theirs[f"{case}/gb{layer}"]).max())
            / max(np.abs(theirs[f"{case}/gW{layer}"]).max(), np.abs(theirs[f"{case}/gb{layer}"]).max())
            for layer, (gw, gb) in enumerate(ours[case], 1)
        )

    return [
        Figure(
            f"a gradient of {loss}, norm {norm or 'none'}{', residual' * residual}: largest relative difference",
            "torch.autograd",
            max(largest(f"{loss} {norm} {residual} {activation}") for activation in activations),
            DIFFERENCE,
        )
        for loss, norm, residual in cases
    ]


def beside_torch(python: str) -> list[Figure]:
    """Figures of the processes and of the worst gradient; none without torch."""
    return [*process(python), max(gradients(python), key=lambda figure: figure.ratio)] if has_torch(python) else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="a Python that can import torch")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--only", default="step,layers,steps,process,gradients")
    options = parser.parse_args()
    measurements: dict[str, Callable[[], list[Figure]]] = {
        "step": lambda: step(options.repeats),
        "layers": lambda: layers(options.repeats),
        "steps": lambda: steps(options.repeats),
        "process": lambda: process(options.python, options.repeats),
        "gradients": lambda: gradients(options.python),
    }
    names = options.only.split(",")
    if NEED_TORCH & set(names) and not has_torch(options.python):
        names = [name for name in names if name not in NEED_TORCH]
    return report([figure for name in names for figure in measurements[name]()])


if __name__ == "__main__":
    sys.exit(main())
