"""Known kernels computed with all their roundings, and which step of one makes the error.

A kernel counts where its results are those that came in, bit by bit or nearly so, wherever either is badly off; a
step of it is the cause where the error is gone when that step alone is done well.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from actcli.core.activations.expression import Node
from actcli.core.arrays import Array, Mask
from actcli.core.audit.case import Case
from actcli.core.audit.emulation import UNROUNDED, Working, as_computed, read_kernel
from actcli.core.audit.spellings import spellings
from actcli.core.audit.trees import exactly, nodes, parts, replaced, text_of
from actcli.core.numerics.formats import FORMATS

FEW: Final = 5
_TYPES: Final = {
    "float64": ("float64", "float32", "bfloat16", "float16"),
    "float32": ("float32", "bfloat16", "float16"),
    "bfloat16": ("bfloat16", "float32", "float16"),
    "float16": ("float16", "float32", "bfloat16"),
}
_ALIKE: Final = 8.0
"""A distance counts as none where the error is so many times larger."""
_MOSTLY, _TOLD = 0.8, 0.6


@dataclass(frozen=True, eq=False)
class Kernel:
    """A formula computed in a type.

    explained: where results are badly off, and the kernel's are the same
    covered: where the results are off and the kernel is off too, on those sides of 0
    likeness: how much is the same of what is badly off, of that to the bit, and to the bit of all that is off at all
    """

    tree: Node
    working: Working
    result: Array
    explained: Mask
    covered: Mask
    likeness: float


@dataclass(frozen=True, eq=False)
class Cause:
    """What makes the error at the explained points, in words, in the types in which it does."""

    words: str
    kernel: Kernel

    @property
    def sentence(self) -> str:
        return f"{self.words} in {self.kernel.working.dtype}"


def causes(case: Case, bad: Mask) -> list[Cause]:
    """The causes of the errors at the bad points, the best explanation first; those that explain as well beside it."""
    found = [(kernel, cause) for kernel in _kernels(case, bad) if (cause := _cause(case, kernel)) is not None]
    if not found:
        return []
    found.sort(key=lambda pair: -pair[0].likeness)
    best = found[0][0].likeness
    alike = {cause.sentence: cause for kernel, cause in found if kernel.likeness > best - 0.02}
    return [*alike.values()]


def _kernels(case: Case, bad: Mask) -> Iterator[Kernel]:
    subnormal = case.dtype != "float64"
    for text in spellings(case.activation, case.audit.order):
        tree = read_kernel(case.activation, text)
        for dtype in _TYPES[case.dtype]:
            for flush in (False, True) if subnormal and dtype in (case.dtype, "float32") else (False,):
                working = Working(dtype, flush)
                kernel = _compared(case, bad, tree, working, case.rounded(as_computed(tree, case.x, working)))
                if kernel is not None:
                    yield kernel


def _compared(case: Case, bad: Mask, tree: Node, working: Working, result: Array) -> Kernel | None:
    own = case.distance(result, case.expected)
    away = case.distance(result, case.actual)
    finite = case.off[bad & np.isfinite(case.off)]
    large = min(max(2.0, math.sqrt(np.quantile(finite, 0.9))), 64.0) if finite.size else 1e4
    where_bad = bad & (case.off > large)
    both = where_bad | ((own > large) & ~_set_aside(case, bad))
    if where_bad.sum() < FEW:
        return None
    size = np.maximum(case.off, np.where(np.isfinite(own), own, case.off))
    alike = (away == 0.0) | (away <= np.maximum(1.0, np.where(np.isfinite(size), size, 0.0) / _ALIKE))
    explained = where_bad & alike
    if explained.sum() < max(FEW, 0.1 * where_bad.sum()):
        return None
    if not alike[both].all():
        for nudge in (-1, 1):  # a kernel's exp is rarely rounded right, and what is left of 1 - exp(x) is all that
            other = case.rounded(as_computed(tree, case.x, replace(working, nudge=nudge)))
            alike |= case.distance(other, case.actual) == 0.0
        explained = where_bad & alike
    # What the kernel gets wrong has to be wrong in the results too, on that side of 0 where it explains something.
    here = both & _beside(case.x, explained)
    share, bits = float(alike[here].mean()), float((away == 0.0)[here].mean())
    told = here & np.isfinite(result) & (result != 0.0) & (np.abs(result) != 1.0)
    if told.sum() >= FEW:
        good = share > _MOSTLY and alike[told].mean() > _TOLD
    else:
        good = share > 0.97
    everywhere = (case.off > 0) | (own > 0)
    likeness = share + bits + float((away == 0.0)[everywhere].mean())
    covered = bad & (own > 1) & _beside(case.x, explained)
    return Kernel(tree, working, result, explained, covered, likeness) if good else None


def _set_aside(case: Case, bad: Mask) -> Mask:
    """Where results are off for another reason, which is known already."""
    return (case.off > 1) & ~bad


def _beside(x: Array, explained: Mask) -> Mask:
    """The sides of 0 on which something is explained."""
    negative, positive = (explained & (x < 0.0)).any(), (explained & (x > 0.0)).any()
    return ((x < 0.0) & negative) | ((x > 0.0) & positive) | ((x == 0.0) & (negative | positive))


def _cause(case: Case, kernel: Kernel) -> Cause | None:
    """The innermost step that, done well, leaves no error where the kernel explains it."""
    truth = _what_it_computes(case, kernel)
    at = kernel.explained
    x = case.x[at]

    def mended(tree: Node, working: Working, part: Mask | slice = slice(None)) -> bool:
        result = case.rounded(as_computed(tree, x[part], working))
        rest, off = case.distance(result, truth[at][part]), case.off[at][part]
        with np.errstate(invalid="ignore"):  # inf - inf
            gone = rest <= np.maximum(2.0, np.where(np.isfinite(off), off / _ALIKE, 1e4))
        left = case.distance(result, case.expected[at][part])
        worst = off == off[np.isfinite(off)].max(initial=0.0) if np.isfinite(off).any() else np.isinf(off)
        return bool(gone.mean() > 0.9 and (left[worst] <= np.maximum(2.0, off[worst] / 4)).all())

    working = kernel.working
    if working.flush and mended(kernel.tree, Working(working.dtype)):
        return Cause(f"{_vanishing(kernel, x)} is flushed to zero", kernel)
    if (words := _out_of_range(case, kernel, truth)) is not None:
        return Cause(words, kernel)
    root = text_of(kernel.tree)
    # A sum that is not rounded is one in float64, which has an end too.
    plain = case.rounded(as_computed(kernel.tree, x, Working("float64")))
    seen = case.distance(plain, truth[at]) <= 2.0
    for node in nodes(kernel.tree):
        text = text_of(node)
        if getattr(node, "name", "") in ("+", "-"):
            if text != root and mended(replaced(kernel.tree, text, exactly(node)), working):
                return Cause(f"{text} cancels", kernel)
            unrounded = replaced(kernel.tree, text, exactly(node, UNROUNDED))
            if seen.sum() >= FEW and mended(unrounded, working, seen):
                return Cause(f"{text} loses its small term", kernel)
        if text != root and mended(replaced(kernel.tree, text, exactly(node)), working):
            return Cause(f"{text} is rounded", kernel)
    if (words := _cancels(kernel.tree, x, working)) is not None:
        return Cause(words, kernel)
    wider = "float32" if FORMATS[working.dtype].precision < 24 else "float64"
    if wider != working.dtype and mended(kernel.tree, Working(wider)):
        return Cause(f"every intermediate result of {root} is rounded", kernel)
    return None


def _what_it_computes(case: Case, kernel: Kernel) -> Array:
    """The expected results, or, of a formula that only approximates the function, that formula's."""
    near = np.linspace(-3.0, 3.0, 101) + 1e-3
    exact = as_computed(kernel.tree, near, Working("float64"))
    with np.errstate(invalid="ignore"):  # nan is not near
        if (np.abs(exact - case.value(near)) < 1e-9).all():
            return case.expected
    return case.rounded(as_computed(exactly(kernel.tree), case.x, Working("float64")))


