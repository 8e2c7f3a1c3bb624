"""Behaviour of all commands: errors, colour, pipes, signals, progress."""

import os
import re
import shlex
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pexpect
import pyte
import pytest

from actcli.cli import COMMANDS, _exit_code, load
from tests.cli.helpers import (
    AT_ONCE,
    HASTY,
    PATIENCE,
    PROGRAM,
    actcli,
    complaint,
    environment,
    examples,
    help_of,
    in_terminal,
    output,
    spawn,
    terminal_as_stderr,
    wait_until,
)
from tests.each import each

A_LONG_TRAINING = ("gradient-depth", "--act", "relu", "--layers", "100", "--width", "16", "--steps", "100000")
ITS_PROGRESS = "of 100000"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
A_TRAINING = ("gradient-depth", "--act", "tanh", "--layers", "20", "--steps", "6", "--format", "json")
EXAMPLES = examples()
# The same examples with less work, for tests that do not depend on the amount of work.
QUICK = EXAMPLES | {
    "identify": ["identify", "2*x"],
    "code": ["code", "w*x:w=1.5", "--to", "jax", "--learnable"],
    "gain": ["gain", "relu"],
    "phase": ["phase", "relu", "--measure", "--cells", "2x2", "--depths", "2", "5", "--steps", "2", "--width", "4"],
    "audit": ["audit", "tanh", "sin", "--against", "numpy", "--dtype", "float16"],
    "gradient-depth": ["gradient-depth", "tanh", "--layers", "3", "--width", "4", "--batch", "8", "--steps", "2"],
    "boundary": ["boundary", "identity", "tanh", "--steps", "2"],
    "collapse": ["collapse", "relu", "tanh", "--layers", "2"],
}


# --- errors ----------------------------------------------------------------------------------------------------


@each(
    ("line", "message"),
    [
        ("evaluate rleu 1", "no activation 'rleu'; did you mean relu"),
        ("evaluate nonsense 1", "no activation 'nonsense'; `actcli list` shows all of them"),
        ("evaluate zzzz 1", "no activation 'zzzz'; `actcli list` shows all of them"),
        ("gradient-depth --act nonsense", "no activation 'nonsense'"),
        ("evaluate leaky_relu:steep=2 1", "leaky_relu has negative_slope, not 'steep'"),
        ("evaluate elu:alpha=x 1", "alpha must be a number, not 'x'"),
        ("evaluate relu 3x", "not a number: '3x'"),
        ("evaluate relu --input /missing", "/missing: No such file or directory"),
        ("evaluate relu --input /", "/: Is a directory"),
        ("evaluate relu --gird -3 3 7", "no such option: --gird; did you mean --grid?"),
        ("differentiate relu --oder 2 1", "--oder"),
        ("plot relu -y", "no such option: -y; see `actcli plot --help`"),
        ("evaluate -x 1", "no such option: -x; did you mean '(-x)'?"),
        ("compare relu -tanh(x)", "; did you mean '(-tanh(x))'?"),
        ("collapse -x", "no such option: -x; did you mean '(-x)'?"),
        ("evaluate relu 1 --order 2", "no such option: --order; see `actcli evaluate --help`"),
        ("collapse --layers 2.5", "'2.5' is not a whole number"),
        ("describe relu tanh", "tanh; see `actcli describe --help`"),
        ("nonsense", "there is no command 'nonsense'; `actcli --help` lists them"),
        ("evaluate relu -3 --layers 2", "--layers"),
        ("evaluate relu --grid 0 1", "--grid"),
        ("evaluate relu --grid 0 1 2.5", "--grid"),
        ("evaluate relu 1 --format jsn", "jsn"),
        ("evaluate relu 1 --format", "--format takes auto|table|plain|csv|tsv|json|npy"),
        ("evaluate", "missing argument 'ACT'; see `actcli evaluate --help`"),
        ("plot", "ACT"),
        ("evalute relu 1", "there is no command 'evalute'; did you mean `actcli evaluate relu 1`?"),
        ("--verson", "no such option: --verson; did you mean --version?"),
        ("plot sigmod(x)", "of the formula 'sigmod(x)'; did you mean sigmoid?"),
        ("plot floor(x)", "of the formula 'floor(x)'; `actcli help formulas` names those that there are"),
    ],
)
def test_bad_input_is_one_line_that_says_what_is_wrong_and_exit_code_2(line: str, message: str) -> None:
    assert message in complaint(*line.split())


