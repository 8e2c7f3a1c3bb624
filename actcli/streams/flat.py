"""A nested document as pairs of name and value, for output that has only rows."""

from collections.abc import Iterator
from typing import Any


def flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """(name, value) of every leaf; names of nested ones are joined by points, and None is an empty value.

    A list of plain values is one value, with blanks between; one of documents is counted through from 0.
    """
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flat(value, f"{name}.")
        elif isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
            nested = {str(i): item for i, item in enumerate(value)}
            yield from flat(nested, f"{name}.")
        elif isinstance(value, list | tuple):
            yield name, " ".join(map(str, value))
        else:
            yield name, "" if value is None else value
