"""Journal: a file of JSON lines, one per run, that can be resumed. It is the only output that may stay unfinished.

The first line has the settings of the runs; a file of other settings is not resumed. An incomplete last line, after the
process died, is removed when the file is opened again.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import orjson

from actcli.streams.documents import jsonable
from actcli.streams.files import StreamError, file_error


class Journal:
    """An open journal. records: the earlier records of the file, in order."""

    def __init__(self, path: str, file: IO[bytes], records: list[dict[str, Any]]) -> None:
        self.records = records
        self._path, self._file = path, file

    def add(self, record: Mapping[str, Any]) -> None:
        """Append one line and flush it. StreamError: it cannot be written."""
        try:
            self._file.write(orjson.dumps(jsonable(record)) + b"\n")
            self._file.flush()
        except OSError as error:
            raise file_error(self._path, error) from error


_OTHERS = (".csv", ".tsv", ".npy", ".txt", ".svg", ".png", ".pdf", ".html")
"""Suffixes that promise another format."""


@contextmanager
def open_journal(path: str, of: Mapping[str, Any], resume: bool, fields: Collection[str] = ()) -> Iterator[Journal]:
    """The journal at `path`.

    of:     settings of the runs, as plain data: the first line
    fields: names that each record has, and no others
    resume: continue an existing file. Without it an existing file is refused, because its runs may have taken hours
    StreamError: an existing file, one of other settings, or one that cannot be read or written.
    """
    if path.lower().endswith(_OTHERS):
        raise StreamError(f"{path}: the runs are JSON lines; {os.path.splitext(path)[0]}.jsonl is a name for them")
    try:
        exists = os.path.exists(path) and os.path.getsize(path) > 0
        if exists and not resume:
            raise StreamError(f"{path} exists already: resume it, or remove it first")
        records = _read(path, of, fields) if exists else None
        with open(path, "ab") as file:
            if records is None:
                file.write(orjson.dumps(of) + b"\n")
                file.flush()
            yield Journal(path, file, records or [])
    except OSError as error:
        raise file_error(path, error) from error


def _read(path: str, of: Mapping[str, Any], fields: Collection[str]) -> list[dict[str, Any]] | None:
    """The complete records; an incomplete last line is cut off the file. None if the first line is incomplete.

    Nothing is cut off a file that is no journal of these runs.
    """
    settings = orjson.dumps(of)
    with open(path, "r+b") as file:
        text = file.read()
        whole = text.rfind(b"\n") + 1
        if not whole and not settings.startswith(text):
            raise StreamError(f"{path}, line 1: no JSON object")
        records = [_parsed(path, number, line) for number, line in enumerate(text[:whole].splitlines(), start=1)]
        if records and records[0] != orjson.loads(settings):
            raise StreamError(f"{path}: these are other runs, {_difference(records[0], of)}")
        for number, record in enumerate(records[1:], start=2):
            if fields and record.keys() != {*fields}:
                raise StreamError(f"{path}, line {number}: no run, which has {', '.join(fields)}")
        file.truncate(whole)
    return records[1:] if records else None


def _parsed(path: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = None
    if not isinstance(record, dict):
        raise StreamError(f"{path}, line {number}: no JSON object")
    return record


def _difference(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """The first setting that differs: `layers: 5 there and 6 here`."""
    plain = orjson.loads(orjson.dumps(wanted))
    name = next(name for name in [*plain, *there] if there.get(name) != plain.get(name))
    return f"{name}: {orjson.dumps(there.get(name)).decode()} there and {orjson.dumps(plain.get(name)).decode()} here"
