"""CSV input against Python's csv module, and properties of the output."""

import csv
import io
import math
from collections import deque
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.streams.blocks import Block, Source, Table, Values
from actcli.streams.csv_format import CsvWriter
from actcli.streams.encoding import CHUNK
from actcli.streams.files import StreamError
from tests.each import each
from tests.streams.helpers import Dripping, column, header_of, lines_of, rows, table_of


def read(data: bytes) -> tuple[str | None, list[list[float]]]:
    table, blocks = table_of(io.BytesIO(data))
    return header_of(table), lines_of(blocks)


def written(source: Source, *pairs: tuple[Block, Values]) -> str:
    return written_as(source, "", *pairs)


def written_as(source: Source, function: str, *pairs: tuple[Block, Values]) -> str:
    file = io.BytesIO()
    writer = CsvWriter(file, source, [function])
    for block, results in pairs:
        writer.write(block, results)
    writer.finish()
    return file.getvalue().decode()


@each(
    ("text", "header", "lines"),
    [
        (b"", None, []),
        (b"\n\n", None, []),
        (b"1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        (b"a,b\n1,2\n3,4", "a,b", [[1, 2], [3, 4]]),
        (b"a,b\r\n1, 2\r\n3,4\r\n", "a,b", [[1, 2], [3, 4]]),
        (b"\n\na,b\n\n1,2\n\n3,4\n\n", "a,b", [[1, 2], [3, 4]]),
        (b"\xef\xbb\xbfz\n-1\n", "z", [[-1]]),
        (b'"a,1",b\n"1.5",2\n', '"a,1",b', [[1.5, 2]]),
        ("größe\n1\n".encode(), "größe", [[1]]),
        (b"only,names\n", "only,names", []),
        (b"x\n1\n\r\n2", "x", [[1], [2]]),
        (b"inf,-inf\n1e400,-0\n", None, [[math.inf, -math.inf], [math.inf, -0.0]]),
    ],
)
def test_header_and_rows(text: bytes, header: str | None, lines: list[list[float]]) -> None:
    assert read(text) == (header, lines)


NOT_UTF8 = "not text: byte 0xff is no UTF-8; if it is Latin-1, `iconv -f LATIN1 -t UTF-8 data.csv` converts it"


@each(
    ("text", "message"),
    [
        (b"a,b\n1,2\n3\n", "line 3: 1 field, expected 2"),
        (b"1,2\n\n3,4,5\n", "line 3: 3 fields, expected 2"),
        (b"1,2\n3,4,5\n", "line 2: 3 fields, expected 2; `tail -n +2 data.csv` leaves line 1 out"),
        (b"a,b\n1,2\n3,\n", "line 3: an empty cell in column b; --missing nan reads it as nan"),
        (
            b'""\n1\n',
            "line 1: an empty cell; --missing nan reads it as nan; `tail -n +2 data.csv` leaves the line out",
        ),
        (b'""\n""\n', "line 1: an empty cell; --missing nan reads it as nan"),
        (b"\n\na,b\n1,2\n3,x\n", "line 5: not a number: 'x' in column b; --column a picks a column"),
        (b"year,2019\n1,2\n", "line 1: not a number: 'year' in column 1; --column year takes line 1 for names"),
        (b'a,b\n"1,5",2\n', "line 2: not a number: '1,5' in column a; write it with a decimal point"),
        (b"1\t2\n\t\xc2\xa0\n", "line 2: an empty cell in column 1; --missing nan reads it as nan"),
        (b"1 2\n\xc2\xa0\n", "line 1: not a number: '1 2'; --delimiter blank splits it"),
        (b"a\n1_0\n", "line 2: not a number: '1_0'"),
        (b"a\n1\n#N/A\n", "line 3: not a number: '#N/A'; `grep -v '^ *#' data.csv` leaves such lines out"),
        (b"a,b\n#DIV/0!,x\n", "line 2: not a number: '#DIV/0!'; `grep -v '^ *#' data.csv` leaves such lines out"),
        (
            b"a\n1,5\n",
            "line 2: 2 fields, expected 1; a decimal comma? `tr , . < data.csv` makes points of them",
        ),
        (b"a\n1\n\xff\n", f"line 3: {NOT_UTF8}"),
        (b"\xff,1\n", f"line 1: {NOT_UTF8}"),
        (b'a\n"1\n2\n', "line 2: a quote is not closed"),
        (b'a,b\n1,"x"y\n', "line 2: text behind a closing quote"),
    ],
)
def test_mistakes_are_named_with_their_line(text: bytes, message: str) -> None:
    with pytest.raises(StreamError) as caught:
        read(text)
    assert str(caught.value) == f"data.csv, {message}"


@pytest.mark.parametrize(
    ("text", "option"), [(b"1;2\n", "';'"), (b"1\t2\n", "tab"), (b"1|2\n", "'|'"), (b"1 2\n", "blank")]
)
def test_the_delimiter_that_splits_a_line_is_named(text: bytes, option: str) -> None:
    with pytest.raises(StreamError) as caught:
        list(table_of(io.BytesIO(text), ["1"], delimiter=",")[1])
    assert str(caught.value).endswith(f"; --delimiter {option} splits it")
    with pytest.raises(StreamError) as caught:
        list(table_of(io.BytesIO(text.replace(b"2", b"x")), ["1"], delimiter=",")[1])
    assert "splits it" not in str(caught.value), "into what are no numbers"


def test_the_line_is_right_far_from_the_start() -> None:
    data = b"\na,b\n" + b"1.5,2.5\n\n" * 90_000 + b"1,oops\n"
    assert len(data) > 3 * CHUNK
    with pytest.raises(StreamError, match="line 180003: not a number: 'oops'"):
        read(data)


@pytest.mark.parametrize("stream", [io.BytesIO, Dripping])
def test_blank_lines_before_everything(stream: type[io.BytesIO]) -> None:
    table, blocks = table_of(stream(b"\n" * (CHUNK + 5) + b" \r\na,b\n1,2\n3,x\n"))
    assert header_of(table) == "a,b"
    with pytest.raises(StreamError, match=f"line {CHUNK + 9}: not a number: 'x'"):
        list(blocks)


def test_a_line_without_end_is_refused() -> None:
    endless = io.BytesIO(b"1," * (1 << 25))
    with pytest.raises(StreamError, match="line 1: longer than 16 MiB"):
        list(table_of(endless)[1])
    assert endless.tell() < 1 << 25


@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.floats(), min_size=width, max_size=width), min_size=1)
    ),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    names=st.booleans(),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_what_the_csv_module_writes(
    table: list[list[float]], quoting: Literal[0, 1], names: bool, sizes: list[int]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting)
    header = [f"name, {i}" for i in range(len(table[0]))]
    writer.writerows([header, *table] if names else table)
    found, blocks = table_of(Dripping(text.getvalue().encode(), sizes))
    assert repr(lines_of(blocks)) == repr(table)
    assert (header_of(found) is None) == (not names)
    if names:
        assert list(found.columns) == header


