"""Examples for training: each row of a table is a point; one field is its target, the others are its features.

`table` has the rule for headers. The first target decides whether targets are numbers or class names.
"""

import math
import shlex
import sys
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from actcli.streams.beginning import Text
from actcli.streams.blocks import Values
from actcli.streams.cells import (
    complaint,
    is_missing,
    is_missing_class,
    is_name,
    is_number,
    is_text,
    parse,
    quoted,
    way_out,
)
from actcli.streams.csv_format import line_chunks, meant_for_names, ragged
from actcli.streams.encoding import Recognised, file_argument, recognise, utf8
from actcli.streams.files import StreamError, file_error
from actcli.streams.options import TABLES
from actcli.streams.reading import opened, refuse_json
from actcli.streams.table import Heading, Record, Records, find_delimiter, first_records, heading

# A quarter of 4 GiB, because standardising takes four times the memory.
MOST_MEMORY = 2**30
_TOO_LARGE = "more than 1 GiB of numbers; train on a part of them"

# Rows read after a first word in a column of numbers, to find other columns with words.
_LOOKED_THROUGH = 1000


@dataclass(frozen=True)
class Columns:
    """Options for the columns of a file.

    target:       name or position, from 1, of the target; None: the last column
    dropped:      names or positions of columns to leave out
    delimiter:    of the fields; None: found automatically
    skip_missing: leave out rows with a missing value
    features:     names or positions of the features, in order; empty: all other columns
    """

    target: str | None = None
    dropped: tuple[str, ...] = ()
    delimiter: str | None = None
    skip_missing: bool = False
    features: tuple[str, ...] = ()

    @property
    def asked_for(self) -> tuple[str, ...]:
        return (*self.dropped, *self.features, *([] if self.target is None else [self.target]))


