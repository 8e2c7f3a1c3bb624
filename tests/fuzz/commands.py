"""Random command lines of all commands, and the promises of `actcli help scripts` and `actcli help json`.

    python -m tests.fuzz.commands [--minutes 30] [--seed 0] [--cases N]

Each line is run, with a random width, locale and colour. Held against the promises: the exit code; no traceback; an
error is one line on stderr, with an empty stdout; a file that was there keeps its content, and none is half-written;
output is not wider than the terminal; colours and other characters than ASCII only where they are allowed; a command
that an error names is accepted, and so is a name that it suggests. Then one of these, by chance:

    documents  --format json is strict JSON with documented fields only; --format csv has the numbers of --format plain
    again      the same output a second time, and with --jobs 1 instead of 2
    pipe       the reader leaves early: exit code 0 and nothing on stderr
    full       stdout is a full disk: exit code 2 and one line
    killed     SIGTERM or SIGINT in the middle: exit code 143 or 130, no file left; --resume finishes a file of runs
"""

import csv
import json
import random
import re
import shlex
import signal
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

from tests.cli.forked import imports
from tests.cli.json_fields import FIELDS, Reading
from tests.fuzz.campaign import campaign
from tests.fuzz.lines import line, write_files
from tests.fuzz.process import Ended, ended_badly, execute

