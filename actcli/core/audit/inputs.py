"""The inputs that an implementation is audited on: every number of a 16-bit type, a sweep with the hard places of a
wider one."""

from typing import Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Elementwise, elementwise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.arrays import Array, Indices
from actcli.core.errors import instance, one_of, whole_number
from actcli.core.numerics.formats import FORMATS, place, round_to, value_at

POINTS: Final = {"float32": 1_000_000, "float64": 10_000}
"""About how many inputs of a sweep are not hard places. For float64 a multiprecision reference takes its time."""

_NEAR: Final = 2.0**-12, 2.0**10
"""Magnitudes where activations bend: half of the random inputs lie there."""
_NEIGHBOURS: Final = np.arange(-8, 9)
_LANDMARKS: Final = 1 << 14
_SEED: Final = 7


def sweep(activation: ActivationLike, dtype: str = "float32", order: int = 0, infinities: bool = False) -> Array:
    """Finite numbers of the type in ascending order, zeros of both signs included.

    bfloat16 and float16: all of them. float32 and float64: every so many on the whole line of numbers (which is even in
    the logarithm), random ones, and the hard places with their neighbours: zeros, the smallest and the largest
    subnormal and normal numbers, powers of two, kinks, and where the result of this derivative of this activation
    becomes 0, subnormal or infinite, changes its sign or stops changing. The same on every call.

    infinities: -inf before and inf after them, where an implementation may multiply 0 by infinity

    InputError: a row-wise activation, no such type, an order beyond MAX_ORDER.

    >>> sweep("relu", "bfloat16").shape
    (65280,)
    """
    one_of("dtype", dtype, FORMATS)
    instance("infinities", infinities, bool)
    order = whole_number("the order", order, 0, MAX_ORDER)
    finite = _finite(audited(activation), dtype, order)
    return np.concatenate([[-np.inf], finite, [np.inf]]) if infinities else finite


def audited(activation: ActivationLike) -> Elementwise:
    """The activation, which an audit can be of. Raises InputError for one that acts on rows."""
    activation = resolve(activation)
    return elementwise(activation, f"{activation.name} acts on whole rows; an audit is of elementwise activations")


def _finite(activation: Elementwise, dtype: str, order: int) -> Array:
    form = FORMATS[dtype]
    if dtype not in POINTS:
        return _values(np.arange(1 - form.infinity, form.infinity, dtype=np.int64), dtype)
    points, random = POINTS[dtype], np.random.default_rng(_SEED)
    even = np.linspace(0, form.infinity - 1, points // 4).astype(np.int64)
    anywhere = random.integers(0, form.infinity, points // 8)
    low, high = place(np.array(_NEAR), dtype).tolist()
    near = random.integers(low, high, points // 8)
    either_sign = np.concatenate([even, anywhere, near])
    found = np.concatenate([either_sign, -either_sign, _hard_places(activation, dtype, order)])
    return _values(np.unique(np.clip(found, 1 - form.infinity, form.infinity - 1)), dtype)


def _values(places: Indices, dtype: str) -> Array:
    """The numbers at ascending places, with -0 before 0."""
    zero = int(np.searchsorted(places, 0))
    return np.insert(value_at(places, dtype), zero, -0.0)


def _hard_places(activation: Elementwise, dtype: str, order: int) -> Indices:
    form = FORMATS[dtype]
    powers = np.ldexp(1.0, np.arange(form.smallest_exponent - form.precision + 1, form.largest_exponent + 1))
    largest = value_at(np.array([form.infinity - 1]), dtype)
    kinks = round_to(np.array([*activation.kinks(max(order, 1)), 0.0]), dtype)
    centres = [place(np.concatenate([largest, -largest, kinks]), dtype), _changes(activation, dtype, order)]
    beside_powers = place(np.concatenate([powers, -powers]), dtype)[:, None] + np.arange(-1, 2)
    return np.concatenate([beside_powers.ravel(), (np.concatenate(centres)[:, None] + _NEIGHBOURS).ravel()])


def _changes(activation: Elementwise, dtype: str, order: int) -> Indices:
    """The places where the rounded result changes its kind, by bisection between landmarks on the whole line."""
    end = FORMATS[dtype].infinity - 1
    landmarks: Indices = np.unique(np.linspace(-end, end, _LANDMARKS).astype(np.int64))
    low, high = landmarks[:-1], landmarks[1:]
    kinds = _kind(activation, landmarks, dtype, order)
    changed = kinds[:-1] != kinds[1:]
    low, high, kind = low[changed], high[changed], kinds[:-1][changed]
    while low.size and (high - low > 1).any():
        middle = low + (high - low) // 2
        same = _kind(activation, middle, dtype, order) == kind
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    places: Indices = low
    return places


def _kind(activation: Elementwise, places: Indices, dtype: str, order: int) -> Indices:
    """Sign, and whether the rounded result is zero, subnormal, x itself, a whole number in [-1, 1], infinite or nan."""
    x = value_at(places, dtype)
    y = round_to(activation.derivative(x, order) if order else activation(x), dtype)
    size = np.abs(y)
    kinds = [size == 0.0, size < FORMATS[dtype].smallest_normal, np.isin(size, (0.5, 1.0)), y == x, np.isinf(y)]
    kind = np.select([*kinds, np.isnan(y)], [1, 2, 3, 4, 5, 6], 0)
    return np.asarray(np.where(np.isnan(y), kind, np.where(np.signbit(y), -1 - kind, kind)), dtype=np.int64)
