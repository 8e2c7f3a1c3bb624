"""actcli evaluate"""

import io
import math
import select
import subprocess
from pathlib import Path

import mpmath
import numpy as np
import pytest

from tests.cli.helpers import (
    PATIENCE,
    PROGRAM,
    actcli_in_bytes,
    complaint,
    document,
    environment,
    in_terminal,
    number,
    numbers,
    output,
)


def gelu(x: float) -> float:
    return float(x * mpmath.ncdf(x))


def silu(x: float) -> float:
    return x / (1 + math.exp(-x))


SELU_ALPHA, SELU_GAMMA = 1.6732632423543772, 1.0507009873554805


@pytest.mark.parametrize(
    ("activation", "truths"),
    [
        ("sigmoid", {0: 0.5, 2: 1 / (1 + math.exp(-2)), -40: math.exp(-40), -700: math.exp(-700), 40: 1}),
        ("tanh", {0: 0, 1: math.tanh(1), -1e-9: -1e-9, 20: math.tanh(20)}),
        ("leaky_relu:negative_slope=0.2", {-5: -1, 5: 5}),
        ("elu:alpha=0.5", {-1: math.expm1(-1) / 2, -1e-10: math.expm1(-1e-10) / 2, 2: 2}),
        ("selu", {-1: SELU_GAMMA * SELU_ALPHA * math.expm1(-1), 1: SELU_GAMMA}),
        ("gelu", {-10: gelu(-10), -30: gelu(-30), 0: 0, 1: gelu(1), 40: 40}),
        ("Swish", {-700: silu(-700), 1: silu(1), 3: silu(3)}),
        ("mish", {1: math.tanh(math.log1p(math.e)), -20: -20 * math.tanh(math.log1p(math.exp(-20)))}),
        ("softplus", {0: math.log(2), -40: math.exp(-40), 1000: 1000}),
    ],
)
def test_values_are_those_of_the_closed_form(activation: str, truths: dict[float, float]) -> None:
    values = numbers("evaluate", activation, *map(str, truths))
    assert values == pytest.approx(list(truths.values()), rel=4e-15, abs=0)


def test_rows_of_softmax_and_log_softmax() -> None:
    total = sum(map(math.exp, (1, 2, 3)))
    probabilities = [math.exp(x) / total for x in (1, 2, 3)]
    assert numbers("evaluate", "softmax", "1", "2", "3") == pytest.approx(probabilities, rel=1e-15)
    assert numbers("evaluate", "softmax", "1000", "0") == [1, 0]
    logarithms = [x - math.log(total) for x in (1, 2, 3)]
    assert numbers("evaluate", "log_softmax", "1", "2", "3") == pytest.approx(logarithms, rel=1e-15)
    assert output("evaluate", "softmax", stdin="0 0\n1,1,1,1\n") == "0.5 0.5\n0.25 0.25 0.25 0.25\n"
    thirds = numbers("evaluate", "softmax:temperature=1e300", "1", "2", "3")
    assert thirds == pytest.approx([1 / 3] * 3)


def test_at_infinity_stands_the_limit_and_nan_stays_nan() -> None:
    ends = ["-inf", "inf", "nan"]
    limits = {
        "sigmoid": (0, 1),
        "tanh": (-1, 1),
        "relu": (0, math.inf),
        "gelu": (0, math.inf),
        "silu": (0, math.inf),
        "mish": (0, math.inf),
        "softplus": (0, math.inf),
        "elu": (-1, math.inf),
    }
    for activation, limit in limits.items():
        values = numbers("evaluate", activation, *ends)
        assert (values[0], values[1]) == limit, activation
        assert math.isnan(values[2]), activation


# --- the ways in -----------------------------------------------------------------------------------------------


