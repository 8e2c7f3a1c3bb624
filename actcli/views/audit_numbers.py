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


def percent(share: float) -> str:
    """A share in per cent: `98.1%`; `< 0.1%` and `> 99.9%` instead of a rounded 0 or 100."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    return "< 0.1%" if share < 0.001 else "> 99.9%" if share > 0.999 else f"{share:.1%}"
