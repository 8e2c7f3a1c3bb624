"""Diagnosis by substitutes: another function, parameter, constant, rounding or type that gives the same results."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.activations.expression import Number
from actcli.core.arrays import Array, Mask
from actcli.core.audit.candidates import FEW
from actcli.core.audit.case import Case
from actcli.core.audit.emulation import Working, as_computed, read_spelling
from actcli.core.audit.spellings import spellings
from actcli.core.audit.trees import constants, replaced
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, flushed, ordinal, round_to, value_at

FLUSHED: Final = "subnormal numbers are flushed to zero"
"""With this diagnosis `max_steps_when_flushed` is the remaining error."""

_COMMON: Final = (0.0, 1.0, 0.01, 0.02, 0.1, 0.2, 0.25, 0.3, 0.5, 2.0, 1.0507, 1.6733, 1.702)
"""Common values of parameters, of other activations too."""


_ROUNDING: Final = 2.0**-51
"""Relative rounding error of a result in float64."""


@dataclass(frozen=True, eq=False)
class Substitute:
    """Results that may explain the audited ones.

    sentence: the explanation
    same: least shares of the substitute's errors at which it equals the audited result: bit by bit, and nearly
    part: least share of the bad points that it explains
    """

    sentence: str
    result: Array
    same: tuple[float, float] = (0.7, 0.95)
    part: float = 0.5


Kind = Callable[[Case], Iterator[Substitute]]


def substitute(case: Case, bad: Mask, kinds: tuple[Kind, ...]) -> tuple[str, Mask, Mask] | None:
    """The first kind's best explanation of the bad points, the points it explains, and the ones where it is off too."""
    for kind in kinds:
        best: tuple[float, str, Mask, Mask] | None = None
        for candidate in kind(case):
            found = _compared(case, bad, candidate)
            if found is not None and (best is None or found[0] > best[0]):
                best = found[0], candidate.sentence, *found[1:]
        if best is not None:
            return best[1:]
    return None


def _compared(case: Case, bad: Mask, candidate: Substitute) -> tuple[float, Mask, Mask] | None:
    own = case.distance(candidate.result, case.expected)
    away = case.distance(candidate.result, case.actual)
    aside = (case.off > 1) & ~bad
    differs = (own > 0) & ~aside & (bad | (own > 1) | (case.off <= 1))
    large = (own > 1) & ~aside if (bad & (case.off > 1)).any() else differs
    if large.sum() < FEW:
        return None
    size = np.maximum(own, np.where(np.isfinite(case.off), case.off, own))
    alike = (away == 0.0) | (away <= np.maximum(1.0, size / 16.0)) if (own > 1).any() else away == 0.0
    bits, nearly = float((away == 0.0)[large].mean()), float(alike[large].mean())
    if bits < candidate.same[0] or nearly < candidate.same[1]:
        return None
    explained = bad & alike
    if explained.sum() < max(FEW, candidate.part * bad.sum()):
        return None
    return bits + nearly + explained.sum() / bad.sum(), explained, bad & (own > 1)


# --- the type, and the way of rounding --------------------------------------------------------------------------------


def _outputs(case: Case) -> Iterator[Substitute]:
    """The exact results rounded to a narrower type, or truncated to it."""
    if _nothing(case):
        return
    exact = case.value(case.x)
    for dtype in ("bfloat16", "float16", "float32"):
        if FLOAT_FORMATS[dtype].precision < FLOAT_FORMATS[case.dtype].precision:
            finite = np.isfinite(case.actual)
            if (round_to(case.actual[finite], dtype) != case.actual[finite]).any():
                continue
            words = f"every result is a {dtype} number"
            yield Substitute(f"{words}: the output was rounded to {dtype} on its way here", round_to(exact, dtype))
            yield Substitute(f"{words}, cut off instead of rounded", truncated(exact, dtype))


def _nothing(case: Case) -> bool:
    """Whether all finite results are 0, which is a number of every type."""
    return not case.actual[np.isfinite(case.actual)].any()


