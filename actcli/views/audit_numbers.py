"""Figures of an audit as text."""

import math

from actcli.core.audit.tally import Errors


def figure(x: float | None) -> str:
    """An error in ULP, or a mean."""
    if x is None:
        return "-"
    if math.isinf(x):
        return "> 1.8e308"
    return f"{x:.3f}" if 0.001 <= x < 10 or x == 0 else f"{x:,.1f}" if 10 <= x < 1e6 else f"{x:.2e}"


def mean(x: float | None, errors: Errors) -> str:
    """A mean over finite errors; empty if there are none."""
    return figure(None if errors.finite_max_ulp is None else x)


def whole(x: float | None) -> str:
    """A number of steps."""
    if x is None:
        return "-"
    return f"{x:,}" if x < 1e12 else f"{x:.2e}"
