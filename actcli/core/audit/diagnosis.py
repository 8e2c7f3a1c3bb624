"""What kind of mistake an error looks like. Each is tried out, and named only where it explains the results."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array, Mask
from actcli.core.audit.emulation import Sum, as_computed
from actcli.core.audit.report import Audit
from actcli.core.audit.ulp import steps
from actcli.core.numerics.formats import FORMATS, place, round_to, value_at

FLUSHED: Final = "subnormal numbers are flushed to zero"
"""The diagnosis after which `max_steps_when_flushed` is the error that is left."""

_FEW = 5


@dataclass(frozen=True, eq=False)
class _Case:
    """The points that a diagnosis looks at; `wrong` are those more than a step off."""

    audit: Audit
    activation: Elementwise
    x: Array
    actual: Array
    expected: Array
    off: Array
    wrong: Mask

    @property
    def dtype(self) -> str:
        return self.audit.dtype

    def value(self, x: Array, order: int | None = None) -> Array:
        order = self.audit.order if order is None else order
        return self.activation.derivative(x, order) if order else self.activation(x)

    def text(self, x: float) -> str:
        """A number of the type with no more digits than tell it from its neighbours."""
        return f"{x if self.dtype == 'float64' else np.float32(x)!s}".removesuffix(".0")

    def distance(self, other: Array, where: Mask | slice = slice(None)) -> Array:
        """Steps between the results and other numbers of the type."""
        found = steps(self.actual[where], other[where], self.dtype, self.audit.flush_subnormals).astype(np.float64)
        return np.where(np.isnan(self.actual[where]) | np.isnan(other[where]), np.inf, found)


def diagnose(audit: Audit, activation: Elementwise) -> str | None:
    """One sentence when the error has a well-known shape, and None when it has not or there is none."""
    if not audit.total.max_steps or audit.total.max_steps <= 1:
        return None
    sample = audit.sample
    off = np.where(sample.steps == np.uint64(2**64 - 1), np.inf, sample.steps.astype(np.float64))
    case = _Case(audit, activation, sample.x, sample.actual, sample.expected, off, off > 1)
    kinds: tuple[Callable[[_Case], str | None], ...] = (
        _narrower, _misread, _flushed, _something_else, _vanished, _narrow_arithmetic, _vanished_without_cause
    )  # fmt: skip
    return next((sentence for kind in kinds if (sentence := kind(case))), None)


def _narrower(case: _Case) -> str | None:
    """All results are numbers of a narrower type."""
    finite = np.isfinite(case.actual) & np.isfinite(case.expected)
    actual, expected = case.actual[finite], case.expected[finite]
    for dtype in ("bfloat16", "float16", "float32"):
        if FORMATS[dtype].precision < FORMATS[case.dtype].precision and len(actual) >= _FEW:
            narrow = (round_to(actual, dtype) == actual).all()
            if narrow and (round_to(expected, dtype) != expected).mean() > 0.1:
                return f"every result is a {dtype} number: the output was rounded to {dtype} on its way here"
            with np.errstate(all="ignore"):  # 0/0 is nan, and no factor
                factor, expected_factor = actual / case.x[finite], expected / case.x[finite]
            rounding = 2.0 ** (2 - FORMATS[case.dtype].precision)
            if _are(dtype, factor, rounding) > 0.95 and _are(dtype, expected_factor, rounding) < 0.9:
                return f"every result is x times a {dtype} number: the factor was rounded to {dtype}"
    return None


def _are(dtype: str, values: Array, rounding: float) -> float:
    """The share of the values that are numbers of the type, but for a relative error."""
    values = values[np.isfinite(values) & (np.abs(values) >= FORMATS[dtype].smallest_normal)]
    if not values.size:
        return 0.0
    return float((np.abs(round_to(values, dtype) - values) <= np.abs(values) * rounding).mean())


def _misread(case: _Case) -> str | None:
    """The bits are those of the other 16-bit type."""
    if FORMATS[case.dtype].bits != 16:
        return None
    other = "float16" if case.dtype == "bfloat16" else "bfloat16"

    def reread(values: Array) -> Array:
        return value_at(np.minimum(place(values, case.dtype), FORMATS[other].infinity), other)

    actual = reread(case.actual)
    for what, x in (("the results", case.x), ("inputs and results", reread(case.x))):
        right = np.isfinite(x) & np.isfinite(actual)
        truth = round_to(case.value(x[right]), other)
        if right.sum() >= _FEW and (steps(actual[right], truth, other) <= 1).mean() > 0.95:
            return f"{what} are {other}, read as {case.dtype}"
    return None


def _flushed(case: _Case) -> str | None:
    """What is off is what hardware without subnormals makes of them."""
    audit, rest = case.audit, case.audit.max_steps_when_flushed
    if not audit.total.max_steps or rest is None or not 16 * rest <= audit.total.max_steps or math.isinf(rest):
        return None
    smallest = FORMATS[case.dtype].smallest_normal
    results = (case.expected != 0.0) & (np.abs(case.expected) < smallest)
    if (case.actual[results] != 0.0).any() and not (np.abs(case.x[case.wrong]) < smallest).all():
        return None
    return FLUSHED


def _something_else(case: _Case) -> str | None:
    """Another function, or another derivative of the same."""
    order, name = case.audit.order, case.activation.label
    of = "" if order == 0 else f"derivative {order} of "
    stand_ins = [(f"{of}{text}", resolve(text)) for text in case.activation.stand_ins]
    candidates = [(text, other, order) for text, other in stand_ins if isinstance(other, Elementwise)]
    for other in {0, 1, 2} - {order}:
        candidates.append((f"derivative {other} of {name}" if other else f"{name} itself", case.activation, other))
    best: tuple[float, str] | None = None
    for text, activation, derivative in candidates:
        y = round_to(activation.derivative(case.x, derivative) if derivative else activation(case.x), case.dtype)
        differs = steps(y, case.expected, case.dtype, case.audit.flush_subnormals) > 1
        finite = differs & np.isfinite(case.off)
        if finite.sum() < max(_FEW, 0.5 * differs.sum()):
            continue
        distance = case.distance(y)
        nearer = (distance < case.off)[finite].mean()
        near = (distance <= np.maximum(case.off / 8, 1.0))[finite].mean()
        if nearer > 0.9 and near > 0.5 and (best is None or -near < best[0]):
            best = -near, text
    return f"the results match {best[1]} better than {of}{name}" if best else None


def _vanished(case: _Case) -> str | None:
    """Results are 0 from some input on, or up to some input, where the exact ones are not: a sum in it cancels."""
    stretches = _zero_stretches(case)
    if not stretches:
        return None
    kernels = list(_kernels(case))
    causes = [_cause(case, where, kernels) for _, where in stretches]
    if causes[0] is None:
        return None
    same = [text for (text, _), cause in zip(stretches, causes, strict=True) if cause == causes[0]]
    return f"the result is 0 for every {' and '.join(same)}, where the exact one is not: {causes[0]}"


def _vanished_without_cause(case: _Case) -> str | None:
    stretches = _zero_stretches(case)
    return f"the result is 0 for every {stretches[0][0]}, where the exact one is not" if stretches else None


def _zero_stretches(case: _Case) -> list[tuple[str, Mask]]:
    """Where every result is 0 and the exact ones are not, in words and as points; the worst first."""
    lowest, below, above, highest = case.audit.nonzero_inputs
    x, vanished = case.x, (case.actual == 0.0) & (case.expected != 0.0)
    stretches = [
        ("x up to {}", np.max, vanished & (x < min(lowest, 0.0))),
        ("x from {} on", np.min, vanished & (x > max(highest, 0.0))),
        ("x from {} to 0", np.min, vanished & (x > below) & (x < 0.0)),
        ("x from 0 to {}", np.max, vanished & (x < above) & (x > 0.0)),
    ]
    # Up to the last input that was tried: what lies between two inputs of a sweep, nobody knows.
    long = [
        (text.format(case.text(float(end(x[where])))), where)
        for text, end, where in stretches
        if where.sum() >= _FEW and (case.off[where] > 1).any()
    ]
    return sorted(long, key=lambda stretch: -case.off[stretch[1]].max())


@dataclass(frozen=True, eq=False)
class _Kernel:
    """A formula computed in a type, at the points of the case."""

    text: str
    dtype: str
    result: Array
    sums: list[Sum]


def _kernels(case: _Case) -> Iterator[_Kernel]:
    """The ways in which a kernel may compute this, in the types in which it may."""
    order = case.audit.order
    spelled = case.activation.spellings.get(order, () if order else (case.activation.formula,))
    types = {"float64": ("float64", "float32"), "float32": ("float32", "bfloat16", "float16")}
    for text in spelled:
        for dtype in types.get(case.dtype, (case.dtype, "float32")):
            result, sums = as_computed(case.activation, text, case.x, dtype)
            yield _Kernel(text, dtype, round_to(result, case.dtype), sums)


def _cause(case: _Case, zeros: Mask, kernels: list[_Kernel]) -> str | None:
    """What happens to which sum, in the kernel that explains the zeros and comes nearest to the other results."""
    found = []
    for kernel in kernels:
        if _ends_together(case, zeros, kernel) > 0.8:
            rest = case.wrong & (case.actual != 0.0)
            distance = (
                float(np.log2(1 + np.minimum(case.distance(kernel.result, rest), 2.0**64)).mean())
                if rest.any()
                else 0.0
            )
            found += [
                (distance, f"{one.text} {one.fate} in {kernel.dtype}")
                for one in kernel.sums
                if _explains(case, zeros, kernel, one)
            ]
    return min(found)[1] if found else None


def _ends_together(case: _Case, zeros: Mask, kernel: _Kernel) -> float:
    """How well results and kernel agree in what is 0, within two octaves of where the results begin to be."""
    size, same_side = np.abs(case.x), np.sign(case.x) == np.sign(case.x[zeros][0])
    nonzero = size[same_side & (case.actual != 0.0)]
    inner = size[zeros].max()
    edge = inner if not nonzero.size or inner < nonzero.max() else size[zeros].min()
    around = same_side & (size > edge / 4) & (size < edge * 4) & (case.expected != 0.0)
    return float(((kernel.result == 0.0) == (case.actual == 0.0))[around].mean())


def _explains(case: _Case, zeros: Mask, kernel: _Kernel, one: Sum) -> bool:
    """Whether nothing is left of the sum at the zeros, and beside them the results are multiples of what is left."""
    if one.remainder.shape != case.x.shape or not (one.remainder[zeros] == 0.0).mean() > 0.75:
        return False
    if one.fate == "overflows":
        infinite = (one.remainder == 0.0) & (case.expected != 0.0)
        return bool((infinite == zeros)[infinite | zeros].mean() > 0.95)
    with np.errstate(all="ignore"):  # 0/0 is nan, and is left out
        multiple = np.abs(one.remainder / one.quantum)
        beside = ~zeros & (multiple >= 1) & (multiple <= 16) & (kernel.result != 0.0)
        found = np.abs(case.actual / kernel.result * multiple)[beside]
    if len(found) < _FEW:
        return False
    tolerance = 0.05 + 2.0 ** (2 - FORMATS[case.dtype].precision) * found
    return bool((np.abs(found - np.round(found)) <= tolerance).mean() > 0.8)


def _narrow_arithmetic(case: _Case) -> str | None:
    """The error has, octave by octave, the size that intermediate results of fewer bits give it."""
    best: tuple[float, str] | None = None
    for kernel in _kernels(case):
        if FORMATS[kernel.dtype].precision > FORMATS["bfloat16"].precision + 3:
            continue
        distance = steps(kernel.result, case.expected, case.dtype, case.audit.flush_subnormals).astype(np.float64)
        agreement = _agreement(case, distance, (kernel.result != 0.0) & np.isfinite(kernel.result))
        if agreement > 0.8 and (best is None or -agreement < best[0]):
            best = -agreement, kernel.dtype
    return f"the error has everywhere the size of intermediate results rounded to {best[1]}" if best else None


def _agreement(case: _Case, other: Array, there: Mask) -> float:
    """In how many of the octaves of x with errors the two mean errors are within a factor of 2 of each other."""
    usable = there & np.isfinite(case.off) & np.isfinite(case.x) & (case.x != 0.0) & (case.actual != 0.0)
    octave = np.frexp(case.x[usable])[1] * np.sign(case.x[usable])
    _, octave = np.unique(octave, return_inverse=True)
    count = np.bincount(octave)
    means = [np.bincount(octave, off[usable]) / count for off in (case.off, other)]
    seen = np.maximum(*means) >= 0.2
    if seen.sum() < _FEW:
        return 0.0
    with np.errstate(divide="ignore"):  # no error at all is infinitely far from one
        ratio = np.abs(np.log2(means[0][seen]) - np.log2(means[1][seen]))
    return float((ratio <= 1.0).mean()) if not math.isnan(ratio.sum()) else 0.0
