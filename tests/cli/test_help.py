"""`actcli help` and the first screens: the statements are true, and the examples run."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actcli.cli import COMMANDS, load, program
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS, CATALOGUE, resolve
from actcli.core.activations.grammar import FUNCTIONS
from actcli.topics import TOPICS, topic
from tests.cli.helpers import PROGRAM, actcli, complaint, document, environment, in_terminal, output
from tests.cli.json_fields import FIELDS, SCALARS, Reading
from tests.each import each
from tests.printed import assert_same

# --- examples in the output ------------------------------------------------------------------------------------


def test_alone_it_shows_three_commands_that_run_and_where_to_read_on() -> None:
    text = output()
    assert max(map(len, text.splitlines())) <= 80
    commands = [shlex.split(line.split("   ")[0]) for line in re.findall(r"^  actcli (.*)", text, re.MULTILINE)]
    assert len(commands) == 3
    for command in commands:
        output(*command, *(("--steps", "0") if command[0] == "gradient-depth" else ()))  # untrained, to save time
    assert {"actcli --help", "actcli help COMMAND", "man actcli"} <= set(
        re.findall(r"actcli --help|actcli help COMMAND|man actcli", text)
    )
    assert all(name in text for name in TOPICS)


def test_help_is_that_of_the_program_and_of_each_command() -> None:
    assert output("help") == output("--help") == output("-h")
    below = output("help").partition("Commands:")[2]
    listed = re.findall(r"^  ([a-z][a-z-]*(?: [a-z]+)?)  ", below, re.MULTILINE)
    assert listed == [*COMMANDS, *(f"help {name}" for name in TOPICS)]
    for name in COMMANDS:
        assert output("help", name) == output(name, "--help") == output(name, "-h")


def test_usage_is_written_as_it_is_typed() -> None:
    assert output("plot", "--help").splitlines()[0] == "Usage: actcli plot [OPTIONS] ACT..."
    assert output("evaluate", "--help").splitlines()[0] == "Usage: actcli evaluate [OPTIONS] ACT [X...]"
    assert output("trace", "--help").splitlines()[0] == "Usage: actcli trace [OPTIONS] [ACT]"
    assert output("help", "help").splitlines()[0] == "Usage: actcli help [OPTIONS] [COMMAND|TOPIC]"
    for name in COMMANDS:
        assert not re.search(r"[{}<>](?!=)", output("help", name).partition("Options:")[0].splitlines()[0])


def test_the_version() -> None:
    assert re.fullmatch(r"actcli \d+\.\d+\.\d+\S*\n", output("-V"))
    assert output("-V") == output("--version")


@pytest.mark.parametrize("wrong", ["plto", "formula", "--", "Json", "gradient_depth"])
def test_what_has_no_help_is_put_right(wrong: str) -> None:
    message = complaint("help", "--", wrong)
    assert message.startswith("unknown command or topic")
    if suggested := re.search(r"did you mean (\S+?)(\?| or)", message):
        output("help", suggested[1])


@each("subject", [*COMMANDS, *TOPICS])
def test_it_can_be_read_on_80_columns_and_without_unicode(subject: str) -> None:
    assert max(map(len, output("help", subject).splitlines())) <= 80
    assert output("help", subject, env={"LC_ALL": "C"}).isascii()
    assert in_terminal("help", subject).width <= 80


# --- the topics ------------------------------------------------------------------------------------------------


def shown_in(text: str) -> Iterator[tuple[str, str]]:
    """(command, output) of the examples: `    $ command` and the indented lines below it."""
    for match in re.finditer(r"^    \$ (.*)\n((?:    (?!\$ ).*\n)*)", text, re.MULTILINE):
        yield match[1], re.sub(r"^    ", "", match[2], flags=re.MULTILINE)


EXAMPLES = [(name, *example) for name in TOPICS for example in shown_in(topic(name))]


@pytest.mark.parametrize(("name", "command", "shown"), EXAMPLES)
def test_an_example_prints_what_stands_below_it(name: str, command: str, shown: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=environment({"PATH": path}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
    )
    assert_same(run.stdout, shown)


def test_every_topic_has_examples() -> None:
    assert {name for name, *_ in EXAMPLES} == set(TOPICS)
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize("name", TOPICS)
def test_every_option_that_a_topic_names_is_there(name: str) -> None:
    commands = [program(), *map(load, COMMANDS)]
    options = {spelling for command in commands for option in command.params for spelling in option.opts}
    ours = re.sub(r"\bdask (scheduler|worker) .*", "", topic(name))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", ours)) <= options


def test_formulas_lists_every_function_and_each_can_be_called() -> None:
    text = topic("formulas")
    blocks = [block.split() for block in re.findall(r"^(?:    [a-z_\d ]+\n){2,}", text, re.MULTILINE)]
    elementary, activations = blocks
    assert set(activations) == {name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)}
    assert set(elementary) | set(activations) >= set(FUNCTIONS)
    assert set(elementary) & set(ACTIVATIONS) - set(activations) <= set(FUNCTIONS)
    arguments = {"clip": "x, 0, 1", "where": "x > 0, x, 0", "pow": "x, 2"}
    for name in (*elementary, *activations):
        several = {"max": "x, 0", "min": "x, 0", "maximum": "x, 0", "minimum": "x, 0"} | arguments
        found = resolve(f"{name}({several.get(name, 'x')})")(0.5)
        assert np.isfinite(found) or name in ("arccosh", "acosh"), name
    assert {"where", "clip"} <= set(elementary)
    assert "erf" in activations


# --- the fields of JSON ----------------------------------------------------------------------------------------


def test_the_list_is_whole_in_itself() -> None:
    named = {name for name in FIELDS if name[0].isupper()}
    used = set(re.findall(r"[A-Z]\w*", " ".join(map(str, [*FIELDS.values()]))))
    assert named == used
    assert set(FIELDS) - named == set(COMMANDS) - {"help"}
    kinds = {kind for group in FIELDS.values() if isinstance(group, dict) for kind in group.values()}
    assert {word for kind in kinds for word in re.findall(r"[a-z]\w*", re.sub(r"[A-Z]\w*", "", kind))} <= SCALARS


def runs(tmp_path: Path) -> dict[str, list[list[str]]]:
    """Command -> command lines that together print all of its fields."""
    x, y = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    actcli("audit", "gelu", "--dtype", "float16", "--emit-inputs", x)
    np.save(x, inputs := np.load(x)[::64])
    with np.errstate(over="ignore"):  # the cube overflows in float16, and tanh(inf) is 1
        np.save(y, inputs / 2 * (1 + np.tanh(0.79788456 * (inputs + 0.044715 * inputs**3))))
    np.save(tmp_path / "matrix.npy", np.ones((2, 3)))
    audit = ["gelu", "--dtype", "float16", "--input", x, "--actual", y]
    np.save(tmp_path / "rows.npy", np.zeros((2, 4)))
    np.save(tmp_path / "shares.npy", np.full((2, 4), 0.25))
    of_rows = ["--input", str(tmp_path / "rows.npy"), "--actual", str(tmp_path / "shares.npy")]
    baseline = str(tmp_path / "baseline.json")
    Path(baseline).write_text(actcli("audit", "sin", "--against", "numpy", "--dtype", "float16", "-f", "json").stdout)
    ill = ["sigmoid", "--layers", "12", "--width", "8", "--steps", "10", "--cure"]
    return {
        "evaluate": [
            ["relu", "1", "nan"],
            ["softmax", "1", "2", "--labels", "a,b"],
            ["relu", "-i", str(tmp_path / "matrix.npy")],
        ],
        "differentiate": [
            ["relu", "0", "1"],
            ["softmax", "1", "2"],
            ["1/x", "0", "--order", "2"],
            ["tanh", "1", "--check", "-q"],
        ],
        "list": [[], ["--all", "--search", "swish"]],
        "identify": [["0.5*x*(1+tanh(x))"]],
        "code": [["relu", "--to", "c"]],
        "describe": [["relu"], ["softmax"], ["glu"], ["leaky_relu:negative_slope=0.1"], ["exp(x*x)"], ["1/x"], ["sin"]],
        "compare": [
            ["relu", "gelu", "1/x"],
            ["relu", "tanh", "--train", "--seeds", "1", "--steps", "1", "--width", "4", "--data", "moons", "--quiet"],
        ],
        "plot": [
            ["relu", "--at", "1", "--order", "2"],
            ["relu", "--show", "density"],
            ["softmax"],
            ["log(x)"],
            ["softmax", "--show", "calibration"],
        ],
        "gain": [["relu"], ["gelu", "--sigma-w2", "1.5"], ["sigmoid"], ["step"], ["exp(x*x)"]],
        "audit": [
            audit,
            [*audit, "--flush-subnormals"],
            [*audit, "--order", "1", "--grad-output", x],
            ["softmax", *of_rows],
            ["tanh", "gelu", "--against", "numpy", "--dtype", "float16", "--quiet", "--baseline", baseline],
        ],
        "gradient-depth": [
            ill,
            ["relu", "--layers", "3", "--width", "4", "--steps", "2", "--seeds", "2"],
            ["relu", "--layers", "2", "--width", "4", "--steps", "0", "--norm", "layer", "--data", "sine"],
            ["relu", "--layers", "2", "--width", "4", "--steps", "3", "--show", "histograms"],
        ],
        "boundary": [["relu", "--steps", "9"], ["tanh", "--steps", "9", "--data", "sine"]],
        "phase": [
            ["tanh", "--cells", "3x2"],
            ["tanh", "--sigma-w2", "1.5"],
            ["tanh", "--measure", "--cells", "2x2", "--depths", "1", "2", "--steps", "2", "--width", "4"],
        ],
        "collapse": [["relu", "tanh", "--layers", "3"]],
        "approximate": [["sin(x)", "--width", "3"], ["sin(x)", "--error", "0.3"], ["sin(x)", "--train"]],
        "trace": [["tanh"]],
        "lesson": [["2"]],
    }


def test_every_field_of_every_document_is_listed_and_every_listed_one_is_seen(tmp_path: Path) -> None:
    reading = Reading()
    lines = runs(tmp_path)
    assert set(lines) == set(COMMANDS) - {"help"}
    for command, found in lines.items():
        for arguments in found:
            reading.read(document(command, *arguments), FIELDS[command], command)
    assert reading.wrong == set()
    listed = {(name, field) for name, group in FIELDS.items() if isinstance(group, dict) for field in group}
    assert listed - reading.seen == set()


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1.5, "count"), ("x", "number"), (True, "number"), (1, "flag"), (None, "text"), ([["x"]], "array")],
)
def test_a_value_of_another_type_is_seen(value: object, kind: str) -> None:
    reading = Reading()
    reading.read(value, kind, "here")
    assert reading.wrong
    reading.read({"unheard_of": 1}, {"activation": "text"}, "there")
    assert "there.unheard_of is not listed" in reading.wrong


def test_help_reads_its_texts_only_when_it_is_asked() -> None:
    trace = "import sys; sys.addaudithook(lambda event, arguments: event == 'open' and print(arguments[0]))"
    program = f"{trace}\nfrom actcli.cli import main\nmain()"
    for line, texts in (("evaluate relu 1", set()), ("--help", set()), ("help json", {"json.txt"})):
        run = subprocess.run(
            [sys.executable, "-c", program, *line.split()],
            capture_output=True,
            text=True,
            env=environment(),
            check=True,
        )
        assert set(re.findall(r"topics/(\w+\.txt)", run.stdout)) == texts
    assert PROGRAM.endswith("actcli")


def test_a_command_takes_one_line_of_80_columns() -> None:
    lines = actcli("--help", env={"COLUMNS": "80"}).stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == [*COMMANDS]
