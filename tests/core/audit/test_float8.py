"""Audits in the 8-bit types: 254 and 248 of the 256 codes are finite numbers."""

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.auditor import Auditor
from actcli.core.audit.diagnosis import diagnose
from actcli.core.audit.inputs import sweep
from actcli.core.numerics.formats import round_to
from tests.narrow import elementwise


@pytest.mark.parametrize(("dtype", "count"), [("float8_e4m3fn", 254), ("float8_e5m2", 248)])
@pytest.mark.parametrize("act", ["relu", "gelu", "tanh", "exponential", "softplus"])
def test_the_exact_results_are_correct_on_all_codes(act: str, dtype: str, count: int) -> None:
    x = sweep(act, dtype)
    auditor = Auditor(act, dtype)
    auditor.add(x, round_to(resolve(act)(x), dtype))
    found = auditor.result()
    assert (found.total.count, found.exhaustive, found.correctly_rounded) == (count, True, count)
    assert (found.total.max_steps, found.nonfinite) == (0, 0)
    assert found.total.max_ulp is not None
    assert found.total.max_ulp <= 0.5 or act == "exponential"  # exponential overflows


def test_one_code_off_is_one_step() -> None:
    auditor = Auditor("identity", "float8_e4m3fn")
    auditor.add(np.array([1.0, 448.0, -16.0]), np.array([1.125, 416.0, -16.0]))
    assert auditor.result().steps_histogram["1"] == 2


def test_nan_is_right_only_on_overflow() -> None:
    """exp(10) exceeds 448, the largest number of e4m3fn. Without infinity the result is nan, or 448 by saturation."""
    auditor = Auditor("exponential", "float8_e4m3fn")
    auditor.add(np.array([10.0, 10.0, 1.0]), np.array([np.nan, 448.0, np.nan]))
    found = auditor.result()
    assert (found.correctly_rounded, found.nan.count, found.steps_histogram["1"]) == (1, 1, 1)


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2"])
def test_a_cause_is_looked_for_in_these_types_too(dtype: str) -> None:
    auditor = Auditor("gelu", dtype)
    x = sweep("gelu", dtype)
    auditor.add(x, round_to(resolve("quick_gelu")(x), dtype))
    assert "quick_gelu" in str(diagnose(auditor.result(), elementwise("gelu")))
