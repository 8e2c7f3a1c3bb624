"""actcli compare: the properties side by side"""

import pytest

from tests.cli.helpers import document, in_terminal, output


def test_json_has_the_card_of_each_activation() -> None:
    names = ["gelu", "leaky_relu:negative_slope=0.2", "x*sigmoid(1.702*x)"]
    result = document("compare", *names)
    assert list(result) == ["activations", "differences", "properties"]
    assert result["properties"] == [document("describe", name) for name in names]


def test_the_table_stands_before_the_differences_and_these_before_the_chart() -> None:
    lines = output("compare", "gelu", "relu6").splitlines()
    labels = [line.split("  ")[0] for line in lines]
    chart = lines.index("gelu, relu6 on [-6, 6]")
    assert lines[chart + 1] == "● gelu   ■ relu6"
    assert labels.index("range") < labels.index("E f'(z)²") < labels.index("gelu") < chart
    row = next(line for line in lines if line.startswith("Lipschitz"))
    assert row.split() == ["Lipschitz", "1.129", "1"]


@pytest.mark.parametrize("size", [(80, 24), (50, 15), (20, 5)])
def test_no_terminal_is_too_narrow(size: tuple[int, int]) -> None:
    terminal = in_terminal("compare", "relu", "gelu", "silu", "mish", "x*sigmoid(1.702*x)", size=size)
    assert (terminal.exit_code, terminal.width <= size[0]) == (0, True)
    assert sum(line.startswith("range") for line in terminal.lines) == {80: 1, 50: 2, 20: 5}[size[0]]


def test_plain_and_csv_print_the_differences_alone() -> None:
    assert len(output("compare", "relu", "gelu", "silu", "--format", "plain").splitlines()) == 3
