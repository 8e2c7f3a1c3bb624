"""Options have the same meaning in all commands, and the advice in errors works."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

import actcli.commands
from actcli.cli import COMMANDS, _exit_code, load, program
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.errors import InputError
from actcli.core.network.datasets import DATASETS
from actcli.core.network.initialisers import NAMES as NAMES_OF_INITIALISERS
from tests.cli.helpers import complaint, document, output
from tests.each import each
from tests.narrow import known

FOLDER = Path(actcli.commands.__file__).parent
REQUIRED = {"act": "relu", "acts": "relu", "formula": "sin(x)"}
"""Required argument of a command -> an example."""


def options(command: str) -> list[Any]:
    return [parameter for parameter in load(command).params if parameter.param_type_name == "option"]


def arguments(command: str) -> list[str]:
    required = [parameter.name for parameter in load(command).params if parameter.required]
    return [REQUIRED[known(name)] for name in required]


def parsed(command: str, *words: str) -> dict[str, Any]:
    """Values of the command's parameters from these words."""
    return dict(load(command).make_context(command, [*arguments(command), *words]).params)


def long_name(option: Any) -> str:
    return next(spelling for spelling in option.opts if spelling.startswith("--"))


OPTIONS = [(command, option) for command in COMMANDS for option in options(command)]
NAMES = sorted({long_name(option) for _, option in OPTIONS})


# --- one name, one meaning -------------------------------------------------------------------------------------


@each("name", NAMES)
def test_an_option_means_the_same_in_all_commands(name: str) -> None:
    found = [option for _, option in OPTIONS if long_name(option) == name]
    assert len({option.help for option in found}) == 1
    assert len({(option.type.name, option.nargs, option.is_flag, option.count) for option in found}) == 1
    choices = [tuple(getattr(option.type, "choices", ())) for option in found]
    if any(choices):  # a command may have fewer, in the same order
        assert all(choices)
        pairs = [(a, b) for a in choices for b in choices]
        assert all([word for word in a if word in b] == [word for word in b if word in a] for a, b in pairs)
    else:
        assert len({option.metavar for option in found}) == 1
        assert len({getattr(option.type, "min", None) for option in found}) == 1


def test_the_choices_in_a_metavar_are_the_accepted_ones() -> None:
    shown = {long_name(option): option.metavar for _, option in OPTIONS}
    assert shown["--data"].split("|") == [*DATASETS, "FILE"]
    names = [name.partition(":")[0] for name in NAMES_OF_INITIALISERS]
    assert shown["--init"].replace(":X,Y", "").split("|") == names


def test_a_spelling_belongs_to_one_option() -> None:
    names: dict[str, set[str]] = {}
    for _, option in OPTIONS:
        for spelling in (*option.opts, *option.secondary_opts):
            names.setdefault(spelling, set()).add(long_name(option))
    assert {spelling: found for spelling, found in names.items() if len(found) > 1} == {}


def test_common_options_exist_in_their_commands() -> None:
    def have(*spellings: str) -> set[str]:
        return {command for command, option in OPTIONS if set(spellings) <= set(option.opts)}

    assert have("--format", "-f") == set(COMMANDS) - {"help"}
    assert have("--order", "-n") == {"differentiate", "plot", "compare", "audit"}
    assert have("--act", "-a") == {"gradient-depth", "boundary", "collapse", "trace", "approximate"}
    assert have("--seed") == {"gradient-depth", "boundary", "collapse", "trace", "approximate", "phase", "compare"}
    assert have("--width") == {"gradient-depth", "boundary", "collapse", "approximate", "phase", "compare"}
    assert have("--jobs", "-j") == {"gradient-depth", "phase", "audit", "compare"}
    assert have("--dask") == {"gradient-depth", "phase"}
    assert have("--size") == have("--ascii") == have("--save") >= {"plot", "compare"}
    assert not have("--height")


def test_activations_are_arguments_everywhere() -> None:
    for command in set(COMMANDS) - {"list", "lesson", "help"}:
        metavars = [parameter.metavar for parameter in load(command).params if parameter.param_type_name == "argument"]
        assert {"ACT", "ACT..."} & set(metavars), command