@pytest.mark.parametrize("line", ["", "evaluate", "gradient-depth"])
def test_help_has_a_short_spelling(line: str) -> None:
    assert output(*line.split(), "-h") == output(*line.split(), "--help")


def test_help_tells_that_a_formula_is_an_activation() -> None:
    for command in ("describe", "evaluate", "differentiate", "plot", "compare", "gain", "audit"):
        assert "formula" in help_of(command).partition("Arguments:")[2].partition("Options:")[0], command


def test_help_names_counts_and_numbers_alike() -> None:
    for command in COMMANDS:
        shown = help_of(command)
        assert not re.search(r"<(int|float|text)\b", shown), shown


def test_an_unreadable_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xff\x00")
    assert complaint("evaluate", "relu", "-i", binary).startswith(f"{binary}, line 1: not text")
    truncated = tmp_path / "truncated.npy"
    truncated.write_bytes(b"\x93NUMPY\x01\x00v\x00{'descr'")
    assert complaint("evaluate", "relu", "-i", truncated).startswith(f"{truncated}: ")


def test_more_memory_than_there_is_is_refused() -> None:
    for size in ("--width", "--batch", "--layers"):
        assert complaint("gradient-depth", "--act", "relu", size, "99999999999999"), size
    # A row, and its Jacobian, must fit into memory: 8 TB each here.
    assert "memory" in complaint("evaluate", "softmax", "--grid", "0", "1", str(10**12))
    assert "memory" in complaint("differentiate", "softmax", "--grid", "0", "1", str(10**6))


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("actcli.cli.complain", said.append)
    assert _exit_code(ModuleNotFoundError("No module named 'mpmath.libmp'", name="mpmath.libmp")) == 2
    assert said == ["mpmath, which actcli needs, is not installed: pip install mpmath"]
    assert _exit_code(ImportError("libtiff.so.5: cannot open\nshared object", name="PIL._imaging")) == 2
    assert said[1] == "a package that actcli needs is broken; reinstall it: libtiff.so.5: cannot open shared object"
    with pytest.raises(ImportError):  # a bug in actcli
        _exit_code(ImportError("cannot import name 'x' from 'actcli.core'", name="actcli.core"))
    with pytest.raises(ModuleNotFoundError):
        _exit_code(ModuleNotFoundError("No module named 'actcli.nothing'", name="actcli.nothing"))


def test_an_error_is_one_line_and_moves_no_cursor_whatever_the_names_hold(tmp_path: Path) -> None:
    named = complaint("evaluate", "relu", "--input", tmp_path / "a\nb\x1b[2J.txt")
    assert named.endswith(r"a\nb\x1b[2J.txt: No such file or directory")
    assert r"'a\nb\x1b=1'" in complaint("evaluate", "elu:a\nb\x1b=1", "1")


