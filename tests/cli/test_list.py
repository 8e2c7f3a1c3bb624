"""actcli list"""

import csv
from typing import Any

import pytest

from tests.cli.helpers import document, in_terminal, output

NAMES = [
    *("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"),
    *("gelu", "silu", "mish", "softplus", "softmax", "log_softmax"),
]


@pytest.fixture(scope="module")
def entries() -> dict[str, Any]:
    return {entry["name"]: entry for entry in document("list")}


def test_a_pipe_gets_the_names_alone_one_a_line() -> None:
    names = output("list").splitlines()
    assert set(NAMES) <= set(names)
    assert all(name.isidentifier() for name in names)
    assert output("list", "--format", "plain").splitlines() == names


def test_json_describes_every_activation(entries: dict[str, Any]) -> None:
    assert set(NAMES) <= set(entries)
    for entry in entries.values():
        assert list(entry) == [
            "name",
            "aliases",
            "parameters",
            "rowwise",
            "formula",
            "kinks",
            "reference",
            "frameworks",
            "used",
        ]
        assert isinstance(entry["rowwise"], bool)
        assert entry["formula"]
        assert entry["reference"]
        assert all(isinstance(kink, float) for kink in entry["kinks"])
        assert all(isinstance(default, float) for default in entry["parameters"].values())


def test_json_knows_the_papers_parameters_the_kinks_and_the_rowwise_ones(entries: dict[str, Any]) -> None:
    assert entries["leaky_relu"]["parameters"] == {"negative_slope": 0.01}
    assert entries["elu"]["parameters"] == {"alpha": 1.0}
    assert entries["softplus"]["parameters"]["beta"] == 1.0
    assert entries["sigmoid"]["parameters"] == {}
    assert [entries[name]["kinks"] for name in ("relu", "leaky_relu", "elu", "gelu")] == [[0.0], [0.0], [], []]
    assert {name for name in NAMES if entries[name]["rowwise"]} == {"softmax", "log_softmax"}


def test_every_name_and_alias_is_one_of_an_activation(entries: dict[str, Any]) -> None:
    spellings = [name for entry in entries.values() for name in (entry["name"], *entry["aliases"])]
    assert len(spellings) == len(set(spellings))
    assert entries["silu"]["aliases"] == ["swish"]


def test_csv_has_a_header_and_a_line_for_each_activation(entries: dict[str, Any]) -> None:
    rows = list(csv.DictReader(output("list", "--format", "csv").splitlines()))
    assert [row["name"] for row in rows] == list(entries)
    assert [row["formula"] for row in rows] == [entry["formula"] for entry in entries.values()]


@pytest.mark.parametrize("size", [(80, 24), (50, 15)])
def test_a_terminal_gets_a_table_that_fits_it(size: tuple[int, int], entries: dict[str, Any]) -> None:
    terminal = in_terminal("list", size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]
    text = "\n".join(terminal.lines)
    for name in NAMES:
        assert name in text
    assert "max(0, x)" in text
    assert "negative_slope=0.01" in text
    assert "temperature=1" in text
