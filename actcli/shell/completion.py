"""Completion scripts for bash, zsh and fish, generated from the commands and the catalogue.

The scripts contain all names, so that Tab runs no Python. They only append to the typed word. In a formula they
complete the last name and leave the quote open, because the formula may continue.
"""

from collections.abc import Mapping
from typing import Any

from actcli.shell import bash, fish, zsh
from actcli.shell.command_line import command_line, option_of, options_of
from actcli.topics import TOPICS

_SHELLS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def script(shell: str, commands: Mapping[str, Any], root: Any) -> str:
    """The completion script of a shell. commands: name -> Typer's command; root: their group."""
    lines = [command_line(name, command, (*commands, *TOPICS)) for name, command in commands.items()]
    return _SHELLS[shell](lines, [option_of(parameter) for parameter in options_of(root)])