def truncations(case: Case) -> Iterator[Substitute]:
    """The exact results, or those of a wider type, truncated or rounded in one direction."""
    exact = case.value(case.x)
    wider = round_to(exact, "float32")
    if FLOAT_FORMATS[case.dtype].bits != 16:  # float64 cannot tell these from the numbers of the type
        nearest = round_to(exact, case.dtype)
        with np.errstate(invalid="ignore"):  # inf - inf is not near
            wider = np.where(np.abs(exact - nearest) <= _ROUNDING * np.abs(exact), nearest, exact)
    for y in (exact, wider):
        down = truncated(y, case.dtype)
        away = value_at(ordinal(down, case.dtype) + np.where(y == down, 0, np.sign(y)).astype(np.int64), case.dtype)
        for way, result in (
            ("cut off instead of rounded", down),
            ("rounded away from zero instead of to the nearest", away),
            ("rounded down instead of to the nearest", np.where(y < 0, away, down)),
            ("rounded up instead of to the nearest", np.where(y < 0, down, away)),
        ):
            yield Substitute(f"the results are {way}", case.rounded(result), (0.98, 0.98))


def truncated(values: Array, dtype: str) -> Array:
    """The values rounded toward zero to the type."""
    nearest = round_to(values, dtype)
    beyond = np.abs(nearest) > np.abs(values)
    at = ordinal(np.where(np.isnan(nearest), 0.0, nearest), dtype)
    return np.where(np.isnan(values), np.nan, np.where(beyond, value_at(at - np.sign(at), dtype), nearest))


def _factors(case: Case) -> Iterator[Substitute]:
    """x times a factor that was rounded to a narrower type."""
    if _nothing(case):
        return
    with np.errstate(all="ignore"):  # 0/0 is nan, which equals nothing
        factor = case.value(case.x) / case.x
        for dtype in ("bfloat16", "float16"):
            if FLOAT_FORMATS[dtype].precision < FLOAT_FORMATS[case.dtype].precision:
                result = case.rounded(case.x * round_to(factor, dtype))
                yield Substitute(f"every result is x times a {dtype} number: the factor was rounded to {dtype}", result)


def _misread(case: Case) -> Iterator[Substitute]:
    """Bits of the other 16-bit type."""
    if FLOAT_FORMATS[case.dtype].bits != 16:
        return
    other = "float16" if case.dtype == "bfloat16" else "bfloat16"

    def reread(values: Array, of: str, to: str) -> Array:
        ordinals = np.clip(ordinal(values, of), -FLOAT_FORMATS[to].infinity, FLOAT_FORMATS[to].infinity)
        return np.copysign(value_at(ordinals, to), values)

    for what, x in (("the results", case.x), ("inputs and results", reread(case.x, case.dtype, other))):
        y = round_to(case.value(x), other)
        yield Substitute(f"{what} are {other}, read as {case.dtype}", reread(y, other, case.dtype), (0.9, 0.95))


def _flushed(case: Case, part: float = 0.5) -> Iterator[Substitute]:
    """Subnormal inputs and results flushed to zero, or only results."""
    if case.audit.flush_subnormals:
        return
    x = flushed(case.x, case.dtype)
    for inputs in (x, case.x):
        result = flushed(round_to(case.value(inputs), case.dtype), case.dtype)
        if not part or (case.distance(result, case.actual)[case.worst] <= 1).any():
            yield Substitute(FLUSHED, result, (0.9, 0.95), part)


def _partly_flushed(case: Case) -> Iterator[Substitute]:
    """`_flushed` beside another error, unless a result is 0 where the exact one exceeds twice the smallest normal."""
    lost = (case.actual == 0.0) & (np.abs(case.expected) > 2.0 * FLOAT_FORMATS[case.dtype].smallest_normal)
    if not lost.any():
        yield from _flushed(case, 0.0)


# --- another function -------------------------------------------------------------------------------------------------


def _others(case: Case) -> Iterator[Substitute]:
    """Another activation that stands in for this one, another derivative, -f(x), f(-x)."""
    order, name = case.audit.order, case.activation.label
    of = f"derivative {order} of " if order else ""
    asked = f"{of}{name}"
    for text in case.activation.stand_ins:
        other = resolve(text)
        if isinstance(other, Elementwise):
            y = other.derivative(case.x, order) if order else other(case.x)
            yield _instead(case, f"{of}{text}", asked, y)
    for derivative in {0, 1, 2} - {order}:
        text = f"derivative {derivative} of {name}" if derivative else f"{name} itself"
        yield _instead(case, text, asked, case.value(case.x, derivative))
    yield _instead(case, f"-({asked})", asked, -case.value(case.x))
    yield _instead(case, f"{asked} at -x", asked, case.value(-case.x))


