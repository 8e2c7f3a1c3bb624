"""Whole processes, timed in turns."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("actcli"))
# Without variables for the number of threads; with bytecode files, as for an installed program.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.endswith("_NUM_THREADS") and name != "PYTHONDONTWRITEBYTECODE"
}


def medians(
    commands: Mapping[str, Sequence[str]], repeats: int, stdin: Path | None = None, outputs: Sequence[Path] = ()
) -> dict[str, float]:
    """Name -> seconds from start to exit of each command, measured in turns, so that other load affects all.

    Output files are removed before each run, because replacing a file takes longer than creating it.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            for output in outputs:
                output.unlink(missing_ok=True)
            with open(stdin or os.devnull, "rb") as file:
                start = time.perf_counter()
                subprocess.run(command, stdin=file, stdout=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
                elapsed = time.perf_counter() - start
            if turn:  # the first turn fills the disk's cache
                seconds[name].append(elapsed)
    return {name: statistics.median(measured) for name, measured in seconds.items()}
