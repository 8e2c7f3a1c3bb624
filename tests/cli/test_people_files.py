"""Users' files: the numbers read are those in the file, and the advice in errors works."""

import gzip
import math
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.helpers import PATIENCE, PROGRAM, actcli, actcli_in_bytes, complaint, environment, numbers, output

FLAGS = {"--skip-missing"}


def evaluated(directory: Path, name: str, data: bytes, *options: str) -> list[list[float]]:
    """The numbers of a file, line by line. The same bytes on stdin must give the same, if the name has no suffix."""
    (directory / name).write_bytes(data)
    run = actcli("evaluate", "identity", "-i", name, *options, cwd=directory)
    assert (run.returncode, run.stderr) == (0, "")
    if name in ("x", "x.txt"):
        assert actcli_in_bytes("evaluate", "identity", *options, stdin=data).stdout.decode() == run.stdout
    return [[float(word) for word in line.split()] for line in run.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x", b"x,y\n1,2\n3,4\n"),
        ("x", b"x y\n1 2\n3 4\n"),
        ("x.txt", b"x;y\n1;2\n3;4\n"),
        ("x.txt", b"1|2\n3|4\n"),
        ("x.txt", b"# x y\n1 2\n  # more\n3 4 # last\n"),
        ("x.txt", b"1 2\r3 4\r"),
        ("x.txt", "1 2\n3 4\n".encode("utf-16")),
        ("x.txt", b'"x","y"\n"1","2"\n3,4\n'),
        ("x.csv", b"x;y\n1;2\n3;4\n"),
        ("x.csv", b"x\ty\n1\t2\n3\t4\n"),
        ("x.csv", b"x,y\r1,2\r3,4"),
        ("x.csv", b"x y\n1 2\n3 4\n"),
        ("x.csv", b"1\t 2\n3\t 4\n"),
        ("x.csv", b"x,y\r\r\n1,2\r\r\n3,4\r\r\n"),
        ("x.csv", b"\xef\xbb\xbfx,y\n1,2\n3,4\n"),
        ("x.csv", "x,y\n1,2\n3,4\n".encode("utf-32")),
        ("x.csv", b'"x\nname","y"\n1,2\n"3","4"\n'),
        ("x.csv", b"# by hand\n\nx, y\n1, 2\n# half\n3, 4\n# end"),
        ("x.csv", b"sep=;\nx;y\n1;2\n3;4\n"),
        ("x.csv", b"x,x\n1,2\n3,4\n"),
        ("x.csv", b",y\n1,2\n3,4\n"),
        ("x.csv", "gr\u00f6\u00dfe,y\n1,2\n3,4\n".encode("latin-1")),
        ("x.tsv", b"x\ty\n1\t2\n3\t4\n"),
        ("x.csv.gz", gzip.compress(b"x,y\n1,2\n3,4\n", mtime=0)),
        ("x.gz", gzip.compress(b"1 2\n3 4\n", mtime=0)),
    ],
)
def test_tables_in_all_their_forms(name: str, data: bytes, tmp_path: Path) -> None:
    assert evaluated(tmp_path, name, data) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b'note,x\n"a\nb",1\n"c, ""d""\n\n",2\n', ["-c", "x"]),
        (b"note,x\n%s,1\n%s,2\n" % (b"a" * 200_000, b"b" * 200_000), ["-c", "x"]),
        (b'note,x\n"%s\n",1\nb,2\n' % (b"a" * 600_000), ["-c", "x"]),
        (b'note,x\n"%s",1\nb,2\n' % (b"a\n" * 300_000), ["-c", "x"]),
        (b'note,x\n5" pipe,1\n6" pipe,2\n', ["-c", "x"]),
        (b"note,x\n\xe4,1\n\xff\0,2\n", ["-c", "x"]),
        (b"# note,x\n0,1\n0,2\n", ["-c", "x"]),
        (b"#,Name,HP\n7,a,1\n8,b,2\n", ["-c", "HP"]),
        (b"country,2019\na,1\nb,2\n", ["-c", "2019"]),
        (b"a,1\nb,2\n", ["-c", "2"]),
        (b"x:y\n0:1\n0:2\n", ["--delimiter", ":", "-c", "y"]),
        (b"x y\n0 1\n0 2\n", ["--delimiter", "blank", "-c", "y"]),
        (b"-1,b\n1,5\n2,6\n", ["-c", "-1"]),
    ],
)
def test_a_column_whatever_stands_in_the_others(data: bytes, options: list[str], tmp_path: Path) -> None:
    assert evaluated(tmp_path, "x.csv", data, *options) == [[1], [2]]


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NULL", "None", "-", "?", "NaN"])
@pytest.mark.parametrize("name", ["x.txt", "x.csv"])
def test_missing_values_become_nan_where_that_is_wanted(cell: str, name: str, tmp_path: Path) -> None:
    found = evaluated(tmp_path, name, f"1,{cell},3\n{cell},5,6\n".encode(), "--missing", "nan")
    assert repr(found) == repr([[1.0, math.nan, 3.0], [math.nan, 5.0, 6.0]])


