"""Random command lines of all commands: mostly valid, with values at the edge of what is allowed."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported

import numpy as np  # isort: skip

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.topics import TOPICS

NAMES: Final = tuple(name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise))
ROWS: Final = tuple(name for name, entry in CATALOGUE.items() if not isinstance(entry, Elementwise))
ODD: Final = (
    *("relu(w*x + b):w=2,b=-1", "1/x", "log(x)", "sqrt(x)", "tan(x)", "x**9", "exp(x)", "x**2", "0*x", "1e300*x"),
    *("1e-300*x", "where(x>0,1,0)", "sin(1000*x)", "1e-9*tanh(x)+1e6", "x if x>1e6 else 0", "x*" + "1*" * 40 + "x"),
    *("elu:alpha=0.5", "elu:alpha=0.5/1/2", "leaky_relu:negative_slope=0.1/0.2/0.3", "softcap:cap=3", "nn.GELU()"),
    *("x·tanh(x)", "f(x) = max(0, x)", "x*π", "a_very_long_parameter*x:a_very_long_parameter=2", "log(1 - x**2)"),
    *("rleu", "$x$", "<x>&\"", "", "x**", "relu:alpha=1", "sinh(sinh(x))", "x - x", "floor(x)", "1/(x*x - 1)"),
)  # fmt: skip
PICTURE: Final = ("--size {size}", "--ascii", "--theme {theme}", "-f {format}", "--color {when}")
TRAINING: Final = (
    *("!--steps {steps}", "!--width {width}", "--data {data}", "--data {data}", "--optimizer {optimizer}", "--lr {lr}"),
    *("--seed {seed}", "--init {init}", "--norm {norm}", "--residual", "--batch {count}", "--quiet"),
)
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("--search {search}", "--all", "--family {search}", "--year {year}", "-f {format}"),
    "describe {act}": PICTURE,
    "evaluate {act} {x} {x} {x}": ("-f {streams}", "--dtype {dtype}", "-o {out}", "--labels a,b,c"),
    "evaluate {act}": ("!-i {numbers}", "-f {streams}", "--dtype {dtype}", "-o {out}", "-c 1", "--missing nan"),
    "evaluate {act} --grid {x} {x} {count}": ("-f {streams}", "--dtype {dtype}", "-o {out}"),
    "differentiate {act} {x} {x}": ("-f {streams}", "--order {order}", "--check", "-o {out}", "--dtype {dtype}"),
    "plot {acts}": ("--range {x} {x}", "--order {order}", "--at {x}", "--show {density}", *PICTURE),
    "compare {act} {act}": ("--range {x} {x}", *PICTURE),
    "compare {name} {name} --train --layers 1": ("!--seeds {small}", "--jobs 2", *TRAINING, *PICTURE),
    "identify {act}": ("-f {format}",),
    "identify": ("!-i {numbers}", "-f {format}"),
    "code {act}": ("!--to {target}", "--learnable", "-f {code}", "-o {out}"),
    "gain {act}": ("--sigma-w2 {variance}", "--sigma-b2 {variance}", *PICTURE),
    "phase {act}": (
        *("!--cells {cells}", "--sigma-w2 {variance}", "--sigma-b2 {variance}", "--of {of}"),
        *("--weights {variance} {variance}", "--biases {variance} {variance}", *PICTURE),
    ),
    "phase {act} --measure --depths 2 4": (
        *("!--cells {cells}", "!--steps {small}", "!--width {width}", "--jobs 2", "-o {runs}", "--seeds {small}"),
        *("--sigma-b2 {variance}", "--data {data}", "--quiet", *PICTURE),
    ),
    "audit {act} --against numpy --range -3 3": ("!--dtype {dtype}", "--order {order}", *PICTURE),
    "audit {name} {name} --against numpy": ("!--dtype float16", "-f {format}", "--full"),
    "gradient-depth {acts}": (
        *("!--layers {layers}", "--show {history}", "--seeds {small}", "--jobs 2", "--cure", *TRAINING, *PICTURE),
    ),
    "boundary {acts}": ("!--layers {small}", "--show {view}", "--export {npz}", *TRAINING, *PICTURE),
    "collapse {acts}": ("!--layers {layers}", "--width {width}", "--seed {seed}", *PICTURE),
    "approximate {act} {act}": ("--width {width}", "--error {variance}", "--range {x} {x}", "--seed {seed}", *PICTURE),
    "trace {act}": ("--lr {lr}", *PICTURE),
    "lesson {step}": ("-f {format}",),
    "help {topic}": (),
}  # fmt: skip
"""Command and arguments -> options; ! marks an option that is always given."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "x": (*("0", "1", "-1", "3", "-3", "0.5", "-2.5", "1e-3", "20", "-40", "7.123456789", "1e3") * 2,
          "1e300", "-1e300", "1e-300", "nan", "inf", "-inf", "x"),
    "size": ("60x20", "100x", "80x24", "120x40", "80x30", "200x60", "x40", "100x30", "x30", "20x10", "x8"),
    "theme": ("light", "dark"),
    "format": ("table", "plain", "csv", "json"),
    "streams": ("table", "plain", "csv", "tsv", "json"),
    "code": ("plain", "json"),
    "when": ("auto", "always", "never"),
    "steps": ("0", "1", "5", "20"),
    "width": ("1", "2", "4", "16"),
    "small": ("1", "2", "3"),
    "layers": ("1", "2", "5", "20"),
    "count": ("1", "2", "5", "1000"),
    "data": ("spirals", "moons", "circles", "xor", "sine", "blobs", "classes.csv", "four.csv", "numbers.csv", "one.csv",
             "table.npy", "empty", "missing.csv", "ragged.csv"),
    "numbers": ("one.csv", "pairs.txt", "pairs.csv", "table.npy", "empty", "ragged.csv", "missing.csv", "classes.csv"),
    "optimizer": ("sgd", "adam", "momentum"),
    "lr": ("0", "0.01", "1", "1e3", "1e300"),
    "seed": ("0", "7", "123456789"),
    "init": ("auto", "he", "critical", "normal:0.1", "normal:3,1", "gaussian:1.5,0.1", "gaussian:0,0", "orthogonal"),
    "norm": ("layer", "batch", "none"),
    "search": ("swish", "relu", "x", "(", "", "[", "\\", "zzz", "ñ", "tanh(x)", "2019", "gated", "exp  "),
    "year": ("2019", "2017..2020", "2024..", "..2010", "..", "x", "2020..2010", "99999"),
    "dtype": ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"),
    "out": ("new.txt", "new.csv", "old.txt", "no/new.csv", ".", "/dev/full", "new.npy", "new.json"),
    "runs": ("new.jsonl", "old.txt", "no/new.jsonl", "/dev/full"),
    "npz": ("new.npz", "old.txt", "no/new.npz", "/dev/full"),
    "order": ("0", "1", "2", "3", "4"),
    "density": ("density", "curves"),
    "history": ("histograms", "over-time", "layers"),
    "view": ("decision", "units", "space"),
    "target": ("torch", "jax", "numpy", "c"),
    "variance": ("1", "1.5", "0", "2", "4", "0.1", "1e-3", "100", "1e300", "1e-9"),
    "cells": ("4x4", "10x6", "2x2", "20x10", "1x1", "3x2"),
    "of": ("chi", "q", "correlation", "depth-scale"),
    "step": ("1", "2", "3", "5", "8", "11", "21", "22", "0"),
    "topic": ("", "list", "boundary", "x", *TOPICS),
}  # fmt: skip


