"""Text input against float(), line by line, and text output that float() reads back as the same bits."""

import io
import math
import random
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actcli.streams.blocks import Block, equal_lines
from actcli.streams.encoding import CHUNK
from actcli.streams.files import StreamError
from actcli.streams.text import PlainWriter, format_all, format_list, parse_all
from tests.each import each
from tests.streams.helpers import Dripping, column, lines_of, rows, same_bits, text_of


def read(data: bytes) -> list[list[float]]:
    return lines_of(text_of(io.BytesIO(data)))


def written(*pairs: tuple[Block, np.ndarray]) -> str:
    file = io.BytesIO()
    writer = PlainWriter(file)
    for block, results in pairs:
        writer.write(block, results)
    writer.finish()
    return file.getvalue().decode()


@each(
    ("text", "lines"),
    [
        (b"", []),
        (b"1", [[1]]),
        (b"1\n", [[1]]),
        (b"1\n2\n3\n", [[1], [2], [3]]),
        (b"1 2\t3\n5 , 6\n7,8\n9 10, 11", [[1, 2, 3], [5, 6], [7, 8], [9, 10, 11]]),
        (b"\n1\n\n\n2 3\n\n", [[], [1], [], [], [2, 3], []]),
        (b"1\r\n2\r\n\r\n3", [[1], [2], [], [3]]),
        (b"  1  \n  ", [[1]]),
        (b"-0 +1 .5 1. 1e-3 1E5 -Infinity inf", [[-0.0, 1, 0.5, 1, 1e-3, 1e5, -math.inf, math.inf]]),
        (b"\xef\xbb\xbf1\n2", [[1], [2]]),
        (b"\xef\xbb\xbf", []),
        ("1\u00a02\u20033\n".encode(), [[1, 2, 3]]),
        ("−1 1e−3\n–.5\n−Infinity".encode(), [[-1, 1e-3], [-0.5], [-math.inf]]),
        (b"1\x1f\n2\n", [[1], [2]]),
        (b"9007199254740993 0.1 1e400 1e-400", [[2.0**53, 0.1, math.inf, 0.0]]),
    ],
)
def test_lines_and_numbers(text: bytes, lines: list[list[float]]) -> None:
    assert read(text) == lines


def test_nan_is_a_number() -> None:
    assert [math.isnan(value) for value in read(b"nan -NaN")[0]] == [True, True]


@each(
    ("text", "message"),
    [
        (b"1\n2\nabc\n4", "data.txt, line 3: not a number: 'abc'"),
        (b"1\r\n2\r\nx", "data.txt, line 3: not a number: 'x'"),
        (b"1_000", "data.txt, line 1: not a number: '1_000'"),
        (b"1 # a #N/A\n-1.#IND00\n", "data.txt, line 2: not a number: '-1.#IND00'"),
        (b"1\n\n 2 #N/A\n", "data.txt, line 3: not a number: '#N/A'"),
        (b"1\n0x10\n", "data.txt, line 2: not a number: '0x10'; 0x10p0 is a hexadecimal float"),
        (b"1 2\n\n3 1 2;3", "data.txt, line 3: not a number: '2;3'"),
        (
            b"1\n2 \xff\n",
            "data.txt, line 2: not text: byte 0xff is no UTF-8; if it is Latin-1, "
            "`iconv -f LATIN1 -t UTF-8 data.txt` converts it",
        ),
        (b"1\n\x1b[31mred\n", "data.txt, line 2: not a number: '\\x1b[31mred'"),
        ("1\n−x\n".encode(), "data.txt, line 2: not a number: '−x'"),
        (b"1\x002", "data.txt, line 1: not a number: '1\\x002'"),
        (b"y" * 99, "data.txt, line 1: not a number: '" + "y" * 40 + "...'"),
    ],
)
def test_the_first_bad_token_is_named_with_its_line(text: bytes, message: str) -> None:
    with pytest.raises(StreamError) as caught:
        read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("one_per_line", [True, False])
def test_the_line_is_right_far_from_the_start(one_per_line: bool) -> None:
    line = b"1.5\n" if one_per_line else b"1.5 2\n"
    blank_lines = b"" if one_per_line else b"\n \n"
    data = blank_lines + line * 200_000 + b"oops\n" + line * 10
    assert len(data) > 3 * CHUNK
    with pytest.raises(StreamError, match=f"line {200_001 + blank_lines.count(10)}: not a number: 'oops'"):
        list(text_of(io.BytesIO(data)))


def test_what_stood_before_the_bad_token_was_delivered() -> None:
    blocks = text_of(io.BytesIO(b"1\n" * CHUNK + b"oops"))
    assert next(blocks).values[0] == 1


def test_a_token_without_end_is_refused_before_it_fills_the_memory() -> None:
    endless = io.BytesIO(b"1\n" + b"7" * (50 * CHUNK))
    with pytest.raises(StreamError, match="line 2: not a number: '7777"):
        list(text_of(endless))
    assert endless.tell() < 5 * CHUNK


