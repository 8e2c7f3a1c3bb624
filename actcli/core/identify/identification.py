"""Identification of a function, or a table of its values, with known activations."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, ActivationLike, resolve
from actcli.core.analysis.digits import MoreDigits
from actcli.core.analysis.features import constants, linear_arguments
from actcli.core.arrays import Array, numbers_of, union
from actcli.core.errors import InputError
from actcli.core.identify.fitting import CLOSE, IDENTITY, Fit, Fitter
from actcli.core.identify.known import Known, known_activations
from actcli.core.identify.proof import Proof, nice, of, with_numbers

_POINTS: Final = 40 * np.sinh(5.5 * np.linspace(-1, 1, 26)) / np.sinh(5.5) + 0.0137
_RANGE: Final = np.linspace(-6.0, 6.0, 1201)
"""Points at which differences are measured."""
NEAREST: Final = 5
_MOST_POINTS = 40
_FINE: Final = np.linspace(-40.0, 40.0, 8001) + 0.0037
_MOST_JUMPS: Final = 4
_BESIDE: Final = 2.0**-10
_LEAST_POINTS = 6
_POLISHING_STEPS = 4


@dataclass(frozen=True)
class Match:
    """The function is a g(b x + c) + d + e x for a known activation g."""

    name: str
    parameters: dict[str, float]
    """Parameters of g other than the defaults."""
    relation: Literal["equal", "affine"]
    a: float
    b: float
    c: float
    d: float
    e: float
    max_difference: float
    """On [-6, 6], or at the table's points, in float64."""


@dataclass(frozen=True)
class Near:
    """A known activation near the function: largest difference on [-6, 6] or at the table's points, and its x."""

    name: str
    parameters: dict[str, float]
    max_difference: float
    at: float


@dataclass(frozen=True)
class Identification:
    """Identification of a function.

    matches: known activations that it equals, up to scale and shift; simplest relation first
    nearest: other known activations that are nearer than any constant, nearest first
    """

    formula: str
    matches: tuple[Match, ...]
    nearest: tuple[Near, ...]


def identify(activation: ActivationLike, more_digits: MoreDigits, *, thorough: bool = True) -> Identification:
    """Known activations that a function equals, with parameters, scale and shift.

    Two functions count as equal if they agree at dozens of points, but for the rounding of constants to 16 digits. At
    most two numbers are fitted; if not thorough only a, d and e, or one parameter of the known activation. An entry is
    not compared with itself.
    InputError: a row-wise activation, or too few finite values.
    """
    given = resolve(activation)
    if not isinstance(given, Elementwise):
        raise InputError(f"{given.name} acts on whole rows; only elementwise activations are identified")
    narrow = _narrow(given)
    points = union(_POINTS, _beside_jumps(given), narrow)
    proof = Proof(given, more_digits, tuple(narrow.tolist()))
    exact = np.array([proof.as_float(x) for x in points.tolist()])
    if np.isfinite(exact).sum() < _LEAST_POINTS:
        raise InputError(f"{given.label} has too few finite values on [-40, 40] to be identified")
    lines = sorted(linear_arguments(given), key=lambda line: (abs(line[0]), line))
    fitter = Fitter(points, exact, breakpoints=given.kinks(1), lines=lines, constants=constants(given))
    others = [known for known in known_activations() if known.activation.name != given.name or given.given_parameters]
    search = _simplest if thorough and not _straight(points, exact) else _quickest
    found = search(fitter, others, proof.shown)
    with np.errstate(all="ignore"):  # points outside of a formula's domain have no difference
        y = given(_RANGE)
    return _identification(given.label, found, fitter, others, _RANGE, y)


def _beside_jumps(given: Elementwise) -> Array:
    """Points on both sides of its first jumps, which tell where a threshold is."""
    jumps = np.array(given.kinks(0)[:_MOST_JUMPS], dtype=np.float64)
    beside = _BESIDE * np.maximum(np.abs(jumps), 1.0)
    return np.concatenate([jumps - beside, jumps + beside])


def _straight(x: Array, y: Array) -> bool:
    """Whether the function is a line, for which b and c are redundant."""
    if not np.isfinite(y).all():
        return False
    slope, intercept = np.polyfit(x, y, 1)
    off = np.abs(y - slope * x - intercept)
    return bool((off <= 1e-12 * (np.abs(slope * x) + abs(intercept) + 1e-12)).all())


