"""Small tables of mixed fields as text: CSV with a header, or plain fields between tabs."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any


def write_records(header: Sequence[str], records: Iterable[Iterable[object]], output_format: str) -> None:
    """Print the records to stdout, as "csv" or as "plain", which has no header.

    Floats read back the same; of None nothing is printed.
    """
    if output_format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(records)
    else:
        sys.stdout.writelines(
            "\t".join("" if field is None else str(field) for field in record) + "\n" for record in records
        )


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
