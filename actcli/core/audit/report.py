"""Report of an audit, as frozen data."""

from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

from actcli.core.arrays import Array, Mask
from actcli.core.audit.tally import Errors
from actcli.core.audit.ulp import UlpDistances


@dataclass(frozen=True, slots=True)
class Point:
    """One input with its result, the correctly rounded exact result and the error.

    ulp, steps: the error in ULP and in steps
    *_bits: bit patterns
    grad_output: the incoming gradient that the derivative is multiplied by, if there is one
    """

    input: float
    actual: float
    expected: float
    ulp: float
    steps: float
    input_bits: str
    actual_bits: str
    expected_bits: str
    grad_output: float | None = None


@dataclass(frozen=True, slots=True)
class RowPoint:
    """One result with the correctly rounded exact result and the error; rows and columns count from 0."""

    row: int
    column: int
    actual: float
    expected: float
    ulp: float
    steps: float
    actual_bits: str
    expected_bits: str


@dataclass(frozen=True, slots=True)
class Segment:
    """Errors at low <= x < high."""

    low: float
    high: float
    errors: Errors

    def document(self) -> dict[str, Any]:
        """Ends and errors by name, as plain data."""
        return {"low": self.low, "high": self.high, **asdict(self.errors)}


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """Points from all parts of the input, for the diagnosis; of a 16-bit type all points."""

    x: Array
    actual: Array
    expected: Array
    steps: UlpDistances


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """The largest ULP error in small intervals of the input.

    low, high: ends of the intervals
    max_ulp: of the finite results; nan where there is none
    nonfinite: intervals with a nan, or infinity in place of a number
    """

    low: Array
    high: Array
    max_ulp: Array
    nonfinite: Mask


@dataclass(frozen=True, slots=True)
class Stretch:
    """Results of a kind: their number, and the first, the smallest and the largest of their inputs."""

    count: int
    first_input: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant that results may be stuck at.

    elsewhere: inputs with another result: smallest, largest below 0, smallest above 0, largest; inf, -inf, inf and
        -inf if there are none
    """

    value: float
    elsewhere: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest error of a kind and its first input."""

    value: float
    input: float


@dataclass(frozen=True, slots=True)
class Source:
    """The audited implementation: its name, its framework and version, and the type of its results."""

    name: str
    framework: str
    version: str
    dtype: str


class Judged:
    """An audit that is checked against bounds."""

    __slots__ = ()

    activation: str
    order: int
    dtype: str
    total: Errors
    unlike: int
    correctly_rounded: int

    @property
    @abstractmethod
    def nonfinite(self) -> int:
        """Number of results that are nan or infinite although the correctly rounded exact result is finite."""

    @property
    def worst_input(self) -> float | None:
        """The input of the largest finite ULP error; None for rows, and without such an error."""
        return None

    def exceeds(self, max_ulp: float | None, max_steps: float | None) -> bool:
        """Whether an error exceeds its bound, or a result is nan, or infinity in place of a number.

        False without bounds.
        """
        bounds = [(self.total.finite_max_ulp, max_ulp), (self.total.finite_max_steps, max_steps)]
        return any(bound is not None and error is not None and not error <= bound for error, bound in bounds) or (
            self.unlike > 0 and (max_ulp, max_steps) != (None, None)
        )

    def summary(self) -> dict[str, Any]:
        """The figures for one line of a table of audits, as plain data."""
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
            "worst_input": self.worst_input,
        }