def _narrow(given: Elementwise) -> Array:
    """Points where it has values; none if it has them at more than half of the usual points."""
    with np.errstate(all="ignore"):  # where a formula is not defined it has no value
        if np.isfinite(given(_POINTS)).sum() > len(_POINTS) // 2:
            return np.array([])
        inside = _FINE[np.isfinite(given(_FINE))]
    return inside[np.unique(np.linspace(0, len(inside) - 1, _MOST_POINTS).astype(int))] if inside.size else inside


def identify_table(name: str, x: Sequence[float] | Array, y: Sequence[float] | Array) -> Identification:
    """Known activations that agree with a table of x and y to its last digit.

    The certainty depends on the table's digits and points.
    InputError: fewer than 6 different x with a finite y.
    """
    xs, ys = numbers_of("x", x).ravel(), numbers_of("y", y).ravel()
    use = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[use], ys[use]
    if len(np.unique(xs)) < _LEAST_POINTS:
        raise InputError(
            f"{name} has {len(np.unique(xs))} different x with a finite y, and at least {_LEAST_POINTS} are needed"
        )
    order = np.argsort(xs, kind="stable")
    xs, ys = xs[order], ys[order]
    unit = last_digit(ys)
    chosen = np.unique(np.linspace(0, len(xs) - 1, _MOST_POINTS).astype(int))
    fitter = Fitter(xs[chosen], ys[chosen], max(CLOSE, 20.0 * float(np.max(unit))))

    def shown(candidate: Fit) -> Fit | None:
        fit = _polished(candidate, xs, ys, unit)
        for digits in (1, 2, 3, 4, 6, 8, 9, 10, 12):
            affine = {k: nice_to(v, digits) if k in fit.fitted else v for k, v in fit.affine.items()}
            own = {k: nice_to(v, digits) for k, v in fit.parameters.items()}
            if not (affine["a"] and affine["b"]):
                continue
            rounded = Fit(fit.known, affine, own, fit.fitted, fit.residual)
            try:
                known = fit.known.activation.with_parameters(**own)
            except InputError:
                continue
            with np.errstate(all="ignore"):  # nan, outside of a formula's domain, does not agree
                if (np.abs(of(rounded, known, xs) - ys) <= unit).all():
                    return rounded
        return None

    others = list(known_activations())
    return _identification(name, _simplest(fitter, others, shown), fitter, others, xs, ys)


def _polished(fit: Fit, x: Array, y: Array, unit: Array) -> Fit:
    """The fit with its numbers by least squares of the differences in units: the last digit counts as much everywhere.

    The search weights small values more, to find the function.
    """

    def off(numbers: Array) -> Array:
        moved = with_numbers(fit, dict(zip(fit.fitted, numbers.tolist(), strict=True)))
        a, b, c, d, e = (moved.affine[name] for name in "abcde")
        return (a * fit.known.values(b * x + c, moved.parameters) + d + e * x - y) / unit

    numbers = np.array([fit.parameters[n[1:]] if n.startswith(".") else fit.affine[n] for n in fit.fitted])
    with np.errstate(all="ignore"):  # a step out of a formula's domain is not taken
        found = off(numbers)
        for _ in range(_POLISHING_STEPS if numbers.size else 0):
            steps = np.diag(1e-6 * np.maximum(np.abs(numbers), 0.1))
            jacobian = np.stack([(off(numbers + step) - found) / step.sum() for step in steps], axis=1)
            if not np.isfinite(jacobian).all():
                break
            tried = numbers - np.linalg.lstsq(jacobian, found, rcond=None)[0]
            if not np.linalg.norm(there := off(tried)) < np.linalg.norm(found):
                break
            numbers, found = tried, there
    return with_numbers(fit, dict(zip(fit.fitted, numbers.tolist(), strict=True)))


def nice_to(number: float, digits: int) -> float:
    """The simple number within 10^-digits, or the number itself; from 8 digits on, rounded to that many digits."""
    return (
        next((value for value in nice(number, 10.0**-digits)[:1]), number)
        if digits < 8
        else float(f"{number:.{digits}g}")
    )