BROADEST: Final = 20
"""Columns of the narrowest terminal that the tables are made for."""
ENVIRONMENTS: Final[tuple[Mapping[str, str], ...]] = (
    *({},) * 6,
    *({"LC_ALL": "C"}, {"LC_ALL": "C"}, {"TERM": "dumb"}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
)
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
Check = Callable[[Ended, random.Random, Path], list[str]]


@cache
def place() -> Path:
    """The directory of the runs."""
    imports()
    directory = tempfile.TemporaryDirectory()
    _kept.append(directory)
    return Path(directory.name)


_kept: list[Any] = []


def faults(seed: int) -> list[str]:
    """What went wrong with the line of this seed."""
    choose, directory = random.Random(seed), place()
    write_files(directory)
    words = line(choose)
    columns = choose.choice((20, 20, 30, 40, 60, 80, 80, 100, 130, 200))
    environment = {"COLUMNS": str(columns), **choose.choice(ENVIRONMENTS)}
    run = execute(words, directory, environment)
    found = [*filter(None, [ended_badly(run), *shown_badly(run, columns), *files_spoilt(run, directory)])]
    if run.code == 2:
        found += astray(run, directory)
    elif run.code in (0, 1) and not found:
        check: Check = choose.choices([documents, again, pipe, full, killed], weights=(8, 2, 2, 1, 2))[0]
        found += [f"{check.__name__}: {fault}" for fault in check(run, choose, directory)]
    clear(directory)
    return [f"{fault}\n    {run.told}" for fault in found]


def clear(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_file():
            path.unlink()


# --- the first run ----------------------------------------------------------------------------------------------------


def shown_badly(run: Ended, columns: int) -> list[str]:
    """Lines that are too wide, colours and characters in the wrong place."""
    found, words = [], run.words
    if "\x1b" in run.out and not may_be_coloured(run):
        found.append("colours in a pipe")
    if run.environment.get("LC_ALL") == "C" and not (run.out + run.err).isascii():
        found.append("more than ASCII")
    if option(words, "-f", default_format(words)) == "table" and words[0] not in ("help", "lesson"):
        asked = re.match(r"\d+", option(words, "--size", ""))
        room = max(columns, BROADEST, int(asked[0]) if asked else 0)
        widest = max(_ESCAPE.sub("", run.out).splitlines(), key=cells, default="")
        if cells(widest) > room and not is_code(words, widest):
            found.append(f"a line of {cells(widest)} on {room} columns: {widest!r}")
    return found


def may_be_coloured(run: Ended) -> bool:
    when = option(run.words, "--color", "auto")
    forced = run.environment.get("FORCE_COLOR") and "NO_COLOR" not in run.environment
    return when == "always" or (when == "auto" and bool(forced))


def is_code(words: Sequence[str], text: str) -> bool:
    """Whether the line is for copying: code of `gain` and `code`."""
    return words[0] == "code" or (words[0] == "gain" and bool(re.match(r"PyTorch |  +\S+\(", text)))


def default_format(words: Sequence[str]) -> str:
    return {"list": "auto", "code": "plain", "evaluate": "auto", "differentiate": "auto"}.get(words[0], "table")


def cells(text: str) -> int:
    """Columns that a text takes."""
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


def option(words: Sequence[str], name: str, default: str) -> str:
    found = [value for word, value in pairwise(words) if word == name]
    return found[-1] if found else default


def files_spoilt(run: Ended, directory: Path) -> list[str]:
    found = [f"left behind: {path.name}" for path in directory.iterdir() if path.name.startswith(".actcli")]
    if run.code == 2:
        found += [f"{path.name} after a complaint" for path in directory.iterdir() if path.name.startswith("new.")]
        if (directory / "old.txt").read_text() != "old\n":
            found.append("the old file is lost")
    return found


def astray(run: Ended, directory: Path) -> list[str]:
    """Ways out that the complaint names, and that are refused themselves."""
    found = []
    for text in re.findall(r"`actcli ([^`]*)`", run.err):
        if re.search(r"\b[A-Z]{3,}\b|\.\.\.|…", text.replace("FORMAT", "")):
            continue  # a pattern with placeholders
        ended = execute(shlex.split(text), directory, {"COLUMNS": "80"})
        if ended.code == 2:
            found.append(f"the way out `actcli {text}` is refused: {ended.err}")
    if near := re.search(r"'([^']*)'; did you mean ([^\s?,]+)\?", run.err):
        better = [word.replace(near[1], near[2]) for word in run.words]
        ended = execute(better, directory, run.environment)
        if ended.err == run.err or (ended.code == 2 and near[2] in ended.err and "did you mean" in ended.err):
            found.append(f"did you mean {near[2]}: {ended.err}")
    return found


# --- then one of these ------------------------------------------------------------------------------------------------


def documents(run: Ended, choose: random.Random, directory: Path) -> list[str]:
    """Faults of --format json, and differences between it, csv and plain."""
    words = without(run.words, "-f", "-o", "--size", "--ascii", "--save", "--theme", "--full", "--labels")
    if words[0] == "help":
        return []
    ended = execute([*words, "-f", "json"], directory, run.environment)
    if ended.code == 2 and words[0] == "code":
        return []
    if ended.code != run.code:
        return [f"another exit code with --format json: {ended.told}"]
    try:
        document = json.loads(ended.out, parse_constant=_refuse)
    except ValueError as error:
        return [f"no JSON, {error}: {ended.out[:80]!r}"]
    reading = Reading()
    for each in members(document):
        reading.read(each, FIELDS[words[0]], words[0])
    return [*sorted(reading.wrong), *tables(words, run, directory)]


def members(document: Any) -> list[Any]:
    """The documents of a family's members, or the one."""
    return document["activations"] if isinstance(document, dict) and [*document] == ["activations"] else [document]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def tables(words: Sequence[str], run: Ended, directory: Path) -> list[str]:
    """Numbers of --format csv that --format plain has not, and the other way round."""
    if words[0] == "code":
        return []
    plain, commas = (execute([*words, "-f", kind], directory, run.environment) for kind in ("plain", "csv"))
    if (plain.code, commas.code) != (run.code, run.code):
        return [f"another exit code with --format plain or csv: {plain.told} {commas.told}"]
    cell = [text for row in csv.reader(commas.out.splitlines()) for text in row]
    lost = [*numbers(cell)] != [*numbers(re.split(r"[\t\n]", plain.out))] if words[0] in NUMERIC else False
    widths = {len(row) for row in csv.reader(commas.out.splitlines()) if row}
    return ["csv and plain have different numbers"] * lost + ["csv rows of different lengths"] * (len(widths) > 1)


NUMERIC: Final = ("plot", "collapse", "approximate", "phase")


def numbers(texts: Sequence[str]) -> list[float]:
    found = []
    for text in texts:
        try:
            found.append(repr(float(text)))
        except ValueError:
            continue
    return [float(text) for text in found if text != "nan"]


def again(run: Ended, choose: random.Random, directory: Path) -> list[str]:
    """A second run with another output, also with one process instead of two."""
    (directory / "old.txt").write_text("old\n")
    words = without(run.words, "--jobs")
    for path in directory.glob("new.*"):
        path.unlink()
    ended = execute(words, directory, run.environment)
    return (
        [] if (ended.code, timeless(ended.out)) == (run.code, timeless(run.out)) else [f"another output: {ended.out}"]
    )


def timeless(text: str) -> str:
    """Without measured times."""
    return re.sub(r'\d+(\.\d+)? *(ns|ms|s)\b|"nanoseconds": [\d.]+', "TIME", text)


def pipe(run: Ended, choose: random.Random, directory: Path) -> list[str]:
    """A complaint about a reader that leaves."""
    words = without(run.words, "-o", "--export")
    ended = execute(words, directory, run.environment, stdout=choose.choice((0, 1, 10, 100)))
    return [] if ended.code in (0, run.code) and ended_badly(ended) is None else [ended.told]


def full(run: Ended, choose: random.Random, directory: Path) -> list[str]:
    """No complaint about a full disk."""
    words = without(run.words, "-o", "--export")
    ended = execute(words, directory, run.environment, stdout="full")
    right = ended.code == 2 or not run.out
    return [] if right and ended_badly(ended, full=True) is None else [ended.told]


def killed(run: Ended, choose: random.Random, directory: Path) -> list[str]:
    """Files left by a run that was ended, and a file of runs that --resume does not finish."""
    number = choose.choice((signal.SIGTERM, signal.SIGINT))
    for path in directory.glob("new.*"):
        path.unlink()
    (directory / "old.txt").write_text("old\n")
    code = {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    ended = execute(run.words, directory, run.environment, killed=(number, 10 ** choose.uniform(-2, -0.3)))
    found = [*filter(None, [ended_badly(ended, codes=(0, 1, code)), *files_spoilt(ended, directory)])]
    file = option(run.words, "-o", "")
    if "--measure" in run.words and file == "new.jsonl" and (directory / file).exists():
        finished = execute([*run.words, "--resume"], directory, run.environment)
        if finished.out != run.out:
            found.append(f"another output with --resume: {finished.told} {finished.out}")
    return found


def without(words: Sequence[str], *names: str) -> list[str]:
    """The words without these options and their values."""
    kept, skipped = [], False
    for word in words:
        if not skipped and word not in names:
            kept.append(word)
        skipped = word in names and word not in ("--ascii", "--full")
    return kept


if __name__ == "__main__":
    sys.exit(campaign(__doc__, faults))
