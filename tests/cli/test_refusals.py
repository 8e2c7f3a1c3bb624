"""Command lines that are refused with one line, each with a similar one that is accepted."""

import shlex
from pathlib import Path

import pytest

from tests.cli.helpers import actcli, complaint

FILES = {
    "d.csv": b"a,b\n1,2\n3,4\n",
    "j.json": b'{"a": 1}',
    "z.zip": b"PK\x03\x04aaa",
    "p.pdf": b"%PDF-1.4",
    "p.parquet": b"PAR1aaaa",
    "p.zst": b"\x28\xb5\x2f\xfdaa",
    "p.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "thousands.csv": b"a\n1.234.567\n",
    "bom.txt": b"\xff\xfe1\n2",
    "rows.txt": b"1 2\n3 4\n",
    "row.txt": b"1 2\n",
    "hash.csv": b"a,b\nx1,2\n#x3,4\nx5,6\n",
    "pairs.csv": b"1,2\n2,3\n",
    "one.txt": b"1\n",
    "base.json": b"{}",
    "missing.csv": b"a,b\n,x\n,y\n",
}

# Refused command line, error, and the words to leave out for an accepted one.
REFUSED = [
    ("approximate sin(x) --error 0.5 --width 4", "--error finds the units by itself: leave out --width", "--width 4"),
    ("approximate sin(x) --train --width 4 --width 8", "--train trains one network: give one --width", "--width 8"),
    ("audit tanh --against numpy --timeout 0", "--timeout: must be more than 0 and at most 1,000,000 seconds", ""),
    ("audit tanh sin --run true --input -", "--input - can be read once, and these are several audits", ""),
    ("audit tanh --against numpy --run true", "--against and --run are different implementations: choose one", ""),
    ("audit tanh -i x.npy --actual y.npy --infinities", "--infinities is for a sweep of inputs", ""),
    ("audit tanh --against numpy --every -o a.csv", "what can be resumed is a .jsonl file", ""),
    ("audit tanh --against numpy --dtype float16 --range 0.1 0.10001", "there is no finite float16 to audit on", ""),
    ("boundary --data d.csv --y a", "--y goes with --x: name both columns", ""),
    ("differentiate softmax 1 2 --order 2", "only its first derivative, the Jacobian, is computed", "--order 2"),
    (
        "evaluate glu 1 2 3 4 --labels a,b,c,d",
        "glu makes 2 numbers of 4 scores: --labels do not fit both",
        "--labels a,b,c,d",
    ),
    ("gradient-depth relu --steps 0 --seeds 2 --jobs 2 --export a.npz", "--export takes a run of this process", ""),
    ("gradient-depth relu --seeds 2 --jobs 2 --show histograms", "--show histograms takes runs of this process", ""),
    ("evaluate relu 1 --precision 3", "'--precision', which stands for --dtype: '3' is not one of", "--precision 3"),
    ("plot relu --at 1 2", "--at takes one number at a time: --at 1 --at 2", "2"),
    ("plot relu --at 1 2 3", "--at takes one number at a time: --at 1 --at 2 --at 3", "2 3"),
    ("approximate sin(x) --units 8 16", "--units takes one number at a time: --units 8 --units 16", "16"),
    ("collapse --width 3 4", "--width takes one number, not 2", "4"),
    (f"evaluate relu --grid 0 1 1{'0' * 13}", "--grid: NUM must be from 1 to 1000000000000", "0" * 13),
    (f"evaluate softmax --grid 0 1 1{'0' * 20}", "--grid: must be at most 9223372036854775807", ""),
    (f"phase tanh --measure --depths 1 1{'0' * 20}", "--depths: must be at most 9223372036854775807", ""),
    ("phase tanh --measure --seeds 10000", "1,200,000 networks are to be trained, and at most 1,000,000 are taken", ""),
    ("compare relu elu --train --seeds 10001", "10001 is not in the range 1<=N<=10000", ""),
    (f"gradient-depth relu --steps 1{'0' * 9}", "steps must be from 0 to 100000000, not 1000000000", ""),
    ("gradient-depth relu --jobs 9999", "9999 is not in the range 1<=N<=1024", ""),
    ("lesson 1 --from 3", "--from shows every step from one on: leave out the numbers of steps", "--from 3"),
    (
        "list --all --year 2020..2010",
        "--year runs from the earlier year to the later: --year 2010..2020",
        "--year 2020..2010",
    ),
    ("plot relu --size 100", "--size takes columns and lines, as in --size 100x30, not '100'", "--size 100"),
    ("plot relu --column a", "--column is for files: give --input FILE", "--column a"),
    ("plot relu --show density --range 0 1", "--show density stands alone", "--range 0 1"),
    ("plot relu --ylim 0 1", "the interval of y follows from that of x, --range", "--ylim 0 1"),
    ("plot softmax --input rows.txt", "rows.txt: one row of scores is drawn, not 2", "--input rows.txt"),
    ("phase tanh --measure --data d.csv", "phase trains on built-in data sets only", ""),
    ("identify log(-x*x)", "log(-x*x) has too few finite values on [-40, 40] to be identified", ""),
    ("evaluate relu 1 --grid 0 1 2", "exclude each other: give the numbers in one way", "--grid 0 1 2"),
    ("evaluate relu 1 --column a", "--column is for files: give --input FILE or pipe it in", "--column a"),
    ("evaluate relu 1 --delimiter 5", "--delimiter takes one character that no number holds", "--delimiter 5"),
    ("evaluate relu --input j.json", "JSON is not read; text, CSV and .npy are", ""),
    (
        "evaluate relu --input z.zip",
        "a zip archive, like .npz, .xlsx and .ods: save its data as .csv or .npy",
        "",
    ),
    ("evaluate relu --input p.pdf", "a PDF: save the numbers as text", ""),
    ("evaluate relu --input p.parquet", "a Parquet file: save its data as .csv", ""),
    ("evaluate relu --input p.zst", "packed by zstd: unpack it with `zstd -d`", ""),
    ("evaluate relu --input p.xls", "an old Excel file: save the sheet as .csv", ""),
    ("evaluate relu --input thousands.csv --column a", "write it without separators for thousands", ""),
    ("evaluate relu --input bom.txt", "invalid UTF-16, which its byte-order mark announces", ""),
    ("gradient-depth relu --data missing.csv --skip-missing", "missing.csv: in every row a value is missing", ""),
    (
        "plot softplus softmax --show calibration",
        "--show calibration takes one activation that makes probabilities",
        "",
    ),
    ("identify --input pairs.csv", "pairs.csv has 2 different x with a finite y, and at least 6 are needed", ""),
    ("plot softmax --input one.txt", "needs a row of at least two scores: the last one is varied", ""),
    (
        "audit tanh --against numpy --dtype float16 --baseline base.json",
        "it contains no audit; a baseline is the output of audit",
        "",
    ),
    (
        "evaluate relu --input hash.csv --column b",
        "a row or a comment? It begins with # and has the fields of a row",
        "",
    ),
    ("gradient-depth relu --data d.csv --drop a --steps 1", "d.csv: no column is left for the features", ""),
    ("evaluate 'x,y' 1", "'x,y' names 2 activations: write x or y", ""),
    ("evaluate relu --input d.csv --column 9", "d.csv: no column '9': there is 'a', 'b'", ""),
]


@pytest.mark.parametrize(("refused", "why", "without"), REFUSED)
def test_each_line_is_refused_and_accepted_without_the_wrong_words(
    refused: str, why: str, without: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    assert why in complaint(*shlex.split(refused))
    if without:
        assert refused.endswith(without)
        assert actcli(*shlex.split(refused.removesuffix(without))).returncode == 0


@pytest.mark.parametrize(
    "line", ["evaluate relu --input row.txt", "plot softmax --input row.txt", "evaluate relu --input d.csv -c a"]
)
def test_files_of_numbers_are_none_of_these(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    assert actcli(*line.split()).returncode == 0
