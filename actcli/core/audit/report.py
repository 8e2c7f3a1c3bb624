"""What an audit finds."""

from dataclasses import asdict, dataclass
from typing import Any

from actcli.core.arrays import Array, Mask
from actcli.core.audit.tally import Errors
from actcli.core.audit.ulp import UlpDistances


@dataclass(frozen=True, slots=True)
class Point:
    """One input with its result, the correctly rounded exact one, and the distance between them.

    grad_output: what the derivative is multiplied by, where there is such a gradient
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
class Segment:
    """The errors at low <= x < high."""

    low: float
    high: float
    errors: Errors

    def document(self) -> dict[str, Any]:
        """Its ends and its errors by name, as plain data."""
        return {"low": self.low, "high": self.high, **asdict(self.errors)}


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """Points from every part of the input, for a diagnosis: of a 16-bit type all."""

    x: Array
    actual: Array
    expected: Array
    steps: UlpDistances


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """The largest ULP error in small intervals of the input, among the finite results, and where there are others."""

    low: Array
    high: Array
    max_ulp: Array
    nonfinite: Mask


@dataclass(frozen=True, slots=True)
class Stretch:
    """How many results are of a kind, at which input first, and at which inputs from the smallest to the largest."""

    count: int
    first_input: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that results may stick to, and where they do not: the smallest and the largest such input on each side.

    For none these are inf, -inf, inf, -inf: the smallest, the largest below 0, the smallest above 0 and the largest.
    """

    value: float
    elsewhere: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest error of a kind, and the first input where it is."""

    value: float
    input: float


@dataclass(frozen=True, slots=True)
class Source:
    """What gave the results: its name, the framework and its version, and the type in which it answers."""

    name: str
    framework: str
    version: str
    dtype: str


class Judged:
    """An audit that bounds are held against."""

    __slots__ = ()

    total: Errors
    unlike: int

    def exceeds(self, max_ulp: float | None, max_steps: float | None) -> bool:
        """Whether an error is larger than a bound, or a result nan or infinite in place of a number.

        Without bounds nothing is too large.
        """
        bounds = [(self.total.finite_max_ulp, max_ulp), (self.total.finite_max_steps, max_steps)]
        return any(bound is not None and error is not None and not error <= bound for error, bound in bounds) or (
            self.unlike > 0 and (max_ulp, max_steps) != (None, None)
        )


@dataclass(frozen=True, eq=False, slots=True)
class Audit(Judged):
    """What an audit finds.

    exhaustive: whether the inputs are all finite numbers of the type in the region
    nan, infinite: results that are so where the correctly rounded exact one is not
    unlike: how many of them are in place of a number: all but an infinity where the exact result is beyond the
        largest number, which counts as 2^(largest exponent + 1)
    wrong_sign: results whose sign is not that of the exact one, neither of them zero
    zero_sign: zeros whose sign is not that of the exact result, or of its limit at this zero
    monotonicity_violations: how often a result is below the one of the previous input, or above, and the exact one is
        not so
    percentiles: per cent -> the ULP error that so many results have at most, rounded up by less than 1 %
    max_absolute, max_relative: the largest |actual - exact|, and that over |exact|, among the finite results
    left_out: inputs outside of the region that is audited
    correctly_rounded: how many results are the correctly rounded exact ones
    undefined, answered: inputs where the exact result is nan, which are left out, and how many of the results there
        are numbers
    subnormal_inputs: their errors when subnormals are flushed; they are counted in `total`, and in no segment
    worst: the ten worst in steps, nan and infinity first
    worst_ulp, worst_steps: the worst in ULP and in steps among the others, if there are any
    constants: 0, and the limits at both infinities
    grad_output: whether the results are derivatives times a gradient that came in
    flush_intermediates, excused: whether a result is held against what a formula gives with its subnormal intermediate
        results at zero, where that is nearer, and of how many results it is
    max_steps_when_flushed: what the largest error would be with subnormals flushed; None where they are
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
    """The first input whose result is nan or infinite and should not be so."""
    diagnosis: str | None = None
    source: Source | None = None
    grad_output: bool = False
    flush_intermediates: bool = False
    excused: int = 0

    @property
    def nonfinite(self) -> int:
        """How many results are nan or infinite where the correctly rounded exact one is not."""
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
            "non_finite": {
                "nan": self.nan.count,
                "infinite": self.infinite.count,
                "first_input": self.first_nonfinite,
            },
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

    def summary(self) -> dict[str, Any]:
        """The figures of one line in a table of audits, as plain data."""
        total, worst = self.total, self.worst_ulp
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
            "worst_input": worst and worst.input,
        }

    @property
    def ulp_place(self) -> str:
        """Where the largest error in ULP is, for a sentence."""
        return f"x = {self.total.max_ulp_input!r}"

    @property
    def steps_place(self) -> str:
        """Where the most steps are, nan and infinity being the most."""
        return f"x = {self.total.worst_input!r}"
