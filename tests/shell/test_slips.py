"""Other names of options and commands: corrections, and names that are left alone."""

import shlex

import pytest

from actcli.cli import COMMANDS
from actcli.shell.slips import command_meant, put_right
from tests.cli.helpers import actcli, complaint, numbers, output
from tests.each import each

PLOT = {"--range": 2, "-r": 2, "--derivative": 0, "-d": 0, "--at": 1, "--save": 1, "--format": 1, "-f": 1, "--input": 1}
EVALUATE = {"--grid": 3, "--input": 1, "-i": 1, "--output": 1, "-o": 1, "--dtype": 1, "--format": 1, "-f": 1}
DEPTH = {
    "--act": 1,
    "-a": 1,
    "--layers": 1,
    "-l": 1,
    "--lr": 1,
    "--init": 1,
    "--norm": 1,
    "--steps": 1,
    "--width": 1,
    "--batch": 1,
    "--residual": 0,
    "--format": 1,
    "--seeds": 1,
    "--data": 1,
}


@each(
    ("typed", "meant"),
    [
        ("relu --xlim -2 2", "relu --range -2 2"),
        ("relu --xlim=-2,2", "relu --range -2 2"),
        ("relu --range=-2,2", "relu --range -2 2"),
        ("relu --range -2:2", "relu --range -2 2"),
        ("relu --range '[-2, 2]'", "relu --range -2 2"),
        ("relu -r -2,2", "relu -r -2 2"),
        ("relu --range=-2 2", "relu --range=-2 2"),  # as Typer reads it already
        ("relu -2 2", "relu --range -2 2"),
        ("relu gelu -2 2 -d", "relu gelu --range -2 2 -d"),
        ("relu --at 1 2", "relu --at 1 2"),
        ("relu --range −2 2", "relu --range -2 2"),
        ("relu -o x.svg", "relu --save x.svg"),
        ("relu --savefig=x.svg", "relu --save x.svg"),
        ("--activation relu --deriv", "relu --derivative"),
        ("--act=relu --json", "relu --format json"),
        ("relu --Format JSON", "relu --format JSON"),
        ("relu -derivative", "relu --derivative"),
        ("relu -d -d", "relu -d -d"),
        ("relu --frobnicate 3", "relu --frobnicate 3"),
        ("relu --epochs 3", "relu --epochs 3"),
        ("-- --xlim", "-- --xlim"),
    ],
)
def test_arguments_of_plot(typed: str, meant: str) -> None:
    assert put_right(shlex.split(typed), PLOT, ["acts"]) == shlex.split(meant)


@each(
    ("typed", "meant"),
    [
        ("relu −3 −1.5 2", "relu -3 -1.5 2"),
        ("relu −x", "relu −x"),
        ("relu -3", "relu -3"),
        ("relu -inf -nan -1e-3", "relu -inf -nan -1e-3"),
        ("relu -1,2", "relu -1,2"),
        ("relu --grid=-1,1,3", "relu --grid -1 1 3"),
        ("relu --linspace -1 1 3", "relu --grid -1 1 3"),
        ("relu --precision fp16 1", "relu --dtype float16 1"),
        ("relu --dtype e4m3 --tsv", "relu --dtype float8_e4m3fn --format tsv"),
        ("relu 1 -json -help", "relu 1 --format json --help"),
        ("relu 1 --no-colour", "relu 1 --color never"),
        ("relu --out y.npy", "relu --output y.npy"),
        ("relu --save y.npy", "relu --output y.npy"),
        ("relu -o y.npy", "relu -o y.npy"),
        ("--fn relu 3", "relu 3"),
        ("3 --fn relu", "relu 3"),
        ("3 relu", "relu 3"),
        ("-3 −4 relu --grid 0 1 2", "relu -3 -4 --grid 0 1 2"),
        ("3 relu gelu", "3 relu gelu"),
    ],
)
def test_arguments_of_evaluate(typed: str, meant: str) -> None:
    assert put_right(shlex.split(typed), EVALUATE, ["act", "x"]) == shlex.split(meant)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--activation sigmoid --depth 5 --learning-rate 0.1", "--act sigmoid --layers 5 --lr 0.1"),
        ("--act tanh --init kaiming", "--act tanh --init he"),
        ("--act tanh --init=Glorot", "--act tanh --init=xavier"),
        ("--act tanh --init kaiming_uniform", "--act tanh --init kaiming_uniform"),
        ("--act tanh --normalization LayerNorm --batch_size 32", "--act tanh --norm layer --batch 32"),
        ("-act tanh -layers 3", "--act tanh --layers 3"),
        ("--act he", "--act he"),
        ("--act tanh --skip --csv", "--act tanh --residual --format csv"),
    ],
)
def test_arguments_of_gradient_depth(typed: str, meant: str) -> None:
    assert put_right(shlex.split(typed), DEPTH, []) == shlex.split(meant)


