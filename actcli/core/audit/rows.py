"""Audit of a row-wise implementation: its errors against exact results, row by row."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.arrays import Array, numbers_of
from actcli.core.audit.gather import Distribution, Worst, errors_of
from actcli.core.audit.report import Audit, Judged, RowPoint, Source
from actcli.core.audit.row_reference import GateValues, row_reference
from actcli.core.audit.tally import ENDLESS, Errors, Tally
from actcli.core.audit.ulp import Reference, UlpDistances, part_of
from actcli.core.errors import InputError, count, instance, one_of
from actcli.core.numerics.double_double import Double, exp, log1p, row_sum
from actcli.core.numerics.formats import FLOAT_FORMATS, bit_pattern, flushed, round_to

SUMS: Final = {"softmax": "sum", "softmin": "sum", "sparsemax": "sum", "hardmax": "sum", "log_softmax": "logsumexp"}
"""Row-wise activations whose rows have a fixed total, and its kind: the sum is 1, the logsumexp 0."""

WIDTHS: Final = {2: 512, 8: 256, 64: 128, 512: 48, 4096: 12}
"""Width -> number of rows in `row_sweep`."""

_SEED: Final = 7
_COLUMNS: Final = 1 << 24
"""A place is the number row * _COLUMNS + column."""


@dataclass(frozen=True, slots=True)
class Defect:
    """Errors of the rows' totals: |sum - 1| or |logsumexp|.

    kind: sum or logsumexp
    largest, row: the largest error and its row, counted from 0; None if no row is finite
    mean: over the finite rows
    rounded: the largest error of correctly rounded rows, for comparison
    """

    kind: str
    largest: float | None
    row: int | None
    mean: float | None
    rounded: float | None


@dataclass(frozen=True, eq=False, slots=True)
class RowAudit(Judged):
    """Report of a row-wise audit. Fields named as in `Audit` have the same meaning.

    rows, widths: number of rows, and the smallest and the largest width
    defect: errors of the rows' totals; None for an activation without a fixed total
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
        """Number of results that are nan or infinite although the correctly rounded exact one is finite."""
        return self.nan + self.infinite

    @property
    def ulp_place(self) -> str:
        """Place of the largest error in ULP, in words."""
        return _place(self.total.max_ulp_input)

    @property
    def steps_place(self) -> str:
        """Place of the largest error in steps, in words; nan and infinity count as the largest."""
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
            "nan": self.nan,
            "infinite": self.infinite,
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


AnyAudit = Audit | RowAudit


def row_sweep(activation: ActivationLike, dtype: str = "float32") -> list[Array]:
    """Rows to audit on: arrays of shape (rows, width), one for each width. The same on every call.

    Normal random numbers with standard deviations from 0.01 to 100 and means from -50 to 50, rounded to the type. For
    an activation with a fixed total every fifth row has masked scores, -inf (softmin: inf), if the type has an
    infinity; one row of each width is constant, and every sixteenth has one score far above the others.
    InputError: no row-wise activation, no such type.

    >>> [rows.shape for rows in row_sweep("softmax", "bfloat16")]
    [(512, 2), (256, 8), (128, 64), (48, 512), (12, 4096)]
    """
    activation = _row_wise(activation)
    one_of("dtype", dtype, FLOAT_FORMATS)
    random, masks = np.random.default_rng(_SEED), activation.name in SUMS and FLOAT_FORMATS[dtype].has_infinity
    found = []
    for width, number in WIDTHS.items():
        spread = np.array([0.01, 1.0, 1.0, 10.0, 100.0])[np.arange(number) % 5, None]
        centre = np.array([0.0, 50.0, -50.0])[np.arange(number) % 3, None]
        rows = random.normal(size=(number, width)) * spread + centre
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
        raise InputError(f"{activation.name} is elementwise and acts on no rows")
    return activation