def test_negative_numbers_need_no_dashes_before_them() -> None:
    assert output("evaluate", "relu", "-3", "0", "3") == "0.0\n0.0\n3.0\n"
    given = ["-1e-3", "-inf", "-.5", "-0", "-1,2", "-NaN", "-Infinity"]
    assert output("evaluate", "identity", *given) == "-0.001\n-inf\n-0.5\n-0.0\n-1.0\n2.0\nnan\n-inf\n"
    assert numbers("evaluate", "identity", "--dtype", "float64", "-2", "--format", "plain", "-1") == [-2, -1]
    assert numbers("evaluate", "identity", "--", "-2") == [-2]


def test_a_grid_is_evenly_spaced_and_contains_both_ends() -> None:
    assert numbers("evaluate", "identity", "--grid", "-3", "3", "7") == [-3, -2, -1, 0, 1, 2, 3]
    assert numbers("evaluate", "relu", "--grid", "-1e0", "-.5", "2") == [0, 0]


def test_text_keeps_its_layout() -> None:
    assert output("evaluate", "relu", stdin="-1 2\t3\n\n4,-5\n6") == "0.0 2.0 3.0\n\n4.0 0.0\n6.0\n"


def test_text_csv_and_npy_files_are_read_by_their_suffix(tmp_path: Path) -> None:
    text, csv, npy = (tmp_path / f"numbers.{suffix}" for suffix in ("txt", "csv", "npy"))
    text.write_text("-1 2\n")
    csv.write_text("a,b\n-1,2\n3,-4\n")
    np.save(npy, np.array([[-1.0, 2.0], [3.0, -4.0]]))
    assert output("evaluate", "relu", "--input", text) == "0.0 2.0\n"
    assert output("evaluate", "relu", "-i", csv) == "0.0 2.0\n3.0 0.0\n"
    assert output("evaluate", "relu", "-i", npy) == "0.0 2.0\n3.0 0.0\n"
    assert output("evaluate", "relu", "-i", csv, "--format", "csv") == "a,b\n0.0,2.0\n3.0,0.0\n"


def test_stdin_is_read_when_there_are_no_numbers_and_npy_is_recognised() -> None:
    assert output("evaluate", "relu", "-i", "-", stdin="-1 2") == "0.0 2.0\n"
    npy = io.BytesIO()
    np.save(npy, np.array([-1, 2, 3], dtype=np.int32))
    assert actcli_in_bytes("evaluate", "relu", stdin=npy.getvalue()).stdout == b"0.0\n2.0\n3.0\n"


# --- the ways out ----------------------------------------------------------------------------------------------


def test_plain_prints_each_number_as_the_shortest_text_that_reads_back() -> None:
    assert output("evaluate", "identity", "0.1", "1e22", "5e-324", "0.30000000000000004") == (
        "0.1\n1e+22\n5e-324\n0.30000000000000004\n"
    )


def test_csv_has_x_beside_y() -> None:
    assert output("evaluate", "relu", "-1", "2", "--format", "csv") == "x,y\n-1.0,0.0\n2.0,2.0\n"


