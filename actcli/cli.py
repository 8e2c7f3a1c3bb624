"""The table of commands. A command's module is imported only when that command runs.

This is the only module that uses Typer's inner classes, and the only one that ends the process.
"""

import gc
import importlib
import inspect
import os
import re
import signal
import sys
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from actcli import __version__
from actcli.core.errors import InputError
from actcli.process import (
    bound_memory,
    discard_what_cannot_be_written,
    end_cleanly,
    ended_by_signal,
    obey_the_locale,
    replace_closed_stderr,
)
from actcli.shell.slips import option_as_value, put_right, second_number
from actcli.shell.usage import told
from actcli.streams.files import StreamError, complain

SUMMARY = "A workbench for activation functions in the terminal."
COMMANDS = {
    "list": ("list", "The catalogue of activation functions."),
    "describe": ("describe", "The card of one activation: its properties and its plot."),
    "evaluate": ("evaluate", "Values of an activation."),
    "differentiate": ("differentiate", "Derivatives of any order; Jacobians of row-wise activations."),
    "plot": ("plot", "Curves in the terminal."),
    "compare": ("compare", "Activations side by side, and where they differ most."),
    "identify": ("identify", "Known activations equal to a formula, up to scale and shift."),
    "code": ("code", "The activation as code for torch, jax, numpy or C."),
    "gain": ("gain", "Initialisation for an activation: gain and critical point."),
    "phase": ("phase", "Order, chaos and trainability over the initial variances."),
    "audit": ("audit", "The errors of another implementation, in ULP."),
    "gradient-depth": ("gradient_depth", "Train a tiny MLP and watch the gradient layer by layer."),
    "boundary": ("boundary", "The decisions of a trained network, drawn over the plane."),
    "collapse": ("collapse", "Ten linear layers equal one; with activations they do not."),
    "approximate": ("approximate", "One hidden layer approximates any curve, given enough units."),
    "trace": ("trace", "One training step of a tiny network, every number shown."),
    "lesson": ("lesson", "From straight lines to a network that learns, step by step."),
    "help": ("help", "Help on a command or a topic."),
}
"""Name of the command -> (module in actcli.commands with a function `run`, help in one line)."""

START = """\
actcli {version}: a workbench for activation functions in the terminal.
Three commands to start with:

  actcli describe gelu                        its card: formula, range, slope
  actcli plot relu gelu --order 1             curves and slopes
  actcli gradient-depth sigmoid --layers 20   see the gradient vanish

actcli --help lists the commands; actcli help COMMAND or TOPIC explains one.
Topics: {topics}. The manual page: man actcli.
"""
"""Output without a command."""

# Arguments that Click would read as options: -3, -.5, -1e-3, -inf, -nan, and lists such as -1,2.
_NEGATIVE_NUMBER = re.compile(r"-(\d|\.\d|inf(inity)?$|nan$)", re.IGNORECASE)


# Typer's name of a bounded type -> its name in an error.
_BOUNDED = {"int range": "whole number", "float range": "number"}

# Argument of the core that has to be changed (InputError.change) -> the advice to append to the error.
WAYS_OUT = {
    "activation": ": try another --act",
    "function": "; `actcli help formulas` names those that there are",
    "interval": ": choose another --range",
    "seed": ": try another --seed",
    "text": "; `actcli list` shows all of them",
}

