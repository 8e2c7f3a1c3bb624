"""The cause of an error: the step of a candidate without which the error is gone.

A candidate is a known formula of a kernel, computed with all its roundings. It explains an audit where its results are
the kernel's, bit by bit or nearly, wherever one of the two has a large error. A step of it is the cause if the error
is gone when this step alone is computed exactly.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from actcli.core.activations.expression import Node, parts
from actcli.core.arrays import Array, Mask
from actcli.core.audit.case import Case
from actcli.core.audit.emulation import UNROUNDED, Working, as_computed, read_spelling
from actcli.core.audit.spellings import spellings
from actcli.core.audit.trees import exactly, nodes, replaced, text_of
from actcli.core.numerics.formats import FLOAT_FORMATS, round_to

FEW: Final = 5
"""Points: fewer prove nothing."""
_TYPES: Final = {
    "float64": ("float64", "float32", "bfloat16", "float16"),
    "float32": ("float32", "bfloat16", "float16"),
    "bfloat16": ("bfloat16", "float32", "float16"),
    "float16": ("float16", "float32", "bfloat16"),
    "float8_e4m3fn": ("float8_e4m3fn", "float16", "bfloat16", "float32"),
    "float8_e5m2": ("float8_e5m2", "float16", "bfloat16", "float32"),
}
_PAUSE: Final = 20
"""A larger gap between two points, counted in points, ends a run."""
_ASKED, _NEARLY = 5, 0.3
"""A cause is sought in the best 5 candidates, at most 0.3 below the best likeness."""
_TIE: Final = 0.02
"""A smaller difference of the scores does not tell the types of two candidates apart."""
_ALIKE: Final = 8.0
"""A distance of at most 1/8 of the error counts as none."""
_HALF, _MOSTLY, _TOLD, _NEARLY_ALL = 0.5, 0.8, 0.6, 0.97
"""Least shares of large errors at which the candidate has the kernel's result: before nudges; after nudges; among
results other than 0 and ±1; and after nudges, if almost all results are 0 or ±1."""
_NUDGES: Final = (-1,), (1,), (1, -1), (-1, 1), (0, 1), (1, 0)
"""Errors of a kernel's exp, in steps: 1 - exp(x) may consist of them alone."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A formula computed in a type.

    result: its results at the points of the case
    explained: points with a large error at which the candidate has the kernel's result, nearly
    covered: points with an error of kernel and candidate, on the sides of 0 that have explained points
    likeness: sum of three shares of the same results: nearly, and bit by bit, among large errors; bit by bit among all
    """

    tree: Node
    working: Working
    result: Array
    explained: Mask
    covered: Mask
    likeness: float


@dataclass(frozen=True, eq=False)
class Cause:
    """The cause of the error at a candidate's explained points, in words."""

    words: str
    candidate: Candidate

    @property
    def step(self) -> str:
        """The words without the last one, which says what happens: the step alone."""
        return self.words.rpartition(" ")[0]


def causes(case: Case, bad: Mask) -> list[Cause]:
    """The best candidate's cause of the errors at the bad points, once for each type that explains them as well.

    Candidates of exactly the same score: the causes of all, if their steps differ.
    """
    candidates = sorted(_candidates(case, bad), key=lambda candidate: -candidate.likeness)
    near = [candidate for candidate in candidates[:_ASKED] if candidate.likeness > candidates[0].likeness - _NEARLY]
    scored = [
        (cause, cause.candidate.likeness + _share(cause, bad))
        for candidate in near
        if (cause := _cause(case, candidate))
    ]
    scored.sort(key=lambda pair: -pair[1])
    found: list[Cause] = []
    for cause, score in scored:
        same_words = any(cause.words == other.words for other in found)
        same_step = any(cause.step == other.step for other in found)
        if not found or (same_words and score > scored[0][1] - _TIE) or (score == scored[0][1] and not same_step):
            found.append(cause)
    return found


def _share(cause: Cause, bad: Mask) -> float:
    """Share of the errors that a cause explains: mean of the explained and the covered share."""
    return float((cause.candidate.explained.sum() + cause.candidate.covered.sum()) / (2.0 * bad.sum()))


