"""Random command lines: options in any order, with valid, invalid and mangled values. None may crash the program.

    python -m tests.cli.random_command_lines [--count 1000] [--seed 0]

Terminal size, locale and stdout vary. Each line runs in a process of its own, forked after the imports, with limits for
memory and files; a long run gets Ctrl-C. Prints the lines that ended with a traceback, an undocumented exit code, an
error that is not one line, or an incomplete file.
"""

import argparse
import os
import random
import re
import resource
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported

import numpy as np  # isort: skip

from actcli import cli
from actcli.core.activations.catalogue import CATALOGUE
from actcli.topics import TOPICS
from tests.cli.forked import imports

MEMORY, FILE_SIZE = 3 << 30, 64 << 20
LONG = 2.0  # seconds until a Ctrl-C
DEAF = 30.0  # seconds after the Ctrl-C until it counts as ignored

ACTIVATIONS = [
    *CATALOGUE,
    *CATALOGUE,
    *(f"{entry.name}:{parameter.name}=0.5" for entry in CATALOGUE.values() for parameter in entry.parameters),
    *("Leaky-ReLU", "swish", "rleu", "", " ", ":", "relu:", "elu:alpha", "elu:alpha=", "elu:alpha=nan", "elu:beta=1"),
    *("elu:alpha=1,alpha=2", "softmax:temperature=0", "x", "x**2", "x**x", "1/x", "exp(x**2)", "x if x > 0 else -x"),
    *("w*x:w=2", "w*x", "where(x>0, x, 0)", "x.__class__", "__import__('os')", "(", "x" * 3000, "(" * 300, "x**1e9"),
    *("max(x)", "lambda: x", "x[0]", "f(x) = x", "−x", "ñ", "\udcff", "9**9**9**9", "relu(relu(x))", "log(x)", "0*x"),
]
NUMBERS = [
    *("0", "1", "-1", "3", "-3", "0.5", "-.5", "1e-300", "-1e300", "1e400", "nan", "-nan", "inf", "-inf", "-0") * 4,
    *("1,2", "1 2", "", ",", "x", "1_0", "0x1", "--", "-", "1e", "٣", "\udcff", "9" * 400),
]
COUNTS = ["0", "1", "2", "3", "4", "-1", "2.5", "x", "", "nan", "9" * 30, "100000000000"]
SIZES = ["60x20", "100x", "x8", "20X9", "1x1", "0x5", "x", "80", "1001x2", "-1x2", "9" * 400 + "x9", "٣x٣", "1000x1000"]
WORDS = [
    "auto",
    "table",
    "plain",
    "csv",
    "json",
    "npy",
    "float32",
    "bfloat16",
    "he",
    "normal:0.1",
    "normal:",
    "a",
    "b",
    "",
]
STDIN = [
    b"",
    b"1 2\n3 4\n",
    b"1\n2\nx\n",
    b"\xff\xfe",
    b"\x93NUMPY",
    b"a,b\n1,2\n",
    b"nan,inf\n-0\n",
    b"\0" * 100,
    b"\n\n",
]