_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Command(TyperCommand):
    """A command whose arguments may be negative numbers without a `--` before them, and whose counts are bounded."""

    def make_parser(self, ctx: Any) -> Any:
        parser: Any = super().make_parser(ctx)
        process_option = parser._process_opts  # called for arguments that begin with -, except values of options

        def process(arg: str, state: Any) -> None:
            if _NEGATIVE_NUMBER.match(arg):
                state.largs.append(arg)
                return
            process_option(arg, state)
            for option in state.order[-1:]:
                if option.metavar == "FILE" and not option.multiple and state.order.count(option) > 1:
                    raise InputError(f"{option.opts[0]} takes one file, and two are given")

        parser._process_opts = process
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        values = {
            name: 0 if parameter.is_flag or parameter.count else parameter.nargs
            for parameter in self.params
            if isinstance(parameter, TyperOption)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        positional = [parameter.name or "" for parameter in self.params if not isinstance(parameter, TyperOption)]
        args = put_right(args, values, positional)
        if mistaken := option_as_value(args, values):
            metavar = next(p.make_metavar(ctx) for p in self.params if mistaken[0] in p.opts).strip("<>")
            raise InputError(f"{mistaken[0]} takes {metavar}, and {mistaken[1]} is an option")
        option, numbers = second_number(args, values, positional)
        if option and any(option in parameter.opts and parameter.multiple for parameter in self.params):
            each = " ".join(f"{option} {number}" for number in numbers)
            raise InputError(f"{option} takes one number at a time: {each}")
        if option:
            raise InputError(f"{option} takes one number, not {len(numbers)}")
        try:
            rest = super().parse_args(ctx, args)
        except typer.TyperException as error:
            if getattr(error, "ctx", ctx) is None:  # the error of an option without a value has no context
                vars(error)["ctx"] = ctx
            raise
        for parameter in self.params:
            value = ctx.params.get(parameter.name or "")
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, int) and number > sys.maxsize:  # more than a range can count
                    raise InputError(f"{parameter.opts[0]}: must be at most {sys.maxsize}")
        return rest


