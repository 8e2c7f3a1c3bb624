"""Exact rows against mpmath, rounded by the definition of the type."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.audit.row_reference import row_reference
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, round_to
from actcli.multiprecision.reference import doubled_gelu

GATES: dict[str, Callable[[Any], Any]] = {
    "glu": lambda b: 1 / (1 + mpmath.exp(-b)),
    "swiglu": lambda b: b / (1 + mpmath.exp(-b)),
    "geglu": lambda b: b * mpmath.erfc(-b / mpmath.sqrt(2)) / 2,
    "reglu": lambda b: max(b, mpf(0)),
}


def row_wise(act: str) -> RowWise:
    activation = resolve(act)
    assert isinstance(activation, RowWise)
    return activation


def truth(activation: RowWise, row: Sequence[float]) -> list[Any]:
    values, x = activation.parameter_values, [mpf(score) for score in row]
    if activation.name in GATES:
        first, second = x[: len(x) // 2], x[len(x) // 2 :]
        a, b = (second, first) if values["gate_half"] == 1 else (first, second)
        return [one * GATES[activation.name](other) for one, other in zip(a, b, strict=True)]
    if activation.name == "sparsemax":
        total, kept, descending = mpf(0), (mpf(0), 1), sorted(x, reverse=True)
        for k, score in enumerate(descending, 1):
            total += score
            kept = (total, k) if 1 + k * score > total else kept
        return [max(mpf(0), score - (kept[0] - 1) / kept[1]) for score in x]
    x = [score / values.get("temperature", 1) * (-1 if activation.name == "softmin" else 1) for score in x]
    top = max(x)
    weights = [mpmath.exp(score - top) if mpmath.isfinite(score) else mpf(0) for score in x]
    if activation.name == "log_softmax":
        return [score - top - mpmath.log(mpmath.fsum(weights)) for score in x]
    return [weight / mpmath.fsum(weights) for weight in weights]


def rounded(value: Any, dtype: str) -> tuple[float, float]:
    """The nearest number of the type, ties to even, and (value - it) in spacings."""
    form = FLOAT_FORMATS[dtype]
    if value == 0:
        return 0.0, 0.0
    if not mpmath.isfinite(value):
        return float(value), 0.0
    exponent = int(mpmath.mag(value)) - 1
    spacing = min(max(exponent, form.smallest_exponent), form.largest_exponent) - form.precision + 1
    units = value / mpf(2) ** spacing
    whole = int(mpmath.floor(units))
    whole += int(units - whole > 0.5 or (units - whole == 0.5 and whole % 2))
    largest = 2**form.precision - (1 if form.has_infinity else 2)
    if spacing == form.largest_exponent - form.precision + 1 and abs(whole) > largest:
        return math.copysign(math.inf, value), 0.0
    return float(whole * mpf(2) ** spacing), float(units - whole)


def rows_of(dtype: str, width: int) -> np.ndarray:
    random = np.random.default_rng(width)
    spread = np.array([1e-3, 1.0, 1.0, 10.0, 100.0, 1000.0])[:, None]
    rows = round_to(random.normal(size=(6, width)) * spread, dtype)
    rows = np.where(np.isfinite(rows), rows, 1.0)
    rows[1, 0] = 64.0
    rows[2] = 1.0
    return rows


ALL = ["softmax", "softmin", "log_softmax", "softmax:temperature=0.3", "sparsemax"]
ALL += ["glu", "swiglu", "reglu", "geglu", "glu:gate_half=1"]


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float8_e5m2"])
@pytest.mark.parametrize("act", ALL)
def test_each_result_is_the_exact_one_rounded_once(act: str, dtype: str) -> None:
    activation = row_wise(act)
    gelu = doubled_gelu() if dtype == "float64" else None
    for width in (2, 6):
        rows = rows_of(dtype, width)
        found = row_reference(activation, rows, dtype, gelu=gelu)
        with mpmath.workprec(3000):
            expected = [[rounded(value, dtype) for value in truth(activation, row)] for row in rows]
        assert np.array_equal(
            found.rounded, np.array([[number for number, _ in row] for row in expected], dtype=np.float64)
        )
        assert np.allclose(found.remainder, [[rest for _, rest in row] for row in expected], rtol=0, atol=3e-8)


def test_masked_scores_and_rows_without_a_limit() -> None:
    i = math.inf
    rows = np.array([[-i, 0, 0], [-i, 5, -i], [i, 1, 2], [-i, -i, -i], [i, i, 0], [math.nan, 1, 2]])
    found = row_reference(row_wise("softmax"), rows, "float32").rounded
    assert np.array_equal(found[:3], [[0.0, 0.5, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert np.isnan(found[3:]).all()
    logs = row_reference(row_wise("log_softmax"), rows[:3], "float64").rounded
    assert np.array_equal(logs, [[-i, -math.log(2), -math.log(2)], [-i, 0, -i], [0, -i, -i]])


def test_a_negligible_term_decides_ties_and_the_spacing() -> None:
    """1 - e^-2000 is below 1, where the spacing is half as large. -1664 - log(1 + e^-1664) is no tie."""
    softmax = row_reference(row_wise("softmax"), np.array([[2000.0, 0.0]]), "float32")
    assert softmax.rounded[0, 0] == 1.0
    assert softmax.remainder[0, 0] < 0.0
    assert softmax.spacing[0, 0] == -24
    logs = row_reference(row_wise("log_softmax"), np.array([[1664.0, 0.0]]), "float8_e5m2")
    assert (logs.rounded[0, 1], logs.remainder[0, 1]) == (-1792.0, 0.5)


def test_a_row_of_odd_length_has_no_halves() -> None:
    with pytest.raises(InputError, match="an even number of values, not 3"):
        row_reference(row_wise("glu"), np.zeros((2, 3)), "float32")