def _out_of_range(case: Case, kernel: Kernel, truth: Array) -> str | None:
    """The innermost step that overflows or underflows, where the error is gone without a largest and smallest number.

    float64's exponents end too, so only what they hold is asked.
    """
    at, working = kernel.explained, kernel.working
    if working.dtype == "float64":
        return None
    x = case.x[at]
    wide = as_computed(kernel.tree, x, Working(working.dtype, unbounded=True))
    held = np.ones(len(x), dtype=bool)
    for node in nodes(kernel.tree):
        values = as_computed(node, x, Working(working.dtype, unbounded=True))
        held &= np.isfinite(values) & (np.abs(values) < 1e300)
    if held.sum() < FEW:
        return None
    off = case.off[at]
    rest = case.distance(case.rounded(wide), truth[at])
    gone = rest <= np.maximum(2.0, np.where(np.isfinite(off), off / _ALIKE, 1e4))
    first = held & (np.abs(x) <= np.abs(x[held]).max())
    if gone[first].mean() < 0.9:
        return None
    # All of them: some may lie where float64 overflows as well, and there the first cause is the same.
    form = FORMATS[working.dtype]
    for node in nodes(kernel.tree):
        values = as_computed(node, x, working)
        wide = as_computed(node, x, Working(working.dtype, unbounded=True))
        if np.isinf(values[first]).mean() > 0.9:
            nan = np.isnan(kernel.result[at]).mean() > 0.5
            return f"{text_of(node)} overflows{_nan_words(kernel.tree, node, x, working) if nan else ''}"
        small = (np.abs(wide) < form.smallest_normal) & (wide != 0.0) & (values != wide)
        if small[first].mean() > 0.9:
            return f"{text_of(node)} underflows"
    return None


