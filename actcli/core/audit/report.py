"""What an audit finds."""

from dataclasses import asdict, dataclass
from typing import Any

from actcli.core.arrays import Array
from actcli.core.audit.tally import Errors
from actcli.core.audit.ulp import Steps


@dataclass(frozen=True, slots=True)
class Point:
    """One input with its result, the correctly rounded exact one, and the distance between them."""

    input: float
    actual: float
    expected: float
    ulp: float
    steps: float
    input_bits: str
    actual_bits: str
    expected_bits: str


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
    steps: Steps


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """The largest ULP error in small intervals of the input."""

    low: Array
    high: Array
    max_ulp: Array


@dataclass(frozen=True, eq=False, slots=True)
class Audit:
    """What an audit finds.

    nonfinite: results that are nan or infinite where the correctly rounded exact one is finite
    wrong_sign: results whose sign is not that of the exact one, neither of them zero
    monotonicity_violations: how often a result is below the one of the previous input, or above, and the exact one is
        not so
    undefined, answered: inputs where the exact result is nan, which are left out, and how many of the results there
        are numbers
    subnormal_inputs: their errors when subnormals are flushed; they are counted in `total`, and in no segment
    nonzero_inputs: of the inputs whose result is not zero the smallest, the largest below 0, the smallest above 0 and
        the largest; for none inf, -inf, inf, -inf
    max_steps_when_flushed: what the largest error would be with subnormals flushed; None where they are
    """

    activation: str
    order: int
    dtype: str
    flush_subnormals: bool
    total: Errors
    nonfinite: int
    wrong_sign: int
    monotonicity_violations: int
    undefined: int
    answered: int
    histogram: dict[str, int]
    segments: tuple[Segment, ...]
    subnormal_inputs: Errors | None
    worst: tuple[Point, ...]
    worst_ulp: Point
    profile: Profile
    sample: Sample
    nonzero_inputs: tuple[float, float, float, float]
    max_steps_when_flushed: float | None
    diagnosis: str | None = None

    def document(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "activation": self.activation,
            "order": self.order,
            "dtype": self.dtype,
            "flush_subnormals": self.flush_subnormals,
            **asdict(self.total),
            "nonfinite": self.nonfinite,
            "wrong_sign": self.wrong_sign,
            "monotonicity_violations": self.monotonicity_violations,
            "undefined": {"count": self.undefined, "answered": self.answered},
            "subnormal_inputs": self.subnormal_inputs and asdict(self.subnormal_inputs),
            "histogram": self.histogram,
            "segments": [segment.document() for segment in self.segments],
            "worst": [asdict(point) for point in self.worst],
            "diagnosis": self.diagnosis,
        }

    def exceeds(self, max_ulp: float | None, max_steps: float | None) -> bool:
        """Whether an error is larger than a bound. What is not finite and should be exceeds every bound."""
        bounds = [(self.total.max_ulp, max_ulp), (self.total.max_steps, max_steps)]
        return any(bound is not None and error is not None and not error <= bound for error, bound in bounds) or (
            self.nonfinite > 0 and (max_ulp, max_steps) != (None, None)
        )