def test_memory_is_bounded_by_what_there_is() -> None:
    """A result that is too large gives an error message instead of a kill by the kernel (OOM)."""
    program = """if True:
        import os, resource
        from actcli.process import bound_memory
        resource.setrlimit(resource.RLIMIT_DATA, (eval(os.environ["LIMIT"]), resource.RLIM_INFINITY))
        bound_memory()
        print(*resource.getrlimit(resource.RLIMIT_DATA))
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit, most in {"resource.RLIM_INFINITY": memory, "1 << 30": 1 << 30}.items():
        command = [sys.executable, "-c", program]
        run = subprocess.run(command, capture_output=True, env=environment({"LIMIT": limit}), text=True, check=True)
        bound, hard = map(int, run.stdout.split())
        assert 0 < bound <= most
        assert hard == -1, "what the user may still raise is left alone"


def test_an_error_in_a_terminal_is_the_same_one_line() -> None:
    terminal = in_terminal("evaluate", "rleu", "1")
    assert terminal.exit_code == 2
    assert terminal.lines == [actcli("evaluate", "rleu", "1").stderr.rstrip("\n")]


def test_the_package_is_the_program_too() -> None:
    command = [sys.executable, "-m", "actcli", "evaluate", "relu", "-3", "0", "3"]
    run = subprocess.run(command, capture_output=True, env=environment(), text=True, timeout=PATIENCE)
    assert (run.returncode, run.stdout, run.stderr) == (0, "0.0\n0.0\n3.0\n", "")


def test_help_and_version_go_to_stdout() -> None:
    assert re.fullmatch(r"actcli \d+\.\d+\.\d+\S*\n", output("--version"))
    overview = output("--help")
    for command, (_, summary) in COMMANDS.items():
        assert " ".join(f"{command} {summary}".split()) in " ".join(overview.split())


@each("command", COMMANDS)
def test_the_help_of_a_command_has_its_options_and_an_example(command: str) -> None:
    help_text = help_of(command)
    assert help_text.startswith(f"Usage: actcli {command} ")
    assert ("--format" in help_text) == (command != "help")
    assert f"Example: actcli {command}" in help_text
    assert max(map(len, help_text.splitlines())) <= 80


@pytest.mark.parametrize("command", [name for name in EXAMPLES if name != "gradient-depth"])  # it has its own tests
def test_the_example_works(command: str) -> None:
    assert output(*EXAMPLES[command])


# --- colour and characters -------------------------------------------------------------------------------------


COLOURFUL = {
    "list": ("list",),
    "evaluate": ("evaluate", "softmax", "1", "2", "3"),
    "plot": ("plot", "relu", "tanh"),
    "compare": ("compare", "gelu", "silu"),
    "gradient-depth": ("gradient-depth", "sigmoid", "--layers", "3", "--width", "4", "--batch", "8", "--steps", "1"),
}


@pytest.mark.parametrize("command", COLOURFUL)
def test_colour_is_for_terminals_and_for_those_who_ask_for_it(command: str) -> None:
    args = [*COLOURFUL[command], *(["--format", "table"] if command in ("list", "evaluate") else [])]
    assert in_terminal(*args).colours
    assert not in_terminal(*args, env={"NO_COLOR": "1"}).colours
    assert "\x1b" not in output(*args)
    assert "\x1b[" in output(*args, env={"FORCE_COLOR": "1"})


# Codes sent to terminals by number of colours: bold, end of colours, and the colours.
OF_ANY = r"1|0|39"
OF_8, OF_16 = rf"{OF_ANY}|3[0-7]", rf"{OF_ANY}|3[0-7]|9[0-7]"
OF_256 = rf"{OF_16}|38;5;\d+"


@pytest.mark.parametrize(
    ("environ", "codes"),
    [
        ({"TERM": "linux"}, OF_8),
        ({"TERM": "xterm"}, OF_8),
        ({"TERM": "xterm-16color"}, OF_16),
        ({"TERM": "xterm-256color"}, OF_256),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, OF_256),
        ({"TERM": "vt100"}, None),
        ({"TERM": "vt220", "COLORTERM": "truecolor"}, None),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, None),
    ],
)
@pytest.mark.parametrize("command", COLOURFUL)
def test_a_terminal_is_sent_the_codes_of_its_colours(command: str, environ: dict[str, str], codes: str | None) -> None:
    args = [*COLOURFUL[command], *(["--format", "table"] if command in ("list", "evaluate") else [])]
    sent = {code for sequence in in_terminal(*args, env=environ).colours for code in [sequence[2:-1]]}
    if codes is None:
        assert sent == set()
    else:
        assert sent
        assert [code for code in sent if not re.fullmatch(rf"({codes})(;({codes}))*", code)] == []


@pytest.mark.parametrize("command", COLOURFUL)
def test_color_says_what_the_environment_would_say(command: str) -> None:
    args = [*COLOURFUL[command], *(["--format", "table"] if command in ("list", "evaluate") else [])]
    assert not in_terminal(*args, "--color", "never").colours
    assert not in_terminal("--color", "never", *args, env={"FORCE_COLOR": "1"}).colours
    assert "\x1b[" in output(*args, "--color", "always")
    assert "\x1b[" in output("--color=always", *args, env={"NO_COLOR": "1"})
    assert output(*args, "--color", "auto") == output(*args)


@each("command", QUICK)
def test_a_dumb_terminal_gets_no_codes_at_all(command: str) -> None:
    terminal = in_terminal(*QUICK[command], env={"TERM": "dumb"})
    assert terminal.exit_code == 0
    assert "\x1b" not in terminal.sent


def formats(command: str) -> list[str]:
    choices = {choice for option in load(command).params for choice in getattr(option.type, "choices", ())}
    return sorted(choices & {"table", "plain", "csv", "json", "chart"})


@pytest.mark.parametrize("form", ["table", "chart", "plain", "csv", "json"])
@pytest.mark.parametrize("command", QUICK)
def test_a_format_that_is_asked_for_is_the_same_text_with_and_without_a_terminal(command: str, form: str) -> None:
    if form in formats(command):
        args = [*QUICK[command], "--format", form]
        terminal = in_terminal(*args, env={"NO_COLOR": "1"}, errors=False)
        assert terminal.sent.replace("\r\n", "\n") == output(*args)
        assert terminal.exit_code == 0


@each(("command", "encoding"), [*product(QUICK, ["ascii"]), ("plot", "latin-1"), ("phase", "latin-1")])
def test_an_encoding_without_the_characters_of_a_picture_gets_ascii(command: str, encoding: str) -> None:
    assert output(*QUICK[command], env={"PYTHONIOENCODING": encoding}).isascii()


@pytest.mark.parametrize("command", COLOURFUL)
def test_a_locale_without_unicode_gets_ascii(command: str) -> None:
    args = [*COLOURFUL[command], *(["--format", "table"] if command in ("list", "evaluate", "gradient-depth") else [])]
    text = output(*args, env={"LC_ALL": "C"})
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    terminal = in_terminal(*args, env={"LC_ALL": "C"})
    assert terminal.exit_code == 0
    assert terminal.sent.isascii()
    assert [line for line in terminal.lines if line] == [line for line in text.splitlines() if line]


@each("command", QUICK)
def test_twenty_columns_of_ascii(command: str) -> None:
    text = output(*QUICK[command], env={"LC_ALL": "C", "COLUMNS": "20"})
    # Code and commands are not folded, because they are meant for copying.
    text = re.sub(r"^(PyTorch|JAX|\$) .*\n", "", text, flags=re.MULTILINE)
    if not _is_plain(command):
        assert max(map(len, text.splitlines())) <= 20


def _is_plain(command: str) -> bool:
    """Whether the command's example prints only numbers or code in a pipe, without layout."""
    return command in ("evaluate", "differentiate", "list", "help", "code")