@each(
    ("argument", "option"),
    [
        ("gradient-depth tanh relu --layers 2 --steps 1", "gradient-depth --act tanh -a relu --layers 2 --steps 1"),
        ("gradient-depth tanh --layers 2 --steps 1", "gradient-depth --layers 2 -a tanh --steps 1"),
        ("collapse relu tanh --layers 2", "collapse --layers 2 --act relu --act tanh"),
        ("collapse relu tanh --layers 2", "collapse relu --layers 2 --act tanh"),
        ("collapse --layers 2", "collapse -a relu --layers 2"),
        ("trace tanh", "trace --act tanh"),
        ("trace", "trace -a relu"),
        ("approximate sin(x) tanh --width 4 --width 8", "approximate sin(x) --act tanh --units 4 -u 8"),
        ("approximate sin(x) relu", "approximate sin(x)"),
        ("plot gelu --order 1", "plot gelu -d"),
        ("plot gelu --order 1", "plot gelu --derivative"),
        ("plot gelu -n 0", "plot gelu"),
        ("compare gelu relu -d", "compare gelu relu"),
        ("plot relu --show density", "plot relu --density"),
        ("plot relu --show curves", "plot relu"),
    ],
)
def test_two_ways_to_say_the_same(argument: str, option: str) -> None:
    assert output(*shlex.split(argument)) == output(*shlex.split(option))


def test_one_activation_is_one() -> None:
    for line in ("trace relu --act tanh", "trace --act relu --act tanh", "approximate x relu -a tanh"):
        assert complaint(*line.split()) == "one activation is taken here, not 2: relu and tanh"


# --- curves of each order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4])
def test_compare_draws_up_to_an_order(order: int) -> None:
    for acts, size in ((("tanh", "sin"), "80x40"), (("tanh", "sin"), "160x40"), (("tanh", "sin", "relu"), "80x60")):
        lines = output("compare", *acts, "--order", str(order), "--size", size)
        assert lines.count("their slopes") == (order > 0)
        assert re.findall(r"(second|third) derivatives", lines) == ["second", "third"][: max(order - 1, 0)]
        assert lines.count("derivatives of order 4") == (order > 3)
    heading = {0: "", 1: "broken: its slope", 2: "broken: its derivatives"}.get(order, "broken: its derivatives")
    text = output("compare", "relu", "gelu", "silu", "mish", "tanh", "--order", str(order))
    assert heading in text.partition("relu, gelu, silu, mish, tanh on [-6, 6]\n")[2].partition("\n")[0]


def test_differentiate_of_order_0_is_the_value() -> None:
    assert output("differentiate", "tanh", "1", "2", "--order", "0") == output("evaluate", "tanh", "1", "2")
    assert document("differentiate", "step", "0", "1", "--order", "0")["kinks"] == [0.0]
    assert document("differentiate", "relu", "0", "1", "--order", "0")["kinks"] == []
    assert "--order 1 or more" in complaint("differentiate", "tanh", "1", "--order", "0", "--check")
    assert "only its first" in complaint("differentiate", "softmax", "1", "2", "--order", "0")


# --- commands typed as shown -----------------------------------------------------------------------------------


def shown_default(option: Any, command: str) -> list[str]:
    context = load(command).make_context(command, arguments(command), resilient_parsing=True)
    record = option.get_help_record(context)
    found = re.search(r"\[default: ([^;\]]+)", record[1]) if record else None
    return found[1].split() if found else []


def test_a_default_can_be_typed_as_help_shows_it() -> None:
    shown = 0
    for command, option in OPTIONS:
        if option.expose_value and (default := shown_default(option, command)):
            shown += 1
            assert parsed(command, long_name(option), *default)[option.name] == parsed(command)[option.name], (
                option.name
            )
    assert shown >= 20