def _candidates(case: Case, bad: Mask) -> Iterator[Candidate]:
    for text in spellings(case.activation, case.audit.order):
        tree = read_spelling(case.activation, text)
        for dtype in _TYPES[case.dtype]:
            workings = [Working(dtype)]
            if not case.audit.flush_subnormals and dtype in (case.dtype, "float32"):
                workings += [Working(dtype, flush=True), Working(dtype, flush=True, flush_ends=False)]
            kept: Array | None = None
            for working in workings:
                result = _computed(case, text, tree, working)
                if kept is not None and np.array_equal(result, kept, equal_nan=True):
                    continue  # no flush happened: the same results
                kept = result if kept is None else kept
                candidate = _compared(case, bad, text, tree, working, result)
                if candidate is not None:
                    yield candidate


def _computed(case: Case, text: str, tree: Node, working: Working) -> Array:
    """The candidate's results at the points of the case, computed once."""
    key = text, working
    if key not in case.computed:
        case.computed[key] = case.rounded(as_computed(tree, case.x, working))
    return case.computed[key]


def _compared(case: Case, bad: Mask, text: str, tree: Node, working: Working, result: Array) -> Candidate | None:
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
    share = alike[both & _beside(case.x, explained)].mean()
    if share < _HALF:
        return None
    if share < 0.99:
        for nudges in _NUDGES:
            other = _computed(case, text, tree, replace(working, nudges=nudges))
            alike |= case.distance(other, case.actual) == 0.0
        explained = where_bad & alike
    # Where the candidate is wrong, the kernel must be wrong too, on the sides of 0 that have explained points.
    here = both & _beside(case.x, explained)
    share, bits = float(alike[here].mean()), float((away == 0.0)[here].mean())
    told = here & np.isfinite(result) & (result != 0.0) & (np.abs(result) != 1.0)
    good = share > _MOSTLY and alike[told].mean() > _TOLD if told.sum() >= FEW else share > _NEARLY_ALL
    everywhere = (case.off > 0) | (own > 0)
    likeness = share + bits + float((away == 0.0)[everywhere].mean())
    covered = bad & (own > 1) & _beside(case.x, explained)
    return Candidate(tree, working, result, explained, covered, likeness) if good else None


def _set_aside(case: Case, bad: Mask) -> Mask:
    """Points whose error already has another explanation."""
    return (case.off > 1) & ~bad


def _beside(x: Array, explained: Mask) -> Mask:
    """All points on the sides of 0 that have explained points."""
    negative, positive = (explained & (x < 0.0)).any(), (explained & (x > 0.0)).any()
    beside: Mask = ((x < 0.0) & negative) | ((x > 0.0) & positive) | ((x == 0.0) & (negative | positive))
    return beside


def _cause(case: Case, candidate: Candidate) -> Cause | None:
    """The innermost step that, computed exactly, leaves no error around the worst explained point."""
    truth, working = _what_it_computes(case, candidate), candidate.working
    around = _around_worst(case, candidate)
    root = text_of(candidate.tree)

    def mended(words: str, tree: Node, working: Working, seen: Mask | bool = True) -> Cause | None:
        result = case.rounded(as_computed(tree, case.x, working))
        gone = _gone(case, result, truth)
        at = around & seen
        off, left = case.off[at], case.distance(result, case.expected)[at]
        worst = off == off.max(initial=0.0)
        if case.off[at].max(initial=-1.0) != case.off[around].max():
            return None
        if at.sum() < FEW or gone[at].mean() < 0.9 or not (left[worst] <= _rest(off[worst], 4.0)).all():
            return None
        explained = _in_runs(candidate.explained & (gone | ~np.broadcast_to(seen, gone.shape)))
        return Cause(words, replace(candidate, explained=explained, covered=candidate.covered & gone))

    def found() -> Iterator[Cause | None]:
        if working.flush:
            flushed = f"{_vanishing(candidate, case.x[around])} is flushed to zero"
            yield mended(flushed, candidate.tree, Working(working.dtype))
        if (lost := out_of_range(case, candidate, around, truth)) is not None:
            words, there = lost
            yield Cause(
                words, replace(candidate, explained=candidate.explained & there, covered=candidate.covered & there)
            )
        if np.isinf(case.off[around]).any():
            return
        # An "unrounded" sum is a float64 sum: only points where float64 is accurate count.
        plain = case.rounded(as_computed(candidate.tree, case.x, Working("float64")))
        seen = case.distance(plain, truth) <= 2.0
        for node in nodes(candidate.tree):
            text = text_of(node)
            sum_ = getattr(node, "name", "") in ("+", "-")
            if text == root:
                small = _cancels(node, case.x, working) if sum_ else around & False
                if small[around].mean() > 0.8:
                    explained, covered = _in_runs(candidate.explained & small), candidate.covered & small
                    yield Cause(f"{text} cancels", replace(candidate, explained=explained, covered=covered))
                continue
            words = f"{text} {'cancels' if sum_ else 'is rounded'}"
            yield mended(words, replaced(candidate.tree, text, exactly(node)), working)
            if sum_:
                unrounded = replaced(candidate.tree, text, exactly(node, UNROUNDED))
                yield mended(f"{text} loses its small term", unrounded, working, seen)
        for node in nodes(candidate.tree):
            if (text := text_of(node)) != root:
                unrounded = replaced(candidate.tree, text, exactly(node, UNROUNDED))
                yield mended(f"{text} is rounded", unrounded, working, seen)
        wider = "float32" if FLOAT_FORMATS[working.dtype].precision < 24 else "float64"
        if wider != working.dtype and not working.flush:
            yield mended(f"every intermediate result of {root} is rounded", candidate.tree, Working(wider))

    return next((cause for cause in found() if cause is not None), None)


