"""Families, `elu:alpha=0.5/1/2`, in evaluate: one result per member and number, in every format."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.cli.helpers import actcli, actcli_in_bytes, complaint, document, output

ALPHAS = (0.5, 1.0, 2.0)
FAMILY = "elu:alpha=0.5/1/2"


def elu(x: float) -> list[float]:
    """Value of each member."""
    return [x if x > 0 else alpha * math.expm1(x) for alpha in ALPHAS]


def rows(text: str, separator: str | None = None) -> list[list[float]]:
    return [[float(number) for number in line.split(separator)] for line in text.splitlines()]


def close(found: object, truth: object) -> bool:
    return bool(np.allclose(np.array(found), np.array(truth), rtol=1e-15, atol=0.0))


def test_plain_has_a_line_for_each_number_whatever_the_lines_that_came_in() -> None:
    found = actcli("evaluate", FAMILY, "-f", "plain", stdin="-1 -2\n3\n").stdout
    assert close(rows(found), [elu(-1), elu(-2), elu(3)])


def test_csv_has_a_column_for_each_member() -> None:
    header, *lines = output("evaluate", FAMILY, "-1", "-2", "-f", "csv").splitlines()
    assert header == "x,elu:alpha=0.5,elu:alpha=1,elu:alpha=2"
    assert close(rows("\n".join(lines), ","), [[-1, *elu(-1)], [-2, *elu(-2)]])


def test_a_column_that_was_read_becomes_one_for_each_member(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a,b\n-1,1\n-2,2\n")
    names = [f"(elu:alpha={alpha:g})({column})" for column in "ab" for alpha in ALPHAS]
    results = [[*elu(-1), *elu(1)], [*elu(-2), *elu(2)]]
    header, *lines = output("evaluate", FAMILY, "--input", path, "-f", "csv").splitlines()
    assert header == ",".join(names)
    assert close(rows("\n".join(lines), ","), results)
    header, *lines = output("evaluate", FAMILY, "--input", path, "-f", "csv", "--append").splitlines()
    assert header == ",".join(["a", "b", *names])
    assert close(rows("\n".join(lines), ","), [[-1, 1, *results[0]], [-2, 2, *results[1]]])
    path.write_text("-1,1\n-2,2\n")
    assert close(rows(output("evaluate", FAMILY, "--input", path, "-f", "csv"), ","), results)


def test_json_has_the_document_of_each_member() -> None:
    members = document("evaluate", FAMILY, "-1", "2")["activations"]
    assert members == [document("evaluate", f"elu:alpha={alpha:g}", "-1", "2") for alpha in ALPHAS]


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_has_the_members_along_a_last_axis(order: str, tmp_path: Path) -> None:
    x = np.array([[-1.0, 1.0, -3.0], [2.0, -2.0, 0.5]], order=order)  # type: ignore[call-overload]  # either
    np.save(tmp_path / "x.npy", x)
    assert actcli_in_bytes("evaluate", FAMILY, "--input", tmp_path / "x.npy", "-o", tmp_path / "y.npy").returncode == 0
    y = np.load(tmp_path / "y.npy")
    assert y.shape == (2, 3, 3)
    assert close(y, [[elu(number) for number in row] for row in x.tolist()])
    text = actcli_in_bytes("evaluate", FAMILY, "-f", "npy", "-o", tmp_path / "z.npy", stdin=b"-1 -2\n1 2\n")
    assert text.returncode == 0
    assert close(np.load(tmp_path / "z.npy"), [[elu(-1), elu(-2)], [elu(1), elu(2)]])


def test_rows_have_a_row_of_each_member(tmp_path: Path) -> None:
    found = output("evaluate", "softmax:temperature=0.5/2", "1", "2", "-f", "plain")
    truth = [[1 / (1 + math.exp(1 / t)), 1 / (1 + math.exp(-1 / t))] for t in (0.5, 2.0)]
    assert close(rows(found), truth)
    assert actcli("evaluate", "softmax:temperature=0.5/2", "1", "2", "-o", tmp_path / "y.npy").returncode == 0
    assert close(np.load(tmp_path / "y.npy"), [truth])
    assert "--format json" in complaint("evaluate", "softmax:temperature=0.5/2", "1", "2", "-f", "csv")


def test_the_table_has_a_column_for_each_value_and_goes_on_below() -> None:
    values = ["0.1", "0.215", "0.464", "1", "2.15", "4.64", "10"]
    for width, panels in ((80, 1), (40, 2)):
        size = {"COLUMNS": str(width)}
        shown = output("evaluate", "silu:beta=0.1..10", "-1", "2", "-f", "table", env=size).splitlines()
        headers = [line.split()[1:] for line in shown if line.split()[:1] == ["x"]]
        assert (shown[0], len(headers)) == ("silu, by beta", panels)
        assert [value for header in headers for value in header] == values


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("1/2", "alpha=1/2 is two values, 1 and 2; the fraction is alpha=0.5"),
        ("-3/4", "alpha=-3/4 is two values, -3 and 4; the fraction is alpha=-0.75"),
        *((silent, "") for silent in ("1/2/3", "0.5/2", "1/0", "2/1.0", "1..2", "2")),
    ],
)
def test_what_may_be_meant_as_a_fraction_is_told_from_two_values(setting: str, says: str) -> None:
    found = actcli("evaluate", f"elu:alpha={setting}", "-1")
    assert found.stderr == (f"actcli: {says}\n" if says else "")
    assert found.returncode == 0
    assert not actcli("evaluate", "x/2", "1").stderr


def test_a_fraction_is_refused_with_its_value_where_one_number_is_taken() -> None:
    said = "alpha must be a number, not '1/2'; the fraction is alpha=0.5"
    assert complaint("gradient-depth", "elu:alpha=1/2", "--steps", "0") == said
