"""Journals: resumed after every possible cut, and never with other settings."""

from pathlib import Path

import orjson
import pytest

from actcli.streams.files import StreamError
from actcli.streams.journal import open_journal

OF = {"activation": "tanh", "depths": [2, 4]}
RECORDS: list[dict[str, object]] = [
    {"run": 0, "loss": 0.5},
    {"run": 1, "loss": None},
    {"run": 2, "text": "line\nbreak"},
]


def written(path: Path, records: list[dict[str, object]], resume: bool = False) -> list[dict[str, object]]:
    with open_journal(str(path), OF, resume) as journal:
        before = [*journal.records]
        for record in records:
            journal.add(record)
    return before


def test_a_file_that_is_cut_anywhere_is_resumed_with_the_records_that_were_whole(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    assert written(path, RECORDS) == []
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        done = max(sum(end <= cut for end in ends) - 1, 0)
        assert written(path, RECORDS[done:], resume=True) == RECORDS[:done]
        assert path.read_bytes() == whole


def test_each_line_is_there_when_it_was_added(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    with open_journal(str(path), OF, False) as journal:
        journal.add(RECORDS[0])
        assert [orjson.loads(line) for line in path.read_bytes().splitlines()] == [OF, RECORDS[0]]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    written(path, RECORDS)
    before = path.read_bytes()
    with pytest.raises(StreamError, match=r"runs\.jsonl exists already: resume it, or remove it first"):
        written(path, [])
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["notes", '{"a": 1}', '{"a": 1}\nmore', "one\ntwo", '{"activation": "relu"}\n{"run'])
def test_nothing_is_cut_off_a_file_of_something_else(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(StreamError, match=r"notes\.txt, line 1: no JSON object|these are other runs"):
        written(path, [], resume=True)
    assert path.read_text() == text


def test_records_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    written(path, RECORDS)
    message = r"line 4: no run, which has run, loss$"
    with pytest.raises(StreamError, match=message), open_journal(str(path), OF, True, ("run", "loss")):
        raise AssertionError("it must not be opened")


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ({"activation": "relu", "depths": [2, 4]}, 'activation: "tanh" there and "relu" here'),
        ({"activation": "tanh", "depths": [2, 4], "seeds": 3}, "seeds: null there and 3 here"),
        ({"activation": "tanh"}, r"depths: \[2,4\] there and null here"),
    ],
)
def test_other_runs_are_not_resumed(tmp_path: Path, of: dict[str, object], message: str) -> None:
    path = tmp_path / "runs.jsonl"
    written(path, RECORDS)
    with pytest.raises(StreamError, match=f"these are other runs, {message}"), open_journal(str(path), of, True):
        raise AssertionError("it must not be opened")


@pytest.mark.parametrize("line", [b"3\n", b"{]\n", b"\n"])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "runs.jsonl"
    written(path, RECORDS[:1])
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(StreamError, match=r"runs\.jsonl, line 3: no JSON object"):
        written(path, [], resume=True)


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="No such file or directory"):
        written(tmp_path / "no" / "runs.jsonl", [])