class RowAuditor:
    """The errors of a row-wise implementation, from rows and results that are added block by block.

    gelu: see `row_reference`
    InputError: an elementwise activation, no such type.

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
        self._everything, self._distribution, self._worst = Tally(1), Distribution(), Worst[RowPoint]()
        self._rows, self._widths = 0, (0, 0)
        self._nan = self._infinite = self._unlike = self._undefined = self._answered = 0
        self._defects: list[tuple[Array, Array]] = []

    def add(self, rows: Array, actual: Array) -> None:
        """Add the results of rows of shape (n, m), both representable in the type.

        InputError: other shapes, or an activation without exact results.
        """
        rows, actual = numbers_of("rows", rows), numbers_of("actual", actual)
        if rows.ndim != 2 or not rows.size:
            raise InputError(f"rows of shape {rows.shape}: they must be of (n, m)")
        truth = row_reference(self.activation, rows, self.dtype, self.flush, self._gelu)
        if actual.ndim != 2 or len(actual) != len(rows):
            raise InputError(
                f"rows of shape {rows.shape} and results of shape {actual.shape}: both must be of (n, ...)"
            )
        if actual.shape[1] != (width := truth.rounded.shape[1]):
            due = f"{count(rows.shape[1], 'number')} has {count(width, 'result')}"
            raise InputError(f"{self.activation.name} of {due}, not {actual.shape[1]:,}")
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
        actual, wrong, ulp, away = errors_of(actual, truth, self.dtype, self.flush)
        self._nan += int(np.isnan(actual).sum())
        self._infinite += int((np.isinf(actual) & np.isfinite(truth.rounded)).sum())
        self._unlike += int(wrong.sum())
        self._distribution.note(ulp, away)
        self._everything.add(np.zeros(len(ordinal), dtype=np.int64), ordinal, ulp, away)
        self._keep_worst(ordinal, actual, truth.rounded, ulp, away)

    def _keep_worst(self, ordinal: Array, actual: Array, expected: Array, ulp: Array, away: UlpDistances) -> None:
        def point(i: int) -> RowPoint:
            row, column = divmod(int(ordinal[i]), _COLUMNS)
            found = math.inf if int(away[i]) == ENDLESS else int(away[i])
            bits = (bit_pattern(float(number), self.dtype) for number in (actual[i], expected[i]))
            return RowPoint(row, column, float(actual[i]), float(expected[i]), float(ulp[i]), found, *bits)

        self._worst.note(ulp, away, point)

    def _note_totals(self, truth: Reference, actual: Array) -> None:
        if (kind := SUMS.get(self.activation.name)) is None:
            return
        seen = flushed(actual, self.dtype) if self.flush else actual
        with np.errstate(all="ignore"):  # a total with infinity or nan in it is not finite
            self._defects.append((_defects(seen, kind), _defects(truth.rounded, kind)))

    def result(self) -> RowAudit:
        """The report on all results added. InputError: none was added."""
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
            correctly_rounded=self._distribution.correctly_rounded,
            undefined=self._undefined,
            answered=self._answered,
            histogram=self._distribution.histogram(),
            steps_histogram=self._distribution.steps_histogram(),
            percentiles=self._distribution.percentiles(total.max_ulp),
            defect=self._defect(),
            worst=tuple(self._worst.points),
            worst_ulp=self._worst.ulp,
            worst_steps=self._worst.steps,
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
    """Error of each row's total; not finite where a result is not."""
    if kind == "sum":
        return np.abs((row_sum(Double(results)) + -1.0).hi[:, 0])
    mantissa, exponent = exp(Double(np.where(np.isneginf(results), 0.0, results)))
    weights = mantissa.scaled(exponent)
    there = ~np.isneginf(results)
    weights = Double(np.where(there, weights.hi, 0.0), np.where(there, weights.lo, 0.0))
    over = row_sum(weights) + -1.0
    # log1p takes numbers >= 0 only: log(1 + y) = -log(1 - y/(1 + y)).
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
