"""Disguised activations, near misses, mixtures and tables: are they identified, and is each relation that is said true?

    python -m tests.fuzz.identify [--minutes 30] [--seed 0] [--cases N]

A disguise is found, by any name. Each match, as it is written, is held against the formula in mpmath at random points;
each of the nearest others against its stated difference.
"""

import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported

# isort: split
import mpmath
import numpy as np
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.identify.identification import Identification, Match, identify, identify_table, last_digit
from actcli.digits import more_digits
from actcli.views.identification import written
from tests.fuzz.campaign import campaign, judged
from tests.fuzz.definitions import Definition, UndecidedError
from tests.fuzz.identify_cases import Case, case_of
from tests.narrow import elementwise

LONG = 30.0
POINTS: Final = 60
# --- the check --------------------------------------------------------------------------------------------------------


def points(choose: random.Random) -> list[float]:
    near = [choose.uniform(-8.0, 8.0) for _ in range(POINTS // 2)]
    return near + [choose.choice([-1, 1]) * 10.0 ** choose.uniform(-9, 3) for _ in range(POINTS // 2)]


def unsound(formula: str, match: Match, xs: Sequence[float]) -> str | None:
    """A point at which a match, as it is written, is not the formula."""
    text = written(match)
    f, said = Definition(formula), Definition(text)
    typed = not match.parameters and all(float(f"{n:.6g}") == n for n in (match.a, match.b, match.c, match.d, match.e))
    tolerance = mpf(2) ** (-50 if typed else -42)
    for x in xs:
        try:
            y, z = f(x), said(x)
            if mpmath.isnan(y) != mpmath.isnan(z):
                return f"{text} is {mpmath.nstr(z, 5)} at {x!r}, the formula {mpmath.nstr(y, 5)}"
            if mpmath.isnan(y):
                continue
            linear = abs(mpf(match.d)) + abs(mpf(match.e) * x)
            constants = mpf(2) ** -53 if abs(x) < 0.1 else mpf(2) ** -299  # log(1 + exp(x)) - 0.6931471805599453
            if abs(y - z) <= tolerance * (abs(y) + abs(z) + 2 * linear) + constants:
                continue
            inner = abs(said.slope(x)) * (abs(x) + abs(mpf(match.c) / match.b))  # the rounding of b and c
        except UndecidedError:
            continue
        if abs(y - z) > tolerance * (abs(y) + abs(z) + 2 * linear + inner):
            return f"{text} is {mpmath.nstr(z, 20)} at {x!r}, the formula {mpmath.nstr(y, 20)}"
    return None


def wrongly_near(formula: str, found: Identification, choose: random.Random) -> Iterator[str]:
    f, ours = Definition(formula), _in_float64(formula)
    shown = [float(f"{near.max_difference:.2g}") for near in found.nearest]
    if shown != sorted(shown):
        yield f"the nearest are not in order: {shown}"
    for near in found.nearest:
        given = ",".join(f"{key}={value!r}" for key, value in near.parameters.items())
        text = f"{near.name}:{given}" if given else near.name
        g, theirs = Definition(text), _in_float64(text)
        xs = [near.at, *(choose.randrange(-600, 601) / 100 for _ in range(10))]
        for x in xs:
            try:
                y, z = f(x), g(x)
            except UndecidedError:
                continue
            gap, rounding = abs(y - z), abs(ours(x) - y) + abs(theirs(x) - z)
            slack = 1e-9 * (1 + abs(y) + near.max_difference) + rounding
            if x == near.at and not abs(gap - near.max_difference) <= slack:
                yield f"nearest {near}: the difference at {x!r} is {mpmath.nstr(gap, 12)}"
            elif gap > near.max_difference + slack:
                yield f"nearest {near}: the difference at {x!r} is {mpmath.nstr(gap, 12)}, larger"


def _in_float64(text: str) -> Callable[[float], float]:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return lambda x: float(activation(np.array([x]))[0])


def faults_of(case: Case, found: Identification, choose: random.Random) -> list[str]:
    """What is wrong with the identification of a formula."""
    if case.found and not found.matches:
        return [f"not found ({case.kind}); nearest {found.nearest[:1]}"]
    xs = points(choose)
    wrong = [fault for match in found.matches[:3] if (fault := unsound(case.formula, match, xs))]
    return [*wrong, *wrongly_near(case.formula, found, choose)]


def faults_of_table(case: Case, choose: random.Random) -> list[str]:
    assert case.places is not None
    f = Definition(case.formula)
    xs = sorted(round(choose.uniform(-6.0, 6.0), 2) for _ in range(41))
    ys = [round(float(f(x)), case.places) for x in xs]
    if not all(map(math.isfinite, ys)) or len({*ys}) < 8 or len({*xs}) < 30:
        return []
    found = identify_table("table", xs, ys)
    if not found.matches:
        return [f"not found (table of {case.places} places); nearest {found.nearest[:1]}"]
    unit = last_digit(np.array(ys))
    wrong = []
    for match in found.matches[:3]:
        said = Definition(written(match))
        gaps = [abs(said(x) - y) / mpf(float(u)) for x, y, u in zip(xs, ys, unit, strict=True)]
        if max(gaps) > 1 + 1e-6:
            wrong.append(f"{written(match)} is {mpmath.nstr(max(gaps), 5)} units off in the table")
    return wrong


def has_values(activation: Elementwise) -> bool:
    """Whether it has numbers nearly everywhere and is no constant: the promise holds for what is plain to see."""
    with np.errstate(all="ignore"):
        y = activation(np.linspace(-11.9, 12.1, 200))
    finite = y[np.isfinite(y)]
    return len(finite) > 180 and float(np.ptp(finite)) > 1e-3 and len(np.unique(finite)) > 20


def faults(seed: int) -> list[str]:
    """What is wrong with the case of a seed."""
    case, choose = case_of(seed), random.Random(~seed)

    def check() -> list[str]:
        given = elementwise(case.formula)
        if case.found and not has_values(given):
            return []
        if case.places is not None:
            return faults_of_table(case, choose)
        return faults_of(case, identify(given, more_digits), choose)

    return [f"{case.formula}: {fault}" for fault in judged(check, LONG)]


def main(arguments: Sequence[str] | None = None) -> int:
    return campaign(__doc__, faults, arguments)


if __name__ == "__main__":
    sys.exit(main())
