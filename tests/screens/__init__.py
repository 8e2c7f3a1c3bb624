"""Reports on a terminal of 80x24, stored in files next to this one.

    python -m tests.screens [NAME...]

renews all, or the named ones. `git diff` then shows the changes on the screen.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.cli.helpers import in_terminal

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

# What differs between processors and releases of NumPy -> what stands there instead.
MASKS: Final = (
    (re.compile(r"(NumPy) \d+\.\d+\.\d+"), r"\1 2"),
    (re.compile(r" +\d\.\d+e-1[5-6]\b"), " ROUNDING"),
    (re.compile(r"(sin +0\.500 .*?) +\S+$", re.MULTILINE), r"\1X"),  # many x have an error just above 0.5 ULP
)


def screen(name: str) -> str:
    """All lines of a report, scrolled ones included."""
    terminal = in_terminal(*REPORTS[name].split(), env={"NO_COLOR": "1"})
    assert terminal.exit_code == 0, terminal.sent
    return masked("\n".join(["$ actcli " + REPORTS[name], *terminal.lines, ""]))


def masked(text: str) -> str:
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def stored(name: str) -> Path:
    return FOLDER / f"{name}.txt"