def test_every_choice_can_be_typed_as_help_shows_it() -> None:
    tried = 0
    for command, option in OPTIONS:
        alternatives = (option.metavar or "").split("|")
        if option.expose_value and len(alternatives) > 1 and getattr(option.type, "choices", ()):
            assert alternatives == [*option.type.choices]
            for alternative in alternatives:
                found = parsed(command, long_name(option), alternative)[option.name]
                assert [*found] == [alternative] if option.multiple else found == alternative
                tried += 1
    assert tried >= 30


def test_metavars_are_words_to_be_replaced() -> None:
    for _, option in OPTIONS:
        if not (option.is_flag or option.count or getattr(option.type, "choices", ())):
            assert re.fullmatch(
                r"[A-Z][A-Zx., |]*[A-Z.]|[A-Z]|[a-z]+(\|[a-z]+)+.*|FILE\.npz|tcp://HOST:PORT", option.metavar
            ), option.name
            assert len(option.metavar.split()) == option.nargs


# --- ways out --------------------------------------------------------------------------------------------------


def texts_of(module: str) -> list[str]:
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@each("command", COMMANDS)
def test_a_command_names_no_option_that_it_lacks(command: str) -> None:
    own = {spelling for option in options(command) for spelling in (*option.opts, *option.secondary_opts)}
    texts = [text for text in texts_of(COMMANDS[command][0]) if not re.fullmatch(r"--?[\w-]+", text)]
    assert set(re.findall(r"(?<![\w'-])--[a-z][\w-]*", " ".join(texts))) <= own


WAYS_OUT = [
    ("plot gelu --width 60", "--size 100x30", "plot gelu --size 100x30"),
    ("compare gelu relu --height 9", "--size 100x30", "compare gelu relu --size 100x30"),
    ("plot gelu --size 60", "--size 100x30", "plot gelu --size 100x30"),
    ("plot gelu -d -d", "--order 2", "plot gelu --order 2"),
    ("plot gelu --derivative -dd", "--order 3", "plot gelu --order 3"),
    ("plot gelu --ordr 2", "--order", "plot gelu --order 2"),
    ("plot rleu", "relu", "plot relu"),
    ("plot", "`actcli plot --help`", "plot --help"),
    ("evaluate gelu 1 --gird 0 1 2", "--grid", "evaluate gelu --grid 0 1 2"),
    ("evaluate gelu 1 -f jsn", "'json'", "evaluate gelu 1 -f json"),
    ("evaluate gelu 1 -z", "`actcli evaluate --help`", "evaluate --help"),
    ("evaluate gelu 1 --format table -o x.txt", "json", "evaluate gelu 1 --format json -o {file}"),
    ("differentiate tanh 1 -n 0 --check", "--order 1", "differentiate tanh 1 --check --order 1 -q"),
    ("gradient-depth", "`actcli gradient-depth sigmoid`", "gradient-depth sigmoid"),
    ("gradient-depth sigmoid --lyers 2", "--layers", "gradient-depth sigmoid --layers 2"),
    ("gradient-depth sigmoid --init critical", "xavier", "gradient-depth sigmoid --init xavier --layers 2"),
    ("gradient-depth sigmoid --init critical", "he", "gradient-depth sigmoid --init he --layers 2"),
    ("gradient-depth sigmoid --data spirls", "spirals", "gradient-depth sigmoid --data spirals --layers 2"),
    ("gradient-depth sigmoid --fail-on vanish", "vanishing", "gradient-depth relu --layers 2 --fail-on vanishing"),
    ("gradient-depth relu --cure --steps 0", "--cure", "gradient-depth relu --steps 0"),
    ("collapse relu --layesr 3", "--layers", "collapse relu --layers 3"),
    ("collapse exp --layers 10", "try fewer layers", "collapse exp --layers 2"),
    ("approximate x 1/(x-x)", "try another --act", "approximate x --act relu"),
    ("approximate log(x)", "choose another --range", "approximate log(x) --range 1 2"),
    ("trace log(x) --seed 0", "try another --seed", "trace log(x) --seed 8"),
    ("gain tanh --sigma-b2 1", "--sigma-w2", "gain tanh --sigma-w2 1 --sigma-b2 1"),
    ("plot relu --at 9 --range 0 1", "range", "plot relu --at 1 --range 0 1"),
    ("plot relu --show density --at 1", "--show density", "plot relu --show density"),
    ("audit relu", "--emit-inputs FILE", "audit relu --dtype float16 --emit-inputs {file}"),
    ("help formula", "formulas", "help formulas"),
    ("help plto", "plot", "help plot"),
]
"""(refused command line, way out in its error message, command line with the way out)."""


