"""A fuzzer's loop: each case has its own seed, so that `--seed S --cases 1` repeats the case that went wrong."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count

Fault = Callable[[int], Sequence[str]]
"""Seed of a case -> what went wrong in it."""


def processor_seconds() -> float:
    """Of this process and its children that have ended."""
    return sum(os.times()[:4])


def campaign(description: str, faults: Fault, arguments: Sequence[str] | None = None) -> int:
    """Try cases until --cases or --minutes of processor time are over. Exit code 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="of processor time")
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the next case has the next one")
    parser.add_argument("--cases", type=int, help="no more than this number")
    options = parser.parse_args(arguments)
    begun, found, tried = processor_seconds(), 0, 0
    told = time.monotonic()
    for seed in count(options.seed):
        minutes = (processor_seconds() - begun) / 60
        if tried == options.cases or minutes > options.minutes:
            break
        wrong = faults(seed)
        tried, found = tried + 1, found + bool(wrong)
        for fault in wrong:
            print(f"--seed {seed}: {fault}".encode("utf-8", "backslashreplace").decode(), flush=True)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{tried} cases, {found} faults, {minutes:.1f} minutes", file=sys.stderr, flush=True)
    print(f"{found} of {tried} cases went wrong")
    return 1 if found else 0