def test_a_row_with_an_empty_cell_is_not_a_shorter_row() -> None:
    assert "line 2: an empty cell" in actcli("evaluate", "softmax", stdin="1,2,3\n4,,6\n").stderr
    assert numbers("evaluate", "relu", "1,", "2,", "3") == [1, 2, 3]
    assert complaint("evaluate", "softmax", "1,,3") == "not a number: ''"


def test_appended_columns_keep_what_is_there(tmp_path: Path) -> None:
    cases = {
        "a;n\n-1;x, y\n": "a;n;relu(a)\n-1;x, y;0.0\n",
        "a\tn\n-1\tx\n": "a\tn\trelu(a)\n-1\tx\t0.0\n",
        '# c1\na,n\n# c2\n-1,"x\ny"\n\n2,z\n# c3\n': '# c1\na,n,relu(a)\n# c2\n-1,"x\ny",0.0\n2,z,2.0\n# c3\n',
    }
    for text, result in cases.items():
        assert output("evaluate", "relu", "-c", "a", "--append", stdin=text) == result
    (tmp_path / "x.csv").write_text('a,n\n-1,"x\ty"\n2,NA\n')
    assert output("evaluate", "relu", "-i", tmp_path / "x.csv", "-c", "1", "--append", "-o", tmp_path / "y.tsv") == ""
    assert (tmp_path / "y.tsv").read_text() == 'a\tn\trelu(a)\n-1\t"x\ty"\t0.0\n2\tNA\t2.0\n'


@pytest.mark.parametrize("form", ["plain", "csv", "tsv"])
@pytest.mark.parametrize("command", [["evaluate", "relu"], ["evaluate", "softmax"], ["differentiate", "softmax"]])
def test_what_actcli_writes_it_reads_again(command: list[str], form: str) -> None:
    written = output(*command, "--format", form, stdin="1 2 3\n4 5 6\n")
    first = [float(word) for word in re.split(r"\s|,", written) if re.fullmatch(r"[-\d.e]+", word)]
    assert numbers("evaluate", "identity", stdin=written) == first


def test_output_goes_where_its_name_says(tmp_path: Path) -> None:
    for name in ("y.tsv", "-1.txt", "-2"):
        run = actcli("evaluate", "relu", "-1", "2", "-o", name, cwd=tmp_path)
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "y.tsv": "x\ty\n-1.0\t0.0\n2.0\t2.0\n",
        "-1.txt": "0.0\n2.0\n",
        "-2": "0.0\n2.0\n",
    }
    assert actcli("evaluate", "relu", "-i", "-2", cwd=tmp_path).stdout == "0.0\n2.0\n"
    for name, instead in {"y.npz": "y.npy", "y.parquet": "y.csv", "y.csv.gz": "y.csv", "y.svg": "y.csv"}.items():
        assert str(tmp_path / instead) in complaint("evaluate", "relu", "1", "-o", tmp_path / name).partition(": ")[2]
        assert not (tmp_path / name).exists()
        assert output("evaluate", "relu", "1", "-o", tmp_path / instead) == ""


# --- ways out --------------------------------------------------------------------------------------------------

BLOBS = "".join(f"{i % 7},{i % 3},{'abc'[i % 3]}\n" for i in range(30))
EVALUATE = ["evaluate", "identity", "-i"]
AUDIT = ["audit", "relu", "--actual", "y.txt", "-i"]
DEPTH = ["gradient-depth", "--act", "tanh", "--layers", "2", "--width", "4", "--batch", "8", "--steps", "0", "--data"]


