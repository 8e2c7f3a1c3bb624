"""Whether `identify` finds each activation again: scaled and shifted, inside and outside, and with another parameter.

    python -m tests.literature.disguises > found.jsonl      # the catalogue and the literature: a quarter of an hour
    python -m tests.literature.disguises mish sinlu         # these only
    python -m tests.literature.disguises --summary < found.jsonl

An entry is found by its own name, or by another entry that is the same function: with the parameters that the match
states its values are the entry's own at all of 400 points.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.catalogue import CATALOGUE, literature, resolve
from actcli.core.errors import InputError
from actcli.core.identify.identification import Match, identify
from actcli.digits import more_digits
from actcli.views.identification import written

ENTRIES: Final = {**{n: e for n, e in CATALOGUE.items() if isinstance(e, Elementwise)}, **literature()}
FOUND: Final = ("own name", "same function")
_POINTS: Final = np.linspace(-11.917, 12.031, 400)


@dataclass(frozen=True)
class Disguise:
    """What is typed in place of an entry, and the entry with the parameters that it has there."""

    kind: str
    formula: str
    entry: Elementwise


def disguises(entry: Elementwise) -> Iterator[Disguise]:
    """Scaled and shifted outside, inside, and with another value of each parameter."""
    name = entry.name
    yield Disguise("outside", f"3*({name}(x)) - 0.5", entry)
    yield Disguise("inside", f"{name}(2*x + 1)", entry)
    for parameter in entry.parameters:
        if (value := another(entry, parameter)) is not None:
            changed = entry.with_parameters(**{parameter.name: value})
            yield Disguise("parameter", f"{name}(x, {parameter.name}={value!r})", changed)


def another(entry: Elementwise, parameter: Parameter) -> float | None:
    """The first other value for which the entry is another function with as many finite values, if there is one."""
    usual = values_of(entry)
    for value in (1.5 * parameter.default, 0.75 * parameter.default, 0.5, 0.125, -0.25, 2.0, 3.0, 1.0):
        try:
            changed = values_of(entry.with_parameters(**{parameter.name: value}))
        except InputError:
            continue
        same = np.isclose(usual, changed, rtol=1e-9, atol=1e-12) | ~np.isfinite(changed)
        if np.isfinite(changed).sum() >= np.isfinite(usual).sum() and not same.all():
            return value
    return None


def values_of(activation: Elementwise) -> Any:
    with np.errstate(all="ignore"):  # an entry need not be defined everywhere
        return np.asarray(activation(_POINTS), dtype=np.float64)


def of(text: str) -> Any:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return values_of(activation)


def outcome(disguise: Disguise, matches: Sequence[Match]) -> str:
    """One of FOUND, another relation, nothing; or FALSE and a match that is not so."""
    given = of(disguise.formula)
    for match in matches:
        if not np.allclose(of(written(match)), given, rtol=1e-8, atol=1e-9, equal_nan=True):
            return f"FALSE: {written(match)}"
    if any(match.name == disguise.entry.name for match in matches):
        return "own name"
    wanted = values_of(disguise.entry)
    for match in matches:
        found = values_of(ENTRIES[match.name].with_parameters(**match.parameters))
        if np.allclose(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True):
            return "same function"
    return "another relation" if matches else "nothing"


def run(names: Sequence[str]) -> None:
    for disguise in (disguise for name in names for disguise in disguises(ENTRIES[name])):
        began = time.process_time()
        matches: Sequence[Match] = ()
        try:
            matches = identify(disguise.formula, more_digits).matches
            said = outcome(disguise, matches)
        except InputError as error:
            said = f"refused: {error}"
        row: dict[str, Any] = {"kind": disguise.kind, "formula": disguise.formula, "outcome": said}
        row |= {"seconds": round(time.process_time() - began, 2), "matches": [written(match) for match in matches]}
        print(json.dumps(row), flush=True)


def summary(rows: Sequence[dict[str, Any]]) -> str:
    text = []
    for kind in ("outside", "inside", "parameter"):
        counts = Counter(row["outcome"] for row in rows if row["kind"] == kind)
        text.append(f"{kind}: {counts.total()} tried: " + ", ".join(f"{n} {said}" for said, n in counts.most_common()))
    missed = [row for row in rows if row["outcome"] not in FOUND]
    text += [f"  {row['formula']}: {row['outcome']}; {', '.join(row['matches'][:3])}" for row in missed]
    seconds = [row["seconds"] for row in rows]
    text.append(f"seconds: median {np.median(seconds):.2f}, largest {max(seconds):.2f}")
    return "\n".join(text)


if __name__ == "__main__":
    if "--summary" in sys.argv:
        print(summary([json.loads(line) for line in sys.stdin]))
    else:
        run(sys.argv[1:] or list(ENTRIES))
