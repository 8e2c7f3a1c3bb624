"""Each report on a terminal of 80x24 equals the stored one."""

import pytest

from actcli.cli import COMMANDS
from tests.screens import FOLDER, REPORTS, screen, stored


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_the_stored_screen(name: str) -> None:
    assert screen(name) == stored(name).read_text(encoding="utf-8"), f"python -m tests.screens {name} renews it"


def test_every_command_has_a_screen_and_every_screen_a_report() -> None:
    assert {line.split()[0] for line in REPORTS.values()} == set(COMMANDS)
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(REPORTS)
