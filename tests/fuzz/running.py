"""The loop of a fuzzer: cases by seed, each with limits of time and memory, and one line for each fault.

    python -m tests.fuzz.NAME [--minutes 30] [--seed 0] [--cases N] [--memory GiB]

Case n has the seed --seed + n, which is printed with its faults: `--seed S --cases 1` repeats it. Exit code 1 if a
fault was found.
"""

import argparse
import itertools
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from types import FrameType

_START = time.monotonic()

Faults = Callable[[int], Iterable[str]]
"""Seed of a case -> its faults, one line each."""


def run(faults: Faults, doc: str | None, limit: float = 60.0) -> int:
    """The fuzzer's exit code. limit: processor seconds of a case."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="elapsed time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=None)
    parser.add_argument("--memory", type=float, default=4.0, help="GiB")
    options = parser.parse_args()
    memory = int(options.memory * (1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.signal(signal.SIGPROF, _too_long)
    found = done = late = 0
    for seed in itertools.count(options.seed):
        if done == options.cases or (options.cases is None and _spent() > 60 * options.minutes):
            break
        wrong = caught(faults, seed, limit)
        late += wrong is None
        for fault in wrong or []:
            found += 1
            print(f"seed {seed}: {fault}", flush=True)
        done += 1
    print(f"{done} cases, {late} of them not judged in time, {found} faults, {_spent() / 60:.1f} minutes", flush=True)
    return 1 if found else 0


def caught(faults: Faults, seed: int, limit: float) -> list[str] | None:
    """The faults of a case; an exception is one. None for a case that takes too long."""
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        return list(faults(seed))
    except (TimeoutError, subprocess.TimeoutExpired):
        return None
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return [f"{type(error).__name__}: {error} ({place.filename.rpartition('/')[2]}:{place.lineno})"]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _spent() -> float:
    """Seconds since the start: the program's own processes are counted in no other way."""
    return time.monotonic() - _START


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("the case takes too long")


if __name__ == "__main__":
    sys.exit(__doc__)
