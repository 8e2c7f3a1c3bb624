"""Reports on a terminal of 80x24, stored in files next to this one.

    python -m tests.screens [NAME...]

renews all, or the named ones. `git diff` then shows the changes on the screen.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.cli.helpers import in_terminal
from tests.printed import masked

FOLDER: Final = Path(__file__).parent

# Trainings are short, so that rounding on another processor changes no printed digit.
REPORTS: Final[Mapping[str, str]] = {
    "approximate": "approximate sin(3*x) relu --width 4 --width 16",
    "audit": "audit tanh sin --against numpy --dtype float16",
    "boundary": "boundary identity relu --steps 5",
    "code": "code relu --to numpy",
    "collapse": "collapse relu tanh --layers 3",
    "compare": "compare gelu silu --range -3 3",
    "describe": "describe gelu",
    "describe-row-wise": "describe softmax",
    "differentiate": "differentiate sigmoid -2 0 40 --order 2",
    "evaluate": "evaluate softmax 1 2 3",
    "gain": "gain tanh",
    "gradient-depth": "gradient-depth sigmoid --layers 20 --steps 0",
    "gradient-depth-several": "gradient-depth relu sigmoid --layers 8 --steps 1",
    "help": "help numbers",
    "identify": "identify 2*tanh(x)",
    "lesson": "lesson 1",
    "list": "list",
    "list-search": "list --search shrink",
    "phase": "phase tanh --measure --cells 3x3 --depths 2 8 --steps 2",
    "plot": "plot gelu --order 1 --at 1",
    "plot-rows": "plot relu6 hard_sigmoid",
    "trace": "trace sigmoid",
}


def screen(name: str) -> str:
    """All lines of a report, scrolled ones included."""
    terminal = in_terminal(*REPORTS[name].split(), env={"NO_COLOR": "1"})
    assert terminal.exit_code == 0, terminal.sent
    return masked("\n".join(["$ actcli " + REPORTS[name], *terminal.lines, ""]))


def stored(name: str) -> Path:
    return FOLDER / f"{name}.txt"