@pytest.mark.parametrize(("wrong", "way_out", "right"), WAYS_OUT)
def test_a_way_out_works_as_it_is_printed(wrong: str, way_out: str, right: str, tmp_path: Path) -> None:
    message = complaint(*shlex.split(wrong))
    assert way_out in message
    if command := re.search(r"`actcli ([^`]*)`", message):
        assert command[1] == right
    words = shlex.split(right.replace("{file}", str(tmp_path / "file")))
    short = (
        ("--steps", "0") if words[0] == "gradient-depth" and "--steps" not in words else ()
    )  # training takes a while
    output(*words, *short)


def swapped(word: str) -> str:
    """The word with its second and third letter swapped, a typical typing error."""
    return word[0] + word[2] + word[1] + word[3:]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistyped_option_is_put_right_by_one_of_the_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: an option that there is not is met before anything is computed."""
    said: list[str] = []
    monkeypatch.setattr("actcli.cli.complain", said.append)
    own = {spelling for option in options(command) for spelling in option.opts}
    for name in sorted(spelling for spelling in own if len(set(spelling[3:5])) == 2):
        words = [command, *arguments(command), f"--{swapped(name[2:])}"]
        with pytest.raises(typer.TyperException) as error, program().make_context("actcli", words) as context:
            program().invoke(context)
        assert _exit_code(error.value) == 2
        message = said[-1]
        suggested = re.findall(r"--[\w-]+", message.partition("did you mean")[2])
        assert name in suggested, message
        assert set(suggested) <= own | {"--help"}, message


def test_a_mistyped_name_gets_a_suggestion_that_exists() -> None:
    tried = 0
    for name in CATALOGUE:
        if (wrong := swapped(name)) == name or understood(wrong):
            continue
        tried += 1
        message = refusal(wrong)
        suggested = re.findall(r"[\w-]+", message.partition("did you mean ")[2].replace(" or ", " "))
        assert suggested, message
        assert all(map(understood, suggested)), message
    assert tried >= 30


def understood(text: str) -> bool:
    return not refusal(text)


def refusal(text: str) -> str:
    try:
        resolve(text)
    except InputError as error:
        return str(error)
    return ""


def test_every_command_line_that_a_message_shows_can_be_typed() -> None:
    """All command lines in backticks in the source. (Lines completed at run time are tested above.)"""
    shown = set()
    for file in FOLDER.parent.rglob("*.py"):
        nodes = [*ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                shown |= set(re.findall(r"`actcli ([^`{}A-Z]+)`", node.value))
    assert {"list", "gradient-depth sigmoid"} <= shown
    for line in shown:
        words = shlex.split(line)
        output(*words, *(("--steps", "0") if words[0] == "gradient-depth" else ()))


def test_the_size_that_a_refusal_names_is_accepted(tmp_path: Path) -> None:
    """A page takes more lines than a chart."""
    acts = "relu", "tanh", "gelu", "silu", "mish", "elu"
    words: tuple[str | Path, ...] = "plot", *acts, "--at", "7.1", "--save", tmp_path / "p.pdf"
    refused = complaint(*words, "--size", "60x10")
    (lines,) = re.findall(r"takes (\d+) lines or more", refused)
    output(*words, "--size", f"60x{lines}")


def test_where_a_picture_is_refused_no_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "p.svg"
    assert "takes 20 columns or more" in complaint("compare", "tanh", "1e-40*x", "--size", "10x4", "--save", path)
    assert not path.exists()
    output("compare", "tanh", "relu", "--save", path)
    assert path.exists()