ALL_COLUMNS = Columns()


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of a file.

    features: (points, features)
    labels:   (points,) numbers, or class names
    columns:  name of each feature's column, or its position
    target:   name of the target's column, or its position
    named:    the target has a name
    rows:     row of each point in the file, from 0
    skipped:  number of rows left out because of a missing value
    """

    features: Values
    labels: Values | list[str]
    columns: tuple[str, ...]
    target: str
    named: bool
    rows: NDArray[np.intp]
    skipped: int = 0


def read_examples(path: str, columns: Columns = ALL_COLUMNS) -> Examples:
    """The examples of a file ("-" is stdin): a .npy array, or a table in any form that `table` reads.

    Rows of empty fields are left out.
    StreamError, with line and column if possible: an unreadable file; no such column, no points or no features; missing
    or superfluous fields; features that are no finite numbers; more than 1 GiB.
    """
    with opened(path) as (stream, name):
        try:
            file = recognise(stream, name)
            return _from_array(file, columns) if file.is_npy else _from_table(file, columns)
        except OSError as error:
            raise file_error(name, error) from error


@dataclass(frozen=True)
class _Plan:
    """Fields of a row that are read, and the names of their columns."""

    name: str
    heading: Heading
    target: int
    features: list[int]
    chosen: bool

    @classmethod
    def of(cls, name: str, begin: Heading, columns: Columns) -> "_Plan":
        width = len(begin.fields)
        target = width - 1 if columns.target is None else begin.position(columns.target, name)
        dropped = {begin.position(column, name) for column in columns.dropped}
        chosen = [begin.position(column, name) for column in columns.features]
        if columns.target is None:
            target = max({*range(width)} - dropped - {*chosen}, default=target)
        for others, what in ((dropped, "dropped"), (chosen, "a feature")):
            if target in others:
                raise StreamError(f"{name}: column {begin.names([target])[0]} cannot be both learnt and {what}")
        for place in chosen:
            if place in dropped or chosen.count(place) > 1:
                why = "and dropped" if place in dropped else "twice"
                raise StreamError(f"{name}: column {begin.names([place])[0]} cannot be a feature {why}")
        features = chosen or [place for place in range(width) if place != target and place not in dropped]
        if not features:
            raise StreamError(f"{name}: no column is left for the features")
        return cls(name, begin, target, features, bool(chosen))

    def call(self, place: int) -> str:
        """The column as typed in an option: its name, or its position if the name is ambiguous."""
        name = self.heading.fields[place]
        usable = self.heading.named and name and self.heading.fields.count(name) == 1 and not name.startswith("-")
        return name if usable and name.isprintable() else str(place + 1)

    def option(self, option: str, *places: int) -> str:
        return " ".join(f"{option} {shlex.quote(self.call(place))}" for place in places)


def _from_table(file: Recognised, columns: Columns) -> Examples:
    if file.suffix == ".npy":
        raise StreamError(f"{file.name}: not a .npy file")
    name, text = file.name, Text(utf8(file), file.name)
    if file.suffix not in TABLES:
        refuse_json(text)
    delimiter = columns.delimiter or TABLES.get(file.suffix) or find_delimiter(text, blanks=file.suffix not in TABLES)
    begin = heading(text, delimiter, columns.asked_for)
    if not begin.fields:
        raise StreamError(f"{name}: no points")
    first = first_records(text, delimiter, 2)
    if len(begin.fields) < 2:
        if len(first[-1].fields) > 1:
            raise ragged(name, first[-1], first[0])
        wrong = "1 field; a point needs features and a target, with commas between"
        raise StreamError(f"{name}, line {first[0].line}: {wrong}")
    table = _Table(_Plan.of(name, begin, columns), delimiter, first)
    chunks = line_chunks(text.pieces_from(begin.line), name, begin.line)
    return table.read(_rows(chunks, table.plan, delimiter, begin.line), columns.skip_missing)


def _rows(chunks: Iterator[bytes], plan: _Plan, delimiter: str, line: int) -> Iterator[Record]:
    rows = Records(plan.name, delimiter, line, len(plan.heading.fields), plan.features)
    return chain.from_iterable(rows.take(chunk, ended=not chunk) for chunk in chain(chunks, [b""]))


@dataclass
class _Table:
    """The points so far, and the mistakes.

    words:   column with words -> the first word and its line
    cells:   column with words -> each word and how often it is there
    missing: set of columns -> number of rows in which exactly these have no value
    begins:  line number of the first row
    named:   whether a row that was not taken has a word for its target
    """

    plan: _Plan
    delimiter: str
    first: Sequence[Record]
    features: "array[float]" = field(default_factory=lambda: array("d"))
    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    names: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)  # one string per class, for all its points
    skipped: list[int] = field(default_factory=list)
    words: dict[int, tuple[int, str]] = field(default_factory=dict)
    cells: dict[int, Counter[str]] = field(default_factory=dict)
    missing: Counter[tuple[int, ...]] = field(default_factory=Counter)
    first_missing: int = 0
    begins: int = 0
    named: bool = False

    def read(self, records: Iterator[Record], skip_missing: bool) -> Examples:
        plan = self.plan
        width, count, memory, after = len(plan.heading.fields), 0, 0, 0
        for record in records:
            fields = record.fields
            if not any(map(str.strip, fields)):
                continue
            if len(fields) != width:
                raise ragged(plan.name, record, self.first[0])
            self.begins = self.begins or record.line
            target = fields[plan.target].strip()
            features = self._features(record, target)
            if features is None:
                self.skipped.append(count)
            else:
                memory += 8 * len(fields) + (0 if is_number(target) or target in self.known else sys.getsizeof(target))
                self._add(features, target, record.line)
                if memory > MOST_MEMORY:
                    raise StreamError(f"{plan.name}, line {record.line}: {_TOO_LARGE}")
            count += 1
            after += bool(self.words)
            if after > _LOOKED_THROUGH:
                break
        if not count:
            raise StreamError(f"{plan.name}: {'a header and no points' if plan.heading.named else 'no points'}")
        if self.words:
            raise self._of_words(after)
        if (
            len(self.names) > 1
            and is_name(self.names[0])
            and self.names[0].isprintable()
            and all(map(is_number, {*self.names[1:]}))
        ):
            raise self._of_a_header()
        if self.missing and not skip_missing:
            raise self._of_missing(count)
        if len(self.skipped) == count:
            raise StreamError(f"{plan.name}: in every row a value is missing{self._emptiest(count)}")
        return Examples(
            np.frombuffer(self.features).reshape(-1, len(plan.features)),
            self.names or np.frombuffer(self.numbers),
            tuple(map(plan.call, plan.features)),
            plan.call(plan.target),
            plan.heading.named,
            np.delete(np.arange(count), self.skipped),
            len(self.skipped),
        )

    def _add(self, features: list[float], target: str, line: int) -> None:
        if self.names or not (self.numbers or is_number(target)):
            self.names.append(self.known.setdefault(target, target))
        else:
            wrong = "" if is_number(target) else complaint(target, self.plan.name, self.plan.call(self.plan.target))
            if not wrong and not math.isfinite(parse(target)):
                wrong = f"not finite: {quoted(target)} in column {self.plan.call(self.plan.target)}"
            if wrong:
                raise StreamError(f"{self.plan.name}, line {line}: {wrong}")
            self.numbers.append(parse(target))
        self.features.extend(features)

    def _features(self, record: Record, target: str) -> list[float] | None:
        """The features; None after a missing value or a word, which is recorded."""
        try:
            found = [float(record.fields[place]) for place in self.plan.features]
            if all(map(math.isfinite, found)) and "_" not in "".join(record.fields) and not is_missing_class(target):
                return found
        except ValueError:
            pass
        missing = [self.plan.target] if is_missing_class(target) else []
        self.named = self.named or not (missing or is_number(target))
        for place in self.plan.features:
            cell = record.fields[place].strip()
            if is_missing(cell):
                missing.append(place)
            elif not is_number(cell):
                self.words.setdefault(place, (record.line, cell))
                self.cells.setdefault(place, Counter())[cell] += 1
            elif math.isinf(parse(cell)):
                where = f"not finite: {quoted(cell)} in column {self.plan.call(place)}"
                raise StreamError(f"{self.plan.name}, line {record.line}: {where}")
        if missing:
            self.missing[tuple(missing)] += 1
            self.first_missing = self.first_missing or record.line
        if missing or self.words:
            return None
        return [parse(record.fields[place]) for place in self.plan.features]

    def _of_words(self, count: int) -> StreamError:
        """The error for columns with words, with one command as advice. count: rows since the first word."""
        plan, (place, (line, cell)) = self.plan, next(iter(self.words.items()))
        wrong = f"{plan.name}, line {line}: {complaint(cell, plan.name, plan.call(place))}"
        if not is_text(cell):
            return StreamError(wrong)
        if plan.heading.named or line != self.first[0].line or len(self.first) < 2:
            names = []
        else:
            names = list(filter(is_name, meant_for_names(*self.first)))
        if names:
            return StreamError(f"{wrong}; --target-column {shlex.quote(names[-1])} takes line {line} for names")
        if out := way_out(cell, plan.name, self.delimiter):
            return StreamError(f"{wrong}; {out}")
        if plan.chosen:
            return StreamError(wrong)
        others = [other for other in self.words if other != place]
        above = [self.first[0].fields[other].strip() for other in self.words]
        skip = " --skip-missing" if self.missing else ""
        outs = []
        if len(self.words) < len(plan.features):
            outs.append(f"{plan.option('--drop', *self.words)}{skip} leaves {'them' if others else 'it'} out")
            if not plan.heading.named and all(map(_is_typed, above)) and not is_name(self.first[0].fields[plan.target]):
                drops = " ".join(f"--drop {shlex.quote(name)}" for name in above)
                outs.append(f"{drops}{skip} takes line {line} for names as well")
        if self.names or self.named:
            others.append(plan.target)
        classes = self.cells[place]
        repeated = 2 * len(classes) <= count and classes.total() > 1  # a single one is that of a line of units, say
        if line == self.begins and is_name(cell) and repeated and len(plan.features) > len(others):
            drops = plan.option("--drop", *others)
            outs.append(f"{plan.option('--target-column', place)} {drops}".rstrip() + f"{skip} learns it")
        if not outs and line == self.begins:  # for example units
            outs.append(f"`sed {line}d{file_argument(plan.name)}` leaves line {line} out")
        also = f", and words in {', '.join(map(plan.call, self.words))}" if len(self.words) > 1 else ""
        return StreamError(f"{wrong}{also}{(outs and '; ') or ''}{', '.join(outs)}")

    def _of_a_header(self) -> StreamError:
        """The error for a name in the first row above numbers: it is probably the target's name."""
        wrong = f"{self.plan.name}, line {self.begins}: not a number, as below: {quoted(self.names[0])}"
        where = f"in column {self.plan.call(self.plan.target)}"
        return StreamError(f"{wrong} {where}; --target-column {shlex.quote(self.names[0])} takes the line for names")

    def _of_missing(self, count: int) -> StreamError:
        missing = sum(self.missing.values())
        rows = f"{missing:,} of {count:,} rows {'has' if missing == 1 else 'have'}" if count > 1 else "the only row has"
        wrong = f"{self.plan.name}, line {self.first_missing}: {rows} missing values"
        return StreamError(f"{wrong}{self._emptiest(count) or '; --skip-missing leaves them out'}")

    def _emptiest(self, count: int) -> str:
        """Advice on columns to drop, if every row has a missing value; else empty."""
        left, dropped = {} if self.plan.chosen else dict(self.missing), list[int]()
        while left and sum(left.values()) == count and len(dropped) < len(self.plan.features) - 1:
            often = Counter[int]()
            for places, times in left.items():
                often.update(dict.fromkeys((p for p in places if p != self.plan.target and p not in dropped), times))
            if not often:
                return ""
            dropped.append(often.most_common(1)[0][0])
            left = {places: times for places, times in left.items() if not {*places} <= {*dropped}}
        skip = " --skip-missing" if left else ""
        return f"; {self.plan.option('--drop', *dropped)}{skip} leaves rows to learn from" if dropped else ""


