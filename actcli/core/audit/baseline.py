"""Audits compared with earlier ones: which figures got better, which got worse."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actcli.core.audit.rows import AnyAudit
from actcli.core.errors import InputError

Key = tuple[str, str, int]
"""Activation, type and order."""

LARGER_IS_WORSE: Final = ("max_ulp", "max_steps", "mean_ulp", "nonfinite")
SMALLER_IS_WORSE: Final = ("correctly_rounded",)
_ALIKE: Final = 1e-9
"""Relative tolerance: the order of summation changes a mean by less."""


@dataclass(frozen=True)
class Change:
    """One audit, before and now.

    before, now: the figures of its line in a table; None where the report does not contain it
    verdict: better, worse, mixed (some figures better, others worse), same, new, gone
    """

    activation: str
    dtype: str
    order: int
    before: Mapping[str, Any] | None
    now: Mapping[str, Any] | None
    verdict: str

    @property
    def regressed(self) -> bool:
        """Whether a figure got worse, or the audit is gone."""
        return self.verdict in ("worse", "mixed", "gone")


def changes(audits: Sequence[AnyAudit], earlier: Mapping[Key, Mapping[str, Any]]) -> list[Change]:
    """All audits of now, then the audits that are gone, each in their order."""
    now = {(audit.activation, audit.dtype, audit.order): audit.summary() for audit in audits}
    return [
        Change(*key, earlier.get(key), now.get(key), _verdict(earlier.get(key), now.get(key)))
        for key in dict.fromkeys([*now, *earlier])
    ]


def earlier_audits(document: Any) -> dict[Key, dict[str, Any]]:
    """The figures of each audit in an earlier report, from its JSON. InputError: no report."""
    found: dict[Key, dict[str, Any]] = {}
    documents = document.get("audits", [document]) if isinstance(document, dict) else None
    try:
        for audit in documents or ():
            key = (str(audit["activation"]), str(audit["dtype"]), int(audit["order"]))
            finite = audit["finite"]
            found[key] = {
                "max_ulp": _number(finite["max_ulp"]),
                "max_steps": None if finite["max_steps"] is None else int(finite["max_steps"]),
                "mean_ulp": _number(audit["mean_ulp"]),
                "correctly_rounded": _number(audit["correctly_rounded"]),
                "nonfinite": int(audit["nonfinite"]),
            }
    except (KeyError, TypeError, ValueError, AttributeError):
        found = {}
    if not found:
        raise InputError("it contains no audit")
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _verdict(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    if before is None:
        return "new"
    if now is None:
        return "gone"
    moves = [_move(before[name], now[name]) for name in LARGER_IS_WORSE]
    moves += [-_move(before[name], now[name]) for name in SMALLER_IS_WORSE]
    worse, better = any(move > 0 for move in moves), any(move < 0 for move in moves)
    return "mixed" if worse and better else "worse" if worse else "better" if better else "same"


def _move(before: float | None, now: float | None) -> int:
    """1: grew, -1: shrank, 0: same. None means that no result is finite, and counts as infinity."""
    a, b = (math.inf if value is None else float(value) for value in (before, now))
    if a == b or math.isclose(a, b, rel_tol=_ALIKE):
        return 0
    return 1 if b > a else -1
