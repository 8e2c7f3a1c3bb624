"""Largest errors of every elementwise activation over the whole float64 range, against mpmath.

    python -m tests.benchmarks.accuracy [--points N] [--only NAME,...] [--orders 0,1] [--jobs 2]

Values and slopes are measured in ULP (the float64 spacing at the exact value). Within 1 of a zero of the slope the
slope's error is absolute, in eps = 2^-52. At ±inf value and slope must be the limits, within 4 ULP. Orders 2 to 6 are
measured relative to the effect of a rounded argument, 16 eps (|f^(n)| + |x f^(n+1)|), or 16 eps for |x| <= 1. NAME may
have parameters: --only silu:beta=2; NAME:any has random ones at each point, log-spaced over all valid values. Exit code
1: a bound is broken.
"""

import argparse
import math
import multiprocessing
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import mpmath
import numpy as np
import numpy.typing as npt
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from tests.benchmarks.figures import Figure
from tests.benchmarks.markdown import short, table
from tests.benchmarks.points import points, scaled_points, settings
from tests.narrow import elementwise as entry
from tests.truth import BITS, LIMITS, derivatives, near_a_zero_of_the_slope, ulp_error

EPS = 2.0**-52
Array = npt.NDArray[np.float64]
Task = tuple[str, int, tuple[int, ...]]
"""Label, points, orders."""

ANY = "any"
POINTS_A_SETTING = 20
POINTS, JOBS, ORDERS = 500, 2, (0, 1, 2, 3, 4, 5, 6)
BOUNDS = {"value": 4.0, "slope": 4.0, "near zero": 1.0, "higher": 1.0, "limit": 4.0}


@dataclass(frozen=True)
class Error:
    """One measured error, in the unit of its kind (a key of BOUNDS)."""

    kind: str
    order: int
    x: float
    size: float
    computed: float
    truth: mpf

    @property
    def broken(self) -> bool:
        return not self.size <= BOUNDS[self.kind]

    def __str__(self) -> str:
        return (
            f"{self.kind}, order {self.order}: {self.size:.3g} at x = {self.x!r} ({self.x.hex()}): "
            f"computed {self.computed!r}, exact {mpmath.nstr(self.truth, 20)}"
        )


def measure(activation: Elementwise, xs: list[float], orders: Iterable[int]) -> Iterator[Error]:
    """Errors of actcli at the points, order by order."""
    at, wanted = np.array(xs), set(orders)
    if 0 in wanted:
        yield from errors(activation, xs, 0, activation(at))
    if wanted & {0, 1}:
        both = activation.derivatives(at, 1)
        yield from (error for order in wanted & {0, 1} for error in errors(activation, xs, order, both[order]))
    if max(wanted) > 1:
        computed = activation.derivatives(at, max(wanted))
        yield from (error for order in wanted - {0, 1} for error in errors(activation, xs, order, computed[order]))


def errors(activation: Elementwise, xs: list[float], order: int, computed: Array) -> Iterator[Error]:
    """Errors of given derivatives of this order at the points."""
    name, parameters = activation.name, activation.parameter_values
    kinks = activation.kinks(order) if order > 1 else ()
    for x, y in zip(xs, map(float, computed), strict=True):
        if math.isinf(x):
            if order <= 1 and not activation.given_parameters:
                yield _at_infinity(name, order, x, y)
            continue
        if x in kinks:
            continue  # no such derivative
        exact = derivatives(name, x, order + 1 if order > 1 else 1, **parameters)  # value and slope at once
        truth = exact[order]
        if order > 1:
            yield Error("higher", order, x, higher_order_error(x, y, truth, exact[order + 1]), y, truth)
        elif order == 1 and near_a_zero_of_the_slope(name, x, **parameters):
            # Directly beside the zero 4 ULP are less than 1 eps: the larger bound holds.
            ulp, absolute = ulp_error(y, truth), absolute_error(y, truth)
            yield Error("near zero", order, x, absolute if ulp > 4 else min(absolute, 1.0), y, truth)
        else:
            yield Error("slope" if order else "value", order, x, ulp_error(y, truth), y, truth)


def _at_infinity(name: str, order: int, x: float, y: float) -> Error:
    low, high = (LIMITS[name].low, LIMITS[name].high) if order == 0 else LIMITS[name][2:]
    limit = mpf(high if x > 0 else low)
    size = (0.0 if math.isnan(y) else math.inf) if mpmath.isnan(limit) else ulp_error(y, limit)
    return Error("limit", order, x, size, y, limit)


def absolute_error(computed: float, truth: mpf) -> float:
    """Absolute errors in eps."""
    with mpmath.workprec(BITS):
        return math.inf if math.isnan(computed) else float(abs(mpf(computed) - truth) / EPS)


def higher_order_error(x: float, computed: float, truth: mpf, next_order: mpf) -> float:
    """Errors relative to the effect of a rounded argument; half a subnormal spacing is always allowed."""
    if math.isnan(computed):
        return math.inf
    with mpmath.workprec(BITS):
        end = mpf(2) ** 1024
        difference = abs(min(max(mpf(computed), -end), end) - min(max(truth, -end), end)) - mpf(2) ** -1075
        if difference <= 0:
            return 0.0
        allowed = max(16 * EPS * (abs(truth) + abs(x * next_order)), 16 * EPS if abs(x) <= 1 else mpf(0))
        return float(difference / allowed) if allowed else math.inf


