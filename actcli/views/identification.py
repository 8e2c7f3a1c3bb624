"""Report of `identify`: equal known activations, and the nearest others."""

from collections.abc import Mapping
from typing import Final

from actcli.core.identify.identification import Identification, Match
from actcli.views.table import Column, render, table
from actcli.views.terminal import Terminal, paragraph

_MOST: Final = 3
"""Most matches printed, simplest first; further ones are mostly other names in the literature."""


def identification_text(found: Identification, terminal: Terminal) -> str:
    """The matches, the simplest relation first, then the nearest of the others."""
    parts = []
    if found.matches:
        shown = found.matches[:_MOST]
        texts = [_fitting(written(match), terminal.width - 29) for match in shown]
        columns = [
            Column("written", texts, "left"),
            Column("relation", [match.relation for match in shown], "left"),
            Column("difference", [f"{match.max_difference:.2g}" for match in shown]),
        ]
        parts.append(render(table(columns, terminal), terminal))
        if (more := len(found.matches) - _MOST) > 0:
            parts.append(paragraph(f"and {more} more: --format json", terminal))
    else:
        parts.append(paragraph("No known activation is equal, not even scaled and shifted.", terminal))
    if found.nearest:
        labels = [_fitting(_label(near.name, near.parameters), terminal.width - 29) for near in found.nearest]
        parts.append("\n" + paragraph("Nearest of the others, by the largest difference:", terminal))
        columns = [
            Column("name", labels, "left"),
            Column("difference", [f"{near.max_difference:.3g}" for near in found.nearest]),
            Column("at x", [f"{near.at:.4g}" for near in found.nearest]),
        ]
        parts.append(render(table(columns, terminal), terminal))
    return "".join(parts)


def written(match: Match) -> str:
    """A match as the text of an activation: `silu:beta=2`, `1.5*silu(x)`, `tanh(2*x - 1) + 3`."""
    if match.relation == "equal":
        return _label(match.name, match.parameters)
    inner = f"{_times(match.b)}x{_plus(match.c)}"
    own = "".join(f", {name}={_number(value)}" for name, value in match.parameters.items())
    slope = f" {'-' if match.e < 0 else '+'} {_times(abs(match.e))}x" if match.e else ""
    return f"{_times(match.a)}{match.name}({inner}{own}){_plus(match.d)}{slope}"


def _label(name: str, parameters: Mapping[str, float]) -> str:
    given_parameters = ",".join(f"{key}={_number(value)}" for key, value in parameters.items())
    return f"{name}:{given_parameters}" if given_parameters else name


def _times(factor: float) -> str:
    return "" if factor == 1 else "-" if factor == -1 else f"{_number(factor)}*"


def _plus(term: float) -> str:
    return f" {'-' if term < 0 else '+'} {_number(abs(term))}" if term else ""


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _fitting(text: str, width: int) -> str:
    return text if len(text) <= max(width, 12) else text[: max(width, 12) - 3] + "..."