def test_errors_show_names_beyond_ascii_in_any_locale() -> None:
    assert "ñandú" in complaint("evaluate", "ñandú", "1")
    assert complaint("evaluate", "ñandú", "1", env={"LC_ALL": "C"}).isascii()


# --- pipes -----------------------------------------------------------------------------------------------------


def test_a_reader_that_has_seen_enough_ends_the_program_quietly() -> None:
    for command, first in {
        "evaluate relu --grid 1 1000000 1000000": "1.0",
        "list": "identity",
        "plot relu": "relu on [-6, 6]",
    }.items():
        pipeline = f'"$0" {command} | head -1; echo "${{PIPESTATUS[*]}}"'
        run = subprocess.run(
            ["bash", "-c", pipeline, PROGRAM], capture_output=True, env=environment(), text=True, timeout=PATIENCE
        )
        assert run.stdout == f"{first}\n0 0\n"
        assert run.stderr == ""


@pytest.mark.parametrize("command", ["evaluate relu 1", "list", "plot relu", "list --format json", "--help"])
def test_a_pipe_that_nobody_reads_is_no_error(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [PROGRAM, *command.split()], stdout=writer, stderr=subprocess.PIPE, env=environment(), timeout=PATIENCE
    )
    os.close(writer)
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize(
    "command",
    ["evaluate relu 1", "list", "plot relu", "compare relu tanh --format csv", "identify 'x*sin(x)'", "--help"],
)
@pytest.mark.parametrize(
    ("redirection", "reason"), [("> /dev/full", "No space left on device"), (">&-", "stdout is closed")]
)
def test_an_output_that_cannot_be_written_is_one_line_and_exit_code_2(
    command: str, redirection: str, reason: str
) -> None:
    line = f'"$0" {command} {redirection}'
    run = subprocess.run(
        ["bash", "-c", line, PROGRAM], stderr=subprocess.PIPE, env=environment(), text=True, timeout=PATIENCE
    )
    assert run.returncode == 2, run.stderr
    assert re.fullmatch(f"actcli: [^\n]*{reason}\n", run.stderr)


@pytest.mark.parametrize(
    ("line", "stdout", "exit_code"),
    [("evaluate rleu 1", "", 2), ("evaluate relu 1", "1.0\n", 0), ("differentiate relu 1 --check", "1.0\n", 0)],
)
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&- 2>&-"])
def test_a_stderr_that_takes_nothing_changes_nothing_else(
    line: str, stdout: str, exit_code: int, redirection: str
) -> None:
    command = ["bash", "-c", f'"$0" {line} {redirection}', PROGRAM]
    run = subprocess.run(command, stdout=subprocess.PIPE, env=environment(), text=True, timeout=PATIENCE)
    assert (run.returncode, run.stdout) == (exit_code, stdout)


