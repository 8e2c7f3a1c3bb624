"""Points for the accuracy: the whole float64 range, dense around kinks, zeros and branches of implementations."""

import math
import random
from collections.abc import Callable, Iterator

import mpmath

from actcli.core.activations.activation import Elementwise
from tests.truth import PERIODS, SLOPE_ZEROS, derivatives

INFINITIES = (-math.inf, math.inf)

# Branches of implementations: series, saturation, overflow, underflow.
BRANCHES = (0.7, 1.0, 1.25, 2.0, 5.0, 20.0, 21.0, 26.0, 30.0, 37.0, 88.7, 350.0, 372.5, 700.0, 709.78, 745.13, 1000.0)
OVERFLOWS = (1e102, 1.34e154, 2.0**512, 1e300, 2.0**1000, 1.79e308)
SUBNORMALS = (5e-324, 1e-323, 1e-320, 1.1125369292536007e-308, 2.2250738585072009e-308, 2.2250738585072014e-308)


def points(activation: Elementwise, count: int, seed: int = 20) -> list[float]:
    """About `count` random finite numbers, and numbers beside kinks, zeros and branches; ascending."""
    rng = random.Random(f"{seed} {activation.name}")
    found = {0.0, *anchored(activation)}
    while len(found) < count + 500:
        found.add(rng.gauss(0.0, 0.3))
        found.update(rng.uniform(-12.0, 12.0) for _ in range(5))
        found.update(rng.uniform(-edge, edge) for edge in (40.0, 400.0, 800.0))
        found.add(rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-308.0, 308.25))
        found.add(rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-20.0, 3.0))
        found.add(rng.choice((-1.0, 1.0)) * rng.randrange(1, 2**52) * 5e-324)
        found.update(rng.uniform(*tail) for tail in tails(activation))
    return sorted(found)


# Parameters -> the activation's scale in x.
SCALES: dict[str, Callable[..., float]] = {
    "silu": lambda beta: 1 / abs(beta) if beta else 1.0,
    "softplus": lambda beta: 1 / beta,
    "celu": lambda alpha: alpha,
    "squareplus": lambda b: math.sqrt(b),
    "hard_sigmoid": lambda alpha, beta: 1 / alpha,
    "snake": lambda a: 1 / a,
}


def scaled_points(activation: Elementwise, count: int, rng: random.Random) -> list[float]:
    """Random finite numbers: near the activation's scale, in its tails, and of any magnitude."""
    scale = SCALES.get(activation.name, lambda **_: 1.0)(**activation.parameter_values)
    found = [0.0]
    for _ in range(count):
        unit = rng.choice((rng.uniform(-12, 12), rng.uniform(-800, 800), rng.gauss(0, 1) * 10 ** rng.uniform(-20, 3)))
        found.append(rng.choice((scale, 1.0)) * unit)
        found.append(rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-308.0, 308.25))
    beside = (math.nextafter(kink, way) for kink in activation.kinks(order=7) for way in INFINITIES)
    return sorted({x for x in (*found, *beside) if math.isfinite(x)})


def settings(activation: Elementwise, rng: random.Random) -> dict[str, float]:
    """Random values of all parameters, log-spaced over the valid ones, of both signs if both are valid."""
    while True:
        found = {}
        for parameter in activation.parameters:
            size = 10.0 ** rng.uniform(-307.0, 307.0)
            low = parameter.minimum
            found[parameter.name] = size if low == 0.0 else rng.choice((-1.0, 1.0)) * size
        if not activation.condition or activation.condition[1](**found):
            return found


def anchored(activation: Elementwise) -> Iterator[float]:
    for number in (*BRANCHES, *OVERFLOWS, *SUBNORMALS):
        for x in (-number, number):
            yield from (math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf))
    for anchor in (*activation.kinks(order=7), *zeros(activation)):
        yield anchor
        for direction in INFINITIES:
            beside = anchor
            for _ in range(3):
                beside = math.nextafter(beside, direction)
                yield beside
            yield from (anchor + math.copysign(10.0**-power, direction) for power in range(1, 17))


def zeros(activation: Elementwise) -> Iterator[float]:
    """Zeros of the slope; for waves some of the infinitely many zeros of value and slope."""
    name, parameters = activation.name, activation.parameter_values
    for zero in SLOPE_ZEROS.get(name, lambda **_: ())(**parameters):
        yield float(zero)
        if name in PERIODS:
            with mpmath.workprec(1400):
                period = PERIODS[name](**parameters)
                yield from (float(zero + k * period / 2) for k in (-7, -2, -1, 1, 2, 3, 22, 355, 10**6, 3 * 10**15))
                # The float64 nearest to a multiple of π/2 (Kahan and McDonald, nearpi).
                yield 6381956970095103.0 * 2.0**797


def tails(activation: Elementwise) -> list[tuple[float, float]]:
    """Intervals on both sides in which value or slope is subnormal."""
    found = []
    for sign in (-1.0, 1.0):
        for order in (0, 1):

            def size(x: float, sign: float = sign, order: int = order) -> float:
                truth = abs(derivatives(activation.name, sign * x, 1, **activation.parameter_values)[order])
                return float(mpmath.log(truth, 2)) if truth else -math.inf

            if size(1e5) < -1100 and size(0.5) > -1022:
                found.append((sign * _where(size, -1000.0), sign * _where(size, -1080.0)))
    return found


def _where(size, level: float) -> float:  # type: ignore[no-untyped-def]  # size is any function
    """x with size(x) = level, by bisection; size descends."""
    low, high = 0.5, 1e5
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if size(middle) > level else (low, middle)
    return high