def _around_worst(case: Case, candidate: Candidate) -> Mask:
    """The run of explained points around the worst one, where steps overflow if and only if they do at the worst one.

    All explained points, if some are nan or infinite or the run is short.
    """
    at = np.flatnonzero(candidate.explained)
    off = case.off[at]
    if np.isinf(off).any():
        return candidate.explained
    worst = at[off.argmax()]
    runs = np.split(at, np.flatnonzero(np.diff(at) > _PAUSE) + 1)
    around = np.zeros(len(case.x), dtype=bool)
    around[next(run for run in runs if worst in run)] = True
    steps = (as_computed(node, case.x, candidate.working) for node in nodes(candidate.tree))
    overflown = np.sum([~np.isfinite(values) for values in steps], axis=0)
    around &= (overflown > 0) == (overflown[worst] > 0)
    return around if around.sum() >= FEW else candidate.explained


def _in_runs(explained: Mask) -> Mask:
    """The explained points in runs of FEW or more."""
    at = np.flatnonzero(explained)
    together = np.zeros(len(explained), dtype=bool)
    for run in np.split(at, np.flatnonzero(np.diff(at) > _PAUSE) + 1):
        together[run] = len(run) >= FEW
    return together


def _rest(off: Array, factor: float) -> Array:
    """The largest distance at which an error counts as gone: max(2, off/factor); after nan or infinity any."""
    return np.where(np.isfinite(off), np.maximum(2.0, off / factor), 1e300)


def _gone(case: Case, result: Array, truth: Array) -> Mask:
    gone: Mask = case.distance(result, truth) <= _rest(case.off, _ALIKE)
    return gone & ~np.isnan(result)


def _what_it_computes(case: Case, candidate: Candidate) -> Array:
    """The expected results; of a formula that only approximates the function, the formula's own in float64."""
    near = np.linspace(-3.0, 3.0, 101) + 1e-3
    exact = as_computed(candidate.tree, near, Working("float64"))
    with np.errstate(invalid="ignore"):  # nan is not near
        if (np.abs(exact - case.value(near)) < 1e-9).all():
            return case.expected
    return case.rounded(as_computed(exactly(candidate.tree), case.x, Working("float64")))


