"""Elementary functions over arrays or jets: the rule table.

Every function here solves a small differential equation, and that equation is its rule. A row names the values
of a system y, g, ... at x and the rates dy/du, dg/du, ... as polynomials of u and the system. The jet of f(u)
follows by integrating the series term by term, so one row serves every order. Companions are chosen such that no
rate cancels: tanh' is sech², carried beside it, and not 1 - tanh².

Source: Moore, Interval Analysis (1966); Griewank and Walther (2008), section 13.2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from actcli.core import special
from actcli.core.compensated import two_product
from actcli.core.jet import Array, Jet, Mask, Operand

Values = tuple[Array, ...]
Rates = Callable[..., tuple[Any, ...]]
"""rates(u, *system), over jets or over arrays."""


@dataclass(frozen=True, slots=True)
class Elementary:
    """A function f given by its value, and by the system whose first component is f."""

    value: Callable[[Array], Array]
    system: Callable[[Array], Values]
    rates: Rates

    def __call__(self, x: Operand) -> Operand:
        if isinstance(x, Jet):
            return integrate(x, self.system(x.value), self.rates)[0]
        return self.value(x)

    def of_product(self, x: Operand, factor: float) -> Operand:
        """f(factor * x), with the rounding error of the product carried along: f(u) + f'(u) * error."""
        if factor == 1.0:
            return self(x)
        _, error = two_product(x.value if isinstance(x, Jet) else x, factor)
        if isinstance(x, Jet):
            u = x * factor
            jets = integrate(u, self.system(u.value), self.rates)
            expanded: Jet = jets[0] + self.rates(u, *jets)[0] * error
            return expanded
        values = self.system(x * factor)
        corrected: Array = values[0] + self.rates(x * factor, *values)[0] * error
        return corrected


def integrate(u: Jet, start: Values, rates: Rates) -> tuple[Jet, ...]:
    """The jets of v(u) where dv/du = rates(u, *v) and v(u_0) = start."""
    d = u.derivatives
    system = [np.empty_like(d) for _ in start]
    for v, v0 in zip(system, start, strict=True):
        v[0] = v0
    for k in range(1, len(d)):
        known = rates(Jet(d[:k]), *(Jet(v[:k]) for v in system))
        for v, rate in zip(system, known, strict=True):
            # v^(k) is the derivative of order k - 1 of u' * rate: Leibniz' rule.
            v[k] = d[1] * rate.derivatives[k - 1]
            for j in range(2, k + 1):
                v[k] += math.comb(k - 1, j - 1) * d[j] * rate.derivatives[k - j]
    return tuple(Jet(v) for v in system)


# --- the values that the systems start from -------------------------------------------------------------------


def _sigmoid_system(x: Array) -> Values:
    """sigmoid, its slope and tanh(x/2), all from exp(-|x|): nothing is subtracted."""
    decay = np.exp(-np.abs(x))
    total = 1.0 + decay
    return np.exp(np.minimum(x, 0.0)) / total, decay / (total * total), np.tanh(0.5 * x)


def _sigmoid(x: Array) -> Array:
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _sech_squared(x: Array) -> Array:
    decay = np.exp(-2.0 * np.abs(x))
    total = 1.0 + decay
    return 4.0 * decay / (total * total)


# --- the table: value; the system at x; its rates ---------------------------------------------------------------

exp = Elementary(np.exp, lambda x: (np.exp(x),), lambda u, y: (y,))
expm1 = Elementary(np.expm1, lambda x: (np.expm1(x), np.exp(x)), lambda u, y, g: (g, g))
log = Elementary(np.log, lambda x: (np.log(x), 1.0 / x), lambda u, y, g: (g, -g * g))
log1p = Elementary(np.log1p, lambda x: (np.log1p(x), 1.0 / (1.0 + x)), lambda u, y, g: (g, -g * g))
tanh = Elementary(np.tanh, lambda x: (np.tanh(x), _sech_squared(x)), lambda u, y, g: (g, -2.0 * y * g))
sigmoid = Elementary(_sigmoid, _sigmoid_system, lambda u, y, g, t: (g, -t * g, 2.0 * g))
softplus = Elementary(
    _softplus,
    lambda x: (_softplus(x), *_sigmoid_system(x)),
    lambda u, y, s, g, t: (s, g, -t * g, 2.0 * g),
)
normal_cdf = Elementary(
    special.normal_cdf,
    lambda x: (special.normal_cdf(x), special.normal_density(x)),
    lambda u, y, g: (g, -u * g),
)


# --- choice ----------------------------------------------------------------------------------------------------


def select(
    x: Operand,
    *cases: tuple[Mask, Callable[[Operand], Operand | float]],
    otherwise: Callable[[Operand], Operand | float],
) -> Operand:
    """The function of the first case whose mask holds, element by element.

    Each function sees only the elements for which it is taken, so the others can neither overflow nor warn.
    """
    rest: Mask | None = None
    result = x
    for mask, function in cases:
        if not mask.any():
            continue
        if rest is None:
            result, rest = _empty_like(x), np.ones(mask.shape, dtype=np.bool_)
        taken = mask & rest
        _put(result, taken, function(x[taken]))
        rest &= ~mask
    if rest is None:
        return _like(x, otherwise(x))
    _put(result, rest, otherwise(x[rest]))
    return result


def maximum(x: Operand, bound: float) -> Operand:
    """max(bound, x), with slope 0 where they are equal."""
    return _bounded(x, np.maximum, bound, x > bound)


def minimum(x: Operand, bound: float) -> Operand:
    """min(x, bound), with the slope of x where they are equal."""
    return _bounded(x, np.minimum, bound, x <= bound)


def _bounded(x: Operand, choose: np.ufunc, bound: float, free: Mask) -> Operand:
    if not isinstance(x, Jet):
        bounded: Array = choose(x, bound)
        return bounded
    # A mask over the bits keeps or clears a number ten times faster than np.where on an unpredictable mask does.
    derivatives = (x.derivatives.view(np.int64) & -free.astype(np.int64)).view(np.float64)
    derivatives[0] = choose(x.value, bound)
    return Jet(derivatives)


def _empty_like(x: Operand) -> Operand:
    return Jet(np.empty_like(x.derivatives)) if isinstance(x, Jet) else np.empty_like(x)


def _like(x: Operand, result: Operand | float) -> Operand:
    if not isinstance(result, float):
        return result
    return x.constant(result) if isinstance(x, Jet) else np.full_like(x, result)


def _put(target: Operand, where: Mask, source: Operand | Array | float) -> None:
    if not isinstance(target, Jet):
        target[where] = source
    elif isinstance(source, Jet):
        target.derivatives[:, where] = source.derivatives
    else:
        target.derivatives[:, where] = 0.0
        target.derivatives[0, where] = source