def test_json_holds_activation_dtype_x_and_y() -> None:
    relu = document("evaluate", "relu", "-3", "0", "3")
    assert relu == {"activation": "relu", "dtype": "float64", "x": [-3.0, 0.0, 3.0], "y": [0.0, 0.0, 3.0]}
    assert list(relu) == ["activation", "dtype", "x", "y"]
    assert all(isinstance(value, float) for value in relu["x"] + relu["y"])
    rows = document("evaluate", "Softmax", stdin="0 0\n1 1 1 1\n")
    assert rows["x"] == [[0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    assert rows["y"] == [[0.5, 0.5], [0.25, 0.25, 0.25, 0.25]]
    assert document("evaluate", "Leaky-ReLU:negative_slope=.2", "1")["activation"] == "leaky_relu:negative_slope=0.2"


def test_json_says_what_is_not_finite_in_strings() -> None:
    result = document("evaluate", "identity", "nan", "inf", "-inf", "1")
    assert result["x"] == result["y"] == ["NaN", "Infinity", "-Infinity", 1.0]
    assert number(result["y"][2]) == -math.inf


def test_npy_keeps_the_shape_and_takes_the_dtype(tmp_path: Path) -> None:
    table = tmp_path / "in.npy"
    np.save(table, np.array([[-1.0, 0.1], [3.0, -4.0]]))
    result = tmp_path / "out.npy"
    assert output("evaluate", "relu", "-i", table, "-o", result, "--dtype", "float32") == ""
    array = np.load(result)
    assert array.dtype == np.float32
    assert array.tolist() == [[0, float(np.float32(0.1))], [3, 0]]
    piped = actcli_in_bytes("evaluate", "relu", "--grid", "-1", "1", "3", "--format", "npy")
    assert np.load(io.BytesIO(piped.stdout)).tolist() == [0, 0, 1]


def test_the_suffix_of_the_output_file_chooses_the_format(tmp_path: Path) -> None:
    for name, content in {
        "out.csv": "x,y\n2.0,2.0\n",
        "out.json": '{"activation": "relu", "dtype": "float64", "x": [2.0], "y": [2.0]}\n',
        "out.txt": "2.0\n",
    }.items():
        assert output("evaluate", "relu", "2", "--output", tmp_path / name) == ""
        assert (tmp_path / name).read_text() == content


def test_a_dtype_rounds_input_and_result_once_each() -> None:
    just_over_a_tie = repr(1 + 2**-8 + 2**-40)  # rounded to float32 first, it would be a tie and round down
    assert numbers("evaluate", "identity", just_over_a_tie, "--dtype", "bfloat16") == [1.0078125]
    assert numbers("evaluate", "identity", "0.1", "--dtype", "float16") == [float(np.float16(0.1))]
    assert numbers("evaluate", "sigmoid", "1", "--dtype", "float16") == [float(np.float16(1 / (1 + math.exp(-1))))]
    assert document("evaluate", "identity", "1", "--dtype", "float16")["dtype"] == "float16"


def test_a_terminal_gets_a_table(tmp_path: Path) -> None:
    terminal = in_terminal("evaluate", "relu", "-3", "0", "3")
    assert terminal.exit_code == 0
    assert [line.split() for line in terminal.lines if set(line) - set("─ ")] == [
        ["x", "relu(x)"],
        ["-3.0", "0.0"],
        ["0.0", "0.0"],
        ["3.0", "3.0"],
    ]
    assert in_terminal("evaluate", "x*x", "3").lines[0].split() == ["x", "x*x"], "not x*x(x)"
    narrow = in_terminal("evaluate", "softmax", "--grid", "-3", "3", "7", size=(50, 15))
    assert narrow.width <= 50
    assert len([line for line in narrow.lines if "0." in line]) >= 7


def test_a_column_of_a_table_whose_other_columns_stay(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text('name,score\n"Ann, B.",-1\nCy,2.50\n')
    assert output("evaluate", "relu", "-i", table, "--column", "score") == "0.0\n2.5\n"
    assert output("evaluate", "relu", "-i", table, "-c", "2", "-f", "csv") == "score\n0.0\n2.5\n"
    appended = 'name,score,relu(score)\n"Ann, B.",-1,0.0\nCy,2.50,2.5\n'
    assert output("evaluate", "relu", "-i", table, "-c", "score", "--append") == appended
    assert output("evaluate", "relu", "-c", "score", "--append", stdin=table.read_text()) == appended
    squared = output("evaluate", "x*x", "-i", table, "-c", "score", "--append")
    assert squared.startswith("name,score,(x*x)(score)\n"), "not x*x(score)"
    assert output("evaluate", "relu", "-i", table, "-c", "score", "--append", "-o", table) == ""
    assert table.read_text() == appended
    assert document("evaluate", "relu", "-i", table, "-c", "score")["y"] == [0, 2.5]


def test_columns_belong_to_csv(tmp_path: Path) -> None:
    assert "--column is for files" in complaint("evaluate", "relu", "1", "--column", "a")
    assert "--append is for files" in complaint("evaluate", "relu", "--grid", "0", "1", "2", "--append")
    for options in (["--format", "json"], ["--format", "plain"], ["-o", tmp_path / "x.npy"]):
        assert "--append adds columns to CSV" in complaint("evaluate", "relu", "--append", *options, stdin="a\n1\n")
    assert "stdin: no column 'b': there is 'a'" in complaint("evaluate", "relu", "-c", "b", stdin="a\n1\n")
    array = tmp_path / "x.npy"
    np.save(array, np.ones(2))
    assert complaint("evaluate", "relu", "-c", "b", "-i", array) == (
        f"{array}: --column is for tables, and this is a .npy array"
    )


# --- refused input ---------------------------------------------------------------------------------------------


def test_where_in_the_input_it_is_wrong(tmp_path: Path) -> None:
    assert complaint("evaluate", "relu", "1", "3x") == "not a number: '3x'"
    assert complaint("evaluate", "relu", stdin="1 2\n3 x\n") == "stdin, line 2: not a number: 'x'"
    table = tmp_path / "numbers.csv"
    table.write_text("a,b\n1,2\n3\n")
    assert complaint("evaluate", "relu", "-i", table) == f"{table}, line 3: 1 field, expected 2"
    fake = tmp_path / "fake.npy"
    fake.write_text("1 2 3")
    assert str(fake) in complaint("evaluate", "relu", "-i", fake)


def test_numbers_from_two_places_and_from_none() -> None:
    assert "exclude each other" in complaint("evaluate", "relu", "1", "--grid", "0", "1", "2")
    nothing = in_terminal("evaluate", "relu")
    assert nothing.exit_code == 2
    assert nothing.lines[0].startswith("actcli: no numbers: give X, --grid")


def test_no_file_is_left_behind_by_an_error_and_an_old_one_stays_as_it_was(tmp_path: Path) -> None:
    result = tmp_path / "out.npy"
    bad = "1 2\n" * 50_000 + "x\n"  # the error comes long after the first results
    assert "line 50001" in complaint("evaluate", "relu", "-o", result, stdin=bad)
    assert list(tmp_path.iterdir()) == []
    result.write_bytes(b"old")
    assert "line 50001" in complaint("evaluate", "relu", "-o", result, stdin=bad)
    assert [path.name for path in tmp_path.iterdir()] == ["out.npy"]
    assert result.read_bytes() == b"old"
    missing = tmp_path / "missing" / "out.npy"
    assert complaint("evaluate", "relu", "1", "-o", missing) == f"{missing}: No such file or directory"


def test_npy_is_not_for_a_terminal() -> None:
    terminal = in_terminal("evaluate", "relu", "1", "--format", "npy")
    assert terminal.exit_code == 2
    assert terminal.lines[0].startswith("actcli: npy is not for a terminal")


# --- streams ---------------------------------------------------------------------------------------------------


def test_a_line_is_answered_before_the_next_one_comes() -> None:
    with subprocess.Popen(
        [PROGRAM, "evaluate", "relu"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdin
        assert process.stdout
        for line, answer in {"-1 2\n": "0.0 2.0\n", "3\n": "3.0\n"}.items():
            process.stdin.write(line)
            process.stdin.flush()
            assert select.select([process.stdout], [], [], PATIENCE)[0], "no answer"
            assert process.stdout.readline() == answer
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_a_million_numbers_pass_without_loss() -> None:
    count = 1_000_000
    values = np.array(output("evaluate", "relu", "--grid", "-1", "1", str(count)).split(), dtype=float)
    assert len(values) == count
    assert values.sum() == pytest.approx(count**2 / (4 * (count - 1)), rel=1e-12)


@pytest.mark.parametrize("command", ["evaluate", "differentiate"])
def test_no_numbers_are_no_rows(command: str) -> None:
    for form, text in {"table": "", "plain": "", "csv": ""}.items():
        assert output(command, "softmax", "--format", form) == text
    assert document(command, "softmax")["y"] == []
