"""Tab at the end of random beginnings of valid command lines: no typed text may be lost.

python -m tests.fuzz.completions [--lines 500] [--seed 0] [SHELL ...]
"""

import argparse
import random
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported
from tests.shell.shells import SHELLS, Shell

FORMULAS: Final = (
    *("relu", "leaky_relu:negative_slope=0.2", "threshold:threshold=1,value=2", "x*sigmoid(1.702*x)", "x * sigmoid(x)"),
    *("gelu - gelu_tanh", "max(0, x)", "relu(w*x + b):w=2,b=-1", "where(x > 0, x, 0.1*x)", "(x + abs(x)) / 2"),
    *("x if x > 0 else exp(x) - 1", "f(x) = tanh(x)", "-x * log_sigmoid(-x)", "x**3 & 1", "softplus(x) | 0", "1.5e3*x"),
)
FILES: Final = ("numbers.txt", "two words.txt", "my dir/logits.csv", "results/a (1).txt", "it's.csv", "./numbers.txt")
NUMBERS: Final = ("0", "-3", "1e-3", "-.5", "inf", "40")
COMMANDS: Final = {
    "list": ("--format=F",),
    "describe A": ("--format F",),
    "evaluate A": ("N N", "--grid N N 5", "--input I", "-i I", "--input=I", "-o I", "--dtype D", "-f F", "--labels L"),
    "differentiate A": ("N", "--order 2", "-n 1", "--check", "--output I", "--output=I", "--format=F"),
    "plot A": ("A", "--range N N", "-r N N", "--at N", "--at=N", "--density", "--save I", "--ascii", "--color never"),
    "compare A A": ("A", "--range N N", "-f F", "--width 60"),
    "gain A": ("--sigma-w2 2", "--format F"),
    "audit A": ("--input I", "--actual=I", "--dtype D", "--max-ulp 2"),
    "gradient-depth": ("--act A", "--act=A", "-a A", "--layers 3", "--data I", "--data moons", "--init he", "--quiet"),
    "boundary": ("A", "--act A", "--data I", "--show space", "--data=xor", "--layers 2", "--fps N"),
    "collapse": ("--act A", "--act=A", "--layers 4"),
    "approximate A": ("--act=A", "--range N N", "--units 8"),
    "trace": ("-a A", "--lr 0.1"),
    "lesson": ("--from 2", "3"),
}
AT_THE_END: Final = ("", "", "", " < I", " <I", " > I", " 2> I", " 2>I", " >> I", " < I > I")
VALUES: Final = {
    "A": FORMULAS,
    "I": FILES,
    "N": NUMBERS,
    "F": ("json", "csv", "plain"),
    "D": ("float32", "bfloat16"),
    "L": ("cat,a dog", "a,b"),
}


def lines(seed: int, count: int) -> Iterator[str]:
    """Beginnings of valid command lines, each word in single, double or no quotes."""
    source = random.Random(seed)
    for _ in range(count):
        command = source.choice([*COMMANDS])
        options = source.sample(COMMANDS[command], k=min(source.randint(0, 3), len(COMMANDS[command])))
        before = ["--color always"] if source.random() < 0.1 else []
        line = " ".join([*before, command, *options]) + source.choice(AT_THE_END)
        whole = "".join(_filled(piece, source) for piece in _pieces(line))
        # Half of the lines end within a name, where completion has most to do.
        names = [*re.finditer(r"""(?<=[ (*'"])[a-z_]{5,}""", whole)]
        if names and source.random() < 0.5:
            name = source.choice(names)
            yield whole[: source.randint(name.start() + 3, name.end())]
        else:
            yield whole[: source.randint(1, len(whole))]


def _pieces(line: str) -> list[str]:
    """Placeholders, and the text between them."""
    pieces = [""]
    for i, character in enumerate(line):
        is_place = character in VALUES and (i == 0 or line[i - 1] in " =<>") and line[i + 1 : i + 2] in ("", " ")
        pieces += [character, ""] if is_place else []
        pieces[-1] += "" if is_place else character
    return pieces


def _filled(piece: str, source: random.Random) -> str:
    if piece not in VALUES:
        return piece
    word = source.choice(VALUES[piece])
    if source.random() < 0.8:
        return _quoted(word, source)
    cut = source.randint(0, len(word))  # one word in two kinds of quotes
    return _quoted(word[:cut], source) + _quoted(word[cut:], source)


def _quoted(word: str, source: random.Random) -> str:
    in_single = f"'{word}'" if "'" not in word else shlex.quote(word)
    styles = [in_single, f'"{word}"', _escaped(word), shlex.quote(word)]
    return source.choice(styles if not word.replace("_", "").isalnum() else [*styles, word, word])


def _escaped(word: str) -> str:
    return "".join(c if c.isalnum() or c in "_-+./=:," else f"\\{c}" for c in word)


def faults(shell: Shell, typed_lines: Sequence[str]) -> list[str]:
    """Descriptions of lines that no longer begin with the typed text after a Tab."""
    found = []
    for typed in typed_lines:
        line = shell.line_after(f"actcli {typed}\t").removeprefix("actcli ")
        kept = line.startswith(typed) or (_is_the_shell_s_own(typed) and _letters(line).startswith(_letters(typed)))
        if not kept:
            found.append(f"{shell.name}: {typed!r} becomes {line!r}")
    return found


def _is_the_shell_s_own(typed: str) -> bool:
    """Whether the shell itself may change quotes here, for any command: after a closed quote (bash rewrites a file's
    name with backslashes, zsh and fish complete within the quotes), and at a final backslash (fish drops it)."""
    parts = re.split(r"[\s=<>]", _letters(typed))
    tails = {" ".join(parts[-n:]) for n in (1, 2)} - {""}
    return typed.endswith(("\\", "'", '"')) or any(_letters(file).startswith(tail) for file in FILES for tail in tails)


def _letters(line: str) -> str:
    return re.sub(r"[\\'\"]", "", line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shells", nargs="*", metavar="SHELL", default=SHELLS)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = []
    for name in options.shells:
        with tempfile.TemporaryDirectory() as directory:
            shell = Shell(name, Path(directory))
            found += faults(shell, [*lines(options.seed, options.lines)])
            shell.process.close(force=True)
    print(*found, f"{len(found)} of {options.lines * len(options.shells)} lines went wrong", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