def out_of_range(case: Case, candidate: Candidate, around: Mask, truth: Array) -> tuple[str, Mask] | None:
    """The innermost steps that overflow or underflow, if the error is gone with float64's exponents, and its points.

    Points where a step leaves float64's range too prove nothing and do not count.
    """
    working = candidate.working
    if working.dtype == "float64":
        return None
    unbounded = Working(working.dtype, unbounded=True)
    wide = [as_computed(node, case.x, unbounded) for node in nodes(candidate.tree)]
    asked = np.all([np.isfinite(values) & (np.abs(values) < 1e300) for values in wide], axis=0)
    held = around & asked
    gone = _gone(case, case.rounded(wide[-1]), truth)
    if held.sum() < FEW or gone[held].mean() < 0.9:
        return None
    computed = [as_computed(node, case.x, working) for node in nodes(candidate.tree)]
    steps: dict[str, list[str]] = {}
    for side in (held & (case.x < 0.0), held & (case.x > 0.0)):
        if not side.any():
            continue
        fate, text = _first_out_of_range(candidate.tree, computed, wide, side, working)
        if not fate:
            return None
        if np.isnan(candidate.result[side]).mean() > 0.5:
            fate += _nan_words(candidate.tree, case.x[side], working)
        texts = steps.setdefault(fate, [])
        texts += [text] * (text not in texts)
    if len(steps) != 1:
        return None
    ((fate, texts),) = steps.items()
    if len(texts) > 1:
        fate = fate.replace("flows", "flow").replace(" is flushed", " are flushed")
    return " and ".join(texts) + fate, gone | ~asked


def _first_out_of_range(
    tree: Node, computed: list[Array], wide: list[Array], side: Mask, working: Working
) -> tuple[str, str]:
    """Fate and text of the innermost step that overflows, else of the one that underflows; empty where none does."""
    form = FLOAT_FORMATS[working.dtype]
    for node, values in zip(nodes(tree), computed, strict=True):
        if np.isinf(values[side]).mean() > 0.9:
            return " overflows", text_of(node)
    matters = _that_reach_the_root(tree, computed, wide, side, 0.9)
    for node, values, whole in zip(nodes(tree), computed, wide, strict=True):
        lost = (np.abs(whole) < form.smallest_normal) & (whole != 0.0) & (values != whole)
        if lost[side].mean() > 0.9 and (text := text_of(node)) in matters:
            flushed = working.flush and (round_to(whole, working.dtype) != 0.0)[side].mean() > 0.1
            return " is flushed to zero" if flushed else " underflows", text
    return "", ""


def _that_reach_the_root(tree: Node, computed: list[Array], wide: list[Array], side: Mask, share: float) -> set[str]:
    """Texts of steps whose loss changes all steps from there to the result: the loss of x**3 leaves x + x**3 as is."""
    with np.errstate(invalid="ignore"):  # inf - inf is nan: no change
        changed = {
            text_of(node)
            for node, values, whole in zip(nodes(tree), computed, wide, strict=True)
            if (np.abs(values - whole) > 2.0**-6 * np.abs(whole))[side].mean() > share
        }
    reached, ahead = set(), [tree]
    while ahead:
        node = ahead.pop()
        if (text := text_of(node)) in changed:
            reached.add(text)
            ahead += parts(node)
    return reached


def _nan_words(tree: Node, x: Array, working: Working) -> str:
    """The operation that turns infinity into nan."""
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


def _vanishing(candidate: Candidate, x: Array) -> str:
    """Text of the innermost step whose flush to zero changes the result."""
    tree, kept = candidate.tree, Working(candidate.working.dtype)
    smallest = FLOAT_FORMATS[kept.dtype].smallest_normal
    inside = replace(candidate.working, flush_ends=True)
    computed = [as_computed(node, x, candidate.working if node is tree else inside) for node in nodes(tree)]
    wide = [as_computed(node, x, kept) for node in nodes(tree)]
    matters = _that_reach_the_root(tree, computed, wide, np.ones(x.shape, dtype=np.bool_), 0.5)
    for node, values, whole in zip(nodes(tree), computed, wide, strict=True):
        if ((values == 0.0) & (whole != 0.0) & (np.abs(whole) < smallest)).mean() > 0.5 and (
            text := text_of(node)
        ) in matters:
            return f"subnormal {text}"
    return "a subnormal intermediate result"


def _cancels(node: Node, x: Array, working: Working) -> Mask:
    """Points where a sum is at most 1/4 of its larger term."""
    a, b = (np.abs(as_computed(part, x, working)) for part in parts(node))
    value = np.abs(as_computed(node, x, working))
    with np.errstate(invalid="ignore"):  # nan is not small
        small: Mask = (value <= np.maximum(a, b) / 4.0) & (np.maximum(a, b) > 0.0)
    return small
