"""Small tables of mixed fields as text: CSV with a header, or plain fields between tabs."""

import csv
import sys
from collections.abc import Iterable, Sequence


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
