"""Completion scripts for bash, zsh and fish, generated from the commands and the catalogue.

The scripts hold all names: a press of Tab runs no Python. They only append to the typed word. In a formula they
complete its last name and leave the quote open, as the formula may go on.
"""

from collections.abc import Mapping
from typing import Any

from actcli.shell import bash, fish, zsh
from actcli.shell.command_line import command_line, option_of, options_of

_SHELLS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def script(shell: str, commands: Mapping[str, Any], root: Any) -> str:
    """The completion script of a shell for Typer's `commands` by name and their group `root`."""
    lines = [command_line(name, command) for name, command in commands.items()]
    return _SHELLS[shell](lines, [option_of(parameter) for parameter in options_of(root)])
