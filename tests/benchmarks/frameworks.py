"""A sample of the results of `audit --against torch`, recomputed: PyTorch called directly, exact results from mpmath.

    python -m tests.benchmarks.frameworks PATH     PATH: an interpreter that has PyTorch

Prints for each line of the sample the largest ULP error of the audit, and the error of the same input recomputed with
formulas of this file and 60 digits. Exit code 1: they differ.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import mpmath

FORMULAS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "gelu": (lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2, "torch.nn.functional.gelu(x)"),
    "silu": (lambda x: x / (1 + mpmath.exp(-x)), "torch.nn.functional.silu(x)"),
    "tanh": (mpmath.tanh, "torch.tanh(x)"),
    "mish": (lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), "torch.nn.functional.mish(x)"),
    "erf": (mpmath.erf, "torch.erf(x)"),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), "torch.nn.functional.softplus(x)"),
    "log_sigmoid": (lambda x: -mpmath.log1p(mpmath.exp(-x)), "torch.nn.functional.logsigmoid(x)"),
}
PRECISION = {"bfloat16": (8, -126), "float16": (11, -14), "float32": (24, -126)}

CALL = """
import json, sys, torch
found = []
for call, dtype, order, x in json.loads(sys.stdin.read()):
    # As many as a vector holds, as PyTorch computes a single number by another path.
    x = torch.full((64,), x, dtype=torch.float64).to(getattr(torch, dtype)).requires_grad_(order == 1)
    y = eval(call)
    y = torch.autograd.grad(y, x, torch.ones_like(y))[0] if order else y
    found.append(y[0].item())
print(json.dumps(found))
"""


def main(python: str) -> int:
    """Print the sample; return 1 if a figure is not confirmed."""
    dtypes = [word for dtype in PRECISION for word in ("--dtype", dtype)]
    line = ["audit", *FORMULAS, "--against", "torch", "--python", python, *dtypes, "-n", "0", "-n", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "actcli", *line, "--format", "json"], capture_output=True, text=True, check=True
    )
    audits = [audit for audit in json.loads(done.stdout)["audits"] if audit["worst_ulp"] is not None]
    places = [(FORMULAS[a["activation"]][1], a["dtype"], a["order"], a["worst_ulp"]["input"]) for a in audits]
    answers = json.loads(
        subprocess.run(
            [python, "-c", CALL], input=json.dumps(places), capture_output=True, text=True, check=True
        ).stdout
    )
    wrong = 0
    mpmath.mp.dps = 60
    for audit, (_, dtype, order, x), actual in zip(audits, places, answers, strict=True):
        found = _ulp(audit["activation"], dtype, order, x, actual)
        same = mpmath.almosteq(found, audit["finite"]["max_ulp"], rel_eps=1e-6)
        wrong += not same
        print(f"{audit['activation']:12} {dtype:9} {order} x = {x!r}: {audit['finite']['max_ulp']:.6g} "
              f"{'confirmed' if same else f'against {float(found):.6g}'}")  # fmt: skip
    return int(wrong > 0)


def _ulp(name: str, dtype: str, order: int, x: float, actual: float) -> Any:
    """|actual - exact| in spacings of the type at the exact result."""
    function = FORMULAS[name][0]
    with mpmath.workdps(400 if order else 120):
        exact = mpmath.diff(function, mpmath.mpf(x), order) if order else function(mpmath.mpf(x))
    precision, smallest = PRECISION[dtype]
    exponent = max(int(mpmath.floor(mpmath.log(abs(exact), 2))), smallest)
    return abs(mpmath.mpf(actual) - exact) / mpmath.ldexp(1, exponent - precision + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
