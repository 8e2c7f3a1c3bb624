"""Inputs of an audit: every number of a 16-bit type; of a wider type a sweep that includes the hard places."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Elementwise, elementwise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.arrays import Array, Indices, Mask
from actcli.core.errors import InputError, instance, one_of, whole_number
from actcli.core.numerics.formats import FLOAT_FORMATS, ordinal, round_to, value_at

POINTS: Final = {"float32": 1_000_000, "float64": 10_000}
"""Inputs of a sweep besides the hard places. Fewer for float64, because its multiprecision reference is slow."""

_NEAR: Final = 2.0**-12, 2.0**10
"""Magnitudes where activations bend: half of the random inputs lie there."""
_NEIGHBOURS: Final = np.arange(-8, 9)
_LANDMARKS: Final = 1 << 14
_SEED: Final = 7


@dataclass(frozen=True)
class Region:
    """Audited inputs: low <= x <= high, without the closed intervals in `excluded`.

    InputError: an interval whose lower bound is nan or not below its upper one.
    """

    low: float = -math.inf
    high: float = math.inf
    excluded: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        for low, high in ((self.low, self.high), *self.excluded):
            if not low <= high:
                raise InputError(f"an interval of inputs goes from a number up to another, not from {low} to {high}")

    def holds(self, x: Array) -> Mask:
        """Mask of the inputs within the region."""
        inside: Mask = np.isnan(x) | ((x >= self.low) & (x <= self.high))
        for low, high in self.excluded:
            inside &= ~((x >= low) & (x <= high))
        return inside


EVERYWHERE: Final = Region()


def sweep(
    activation: ActivationLike,
    dtype: str = "float32",
    order: int = 0,
    infinities: bool = False,
    region: Region = EVERYWHERE,
) -> Array:
    """Inputs to audit on: finite numbers of the type, ascending, with zeros of both signs. The same on every call.

    Types of up to 16 bits: all numbers. float32 and float64: evenly spaced ones along the list of representable
    numbers (even in log |x|), random ones, and the hard places with their neighbours. Hard places are zeros, the
    smallest and the largest subnormal and normal number, powers of two, kinks, and the places where the rounded
    derivative of this order becomes 0, subnormal, ±1/2, ±1, x itself or infinite, or changes its sign.

    infinities: add -inf and inf, where an implementation may multiply 0 by infinity
    region: only inputs within it; a narrow one is swept more densely

    InputError: a row-wise activation, no such type, an order beyond MAX_ORDER, a region without inputs.

    >>> sweep("relu", "bfloat16").shape
    (65280,)
    """
    one_of("dtype", dtype, FLOAT_FORMATS)
    instance("infinities", infinities, bool)
    order = whole_number("the order", order, 0, MAX_ORDER)
    finite = _finite(audited(activation), dtype, order, region)
    inputs = np.concatenate([[-np.inf], finite, [np.inf]]) if infinities else finite
    inputs = inputs[region.holds(inputs)]
    if not inputs.size:
        raise InputError(f"there is no finite {dtype} to audit on between {region.low} and {region.high}")
    return inputs


def audited(activation: ActivationLike) -> Elementwise:
    """The elementwise activation of this name. InputError: a row-wise one."""
    activation = resolve(activation)
    return elementwise(activation, f"{activation.name} acts on whole rows; an audit is of elementwise activations")


def bounds(dtype: str, region: Region = EVERYWHERE) -> tuple[int, int]:
    """Ordinals of the first and the last finite number in the region; first > last if there is none."""
    largest = FLOAT_FORMATS[dtype].infinity - 1
    end = float(value_at(np.array([largest]), dtype)[0])
    ends = np.clip([region.low, region.high], -end, end)
    low, high = ordinal(round_to(ends, dtype), dtype).tolist()
    nearest = value_at(np.array([low, high]), dtype)
    return max(low + int(nearest[0] < region.low), -largest), min(high - int(nearest[1] > region.high), largest)


def _finite(activation: Elementwise, dtype: str, order: int, region: Region) -> Array:
    first, last = bounds(dtype, region)
    if dtype not in POINTS or last - first < POINTS[dtype]:
        return values_between(first, last, dtype)
    form = FLOAT_FORMATS[dtype]
    points, random = POINTS[dtype], np.random.default_rng(_SEED)
    if region.low == -math.inf and region.high == math.inf:
        even = np.linspace(0, form.infinity - 1, points // 4).astype(np.int64)
        anywhere = random.integers(0, form.infinity, points // 8)
        low, high = ordinal(np.array(_NEAR), dtype).tolist()
        near = random.integers(low, high, points // 8)
        either_sign = np.concatenate([even, anywhere, near])
        spread = np.concatenate([either_sign, -either_sign])
    else:
        even = np.linspace(first, last, points // 2).astype(np.int64)
        spread = np.concatenate([even, random.integers(first, last + 1, points // 2)])
    found = _distinct(np.concatenate([spread, _hard_places(activation, dtype, order)]))
    return _values(found[(found >= first) & (found <= last)], dtype)


def _distinct(ordinals: Indices) -> Indices:
    """Distinct values, ascending. NumPy's `unique` hashes whole numbers, which takes ten times as long."""
    ascending = np.sort(ordinals)
    found: Indices = ascending[np.append(True, ascending[1:] != ascending[:-1])]
    return found


