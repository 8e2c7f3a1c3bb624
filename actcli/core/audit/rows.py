"""An implementation of a row-wise activation held against the exact results, row by row."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.arrays import Array, numbers_of
from actcli.core.audit.gather import Quantiles, first_largest
from actcli.core.audit.report import Audit, Judged, Source
from actcli.core.audit.row_reference import GateValues, row_reference
from actcli.core.audit.tally import ENDLESS, HISTOGRAM, STEPS, WORST, Errors, Tally
from actcli.core.audit.ulp import Reference, UlpDistances, part_of, ulp_distance, ulp_error, unlike
from actcli.core.errors import InputError, instance, one_of
from actcli.core.numerics.double_double import Double, exp, log1p, row_sum
from actcli.core.numerics.formats import FLOAT_FORMATS, bit_pattern, flushed, round_to

SUMS: Final = {"softmax": "sum", "softmin": "sum", "sparsemax": "sum", "hardmax": "sum", "log_softmax": "logsumexp"}
"""Row-wise activations with a total that every row keeps to, and what it is: sums are 1, logsumexps 0."""

WIDTHS: Final = {2: 512, 8: 256, 64: 128, 512: 48, 4096: 12}
"""How many rows of each width an audit is made on where it makes them."""

_SEED: Final = 7
_COLUMNS: Final = 1 << 24
"""Of a place, a number of row and column in one."""


@dataclass(frozen=True, slots=True)
class RowPoint:
    """One result of a row, counted from 0, with the correctly rounded exact one and the distance between them."""

    row: int
    column: int
    actual: float
    expected: float
    ulp: float
    steps: float
    actual_bits: str
    expected_bits: str


@dataclass(frozen=True, slots=True)
class Defect:
    """How far the totals of rows are from what they should be: |sum - 1|, or |log of the sum of exp|.

    kind: sum or logsumexp
    largest, row: of the results, and in which row, counted from 0; None where no row is finite
    mean: over the rows
    rounded: the largest where every result is the correctly rounded exact one
    """

    kind: str
    largest: float | None
    row: int | None
    mean: float | None
    rounded: float | None


@dataclass(frozen=True, eq=False, slots=True)
class RowAudit(Judged):
    """What an audit of a row-wise activation finds; the fields are those of `Audit`, where they have its names.

    rows: how many there are; widths: the shortest and the longest
    defect: of the rows' totals; None where the activation has none
    worst: the ten worst in steps, nan and infinity first
    """

    activation: str
    order: int
    dtype: str
    flush_subnormals: bool
    rows: int
    widths: tuple[int, int]
    total: Errors
    nan: int
    infinite: int
    unlike: int
    correctly_rounded: int
    undefined: int
    answered: int
    histogram: dict[str, int]
    steps_histogram: dict[str, int]
    percentiles: dict[str, float]
    defect: Defect | None
    worst: tuple[RowPoint, ...]
    worst_ulp: RowPoint | None
    worst_steps: RowPoint | None
    source: Source | None = None

    exhaustive = False

    @property
    def nonfinite(self) -> int:
        """How many results are nan or infinite where the correctly rounded exact one is not."""
        return self.nan + self.infinite

    @property
    def ulp_place(self) -> str:
        """Where the largest error in ULP is, for a sentence."""
        return _place(self.total.max_ulp_input)

    @property
    def steps_place(self) -> str:
        """Where the most steps are, nan and infinity being the most."""
        return _place(self.total.worst_input)

    def document(self) -> dict[str, Any]:
        """The report as plain data."""
        total = self.total
        return {
            "activation": self.activation,
            "order": self.order,
            "dtype": self.dtype,
            "flush_subnormals": self.flush_subnormals,
            "rows": self.rows,
            "widths": list(self.widths),
            "count": total.count,
            "max_ulp": total.max_ulp,
            "mean_ulp": total.mean_ulp,
            "max_steps": total.max_steps,
            "mean_steps": total.mean_steps,
            "finite": {"max_ulp": total.finite_max_ulp, "max_steps": total.finite_max_steps},
            "nonfinite": self.nonfinite,
            "non_finite": {"nan": self.nan, "infinite": self.infinite},
            "correctly_rounded": self.correctly_rounded / total.count,
            "undefined": {"count": self.undefined, "answered": self.answered},
            "histogram": self.histogram,
            "steps_histogram": self.steps_histogram,
            "percentiles": self.percentiles,
            "defect": self.defect and asdict(self.defect),
            "worst": [asdict(point) for point in self.worst],
            "worst_ulp": self.worst_ulp and asdict(self.worst_ulp),
            "implementation": self.source and asdict(self.source),
        }

    def summary(self) -> dict[str, Any]:
        """The figures of one line in a table of audits, as plain data."""
        total = self.total
        return {
            "activation": self.activation,
            "dtype": self.dtype,
            "order": self.order,
            "count": total.count,
            "max_ulp": total.finite_max_ulp,
            "max_steps": total.finite_max_steps,
            "mean_ulp": total.mean_ulp,
            "mean_steps": total.mean_steps,
            "correctly_rounded": self.correctly_rounded / total.count,
            "nonfinite": self.nonfinite,
            "worst_input": None,
        }


AnyAudit = Audit | RowAudit


def row_sweep(activation: ActivationLike, dtype: str = "float32") -> list[Array]:
    """Rows of several widths to audit on, as arrays (rows, width) of numbers of the type; the same on every call.

    Their spreads go from 0.01 to 100, about centres from -50 to 50. Among those of an activation whose rows have a
    total one in five has masked scores, -inf (of softmin inf), one is constant, and some have one score far above the
    others. InputError: no row-wise activation, no such type.

    >>> [rows.shape for rows in row_sweep("softmax", "bfloat16")]
    [(512, 2), (256, 8), (128, 64), (48, 512), (12, 4096)]
    """
    activation = _row_wise(activation)
    one_of("dtype", dtype, FLOAT_FORMATS)
    random, masks = np.random.default_rng(_SEED), activation.name in SUMS and FLOAT_FORMATS[dtype].has_infinity
    found = []
    for width, count in WIDTHS.items():
        spread = np.array([0.01, 1.0, 1.0, 10.0, 100.0])[np.arange(count) % 5, None]
        centre = np.array([0.0, 50.0, -50.0])[np.arange(count) % 3, None]
        rows = random.normal(size=(count, width)) * spread + centre
        if activation.name in SUMS:
            rows[0] = 1.0
            rows[7::16, width // 2] += 40.0
        if masks:
            hidden = random.random(rows.shape) < 0.3
            hidden[:, 0] = False
            rows[::5] = np.where(hidden[::5], -np.inf, rows[::5])
            rows[0] = 1.0
        found.append(round_to(-rows if activation.name == "softmin" else rows, dtype))
    return found


def _row_wise(activation: ActivationLike) -> RowWise:
    activation = resolve(activation)
    if not isinstance(activation, RowWise):
        raise InputError(f"{activation.name} is a function of one number, and acts on no rows")
    return activation


class RowAuditor:
    """Takes rows and results block by block, and reports on them in the end.

    gelu: values of gelu in more digits, for a geglu in float64. Raises InputError for what cannot be audited.

    >>> auditor = RowAuditor("softmax", "float16")
    >>> auditor.add(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.5, 0.5], [0.5, 0.625]]))
    >>> found = auditor.result()
    >>> found.total.max_steps, found.defect.largest, found.defect.row
    (256, 0.125, 1)
    """

    def __init__(
        self,
        activation: ActivationLike,
        dtype: str = "float32",
        *,
        flush_subnormals: bool = False,
        gelu: GateValues | None = None,
    ) -> None:
        self.activation, self.dtype = _row_wise(activation), one_of("dtype", dtype, FLOAT_FORMATS)
        self.flush, self._gelu = instance("flush_subnormals", flush_subnormals, bool), gelu
        self._everything, self._quantiles = Tally(1), Quantiles()
        self._histogram = np.zeros(len(HISTOGRAM), dtype=np.int64)
        self._steps_histogram = np.zeros(len(STEPS), dtype=np.int64)
        self._rows, self._widths = 0, (0, 0)
        self._nan = self._infinite = self._unlike = self._right = self._undefined = self._answered = 0
        self._worst: list[RowPoint] = []
        self._worst_ulp: RowPoint | None = None
        self._worst_steps: RowPoint | None = None
        self._defects: list[tuple[Array, Array]] = []

    def add(self, rows: Array, actual: Array) -> None:
        """Results for rows of shape (n, m), both numbers of the type. InputError where they are not."""
        rows, actual = numbers_of("rows", rows), numbers_of("actual", actual)
        if rows.ndim != 2 or not rows.size:
            raise InputError(f"rows of shape {rows.shape}: they must be of (n, m)")
        truth = row_reference(self.activation, rows, self.dtype, self.flush, self._gelu)
        if actual.ndim != 2 or len(actual) != len(rows):
            raise InputError(
                f"rows of shape {rows.shape} and results of shape {actual.shape}: both must be of (n, ...)"
            )
        if actual.shape[1] != (width := truth.rounded.shape[1]):
            wrong = f"not {actual.shape[1]:,}"
            raise InputError(f"{self.activation.name} of {rows.shape[1]:,} numbers has {width:,} results, {wrong}")
        self._note_totals(truth, actual)
        ordinal = (np.arange(len(rows)) + self._rows)[:, None] * _COLUMNS + np.arange(actual.shape[1])
        narrow, wide = self._widths
        self._widths = (min(narrow or rows.shape[1], rows.shape[1]), max(wide, rows.shape[1]))
        self._rows += len(rows)
        self._add(ordinal.ravel().astype(np.float64), actual.ravel(), _flat(truth))

    def _add(self, ordinal: Array, actual: Array, truth: Reference) -> None:
        defined = ~np.isnan(truth.exact)
        self._undefined += int((~defined).sum())
        self._answered += int((~np.isnan(actual[~defined])).sum())
        ordinal, actual, truth = ordinal[defined], actual[defined], part_of(truth, defined)
        if not ordinal.size:
            return
        if not FLOAT_FORMATS[self.dtype].has_infinity:  # its nan stands for what is too large, too
            actual = np.where(np.isnan(actual) & np.isinf(truth.rounded), truth.rounded, actual)
        wrong = unlike(actual, truth, self.dtype)
        ulp = np.where(wrong, np.inf, ulp_error(actual, truth, self.dtype, self.flush))
        away = np.where(wrong, np.uint64(ENDLESS), ulp_distance(actual, truth.rounded, self.dtype, self.flush))
        self._nan += int(np.isnan(actual).sum())
        self._infinite += int((np.isinf(actual) & np.isfinite(truth.rounded)).sum())
        self._unlike += int(wrong.sum())
        self._right += int((away == 0).sum())
        self._histogram += np.bincount(np.searchsorted([*HISTOGRAM.values()], ulp), minlength=len(HISTOGRAM))
        self._steps_histogram += np.bincount(
            np.searchsorted(np.array([*STEPS.values()], dtype=np.uint64), away), minlength=len(STEPS)
        )
        self._quantiles.note(ulp)
        self._everything.add(np.zeros(len(ordinal), dtype=np.int64), ordinal, ulp, away)
        self._keep_worst(ordinal, actual, truth.rounded, ulp, away)

    def _keep_worst(self, ordinal: Array, actual: Array, expected: Array, ulp: Array, away: UlpDistances) -> None:
        def point(i: int) -> RowPoint:
            row, column = divmod(int(ordinal[i]), _COLUMNS)
            found = math.inf if int(away[i]) == ENDLESS else int(away[i])
            bits = (bit_pattern(float(number), self.dtype) for number in (actual[i], expected[i]))
            return RowPoint(row, column, float(actual[i]), float(expected[i]), float(ulp[i]), found, *bits)

        new = [point(i) for i in first_largest(away.astype(np.float64), WORST)]
        self._worst = sorted([*self._worst, *new], key=lambda p: -p.steps)[:WORST]
        finite = away != ENDLESS
        if not finite.any():
            return
        at = int(np.where(finite, ulp, -1.0).argmax())
        if self._worst_ulp is None or ulp[at] > self._worst_ulp.ulp:
            self._worst_ulp = point(at)
        at = int(np.where(finite, away, 0).argmax())
        if self._worst_steps is None or int(away[at]) > self._worst_steps.steps:
            self._worst_steps = point(at)

    def _note_totals(self, truth: Reference, actual: Array) -> None:
        if (kind := SUMS.get(self.activation.name)) is None:
            return
        seen = flushed(actual, self.dtype) if self.flush else actual
        with np.errstate(all="ignore"):  # a total that infinities and nan are in is not finite
            self._defects.append((_defects(seen, kind), _defects(truth.rounded, kind)))

    def result(self) -> RowAudit:
        """The report on all that was added. Raises InputError where there is nothing to report on."""
        total = self._everything.errors()
        if not total.count:
            left_out = f": the exact result is nan at all {self._undefined}" if self._undefined else ""
            raise InputError(f"no rows to audit{left_out}")
        return RowAudit(
            activation=self.activation.label,
            order=0,
            dtype=self.dtype,
            flush_subnormals=self.flush,
            rows=self._rows,
            widths=self._widths,
            total=total,
            nan=self._nan,
            infinite=self._infinite,
            unlike=self._unlike,
            correctly_rounded=self._right,
            undefined=self._undefined,
            answered=self._answered,
            histogram=dict(zip(HISTOGRAM, self._histogram.tolist(), strict=True)),
            steps_histogram=dict(zip(STEPS, self._steps_histogram.tolist(), strict=True)),
            percentiles=self._quantiles.percentiles(math.inf if total.max_ulp is None else total.max_ulp),
            defect=self._defect(),
            worst=tuple(self._worst),
            worst_ulp=self._worst_ulp,
            worst_steps=self._worst_steps,
        )

    def _defect(self) -> Defect | None:
        if not self._defects:
            return None
        found, rounded = (np.concatenate(parts) for parts in zip(*self._defects, strict=True))
        finite = np.isfinite(found)
        at = int(np.where(finite, found, -1.0).argmax())
        best = rounded[np.isfinite(rounded)]
        return Defect(
            SUMS[self.activation.name],
            float(found[at]) if finite.any() else None,
            at if finite.any() else None,
            float(found[finite].mean()) if finite.any() else None,
            float(best.max()) if best.size else None,
        )


def _defects(results: Array, kind: str) -> Array:
    """How far each row's total is from what it should be; not finite where a result is not."""
    if kind == "sum":
        return np.abs((row_sum(Double(results)) + -1.0).hi[:, 0])
    mantissa, exponent = exp(Double(np.where(np.isneginf(results), 0.0, results)))
    weights = mantissa.scaled(exponent)
    there = ~np.isneginf(results)
    weights = Double(np.where(there, weights.hi, 0.0), np.where(there, weights.lo, 0.0))
    over = row_sum(weights) + -1.0
    # log1p is of numbers from 0 on: log(1 + y) = -log(1 - y/(1 + y)).
    low = over.hi < 0.0
    positive = Double(np.where(low, 0.0, over.hi), np.where(low, 0.0, over.lo))
    negative = Double(np.where(low, -over.hi, 0.0), np.where(low, -over.lo, 0.0))
    found = np.where(low, log1p(negative / (negative * -1.0 + 1.0)).hi, log1p(positive).hi)
    return np.where(np.isnan(results).any(axis=-1), np.nan, np.abs(found[:, 0]))


def _place(ordinal: float | None) -> str:
    row, column = divmod(int(ordinal or 0), _COLUMNS)
    return f"row {row}, column {column}"


def _flat(truth: Reference) -> Reference:
    return Reference(truth.rounded.ravel(), truth.remainder.ravel(), truth.spacing.ravel(), truth.exact.ravel())