def line(choose: random.Random, start: str | None = None, often: float = 0.25) -> list[str]:
    """Words of a random command line. start: a key of COMMANDS; often: how often an option is given."""
    start = choose.choice([*COMMANDS]) if start is None else start
    given = [word for word in COMMANDS[start] if word[0] == "!" or choose.random() < often]
    choose.shuffle(given)
    pieces = " ".join([start, *(word.removeprefix("!") for word in given)]).split(" ")
    return [word for piece in pieces for word in filled(piece, choose)]


def filled(piece: str, choose: random.Random) -> list[str]:
    if piece[:1] != "{":
        return [piece]
    kind = piece[1:-1]
    if kind == "acts":
        return [activation(choose) for _ in range(choose.choice((1, 1, 1, 2, 3, 6)))]
    if kind == "act":
        return [activation(choose)]
    word = choose.choice(NAMES if kind == "name" else _WORDS[kind])
    return [word] if word or kind != "topic" else []


def activation(choose: random.Random) -> str:
    kinds: list[Callable[[], str]] = [
        lambda: choose.choice(NAMES),
        lambda: choose.choice(NAMES),
        lambda: formula(choose),
        lambda: formula(choose),
        lambda: choose.choice(ODD),
        lambda: choose.choice(ROWS),
    ]
    return choose.choices(kinds, weights=(3, 3, 3, 3, 2, 1))[0]()


def formula(choose: random.Random) -> str:
    """Two functions of lines, added, multiplied, one in the other, or on two sides of a number."""
    first, second = (_of_a_line(choose) for _ in "ab")
    number = f"{choose.uniform(0.05, 4):.{choose.choice((1, 2, 3))}g}"
    return choose.choice(
        [
            f"{number}*{first}",
            f"{first} {choose.choice('+-')} {number}*{second}",
            f"{first}*{second}",
            f"x*{first}",
            f"{choose.choice(NAMES)}({first})",
            f"{first} if x {choose.choice(('>', '<', '>=', '<='))} {number} else {second}",
            f"max({first}, {second})",
            f"({first})/({number} + abs({second}))",
            f"({first})**{choose.choice('23')}",
        ]
    )


def _of_a_line(choose: random.Random) -> str:
    name = choose.choice((*NAMES, "exp", "sin", "cos", "abs", "log1p", "sqrt", "atan", "expm1"))
    return f"{name}({choose.choice(('x', 'x', '-x', '2*x', '0.5*x - 1', 'x + 3', '10*x', 'x**2'))})"


def write_files(directory: Path) -> None:
    """The files that the lines name."""
    x = np.random.default_rng(1).normal(size=(40, 2))
    above, times = x[:, 0] * x[:, 1] > 0, x[:, 0] * x[:, 1]

    def table(name: str, *rows: str) -> None:
        (directory / name).write_text("".join(f"{row}\n" for row in rows))

    names = [("no", "yes")[int(one)] for one in above]
    table(
        "classes.csv",
        "height in metres above the sea,b,label",
        *(f"{a},{b},{c}" for (a, b), c in zip(x, names, strict=True)),
    )
    table("four.csv", "a,b,c", *(f"{a},{b},{int(3 * abs(a)) % 4}" for a, b in x))
    table("numbers.csv", "a,b,target", *(f"{a},{b},{c * 1e6}" for (a, b), c in zip(x, times, strict=True)))
    table("one.csv", "x,y", *(f"{a},{b}" for a, b in x))
    table("ragged.csv", "a,b", "1,2", "3")
    table("missing.csv", "a,b,label", "1,2,u", "3,,v", "NA,1,u")
    table("pairs.txt", *(f"{a} {np.tanh(a)}" for a, _ in x))
    table("pairs.csv", "x,y", *(f"{a},{max(a, 0.0)}" for a, _ in x))
    table("old.txt", "old")
    table("empty")
    np.save(directory / "table.npy", np.c_[x, above])
