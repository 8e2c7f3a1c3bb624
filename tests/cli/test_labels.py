"""evaluate --labels: probabilities of a softmax, and the note that they are no certainty."""

import math
import re

import pytest

from tests.cli.helpers import complaint, document, in_terminal, output
from tests.narrow import known

# exp of these is 14 : 5 : 1, which is 70 %, 25 % and 5 %.
SCORES = (repr(math.log(14)), repr(math.log(5)), "0")
VOTE = ("evaluate", "softmax", *SCORES, "--labels", "cat,dog,bird")


def test_a_terminal_shows_names_shares_and_bars() -> None:
    terminal = in_terminal(*VOTE)
    assert terminal.exit_code == 0
    rows = [known(re.fullmatch(r"(\w+) +\S+ +(\S+) +% +([█▏▎▍▌▋▊▉]+)", line)) for line in terminal.on_screen[2:5]]
    assert [(row[1], float(row[2])) for row in rows] == [("cat", 70), ("dog", 25), ("bird", 5)]
    bars = [len(row[3]) for row in rows]
    assert bars[0] == pytest.approx(14 * bars[2], abs=14)
    assert bars[0] > bars[1] > bars[2]


def test_the_sentence_below_gives_the_shares_at_other_scales() -> None:
    sentence = " ".join(output(*VOTE, "--format", "table").splitlines()[5:])
    assert sentence.startswith("cat leads with 70.0 %.")
    assert "not say how often the model is right" in sentence
    half, twice = (100 * 14**p / (14**p + 5**p + 1) for p in (0.5, 2))
    assert f"half as large would give {half:.1f} %, and twice as large {twice:.1f} %, in the same order." in sentence


def test_where_calibration_is_to_be_seen_is_a_command_that_works() -> None:
    text = " ".join(output(*VOTE, "--format", "table").split())
    (command,) = re.findall(r"`actcli ([^`]+)`", text)
    assert document(*command.split())["calibration"]["activation"] == "softmax"
    assert "calibration" not in output("evaluate", "log_softmax", "1", "2", "--labels", "a,b", "--format", "table")


def test_plain_is_numbers_alone_and_json_has_the_labels() -> None:
    assert output(*VOTE) == output("evaluate", "softmax", *SCORES)
    assert document(*VOTE)["labels"] == ["cat", "dog", "bird"]
    assert "labels" not in document("evaluate", "softmax", *SCORES)


def test_several_rows_each_have_the_names() -> None:
    text = output("evaluate", "softmax", "--labels", "a,b", "--format", "table", stdin="1 2\n3 3\n")
    assert [line.split()[:3] for line in text.splitlines()[2:] if line] == [
        ["1", "a", "1.0"], ["b", "2.0", "73.1"], ["2", "a", "3.0"], ["b", "3.0", "50.0"],
    ]  # fmt: skip


def test_outputs_that_are_no_shares_are_numbers_without_bars() -> None:
    text = output("evaluate", "log_softmax", "1", "2", "--labels", "a,b", "--format", "table")
    assert [line.split() for line in text.splitlines()[2:]] == [["a", "1.0", "-1.31326"], ["b", "2.0", "-0.313262"]]


def test_a_narrow_terminal_and_one_without_unicode_have_the_names_too() -> None:
    terminal = in_terminal(*VOTE, size=(30, 24))
    assert terminal.width <= 30
    assert terminal.on_screen[2].split()[0] == "cat"
    text = output(*VOTE, "--format", "table", env={"LC_ALL": "C"})
    assert text.isascii()
    assert "####" in text


@pytest.mark.parametrize("columns", [80, 60, 40, 30, 24])
@pytest.mark.parametrize("rows", ["1 2 3\n", "1 2 3\n3 1 2\n"])
def test_a_long_label_is_cut_and_no_number_is(columns: int, rows: str) -> None:
    name = "a-very-long-name-of-a-class" * 3
    args = ("evaluate", "softmax", "--labels", f"{name},dog,b", "--format", "table")
    lines = output(*args, stdin=rows, env={"COLUMNS": str(columns)}).splitlines()
    first = next(line for line in lines[2:] if " a" in f" {line}")
    assert max(map(len, lines)) <= columns
    assert re.search(r"a[a-z-]*…    1\.0    9\.0 %", first) or columns < 30
    whole = " ".join(lines)
    shares = ["9.0", "24.5", "66.5"] if columns >= 30 or rows == "1 2 3\n" else []
    assert all(f"{share} %" in whole for share in shares)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("softmax 1 2 3 --labels cat,dog", "--labels has 2 names for a row of 3 scores"),
        ("softmax 1 2 --labels cat,,dog", "--labels takes names between commas"),
        ("relu 1 2 --labels cat,dog", "relu acts on each x by itself"),
        ("glu 1 2 --labels cat,dog", "glu makes 1 number of 2 scores"),
    ],
)
def test_labels_that_do_not_fit_are_refused(line: str, reason: str) -> None:
    assert reason in complaint("evaluate", *line.split())


def test_the_card_says_how_confidence_grows_with_the_scale_of_the_scores() -> None:
    card = " ".join(output("describe", "softmax").split())
    shares = [math.exp(2 * s) / sum(math.exp(s * x) for x in (-1, 0, 1, 2)) for s in (0.5, 1, 2, 4)]
    numbers = ", ".join(f"{share:.6g}" for share in shares)
    assert f"times 0.5, 1, 2, 4: the largest output is {numbers}; the order stays." in card
    scaled = document("describe", "softmax:temperature=2")["example_scaled"]
    assert [row["scale"] for row in scaled] == [0.5, 1, 2, 4]
    assert [row["largest"] for row in scaled][1:] == pytest.approx(shares[:3], rel=1e-14)
    assert all(row["same_order"] for row in scaled)
    assert document("describe", "glu")["example_scaled"] == []