@dataclass(frozen=True, eq=False, slots=True)
class Audit(Judged):
    """Report of an audit.

    exhaustive: the inputs are all finite numbers of the type in the region
    nan, infinite: results that are nan or infinite although the correctly rounded exact result is not
    unlike: number of results that are nan, or infinity in place of a number. Infinity beside an exact result beyond
        the largest number is none of them: it counts as 2^(largest exponent + 1)
    wrong_sign: results of the opposite sign to the exact one, neither of them zero
    zero_sign: zeros of the opposite sign to the exact result, or to its one-sided limit at this zero
    monotonicity_violations: number of results that are below the one of the previous input while the exact ones
        ascend, or above while they descend
    percentiles: per cent -> percentile of the ULP error, rounded up by less than 1 %
    max_absolute, max_relative: the largest |actual - exact| and |actual - exact|/|exact| among the finite results
    left_out: number of inputs outside of the audited region
    correctly_rounded: number of results that are the correctly rounded exact result
    undefined, answered: number of inputs left out because the exact result is nan, and of numbers among their results
    subnormal_inputs: errors at subnormal inputs when these are flushed; part of `total`, of no segment
    worst: the ten largest errors in steps, nan and infinity first
    worst_ulp, worst_steps: the largest finite error in ULP and in steps, if there is one
    constants: 0 and the limits at both infinities
    grad_output: results are derivatives times an incoming gradient
    flush_intermediates: the reference is a formula with subnormal intermediate results at zero, where it is nearer
    excused: number of results with such a reference
    max_steps_when_flushed: the largest error in steps if subnormals were flushed; None if they are
    """

    activation: str
    order: int
    dtype: str
    flush_subnormals: bool
    total: Errors
    exhaustive: bool
    nan: Stretch
    infinite: Stretch
    unlike: int
    wrong_sign: Stretch
    zero_sign: Stretch
    monotonicity_violations: int
    correctly_rounded: int
    undefined: int
    answered: int
    left_out: int
    histogram: dict[str, int]
    steps_histogram: dict[str, int]
    percentiles: dict[str, float]
    max_absolute: Extreme | None
    max_relative: Extreme | None
    segments: tuple[Segment, ...]
    subnormal_inputs: Errors | None
    worst: tuple[Point, ...]
    worst_ulp: Point | None
    worst_steps: Point | None
    profile: Profile
    sample: Sample
    constants: tuple[Constant, ...]
    max_steps_when_flushed: float | None
    first_nonfinite: float | None
    """The first input whose result is nan or infinite although the exact one is not."""
    diagnosis: str | None = None
    source: Source | None = None
    grad_output: bool = False
    flush_intermediates: bool = False
    excused: int = 0

    @property
    def nonfinite(self) -> int:
        """Number of results that are nan or infinite although the correctly rounded exact result is not."""
        return self.nan.count + self.infinite.count

    def document(self) -> dict[str, Any]:
        """The report as plain data."""
        total = asdict(self.total)
        finite = {name: total.pop(f"finite_{name}") for name in ("max_ulp", "max_steps", "worst_input")}
        del total["nonfinite"]
        return {
            "activation": self.activation,
            "order": self.order,
            "dtype": self.dtype,
            "flush_subnormals": self.flush_subnormals,
            "flush_intermediates": self.flush_intermediates,
            "excused": self.excused,
            "grad_output": self.grad_output,
            **total,
            "finite": finite,
            "nonfinite": self.nonfinite,
            "nan": self.nan.count,
            "infinite": self.infinite.count,
            "nonfinite_input": self.first_nonfinite,
            "correctly_rounded": self.correctly_rounded / self.total.count,
            "wrong_sign": self.wrong_sign.count,
            "zero_sign": {"count": self.zero_sign.count, "first_input": self.zero_sign.first_input},
            "monotonicity_violations": self.monotonicity_violations,
            "undefined": {"count": self.undefined, "answered": self.answered},
            "subnormal_inputs": self.subnormal_inputs and asdict(self.subnormal_inputs),
            "left_out": self.left_out,
            "histogram": self.histogram,
            "steps_histogram": self.steps_histogram,
            "percentiles": self.percentiles,
            "max_absolute": self.max_absolute and asdict(self.max_absolute),
            "max_relative": self.max_relative and asdict(self.max_relative),
            "segments": [segment.document() for segment in self.segments],
            "worst": [asdict(point) for point in self.worst],
            "worst_ulp": self.worst_ulp and asdict(self.worst_ulp),
            "diagnosis": self.diagnosis,
            "implementation": self.source and asdict(self.source),
        }

    @property
    def worst_input(self) -> float | None:
        """The input of the largest finite ULP error, if there is one."""
        return None if self.worst_ulp is None else self.worst_ulp.input

    @property
    def ulp_place(self) -> str:
        """Place of the largest ULP error, for a sentence."""
        return f"x = {self.total.max_ulp_input!r}"

    @property
    def steps_place(self) -> str:
        """Place of the largest error in steps, for a sentence; nan and infinity are the largest."""
        return f"x = {self.total.worst_input!r}"