def _instead(case: Case, text: str, asked: str, y: Array) -> Substitute:
    return Substitute(f"the results match {text} better than {asked}", case.rounded(y), (0.0, 0.9))


def _parameters(case: Case) -> Iterator[Substitute]:
    """Other values of the parameters: defaults, permutations, fewer digits, 1/p, -p, 1 - p, common ones."""
    activation, own = case.activation, case.activation.parameter_values
    names = [parameter.name for parameter in activation.parameters]
    given_parameters = [{p.name: p.default for p in activation.parameters}]
    given_parameters += [dict(zip(names, (own[name] for name in order), strict=True)) for order in permutations(names)]
    for name, value in own.items():
        near = [float(f"{value:.{digits}g}") for digits in range(1, 6)]
        inverse = [1.0 / value] if value else []
        values = dict.fromkeys([*near, *inverse, -value, 1.0 - value, *_COMMON])
        given_parameters += [{**own, name: other} for other in values if other != value]
    for changed in given_parameters:
        if changed == own:
            continue
        try:
            other = activation.with_parameters(**changed)
        except InputError:
            continue
        y = other.derivative(case.x, case.audit.order) if case.audit.order else other(case.x)
        different = ", ".join(f"{key} = {value:g}" for key, value in changed.items() if value != own[key])
        asked = ", ".join(f"{key} = {own[key]:g}" for key, value in changed.items() if value != own[key])
        yield Substitute(f"the results are those of {different} instead of {asked}", case.rounded(y), (0.0, 0.95))


def _constants(case: Case) -> Iterator[Substitute]:
    """A constant of a kernel's formula with fewer digits."""
    form = FLOAT_FORMATS[case.dtype]
    for text in spellings(case.activation, case.audit.order):
        tree = read_spelling(case.activation, text)
        for written, value in dict(constants(tree)).items():
            if value == 0.0 or not math.isfinite(value) or (2.0 * value).is_integer():
                continue
            near = {float(f"{value:.{digits}g}") for digits in range(1, 9)}
            near |= {round_to(np.array([value]), dtype).item() for dtype in ("bfloat16", "float16")}
            for other in sorted(near, key=lambda other: abs(other - value)):
                if abs(other - value) > abs(value) * 2.0 ** -(form.precision + 1):
                    y = as_computed(replaced(tree, written, Number(other)), case.x, Working("float64"))
                    words = f"the constant {written} is {other:.9g} and not {value:.9g}"
                    yield Substitute(words, case.rounded(y), (0.6, 0.95))


def _clamped(case: Case) -> Iterator[Substitute]:
    """x clipped at one end or both."""
    same = case.actual[1:] == case.actual[:-1]
    moves = np.flatnonzero(~same)
    if not moves.size:
        return
    last, first = int(moves[-1]) + 1, int(moves[0])
    bounds = [_end(case, first, first + 1), _end(case, last, last - 1)]
    for low, high in ((bounds[0], None), (None, bounds[1]), (bounds[0], bounds[1])):
        inside = [f"{end:.4g}" for end in (low, high) if end is not None]
        y = case.value(np.clip(case.x, low, high))
        words = f"the results are as if x were cut off at {' and '.join(inside)}"
        yield Substitute(words, case.rounded(y), (0.3, 0.95))


def _end(case: Case, outer: int, inner: int) -> float:
    """x between two inputs at which the exact result equals the result at the outer one, by bisection."""
    bounds, goal = case.x[[outer, inner]], case.actual[outer]
    with np.errstate(invalid="ignore"):  # nan lies on no side
        for _ in range(60):
            middle = 0.5 * (bounds[0] + bounds[1])
            beyond = np.sign(case.value(np.array([middle]))[0] - goal) == np.sign(case.actual[inner] - goal)
            bounds[int(beyond)] = middle
    return float(bounds[1])


WHOLE: Final[tuple[Kind, ...]] = (_outputs, _factors, _misread, _flushed, _parameters, _others)
"""Substitutes for all results, tried before the known kernels."""
PARTLY: Final[tuple[Kind, ...]] = (_constants, _clamped, _partly_flushed)
"""Substitutes tried after the known kernels."""
