"""Audits of kernels with known errors."""

import math
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import MAX_ORDER
from actcli.core.activations.catalogue import resolve
from actcli.core.audit.auditor import Auditor
from actcli.core.audit.inputs import sweep
from actcli.core.audit.report import Audit
from actcli.core.audit.tally import HISTOGRAM
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, ordinal, round_to, spacing_exponent
from tests import truth
from tests.core.kernels import Kernel, correct, flushing, gelu_with_erf, gelu_with_tanh, inputs
from tests.core.numerics.test_formats import exactly_rounded


def audit(activation: str, dtype: str, kernel: Kernel, x: np.ndarray | None = None, **options: object) -> Audit:
    order = options.get("order", 0)
    assert isinstance(order, int)
    if x is None:
        x = inputs(activation, dtype, order)
    auditor = Auditor(resolve(activation), dtype, **options)  # type: ignore[arg-type]  # of several types
    auditor.add(x, kernel(x))
    return auditor.result()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize(("activation", "order"), [("gelu", 0), ("gelu", 1), ("tanh", 1), ("x*sigmoid(3*x)", 2)])
@pytest.mark.parametrize("flush", [False, True])
def test_correctly_rounded_results_are_0_steps_off(activation: str, order: int, dtype: str, flush: bool) -> None:
    kernel = correct(activation, dtype, order)
    smallest = 2.0**-14 if dtype == "float16" else 2.0**-126
    found = audit(
        activation,
        dtype,
        flushing(kernel, smallest) if flush else kernel,
        order=order,
        flush_subnormals=flush,
    )
    assert found.total.max_steps == 0
    assert found.total.max_ulp is not None
    assert found.total.max_ulp <= 0.5
    assert (found.nonfinite, found.wrong_sign.count, found.monotonicity_violations) == (0, 0, 0)
    assert not found.exceeds(0.5, 0)


def test_every_number_of_the_report_against_rational_arithmetic() -> None:
    """gelu by the tanh form in bfloat16 at 200 inputs; expected numbers from mpmath and Fractions."""
    every = sweep(resolve("gelu"), "bfloat16")
    x = every[(np.abs(every) > 1e-3) & (np.abs(every) < 12)][::20]
    actual = gelu_with_tanh("bfloat16")(x)
    found = audit("gelu", "bfloat16", gelu_with_tanh("bfloat16"), x, segments=[-2.0, 0.5])
    ulps, steps = [], []
    for at, y in zip(x.tolist(), actual.tolist(), strict=True):
        exact = truth.exact("gelu", at)
        with mpmath.workprec(400):
            spacing = mpmath.mpf(2) ** (mpmath.mag(exact) - 8)
            ulps.append(float(abs(mpmath.mpf(y) - exact) / spacing))
        rounded = exactly_rounded(float(exact), "bfloat16")
        here, there = ordinal(np.array([y, rounded]), "bfloat16").tolist()
        steps.append(abs(here - there))
    total = found.total
    assert total.count == len(x)
    assert total.max_ulp == pytest.approx(max(ulps), rel=1e-9)
    assert total.mean_ulp == pytest.approx(sum(ulps) / len(x), rel=1e-9)
    assert (total.max_steps, total.mean_steps) == (max(steps), pytest.approx(sum(steps) / len(x)))
    assert total.worst_input == x[steps.index(max(steps))]
    assert total.max_ulp_input == x[ulps.index(max(ulps))]
    bounds = [0.5, 1.0, 2.0, 10.0, 100.0, math.inf]
    classes = [next(i for i, bound in enumerate(bounds) if ulp <= bound) for ulp in ulps]
    # float64 cannot distinguish an error of 0 from a tiny one.
    exact_ones, *classes_found = found.histogram.values()
    classes_found[0] += exact_ones
    assert classes_found == [classes.count(i) for i in range(len(HISTOGRAM) - 1)]
    assert [(s.low, s.high) for s in found.segments] == [(-math.inf, -2), (-2, 0.5), (0.5, math.inf)]
    for segment in found.segments:
        inside = [i for i, at in enumerate(x.tolist()) if segment.low <= at < segment.high]
        assert segment.errors.count == len(inside)
        assert segment.errors.max_ulp == pytest.approx(max(ulps[i] for i in inside), rel=1e-9)
        assert segment.errors.max_steps == max(steps[i] for i in inside)
        assert segment.errors.mean_steps == pytest.approx(sum(steps[i] for i in inside) / len(inside))
    assert [point.steps for point in found.worst] == sorted(steps, reverse=True)[:10]
    differences = [Fraction(b) - Fraction(a) for a, b in pairwise(actual.tolist())]
    rises = [b - a for a, b in pairwise(truth.exact("gelu", at) for at in x.tolist())]
    assert found.monotonicity_violations == sum(
        d * (1 if r > 0 else -1) < 0 for d, r in zip(differences, rises, strict=True)
    )


