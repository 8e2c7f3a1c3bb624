"""Measured speed and accuracy of actcli, with their bounds: one table of ratios.

    python -m tests.benchmarks [--python PYTHON_WITH_TORCH] [--only NAME,...]

Each part is a separate program with the method in its docstring. Exit code 1: a bound is broken.
"""

import argparse
import datetime
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the program

import numpy as np

import actcli
from tests.benchmarks import accuracy, npy, peers, rivals, startup, text, throughput, training
from tests.benchmarks.figures import Figure, report


def machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    processor = names[0] if names else platform.processor() or platform.machine()
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"{today}, {processor}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, actcli {actcli.__version__}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="a Python that can import torch")
    parser.add_argument("--only", default="startup,text,npy,throughput,training,peers,torch,rivals,accuracy")
    options = parser.parse_args()
    parts: dict[str, Callable[[], list[Figure]]] = {
        "startup": startup.measured,
        "text": text.measured,
        "npy": npy.measured,
        "throughput": throughput.extremes,
        "training": training.step,
        "peers": lambda: peers.measured(options.python),
        "torch": lambda: training.beside_torch(options.python),
        "rivals": lambda: rivals.measured(options.python),
        "accuracy": accuracy.measured,
    }
    found = []
    for name in options.only.split(","):
        print(f"{name} ...", file=sys.stderr)
        found += parts[name]()
    print(machine(), end="\n\n")
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