class CommandTable(TyperGroup):
    """The group of all commands, from the table; help imports no command's module."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (_, summary) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=summary, short_help=summary))
        for parameter in self.params:
            _show_as_it_is_typed(parameter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("--"):
            from actcli.shell.slips import command_meant  # imported for a mistake only

            meant = command_meant(args, list(COMMANDS))
            way_out = f"did you mean `{meant}`?" if meant else "`actcli --help` lists them"
            raise InputError(f"there is no command {args[0]!r:.60}; {way_out}")
        name, command, rest = super().resolve_command(ctx, args)
        command = load(name) if name else command
        gc.freeze()  # what is imported is no garbage: a twentieth of a short command's time
        gc.enable()
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            # From here on there may be something to clean up (see __main__).
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return name, command, rest

    def whole(self, name: str) -> TyperCommand:
        """The command with its options, which are not in the table."""
        return load(name)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from actcli.topics import TOPICS

        with formatter.section("Topics"):
            formatter.write_dl([(f"help {name}", summary) for name, summary in TOPICS.items()])


def _obey(color: str) -> None:
    """Set the environment variables that stand for --color."""
    if color == "always":
        os.environ.pop("NO_COLOR", None)
        os.environ.setdefault("FORCE_COLOR", "1")
    elif color == "never":
        os.environ["NO_COLOR"] = "1"


Color: TypeAlias = Annotated[
    Literal["auto", "always", "never"],
    typer.Option("--color", callback=_obey, help="auto: on a terminal that has colours; NO_COLOR forbids them."),
]


def _option_of_every_command() -> Any:
    """The option --color for a command."""
    command = typer.Typer(add_completion=False)

    @command.command()
    def _(color: Color = "auto") -> None: ...

    option = get_command(command).params[0]
    option.expose_value = False  # its callback `_obey` does all
    return option


@cache
def load(name: str) -> TyperCommand:
    """Import the module of a command; return the command."""
    module, summary = COMMANDS[name]
    command = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    run = importlib.import_module(f"actcli.commands.{module}").run
    help_text = f"{summary}\n\n{inspect.getdoc(run)}"
    command.command(name, cls=Command, help=help_text, context_settings=_HELP_OPTIONS)(run)
    loaded = get_command(command)
    assert isinstance(loaded, TyperCommand)
    loaded.params.append(_option_of_every_command())
    for parameter in loaded.params:
        if isinstance(parameter, TyperOption) and parameter.multiple:
            parameter.nargs = len((parameter.metavar or "").split()) or 1  # Typer has no list of pairs
        _show_as_it_is_typed(parameter)
    return loaded


def _show_as_it_is_typed(parameter: Any) -> None:
    """Metavars and bounds in help and usage: ACT, not {ACT}; a|b, not <a|b>; -6 6, not -6.0, 6.0; N>=1, not x>=1."""
    if parameter.type.name in _BOUNDED:
        parameter.type.name = _BOUNDED[parameter.type.name]
        bounds = parameter.type._describe_range().replace("x", parameter.metavar).replace(".0", "")  # X>=0.0
        parameter.type._describe_range = lambda: bounds
    if parameter.param_type_name == "argument":
        in_usage = parameter.metavar if parameter.required else f"[{parameter.metavar}]"
        parameter.make_metavar = lambda ctx, *, usage=False: in_usage if usage else parameter.metavar
    elif choices := getattr(parameter.type, "choices", ()):
        parameter.metavar = parameter.metavar or "|".join(choices)
        parameter.type.case_sensitive = False
    parameter._get_default_string = lambda *, default_value, **_: _typed(default_value)


def _typed(default: object) -> str:
    """A default as typed after its option; empty for a flag."""
    if isinstance(default, (tuple, list)):
        return " ".join(map(_typed, default))
    if default is None or isinstance(default, bool):
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


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

        print(script(shell, {name: load(name) for name in COMMANDS}, program()), end="")
        raise typer.Exit


def _print_manual(wanted: bool) -> None:
    if wanted:
        from actcli.shell.manual import page

        print(page(SUMMARY, {name: load(name) for name in COMMANDS}, program()), end="")
        raise typer.Exit


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"actcli {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Show the version.")
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
    color: Color = "auto",
) -> None:
    if context.invoked_subcommand is None:
        from actcli.topics import TOPICS

        print(START.format(version=__version__, topics=", ".join(TOPICS)), end="")


@cache
def program() -> Any:
    """The group of all commands."""
    return get_command(app)


def main() -> NoReturn:
    """Run the command line. An error is one line on stderr; the process ends with the exit code."""
    end_cleanly()
    bound_memory()
    # One BLAS thread: products of small matrices are faster and reproducible. NumPy reads the variables at its import;
    # the user's own values stay.
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    if sys.stdout is None:
        sys.exit(_refuse("stdout is closed"))
    replace_closed_stderr()
    obey_the_locale()
    try:
        code = _run()
    except BaseException as error:
        code = _exit_code(error)
    discard_what_cannot_be_written()
    # The work is done: Ctrl-C during Python's exit would print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # saves the collection of cycles at exit: a tenth of a short command's time
    sys.exit(code)


def _run() -> int:
    """The exit code of a command that ends by itself, with all of its output written."""
    code = 0
    try:
        command = program()
        with command.make_context("actcli", sys.argv[1:]) as context:
            command.invoke(context)
    except typer.Exit as end:
        if ended_by_signal(end) is not None:
            raise
        code = end.exit_code
    with suppress(BrokenPipeError):  # the reader of stdout has closed it
        sys.stdout.flush()
    return code


def _exit_code(error: BaseException) -> int:
    """The exit code for an error, and its message in one line on stderr, if there is one."""
    if (ended := ended_by_signal(error)) is not None:
        return ended
    if isinstance(error, BrokenPipeError):  # the reader of stdout has closed it
        return 0
    if isinstance(error, typer.TyperException):
        return _refuse(told(error))
    if isinstance(error, InputError):
        return _refuse(f"{error}{WAYS_OUT.get(error.change, '')}")
    if isinstance(error, StreamError):
        return _refuse(str(error))
    if isinstance(error, OSError):
        return _refuse(f"stdout: {error.strerror or error}")
    if isinstance(error, MemoryError):
        return _refuse(f"not enough memory: {error}" if str(error) else "not enough memory")
    if isinstance(error, ModuleNotFoundError) and (missing := (error.name or "actcli").partition(".")[0]) != "actcli":
        return _refuse(f"{missing}, which actcli needs, is not installed: pip install {missing}")
    if isinstance(error, ImportError) and not (error.name or "").startswith("actcli"):
        return _refuse(f"a package that actcli needs is broken; reinstall it: {' '.join(str(error).split())[:300]}")
    raise error


def _refuse(message: str) -> int:
    complain(message)
    return 2
