"""Audits held against earlier ones: what got better, and what got worse."""

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
"""Relative: sums of the same errors in another order differ by less."""


@dataclass(frozen=True)
class Change:
    """One audit then and now: the figures of its line in a table; None where it is only in one of them.

    verdict: better, worse, mixed (some figures better and others worse), same, new, gone
    """

    activation: str
    dtype: str
    order: int
    before: Mapping[str, Any] | None
    now: Mapping[str, Any] | None
    verdict: str

    @property
    def regressed(self) -> bool:
        """Whether a figure got worse, or the audit is not there any more."""
        return self.verdict in ("worse", "mixed", "gone")


def changes(audits: Sequence[AnyAudit], earlier: Mapping[Key, Mapping[str, Any]]) -> list[Change]:
    """Every audit of now, then those that are gone, in their order."""
    now = {(audit.activation, audit.dtype, audit.order): audit.summary() for audit in audits}
    return [
        Change(*key, earlier.get(key), now.get(key), _verdict(earlier.get(key), now.get(key)))
        for key in dict.fromkeys([*now, *earlier])
    ]


def earlier_audits(document: Any) -> dict[Key, dict[str, Any]]:
    """The figures of each audit in the document of an earlier report. InputError where it is none."""
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
        raise InputError("no audit is in it")
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
    """1 where it grew, -1 where it shrank; None, where there is no finite result, is beyond every number."""
    a, b = (math.inf if value is None else float(value) for value in (before, now))
    if a == b or math.isclose(a, b, rel_tol=_ALIKE):
        return 0
    return 1 if b > a else -1
