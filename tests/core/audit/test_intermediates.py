"""Results of hardware that flushes subnormal intermediate results."""

import numpy as np
import pytest

from actcli.core.audit.auditor import Auditor
from actcli.core.audit.report import Audit
from actcli.core.numerics.formats import flushed, round_to
from tests.narrow import known


def sigmoid(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-x))


def silu(x: np.ndarray, flush: bool) -> np.ndarray:
    """x times a sigmoid that is rounded, and flushed, to float32."""
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


def test_what_it_does_not_explain_stays_one() -> None:
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
