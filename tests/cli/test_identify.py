"""actcli identify, through the program."""

import gzip
import math
from pathlib import Path

import pytest

from tests.cli.helpers import actcli, complaint, document, in_terminal, output

MATCH = ["name", "parameters", "relation", "a", "b", "c", "d", "e", "max_difference"]


def test_what_is_known_is_named_and_the_exit_code_says_so() -> None:
    found = document("identify", "0.5*x*(1+tanh(x))")
    assert list(found) == ["formula", "matches", "nearest"]
    assert found["formula"] == "0.5*x*(1+tanh(x))"
    first = found["matches"][0]
    assert list(first) == MATCH
    assert (first["name"], first["parameters"], first["relation"]) == ("silu", {"beta": 2.0}, "equal")
    assert list(found["nearest"][0]) == ["name", "parameters", "max_difference", "at"]
    nothing = actcli("identify", "x*sigmoid(x)+0.01*sin(x)")
    assert nothing.returncode == 1
    assert nothing.stdout.startswith("No known activation is equal")
    assert "silu" in nothing.stdout
    assert nothing.stderr == ""


def test_a_table_of_pairs(tmp_path: Path) -> None:
    pairs = [(i / 5, round(1.7 * (i / 5) / (1 + math.exp(-i / 5)), 4)) for i in range(-20, 21)]
    text = tmp_path / "pairs.txt"
    text.write_text("".join(f"{x} {y}\n" for x, y in pairs))
    table = tmp_path / "paper.csv.gz"
    table.write_bytes(gzip.compress(("x,n,y\n" + "".join(f"{x},7,{y}\n" for x, y in pairs)).encode()))
    for arguments in (("--input", str(text)), ("-i", str(table), "-c", "x", "-c", "y")):
        assert "1.7*silu(x)" in output("identify", *arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "identify takes one activation or formula, or --input FILE"),
        (("relu", "--input", "x.txt"), "identify takes one activation or formula, or --input FILE"),
        (("softmax",), "acts on whole rows"),
        (("x*tnah(x)",), "did you mean tanh"),
        (("--input", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], says: str) -> None:
    assert says in complaint("identify", *arguments)


def test_lines_of_three_numbers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "three.txt"
    file.write_text("1 2 3\n4 5 6\n")
    assert "two columns of a table by --column" in complaint("identify", "-i", str(file))


def test_it_fits_on_80_columns() -> None:
    lines = in_terminal("identify", "sin(x)*x", size=(60, 60)).lines
    assert any("asu" in line for line in lines)
    assert max(map(len, lines)) <= 60


def test_an_activation_no_nearer_than_a_constant_is_not_listed_as_near() -> None:
    """|x³ sin x| reaches 124 on [-6, 6]; every known activation differs by as much."""
    found = actcli("identify", "x*x*x*sin(x)")
    assert found.stdout == "No known activation is equal, not even scaled and shifted.\n"
    for near in document("identify", "x*sigmoid(2*x)")["nearest"]:
        assert near["max_difference"] < 3.0