@pytest.mark.parametrize(
    ("name", "data", "command"),
    [
        ("x.csv", b"NA,2\n3,4\n", EVALUATE),
        ("x.csv", b",2\n3,4\n", EVALUATE),
        ("x.csv", b"1,2,\n", EVALUATE),
        ("x.csv", b"year,2019\n1,2\n", EVALUATE),
        ("x.csv", b"1st,2nd\n1,2\n", EVALUATE),
        ("x.csv", b"-log p,b\n1,2\n", EVALUATE),
        ("x.csv", b"Title\na,b\n1,2\n", EVALUATE),
        ("x.csv", b"Title,\na,b\n1,2\n", EVALUATE),
        ("x.csv", b"name,x\nann,1\nbob,2\n", EVALUATE),
        ("x.csv", b"name,x\nann,1\nbob,2\n", ["plot", "relu", "--input"]),
        ("x.csv", b"name,x\nann,1\nbob,2\n", AUDIT),
        ("x.csv", b"x,y\n1,\n2,NA\n", [*EVALUATE[:2], "--append", "-i"]),
        ("x.csv", b"x;y\n0,1;0,2\n", EVALUATE),
        ("x.tsv", b"x\ty\n0,1\t0,2\n", EVALUATE),
        ("x.txt", b"0,1\t0,2\n", EVALUATE),
        ("x.txt", b"1 2\n3 0,2\n", EVALUATE),
        ("x.txt", b'1\n"2"\n', EVALUATE),
        ("x.csv", b"color,x\n#ff0000,1\nred,2\n", [*EVALUATE[:2], "-c", "x", "-i"]),
        ("x.csv", b"id,1,2\n7,10,20\n", [*EVALUATE[:2], "-c", "2", "-i"]),
        ("x.csv", "x,y\n1,2\n".encode("utf-16-le"), EVALUATE),
        ("x.csv", "x,y\n1,2\n".encode("utf-16-be"), EVALUATE),
        ("x.csv", "1\xa0,2\n".encode("latin-1"), EVALUATE),
        ("my x.csv", "1\xa0,2\n".encode("latin-1"), EVALUATE),
        ("x.csv", b"x,y,kind\n" + b"1,,a\n" + BLOBS.encode(), DEPTH),
        (
            "x.csv",
            b"x,deck,kind\n" + BLOBS.replace(",0,", ",,").replace(",1,", ",,").replace(",2,", ",,").encode(),
            DEPTH,
        ),
        ("x.csv", b"x,y,kind\n" + BLOBS.replace("3,", "three,").encode(), DEPTH),
        ("x.csv", b"kind,name,x,y\na,ann,1,2\nb,bob,2,\nb,cy,4,6\na,dee,3,5\n", DEPTH),
        ("x.csv", b"Country Name,1960,1961\nAruba,4.8,4.6\nAndorra,,\nAngola,7,8\nBenin,1,2\n", DEPTH),
        ("x.csv", b"x,y,kind\nm,s,-\n" + BLOBS.encode(), DEPTH),
        ("x.csv", b"Title of all\nx,y,kind\n" + BLOBS.encode(), DEPTH),
        ("x.csv", b"x,y,kind\n1,5%,a\n" + BLOBS.encode(), DEPTH),
        ("x.csv", b"ann,1,1961\nbob,4,462\ncy,5,61\n", DEPTH),
        ("x.csv", b"date,x,y\n2024-01-01,1,2\n2024-01-02,3,3\n2024-01-03,4,4.5\n", DEPTH),
        ("x.csv", b"kind,x,y\na,1,2\nb,2,1\nb,4,6\na,3,5\n", DEPTH),
        ("x.csv", b"4,2,setosa\n1,2,0\n3,1,1\n2,2,1\n5,2,0\n", DEPTH),
        ("x.csv", "".join(f"{i % 3 + 1},{i * i},{i**3 / 7}\n" for i in range(12)).encode(), DEPTH),
    ],
)
def test_every_way_out_works_as_it_is_printed(name: str, data: bytes, command: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "y.txt").write_text("1\n2\n")
    refused = actcli(*command, name, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    _, _, advice = refused.stderr.strip().partition(": ")
    ways = _typed(advice, [*command, name])
    assert ways, advice
    for way in ways:
        run = in_a_shell(way, tmp_path)
        assert run.returncode == 0, (advice, way, run.stderr)
        assert run.stdout


def in_a_shell(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    if line.startswith("actcli ") and not re.search(r"[|<>$`*?~]", line):
        return actcli(*shlex.split(line)[1:], cwd=folder)  # the same, and soon done
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment({"PATH": f"{Path(PROGRAM).parent}:/usr/bin:/bin"}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _typed(advice: str, command: list[str]) -> list[str]:
    """The commands in an error's advice, as a reader would type them."""
    program = ["actcli", *command]
    ways = [f"{found} | {shlex.join([*program[:-1], '-'])}" for found in re.findall("`(.*?)`", advice)]
    for clause in re.split(r"[;,?] (?=--)", re.sub("`.*?`", "", advice))[1:]:
        words, options = shlex.split(clause), list[str]()
        while words and words[0].startswith("--"):
            taken = 1 if words[0] in FLAGS else 2
            options += words[:taken]
            words = words[taken:]
        ways.append(shlex.join([*program, *options]))
    return ways


# --- gradient-depth's own data ---------------------------------------------------------------------------------


def depth(directory: Path, name: str, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / name).write_text(text)
    return actcli(*DEPTH, name, *options, cwd=directory)


@pytest.mark.parametrize(
    ("text", "options", "first"),
    [
        (
            "x,y,kind\n" + BLOBS,
            [],
            "30 points, 2 features (standardised), target kind: 3 classes, guessing gives 1.1",
        ),
        (BLOBS, [], "30 points, 2 features (standardised), target in column 3: 3 classes, guessing gives 1.1"),
        (
            "x,y,kind\n1,?,a\n" + BLOBS,
            ["--skip-missing"],
            "30 points (1 row with missing values left out), 2 features (standardised), target kind: 3 classes, "
            "guessing gives 1.1",
        ),
        (
            "x,y,kind\n" + BLOBS,
            ["--drop", "kind"],
            "30 points, 1 feature (standardised), target y: 3 classes, guessing gives 1.1",
        ),
        (
            "x;y;z\n" + "".join(f"{i % 7}.5;{i % 5};{i}.5\n" for i in range(30)),
            [],
            "30 points, 2 features (standardised), target z: numbers (standardised), guessing gives 1.0",
        ),
        (
            "kind\tx\n" + "".join(f"{i % 2}\t{i * i % 7}\n" for i in range(10)),
            ["--target-column", "1"],
            "10 points, 1 feature (standardised), target kind: 2 classes, guessing gives 0.6931",
        ),
    ],
)
def test_the_first_line_says_what_was_read(text: str, options: list[str], first: str, tmp_path: Path) -> None:
    run = depth(tmp_path, "own.csv", text, *options)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.split("\n\n")[0].splitlines()
    assert re.sub(r"1\.099$", "1.1", " ".join(lines)) == first
    assert max(map(len, lines)) <= 80
    assert actcli(*DEPTH, "-", *options, stdin=text).stdout == run.stdout


def test_odd_columns_and_classes_are_warned_of(tmp_path: Path) -> None:
    numbered = "Id,x,y,kind\n" + "".join(f"{i + 1},{line}\n" for i, line in enumerate(BLOBS.splitlines()))
    warned = depth(tmp_path, "own.csv", numbered)
    assert warned.stderr == "actcli: own.csv: column Id is a row number: --drop Id leaves it out\n"
    assert depth(tmp_path, "own.csv", numbered, "--drop", "Id").stderr == ""
    assert depth(tmp_path, "own.csv", numbered, "--quiet").stderr == ""
    lines = numbered.splitlines()
    assert "Id is a row number" in depth(tmp_path, "own.csv", "\n".join([lines[0], *lines[:0:-1]])).stderr
    assert depth(tmp_path, "own.csv", "t,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(9))).stderr == ""
    alike = depth(tmp_path, "own.csv", "x,y,kind\n" + BLOBS.replace("a", "setosa").replace("s", "S", 1))
    assert alike.stderr == (
        "actcli: own.csv: column kind: 'Setosa' and 'setosa' are two classes, and differ in capitals or blanks\n"
    )


def test_a_class_in_the_first_column_is_asked_for(tmp_path: Path) -> None:
    wine = "class,alcohol,proline\n" + "".join(f"{i % 3 + 1},{i % 7},{i * 1.5}\n" for i in range(30))
    run = depth(tmp_path, "wine.csv", wine)
    assert run.stderr == (
        "actcli: wine.csv: which column is the target? --target-column proline takes the numbers of the last column, "
        "--target-column class the 3 classes of the first\n"
    )
    assert "target class: 3 classes" in depth(tmp_path, "wine.csv", wine, "--target-column", "class").stdout
    assert "target proline: numbers" in depth(tmp_path, "wine.csv", wine, "--target", "numbers").stdout
    gaps = wine.replace("\n3,", "\n8,")  # classes 1, 2, 8, like numbers of cylinders
    assert depth(tmp_path, "cars.csv", gaps).returncode == 0


def test_options_for_own_data_are_for_own_data(tmp_path: Path) -> None:
    for options in (["--target-column", "1"], ["--drop", "x"], ["--skip-missing"], ["--delimiter", ";"]):
        assert complaint("gradient-depth", "--act", "tanh", *options) == (
            f"{options[0]} is for your own data, not for the built-in spirals"
        )
    both = depth(tmp_path, "own.csv", "x,y,kind\n" + BLOBS, "--drop", "x", "--target-column", "x")
    assert both.stderr == "actcli: own.csv: column x cannot be both learnt and dropped\n"
    np.save(tmp_path / "own.npy", np.array([[1.0, 2, np.nan, 0], [3, 4, 5, 1], [6, 7, 8, 0]]))
    run = actcli(*DEPTH, "own.npy", "--drop", "3", "--target-column", "4", cwd=tmp_path)
    assert run.stdout.startswith("3 points, 2 features (standardised), target in column 4: 2 classes")
    assert complaint("gradient-depth", "--act", "tanh", "--export", "x.txt") == "--export writes .npz: --export x.npz"