def last_digit(y: Array) -> Array:
    """The unit of the last decimal of each y; for values of float16 or float32 four spacings of that type."""
    for places in range(9):
        scaled = y * 10.0**places
        if (np.abs(scaled - np.round(scaled)) <= 1e-9 * np.maximum(1.0, np.abs(scaled))).all():
            return np.full(y.shape, 10.0**-places)
    for narrow in (np.float16, np.float32):
        with np.errstate(all="ignore"):  # overflow: not a number of the type
            if (y.astype(narrow).astype(np.float64) == y).all():
                return 4.0 * np.asarray(np.spacing(np.abs(y).astype(narrow)), dtype=np.float64)
    return 1e-12 * np.maximum(1.0, np.abs(y))


def _simplest(fitter: Fitter, others: Sequence[Known], shown: Callable[[Fit], Fit | None]) -> list[Fit]:
    """The simplest relation of each known activation.

    Two of b, c and the parameters are searched last: for entries of the catalogue if none of them has a simpler
    relation, for entries of the literature only if no known activation has one. b and c together are searched for
    every entry that is not found, if the function is known exactly.
    """
    found = [fit for known in others if (fit := _first(fitter.fits(known), shown)) is not None]
    names = {fit.known.activation.name for fit in found}
    for known in others:
        name = known.activation.name
        if name in names:
            continue
        if not names or (name in CATALOGUE and names.isdisjoint(CATALOGUE)):
            fits = fitter.pairs(known)
        elif fitter.exact:
            fits = fitter.inside(known)
        else:
            continue
        if (fit := _first(fits, shown)) is not None:
            found.append(fit)
    return found


def _quickest(fitter: Fitter, others: Sequence[Known], shown: Callable[[Fit], Fit | None]) -> list[Fit]:
    return [fit for known in others if (fit := _first(fitter.alone(known), shown)) is not None]


def _first(fits: Iterable[Fit], shown: Callable[[Fit], Fit | None]) -> Fit | None:
    """The simplest fit that is shown to hold. fits: with fewer numbers first, and more are asked for only if needed."""
    for _, several in groupby(fits, key=lambda fit: len(fit.fitted)):
        for fit in sorted(several, key=lambda fit: fit.rank):
            if (nice_fit := shown(fit)) is not None:
                return nice_fit
    return None


def _identification(
    name: str, fits: Sequence[Fit], fitter: Fitter, others: Sequence[Known], x: Array, y: Array
) -> Identification:
    in_order = sorted(fits, key=lambda fit: (*fit.rank, fit.known.activation.name not in CATALOGUE))
    matches = tuple(_match(fit, x, y) for fit in in_order)
    matched = {match.name for match in matches}
    finite = y[np.isfinite(y)]
    constant = 0.5 * float(np.ptp(finite)) if finite.size else 0.0  # the difference of the best constant
    near = []
    for known in others:
        if known.activation.name in matched:
            continue
        _, own = fitter.best.get(known.activation.name, (np.inf, {}))
        for parameters in ({}, _rounded(own)) if own else ({},):
            with np.errstate(all="ignore"):  # nan, outside of a formula's domain, is not near
                gap = np.abs(known.values(x, parameters) - y)
            if finite.size and np.isfinite(gap[np.isfinite(y)]).all():
                at = int(np.nanargmax(gap))
                if gap[at] >= constant:
                    continue
                near.append(Near(known.activation.name, parameters, float(gap[at]), float(x[at])))
    nearest: dict[str, Near] = {}
    for each in sorted(near, key=_nearness):
        nearest.setdefault(each.name, each)
    return Identification(name, matches, tuple(nearest.values())[:NEAREST])


def _nearness(near: Near) -> tuple[float, bool, bool]:
    """Sort key: difference to two digits, then entries of the catalogue first, then default parameters first."""
    return float(f"{near.max_difference:.2g}"), near.name not in CATALOGUE, bool(near.parameters)


def _rounded(own: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in own.items()}


def _match(fit: Fit, x: Array, y: Array) -> Match:
    known = fit.known.activation.with_parameters(**fit.parameters)
    with np.errstate(all="ignore"):  # points where neither is defined have no difference
        gap = np.abs(of(fit, known, x) - y)
    largest = float(np.max(gap[np.isfinite(gap)], initial=0.0))
    affine = {name: value + 0.0 for name, value in fit.affine.items()}
    relation: Literal["equal", "affine"] = "equal" if affine == IDENTITY else "affine"
    return Match(known.name, {**fit.parameters}, relation, **affine, max_difference=largest)
