"""Random damaged files: text, CSV, .npy and training data. Each is read, or refused in one line."""

import io
import os
import random
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from actcli.commands.numbers import answer
from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.network.datasets import from_examples
from actcli.streams.examples import Columns, read_examples
from actcli.streams.files import StreamError
from actcli.streams.options import TableOptions
from tests.fuzz.mutation import mutated

_TOKENS = [
    *("1", "-2", "3.5", "0", "-0", "nan", "-nan", "inf", "-Infinity", "1e400", "5e-324", "2.2250738585072011e-308"),
    *(
        "9" * 400,
        "0.1" + "0" * 900 + "1",
        "1_0",
        "0x10",
        "٣",
        "x",
        "",
        '"1"',
        '"a, b"',
        '""',
        "1e",
        "--1",
        "+1",
        "01",
        ".5",
    ),
    *("true", "null", "[1]", "{}", "1d3", "#", "−1", "\u00a0", "\ufeff1", "1;2"),
]
_PIECES = [
    *(token.encode() for token in _TOKENS),
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b",",
        b" ",
        b"\t",
        b"\0",
        b'"',
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x1f\x8b",
        b"sep=;\n",
        b"# ",
        b";",
        b"\x1a",
        b"\x93NUMPY",
        b"\v",
    ),
]
_HEADER_PIECES = [
    *(b"'descr'", b"'<f8'", b"'>f2'", b"'<f4'", b"'|u1'", b"'<c16'", b"'O'", b"'<U4'", b"'|V2'", b"'<M8'", b"'<m8[s]'"),
    *(b"'<f16'", b"'>i8'", b"'|b1'", b"[('a','<f8')]", b"('<f8',(2,))", b"True", b"False", b"None", b"(3,)", b"()"),
    *(b"(0,)", b"(0,5)", b"(2,0)", b"(1,-1)", b"(9999999999999999999999,)", b"(4611686018427387904,4)", b"(2,3,4)"),
    *(
        b"(1.5,)",
        b"('a',)",
        b"1L",
        b"(" * 99,
        b"-" * 99,
        b"\n",
        b" " * 64,
        b"{",
        b"}",
        b"__import__('os')",
        b"\xff\xff",
    ),
    *(b"\x01\x00", b"\x02\x00", b"\x03\x00", b"'fortran_order'", b"'shape'", b",", b":", b"1 if 1 else 2", b"lambda:0"),
    *(b"'<f\0'", b"'f8,f8'", b"'<f8 '", b"'\xc3\xb1'", b"'V0'", b"'<V0'", b"'f0'", b"'S0'", b"'<U0'", b"(1,)*9**9"),
]
_DTYPES = ["<f8", ">f8", "<f4", "<f2", "<i8", ">u2", "|b1", "|i1", "<c16", "|V2", "<U2", "<f16"]


@dataclass(frozen=True)
class Case:
    """A file and the way to read it; `training`: as training data."""

    name: str
    content: bytes
    training: bool = False
    options: dict[str, Any] = field(default_factory=dict)


def cases(seed: int, count: int) -> Iterator[Case]:
    choose = random.Random(seed)
    for _ in range(count):
        kind = choose.choice(["text", "csv", "npy", "npy", "training", "training"])
        suffix = (
            choose.choice([".npy", ".csv", ".txt"]) if kind == "training" else {"text": ".txt"}.get(kind, f".{kind}")
        )
        content = _array(choose) if suffix == ".npy" else _table(choose, suffix == ".csv")
        name = "given" + (suffix if choose.random() < 0.95 else choose.choice([".npy", ".csv", ".txt"]))
        yield Case(name, content, kind == "training", _options(choose, kind))


def _options(choose: random.Random, kind: str) -> dict[str, Any]:
    act = choose.choice(["relu", "softmax", "gelu", "identity"])
    # A Jacobian cannot be appended to its row: differentiate refuses that.
    slope = choose.random() < 0.3
    table = kind == "csv" and choose.random() < 0.5
    wanted = choose.choice(["plain", "csv", "tsv", "json", "npy", "table"])
    return {
        "act": act,
        "slope": slope,
        "table": TableOptions(
            columns=tuple(choose.choices(["a", "b", "1", "2", "0", "é", ""], k=choose.randrange(3))) if table else (),
            delimiter=choose.choice([None, None, None, ";", "\t", " "]),
            missing_is_nan=choose.random() < 0.3,
            keep_lines=table
            and not (slope and act == "softmax")
            and choose.random() < 0.5
            and wanted in ("csv", "tsv"),
        ),
        "dtype": choose.choice(["float64", "float32", "float16", "bfloat16"]),
        "requested_format": wanted,
    }


def _table(choose: random.Random, header: bool) -> bytes:
    good = choose.random() < 0.7
    width, tokens = choose.randrange(1, 5), _TOKENS[:5] if good else _TOKENS
    separator = choose.choice([",", ",", " ", ", ", "\t", ";", "|"])
    end = choose.choice(["\n", "\n", "\r\n", "\r"])
    lines = [separator.join(choose.choices(tokens, k=width)) for _ in range(choose.choice([0, 1, 2, 5, 2000]) or 0)]
    if header and choose.random() < 0.6:
        lines.insert(0, separator.join(["a", "b", "é", '"d, e"'][:width]))
    text = end.join(lines) + choose.choice(["", end])
    return mutated(text.encode(), _PIECES, choose)


def _array(choose: random.Random) -> bytes:
    shape = choose.choice([(), (0,), (1,), (5,), (2, 3), (3, 2), (0, 4), (4, 0), (2, 2, 2), (3000, 2)])
    dtype = np.dtype(choose.choice(_DTYPES))
    data = (
        np.frombuffer(choose.randbytes(dtype.itemsize * int(np.prod(shape))), dtype) if dtype.kind not in "Ub" else None
    )
    array = np.zeros(shape, dtype) if data is None else data.reshape(shape)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's warning about the version of the header
        np.lib.format.write_array(
            file, np.asfortranarray(array) if choose.random() < 0.3 else array, allow_pickle=False
        )
    whole = file.getvalue()
    end = whole.index(b"\n") + 1
    return (mutated(whole[:end], _HEADER_PIECES, choose) if choose.random() < 0.9 else whole[:end]) + mutated(
        whole[end:], [b"\0"], choose
    )


def fault(case: Case, directory: Path) -> str | None:
    """The failure of a case; None for a result, or for a refusal in one line that leaves no file."""
    path, answers = directory / case.name, directory / "answers"
    path.write_bytes(case.content)
    shown, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if case.training:
                _learn(str(path))
            else:
                _answer(path, answers, **case.options)
        return None
    except (InputError, StreamError) as error:
        left = [name for name in os.listdir(directory) if name not in (case.name, "answers")]
        one_line = str(error).isprintable() and str(error).strip()
        return f"left behind: {left}" if left else None if one_line else f"not one line: {str(error)!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        sys.stdout.close()
        sys.stdout = shown
        path.unlink()
        answers.unlink(missing_ok=True)


def _learn(path: str) -> None:
    found = read_examples(path, Columns(skip_missing=path.endswith("v")))
    from_examples(path, found.features, found.labels)


def _answer(path: Path, answers: Path, act: str, slope: bool, **options: Any) -> None:
    activation = resolve(act)
    derivative = activation.jacobian if isinstance(activation, RowWise) else activation.derivative
    to_file = options["requested_format"] != "table"
    answer(
        [(activation, derivative if slope else activation)],
        numbers=(),
        grid=None,
        input_path=str(path),
        output_path=str(answers) if to_file else None,
        document=lambda _: {"activation": act},
        order=int(slope),
        **options,
    )
