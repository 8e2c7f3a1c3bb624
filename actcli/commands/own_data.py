"""The user's own data: reading, a summary, and warnings."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from actcli.core.errors import InputError, count, unknown
from actcli.core.network.datasets import (
    DATASETS,
    DataSet,
    alike,
    are_consecutive_classes,
    from_examples,
    number_the_rows,
)
from actcli.streams.options import delimiter_of

if TYPE_CHECKING:
    from actcli.streams.examples import Examples


@dataclass(frozen=True, eq=False)
class OwnData:
    """The user's data.

    summary:  one line, without the loss of guessing
    oddities: warnings
    features: names or numbers of the columns
    target:   name or number of the target
    classes:  names in the order of the targets; empty for numbers
    """

    data: DataSet
    summary: str
    oddities: list[str]
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...]


def read_data(
    data: str,
    target: str = "auto",
    target_column: str | None = None,
    drop: Sequence[str] | None = None,
    skip_missing: bool = False,
    delimiter: str | None = None,
    chosen: Sequence[str] = (),
) -> OwnData | None:
    """The user's data; None for a key of DATASETS. InputError: options for columns with such a key."""
    if data not in DATASETS:
        return read_own_data(data, target, target_column, drop, skip_missing, delimiter, chosen)
    for option, value in {
        "--target": target != "auto",
        "--target-column": target_column,
        "--drop": drop,
        "--skip-missing": skip_missing,
        "--delimiter": delimiter,
        "--x": chosen,
    }.items():
        if value:
            raise InputError(f"{option} is for your own data, not for the built-in {data}")
    return None


def read_own_data(
    path: str,
    target: str,
    target_column: str | None,
    drop: Sequence[str] | None,
    skip_missing: bool,
    delimiter: str | None,
    chosen: Sequence[str] = (),
) -> OwnData:
    """The examples in a file; "-" is stdin.

    target: as in `from_examples`
    chosen: columns of the features, in this order; all when empty
    InputError, StreamError: no such file, or unsuitable data.
    """
    if not os.path.splitext(path)[1] and path != "-" and not os.path.exists(path):
        raise InputError(unknown("data set or file", path, DATASETS))
    from actcli.streams.examples import Columns, read_examples

    columns = Columns(target_column, tuple(drop or ()), delimiter_of(delimiter), skip_missing, tuple(chosen))
    read = read_examples(path, columns)
    data = from_examples(path, read.features, read.labels, target)
    if target == "auto" and target_column is None and not chosen and data.loss == "mean_squared_error":
        _ask_for_the_target(path, read)
    oddities = [f"{path}: {oddity}" for oddity in _oddities(read)]
    return OwnData(data, _summary(read, data), oddities, read.columns, read.target, _classes(read, data))


def _classes(read: "Examples", data: DataSet) -> tuple[str, ...]:
    if data.loss == "mean_squared_error":
        return ()
    if isinstance(read.labels, list):
        return tuple(sorted(set(read.labels)))
    return tuple(f"{number:g}" for number in np.unique(read.labels).tolist())


def _ask_for_the_target(path: str, read: "Examples") -> None:
    """InputError: the first column looks like classes, and the target was not named."""
    first = read.features[:, 0]
    if are_consecutive_classes(first):
        name, classes = shlex.quote(read.columns[0]), len(np.unique(first))
        raise InputError(
            f"{path}: which column is the target? --target-column {shlex.quote(read.target)} takes the numbers of the "
            f"last column, --target-column {name} the {classes} classes of the first"
        )


def _summary(read: "Examples", data: DataSet) -> str:
    """The line `150 points, 4 features (standardised), target species: 3 classes`."""
    points, features = data.inputs.shape
    skipped = f" ({count(read.skipped, 'row')} with missing values left out)" if read.skipped else ""
    target = read.target if read.named and not read.target.isdecimal() else f"in column {read.target}"
    classes = max(2, data.targets.shape[1])
    kind = "numbers (standardised)" if data.loss == "mean_squared_error" else f"{classes} classes"
    return f"{count(points, 'point')}{skipped}, {count(features, 'feature')} (standardised), target {target}: {kind}"


def _oddities(read: "Examples") -> list[str]:
    found = []
    if len(read.columns) > 1:
        of_rows = number_the_rows(read.features, read.rows, len(read.rows) + read.skipped)
        for column in (read.columns[place] for place in of_rows):
            found.append(f"column {column} is a row number: --drop {shlex.quote(column)} leaves it out")
    if isinstance(read.labels, list):
        for one, other in alike(read.labels):
            differ = f"{one!r} and {other!r} are two classes, and differ in capitals or blanks"
            found.append(f"column {read.target}: {differ}")
    return found
