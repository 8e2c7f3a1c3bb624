"""Manual page: the printed text, and its rendering by troff."""

import re
from pathlib import Path
from typing import Any

import pytest

from actcli.cli import COMMANDS, load
from actcli.shell.manual import EXIT_STATUS
from actcli.topics import TOPICS, topic
from tests.cli.helpers import output
from tests.narrow import known

PAGE = Path(__file__).parents[2] / "completions" / "actcli.1"
MACROS = {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".nf", ".fi", ".RS", ".RE"}


def plain(text: str) -> str:
    """The rendered page."""
    for source, shown in {
        r"\-": "-",
        r"\(aq": "'",
        r"\(dq": '"',
        r"\&": "",
        r"\fB": "",
        r"\fR": "",
        r"\fI": "",
    }.items():
        text = text.replace(source, shown)
    text = re.sub(r"\\\[u([0-9A-F]{4,})\]", lambda match: chr(int(match[1], 16)), text)
    return text.replace(r"\e", "\\")


@pytest.fixture(scope="module")
def page() -> str:
    return output("--show-manual")


def test_the_page_in_the_repository_is_the_one_that_the_program_prints(page: str) -> None:
    assert PAGE.read_text(encoding="ascii") == page, (
        "completions/actcli.1 is stale; renew it: actcli --show-manual > completions/actcli.1"
    )


def test_nothing_in_it_surprises_troff(page: str) -> None:
    for line in page.splitlines():
        if line.startswith("."):
            assert line.split()[0] in MACROS, line
        else:
            assert line
            assert not line.startswith("'"), line
            assert not re.search(r"(?<!\\)-", line), line
            assert not re.search(r"\\(?!-|\(aq|\(dq|&|fB|fR|fI|e|\[u[0-9A-F]{4,}\])", line), line


def test_it_has_the_sections_that_a_reader_looks_for(page: str) -> None:
    sections = re.findall(r'^\.SH "(.*)"$', page, re.MULTILINE)
    expected = ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "ACTIVATIONS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"]
    assert sections == [*expected, *map(str.upper, TOPICS)]
    assert list(EXIT_STATUS) == ["0", "1", "2", "129", "130", "131", "143"]
    assert plain(page.splitlines()[2]).startswith("actcli - a workbench")


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_every_command_with_its_options_and_its_example(name: str, page: str) -> None:
    text = plain(page)
    begin = text.index(f'.SS "actcli {name} [OPTIONS]')
    end = text.find("\n.S", begin + 1)
    parameters: list[Any] = load(name).params
    for parameter in parameters:
        if parameter.param_type_name == "option" and not parameter.hidden:
            assert all(spelling in text[begin:end] for spelling in parameter.opts), parameter.name
            assert " ".join(parameter.help.split()) in text[begin:end], parameter.name
    example = known(load(name).help).rpartition("Example: ")[2].strip()
    assert f"\n{example}\n" in text[text.index("EXAMPLES") :]


@pytest.mark.parametrize("name", TOPICS)
def test_it_has_the_topics_as_they_are_laid_out(name: str, page: str) -> None:
    assert topic(name).partition("\n\n")[2] in plain(page)
