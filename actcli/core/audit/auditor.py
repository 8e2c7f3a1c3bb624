"""Audit of an elementwise implementation: its errors against exact results, in ULP and in steps."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER
from actcli.core.activations.catalogue import ActivationLike
from actcli.core.arrays import Array, Indices, numbers_of
from actcli.core.audit.gather import Distribution, Elsewhere, Largest, Stretches, Worst, errors_of, reversals
from actcli.core.audit.inputs import EVERYWHERE, Region, audited
from actcli.core.audit.intermediates import Intermediates
from actcli.core.audit.report import Audit, Constant, Extreme, Point, Profile, Sample, Segment
from actcli.core.audit.sides import ExactSigns, Sides
from actcli.core.audit.tally import ENDLESS, Tally, boundaries
from actcli.core.audit.ulp import (
    Reference,
    UlpDistances,
    part_of,
    product_reference,
    reference,
    ulp_distance,
)
from actcli.core.errors import InputError, instance, one_of, shown, whole_number
from actcli.core.numerics.formats import FLOAT_FORMATS, bit_pattern, flushed, in_units, ordinal, round_to, value_at

# The sign of a zero result at x = ±0 is the sign of the function at this distance from 0.
_BESIDE_ZERO = 2.0**-160
# Points kept for the diagnosis, and inputs in a block: both bound the memory.
_SAMPLE, _BLOCK = 1 << 17, 1 << 16

MakeReference = Callable[..., Reference]
"""x, or x and the incoming gradient -> the exact results."""


_COUNTS: Final = "_reversals", "_undefined", "_answered", "_unlike", "_left_out", "_excused"


class Auditor:
    """The errors of an implementation, from inputs and results that are added block by block.

    order: of the derivative
    flush_subnormals: subnormal inputs and results count as zero
    flush_intermediates: the same, and a result may also match a formula with subnormal intermediate results at zero
    segments: inner boundaries of the segments, ascending; None: where the size of the error changes
    region: inputs outside of it are left out
    exact: the reference, see MakeReference; None: the activation's float64 values
    ask: sign of exact - y in more digits, for ties and powers of two that float64 cannot decide

    The float64 reference for float32 has an error below 1e-8 ULP, except at the few numbers next to a zero of the
    derivative: 0.1 ULP there (order 3: 0.3). Ties and powers of two follow from the line that the function approaches
    (see `Sides`), and else from `ask`.

    InputError: a row-wise activation, no such type, an order beyond MAX_ORDER, segments that do not ascend.

    >>> x = np.array([-1.0, 0.0, 1.0])
    >>> auditor = Auditor("relu", "float16")
    >>> auditor.add(x, np.array([0.0, 0.0, 1.25]))
    >>> auditor.result().total.max_steps
    256
    """

    def __init__(
        self,
        activation: ActivationLike,
        dtype: str = "float32",
        *,
        order: int = 0,
        flush_subnormals: bool = False,
        flush_intermediates: bool = False,
        segments: Sequence[float] | None = None,
        region: Region = EVERYWHERE,
        exact: MakeReference | None = None,
        ask: ExactSigns | None = None,
    ) -> None:
        self.activation = audited(activation)
        self.dtype, self.order = one_of("dtype", dtype, FLOAT_FORMATS), whole_number("the order", order, 0, MAX_ORDER)
        self.flush = instance("flush_subnormals", flush_subnormals, bool)
        self._intermediates = None
        if instance("flush_intermediates", flush_intermediates, bool):
            self.flush, self._intermediates = True, Intermediates(self.activation, self.order, dtype)
        self.region, self.grad_output = region, False
        self._given = None if segments is None else numbers_of("segments", segments).ravel()
        ends = [-math.inf, *([] if self._given is None else self._given.tolist()), math.inf]
        if not all(a < b for a, b in pairwise(ends)):
            raise InputError("the boundaries of segments must be finite and ascend")
        if exact is not None and not callable(exact):
            raise InputError(f"exact must be a function of an array, not {shown(exact)}")
        self._sides = None if exact else Sides(self.activation, order, ask)
        self.exact = exact or self._float64_reference
        form = FLOAT_FORMATS[dtype]
        # Small intervals per octave: 8, for float64 4, because it has many octaves.
        self._shift = max(form.precision - 1 - (2 if dtype == "float64" else 3), 0)
        self._zero = form.infinity >> self._shift
        self._small = Tally(2 * self._zero + 1)
        self._large = None if self._given is None else Tally(len(self._given) + 1)
        self._everything, self._subnormal = Tally(1), Tally(1)
        self._distribution, self._absolute, self._relative = Distribution(), Largest(), Largest()
        self._left_out = self._excused = 0
        self._reversals = self._undefined = self._answered = self._unlike = 0
        self._kinds = {kind: Stretches() for kind in ("nan", "infinite", "wrong_sign", "zero_sign", "nonfinite")}
        self._seen = np.zeros(2 * form.infinity + 1, dtype=bool) if form.bits <= 16 else None
        self._ends: list[tuple[Array, Array]] = []
        self._worst = Worst[Point]()
        self._constants = self._limits()
        self._max_steps_when_flushed = 0.0
        self._sampled = np.zeros(2 * self._zero + 1, dtype=np.int64)
        self._samples: list[tuple[Array, Array, Array, UlpDistances]] = []

    def add(self, x: Array, actual: Array, grad_output: Array | None = None) -> None:
        """Add results `actual` at inputs x, both of shape (n,) and representable in the type.

        grad_output: shape (n,); the incoming gradient, where results are derivatives times this gradient
        InputError: another shape
        """
        x, actual = numbers_of("x", x), numbers_of("actual", actual)
        if x.ndim != 1 or x.shape != actual.shape:
            raise InputError(f"inputs of shape {x.shape} and results of shape {actual.shape}: both must be of (n,)")
        if grad_output is not None and grad_output.shape != x.shape:
            raise InputError(f"inputs of shape {x.shape} and a gradient of shape {grad_output.shape}")
        self.grad_output |= grad_output is not None
        for start in range(0, len(x), _BLOCK):
            part = slice(start, start + _BLOCK)
            self._add(x[part], actual[part], *(() if grad_output is None else (grad_output[part],)))

    def _add(self, x: Array, actual: Array, *grad: Array) -> None:
        within = self.region.holds(x)
        if not within.all():
            self._left_out += int((~within).sum())
            x, actual, grad = x[within], actual[within], tuple(part[within] for part in grad)
        truth = self.exact(*(flushed(part, self.dtype) if self.flush else part for part in (x, *grad)))
        defined = ~np.isnan(truth.exact)
        if not defined.all():
            self._undefined += int((~defined).sum())
            self._answered += int((~np.isnan(actual[~defined])).sum())
            x, actual, truth = x[defined], actual[defined], part_of(truth, defined)
            grad = tuple(part[defined] for part in grad)
        if not x.size:
            return
        actual, wrong, ulp, away = errors_of(actual, truth, self.dtype, self.flush)
        if self._intermediates is not None:
            truth, ulp, away, excused = self._intermediates.judged(x, actual, truth, ulp, away, *grad)
            self._excused += excused
        self._unlike += int(wrong.sum())
        seen = flushed(actual, self.dtype) if self.flush else actual
        self._note_kinds(x, seen, truth, *grad)
        self._count_reversals(truth.exact, seen)
        for constant in self._constants:
            constant.note(x, seen != constant.value)
        if not self.flush:
            self._try_flushing(x, actual, truth.rounded, away, *grad)
        self._distribution.note(ulp, away)
        self._note_sizes(x, seen, truth, ulp)
        self._everything.add(np.zeros(len(x), dtype=np.int64), x, ulp, away)
        self._keep_worst(x, actual, truth.rounded, ulp, away, *grad)
        interval = (ordinal(x, self.dtype) >> self._shift) + self._zero
        self._take_sample(interval, x, actual, truth.rounded, away)
        if self.flush:
            normal = (np.abs(x) >= FLOAT_FORMATS[self.dtype].smallest_normal) | (x == 0.0)
            rest = ~normal
            self._subnormal.add(np.zeros(int(rest.sum()), dtype=np.int64), x[rest], ulp[rest], away[rest])
            interval, x, ulp, away = interval[normal], x[normal], ulp[normal], away[normal]
        self._small.add(interval, x, ulp, away)
        if self._large is not None and self._given is not None:
            self._large.add(np.searchsorted(self._given, x, side="right"), x, ulp, away)

    def merge(self, later: "Auditor") -> None:
        """Append the inputs of another auditor with the same settings."""
        for mine, theirs in (
            *zip(self._tallies(), later._tallies(), strict=True),
            *zip(self._kinds.values(), later._kinds.values(), strict=True),
            *zip(self._constants, later._constants, strict=True),
            (self._distribution, later._distribution),
            (self._absolute, later._absolute),
            (self._relative, later._relative),
            (self._worst, later._worst),
        ):
            mine.merge(theirs)  # type: ignore[attr-defined] # both of a pair have one class
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(later, name))
        if self._ends and later._ends:
            (_, last), (first, end) = self._ends, later._ends
            self._reversals += reversals(np.append(last[0], first[0]), np.append(last[1], first[1]))
            self._ends = [self._ends[0], end]
        else:
            self._ends = self._ends or later._ends
        if self._seen is not None and later._seen is not None:
            self._seen |= later._seen
        self._max_steps_when_flushed = max(self._max_steps_when_flushed, later._max_steps_when_flushed)
        self._sampled += later._sampled
        self._samples += later._samples

    def _tallies(self) -> list[Tally]:
        return [self._small, self._everything, self._subnormal, *([] if self._large is None else [self._large])]

    def result(self) -> Audit:
        """The report on all results added. InputError: none was added."""
        total = self._everything.errors()
        if not total.count:
            left_out = f": the exact result is nan at all {self._undefined}" if self._undefined else ""
            raise InputError(f"no inputs to audit{left_out}")
        kinds = {kind: stretch.result() for kind, stretch in self._kinds.items()}
        return Audit(
            activation=self.activation.label,
            order=self.order,
            dtype=self.dtype,
            flush_subnormals=self.flush,
            flush_intermediates=self._intermediates is not None,
            excused=self._excused,
            total=total,
            exhaustive=self._exhaustive(),
            nan=kinds["nan"],
            infinite=kinds["infinite"],
            wrong_sign=kinds["wrong_sign"],
            zero_sign=kinds["zero_sign"],
            unlike=self._unlike,
            first_nonfinite=kinds["nonfinite"].first_input,
            monotonicity_violations=self._reversals,
            correctly_rounded=self._distribution.correctly_rounded,
            undefined=self._undefined,
            answered=self._answered,
            histogram=self._distribution.histogram(),
            steps_histogram=self._distribution.steps_histogram(),
            percentiles=self._distribution.percentiles(total.max_ulp),
            max_absolute=Extreme(self._absolute.value, self._absolute.at) if self._absolute.value >= 0 else None,
            max_relative=Extreme(self._relative.value, self._relative.at) if self._relative.value >= 0 else None,
            left_out=self._left_out,
            segments=self._segments(),
            subnormal_inputs=self._subnormal.errors() if self.flush else None,
            worst=tuple(self._worst.points),
            worst_ulp=self._worst.ulp,
            worst_steps=self._worst.steps,
            profile=self._profile(),
            sample=Sample(*(np.concatenate(parts) for parts in zip(*self._samples, strict=True))),
            constants=tuple(Constant(constant.value, constant.elsewhere) for constant in self._constants),
            max_steps_when_flushed=None if self.flush else self._max_steps_when_flushed,
            grad_output=self.grad_output,
        )

    def _float64_reference(self, x: Array, grad: Array | None = None) -> Reference:
        y = self.activation.derivative(x, self.order) if self.order else self.activation(x)
        if self._sides is None:
            return reference(y, self.dtype, self.flush)
        y, sides = self._sides.nearest(x, y, self.dtype)
        if grad is not None:
            return product_reference(y, sides, grad, self.dtype, self.flush)
        return reference(y, self.dtype, self.flush, sides)

    def _limits(self) -> list[Elsewhere]:
        """0, and the function's limits at -inf and inf."""
        ends = np.array([-np.inf, np.inf])
        y = round_to(self.activation.derivative(ends, self.order), self.dtype)
        values = {0.0: None} | {float(limit): None for limit in y if np.isfinite(limit)}
        return [Elsewhere(value) for value in values]

    def _exhaustive(self) -> bool:
        if self._seen is None or self.grad_output:
            return False
        end = FLOAT_FORMATS[self.dtype].infinity - 1
        wanted = self.region.holds(value_at(np.arange(-end, end + 1, dtype=np.int64), self.dtype))
        return bool(self._seen[1:-1][wanted].all())

    def _note_kinds(self, x: Array, actual: Array, truth: Reference, *grad: Array) -> None:
        """Count results that are nan, infinite, of the wrong sign, or a zero of the wrong sign."""
        if self._seen is not None:
            self._seen[ordinal(x, self.dtype) + FLOAT_FORMATS[self.dtype].infinity] = True
        finite = np.isfinite(truth.rounded)
        sign = np.sign(truth.exact)
        zero = (actual == 0.0) & (truth.rounded == 0.0)
        if zero.any():
            at = np.flatnonzero(zero & (sign == 0.0))
            sign = sign.copy()
            sign[at] = self._signs_of_zero(x[at], truth.remainder[at], *(np.sign(part[at]) for part in grad))
            zero &= (sign != 0.0) & (np.signbit(actual) != (sign < 0.0))
        with np.errstate(invalid="ignore"):  # the sign of nan is nan, which is not counted
            wrong_sign = np.sign(actual) * np.sign(truth.exact) < 0.0
        found = {"nan": np.isnan(actual), "infinite": np.isinf(actual) & finite, "wrong_sign": wrong_sign}
        found |= {"zero_sign": zero, "nonfinite": found["nan"] | found["infinite"]}
        for kind, where in found.items():
            self._kinds[kind].note(x, where)

    def _signs_of_zero(self, x: Array, remainder: Array, times: Array | float = 1.0) -> Array:
        """Signs of exact results that round to zero: of the remainder; at x = ±0 of the one-sided limit; else 0."""
        sign = np.sign(remainder)
        zero = x == 0.0
        if zero.any():
            beside = self.activation.derivative(np.copysign(_BESIDE_ZERO, x[zero]), self.order)
            sign[zero] = np.sign(beside) * (times[zero] if isinstance(times, np.ndarray) else times)
        return sign

    def _segments(self) -> tuple[Segment, ...]:
        if self._large is not None and self._given is not None:
            edges = [-math.inf, *self._given.tolist(), math.inf]
            errors = [self._large.errors(i, i + 1) for i in range(len(edges) - 1)]
        else:
            filled = np.flatnonzero(self._small.count)
            largest = np.where(self._small.nonfinite[filled] > 0, np.inf, self._small.max_ulp[filled])
            starts = filled[boundaries(largest)].tolist()
            inner = value_at(np.array(starts, dtype=np.int64) - self._zero << self._shift, self.dtype)
            edges = [-math.inf, *inner.tolist(), math.inf]
            ends = [0, *starts, len(self._small.count)]
            errors = [self._small.errors(a, b) for a, b in pairwise(ends)]
        return tuple(map(Segment, edges, edges[1:], errors))

    def _profile(self) -> Profile:
        filled = np.flatnonzero(self._small.count)
        low = np.minimum(filled - self._zero, self._zero) << self._shift
        high = np.minimum(filled + 1 - self._zero, self._zero) << self._shift
        bad, finite = self._small.nonfinite[filled] > 0, self._small.max_ulp[filled]
        return Profile(value_at(low, self.dtype), value_at(high, self.dtype), np.where(finite < 0, np.nan, finite), bad)

    def _try_flushing(self, x: Array, actual: Array, expected: Array, away: UlpDistances, *grad: Array) -> None:
        """The largest error if hardware flushed subnormals; only results more than a step off are tried."""
        off = away > 1
        x, actual, expected = x[off], actual[off], expected[off]
        subnormal = (np.abs(x) < FLOAT_FORMATS[self.dtype].smallest_normal) & (x != 0.0)
        if subnormal.any():
            expected = np.where(
                subnormal, self.exact(np.copysign(0.0, x), *(part[off] for part in grad)).rounded, expected
            )
        found = ulp_distance(actual, expected, self.dtype, flush=True).astype(np.float64)
        found[np.isnan(actual) | (np.isinf(actual) & np.isfinite(expected))] = math.inf
        self._max_steps_when_flushed = max(self._max_steps_when_flushed, float(found.max(initial=0.0)))

    def _note_sizes(self, x: Array, actual: Array, truth: Reference, ulp: Array) -> None:
        """Update the largest absolute and relative errors of finite results."""
        finite = np.isfinite(ulp) & np.isfinite(truth.exact) & np.isfinite(actual)
        if not finite.all():
            x, actual, ulp, truth = x[finite], actual[finite], ulp[finite], part_of(truth, finite)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # overflow: a large error; 0/0: none
            away = np.abs(actual - truth.exact) if self.flush else in_units(ulp, -truth.spacing, self.dtype)
            self._absolute.note(x, away)
            relative = away / np.abs(truth.exact)
        if (zero := truth.exact == 0.0).any():
            relative[zero] = np.nan
        self._relative.note(x, relative)

    def _count_reversals(self, exact: Array, actual: Array) -> None:
        """Count reversals of neighbouring results; the first and the last result are kept, to join blocks."""
        ends = [(exact[:1], actual[:1]), (exact[-1:], actual[-1:])]
        if self._ends:
            exact, actual = np.append(self._ends[1][0], exact), np.append(self._ends[1][1], actual)
            ends[0] = self._ends[0]
        self._ends = ends
        self._reversals += reversals(exact, actual)

    def _take_sample(self, interval: Indices, x: Array, actual: Array, expected: Array, away: UlpDistances) -> None:
        """Keep points for the diagnosis: evenly spread within each small interval, until its share is full."""
        room = np.maximum(_SAMPLE // len(self._sampled) - self._sampled, 0)
        wanted = np.flatnonzero(room[interval])
        order = wanted[np.argsort(interval[wanted], kind="stable")]
        intervals, first, counts = np.unique(interval[order], return_index=True, return_counts=True)
        rank = np.arange(len(order)) - np.repeat(first, counts)
        share = np.repeat(np.minimum(room[intervals], counts), counts)
        kept = np.sort(order[rank * share % np.repeat(counts, counts) < share])
        self._sampled += np.bincount(interval[kept], minlength=len(self._sampled))
        self._samples.append((x[kept], actual[kept], expected[kept], away[kept]))

    def _keep_worst(
        self, x: Array, actual: Array, expected: Array, ulp: Array, away: UlpDistances, *grad: Array
    ) -> None:
        def point(i: int) -> Point:
            found = int(away[i])
            numbers = float(x[i]), float(actual[i]), float(expected[i])
            x_bits, actual_bits, expected_bits = (bit_pattern(number, self.dtype) for number in numbers)
            size = float(ulp[i]), math.inf if found == ENDLESS else found
            times = float(grad[0][i]) if grad else None
            return Point(*numbers, *size, x_bits, actual_bits, expected_bits, times)

        self._worst.note(ulp, away, point)
