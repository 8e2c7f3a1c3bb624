"""JSON that every parser reads: numbers that are not finite become strings."""

import json
import math
from typing import Any

import numpy as np

from actcli.streams.output import open_file


def write_json(document: Any, path: str | None = None) -> None:
    """Writes the document and a line break to the file, or to stdout.

    Arrays become nested lists; nan and the infinities become "NaN", "Infinity" and "-Infinity". Raises
    StreamError when the file can't be written.
    """
    text = json.dumps(jsonable(document), allow_nan=False)
    with open_file(path) as file:
        file.write(text.encode("ascii") + b"\n")


def jsonable(value: Any) -> Any:
    """The same document out of dict, list, str, int, float, bool and None alone, all numbers finite."""
    if isinstance(value, np.ndarray):
        nested = value.tolist()
        return nested if value.dtype.kind != "f" or np.isfinite(value).all() else jsonable(nested)
    if isinstance(value, np.generic):
        return jsonable(value.item())
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