def test_x_and_y_for_an_elementwise_function() -> None:
    block = column(1, math.nan)
    assert written(Source("x", []), (block, -block.values)) == "x,y\n1.0,-1.0\nnan,nan\n"
    two_lines = Block(np.array([1.0, 2.0, 3.0]), np.array([2, 1]))
    assert written(Source("x", []), (two_lines, -two_lines.values)) == "x,y\n1.0,-1.0\n2.0,-2.0\n3.0,-3.0\n"
    assert written(Source("x", [])) == "x,y\n"


@pytest.mark.parametrize("rowwise", [False, True])
@pytest.mark.parametrize(("header", "first"), [("a,b", "a,b\n"), (None, "")])
def test_a_csv_file_keeps_columns_and_header(rowwise: bool, header: str | None, first: str) -> None:
    source = Source("x.csv", [], table=Table(("a", "b"), named=header is not None), rowwise=rowwise)
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    block = rows(values) if rowwise else Block(values.ravel(), np.array([2, 2]))
    assert written(source, (block, -block.values)) == first + "-1.0,-2.0\n-3.0,-4.0\n"
    assert written(source) == first


def test_rows_without_names_are_numbered() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    source = Source("stdin", [], rowwise=True)
    pairs = [(rows(values[:1]), values[:1]), (rows(values[1:]), values[1:])]
    assert written(source, *pairs) == "y1,y2\n1.0,2.0\n3.0,4.0\n"


def test_jacobians() -> None:
    block = rows(np.array([[1.0, 2.0]]))
    source = Source("stdin", [], rowwise=True)
    assert written(source, (block, np.arange(4.0).reshape(1, 2, 2))) == "x1,x2\n0.0,1.0\n2.0,3.0\n"


def test_rows_of_different_lengths_are_no_table() -> None:
    a, b = rows(np.ones((1, 2))), rows(np.ones((1, 3)))
    with pytest.raises(StreamError, match="stdin: rows of different lengths do not fit in a CSV table"):
        written(Source("stdin", [], rowwise=True), (a, a.values), (b, b.values))


# --- columns ---------------------------------------------------------------------------------------------------

WIDE = b",".join(b"col%d" % (7 * n + 3) for n in range(11)) + b"\n" + b",".join([b"1"] * 11) + b"\n"
PEOPLE = b'name,a,"b, c"\nalice,1,2\n"bob, jr",-3,4\r\n\n'


