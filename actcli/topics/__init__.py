"""The texts of `actcli help TOPIC`, for 80 columns; their files are in this directory.

An example in them is a line `    $ command`; its output stands below it, indented by four. A test runs them all.
"""

from pathlib import Path
from typing import Final

TOPICS: Final = {
    "formulas": "Syntax of formulas, and their derivatives at ties.",
    "numbers": "Input and output of numbers: arguments, files, pipes, types.",
    "json": "Every field of --format json.",
    "accuracy": "Error bounds; meaning of cards, audits and verdicts.",
    "scripts": "Exit codes, streams, loops: actcli in a shell script.",
}
"""Name of the topic -> its summary in one line."""


def topic(name: str) -> str:
    """The text of one of TOPICS."""
    text = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
    return text.format(**_of_the_grammar()) if name == "formulas" else text


def _of_the_grammar() -> dict[str, object]:
    """The names and limits in the text on formulas, from the grammar's own tables."""
    from textwrap import fill

    from actcli.core.activations import grammar
    from actcli.core.activations.activation import MAX_ORDER, Elementwise
    from actcli.core.activations.catalogue import CATALOGUE

    def listed(names: list[str]) -> str:
        return fill(" ".join(names), 76, subsequent_indent="    ", break_on_hyphens=False)

    activations = [name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)]
    return {
        "elementary": listed(sorted({*grammar.FUNCTIONS} - {*activations})),
        "activations": listed(activations),
        "max_order": MAX_ORDER,
        "max_length": grammar.MAX_LENGTH,
        "max_depth": grammar.MAX_DEPTH,
        "max_exponent": grammar.MAX_EXPONENT,
    }
