"""Numbers with twice float64's digits, against mpmath."""

import mpmath
import numpy as np
import pytest

from actcli.core.numerics.double_double import Double, exp, log1p, row_sum

RANDOM = np.random.default_rng(4)
HIGH = np.concatenate([RANDOM.normal(size=60) * 10.0 ** RANDOM.integers(-9, 3, 60), [0.0, -1e4, 700.0, 1e-300]])
LOW = HIGH * 2.0**-54 * RANDOM.uniform(-0.9, 0.9, len(HIGH))


def exact(x: Double, exponent: np.ndarray | int = 0) -> list[mpmath.mpf]:
    shifts = np.broadcast_to(exponent, x.hi.shape)
    with mpmath.workprec(300):
        return [
            (mpmath.mpf(a) + mpmath.mpf(b)) * mpmath.mpf(2) ** int(k)
            for a, b, k in zip(x.hi, x.lo, shifts, strict=True)
        ]


def assert_close(found: list[mpmath.mpf], expected: list[mpmath.mpf], bits: int) -> None:
    with mpmath.workprec(300):
        off = max(abs(a - b) / abs(b) if b else abs(a) for a, b in zip(found, expected, strict=True))
        assert off < mpmath.mpf(2) ** -bits


def test_exp() -> None:
    x = Double(HIGH, LOW)
    with mpmath.workprec(300):
        assert_close(exact(*exp(x)), [mpmath.exp(one) for one in exact(x)], 100)


def test_log1p() -> None:
    known = (HIGH == 0.0) | (np.abs(HIGH) > 1e-280)  # for smaller hi, lo underflows
    x = Double(np.abs(HIGH[known]), np.abs(LOW[known]))
    with mpmath.workprec(300):
        assert_close(exact(log1p(x)), [mpmath.log1p(one) for one in exact(x)], 98)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__mul__", "__truediv__"])
def test_arithmetic(operation: str) -> None:
    a, b = Double(HIGH[:60], LOW[:60]), Double(HIGH[:60][::-1].copy(), LOW[:60][::-1].copy())
    with mpmath.workprec(300):
        expected = [getattr(x, operation)(y) for x, y in zip(exact(a), exact(b), strict=True)]
        assert_close(exact(getattr(a, operation)(b)), expected, 98)


@pytest.mark.parametrize("width", [1, 2, 7, 64])
def test_sums_of_rows(width: int) -> None:
    x = np.abs(RANDOM.normal(size=(3, width))) * 10.0 ** RANDOM.integers(-12, 1, (3, width))
    found = row_sum(Double(x))
    with mpmath.workprec(300):
        expected = [mpmath.fsum(map(mpmath.mpf, row)) for row in x]
        assert_close(exact(Double(found.hi[:, 0], found.lo[:, 0])), expected, 98)