@pytest.mark.parametrize(
    ("columns", "header", "lines"),
    [
        (["a"], "a", [[1], [-3]]),
        (["2"], "a", [[1], [-3]]),
        (["b, c"], '"b, c"', [[2], [4]]),
        (["3", "a"], '"b, c",a', [[2, 1], [4, -3]]),
    ],
)
@pytest.mark.parametrize("stream", [io.BytesIO, Dripping])
def test_columns_are_picked_by_name_or_position(
    columns: list[str], header: str, lines: list[list[float]], stream: type[io.BytesIO]
) -> None:
    table, blocks = table_of(stream(PEOPLE), columns)
    assert (header_of(table), lines_of(blocks)) == (header, lines)


def test_without_names_there_are_positions() -> None:
    for text, expected in {b"1,2\n3,4\n": [[2.0], [4.0]], b"x,5\ny,4\n": [[5.0], [4.0]]}.items():
        table, blocks = table_of(io.BytesIO(text), ["2"])
        assert (header_of(table), table.columns, lines_of(blocks)) == (None, ("2",), expected)


@each(
    ("text", "columns", "message"),
    [
        (PEOPLE, ["b"], "data.csv: no column 'b': there is 'name', 'a', 'b, c'"),
        (PEOPLE, ["a", "0"], "data.csv: no column '0': there is 'name', 'a', 'b, c'"),
        (PEOPLE, ["4"], "data.csv: no column '4': there is 'name', 'a', 'b, c'"),
        (PEOPLE, ["name"], "data.csv, line 2: not a number: 'alice' in column name"),
        (WIDE, ["Col3"], "data.csv: no column 'Col3': there is 'col3', 'col73', 'col38', ..."),
        (b"1,2\n", ["a"], "data.csv: no column 'a': its 2 columns have no names"),
        (b"1\n2\n", ["a"], "data.csv: no column 'a': its only column has no name"),
        (
            b"x,1,2\n5,6,7\n",
            ["1"],
            "data.csv: '1' is a position, and stands in line 1 as well; `tail -n +2 data.csv` leaves that line out",
        ),
        (
            b'# of two lines\n"x\ny",1\n5,6\n',
            ["1"],
            "data.csv: '1' is a position, and stands in line 2 as well; `tail -n +4 data.csv` leaves that line out",
        ),
        (b"", ["a"], "data.csv: no column 'a': the file is empty"),
        (b"a,a\n1,2\n", ["a"], "data.csv: 2 columns are named 'a': give its position, 1 or 2"),
        (b'a,b,c\n"1,2",3\n', ["c"], "data.csv, line 2: 2 fields, expected 3; `tail -n +2 data.csv` leaves line 1 out"),
    ],
)
def test_columns_that_cannot_be_picked(text: bytes, columns: list[str], message: str) -> None:
    with pytest.raises(StreamError) as caught:
        list(table_of(io.BytesIO(text), columns)[1])
    assert str(caught.value) == message


@pytest.mark.parametrize("count", [1, 5000])
def test_results_are_appended_to_lines_that_stay_as_they_are(count: int) -> None:
    body = '"bob, jr", 1.50 ,x\n'
    text = "name,a,note\n" + body * count
    table, blocks = table_of(Dripping(text.encode(), [1000]), ["a"], keep_lines=True)
    pairs = [(block, 2 * block.values) for block in blocks]
    found = written_as(Source("x.csv", [], table=table), "f", *pairs)
    assert found == "name,a,note,f(a)\n" + '"bob, jr", 1.50 ,x,3.0\n' * count
    assert table.lines == deque()


@pytest.mark.parametrize(("width", "names"), [(2, 'f(a),"f(b, c)"'), (1, "y1")])
def test_rows_are_appended_under_the_names_of_their_columns(width: int, names: str) -> None:
    table, blocks = table_of(io.BytesIO(PEOPLE), ["2", "3"], keep_lines=True)
    list(blocks)
    values = np.ones((2, 2))
    found = written_as(Source("x.csv", [], rowwise=True, table=table), "f", (rows(values), values[:, :width]))
    result = ",".join(["1.0"] * width)
    assert found == f'name,a,"b, c",{names}\nalice,1,2,{result}\n"bob, jr",-3,4,{result}\n'


def test_rows_that_come_back_shorter_leave_the_header() -> None:
    source = Source("x.csv", [], rowwise=True, table=Table(("a", "b")))
    assert written(source, (rows(np.ones((1, 2))), np.ones((1, 1)))) == "y1\n1.0\n"


def test_a_table_without_numbers_gets_its_new_name_too() -> None:
    table, _ = table_of(io.BytesIO(b"name,a\n"), ["a"], keep_lines=True)
    assert written_as(Source("x.csv", [], table=table), "f") == "name,a,f(a)\n"
