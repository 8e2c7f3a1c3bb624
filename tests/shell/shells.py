"""Interactive shells with the completion scripts, for tests of Tab."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.cli.helpers import spawn

COMPLETIONS = Path(__file__).parents[2] / "completions"
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

# Set-up files, read instead of the user's. The shells find the scripts as installed ones, except bash, which would need
# the package bash-completion. `actcli` is replaced by a function that prints its arguments. Ctrl-X Ctrl-L prints the
# typed line and clears it.
SET_UP = {
    "bash": """
        PS1='ready> '
        actcli() { printf 'ARGUMENTS'; printf '<%s>' "$@"; echo 'END'; }
        report() { printf 'LINE<%s>END' "$READLINE_LINE"; READLINE_LINE=; }
        bind -x '"\\C-x\\C-l": report'
        source "$COMPLETIONS/actcli.bash"
    """,
    "zsh": """
        PS1='ready> '
        unsetopt beep
        bindkey -e
        actcli() { printf 'ARGUMENTS'; printf '<%s>' "$@"; echo 'END'; }
        LISTMAX=10000
        report() { printf 'LINE<%s>END' "$BUFFER"; BUFFER= }
        zle -N report
        bindkey '^X^L' report
        fpath=("$COMPLETIONS" $fpath)
        autoload -Uz compinit && compinit -u -D
    """,
    "fish": """
        function fish_prompt; printf 'ready> '; end
        function actcli; printf ARGUMENTS; printf '<%s>' $argv; echo END; end
        bind \\cx\\cl 'printf "LINE<%s>END" (commandline | string collect); commandline ""'
        set -g fish_complete_path "$COMPLETIONS" $fish_complete_path
    """,
}
if Path(BASH_COMPLETION).exists():
    SET_UP["bash-completion"] = f"source {BASH_COMPLETION}\n{SET_UP['bash']}"
STARTS: dict[str, Callable[[Path], list[str]]] = {
    "bash": lambda set_up: ["bash", "--noprofile", "--rcfile", str(set_up), "-i"],
    "bash-completion": lambda set_up: STARTS["bash"](set_up),
    "zsh": lambda set_up: ["zsh", "-d", "-i"],  # reads .zshrc in $ZDOTDIR
    "fish": lambda set_up: ["fish", "--no-config", "-i", "-C", f"source {set_up}"],
}


class Shell:
    """An interactive shell in a terminal, in a directory with a few files and folders."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        for folder in ("results", "my dir"):
            (directory / folder).mkdir()
        for file in ("numbers.txt", "two words.txt", "my dir/logits.csv", "results/a (1).txt", "it's.csv"):
            (directory / file).touch()
        set_up = directory / ".zshrc"
        set_up.write_text(SET_UP[name])
        environment = {name: str(directory) for name in ("HOME", "ZDOTDIR")}
        environment |= {"PATH": os.environ["PATH"], "INPUTRC": os.devnull, "COMPLETIONS": str(COMPLETIONS)}
        environment |= {"TERM": "xterm", "LANG": "C.UTF-8"}
        self.process = spawn(STARTS[name](set_up), (200, 24), environment, cwd=directory)
        self.expect("ready> ")

    def expect(self, *texts: str) -> str:
        """Wait for one of the texts."""
        # Newer versions of fish ask for the terminal's type and wait for the answer.
        while (found := self.process.expect_exact([*texts, "\x1b[0c"])) == len(texts):
            self.process.send("\x1b[?62c")
        return texts[found]

    def enter(self, line: str) -> list[str]:
        """Type `actcli` and a line with Tabs; return the resulting arguments."""
        self.process.send(f"actcli {line}\r")
        self.expect("ARGUMENTS<")
        self.expect(">END")
        arguments = self.process.before.split("><")
        self.expect("ready> ")
        return arguments

    def line_after(self, typed: str) -> str:
        """Type this; return the line's text and clear the line."""
        self.process.send(f"{typed}\x18\x0c")
        self.expect("LINE<")
        self.expect(">END")
        return str(self.process.before)

    def list_candidates(self, line: str, candidates: set[str]) -> None:
        """Type `actcli`, the line and Tab twice; wait until all candidates are shown; clear the line."""
        self.process.send(f"actcli {line}\t\t")
        while candidates:
            candidates = candidates - {self.expect(*candidates)}
        self.line_after("")


SHELLS = [name for name in SET_UP if shutil.which(name.partition("-")[0])]
