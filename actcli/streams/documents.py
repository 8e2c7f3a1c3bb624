"""Results as text: documents as strict JSON, records as CSV or as fields separated by tabs."""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np

from actcli.streams.files import open_file


def write_json(document: Any, path: str | None = None) -> None:
    """Write the document and a line break to the file, or to stdout.

    Arrays become nested lists; nan and the infinities become "NaN", "Infinity" and "-Infinity".
    StreamError: the file cannot be written.
    """
    import json  # only if needed

    text = json.dumps(jsonable(document), allow_nan=False)
    with open_file(path) as file:
        file.write(text.encode("ascii") + b"\n")


def jsonable(value: Any) -> Any:
    """The document as dict, list, str, int, float, bool and None, with finite numbers only."""
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


def write_records(header: Sequence[str], records: Iterable[Iterable[object]], output_format: str) -> None:
    """Print records to stdout as "csv", or as "plain" without header.

    Floats read back as the same number; None is an empty field.
    """
    if output_format == "csv":
        import csv

        rows = iter(records)
        first = [*islice(rows, 1)]  # it may be refused, and then nothing is printed
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_text(field) for field in record] for record in chain(first, rows))
    else:
        sys.stdout.writelines("\t".join(map(_text, record)) + "\n" for record in records)


def _text(field: object) -> str:
    """A field as in JSON, without quotes; None is empty."""
    if isinstance(field, bool | np.bool_):
        return "true" if field else "false"
    return "" if field is None else str(field)


def flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """(name, value) of every leaf. Names of nested leaves are joined by points; None is an empty value.

    A list of plain values is one value, joined by blanks; documents in a list are numbered from 0.
    """
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flat(value, f"{name}.")
        elif isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
            nested = {str(i): item for i, item in enumerate(value)}
            yield from flat(nested, f"{name}.")
        elif isinstance(value, list | tuple):
            yield name, " ".join(map(_text, value))
        else:
            yield name, "" if value is None else value
