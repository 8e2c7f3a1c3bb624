"""Many numbers at once are read as float() reads them and written as repr() writes them, whoever does the work."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.streams.decimals import format_all, format_list, parse_all
from tests.streams.helpers import same_bits

# More than it takes for orjson to be asked.
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


token = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.from_regex(r"[+-]?(\d{1,25}(\.\d{0,25})?|\.\d{1,25})([eE][+-]?\d{1,3})?", fullmatch=True).filter(str.isascii),
    st.sampled_from(
        ["-0", "-0.0", "0", "1e-0", "-0e5", "+1", ".5", "1.", "01", "-inf", "nan", "Infinity", " 7 ", "1\r"]
    ),
)


@given(st.lists(token, min_size=1, max_size=20))
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