def test_blocks_do_not_matter() -> None:
    x = sweep(resolve("gelu"), "bfloat16")[15000:34000]
    whole = audit("gelu", "bfloat16", gelu_with_tanh("bfloat16"), x)
    pieces = Auditor(resolve("gelu"), "bfloat16")
    for part in np.array_split(x, 23):
        pieces.add(part, gelu_with_tanh("bfloat16")(part))
    found = pieces.result()
    assert found.total.mean_ulp == pytest.approx(whole.total.mean_ulp)
    for report in (found, whole):
        assert report.worst == whole.worst
        assert report.histogram == whole.histogram
        assert [(s.low, s.errors.count, s.errors.worst_input) for s in report.segments] == [
            (s.low, s.errors.count, s.errors.worst_input) for s in whole.segments
        ]
        assert (report.monotonicity_violations, report.wrong_sign.count) == (whole.monotonicity_violations, 0)


def test_a_fall_between_two_blocks_is_a_violation() -> None:
    auditor = Auditor(resolve("identity"), "float32")
    auditor.add(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    auditor.add(np.array([2.25, 3.0]), np.array([2.25, 3.0]))
    assert auditor.result().monotonicity_violations == 1


def test_of_equal_errors_the_first_input_is_the_worst() -> None:
    # Of equal errors the first in the file counts, within a segment and across segments, not the smallest x.
    x = np.array([3.0, 8.5, 8.25, 1.0, 1.0625, 8.75, -2.0])
    off = audit("identity", "bfloat16", lambda x: np.where(np.abs(x) > 8, x + 0.0625, x), x)
    assert (off.total.max_steps, off.total.worst_input, off.total.max_ulp_input) == (1, 8.5, 8.5)
    twice = audit("identity", "bfloat16", lambda x: x + np.sign(x) * 2.0 ** (np.floor(np.log2(np.abs(x))) - 7), x)
    assert (twice.total.max_steps, twice.total.worst_input, twice.total.max_ulp_input) == (1, 3.0, 3.0)


def test_the_old_gelu_is_worst_in_the_negative_tail() -> None:
    found = audit("gelu", "float32", gelu_with_erf)
    assert found.exceeds(2.0, None)
    assert found.total.worst_input is not None
    assert -6 < found.total.worst_input < -5
    assert found.worst[0].actual == 0.0
    assert found.worst[0].expected == exactly_rounded(float(truth.exact("gelu", found.worst[0].input)), "float32")
    # The errors begin at the first nonzero exact result, and end where 1 + erf keeps all its bits.
    edges = [segment.high for segment in found.segments[:-1]]
    assert -15 <= edges[0] <= -14
    assert -2 < edges[-1] < 0
    assert found.monotonicity_violations > 0


@pytest.mark.parametrize(("bad", "nonfinite"), [(math.nan, 1), (math.inf, 1), (-math.inf, 1)])
def test_a_single_nan_or_infinity_exceeds_every_bound(bad: float, nonfinite: int) -> None:
    x = sweep(resolve("gelu"), "bfloat16")
    actual = correct("gelu", "bfloat16")(x)
    actual[40000] = bad
    found = audit("gelu", "bfloat16", lambda _: actual, x)
    assert found.nonfinite == nonfinite
    assert found.total.max_ulp == found.total.max_steps == math.inf
    assert found.total.worst_input == x[40000]
    assert found.total.mean_ulp is not None
    assert found.total.mean_ulp < 0.5
    assert found.exceeds(1e300, None)
    assert found.exceeds(None, 10**9)
    assert not found.exceeds(None, None)


def test_means_are_those_of_the_finite_results() -> None:
    x = np.array([1.0, 1.25, 1.5, 1.75])
    found = audit("identity", "bfloat16", lambda x: np.array([1.0, math.nan, 1.5 + 2.0**-6, math.nan]), x)
    assert (found.total.mean_ulp, found.total.mean_steps) == (1.0, 1.0)  # 0 and 2 spacings of 2^-7


def test_infinity_is_right_where_the_exact_result_rounds_to_it() -> None:
    x = np.array([88.0, 89.0, 100.0])
    found = audit("exp(x)", "float32", lambda x: round_to(np.exp(x), "float32"), x)
    assert (found.nonfinite, found.total.max_steps) == (0, 0)
    largest = float(np.finfo(np.float32).max)
    saturated = audit("exp(x)", "float32", lambda x: np.minimum(round_to(np.exp(x), "float32"), largest), x)
    assert (saturated.nonfinite, saturated.total.max_steps, saturated.total.max_ulp) == (0, 1, 1.0)


def test_nan_is_wrong_where_infinity_is_right() -> None:
    x = np.array([88.0, 89.0, 100.0, math.inf])
    right = round_to(np.exp(x), "float32")
    found = audit("exp(x)", "float32", lambda x: np.where(x > 89.5, math.nan, right), x)
    assert (found.nan.count, found.infinite.count, found.nonfinite, found.unlike) == (2, 0, 2, 2)
    assert (found.first_nonfinite, found.total.nonfinite, found.total.finite_max_steps) == (100.0, 2, 0)
    assert audit("exp(x)", "float32", lambda x: right, x).nonfinite == 0


def test_infinite_inputs_have_limits_and_nan_has_no_exact_result() -> None:
    x = np.array([-math.inf, 0.0, math.inf, math.nan, math.nan])
    found = audit("silu", "float32", lambda _: np.array([math.nan, 0.0, math.inf, math.nan, 1.0]), x, segments=[0.0])
    assert (found.total.count, found.undefined, found.answered, found.nonfinite) == (3, 2, 1, 1)
    assert found.worst[0].input == -math.inf
    assert [segment.errors.count for segment in found.segments] == [1, 2]


def test_wrong_signs_are_counted_and_zeros_have_none() -> None:
    x = np.array([-3.0, -2.0, -1.0, 1.0])
    actual = np.array([0.004, 0.0, -0.0, -0.84])
    assert audit("gelu", "float32", lambda _: round_to(actual, "float32"), x).wrong_sign.count == 2


def test_flushed_subnormals_are_no_error_when_they_are_meant_to_be() -> None:
    kernel = flushing(correct("silu", "bfloat16"))
    strict, flushed = (audit("silu", "bfloat16", kernel, flush_subnormals=flush) for flush in (False, True))
    assert strict.total.max_steps == 127
    assert flushed.total.max_steps == 0
    assert flushed.subnormal_inputs is not None
    assert flushed.subnormal_inputs.count == 2 * 127
    assert sum(segment.errors.count for segment in flushed.segments) == 65_280 - 2 * 127
    assert flushed.total.count == 65_280
    # Results that keep subnormals are accepted too.
    assert audit("silu", "bfloat16", correct("silu", "bfloat16"), flush_subnormals=True).total.max_steps == 0


@pytest.mark.parametrize("activation", ["1e30*x", "1 if x > 0 else 0"])
def test_a_flushed_input_is_zero_to_the_exact_function_too(activation: str) -> None:
    """The exact results at these subnormal inputs are normal, so only the inputs can have been flushed."""
    x = np.array([2.0**-127, 2.0**-133])
    strict, flushed = (
        audit(activation, "bfloat16", np.zeros_like, x, flush_subnormals=flush) for flush in (False, True)
    )
    assert strict.total.max_steps != 0
    assert strict.max_steps_when_flushed == flushed.total.max_steps == 0


def test_a_segment_without_inputs_says_so() -> None:
    found = audit("relu", "float32", lambda x: np.maximum(x, 0), np.array([1.0, 2.0]), segments=[-1.0, 0.0, 3.0])
    assert [segment.errors.count for segment in found.segments] == [0, 0, 2, 0]
    assert found.segments[0].errors.max_ulp is None


@pytest.mark.parametrize("edges", [[1.0, 0.0], [0.0, 0.0], [math.nan], [0.0, math.inf]])
def test_boundaries_that_make_no_sense_are_refused(edges: list[float]) -> None:
    with pytest.raises(InputError, match="boundaries"):
        Auditor(resolve("gelu"), "float32", segments=edges)


@pytest.mark.parametrize("order", [-1, MAX_ORDER + 1])
def test_a_derivative_that_there_is_not_is_refused(order: int) -> None:
    with pytest.raises(InputError, match=f"the order must be from 0 to {MAX_ORDER}"):
        Auditor(resolve("gelu"), "float32", order=order)


@pytest.mark.parametrize("exact", [5, "gelu", [1.0]])
def test_what_is_exact_is_a_function(exact: object) -> None:
    with pytest.raises(InputError) as error:
        Auditor(resolve("gelu"), "float32", exact=exact)  # type: ignore[arg-type]  # invalid argument, must be refused
    assert str(error.value) == f"exact must be a function of an array, not {exact!r}"
    for function in (None, lambda x: x):
        Auditor(resolve("gelu"), "float32", exact=function)


def test_nothing_to_audit_is_no_success() -> None:
    with pytest.raises(InputError, match=r"^no inputs to audit$"):
        Auditor(resolve("gelu"), "float32").result()
    with pytest.raises(InputError, match=r"^no inputs to audit: the exact result is nan at all 2$"):
        audit("log(x)", "float32", lambda x: x, np.array([-1.0, -2.0]))
    with pytest.raises(InputError, match="whole rows"):
        Auditor(resolve("softmax"), "float32")


def test_nan_and_infinity_hide_nothing_of_the_rest() -> None:
    x = sweep(resolve("gelu"), "bfloat16")
    actual = gelu_with_tanh("bfloat16")(x)
    alone = audit("gelu", "bfloat16", lambda _: actual, x)
    spoilt = actual.copy()
    spoilt[[40000, 50000, 100]] = math.nan, math.nan, -math.inf
    found = audit("gelu", "bfloat16", lambda _: spoilt, x)
    assert (found.total.finite_max_steps, found.total.finite_worst_input) == (
        alone.total.max_steps,
        alone.total.worst_input,
    )
    assert found.total.finite_max_ulp == alone.total.max_ulp
    assert (found.nan.count, found.nan.low, found.nan.high) == (2, x[40000], x[50000])
    assert (found.infinite.count, found.infinite.first_input) == (1, x[100])
    document = found.document()
    assert (document["nan"], document["infinite"], document["nonfinite_input"]) == (2, 1, x[100])
    assert document["finite"] == {
        "max_ulp": alone.total.max_ulp,
        "max_steps": alone.total.max_steps,
        "worst_input": alone.total.worst_input,
    }
    assert (document["nonfinite"], document["max_ulp"], document["max_steps"]) == (3, math.inf, math.inf)
    assert sum(segment.errors.nonfinite for segment in found.segments) == 3
    assert max(segment.errors.finite_max_ulp or 0 for segment in found.segments) == alone.total.max_ulp
    # If all results are nan, no error is finite and no result is correctly rounded.
    nothing = audit("gelu", "bfloat16", lambda x: np.full_like(x, np.nan), x[:9])
    assert (nothing.total.finite_max_ulp, nothing.total.mean_ulp, nothing.worst_ulp) == (None, math.inf, None)


def test_infinity_beside_the_largest_number_is_the_number_after_it() -> None:
    """selu(3.2386221e38) exceeds the largest float32 by 0.114 spacings; 2^128 is 0.886 spacings further."""
    x = float(np.float32(3.2386222e38))
    exact = truth.exact("selu", x)
    found = audit("selu", "float32", lambda _: np.array([math.inf]), np.array([x]))
    with mpmath.workprec(200):
        distance = float((mpmath.mpf(2) ** 128 - exact) / mpmath.mpf(2) ** 104)
    assert found.total.max_ulp == pytest.approx(distance, rel=1e-6)
    assert distance == pytest.approx(0.886, abs=5e-4)
    assert (found.total.max_steps, found.infinite.count, found.unlike) == (1, 1, 0)
    assert not found.exceeds(0.9, 1)
    assert found.exceeds(0.5, None)
    assert audit("selu", "float32", lambda _: np.array([-math.inf]), np.array([x])).unlike == 1


@pytest.mark.parametrize(
    ("activation", "x", "y", "count"),
    [
        ("tanh", -0.0, 0.0, 1),
        ("tanh", -0.0, -0.0, 0),
        ("tanh", 0.0, -0.0, 1),
        ("gelu", -60.0, 0.0, 1),  # -5e-785
        ("gelu", -60.0, -0.0, 0),
        ("gelu", -20.0, 0.0, 1),  # -5e-88
        ("leaky_relu", -0.0, 0.0, 1),
        ("relu", -0.0, -0.0, 0),  # the zero of relu below 0 may have either sign
        ("relu", -3.0, -0.0, 0),
        ("sigmoid", -200.0, -0.0, 1),
    ],
)
def test_zeros_have_signs(activation: str, x: float, y: float, count: int) -> None:
    found = audit(activation, "bfloat16", lambda _: np.array([y]), np.array([x]))
    assert (found.zero_sign.count, found.total.max_steps) == (count, 0)
    assert found.document()["zero_sign"] == {"count": count, "first_input": x if count else None}


def test_an_audit_is_exhaustive_only_with_all_numbers() -> None:
    every = sweep(resolve("tanh"), "float16")
    kernel = correct("tanh", "float16")
    assert audit("tanh", "float16", kernel, every).exhaustive
    assert not audit("tanh", "float16", kernel, every[1:]).exhaustive
    assert not audit("tanh", "float32", correct("tanh", "float32")).exhaustive


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_gradient_that_comes_in_multiplies_the_exact_derivative(dtype: str) -> None:
    """Expected: mpmath's derivative times the gradient, rounded once; ties and limits included."""
    random = np.random.default_rng(11)
    x = round_to(np.concatenate([random.normal(size=60) * 6, [0.0, 40.0, 200.0, -30.0, 0.0]]), dtype)
    grad = round_to(np.concatenate([random.normal(size=60), [1.0, 4.0, 3.0, 2.0**-100, -1.5]]), dtype)
    form = FLOAT_FORMATS[dtype]
    expected, ulp = [], []
    with mpmath.workprec(2000):
        for at, factor in zip(x.tolist(), grad.tolist(), strict=True):
            share = 1 / (1 + mpmath.exp(-mpmath.mpf(at)))
            exact = share * (1 + at * (1 - share)) * factor
            spacing = max(int(mpmath.mag(exact)) - 1, form.smallest_exponent) - form.precision + 1
            whole = mpmath.nint(exact / mpmath.mpf(2) ** spacing)
            expected.append(float(whole * mpmath.mpf(2) ** spacing))
            ulp.append(float(abs(whole + 1 - exact / mpmath.mpf(2) ** spacing)))
    auditor = Auditor("silu", dtype, order=1)
    auditor.add(x, np.array(expected), grad)
    found = auditor.result()
    assert (found.total.max_steps, found.correctly_rounded, found.grad_output) == (0, 65, True)
    auditor = Auditor("silu", dtype, order=1)
    up = np.array(expected) + np.ldexp(1.0, spacing_exponent(np.array(expected), dtype))
    auditor.add(x, up, grad)
    found = auditor.result()
    assert found.total.max_steps == 1
    assert found.worst[0].grad_output in grad
    assert not found.exhaustive
    with pytest.raises(InputError, match="a gradient of shape"):
        auditor.add(x, up, grad[:3])


def test_beside_a_power_of_two_a_product_has_the_spacing_of_its_side() -> None:
    """softplus'(40) = 1 - 4e-18. Four times that is below 4, where the spacing is half as large."""
    below = float(np.nextafter(np.float32(4.0), np.float32(0.0)))
    auditor = Auditor("softplus", "float32", order=1)
    auditor.add(np.array([40.0]), np.array([below]), np.array([4.0]))
    assert auditor.result().total.max_ulp == pytest.approx(1.0, rel=1e-6)