@pytest.mark.parametrize("name", ["out.txt", "out.csv", "out.npy", "out.json"])
def test_a_disk_that_fills_up_leaves_no_file(name: str, tmp_path: Path) -> None:
    command = f'ulimit -f 8; "$0" evaluate relu --grid 0 1 50000 --output {name}'
    run = subprocess.run(
        ["bash", "-c", command, PROGRAM], capture_output=True, env=environment(), cwd=tmp_path, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"actcli: {name}: File too large\n")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_may_not_be_written(way_for_all: Path) -> None:
    """In a process that gives up root's rights after the imports; root may write anywhere."""
    (way_for_all / "out.npy").write_bytes(b"old")
    way_for_all.chmod(0o555)
    program = """if True:
        import os, sys
        import actcli.cli, actcli.commands.evaluate, actcli.streams.npy
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        sys.argv = ["actcli", "evaluate", "relu", "1", *sys.argv[1:]]
        actcli.cli.main()
    """
    for arguments, result in {
        (): (0, "1.0\n", ""),
        ("--output", "new.npy"): (2, "", "actcli: new.npy: Permission denied\n"),
        ("--output", "out.npy"): (2, "", "actcli: out.npy: Permission denied\n"),
    }.items():
        command = [sys.executable, "-c", program, *arguments]
        run = subprocess.run(command, capture_output=True, env=environment(), cwd=way_for_all, text=True, check=False)
        assert (run.returncode, run.stdout, run.stderr) == result
    assert (way_for_all / "out.npy").read_bytes() == b"old"


# --- signals ---------------------------------------------------------------------------------------------------


ENDINGS = [(signal.SIGHUP, 129), (signal.SIGQUIT, 131), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "exit_code"), ENDINGS)
def test_a_signal_ends_a_training_with_its_exit_code_and_gives_the_cursor_back(number: int, exit_code: int) -> None:
    with terminal_as_stderr(*A_LONG_TRAINING) as (process, stderr):
        stderr.expect_exact(ITS_PROGRESS)
        process.send_signal(number)
        stderr.expect(pexpect.EOF)
        assert "Traceback" not in stderr.before
        assert stderr.before.rfind(SHOW_CURSOR) > stderr.before.rfind(HIDE_CURSOR)
        assert SHOW_CURSOR in stderr.before
        assert process.communicate(timeout=PATIENCE)[0] == ""
        assert process.returncode == exit_code


def test_the_program_runs_where_there_are_no_such_signals() -> None:
    """As on Windows, which has SIGTERM only."""
    program = """if True:
        import signal, sys
        del signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP
        sys.argv = ["actcli", "evaluate", "relu", "1"]
        from actcli.cli import main
        main()
    """
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, env=environment(), text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "1.0\n", "")


def test_control_z_gives_the_shell_its_cursor_and_fg_brings_the_live_view_back() -> None:
    shell = spawn(["bash", "--norc", "--noprofile", "-i"], (80, 24), environment({"PS1": "ready> "}))
    shell.expect_exact("ready> ")
    shell.send(shlex.join([*AT_ONCE, *A_LONG_TRAINING]) + "\r")
    shell.expect_exact(HIDE_CURSOR)
    for _ in range(2):
        shell.expect_exact(ITS_PROGRESS)
        shell.send("\x1a")
        shell.expect_exact("Stopped")
        screen = pyte.Screen(80, 24)
        pyte.Stream(screen).feed(HIDE_CURSOR + shell.before)
        assert not screen.cursor.hidden
        assert not any("gradient of each" in line for line in screen.display), "the view is wiped out"
        shell.expect_exact("ready> ")
        shell.send("bg\r")  # in the background it draws nothing
        shell.expect_exact("ready> ")
        shell.send("echo still 'here'\r")
        shell.expect_exact("still here")
        assert HIDE_CURSOR not in shell.before
        shell.send("fg\r")
        shell.expect_exact(HIDE_CURSOR)
    shell.sendintr()
    shell.expect_exact("interrupted after")
    shell.close(force=True)


