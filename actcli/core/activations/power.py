"""Powers over arrays or jets."""

from typing import Final

import numpy as np

from actcli.core.jets.choice import select
from actcli.core.jets.elementary import integrate, log
from actcli.core.jets.jet import Jet, Operand

MAX_EXPONENT: Final = 1000
"""The largest whole exponent of a constant power, whose derivatives come from products."""

_MAX_PRODUCT: Final = 8
"""The largest whose value does too: it errs by (n - 1) / 2 ULP at most, and NumPy's power takes 100 times as long."""


def power(base: Operand, exponent: float) -> Operand:
    """base ** exponent. Whole exponents by products, others as the solution of u y' = exponent y u'."""
    if exponent in range(1, _MAX_PRODUCT + 1):
        return _whole_power(base, int(exponent))
    if not isinstance(base, Jet):
        return np.asarray(np.power(base, exponent))
    if float(exponent).is_integer() and abs(exponent) <= MAX_EXPONENT:  # a nan is no whole number
        product = _whole_power(base, abs(int(exponent))) if exponent else base.constant(1.0)
        result = product if exponent >= 0 else 1.0 / product
        result.derivatives[0] = np.power(base.value, exponent)
        return result
    return select(
        base,
        ((base.value == 0.0) & (not np.isnan(exponent)), lambda u: _power_at_zero(u, exponent)),
        otherwise=lambda u: integrate(
            u,
            (np.power(u.value, exponent), 1.0 / u.value),
            lambda u, y, reciprocal: (y * reciprocal * exponent, -reciprocal * reciprocal),
        )[0],
    )


def variable_power(base: Operand | float, exponent: Operand) -> Operand:
    """base ** exponent for an exponent that varies: the exponential of exponent log(base)."""
    if not isinstance(exponent, Jet):
        return np.asarray(np.power(base, exponent))
    value = base.value if isinstance(base, Jet) else base
    logarithm = log(base) if isinstance(base, Jet) else np.log(value)
    start = np.power(value, exponent.value)
    return integrate(exponent * logarithm, (start,), lambda u, y: (y,))[0]


def _whole_power(base: Operand, exponent: int) -> Operand:
    """By repeated squaring, for an exponent from 1 on."""
    if exponent == 1:
        return base
    root = _whole_power(base, exponent // 2)
    return root * root * base if exponent % 2 else root * root


def _power_at_zero(u: Jet, exponent: float) -> Jet:
    """Derivatives below the exponent are 0; beyond it they are infinite, with the sign of the falling factorial."""
    derivatives = np.zeros_like(u.derivatives)
    factor = 1.0
    for k in range(len(derivatives)):
        if k > exponent:
            derivatives[k] = factor * np.inf * u.derivatives[1] ** k if k else np.inf
        factor *= exponent - k
    return Jet(derivatives)
