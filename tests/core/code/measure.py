"""Measures the emitted code of the catalogue with its target: `python -m tests.core.code.measure torch jax c`.

Prints the lines of actcli/core/code/figures.txt. Results that a target flushes to zero are not counted.
"""

import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from actcli.core.code.functions import sample
from actcli.core.code.measurement import accuracy
from tests.core.code.targets import elementwise_names, from_core, functions_of, with_c, with_jax, with_torch
from tests.narrow import elementwise

TINY = 2.3e-308


def main(targets: list[str]) -> None:
    several = {name: functions_of(name) for name in elementwise_names()}
    x = sample()
    for target in targets:
        if target == "torch":
            import torch

            version = f"PyTorch {torch.__version__.partition('+')[0]}"
            run = {name: with_torch(f) for name, f in several.items()}
        elif target == "jax":
            import jax

            version, run = f"JAX {jax.__version__}", {name: with_jax(f) for name, f in several.items()}
        else:
            gcc = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True)
            version = f"GCC {gcc.stdout.strip()}"
            with tempfile.TemporaryDirectory() as folder:
                run = with_c(several, Path(folder))
        for name in several:
            figures = []
            for order, computed in enumerate(run[name](x)):
                exact = from_core(elementwise(name), order)(x)
                flushed = target == "jax" and np.abs(exact.exact) < TINY
                found = accuracy(x, computed, exact, bool(order), flushed)
                if found.missing or found.beyond:
                    raise SystemExit(f"{target}, {name}: {found}")
                figures.append(f"{math.ceil(100.0 * found.ulp) / 100.0:g}")
            print(" | ".join([target, version, name, *figures]))


if __name__ == "__main__":
    main(sys.argv[1:])