def test_a_terminal_that_is_gone_ends_the_program_and_no_file_is_left_behind(tmp_path: Path) -> None:
    command = [PROGRAM, "evaluate", "relu", "--input", "-", "--output", str(tmp_path / "out.npy")]
    process = spawn(command, (80, 24), environment())
    process.send("1\r")
    wait_until(lambda: list(tmp_path.iterdir()))
    os.close(process.child_fd)
    wait_until(lambda: not process.ptyproc.isalive())
    assert process.ptyproc.exitstatus == 129
    assert list(tmp_path.iterdir()) == []


def test_control_c_leaves_a_clean_terminal() -> None:
    terminal = in_terminal(*A_LONG_TRAINING, interrupt_at=ITS_PROGRESS, env=HASTY)
    assert terminal.exit_code == 130
    assert "Traceback" not in terminal.sent
    assert not terminal.screen.cursor.hidden
    assert terminal.lines[0].startswith("relu, he initialisation, 100 hidden layers: ")
    assert re.fullmatch(r"actcli: interrupted after [\d,]+ of 100,000 steps", terminal.lines[-1])
    assert "logarithmic scale" not in " ".join(terminal.lines), "nothing of the live view is left"


@pytest.mark.parametrize(("number", "exit_code"), [*ENDINGS, (signal.SIGINT, 130)])
def test_a_signal_ends_a_stream_and_no_file_is_left_behind(number: int, exit_code: int, tmp_path: Path) -> None:
    command = [PROGRAM, "evaluate", "relu", "--output", str(tmp_path / "out.npy")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True
    ) as process:
        assert process.stdin
        process.stdin.write("1\n")
        process.stdin.flush()
        wait_until(lambda: list(tmp_path.iterdir()))
        assert [path.name == "out.npy" for path in tmp_path.iterdir()] == [False]
        # Python delays a signal that comes in the last microseconds before a read until that read ends.
        state = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "S")
        process.send_signal(number)
        assert process.wait(PATIENCE) == exit_code
        assert process.communicate() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_stays_ignored_where_it_was(number: signal.Signals, tmp_path: Path) -> None:
    """nohup ignores SIGHUP; & in a shell script ignores SIGINT and SIGQUIT."""
    command = [PROGRAM, "evaluate", "relu", "--output", str(tmp_path / "out.txt")]
    with subprocess.Popen(
        ["bash", "-c", f'trap "" {number.name}; exec "$@"', "bash", *command],
        stdin=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        assert process.stdin
        process.stdin.write("-1\n" * 200_000)  # more than a pipe holds, so most of it has been read when this returns
        process.stdin.flush()
        process.send_signal(number)
        process.stdin.write("2\n")
    assert process.returncode == 0
    assert (tmp_path / "out.txt").read_text() == "0.0\n" * 200_000 + "2.0\n"


@pytest.mark.parametrize("module", ["signal", "typing", "typer", "numpy", "plotext", "_strptime"])
def test_control_c_amid_the_imports_is_no_traceback(module: str, tmp_path: Path) -> None:
    """plotext imports _strptime, and turns every exception into another one."""
    (tmp_path / f"{module}.py").write_text("import os\nos.kill(os.getpid(), 2)\n")
    run = actcli("plot", "relu", env={"PYTHONPATH": str(tmp_path)})
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


def test_control_c_while_python_ends_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import atexit, os\natexit.register(os.kill, os.getpid(), 2)\n")
    run = actcli("evaluate", "relu", "1", env={"PYTHONPATH": str(tmp_path)})
    assert (run.returncode, run.stdout, run.stderr) == (0, "1.0\n", "")


# --- progress --------------------------------------------------------------------------------------------------


def test_progress_is_shown_on_a_stderr_that_is_a_terminal_and_is_gone_in_the_end() -> None:
    with terminal_as_stderr(*A_TRAINING) as (process, stderr):
        stderr.expect(r"step \d+ of 6: tanh")
        stderr.expect(pexpect.EOF)
        stdout, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert stdout == output(*A_TRAINING)
    report = (*A_TRAINING[:-2], "--format", "table")
    terminal = in_terminal(*report, env=HASTY)
    assert "step 6 of 6: tanh" in terminal.sent
    assert terminal.lines == output(*report).splitlines()


def test_quiet_silences_the_progress() -> None:
    with terminal_as_stderr(*A_TRAINING, "--quiet") as (process, stderr):
        stderr.expect(pexpect.EOF)
        assert stderr.before == ""
        stdout, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert stdout == output(*A_TRAINING)