def test_blocks_are_bounded_even_when_the_line_is_not() -> None:
    data = b"1 " * (3 * CHUNK)
    blocks = list(text_of(io.BytesIO(data)))
    assert len(blocks) > 3
    assert max(block.values.size for block in blocks) <= CHUNK
    assert lines_of(blocks) == [[1.0] * (3 * CHUNK)]


def test_numbers_arrive_as_soon_as_they_are_written() -> None:
    stream = Dripping(b"1\n2\n3", sizes=[2])
    blocks = text_of(stream)
    assert next(blocks).values.tolist() == [1]
    assert stream.tell() == 3


token = st.floats().map(repr) | st.integers().map(str)
separator = st.sampled_from([" ", "\t", "  ", ",", " , ", ", ", " ,"])
line_end = st.sampled_from(["\n", "\r\n", "\r", " \n", " # 1, \u00e4\n", "#\n"])
# A line with only a comment is skipped; a blank line counts as a line without numbers.
lines = st.lists(st.tuples(st.lists(token, max_size=5), separator, line_end), max_size=12)


@pytest.mark.parametrize("chunk", [64, CHUNK])
@given(lines=lines, end=st.booleans(), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_lines_do_not_depend_on_how_the_bytes_arrive(
    chunk: int, lines: list[tuple[list[str], str, str]], end: bool, sizes: list[int]
) -> None:
    # "\r" and "\n" in sequence would be one line end.
    assume(not any(a[2] == "\r" and not b[0] and b[2].startswith("\n") for a, b in pairwise(lines)))
    data = "".join(between.join(tokens) + after for tokens, between, after in lines).encode()
    data = data if end else data.rstrip(b"\r\n")
    truth = [[float(token) for token in tokens] for tokens, _, after in lines if tokens or "#" not in after]
    while not end and truth and not truth[-1]:
        truth.pop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actcli.streams.text.CHUNK", chunk)  # lines continue across chunks
        for stream in (io.BytesIO(data), Dripping(data, sizes)):
            found = lines_of(text_of(stream))
            while not end and found and not found[-1]:
                found.pop()
            assert repr(found) == repr(truth)
            stream.seek(0)
            echoed = written(*((block, block.values) for block in text_of(stream)))
            again = [[float(token) for token in line.split(" ") if token] for line in echoed.split("\n")[:-1]]
            assert repr([line for line in again if line]) == repr([line for line in truth if line])


@pytest.mark.parametrize("chunk", [8, CHUNK])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n4,,6\n", "line 2: an empty cell"),
        (",2\n3,4\n", "line 1: an empty cell"),
        ("1,2,\n", "line 1: an empty cell"),
        ("1,2\n3,", "line 2: an empty cell"),
        ("1 , , 2\n", "line 1: an empty cell"),
        ("1\n,\n", "line 2: an empty cell"),
        ("1.5,2.5,3.5,4.5,  \t ,6\n", "line 1: an empty cell"),
        ("1.5,2.5,3.5,4.5,  \n5,6\n", "line 1: an empty cell"),
        ("1.5,2.5,3.5,4.5,  # 5\n5,6\n", "line 1: an empty cell"),
        ("1\n2,NA\n", "line 2: not a number: 'NA'"),
        ("1\nnull\n", "line 2: not a number: 'null'"),
    ],
)
def test_an_empty_cell_is_an_error_or_nan(text: str, message: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actcli.streams.text.CHUNK", chunk)
    with pytest.raises(StreamError) as caught:
        list(text_of(io.BytesIO(text.encode())))
    assert str(caught.value) == f"data.txt, {message}; --missing nan reads it as nan"
    cells = [re.split(r"\s*,\s*", line.partition("#")[0].strip()) for line in text.rstrip("\n").split("\n")]
    truth = [[float(cell) if re.fullmatch(r"[\d.]+", cell) else math.nan for cell in line] for line in cells]
    assert repr(lines_of(text_of(io.BytesIO(text.encode()), missing_is_nan=True))) == repr(truth)


@pytest.mark.parametrize("text", ["1 2,\n", "1 2\n3,\n", ", 1 2\n", "1 2 3,,\n"])
def test_blanks_do_not_make_up_for_an_empty_cell(text: str) -> None:
    with pytest.raises(StreamError, match=f"line {text.count(chr(10))}: an empty cell"):
        read(text.encode())


@pytest.mark.parametrize("text", ["0,1\t0,2\n", "1 2\n0,5 1,5\n", "1\n2 3,5\n", "1,2 3,4"])
def test_a_decimal_comma_is_not_split(text: str) -> None:
    with pytest.raises(StreamError, match=r"a decimal comma\? `tr , \. < data\.txt` makes points of them"):
        read(text.encode())


@given(st.lists(st.floats(), min_size=1))
def test_plain_reads_back_bit_for_bit(values: list[float]) -> None:
    text = written((column(*values), np.array(values)))
    assert same_bits(np.array([float(line) for line in text.splitlines()]), np.array(values))


def test_any_bit_pattern_reads_back() -> None:
    values = np.frombuffer(random.Random(5).randbytes(8 * 20_000), dtype=np.float64)
    text = written((column(*values), values))
    assert same_bits(np.array([float(line) for line in text.splitlines()]), values)


def test_integers_look_like_floats() -> None:
    assert written((column(3, -0.0, 1e22), np.array([3, -0.0, 1e22]))) == "3.0\n-0.0\n1e+22\n"


def test_rows_and_matrices() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert written((rows(values), values)) == "1.0 2.0\n3.0 4.0\n"
    matrices = np.arange(8.0).reshape(2, 2, 2)
    text = "0.0 1.0\n2.0 3.0\n\n4.0 5.0\n6.0 7.0\n"
    assert written((rows(values), matrices)) == text
    assert written((rows(values[:1]), matrices[:1]), (rows(values[1:]), matrices[1:])) == text


def test_nothing_in_nothing_out() -> None:
    assert written() == ""
    assert written((column(), np.empty(0))) == ""


def test_a_line_in_three_blocks() -> None:
    part = np.array([1.0])
    begin = Block(part, equal_lines(1, 1), open=True)
    end = Block(np.array([2.0]), np.array([0, 1]))
    assert written((begin, part), (begin, part), (end, end.values)) == "1.0 1.0\n2.0\n"


def test_rows_may_come_back_shorter_than_they_went_in() -> None:
    file = io.BytesIO()
    writer = PlainWriter(file)
    writer.write(Block(np.ones((2, 4)), equal_lines(2, 4)), np.array([[1.0, 2.0], [3.0, 4.0]]))
    writer.finish()
    assert file.getvalue() == b"1.0 2.0\n3.0 4.0\n"


# Enough numbers for the fast path with orjson.
MANY = 1200


def repeated(tokens: list[str]) -> list[str]:
    return (tokens * (MANY // len(tokens) + 1))[:MANY] if tokens else tokens


ODD_FLOATS = [0.0, -0.0, 1e-4, 9.999e-5, 1e-5, 1.5e-5, 1e-7, 1e15, 1e16, 9007199254740993.0, 1e22, 5e-324, 1.7e308]


@given(st.lists(st.floats() | st.sampled_from(ODD_FLOATS), min_size=1, max_size=MANY))
def test_many_are_written_as_repr_writes_each(values: list[float]) -> None:
    many = np.array((values * (MANY // len(values) + 1))[:MANY])
    assert format_list(many).decode() == ",".join(map(repr, many.tolist()))
    assert format_all(many) == [repr(value).encode() for value in many.tolist()]


def test_any_bit_pattern_is_written_as_repr_writes_it() -> None:
    values = np.frombuffer(random.Random(6).randbytes(8 * 50_000), dtype=np.float64)
    assert format_list(values).decode() == ",".join(map(repr, values.tolist()))
    moderate = np.random.default_rng(6).normal(size=50_000) * 10.0 ** np.random.default_rng(7).integers(-6, 18, 50_000)
    assert format_list(moderate).decode() == ",".join(map(repr, moderate.tolist()))


def test_the_layout_in_memory_does_not_matter() -> None:
    values = np.arange(2.0 * MANY).reshape(2, MANY)
    for array in (values, np.asfortranarray(values), values.T, values[:, ::-1]):
        assert format_list(array).decode() == ",".join(map(repr, array.ravel().tolist()))


float_like = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.from_regex(r"[+-]?(\d{1,25}(\.\d{0,25})?|\.\d{1,25})([eE][+-]?\d{1,3})?", fullmatch=True).filter(str.isascii),
    st.sampled_from(
        ["-0", "-0.0", "0", "1e-0", "-0e5", "+1", ".5", "1.", "01", "-inf", "nan", "Infinity", " 7 ", "1\r"]
    ),
)


@given(st.lists(float_like, min_size=1, max_size=20))
def test_many_are_read_as_float_reads_each(tokens: list[str]) -> None:
    tokens = repeated(tokens)
    assert same_bits(parse_all(",".join(tokens).encode()), np.array([float(token) for token in tokens]))


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " ",
        "x",
        "1 2",
        "1_0",
        "true",
        "false",
        "null",
        '"1"',
        "[1]",
        "[]",
        "{}",
        "0x1",
        "1e",
        "--1",
        "1;2",
        "\x00",
        "١",
    ],
)
@pytest.mark.parametrize("place", [0, 1, MANY - 1])
def test_what_is_no_number_is_refused_among_many_wherever_it_stands(bad: str, place: int) -> None:
    tokens = ["-0.5"] * MANY
    tokens[place] = bad
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for the caller to find
        parse_all(",".join(tokens).encode())


def test_minus_zero_among_many_keeps_its_sign() -> None:
    for zero in ("-0", "-0 ", "-0.0", "-0e0"):
        for place in (0, MANY - 1):
            tokens = ["1"] * MANY
            tokens[place] = zero
            assert np.signbit(parse_all(",".join(tokens).encode())).sum() == 1