ENVIRONMENTS = [
    *({"COLUMNS": columns} for columns in ("1", "2", "7", "20", "20", "40", "0", "x", "100000000", "9" * 5000)),
    *({"LINES": lines} for lines in ("1", "3", "100000000")),
    *({"LC_ALL": "C", "COLUMNS": columns} for columns in ("1", "20", "80")),
    *({"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "COLUMNS": "20"}, {}, {}, {}),
]


@dataclass(frozen=True)
class Run:
    arguments: list[str]
    environment: dict[str, str]
    stdin: bytes
    exit_code: int | None
    stdout: bytes
    stderr: str
    interrupted: bool
    left_behind: list[str]

    def fault(self) -> str | None:
        if self.exit_code is None:
            return "does not obey Ctrl-C"
        if "Traceback" in self.stderr or "Warning" in self.stderr:
            return "traceback or warning"
        if self.exit_code not in ({130} if self.interrupted else set()) | {0, 1, 2}:
            return f"exit code {self.exit_code}"
        if self.exit_code == 2 and not re.fullmatch(r"actcli: [^\n]+\n", self.stderr):
            return "not one line of complaint"
        return f"left behind: {self.left_behind}" if self.left_behind else None


def lines(seed: int, count: int, files: list[str]) -> Iterator[list[str]]:
    """Random command lines from the program's own commands and options."""
    choose = random.Random(seed)
    commands = {name: cli.load(name).params for name in cli.COMMANDS}
    for _ in range(count):
        name = choose.choice(list(commands))
        words = [_given(parameter, choose, files) for parameter in commands[name] if _is_given(parameter, choose)]
        choose.shuffle(words)
        line = [name, *(word for group in words for word in group)]
        for _ in range(choose.choice([0, 0, 0, 0, 0, 1, 2])):
            if line:
                _spoil(line, choose)
        yield [word.replace("\0", "") for word in line]


def _is_given(parameter: Any, choose: random.Random) -> bool:
    # Mostly short trainings, so that many lines can be tried.
    return parameter.required or parameter.name in ("layers", "steps", "width") or choose.random() < 0.2


def _given(parameter: Any, choose: random.Random, files: list[str]) -> list[str]:
    metavar = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        pool = ACTIVATIONS if "ACT" in metavar else [*cli.COMMANDS, *TOPICS, "", "x"] if "TOPIC" in metavar else NUMBERS
        return choose.choices(pool, k=1 if parameter.nargs == 1 else choose.randrange(4))
    spelling = choose.choice(parameter.opts)
    if parameter.is_flag:
        return [spelling]
    if "ACT" in metavar:
        pool = ACTIVATIONS
    elif "FILE" in metavar:
        pool = files
    elif "LINES" in metavar:
        pool = SIZES
    elif choices := getattr(parameter.type, "choices", None):
        pool = [*[*choices] * 4, *WORDS]
    elif "int" in str(parameter.type).lower():
        pool = [*COUNTS, *"123" * 8]
    else:
        pool = [*NUMBERS, *COUNTS, *WORDS]
    return [spelling, *(choose.choice(pool) for _ in range(parameter.nargs))]


def _spoil(line: list[str], choose: random.Random) -> None:
    place = choose.randrange(len(line))
    word = line[place]
    cut = choose.randrange(len(word) + 1)
    how = choose.randrange(6)
    if how == 0:
        del line[place]
    elif how == 1:
        line.insert(place, word)
    elif how == 2:
        line[place] = word[:cut] + choose.choice("-=:,.()xé\n\x1b\udc80 0") + word[cut:]
    elif how == 3:
        line[place] = word[:cut] + word[cut + 1 :]
    elif how == 4:
        line.append(choose.choice([*NUMBERS, *ACTIVATIONS, "--help", "--nonsense"]))
    else:
        other = choose.randrange(len(line))
        line[place], line[other] = line[other], line[place]


def some_files(directory: Path) -> list[str]:
    """Valid and invalid files of every kind, and names for output files."""
    contents = {
        "numbers.txt": b"1 2\n-3\n",
        "bad.txt": b"1\n2 x\n",
        "table.csv": b'name,a,b\n"x, y",1,2\nz,3,-4\n',
        "ragged.csv": b"a,b\n1\n",
        "empty": b"",
        "binary.npy": b"\x93NUMPY\x01\x00v\x00{'descr'",
    }
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    arrays = {"rows.npy": np.ones((2, 3)), "complex.npy": np.ones(2, complex), "integers.npy": np.arange(4)}
    for name, array in arrays.items():
        np.save(directory / name, array)
    names = [*contents, *arrays, "new.txt", "new.csv", "new.json", "new.npy", "missing/new.txt", "."]
    return [*names, "-", "", "/dev/full", "/dev/null", "a\nb\x1b[2J.csv", "\udcff.npy"]


def run(arguments: list[str], stdin: bytes, directory: Path, environment: dict[str, str], full: bool) -> Run:
    """Run the line in a forked process; stdout is a file or a full disk."""
    before = set(os.listdir(directory))
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        shown = os.open("/dev/full", os.O_WRONLY) if full else os.dup(out.fileno())
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until the program handles it
        child = os.fork()
        if not child:
            os.environ.update(environment)
            become(arguments, directory, [given.fileno(), shown, err.fileno()])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        os.close(shown)
        exit_code, interrupted = _wait(child)
        out.seek(0)
        err.seek(0)
        left_behind = [name for name in set(os.listdir(directory)) - before if name.startswith(".actcli-")]
        stderr = err.read().decode("utf-8", "replace")
        return Run(arguments, environment, stdin, exit_code, out.read(), stderr, interrupted, left_behind)


def become(arguments: list[str], directory: Path, descriptors: list[int]) -> None:
    """Run the program in the forked process."""
    code = 70
    try:
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
        os.chdir(directory)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
        sys.stdin, sys.stdout, sys.stderr = (open(n, "rw"[n > 0], encoding="utf-8") for n in range(3))  # noqa: SIM115 - for good
        sys.argv = ["actcli", *arguments]
        from actcli.__main__ import main

        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 71
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wait(child: int) -> tuple[int | None, bool]:
    """Exit code, None if Ctrl-C did not end the process; and whether Ctrl-C was sent."""
    start, interrupted = time.monotonic(), False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), interrupted
        elapsed = time.monotonic() - start
        if elapsed > LONG + DEAF:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None, True
        if elapsed > LONG and not interrupted:
            os.kill(child, signal.SIGINT)
            interrupted = True
        time.sleep(0.002 if elapsed < 0.2 else 0.05)


def faults(seed: int, count: int) -> tuple[list[str], list[Run]]:
    """A description of each line that went wrong, and all runs."""
    imports()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        files = some_files(directory)
        choose = random.Random(seed + 1)
        runs = []
        for line in lines(seed, count, files):
            stdin, environment, full = choose.choice(STDIN), choose.choice(ENVIRONMENTS), choose.random() < 0.05
            runs.append(run(line, stdin, directory, environment, full))
            some_files(directory)
    return [
        f"{fault}: {r.environment} actcli {shlex.join(r.arguments)} <<< {r.stdin!r}\n{r.stderr[-2000:]}"
        for r in runs
        if (fault := r.fault())
    ], runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found, runs = faults(options.seed, options.count)
    for fault in found:
        print(fault.encode("utf-8", "backslashreplace").decode())
    codes = {code: sum(r.exit_code == code for r in runs) for code in {r.exit_code for r in runs}}
    print(f"{len(found)} of {len(runs)} lines went wrong; exit codes: {codes}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
