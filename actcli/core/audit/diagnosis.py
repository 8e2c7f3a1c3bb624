"""Diagnosis of an audit: the cause of its errors. A cause is named only if the error is gone without it."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Mask
from actcli.core.audit.candidates import FEW, Cause, causes
from actcli.core.audit.case import Case, case_of, region
from actcli.core.audit.report import Audit, Stretch
from actcli.core.audit.substitutes import FLUSHED, PARTLY, WHOLE, substitute, truncations
from actcli.core.errors import count
from actcli.core.numerics.formats import spacing_exponent

__all__ = ["FLUSHED", "diagnose"]

_MOST: Final = 3
"""Sentences about finite errors, at most."""
_WORTH: Final = 3
"""Steps: errors up to this are explained only by the way of rounding."""

Found = tuple[str, Mask, Mask]
"""A sentence, the points that it explains, and further points that need no other sentence."""


def diagnose(audit: Audit, activation: Elementwise) -> str | None:
    """Sentences about the pattern of the errors and, if it can be shown, their cause; None without a pattern.

    The first sentence is about the largest finite error, or states that it is not.
    """
    if not (audit.total.finite_max_steps or audit.nonfinite):
        return None
    case = case_of(audit, activation)
    sentences = [*_finite(case), *_nonfinite(case)]
    return "; ".join(sentences) or None


def _finite(case: Case) -> list[str]:
    most = case.audit.total.finite_max_steps
    if not most:
        return []
    found: list[Found] = []
    if most > 1:
        rest = np.isfinite(case.off) & (case.off > 1)
        while len(found) < _MOST and (rest.sum() >= FEW) and (one := _one(case, rest)) is not None:
            found.append(one)
            rest &= ~(one[1] | one[2])
    if (one := substitute(case, case.off == 1, (truncations,))) is not None and one[0] not in [
        each[0] for each in found
    ]:
        which = "the results are" if most == 1 else "results at most one step off are"
        found.append((one[0].replace("the results are", which), *one[1:]))
    largest = case.worst
    about = [bool(where[largest].any()) for _, where, _ in found]
    found = [one for _, one in sorted(zip(about, found, strict=True), key=lambda pair: not pair[0])]
    sentences = [sentence for sentence, _, _ in found]
    if sentences and not any(about):
        at = case.text(float(case.x[largest[0]]))
        sentences[0] = f"not at the largest error, at x = {at}, but elsewhere: {sentences[0]}"
    return sentences


def _one(case: Case, bad: Mask) -> Found | None:
    """A sentence about the errors at the bad points or at some of them, preferably at the worst."""
    if (found := substitute(case, bad, (truncations, *WHOLE))) is not None:
        return found
    large = np.max(case.off[bad]) > _WORTH
    if large and (explanation := _known(case, bad)) is not None:
        return explanation
    if large and (found := substitute(case, bad, PARTLY)) is not None and (found[1] | found[2])[_worst(case, bad)]:
        return found
    return next(_facts(case, bad), None) or (found if large else None)


def _worst(case: Case, bad: Mask) -> int:
    return int(np.where(bad, case.off, -1.0).argmax())


def _known(case: Case, bad: Mask) -> Found | None:
    """The causes by known kernels, if there are one or two."""
    found = causes(case, bad)
    words = list(dict.fromkeys(cause.words for cause in found))
    if not found or len(words) > 2:
        return None
    told = " or ".join(_in_types(text, found) for text in words)
    explained = np.any([cause.candidate.explained for cause in found], axis=0)
    covered = np.any([cause.candidate.covered for cause in found], axis=0)
    stretches = [
        (text, zeros) for text, zeros in _stretches(case, bad, 0.0) if _share(explained | covered, zeros) > 0.8
    ]
    if any(zeros[_worst(case, explained)] for _, zeros in stretches):
        texts, zeros = zip(*stretches, strict=True)
        return f"{_stuck_at(case, 0.0, ' and '.join(texts))}: {told}", np.any([explained, *zeros], axis=0), covered
    return f"{told}, {region(case, explained)}", explained, covered


def _share(part: Mask, of: Mask) -> float:
    return float(part[of].mean())


def _in_types(words: str, found: list[Cause]) -> str:
    types = sorted({cause.candidate.working.dtype for cause in found if cause.words == words})
    head, comma, tail = words.partition(", ")
    return f"{head} in {' or '.join(types)}{comma}{tail}"


# --- facts, without a cause -------------------------------------------------------------------------------------------


def _facts(case: Case, bad: Mask) -> Iterator[Found]:
    for constant in case.audit.constants:
        yield from _stuck(case, bad, constant.value)
    yield from _offsets(case, bad)
    yield from _wrong_signs(case, bad)


def _stuck(case: Case, bad: Mask, value: float) -> list[Found]:
    """Stretches where every result is the same constant and the exact ones are not."""
    return [(_stuck_at(case, value, text), where, where) for text, where in _stretches(case, bad, value)]


def _stuck_at(case: Case, value: float, where: str) -> str:
    return f"the result is {case.text(value)} for every {where}, where the exact one is not"


def _stretches(case: Case, bad: Mask, value: float) -> list[tuple[str, Mask]]:
    """Stretches of x where every result is `value` and no exact one is, in words, with their points; worst first."""
    (lowest, below, above, highest), x = next(c.elsewhere for c in case.audit.constants if c.value == value), case.x
    stuck = bad & (case.actual == value) & (case.expected != value)
    stretches = [
        ("x up to {}", np.max, stuck & (x < min(lowest, 0.0))),
        ("x from {} on", np.min, stuck & (x > max(highest, 0.0))),
        ("x from {} to 0", np.min, stuck & (x > below) & (x < 0.0)),
        ("x from 0 to {}", np.max, stuck & (x < above) & (x > 0.0)),
    ]
    # A stretch ends at an input that was tried: between two inputs of a sweep results are unknown.
    long = [(text.format(case.text(float(end(x[at])))), at) for text, end, at in stretches if at.sum() >= FEW]
    return sorted(long, key=lambda stretch: -case.off[stretch[1]].max())


def _offsets(case: Case, bad: Mask) -> Iterator[Found]:
    """Constant offset from the exact results near 0."""
    for side in (case.x < 0.0, case.x > 0.0):
        near = side & (np.abs(case.x) < 2.0**-4) & bad
        if near.sum() < FEW or np.ptp(np.log2(np.abs(case.x[near]))) < 4.0:
            continue
        with np.errstate(invalid="ignore"):  # inf - inf is far from 0
            added = case.actual - case.expected
        offset = float(np.median(added[near]))
        room = 0.1 * abs(offset) + np.ldexp(1.0, spacing_exponent(case.actual, case.dtype))
        same = near & (np.abs(added - offset) <= room)
        small = same & (np.abs(case.expected) < abs(offset) / 16.0)
        if offset and same.sum() > 0.8 * near.sum() and small.sum() >= FEW:
            added_up = f"{'+' if offset > 0 else '-'} {abs(offset):.3g}"
            yield f"near 0 the result is the exact one {added_up}, {region(case, same)}", same, same


def _wrong_signs(case: Case, bad: Mask) -> Iterator[Found]:
    """Results of the wrong sign."""
    wrong = bad & (np.sign(case.actual) * np.sign(case.expected) < 0.0)
    if wrong.sum() >= FEW:
        stretch = case.audit.wrong_sign
        yield f"{count(stretch.count, 'result')} have the wrong sign, {_between(case, stretch)}", wrong, wrong


def _between(case: Case, stretch: Stretch) -> str:
    low, high = case.text(stretch.low), case.text(stretch.high)
    return f"at x = {low}" if low == high else f"for x from {low} to {high}"


def _nonfinite(case: Case) -> Iterator[str]:
    """Places of nan and infinity, and the overflow that causes them."""
    kinds: list[tuple[str, Stretch, Mask]] = [
        ("nan", case.audit.nan, np.isnan(case.actual) & ~np.isnan(case.expected)),
        ("infinite", case.audit.infinite, np.isinf(case.actual) & np.isfinite(case.expected)),
    ]
    for kind, stretch, where in kinds:
        if stretch.count:
            verb = "result is" if stretch.count == 1 else "results are"
            fact = f"{stretch.count:,} {verb} {kind}, {_between(case, stretch)}"
            found = causes(case, where) if where.sum() >= FEW else []
            words = list(dict.fromkeys(cause.words for cause in found))
            yield f"{fact}: {' or '.join(_in_types(text, found) for text in words)}" if 0 < len(words) <= 2 else fact
