"""The class Activation: a function over arrays or jets, with parameters, kinks and reference."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask, numbers_of
from actcli.core.errors import InputError, did_you_mean, real_number, shown, whole_number
from actcli.core.jets.jet import Jet, Operand

if TYPE_CHECKING:
    from fractions import Fraction

MAX_ORDER = 32

# Long arrays are computed in pieces whose intermediate results stay in the processor's cache.
_BLOCK = 1 << 14

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False, slots=True)
class Parameter:
    """A parameter of an activation and the interval of its values."""

    name: str
    default: float
    minimum: float = -math.inf
    maximum: float = math.inf
    open: bool = False
    """Whether the ends of the interval are excluded."""
    choices: tuple[float, ...] = ()
    """The valid values of a parameter that selects a variant."""
    exact: tuple[int, int] | None = None
    """Numerator and denominator of the exact default, if it is no float64."""

    def check(self, number: float) -> None:
        """Raise InputError unless `number` is finite and lies in the interval."""
        inside = self.minimum < number < self.maximum if self.open else self.minimum <= number <= self.maximum
        if not (inside and math.isfinite(number)) or (self.choices and number not in self.choices):
            raise InputError(f"{self.name} must be {self.interval}, not {number:g}")

    @property
    def interval(self) -> str:
        """The valid values in words: `a finite number`, `> 0`, `>= 0 and <= 1`, `1 or 2`."""
        if self.choices:
            return " or ".join(f"{choice:g}" for choice in self.choices)
        strict = "" if self.open else "="
        ends = [f">{strict} {self.minimum:g}"] * math.isfinite(self.minimum)
        ends += [f"<{strict} {self.maximum:g}"] * math.isfinite(self.maximum)
        return " and ".join(ends) or "a finite number"


@dataclass(frozen=True, eq=False, repr=False)
class Activation(ABC):
    """An activation function with values for its parameters, `Elementwise` or `RowWise`. Calling it gives f(x).

    Two activations are equal if class, label and formula are equal. f(±inf) is the limit; f(nan) is nan.
    """

    name: str
    function: Callable[..., Any]
    """function(x, **parameters), over an array or a jet."""
    formula: str
    reference: str
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    condition: tuple[str, Callable[..., bool]] | None = None
    """Condition on several parameters: in words, and as a function of them."""
    given_parameters: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    """The parameters set explicitly."""

    @abstractmethod
    def __call__(self, x: npt.ArrayLike) -> Array:
        """f(x)."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Activation):
            return NotImplemented
        return type(self) is type(other) and (self.label, self.formula) == (other.label, other.formula)

    def __hash__(self) -> int:
        return hash(self.label)

    def __repr__(self) -> str:
        return f"resolve({self.label!r})"

    def with_parameters(self, **given_parameters: float) -> Self:
        """The same activation with other values for some parameters. Raises InputError."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, number in given_parameters.items():
            if name not in known:
                has = f"has {', '.join(known)}" if known else "has no parameters"
                raise InputError(f"{self.name} {has}, not {shown(name)}{did_you_mean(name, known)}")
            known[name].check(real_number(name, number))
        changed = replace(self, given_parameters=MappingProxyType({**self.given_parameters, **given_parameters}))
        if self.condition and not self.condition[1](**changed.parameter_values):
            raise InputError(f"{self.name} needs {self.condition[0]}")
        return changed

    @property
    def parameter_values(self) -> dict[str, float]:
        """Name of each parameter -> value, set or default."""
        return {p.name: self.given_parameters.get(p.name, p.default) for p in self.parameters}

    @property
    def exact_parameters(self) -> dict[str, float | Fraction]:
        """Name of each parameter -> exact value; the definition's fraction if all parameters have their defaults."""
        from fractions import Fraction  # imported only where float64 is not enough

        values: dict[str, float | Fraction] = {**self.parameter_values}
        if all(values[p.name] == p.default for p in self.parameters):
            values |= {p.name: Fraction(*p.exact) for p in self.parameters if p.exact}
        return values

    @property
    def label(self) -> str:
        """The name with the parameters set explicitly, as `resolve` reads it."""
        given_parameters = ",".join(f"{name}={_shortest(number)}" for name, number in self.given_parameters.items())
        return f"{self.name}:{given_parameters}" if given_parameters else self.name

    def _run(self, x: Any) -> Any:
        return self.function(x, **self.parameter_values)


