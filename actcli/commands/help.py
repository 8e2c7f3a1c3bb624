"""actcli help [COMMAND | TOPIC]"""

from typing import Annotated, Any

import typer

from actcli.core.errors import InputError, unknown
from actcli.topics import TOPICS, topic


def run(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(metavar="COMMAND|TOPIC", help="One of the commands or topics.", show_default=False),
    ] = None,
) -> None:
    """Without an argument, the commands and topics.

    Example: actcli help formulas
    """
    root = context.find_root()
    commands: Any = root.command
    if subject is None:
        print(root.get_help())
    elif subject in TOPICS:
        print(topic(subject), end="")
    elif subject in commands.commands:
        command = commands.whole(subject)
        print(command.get_help(command.make_context(subject, [], parent=root, resilient_parsing=True)))
    else:
        raise InputError(unknown("command or topic", subject, [*commands.commands, *TOPICS]))
