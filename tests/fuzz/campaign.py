"""The loop of a fuzzer: cases with limits of time and memory, and one line for each fault.

    python -m tests.fuzz.NAME [--minutes 30] [--seed 0] [--cases N]

Each case has its own seed, which is printed with its faults: `--seed S --cases 1` repeats it.
"""

import argparse
import itertools
import resource
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from types import FrameType

from actcli.core.errors import InputError

Faults = Callable[[int], Iterable[str]]
"""Seed of a case -> its faults, one line each."""


def campaign(
    description: str | None,
    faults: Faults,
    arguments: Sequence[str] | None = None,
    *,
    seconds: float = 60.0,
    gibibytes: int | None = 4,
) -> int:
    """Try cases until --cases or --minutes are over. Exit code 1 if anything went wrong.

    seconds:   processor time of a case; after it the case is not judged
    gibibytes: limit of the address space, of the program's processes too
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="until no further case begins")
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the next case has the next one")
    parser.add_argument("--cases", type=int, help="no more than this number")
    options = parser.parse_args(arguments)
    if gibibytes:
        resource.setrlimit(resource.RLIMIT_AS, (gibibytes << 30, gibibytes << 30))
    signal.signal(signal.SIGPROF, _too_long)
    begun = told = time.monotonic()
    found = tried = late = 0
    for seed in itertools.count(options.seed):
        minutes = (time.monotonic() - begun) / 60
        if tried == options.cases or minutes > options.minutes:
            break
        wrong = caught(faults, seed, seconds)
        tried, found, late = tried + 1, found + bool(wrong), late + (wrong is None)
        for fault in wrong or []:
            print(f"--seed {seed}: {fault}".encode("utf-8", "backslashreplace").decode(), flush=True)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{tried} cases, {found} with faults, {minutes:.1f} minutes", file=sys.stderr, flush=True)
    print(f"{found} of {tried} cases went wrong" + (f", {late} took too long to be judged" if late else ""))
    return 1 if found else 0


def caught(faults: Faults, seed: int, seconds: float) -> list[str] | None:
    """The faults of a case; an exception is one. None for a case that takes too long."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return list(faults(seed))
    except (TimeoutError, subprocess.TimeoutExpired):
        return None
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return [f"{type(error).__name__}: {error} ({place.filename.rpartition('/')[2]}:{place.lineno})"]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def judged(check: Callable[[], Iterable[str]], seconds: float) -> list[str]:
    """The faults of a check in this process; exceptions, warnings, errors of several lines and lateness are faults."""
    signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return [" ".join(fault.split())[:500] for fault in check()]
    except InputError as error:
        return [] if "\n" not in str(error) else [f"not one line: {error}"]
    except Exception as error:
        return [f"{type(error).__name__}: {error}, in {traceback.extract_tb(error.__traceback__)[-1].name}"]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("the case takes too long")