Fused = Callable[..., tuple[Array, Array]]
"""fused(x, **parameters) -> (f(x), f'(x)) of a flat x in closed form, new arrays."""


@dataclass(frozen=True, eq=False, repr=False)
class Elementwise(Activation):
    """An activation applied to each number by itself; results have the shape of x.

    `derivatives` takes value and slope from `fused`, if there is one, and higher orders from one pass over jets.
    """

    breakpoints: Callable[..., Mapping[float, int]] = lambda **_: {}
    """breakpoints(**parameters): x at which f is not smooth -> lowest order whose derivative jumps (0: f itself)."""
    fused: Fused | None = None
    """Value and slope in closed form: faster and more accurate than a jet of order 1; the same values as `function`."""
    fused_radius: float | Callable[..., float] = math.inf
    """Largest |x| at which `fused` is valid, or radius(**parameters); beyond, jets are used. Mostly the |x| beyond
    which exp(-|x|) is subnormal."""
    single: Fused | None = None
    """`fused` in float32, for training. Error: at most 8 ULP of float32; of the slope, within 1 of its zeros, at most
    2 eps (eps = 2^-23). None: value and slope are computed in float64 and rounded."""
    single_radius: float | Callable[..., float] = 80.0
    """Largest |x| with this accuracy: exp(-80) is normal in float32. Beyond it float64 is used."""
    mend: Callable[[Array, Array, Collection[str]], None] | None = None
    """mend(derivatives, x, flags): corrects derivatives that the jets lost in float64. flags: the floating-point errors
    that NumPy reported."""
    at_ends: Callable[..., Mask] | None = None
    """at_ends(x, order, **parameters): mask of x at which a derivative up to `order` overflows or underflows in float64
    on the way; it is computed with a wider exponent range."""
    stand_ins: tuple[str, ...] = ()
    """Formulas often computed instead, as approximations or by mistake."""
    spellings: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)
    """Order -> formulas of this derivative in kernels. Without order 0 kernels use `formula`."""

    @property
    def is_formula(self) -> bool:
        """Whether it is defined by its formula alone, computed as written."""
        return self.formula == self.name

    def kinks(self, order: int = 1) -> tuple[float, ...]:
        """Ascending x at which a derivative up to `order` jumps."""
        order = whole_number("the order", order, 0)
        found = self.breakpoints(**self.parameter_values)
        return tuple(sorted(x for x, lowest in found.items() if lowest <= order))

    def __call__(self, x: npt.ArrayLike) -> Array:
        """f(x), in the shape of x. InputError: x is no array of numbers."""
        x = numbers_of("x", x)
        result = np.empty(x.shape)
        with _quiet():
            for source, target in _blocks(x, result):
                target[...] = self._run(source)
                self._widen(source, target[None])
        return result

    def derivatives(self, x: npt.ArrayLike, order: int) -> Array:
        """f, f', ... f^(order) at x, of shape (order + 1, *x.shape). InputError: an order beyond MAX_ORDER."""
        order = whole_number("the order", order, 0, MAX_ORDER)
        if order == 0:
            return self(x)[None]
        x = numbers_of("x", x)
        result = np.empty((order + 1, *x.shape))
        with _quiet():
            for source, target in _blocks(x, result):
                if order > 1:
                    target[...] = self._jet(source, order)
                if order == 1 or self.fused is not None:
                    target[:2] = self._value_and_slope(source)
                self._widen(source, target[:2])
                if order > 1:
                    self._widen(source, target, 2)
        return result

    def derivative(self, x: npt.ArrayLike, order: int = 1) -> Array:
        """f^(order)(x), in the shape of x; at a kink the value of PyTorch's autograd."""
        derivative: Array = self.derivatives(x, order)[order]
        return derivative

    def value_and_slope(self, x: Array) -> tuple[Array, Array]:
        """f(x) and f'(x) from one pass, by `fused` if there is one, for a training step."""
        with _quiet():
            return self.bend(numbers_of("x", x))

    def bend(self, x: Array) -> tuple[Array, Array]:
        """f(x) and f'(x) in the type of x, float64 or float32. The caller suppresses NumPy's warnings."""
        fused = self._single if x.dtype == np.float32 else self._double
        if 0 < x.size <= _BLOCK:
            value, slope = fused(x.reshape(-1))
            return value.reshape(x.shape), slope.reshape(x.shape)
        both = np.empty((2, *x.shape), x.dtype)
        for source, (value, slope) in _blocks(x, both):
            value[...], slope[...] = fused(source)
        return both[0], both[1]

    def _double(self, x: Array) -> tuple[Array, Array]:
        """f(x) and f'(x) of a flat float64 x."""
        value, slope = self._value_and_slope(x)
        if self.at_ends is not None:
            self._widen(x, (value, slope))
        return value, slope

    def _single(self, x: Array) -> tuple[Array, Array]:
        """f(x) and f'(x) of a flat float32 x: by `single`; beyond its radius and at nan in float64."""
        if self.single is None:
            value, slope = self._double(x.astype(np.float64))
            return value.astype(np.float32), slope.astype(np.float32)
        parameters = self.parameter_values
        value, slope = self.single(x, **parameters)
        radius = self.single_radius(**parameters) if callable(self.single_radius) else self.single_radius
        if not _within(x, radius):
            beyond = ~(np.abs(x) <= radius)
            value[beyond], slope[beyond] = self._double(x[beyond].astype(np.float64))
        return value, slope

    def of(self, u: Operand) -> Operand:
        """f(u) of a flat array or jet. For a jet of order 1 and smooth f, f'(u) u' is computed with `fused`.

        A slope of 0 makes the product 0, even for an infinite u'.
        """
        if isinstance(u, Jet) and u.order == 1 and self.fused is not None and not self.kinks(MAX_ORDER):
            return u.chain(*self._value_and_slope(u.value))
        result: Operand = self._run(u)
        return result

    def _value_and_slope(self, x: Array) -> tuple[Array, Array]:
        """Value and slope of a flat x: by `fused`; beyond its radius and at nan by jets."""
        if self.fused is None:
            value, slope = self._jet(x, 1)
            return value, slope
        parameters = self.parameter_values
        value, slope = self.fused(x, **parameters)
        radius = self.fused_radius(**parameters) if callable(self.fused_radius) else self.fused_radius
        if not _within(x, radius):
            beyond = ~(np.abs(x) <= radius)
            value[beyond], slope[beyond] = self._jet(x[beyond], 1)
        return value, slope

    def _widen(self, x: Array, rows: Array | tuple[Array, Array], first: int = 0) -> None:
        """Recompute f^(first), ... in the rows f, f', ... of a flat x at which float64 overflowed or underflowed."""
        order = len(rows) - 1
        if self.at_ends is None or not (self.given_parameters or order > 1):
            return
        # max(order, 1): the same value and slope for orders 0 and 1.
        ends = self.at_ends(x, max(order, 1), **self.parameter_values) & np.isfinite(x)
        if not ends.any():
            return
        from actcli.core.jets.one_sided import derivatives_of  # imported only if needed

        computed = derivatives_of(self.name, x[ends], order, self.parameter_values)
        for row, numbers in zip(rows[first:], computed[first:], strict=True):
            row[ends] = numbers

    def _jet(self, x: Array, order: int) -> Array:
        """f, f', ... f^(order) of a flat x."""
        flags: list[str] = []
        derivatives: Array
        if self.mend is None:
            derivatives = self._run(Jet.variable(x, order)).derivatives
        else:
            noted: Literal["call", "ignore"] = "call" if order else "ignore"
            with np.errstate(all=noted, call=lambda kind, _: flags.append(kind)):
                derivatives = self._run(Jet.variable(x, order)).derivatives
            if order:
                self.mend(derivatives, x, flags)
        missing = np.isnan(x)
        if missing.any():
            derivatives[:, missing] = np.nan
        return derivatives


