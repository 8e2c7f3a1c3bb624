"""Time of a training step relative to its matrix products and to other libraries, with and without AVX-512.

    python -m tests.benchmarks.peers [--python PYTHON] [--turns 40] [--only relu,...] [--of least|median]
                                     [--dtype float64] [--peers actcli,products,torch,...]

20 x 64 units, batch 128. Each library has a process of its own, and the processes take turns of three steps.
`--python` is an interpreter with PyTorch, JAX or scikit-learn; missing libraries are left out. --of least:
the fastest step, which other load affects little; median: of all steps. A machine with AVX-512 measures everything
again without it (kinds.py). Exit code 1: a bound is broken.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.kinds import WITH, kinds

WORKER = str(Path(__file__).with_name("step_worker.py"))
CONTESTANTS = {
    "actcli": ("actcli", 1, "actcli"),
    "products": ("products", 1, "its matrix products"),
    "torch": ("torch", 1, "PyTorch eager"),
    "torch2": ("torch", 2, "PyTorch eager, two threads"),
    "compiled": ("compiled", 1, "PyTorch compiled"),
    "jax": ("jax", 1, "JAX jitted"),
    "sklearn": ("sklearn", 1, "scikit-learn's MLPClassifier"),
}
"""Key -> (peer of step_worker.py, threads, name)."""
OWN = {"actcli", "products"}
ACTIVATIONS = ("relu", "sigmoid", "tanh", "gelu")
STEPS = 3
TURNS = 40


class Worker:
    """A process that takes steps on request."""

    def __init__(self, python: str, peer: str, threads: int, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [python, WORKER, peer, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.ready = self._line() == "ready"

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def steps(self, activation: str, dtype: str) -> list[float]:
        """Seconds of each step; empty if the library cannot."""
        assert self.process.stdin
        print(activation, dtype, STEPS, file=self.process.stdin, flush=True)
        return [float(word) for word in self._line().split()]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def times(
    python: str, peers: Sequence[str], activation: str, dtype: str, turns: int, environment: Mapping[str, str]
) -> dict[str, list[float]]:
    """Seconds of each available contestant, measured in turns."""
    found: dict[str, list[float]] = {}
    workers = {}
    for key in peers:
        peer, threads, _ = CONTESTANTS[key]
        worker = Worker(sys.executable if key in OWN else python, peer, threads, environment)
        if worker.ready and worker.steps(activation, dtype):
            workers[key] = worker
            found[key] = []
        else:
            worker.end()
    try:
        for _ in range(turns):
            for key, worker in workers.items():
                found[key] += worker.steps(activation, dtype)
    finally:
        for worker in workers.values():
            worker.end()
    return found


def bounds(kind: str, activation: str) -> dict[str, float]:
    """Contestant -> largest ratio of actcli's step to its step."""
    wide = kind == WITH
    beside_products = {} if activation == "gelu" else {"products": 1.6 if wide else 2.5}
    return {**beside_products, "torch": 1 / 2 if wide else 1 / 1.3, "torch2": 1 / 2 if wide else 1 / 1.3}


def measured(
    python: str = sys.executable,
    activations: Sequence[str] = ACTIVATIONS,
    turns: int = TURNS,
    of: str = "least",
    dtype: str = "float64",
    peers: Sequence[str] = tuple(CONTESTANTS),
) -> list[Figure]:
    """One figure per kind, activation and contestant."""
    measure = min if of == "least" else statistics.median
    figures = []
    for kind, environment in kinds().items():
        for activation in activations:
            found = {key: measure(t) for key, t in times(python, peers, activation, dtype, turns, environment).items()}
            own = found.pop("actcli")
            limits = bounds(kind, activation) if dtype == "float64" else {}
            what = f"a step of 20 x 64 {activation} units in {dtype}, {kind}"
            figures += [
                Figure(what, CONTESTANTS[key][2], own / seconds, limits.get(key), own) for key, seconds in found.items()
            ]
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="a Python that can import the libraries")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--only", default=",".join(ACTIVATIONS))
    parser.add_argument("--of", choices=("least", "median"), default="least")
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--peers", default=",".join(CONTESTANTS))
    options = parser.parse_args()
    only, peers = options.only.split(","), options.peers.split(",")
    return report(measured(options.python, only, options.turns, options.of, options.dtype, peers))


if __name__ == "__main__":
    sys.exit(main())
