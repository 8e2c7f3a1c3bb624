"""A few random beginnings of command lines; `python -m tests.fuzz.completions` tries more of them."""

from pathlib import Path

import pytest

from tests.fuzz.completions import faults, lines
from tests.shell.shells import SHELLS, Shell


@pytest.mark.parametrize("count", [20, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SHELLS)
def test_tab_loses_nothing_that_was_typed(name: str, count: int, tmp_path: Path) -> None:
    shell = Shell(name, tmp_path)
    assert faults(shell, [*lines(1, count)]) == []
    shell.process.close(force=True)


def test_the_lines_have_all_kinds_of_quotes_and_break_off_within_them() -> None:
    typed = [*lines(0, 500)]
    assert len({*typed}) > 350
    for kind in ("plot '", 'plot "', "\\ ", "='", '="', "< ", "2>", "my dir", "my\\ dir", "it's", "sigmoid("):
        assert any(kind in line for line in typed), kind
    assert sum(line.count("'") % 2 for line in typed) > 50
