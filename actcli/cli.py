"""The table of commands. A command's module is imported only when that command runs.

This is the only place that knows Typer's inner classes, and the only place that ends the process.
"""

import importlib
import inspect
import io
import os
import re
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from actcli import __version__
from actcli.core.errors import InputError, decapitalised, did_you_mean
from actcli.streams.files import StreamError, complain

SUMMARY = "A workbench for activation functions in the terminal."
COMMANDS = {
    "list": ("list", "The catalogue of activation functions."),
    "describe": ("describe", "The card of one activation: its properties and its plot."),
    "evaluate": ("evaluate", "Values of an activation."),
    "differentiate": ("differentiate", "Derivatives of any order; the Jacobian of a row-wise one."),
    "plot": ("plot", "Curves in the terminal."),
    "compare": ("compare", "Activations side by side, and where they differ most."),
    "gain": ("gain", "The initialisation that an activation wants: gain and critical point."),
    "audit": ("audit", "An ULP report on somebody else's implementation."),
    "gradient-depth": ("gradient_depth", "Train a tiny MLP and watch the gradient layer by layer."),
    "collapse": ("collapse", "Ten linear layers are one; with a bend between them they are not."),
    "approximate": ("approximate", "One hidden layer approximates any curve, given enough units."),
    "trace": ("trace", "One training step of a tiny network, every number shown."),
}
"""Name of the command -> (module in actcli.commands that holds a function `run`, help in one line)."""

# Would otherwise be read as an option: -3, -.5, -1e-3, -inf, -nan, and lists such as -1,2.
_NEGATIVE_NUMBER = re.compile(r"-(\d|\.\d|inf(inity)?$|nan$)", re.IGNORECASE)


# Of a type that has bounds: what help puts in its place, and what a complaint calls it.
_BOUNDED = {"int range": ("N", "whole number"), "float range": ("X", "number")}

# The arguments that take a formula.
_FORMULAS = {"act", "acts", "formula"}

# For the argument of the core that is to be changed: the way out as it is typed.
WAYS_OUT = {
    "activation": ": try another --act",
    "interval": ": choose another --range",
    "seed": ": try another --seed",
    "text": "; `actcli list` shows all of them",
}

_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Command(TyperCommand):
    """A command whose arguments may be negative numbers without a `--` before them, and whose counts are bounded."""

    def make_parser(self, ctx: Any) -> Any:
        parser: Any = super().make_parser(ctx)
        process_option = parser._process_opts  # is asked of what begins with -, the values of options aside

        def process(arg: str, state: Any) -> None:
            if _NEGATIVE_NUMBER.match(arg):
                state.largs.append(arg)
            else:
                process_option(arg, state)

        parser._process_opts = process
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        for name, value in ctx.params.items():
            if isinstance(value, int) and value > sys.maxsize:  # more than Python can count to in a loop
                raise InputError(f"--{name.replace('_', '-')}: must be at most {sys.maxsize}")
        return rest