# --- one line per activation ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    label: str
    worst: dict[tuple[str, int, float], Error]
    """(kind, order, x where it is infinite) -> the largest error."""

    def cells(self, kinds: Iterable[str]) -> list[str]:
        return [self.label, *(cell for kind in kinds for cell in self._cell(kind))]

    def _cell(self, kind: str) -> list[str]:
        of_kind = [error for error in self.worst.values() if error.kind == kind]
        if kind == "limit":
            wrong = sorted((error for error in of_kind if error.broken), key=lambda error: (error.order, error.x))
            said = ", ".join(f"{_NAMES[error.order]}({error.x:g}) = {error.computed:g}" for error in wrong)
            return [said or ("right" if of_kind else "—")]
        if not of_kind:
            return ["—", ""]
        error = max(of_kind, key=lambda error: error.size)
        order = f"{_NAMES[error.order]} at " if kind == "higher" else ""
        size = "nan" if math.isnan(error.computed) and error.broken else short(error.size)
        return [size, f"{order}{place(error.x)}" if error.size > 0 else ""]


_NAMES = ("f", "f'", "f''", "f⁽³⁾", "f⁽⁴⁾", "f⁽⁵⁾", "f⁽⁶⁾")


def place(x: float) -> str:
    """x to six digits; 3⁻ is right below 3."""
    text = f"{x:.6g}"
    rounded = float(text)
    if x == rounded or abs(x - rounded) > 1e-9 * abs(x):
        return text
    return text + ("⁺" if x > rounded else "⁻")


def worst_of(label: str, measured: Iterable[Error]) -> Row:
    worst: dict[tuple[str, int, float], Error] = {}
    for error in measured:
        key = error.kind, error.order, error.x if math.isinf(error.x) else 0.0
        if key not in worst or error.size > worst[key].size:
            worst[key] = error
    return Row(label, worst)


KINDS = {
    "value": ("the worst value", "ULP"),
    "slope": ("the worst slope", "ULP"),
    "near zero": ("the worst slope near its zeros", "eps"),
    "limit": ("the worst limit at ±inf", "ULP"),
    "higher": ("the worst of orders 2 to 6", "of what is allowed"),
}
HEADINGS = {
    "value": ("value, ULP", "at x"),
    "slope": ("slope, ULP", "at x"),
    "near zero": ("near its zeros, eps", "at x"),
    "limit": ("at ±inf",),
    "higher": ("orders 2 to 6, of allowed", "where"),
}


def printed(rows: Iterable[Row], orders: Iterable[int]) -> str:
    wanted = set(orders)
    kinds = ["value"] * (0 in wanted) + ["slope", "near zero"] * (1 in wanted)
    kinds += ["limit"] * bool(wanted & {0, 1}) + ["higher"] * (max(wanted) > 1)
    header = ["activation", *(heading for kind in kinds for heading in HEADINGS[kind])]
    return table(header, [row.cells(kinds) for row in rows])


def measured(points: int = POINTS, jobs: int = JOBS) -> list[Figure]:
    """Largest errors over the catalogue, by kind."""
    rows = rows_of(row_of, elementwise(), points, ORDERS, jobs)
    found = []
    for kind, (what, unit) in KINDS.items():
        error, label = max(
            ((error, row.label) for row in rows for error in row.worst.values() if error.kind == kind),
            key=lambda pair: pair[0].size,
        )
        where = f"{_NAMES[error.order]} of {label} at {place(error.x)}"
        found.append(Figure(f"{what}: {where}", f"mpmath, {unit}", error.size, BOUNDS[kind]))
    return found


def row_of(task: Task) -> Row:
    label, count, orders = task
    name, _, parameters = label.partition(":")
    if parameters == ANY:
        return worst_of(label, _of_any_parameters(entry(name), count, orders))
    activation = entry(label)
    xs = [-math.inf, *points(activation, count), math.inf]
    return worst_of(label, measure(activation, xs, orders))


def _of_any_parameters(whole: Elementwise, count: int, orders: tuple[int, ...]) -> Iterator[Error]:
    rng = random.Random(f"20 {whole.name}")
    for _ in range(count // POINTS_A_SETTING):
        activation = whole.with_parameters(**settings(whole, rng))
        yield from measure(activation, scaled_points(activation, POINTS_A_SETTING // 2, rng), orders)


def arguments(description: str, orders: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=POINTS, help="random points an activation, beside the fixed ones")
    parser.add_argument("--only", default="", help="NAME,... instead of the whole catalogue")
    parser.add_argument("--orders", default=orders, help="which derivatives to measure")
    parser.add_argument("--jobs", type=int, default=JOBS)
    return parser


def elementwise() -> list[str]:
    entries = [activation for activation in CATALOGUE.values() if isinstance(activation, Elementwise)]
    return [entry.name for entry in entries] + [f"{entry.name}:{ANY}" for entry in entries if entry.parameters]


def rows_of(
    row: Callable[[Task], Row], labels: Iterable[str], points: int, orders: tuple[int, ...], jobs: int
) -> list[Row]:
    with multiprocessing.Pool(jobs) as pool:
        return pool.map(row, [(label, points, orders) for label in labels], chunksize=1)


def run(row: Callable[[Task], Row], options: argparse.Namespace) -> list[Row]:
    labels = options.only.split(",") if options.only else elementwise()
    orders = tuple(int(order) for order in options.orders.split(","))
    rows = rows_of(row, labels, options.points, orders, options.jobs)
    print(printed(rows, orders))
    return rows


def main() -> int:
    rows = run(row_of, arguments(__doc__, orders=",".join(map(str, ORDERS))).parse_args())
    broken = [(row.label, error) for row in rows for error in row.worst.values() if error.broken]
    if broken:
        print("\nOut of bounds:")
    for label, error in broken:
        print(f"- {label}: {error}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
