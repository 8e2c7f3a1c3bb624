"""Completion scripts: the printed texts, and Tab in real shells."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.helpers import actcli
from tests.shell.shells import COMPLETIONS, SHELLS, Shell

SCRIPTS = {"bash": "actcli.bash", "zsh": "_actcli", "fish": "actcli.fish"}


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One shell for all tests; each test leaves its line empty."""
    shell = Shell(request.param, tmp_path_factory.mktemp(request.param))
    yield shell
    shell.process.close(force=True)


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_in_the_repository_is_the_one_that_the_program_prints(shell: str) -> None:
    file = COMPLETIONS / SCRIPTS[shell]
    printed = actcli("--show-completion", shell)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert file.read_text(encoding="utf-8") == printed.stdout, (
        f"{file.name} is stale; renew it: actcli --show-completion {shell} > completions/{file.name}"
    )


def completes(shell: Shell, lines: dict[str, str]) -> None:
    """Check that each line, which may contain Tabs, becomes these words."""
    for line, expected in lines.items():
        assert shell.enter(line) == expected.split("|"), line


def test_tab_lists_the_commands(shell: Shell) -> None:
    shell.list_candidates("", {"list", "evaluate", "differentiate", "plot", "compare", "gradient-depth"})


def test_tab_lists_the_options_of_a_command(shell: Shell) -> None:
    shell.list_candidates("gradient-depth --", {"--act", "--layers", "--init", "--lr", "--quiet", "--format", "--help"})


def test_commands_and_options_are_completed_with_a_blank_after_them(shell: Shell) -> None:
    completes(
        shell,
        {
            "eva\t.": "evaluate|.",
            "grad\t.": "gradient-depth|.",
            "--vers\t.": "--version|.",
            "evaluate --gr\t.": "evaluate|--grid|.",
            "evaluate relu -3 0 --gr\t.": "evaluate|relu|-3|0|--grid|.",
            "gradient-depth --qui\t.": "gradient-depth|--quiet|.",
        },
    )


def test_the_values_of_options_are_completed(shell: Shell) -> None:
    completes(
        shell,
        {
            "--show-completion fi\t.": "--show-completion|fish|.",
            "evaluate relu --format js\t.": "evaluate|relu|--format|json|.",
            "evaluate relu --format=js\t.": "evaluate|relu|--format=json|.",
            "evaluate relu -3 --dtype bf\t.": "evaluate|relu|-3|--dtype|bfloat16|.",
            "list -f js\t.": "list|-f|json|.",
            "gradient-depth --init xav\t.": "gradient-depth|--init|xavier|.",
            "gradient-depth --data mo\t.": "gradient-depth|--data|moons|.",
            "gradient-depth --fail-on van\t.": "gradient-depth|--fail-on|vanishing|.",
            "gradient-depth --norm ba\t.": "gradient-depth|--norm|batch|.",
            "list --family ga\t.": "list|--family|gated|.",
            "audit tanh --against sc\t.": "audit|tanh|--against|scipy|.",
            "help js\t.": "help|json|.",
            "help evalu\t.": "help|evaluate|.",
        },
    )


def test_names_and_aliases_of_activations_are_completed_wherever_one_is_taken(shell: Shell) -> None:
    completes(
        shell,
        {
            "evaluate leaky\t.": "evaluate|leaky_relu|.",
            "evaluate --format json leaky\t.": "evaluate|--format|json|leaky_relu|.",
            "plot relu logis\t.": "plot|relu|logistic|.",
            "compare relu sigm\t.": "compare|relu|sigmoid|.",
            "describe sinere\t.": "describe|sinerelu|.",  # of the literature
            "plot relu --order 1 SoftsignRR\t.": "plot|relu|--order|1|SoftsignRReLU|.",
            "gradient-depth --act sigm\t.": "gradient-depth|--act|sigmoid|.",
            "gradient-depth --act=sigm\t.": "gradient-depth|--act=sigmoid|.",
        },
    )


