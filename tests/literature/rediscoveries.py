"""Published activations that are the same function: `identify` run over the literature itself.

    python rediscoveries.py > found.jsonl
    python rediscoveries.py --page < found.jsonl > rediscoveries.md
    python rediscoveries.py --disturbed    # every entry plus 0.01*sin(x): nothing may be equal

Each entry has its default parameters. One parameter of the other activation is fitted, or at most two of scale, offset
and slope; a horizontal scale and shift too would take an hour.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, literature
from actcli.core.activations.literature import source_of
from actcli.core.errors import InputError
from actcli.core.identify.identification import identify
from actcli.digits import more_digits
from actcli.views.identification import written

ENTRIES = {**{n: e for n, e in CATALOGUE.items() if isinstance(e, Elementwise)}, **literature()}


def lines(disturbed: bool) -> int:
    wrong = 0
    for name in ENTRIES:
        formula = f"({name}(x)) + 0.01*sin(x)" if disturbed else name
        try:
            found = identify(formula, more_digits, thorough=disturbed)
        except InputError as error:
            print(json.dumps({"name": name, "error": str(error)}), flush=True)
            continue
        matches = [{**asdict(match), "written": written(match)} for match in found.matches]
        wrong += disturbed and bool(matches)
        print(json.dumps({"name": name, "matches": matches}), flush=True)
    return wrong


def same_functions(found: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    """Groups of names of functions that are equal for default parameters, the catalogue's names first."""
    groups: list[list[str]] = []
    seen: set[str] = set()
    for name in ENTRIES:
        same = [m["name"] for m in found.get(name, []) if m["relation"] == "equal" and not m["parameters"]]
        group = [name, *(other for other in same if other not in seen)]
        if name not in seen and len(group) > 1:
            groups.append(group)
            seen.update(group)
    return groups


def page(rows: list[dict[str, Any]]) -> str:
    found = {row["name"]: row.get("matches", []) for row in rows}
    groups = same_functions(found)
    grouped = {name for group in groups for name in group}
    text = [
        "# Rediscoveries",
        "",
        "Which published activations are the same function, found by `actcli identify` over the catalogue and the",
        "literature (`rediscoveries.py` beside this file writes it). The parameters have the usual values that",
        "`actcli list --all` shows; equal means: at dozens of points, but for the rounding of constants to 16 digits.",
        "Where the second was derived from the first on purpose, as a trainable version, say, the two are equal too:",
        "the list says what is the same function, not who knew of whom.",
        "",
        f"## The same function under several names ({sum(map(len, groups))} names, {len(groups)} functions)",
        "",
    ]
    for group in groups:
        text.append(
            f"- `{ENTRIES[group[0]].formula}`: " + "; ".join(f"**{n}** ({source_of(ENTRIES[n])})" for n in group)
        )
    text += ["", "## Equal to another for some value of its parameters", ""]
    for name, matches in found.items():
        others = [match for match in matches if match["name"] not in grouped | {name}]
        equal = [match for match in others if match["relation"] == "equal" and match["parameters"]]
        if equal and name not in {n for group in groups for n in group[1:]}:
            text.append(f"- **{name}** is " + ", ".join(f"`{m['written']}`" for m in equal[:4]))
    text += ["", "## A scaled, shifted or tilted copy of another", ""]
    for name, matches in found.items():
        if matches and not any(m["relation"] == "equal" for m in matches):
            text.append(f"- **{name}** is " + ", ".join(f"`{m['written']}`" for m in matches[:3]))
    alone = [name for name, matches in found.items() if not matches]
    text += ["", f"## Equal to nothing else ({len(alone)})", "", ", ".join(alone), ""]
    return "\n".join(text)


if __name__ == "__main__":
    if "--page" in sys.argv:
        print(page([json.loads(line) for line in sys.stdin]))
    else:
        sys.exit(min(lines("--disturbed" in sys.argv), 1))