def _nan_words(tree: Node, infinite: Node, x: Array, working: Working) -> str:
    """What makes nan of the infinity."""
    for node in nodes(tree):
        if not np.isnan(as_computed(node, x, working)).mean() > 0.5:
            continue
        terms = [as_computed(part, x, working) for part in parts(node)]
        sizes = ["0" if (term == 0.0).mean() > 0.5 else "inf" if np.isinf(term).mean() > 0.5 else "" for term in terms]
        if getattr(node, "name", "") == "*" and sorted(sizes) == ["0", "inf"]:
            return ", and 0 times infinity is nan"
        if getattr(node, "name", "") == "/" and sizes == ["inf", "inf"]:
            return ", and infinity over infinity is nan"
        if getattr(node, "name", "") in ("+", "-") and sizes == ["inf", "inf"]:
            return ", and infinity less infinity is nan"
        return ""
    return ""


def _vanishing(kernel: Kernel, x: Array) -> str:
    """The innermost step that is flushed."""
    kept = Working(kernel.working.dtype)
    for node in nodes(kernel.tree):
        values, whole = as_computed(node, x, kernel.working), as_computed(node, x, kept)
        if ((values == 0.0) & (whole != 0.0)).mean() > 0.5:
            return f"subnormal {text_of(node)}"
    return "a subnormal intermediate result"


def _cancels(node: Node, x: Array, working: Working) -> str | None:
    """Whether it is a sum of which much less than its terms is left."""
    if getattr(node, "name", "") not in ("+", "-"):
        return None
    a, b = (as_computed(part, x, working) for part in parts(node))
    value = as_computed(node, x, working)
    with np.errstate(invalid="ignore"):  # inf - inf is left out
        small = np.abs(value) <= np.maximum(np.abs(a), np.abs(b)) / 4.0
    return f"{text_of(node)} cancels" if small.mean() > 0.8 else None
