"""Memory does not grow with the input: the limit of the address space is smaller than the input."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.helpers import PATIENCE, PROGRAM, environment

LIMIT = 192 << 10  # KiB, which is less than 26 million float64


def in_little_memory(pipeline: str, *arguments: str) -> str:
    command = ["bash", "-c", f"ulimit -v {LIMIT}; {pipeline}", PROGRAM, *arguments]
    run = subprocess.run(command, capture_output=True, env=environment(), text=True, timeout=PATIENCE, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


@pytest.mark.parametrize("shape", [(26_000_000,), (26_000, 1_000), (1, 26_000_000)])
def test_a_large_array(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "zeros.npy"
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
        file.truncate(file.tell() + 8 * 26_000_000)  # a sparse file
    activation = "softmax" if shape[1:] == (1_000,) else "relu"
    count = in_little_memory(
        '"$0" evaluate "$2" --input "$1" --format npy | tail -c +129 | wc -c', str(path), activation
    )
    assert int(count) == 8 * 26_000_000


@pytest.mark.parametrize("line", ["0.5", "0.5 -1 2"])
def test_an_endless_text(line: str) -> None:
    last = in_little_memory(f"yes '{line}' | \"$0\" evaluate relu | head -n 1000000 | tail -n 1")
    assert [float(word) for word in last.split()] == [max(float(word), 0) for word in line.split()]


def test_an_endless_table() -> None:
    table = "(echo a,b; yes 1,-2)"
    last = in_little_memory(f'{table} | "$0" evaluate relu --column b --append | head -n 300000 | tail -n 1')
    assert last == "1,-2,0.0\n"


def test_an_endless_line() -> None:
    count = in_little_memory('yes 0.5 | tr "\\n" " " | "$0" evaluate relu | head -c 26000000 | wc -c')
    assert int(count) == 26_000_000
