"""actcli list"""

import csv
import re
from typing import Any

import pytest

from tests.cli.helpers import complaint, document, in_terminal, output

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
        assert all(isinstance(default, float | int) for default in entry["parameters"].values())


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


@pytest.mark.parametrize("size", [(80, 24), (60, 24), (20, 80)])
def test_a_terminal_gets_the_names_by_family_on_one_screen(size: tuple[int, int], entries: dict[str, Any]) -> None:
    terminal = in_terminal("list", size=size)
    assert (terminal.exit_code, terminal.width <= size[0], len(terminal.lines) < size[1]) == (0, True, True)
    for line in ("rectifier    identity, relu, leaky_relu,", "row-wise     softmax, log_softmax,"):
        if size[0] == 20:  # the family stands above its names
            line = "".join(line.split()[1:2])
        assert any(text.strip().startswith(line) for text in terminal.lines), line
    families = {"rectifier", "exponential", "gated", "sigmoidal", "step", "row-wise"}
    words = re.findall(r"[\w-]+", " ".join(terminal.lines[: terminal.lines.index("")]))
    assert families < set(words)
    assert set(entries) < set(words)


def test_the_overview_names_commands_that_show_what_it_says() -> None:
    assert in_terminal("list", size=(80, 24)).lines[-4:] == [
        "actcli list gated: a family with its formulas",
        "actcli describe NAME: its card",
        "actcli list --format table: all with aliases, parameters and formulas",
        "actcli list --all: the published literature too",
    ]
    table = output("list", "--format", "table")
    assert table.split()[:4] == ["name", "aliases", "parameters", "formula"]
    assert set(output("list").split()) < set(output("list", "--all").split())


def test_names_and_families_are_shown_with_their_formulas_on_one_screen(entries: dict[str, Any]) -> None:
    lines = in_terminal("list", "gated", size=(80, 24)).lines
    assert len(lines) < 24
    assert lines[0].split() == ["name", "year", "formula"]
    assert {line.split()[0] for line in lines[2:]} == {
        "gelu", "gelu_tanh", "quick_gelu", "silu", "mish", "hard_swish", "gelu_10"
    }  # fmt: skip
    for line in lines[2:]:
        assert entries[line.split()[0]]["formula"] in line
    assert output("list", "tanh", "swish", "step", "tanh").splitlines() == ["tanh", "silu", "step"]
    assert output("list", "radial").splitlines()[0] not in entries, "the catalogue has none"


@pytest.mark.parametrize("size", [(80, 24), (50, 15)])
def test_the_table_fits_the_terminal(size: tuple[int, int], entries: dict[str, Any]) -> None:
    terminal = in_terminal("list", "--format", "table", size=size)
    assert terminal.exit_code == 0
    assert terminal.width <= size[0]
    text = "\n".join(terminal.lines)
    for name in NAMES:
        assert name in text
    assert "max(0, x)" in text
    assert "negative_slope=0.01" in text
    assert "temperature=1" in text


# --- the literature ----------------------------------------------------------------------------------------------


def test_all_is_the_catalogue_and_the_literature() -> None:
    names = output("list", "--all").splitlines()
    assert names[: len(output("list").splitlines())] == output("list").splitlines()
    assert {"eswish", "lisht", "sqnl"} <= set(names)
    assert len(names) == len(set(names)) > 300


def test_the_literature_is_searched_by_text_family_and_year() -> None:
    found = document("list", "--family", "gated", "--year", "2017..2020")
    assert {"silu", "mish", "eswish", "tanhexp"} <= {entry["name"] for entry in found}
    assert all(2017 <= entry["year"] <= 2020 and entry["family"] == "gated" for entry in found)
    assert [*found[0]][-3:] == ["year", "authors", "family"]
    assert "golu" in output("list", "--search", "gompertz").splitlines()
    assert all("1710.09967" in entry["reference"] for entry in document("list", "--search", "1710.09967 carlile"))
    assert {entry["year"] for entry in document("list", "--year", "2025..")} <= {2025, 2026}
    assert {entry["year"] for entry in document("list", "--year", "2019")} == {2019}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--family", "gatd"), "did you mean gated"),
        (("gatd",), "no activation or family 'gatd'; did you mean gated?"),
        (("rleu",), "did you mean relu"),
        (("elu:alpha=2",), "list takes names and families"),
        (("x*tanh(x)",), "list takes names and families"),
        (("gated", "--all"), "names stand alone, without --all, --search, --family and --year"),
        (("--family", "zzzz"), "there are"),
        (("--year", "20"), "--year 2017..2020"),
        (("--year", "2020..2017"), "--year 2017..2020"),
        (("--search", "no such thing"), "neither the catalogue nor the literature has 'no such thing'"),
    ],
)
def test_what_is_not_there_is_said(arguments: tuple[str, ...], says: str) -> None:
    assert says in complaint("list", *arguments)


@pytest.mark.parametrize("columns", [80, 50])
def test_the_literature_on_a_terminal(columns: int) -> None:
    lines = in_terminal("list", "--year", "2025..", size=(columns, 60)).lines
    assert any("tanh(alpha*x)" in line for line in lines)
    assert ("year" in lines[0]) is (columns == 80)
    assert max(map(len, lines)) <= columns
