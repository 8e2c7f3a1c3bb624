"""What `actcli help TOPIC` prints: texts that lie beside this file, for 80 columns.

An example in them stands, indented by four, after `$ `, and what it prints below it; a test runs them all.
"""

from pathlib import Path
from typing import Final

TOPICS: Final = {
    "formulas": "What a formula may hold, and its derivative at ties.",
    "numbers": "How numbers come in and go out: arguments, files, pipes, types.",
    "json": "Every field of --format json.",
    "scripts": "Exit codes, streams, loops: actcli in a shell script.",
}
"""Name -> what it is about, in one line."""


def topic(name: str) -> str:
    """The text of one of TOPICS."""
    text = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
    return _with_functions(text) if name == "formulas" else text


def _with_functions(text: str) -> str:
    """The text, in which the functions of formulas take the places of {elementary} and {activations}."""
    from textwrap import fill

    from actcli.core.activations.activation import Elementwise
    from actcli.core.activations.catalogue import CATALOGUE
    from actcli.core.activations.grammar import ELEMENTARY

    activations = [name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)]
    lists = {"elementary": sorted({*ELEMENTARY} - {*activations}), "activations": activations}
    for place, names in lists.items():
        listed = fill(" ".join(names), 76, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
        text = text.replace(f"    {{{place}}}", listed)
    return text