def values_between(first: int, last: int, dtype: str) -> Array:
    """All numbers of the type from ordinal `first` to ordinal `last`, both included."""
    return _values(np.arange(first, last + 1, dtype=np.int64), dtype)


def _values(ordinals: Indices, dtype: str) -> Array:
    """The numbers of ascending ordinals, with -0 inserted before 0."""
    zero = int(np.searchsorted(ordinals, 0))
    values = value_at(ordinals, dtype)
    return np.insert(values, zero, -0.0) if zero < len(ordinals) and ordinals[zero] == 0 else values


def _hard_places(activation: Elementwise, dtype: str, order: int) -> Indices:
    form = FLOAT_FORMATS[dtype]
    powers = np.ldexp(1.0, np.arange(form.smallest_exponent - form.precision + 1, form.largest_exponent + 1))
    largest = value_at(np.array([form.infinity - 1]), dtype)
    kinks = round_to(np.array([*activation.kinks(max(order, 1)), 0.0]), dtype)
    centres = [ordinal(np.concatenate([largest, -largest, kinks]), dtype), _changes(activation, dtype, order)]
    beside_powers = ordinal(np.concatenate([powers, -powers]), dtype)[:, None] + np.arange(-1, 2)
    return np.concatenate([beside_powers.ravel(), (np.concatenate(centres)[:, None] + _NEIGHBOURS).ravel()])


def _changes(activation: Elementwise, dtype: str, order: int) -> Indices:
    """Ordinals at which the kind of the rounded result changes, by bisection between evenly spaced landmarks."""
    end = FLOAT_FORMATS[dtype].infinity - 1
    landmarks = _distinct(np.linspace(-end, end, _LANDMARKS).astype(np.int64))
    low, high = landmarks[:-1], landmarks[1:]
    kinds = _kind(activation, landmarks, dtype, order)
    changed = kinds[:-1] != kinds[1:]
    low, high, kind = low[changed], high[changed], kinds[:-1][changed]
    while low.size and (high - low > 1).any():
        middle = low + (high - low) // 2
        same = _kind(activation, middle, dtype, order) == kind
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    ordinals: Indices = low
    return ordinals


def _kind(activation: Elementwise, ordinals: Indices, dtype: str, order: int) -> Indices:
    """Kind of the rounded result, with its sign: zero, subnormal, ±1/2 or ±1, x itself, infinite, nan, or other."""
    x = value_at(ordinals, dtype)
    y = round_to(activation.derivative(x, order) if order else activation(x), dtype)
    size = np.abs(y)
    kinds = [size == 0.0, size < FLOAT_FORMATS[dtype].smallest_normal, np.isin(size, (0.5, 1.0)), y == x, np.isinf(y)]
    kind = np.select([*kinds, np.isnan(y)], [1, 2, 3, 4, 5, 6], 0)
    return np.asarray(np.where(np.isnan(y), kind, np.where(np.signbit(y), -1 - kind, kind)), dtype=np.int64)