class RowWise(Activation):
    """An activation of whole rows, the last axis: each output depends on every number of its row."""

    def __call__(self, x: npt.ArrayLike) -> Array:
        """f of every row of x. InputError: x is no array of numbers, or has no axis."""
        x = self._rows(x)
        if not x.shape[-1]:
            return np.empty(x.shape)
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        step = max(1, _BLOCK // max(x.shape[-1], 1))
        with _quiet():
            results = [self._run(rows[start : start + step]) for start in range(0, len(rows), step)]
            together = np.concatenate(results) if results else self._run(rows)
        return np.reshape(together, (*x.shape[:-1], together.shape[-1]))

    def jacobian(self, x: npt.ArrayLike) -> Array:
        """∂f_i/∂x_j over the last axis, of shape (*x.shape, m) with i before j. InputError: as for the values."""
        x = self._rows(x)
        m = x.shape[-1]
        if not m:
            return np.empty((*x.shape, 0))
        step = max(1, 4 * _BLOCK // max(x.size, 1))
        result = np.empty(0)
        with _quiet():
            for first in range(0, m, step):
                # One row per direction: the j-th copy of x varies along the j-th axis.
                directions = np.eye(min(step, m - first), m, first)
                rows = np.broadcast_to(x[..., None, :], (*x.shape[:-1], *directions.shape))
                moving = Jet(np.stack([rows, np.broadcast_to(directions, rows.shape)]))
                columns = np.swapaxes(self._run(moving).derivatives[1], -1, -2)
                if first == 0:  # allocated before the work, so that MemoryError comes at once
                    result = np.empty((*columns.shape[:-1], m))
                result[..., first : first + step] = columns + 0.0  # no -0.0 where 0 was multiplied
        return result

    def _rows(self, x: npt.ArrayLike) -> Array:
        rows = numbers_of("x", x)
        if rows.ndim == 0:
            raise InputError(f"{self.name} acts on whole rows, an array of one axis or more, not on {shown(x)}")
        return rows


def elementwise(activation: Activation, otherwise: str) -> Elementwise:
    """The activation, if it is elementwise. Raises InputError with the message `otherwise` for a row-wise one."""
    if not isinstance(activation, Elementwise):
        raise InputError(otherwise)
    return activation


def _shortest(number: float) -> str:
    """The shortest text that reads back as the number, without the .0 of a whole one."""
    text = repr(float(number))
    return text.removesuffix(".0")


def _within(x: Array, radius: float) -> bool:
    """Whether all of a flat x lies in [-radius, radius]; False with a nan."""
    if np.dot(x, x) < radius * radius:  # fast path
        return True
    low = np.minimum.reduce(x, initial=0.0)
    return bool(low >= -radius and (radius == math.inf or np.maximum.reduce(x, initial=0.0) <= radius))


def _quiet() -> np.errstate:
    """Suppress warnings: 0, inf and nan are correct results in underflowing tails and at poles."""
    return np.errstate(all="ignore")


def _blocks(x: Array, result: Array) -> Iterator[tuple[Array, Array]]:
    """Pieces of the flattened x with the matching views of `result`, which has x's shape or one more axis in front."""
    source = x.reshape(-1)
    target = result.reshape(*result.shape[: result.ndim - x.ndim], -1)
    for start in range(0, source.size, _BLOCK):
        piece = slice(start, start + _BLOCK)
        yield source[piece], target[..., piece]


def folded(name: str) -> str:
    """A name in lower case, without - and _: names that fold alike are the same."""
    return name.strip().casefold().replace("-", "").replace("_", "")
