"""actcli lesson [STEP...]"""

import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actcli.commands.options import ReportFormat
from actcli.commands.report import write_report
from actcli.core.errors import InputError, count
from actcli.topics.lesson import STEPS, Step

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


_CHEAP: Final = ("relu", "tanh", "gelu")


def run(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="STEP...", min=1, max=len(STEPS), help="Only these steps, by number.", show_default=False
        ),
    ] = None,
    first: Annotated[
        int, typer.Option("--from", metavar="STEP", min=1, max=len(STEPS), help="The step to begin with.")
    ] = 1,
    output_format: ReportFormat = "table",
) -> None:
    """From a network that can only draw straight lines to one that learns: each step is a few sentences and a command,
    which is run. On a terminal Enter goes on to the next step, and q ends; a pipe does not wait. The other formats list
    the steps.

    Example: actcli lesson 2
    """
    if numbers and first > 1:
        raise InputError("--from shows every step from one on: leave out the numbers of steps")
    chosen = numbers or [*range(first, len(STEPS) + 1)]
    if output_format != "table":
        told = [{"step": number} | asdict(STEPS[number - 1]) for number in chosen]
        write_report(output_format, lambda: told, lambda: (list(told[0]), (each.values() for each in told)))
        return
    from actcli.views.terminal import Terminal

    asking = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    for index, number in enumerate(chosen):
        terminal = Terminal.of(sys.stdout)
        print("".join(_heading(number, terminal)), end="", flush=True)
        _show(STEPS[number - 1], context, terminal)
        if index + 1 == len(chosen):
            break
        if asking and not _goes_on():
            break
        print()


def _heading(number: int, terminal: "Terminal") -> Iterator[str]:
    from actcli.views.terminal import paragraph

    step = STEPS[number - 1]
    title = paragraph(f"{number} of {len(STEPS)}. {step.title}", terminal)
    yield "".join(terminal.paint(line, "bold") + "\n" for line in title.splitlines())
    yield paragraph(step.text, terminal)
    if step.command:
        words = " ".join(map(shlex.quote, step.command.split()))
        yield f"\n$ actcli {words}\n"


def _show(step: Step, context: typer.Context, terminal: "Terminal") -> None:
    """Run the command of the step in this process."""
    if not step.command:
        _cost(terminal)
        return
    root = context.find_root()
    commands: Any = root.command
    name, *words = step.command.split()
    command = commands.whole(name)
    with command.make_context(name, words, parent=root) as inner:
        command.invoke(inner)


def _goes_on() -> bool:
    """Whether Enter was pressed, not q or the end of the input."""
    try:
        return not input("\nEnter: go on, q: end ").strip().lower().startswith("q")
    except EOFError:
        print()
        return False


def _cost(terminal: "Terminal") -> None:
    from actcli.core.lessons.cost import ELEMENTS, cost
    from actcli.views.notation import format_number
    from actcli.views.terminal import paragraph

    costs = {name: cost(name) for name in _CHEAP}
    each = ", ".join(f"{name} {format_number(value, 2)} ns" for name, value in costs.items())
    on = f"an element, in arrays of {count(ELEMENTS, 'number')} in float64, as this program computes them"
    print(paragraph(f"\n{each} {on}.", terminal), end="")