def test_parameters_of_activations_are_completed_ready_for_the_number(shell: Shell) -> None:
    completes(
        shell,
        {
            "evaluate leaky_relu:\t0.2": "evaluate|leaky_relu:negative_slope=0.2",
            "plot relu elu:al\t0.5": "plot|relu|elu:alpha=0.5",
            "gradient-depth --act leaky_relu:\t0.2": "gradient-depth|--act|leaky_relu:negative_slope=0.2",
        },
    )


def test_files_are_completed_after_input_and_output(shell: Shell) -> None:
    completes(
        shell,
        {
            "evaluate relu --input numb\t.": "evaluate|relu|--input|numbers.txt|.",
            "evaluate relu --input=numb\t.": "evaluate|relu|--input=numbers.txt|.",
            "evaluate relu -i two\t.": "evaluate|relu|-i|two words.txt|.",
            "differentiate relu --output resu\tx": "differentiate|relu|--output|results/x",
        },
    )


def test_numbers_are_not_completed_to_activations_or_files(shell: Shell) -> None:
    completes(
        shell,
        {
            "evaluate relu sigm\t.": "evaluate|relu|sigm.",
            "differentiate --order sigm\t.": "differentiate|--order|sigm.",
            "evaluate relu --grid numb\t.": "evaluate|relu|--grid|numb.",
        },
    )


QUOTES = ["'", '"']


@pytest.mark.parametrize("quote", QUOTES)
def test_the_last_name_of_a_formula_is_completed_and_the_formula_goes_on(shell: Shell, quote: str) -> None:
    """The quote stays open without a blank, so that the next characters belong to the formula."""
    for command in (
        *("plot ", "evaluate ", "compare relu ", "gradient-depth --act ", "gradient-depth --act=", "collapse -a "),
        *("approximate ", "--color never plot ", "plot --range -3 3 --at 1 ", "plot 'x * 2' "),
    ):
        for typed, becomes in {
            "x * sigm": "x * sigmoid",
            "gelu - gelu_t": "gelu - gelu_tanh",
            "x*(1 + tan": "x*(1 + tan",  # tan, tanh and tanh_shrink
            "max(0, hard_sw": "max(0, hard_swish",
            "(x + arcsi": "(x + arcsin",
            "1.702*x if x > 0 else expm": "1.702*x if x > 0 else expm1",
            "sigmoi": "sigmoid",
        }.items():
            line = f"actcli {command}{quote}{typed}"
            assert shell.line_after(f"{line}\t") == line + becomes.removeprefix(typed)


def test_a_formula_in_backslashes_or_within_other_quotes_is_completed_too(shell: Shell) -> None:
    for typed, rest in {
        r"plot x\ \*\ sigm": "oid",
        r"plot x*sigm": "oid",
        r"plot 'x * 'sigm": "oid",
        r"plot x' * sigm": "oid",
        r"plot x\*\(gelu_t": "anh",
        r"gradient-depth --act=x\ \*\ sigm": "oid",
    }.items():
        assert shell.line_after(f"actcli {typed}\t") == f"actcli {typed}{rest}"


def test_where_no_name_of_a_formula_is_typed_tab_does_nothing(shell: Shell) -> None:
    for typed in (
        *("plot 'x * ", "plot 'sigmoid(x)", "plot 'x*1e", "plot 'x*2.e", "plot 'x * softm", "plot 'x*nothing"),
        *("plot 'w*x:w=", "plot 'w*x:sigm", "evaluate 'x*2' sigm", "evaluate relu 'sigm", "plot 'x * SIGM"),
    ):
        assert shell.line_after(f"actcli {typed}\t") == f"actcli {typed}"


def test_the_second_parameter_is_completed_too(shell: Shell) -> None:
    completes(shell, {"plot threshold:threshold=1,va\t2": "plot|threshold:threshold=1,value=2"})