class CommandTable(TyperGroup):
    """The group of all commands, read from the table; help needs no command's module."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (_, summary) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=summary, short_help=summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        command = load(name) if name else command
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            # From here on there may be something to clean up: see __main__.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return name, command, rest


def load(name: str) -> TyperCommand:
    """The command of that name, with its module imported."""
    module, summary = COMMANDS[name]
    command = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    run = importlib.import_module(f"actcli.commands.{module}").run
    help_text = f"{summary}\n\n{inspect.getdoc(run)}"
    command.command(name, cls=Command, help=help_text, context_settings=_HELP_OPTIONS)(run)
    loaded = get_command(command)
    assert isinstance(loaded, TyperCommand)
    for parameter in loaded.params:
        if parameter.type.name in _BOUNDED:
            metavar, parameter.type.name = _BOUNDED[parameter.type.name]
            parameter.metavar = parameter.metavar or metavar
    return loaded


app = typer.Typer(
    cls=CommandTable,
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings=_HELP_OPTIONS,
    help=SUMMARY,
)


def _print_completion(shell: str | None) -> None:
    if shell is not None:
        from actcli.shell.completion import script

        print(script(shell, {name: load(name) for name in COMMANDS}, get_command(app)), end="")
        raise typer.Exit


def _print_manual(wanted: bool) -> None:
    if wanted:
        from actcli.shell.manual import page

        print(page(SUMMARY, {name: load(name) for name in COMMANDS}, get_command(app)), end="")
        raise typer.Exit


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"actcli {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
    show_completion: Annotated[
        Literal["bash", "zsh", "fish"] | None,
        typer.Option(
            "--show-completion",
            callback=_print_completion,
            is_eager=True,
            help="Print the completion script.",
        ),
    ] = None,
    show_manual: Annotated[
        bool,
        typer.Option(
            "--show-manual", callback=_print_manual, is_eager=True, help="Print the manual page, for `man -l -`."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> NoReturn:
    """Run the command line; errors are one line on stderr, and the exit code says how it went."""
    signal.signal(signal.SIGTERM, _terminate)
    bound_memory()
    # Products of small matrices run slower on several threads than on one, and not reproducibly. NumPy reads this when
    # it is imported; a user who says otherwise is obeyed.
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    if sys.stdout is None:
        sys.exit(_refuse("stdout is closed"))
    _obey_the_locale()
    try:
        command = get_command(app)
        with command.make_context("actcli", sys.argv[1:]) as context:
            command.invoke(context)
        sys.stdout.flush()
        code = 0
    except typer.Exit as request:
        code = request.exit_code
    except typer.TyperException as error:
        code = _refuse(_usage(error))
    except InputError as error:
        code = _refuse(f"{error}{WAYS_OUT.get(error.change, '')}")
    except StreamError as error:
        code = _refuse(str(error))
    except BrokenPipeError:  # whoever read our output has seen enough
        code = 0
    except OSError as error:
        code = _refuse(f"stdout: {error.strerror or error}")
    except MemoryError as error:
        code = _refuse(f"not enough memory: {error}" if str(error) else "not enough memory")
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if not _was_interrupted(error):
            raise
        code = 130
    _discard_what_cannot_be_written()
    # All is done and said; Python's own end would answer Ctrl-C with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether it came of Ctrl-C: plotext catches everything, and raises something else."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _obey_the_locale() -> None:
    """What an encoding lacks is escaped. Under LC_ALL=C Python writes UTF-8 (PEP 540), but less was asked for."""
    ascii_only = os.environ.get("LC_ALL") in ("C", "POSIX")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="ascii" if ascii_only else None, errors="backslashreplace")


def _discard_what_cannot_be_written() -> None:
    """Python flushes both once more at exit, and would complain there or change the exit code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _usage(error: typer.TyperException) -> str:
    """The error in one line, with what was probably meant, or where to look."""
    context = getattr(error, "ctx", None)
    is_unknown_option = hasattr(error, "possibilities")
    message = error.message if is_unknown_option else error.format_message()
    message = decapitalised(message).rstrip(".").replace("\n", " ")
    hint = _meant_instead(getattr(error, "option_name", ""), context) if is_unknown_option else ""
    says_how = hint or "id you mean" in message or message.startswith("invalid value")
    return message + hint + ("" if says_how or context is None else f"; see `{context.command_path} --help`")


def _meant_instead(option: str, context: Any) -> str:
    """`; did you mean --grid?`, a hint where -x*2 was read as an option -x, or an empty string."""
    known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
    if option.startswith("--"):
        return did_you_mean(option[2:], [name[2:] for name in known if name.startswith("--")], prefix="--")
    typed = next((word for word in sys.argv if word.startswith(option)), option)
    is_formula = _FORMULAS & set(known) and (typed != option or option == "-x")
    return "; a formula that begins with - is put in parentheses" if is_formula else ""


def _refuse(message: str) -> int:
    complain(message)
    return 2


def _terminate(signal_number: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM unwinds the stack like an exception, so that unfinished files are removed."""
    sys.exit(128 + signal_number)


_AVAILABLE = "/proc/meminfo"
# What a container may take: control groups of version 2 and 1.
_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def bound_memory() -> None:
    """Take no more from here on than is available now, or than a limit that is set already. Linux only."""
    with suppress(ImportError, OSError, ValueError):  # no such limits on this system, or not in this form
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        bounds = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([_available(), *_of_the_container(), *bounds]), hard))


def _available() -> int:
    with open(_AVAILABLE, encoding="ascii") as file:
        return min(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))


def _of_the_container() -> list[int]:
    bounds = []
    for path in _CONTAINER:
        with suppress(OSError, ValueError), open(path, encoding="ascii") as file:  # "max" is no bound
            bounds.append(int(file.read()))
    return bounds