def _is_typed(word: str) -> bool:
    """Whether a word can be typed as a name."""
    return is_name(word) and word.isprintable()


def _from_array(file: Recognised, columns: Columns) -> Examples:
    from actcli.streams.npy import read_npy

    name = file.name
    if columns.delimiter:
        raise StreamError(f"{name}: --delimiter is for tables, and this is a .npy array")
    source = read_npy(file.stream, name, rowwise=True, any_order=False, uint16_is_bfloat16=False)
    shape = source.shape or ()
    if len(shape) != 2:
        raise StreamError(f"{name}: an array of shape {shape}; points are the rows of one with two axes")
    if shape[0] == 0:
        raise StreamError(f"{name}: no points")
    if shape[1] < 2:
        raise StreamError(f"{name}: an array of shape {shape}; a row needs features and, behind them, its target")
    if 8 * math.prod(shape) > MOST_MEMORY:
        raise StreamError(f"{name}: {_TOO_LARGE}")
    plan = _Plan.of(name, Heading([""] * shape[1], False, b"", 1), columns)
    points = np.empty(shape)
    filled = 0
    for block in source.blocks():
        points[filled : filled + len(block.values)] = block.values
        filled += len(block.values)
    read = points[:, [*plan.features, plan.target]]
    missing: NDArray[np.bool_] = np.logical_or.reduce(np.isnan(read), axis=1)
    finite = np.isfinite(read)
    if columns.skip_missing:
        finite[missing] = True
    if not finite.all():
        row, place = map(int, np.argwhere(~finite)[0])
        column = [*plan.features, plan.target][place]
        out = "; --skip-missing leaves such rows out" if missing[row] and not missing.all() else ""
        raise StreamError(f"{name}: element [{row}, {column}] is not finite: {points[row, column]}{out}")
    if missing.all():
        raise StreamError(f"{name}: in every row a value is missing")
    kept = read[~missing]
    names = tuple(map(plan.call, plan.features))
    rows = np.flatnonzero(~missing)
    return Examples(kept[:, :-1], kept[:, -1], names, plan.call(plan.target), False, rows, int(missing.sum()))