def test_what_is_offered_is_valid(shell: Shell) -> None:
    """No parameter twice, no row-wise activation for a curve, no option after --, no name for a variable."""
    for typed, rest in {
        "plot elu:alpha=": "",
        "plot elu:alpha=0.5,": "",
        "plot hard_tanh:min_val=1,": "max_val=",
        "gain softma": "",
        "compare relu softma": "",
        "gradient-depth --act softma": "",
        "evaluate relu -- --f": "",
        "evaluate -- leaky": "_relu ",
        "evaluate $aco": "",
        "plot $'x * sigm": "oid",
        "trace relu mis": "",
        "boundary --init gau": "ssian:",
        "approximate 'sin(x)' mis": "h ",
        "approximate 'sin(x)' relu mis": "",
    }.items():
        assert shell.line_after(f"actcli {typed}\t") == f"actcli {typed}{rest}"


def test_row_wise_activations_are_offered_to_the_commands_that_take_them() -> None:
    script = (COMPLETIONS / "actcli.bash").read_text(encoding="utf-8")
    more = {"code": ["--to", "c"], "compare": ["relu"]}
    for command, candidates in re.findall(r'"([a-z-]+) "\*\) .*candidates=(ACT|ELEMENTWISE)', script):
        refused = "on whole rows" in actcli(command, "softmax", *more.get(command, [])).stderr
        assert refused == (candidates == "ELEMENTWISE"), command


def test_options_are_told_from_their_values(shell: Shell) -> None:
    completes(
        shell,
        {
            "--color ne\t.": "--color|never|.",
            "--color never pl\t.": "--color|never|plot|.",
            "evaluate --grid 0 1 sigm\t.": "evaluate|--grid|0|1|sigm.",
            "evaluate --grid 0 1 5 sigm\t.": "evaluate|--grid|0|1|5|sigmoid|.",
            "evaluate -i relu sigm\t.": "evaluate|-i|relu|sigmoid|.",
            "evaluate relu --dtype 'floa\t64'": "evaluate|relu|--dtype|float64",
        },
    )


def test_files_with_blanks_are_completed_in_every_quote(shell: Shell) -> None:
    completes(
        shell,
        {
            r"evaluate relu -i my\ dir/lo" + "\t.": "evaluate|relu|-i|my dir/logits.csv|.",
            "evaluate relu -i 'my dir/lo\t": "evaluate|relu|-i|my dir/logits.csv",
            'evaluate relu -o "my dir/lo\t': "evaluate|relu|-o|my dir/logits.csv",
            r"evaluate relu --input=my\ d" + "\tlo\t.": "evaluate|relu|--input=my dir/logits.csv|.",
            "gradient-depth --data two\t.": "gradient-depth|--data|two words.txt|.",
        },
    )


@pytest.mark.parametrize("quote", QUOTES)
def test_a_file_in_quotes_behind_an_equals_sign(shell: Shell, quote: str) -> None:
    line = f"actcli evaluate relu --input={quote}my dir/logits.csv"
    assert shell.line_after(f"actcli evaluate relu --input={quote}my dir/l\t").rstrip(f" {quote}") == line


def test_files_are_completed_in_redirections(shell: Shell) -> None:
    for typed in ("< two", "<two", "> two", ">> two", "2> two", "2>two", "> out < two"):
        line = shell.line_after(f"actcli evaluate relu {typed}\t")
        assert line == f"actcli evaluate relu {typed}\\ words.txt "
    assert shell.line_after("actcli plot 'x*2' < numbers.txt sigm\t") == "actcli plot 'x*2' < numbers.txt sigmoid "


def test_parameters_are_completed_for_those_whose_words_do_not_break_at_colons(tmp_path: Path) -> None:
    shell = Shell("bash", tmp_path)
    shell.process.send("COMP_WORDBREAKS=' '\r")
    shell.expect("ready> ")
    completes(shell, {"evaluate leaky_relu:\t0.2": "evaluate|leaky_relu:negative_slope=0.2"})
    shell.process.close(force=True)