MEANT = {
    "relu 3": "evaluate relu 3",
    "softmax 1 2 3": "evaluate softmax 1 2 3",
    "relu −3": "evaluate relu '−3'",
    "'x*tanh(x)' 1": "evaluate 'x*tanh(x)' 1",
    "nn.GELU() 1": "evaluate 'nn.GELU()' 1",
    "relu": "describe relu",
    "relu gelu": "compare relu gelu",
    "relu --range -1 1": "plot relu --range -1 1",
    "relu --grid -1 1 3": "evaluate relu --grid -1 1 3",
    "relu --order 2 1": "differentiate relu --order 2 1",
    "diff relu 3": "differentiate relu 3",
    "diff relu gelu": "compare relu gelu",
    "grad relu 3": "differentiate relu 3",
    "show relu": "describe relu",
    "info relu": "describe relu",
    "version": "--version",
    "ls": "list",
    "evalute relu 3": "evaluate relu 3",
    "Evaluate relu 3": "evaluate relu 3",
    "vs relu gelu": "compare relu gelu",
    "graph relu": "plot relu",
    "backprop": "trace",
    "approx 'sin(x)'": "approximate 'sin(x)'",
}


@each("typed", MEANT)
def test_a_command_that_there_is_not(typed: str) -> None:
    assert command_meant(shlex.split(typed), list(COMMANDS)) == f"actcli {MEANT[typed]}"


def test_commands_of_two_words_and_nonsense() -> None:
    meant = command_meant(shlex.split("gradient depth --act relu"), list(COMMANDS))
    assert meant == "actcli gradient-depth --act relu"
    assert command_meant(["frobnicate"], list(COMMANDS)) is None


@pytest.mark.parametrize("typed", ["relu 3", "softmax 1 2 3", "diff relu 3", "info relu", "version", "relu −3"])
def test_the_way_out_works_as_it_is_printed(typed: str) -> None:
    message = complaint(*shlex.split(typed))
    program, *words = shlex.split(message.split("`")[1])
    assert (program, actcli(*words).returncode) == ("actcli", 0)


def test_the_program_reads_other_names() -> None:
    assert numbers("evaluate", "--activation", "relu", "−3", "2") == [0.0, 2.0]
    assert numbers("evaluate", "3", "relu") == [3.0]
    assert output("evaluate", "relu", "1", "-f", "JSON", "--dtype", "Float32") == (
        output("evaluate", "relu", "1", "-f", "json", "--dtype", "float32")
    )
    assert output("code", "relu", "--to", "PyTorch") == output("code", "relu", "--to", "torch")
    assert output("describe", "relu", "--json") == output("describe", "relu", "--format", "json")
    assert output("plot", "relu", "--xlim=-2,2", "--csv") == output("plot", "relu", "-r", "-2", "2", "-f", "csv")
    assert output("plot", "relu,gelu", "--csv") == output("plot", "relu", "gelu", "--csv")
    typed = "gradient-depth --activation relu,tanh --depth 2 --learning-rate 0.1 --init kaiming --steps 1 --csv"
    meant = "gradient-depth --act relu --act tanh --layers 2 --lr 0.1 --init he --steps 1 --format csv"
    assert output(*typed.split()) == output(*meant.split())


@each(
    ("typed", "said"),
    [
        ("gradient-depth --act relu --epochs 3", "--steps N counts weight updates"),
        ("plot relu --xmin 3", "did you mean --range MIN MAX?"),
        ("--no-color list", "did you mean --color never?"),
        ("--colour never list", "did you mean --color?"),
        ("-help", "did you mean --help?"),
        ("evaluate relu --range 0 1", "did you mean --grid START STOP NUM?"),
        ("evaluate -x*2 4", "did you mean '(-x*2)'?"),
        ("evaluate relu -n5", "no such option: -n; see `actcli evaluate --help`"),
        ("evaluate relu 1 -f cvs", "; did you mean csv?"),
        ("evaluate relu --output --format 1", "--output takes FILE, and --format is an option"),
        ("gradient-depth --act --layers 20", "--act takes ACT, and --layers is an option"),
        ("gradient-depth relu --lr fast", "invalid value for '--lr': 'fast' is not a number"),
        ("gradient-depth relu --data Moon", "did you mean moons?"),
        ("gradient-depth relu --init he:2", "he takes no number: write he"),
        ("help JSON", "did you mean json?"),
        ("identify x +1", "unexpected argument: +1; did you mean 'x +1'?"),
        ("evaluate relu -i a -i b", "--input takes one file, and two are given"),
        ("plot relu --save a.svg --save=b.svg", "--save takes one file, and two are given"),
        ("plot relu --width 3", "no such option: --width; a picture takes --size 100x30"),
        ("gradient-depth relu --layers 1.5", "invalid value for '--layers' / '-l': '1.5' is not a whole number"),
        ("lesson 0", "0 is not in the range 1<=STEP<="),
        ("--act sigmoid --layers 20", "did you mean `actcli gradient-depth --act sigmoid --layers 20`?"),
    ],
)
def test_what_has_no_other_name_gets_a_hint(typed: str, said: str) -> None:
    assert said in complaint(*typed.split())


def test_softmax_is_for_the_output_layer() -> None:
    for name in ("softmax", "log_softmax", "sparsemax"):
        said = complaint("gradient-depth", "--act", name)
        assert said.startswith(f"{name} works on whole rows")
        assert "it belongs to the output layer of a classifier" in said
    assert "output layer" not in complaint("gradient-depth", "--act", "glu")
