"""Results of hardware that flushes subnormal intermediate results."""

import numpy as np
import pytest

from actcli.core.audit.auditor import Auditor
from actcli.core.audit.emulation import read_spelling
from actcli.core.audit.intermediates import Intermediates
from actcli.core.audit.report import Audit
from actcli.core.audit.ulp import reference, ulp_distance, ulp_error
from actcli.core.numerics.formats import flushed, ordinal, round_to, value_at
from tests.narrow import elementwise, known


def sigmoid(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-x))


def silu(x: np.ndarray, flush: bool) -> np.ndarray:
    """x times a sigmoid that is rounded to float32 and, with `flush`, flushed to zero if subnormal."""
    share = round_to(sigmoid(x), "float32")
    return round_to(x * (flushed(share, "float32") if flush else share), "float32")


X = round_to(np.linspace(-100.0, -80.0, 301), "float32")


def audit(actual: np.ndarray, **options: bool) -> Audit:
    auditor = Auditor("silu", "float32", **options)  # type: ignore[arg-type] # the flags
    auditor.add(X, actual)
    return auditor.result()


def test_a_result_that_flushing_explains_is_no_error() -> None:
    actual = flushed(silu(X, flush=True), "float32")
    # sigmoid is subnormal from -87.3 on, and x sigmoid from -92.
    lost = (sigmoid(X) < 2.0**-126) & (np.abs(X * sigmoid(X)) >= 2.0**-126)
    assert lost.sum() > 30
    strict, found = audit(actual, flush_subnormals=True), audit(actual, flush_intermediates=True)
    assert known(strict.total.max_steps) > 1e6
    assert known(found.total.max_steps) <= 1
    assert (strict.excused, found.excused) == (0, lost.sum())
    assert found.flush_subnormals
    assert found.flush_intermediates


def test_unexplained_errors_remain() -> None:
    actual = flushed(silu(X, flush=False), "float32")
    assert (
        audit(actual, flush_intermediates=True).total.max_steps == audit(actual, flush_subnormals=True).total.max_steps
    )
    actual[-1] *= 1.5  # at -80, where nothing is subnormal
    assert known(audit(actual, flush_intermediates=True).total.max_steps) > 1e6
    early = np.where(X < -85.0, 0.0, actual)  # sigmoid(-85) is normal
    assert known(audit(early, flush_intermediates=True).total.max_steps) > 1e6


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_nan_and_infinity_are_never_excused(wrong: float) -> None:
    actual = np.where(X < -90.0, wrong, silu(X, flush=True))
    found = audit(actual, flush_intermediates=True)
    assert found.nonfinite == (X < -90.0).sum()


def judged(text: str, x: float, actual: float, act: str = "silu", grad: float = 1.0) -> tuple[int, float, float]:
    """By one formula: number of excused results, remaining ULP, and the number that the result is compared with."""
    silu = elementwise(act)
    times = () if grad == 1.0 else (np.array([grad]),)
    made = Intermediates(silu, 0, "float32")
    made._trees = [read_spelling(silu, text)]
    at, result = np.array([x]), np.array([actual])
    truth = reference(silu(at) * grad, "float32", flush=True)
    away = ulp_distance(result, truth.rounded, "float32", flush=True)
    ulp = ulp_error(result, truth, "float32", flush=True)
    held, ulp, _, excused = made.judged(at, result, truth, ulp, away, *times)
    return excused, float(ulp[0]), float(held.rounded[0])


@pytest.mark.parametrize(("steps", "counts"), [(0, True), (1, True), (2, False)])
def test_a_formula_counts_where_it_is_right_without_flushing(steps: int, counts: bool) -> None:
    """The result 0 at -90 is explained by a flushed sigmoid(-90), if the formula is otherwise at most one step off."""
    right = round_to(elementwise("silu")(np.array([-90.0])), "float32")
    beside = value_at(ordinal(right, "float32") - steps, "float32")
    assert judged(f"x*sigmoid(x)*{(beside / right).item()!r}", -90.0, 0.0)[0] == counts


def test_a_single_step_is_explained_too() -> None:
    """2^-126 + 2^-149 is 2^-126 if the second term is flushed."""
    auditor = Auditor("x + 2**-149*exp(0*x)", "float32", flush_intermediates=True)
    auditor.add(np.array([2.0**-126]), np.array([2.0**-126]))
    found = auditor.result()
    assert (found.excused, found.total.max_steps, found.total.max_ulp) == (1, 0, 0.0)


def test_an_infinity_made_by_flushing_explains_nothing() -> None:
    """1e-10/sigmoid(-90) is finite. With sigmoid flushed it is infinite, one step beyond the largest number."""
    largest = float(np.finfo(np.float32).max)
    assert judged("1e-10/sigmoid(x)", -90.0, largest, act="1e-10/sigmoid(x)")[0] == 0


def test_an_equally_near_result_is_not_excused() -> None:
    """The exact result is 3 2^-120, with 2^-130 x flushed 2^-120. The midpoint is compared with the exact result."""
    act = "2**-120 + 2**-119*(1 if 2**-130*x > 0 else 0)"
    low, high = (int(ordinal(np.array([k * 2.0**-120]), "float32")[0]) for k in (1, 3))
    for place, found in (((low + high) // 2, (0, 3 * 2.0**-120)), ((low + high) // 2 - 1, (1, 2.0**-120))):
        assert judged(act, 1.0, float(value_at(np.array([place]), "float32")[0]), act=act)[::2] == found


def test_a_gradient_multiplies_what_the_formula_gives() -> None:
    """sigmoid(-90) = 8e-40 is flushed. So is its slope, although 1e10 times the slope is a normal number."""
    x, grad = np.array([-90.0, -80.0, 0.0]), np.array([1e10, 1e10, 2.0])
    slopes = elementwise("sigmoid").derivative(x)
    for flush, excused in ((True, 1), (False, 0)):
        auditor = Auditor("sigmoid", "float32", order=1, flush_intermediates=True)
        auditor.add(x, round_to(np.where((x == -90.0) & flush, 0.0, slopes * grad), "float32"), grad)
        found = auditor.result()
        assert (found.excused, known(found.total.max_steps) <= 1) == (excused, True)


def test_a_subnormal_result_is_zero_beside_one_that_is_explained() -> None:
    """1e10 sigmoid(-90) is 8e-30, or 0 with sigmoid flushed. The result 1e-40 counts as 0."""
    auditor = Auditor("1e10*sigmoid(x)", "float32", flush_intermediates=True)
    auditor.add(np.array([-90.0]), round_to(np.array([1e-40]), "float32"))
    found = auditor.result()
    assert (found.excused, found.total.max_steps, found.total.max_ulp) == (1, 0, 0.0)


def test_one_step_is_one_step_across_the_subnormal_numbers() -> None:
    """A formula that is just below 2^-126, so zero, is a step from 2^-126, where nothing lies between them."""
    text = "2**-126*(1 - 2**-20) if 2**-130*x > 0 else 2**-100"
    assert judged(text, 1.0, 2.0**-100, act="2**-126*x**0") == (1, 0.0, 2.0**-100)


def test_a_product_with_the_gradient_is_flushed_too() -> None:
    """2^-120 2^-7 is subnormal: 0 is no ULP from it."""
    act = "2**-120 + 2**-119*(1 if 2**-130*x > 0 else 0)"
    assert judged(act, 1.0, 0.0, act=act, grad=2.0**-7) == (1, 0.0, 0.0)
