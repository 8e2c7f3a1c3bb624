"""Audits of wrong results, with figures from mpmath; and audits of hostile kernels and programs.

    python -m tests.fuzz.audit [--minutes 30] [--seed 0] [--cases N]

figures   correctly rounded results of a function, computed by mpmath, and spoilt at random places: moved by a few
          numbers of the type, nan, infinite, of the wrong sign. The counts, shares, errors and histogram of `audit
          --actual` are held against those computed here, from the definitions in `actcli help accuracy`.
kernels   functions (--against) and programs (--run) that crash, hang, print, write in their input, start processes, or
          answer with another shape or type. One that answers rightly in the end has the report of an honest one; the
          others are refused in one line. Nothing that they started lives on, and no file is left.
"""

import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import mpmath
from mpmath import mpf

from tests.fuzz.campaign import campaign
from tests.fuzz.commands import clear, place
from tests.fuzz.process import ended_badly, execute

PRECISION: Final = 200  # bits
FORMATS: Final = {
    "float64": (53, -1022, 1023),
    "float32": (24, -126, 127),
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
    "float8_e5m2": (3, -14, 15),
}
"""Type -> bits of the significand, least and largest exponent."""
FUNCTIONS: Final[Mapping[str, Callable[[mpf], mpf]]] = {
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "relu": lambda x: max(x, mpf(0)),
    "softsign": lambda x: x / (1 + abs(x)),
    "x*tanh(x)": lambda x: x * mpmath.tanh(x),
}
BINS: Final = (
    ("0", 0.0),
    ("<=0.5", 0.5),
    ("<=1", 1.0),
    ("2", 2.0),
    ("3-10", 10.0),
    ("11-100", 100.0),
    (">100", math.inf),
)


def faults(seed: int) -> list[str]:
    """What went wrong in the case of this seed."""
    choose, directory = random.Random(seed), place()
    found = figures(choose, directory) if choose.random() < 0.5 else kernels(choose, directory)
    clear(directory)
    return found


# --- figures ----------------------------------------------------------------------------------------------------------


def figures(choose: random.Random, directory: Path) -> list[str]:
    """Differences between the report and the figures computed here."""
    with mpmath.workprec(PRECISION):
        act, dtype = choose.choice([*FUNCTIONS]), choose.choice([*FORMATS])
        x = [rounded(_somewhere(choose), dtype) for _ in range(choose.choice((1, 2, 30, 200)))]
        exact = [FUNCTIONS[act](one) for one in x]
        actual = [spoilt(rounded(y, dtype), dtype, choose) for y in exact]
        expected = report(exact, actual, dtype)
    for name, numbers in (("x.txt", x), ("y.txt", actual)):
        (directory / name).write_text("".join(f"{_digits(number)}\n" for number in numbers))
    run = execute(["audit", act, "--dtype", dtype, "-i", "x.txt", "--actual", "y.txt", "-f", "json"], directory, {})
    if wrong := ended_badly(run):
        return [f"{wrong}\n    {run.told}"]
    if run.code:
        return [f"results are refused\n    {run.told}"]
    found = json.loads(run.out)
    shown = {name: found["finite"][name] if name in ("max_ulp", "max_steps") else found[name] for name in expected}
    wrong_ones = [
        f"{name}: {shown[name]}, not {value}" for name, value in expected.items() if _differ(shown[name], value)
    ]
    inputs = f"{[*map(_digits, x)]} -> {[*map(_digits, actual)]}"
    return [f"{fault}\n    {run.told}{inputs[:600]}" for fault in wrong_ones]


def _somewhere(choose: random.Random) -> mpf:
    size = choose.choice((choose.uniform(0, 20), 10 ** choose.uniform(-9, 1), float(choose.randrange(9))))
    return mpf(choose.choice((-1, 1)) * size)


def _digits(number: mpf) -> str:
    return repr(float(number))


def spacing(y: mpf, dtype: str) -> mpf:
    """Distance of the numbers of the type at y."""
    bits, least, most = FORMATS[dtype]
    exponent = int(mpmath.floor(mpmath.log(abs(y), 2))) if y else least
    exponent += (abs(y) >= mpf(2) ** (exponent + 1)) - (y != 0 and abs(y) < mpf(2) ** exponent)
    return mpf(2) ** (min(max(exponent, least), most) - bits + 1)


def rounded(y: mpf, dtype: str) -> mpf:
    """The nearest number of the type, of two the even one."""
    each = spacing(y, dtype)
    whole = mpmath.floor(y / each)
    rest = y / each - whole
    return (whole + (rest > 0.5 or (rest == 0.5 and whole % 2 == 1))) * each


def ordinal(y: mpf, dtype: str) -> int:
    """Number of the type's numbers between 0 and y, negative below 0."""
    bits, least, _ = FORMATS[dtype]
    each = spacing(y, dtype)
    binade = int(mpmath.log(each, 2).__round__()) + bits - 1 - least
    count = int(abs(y) / each) + binade * 2 ** (bits - 1)
    return -count if y < 0 else count


def spoilt(y: mpf, dtype: str, choose: random.Random) -> mpf:
    """The result, or something else in a third of the cases."""
    how = choose.randrange(21)
    if how == 0:
        return mpmath.nan
    if how == 1:
        return choose.choice((mpmath.inf, -mpmath.inf))
    if how == 2:
        return -y
    if how < 7:
        return rounded(y + choose.choice((-1, 1, 2, -7, 50, 1000)) * spacing(y, dtype), dtype) if abs(y) < 100 else y
    return y


def report(exact: Sequence[mpf], actual: Sequence[mpf], dtype: str) -> dict[str, Any]:
    """The figures of the report."""
    actual = [rounded(y, dtype) if mpmath.isfinite(y) else y for y in actual]  # as the program reads it
    pairs = [(y, e) for y, e in zip(actual, exact, strict=True) if mpmath.isfinite(y)]
    errors = [abs(y - e) / spacing(e, dtype) for y, e in pairs]
    steps = [abs(ordinal(y, dtype) - ordinal(rounded(e, dtype), dtype)) for y, e in pairs]
    right = sum(y == rounded(e, dtype) for y, e in pairs)
    found: dict[str, Any] = {
        "count": len(exact),
        "nan": sum(bool(mpmath.isnan(y)) for y in actual),
        "infinite": sum(bool(mpmath.isinf(y)) for y in actual),
        "nonfinite": len(exact) - len(pairs),
        "correctly_rounded": right / len(exact),
        "wrong_sign": sum(bool(y * e < 0) for y, e in zip(actual, exact, strict=True)),
    }
    if pairs:
        found |= {"max_ulp": float(max(errors)), "max_steps": max(steps)}
    if len(pairs) == len(exact):
        found |= {"mean_ulp": float(mpmath.fsum(errors) / len(errors)), "mean_steps": sum(steps) / len(steps)}
        bins = [next(name for name, bound in BINS if error <= bound) for error in errors]
        found["histogram"] = {name: bins.count(name) for name, _ in BINS}
    return found


def _differ(shown: object, expected: object) -> bool:
    """Whether two figures differ by more than rounding."""
    if isinstance(shown, float | int) and isinstance(expected, float):
        return not math.isclose(shown, expected, rel_tol=1e-6, abs_tol=1e-9)
    return shown != expected


# --- kernels ----------------------------------------------------------------------------------------------------------

RIGHT: Final = "x / (1 + abs(x))"
HONEST: Final = f"def f(x): return {RIGHT}"
CHILD: Final = (
    "import subprocess, sys; child = subprocess.Popen(['sleep', '500']); open('child', 'w').write(str(child.pid))"
)
GOOD: Final = (
    f"def f(x): print('garbage' * 9999); return {RIGHT}",
    f"import os\ndef f(x): os.write(1, b'\\0\\xff' * 999); os.write(2, b'Traceback'); return {RIGHT}",
    f"def f(x):\n  y = {RIGHT}\n  x[...] = 7\n  return y",
    f"{CHILD}\ndef f(x): return {RIGHT}",
    f"import numpy as np\ndef f(x): return np.broadcast_to({RIGHT}, x.shape)",
    f"import numpy as np\ndef f(x): y = np.zeros((len(x), 2), x.dtype); y[:, 0] = {RIGHT}; return y[:, 0]",
    f"import numpy as np\ndef f(x): y = {RIGHT}; return y.astype(y.dtype.newbyteorder('>'))",
    f"import numpy as np\ndef f(x): return np.ma.masked_array({RIGHT}, False)",
    f"import sys\ndef f(x): print(sys.stdin.read()); return {RIGHT}",
    f"import warnings\ndef f(x): warnings.warn('garbage'); return {RIGHT}",
    f"import sys\nsys.stdout.close()\ndef f(x): return {RIGHT}",
    f"import os\nos.chdir('/')\ndef f(x): return {RIGHT}",
    f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef f(x): return {RIGHT}",
    f"class C:\n  def __call__(self, x): return {RIGHT}\nf = C()",
    f"import functools\nf = functools.partial(lambda a, x: {RIGHT}, 1)",
    f"import threading, time\nthreading.Thread(target=time.sleep, args=(500,)).start()\ndef f(x): return {RIGHT}",
)
BAD: Final = (
    "def f(x): return None",
    "def f(x): return x[:-1]",
    "def f(x): return x[None]",
    "def f(x): return x.sum()",
    "def f(x): return x.astype(complex)",
    "def f(x): return x.astype(object)",
    "def f(x): return x.astype(str)",
    "def f(x): return x > 0",
    "def f(x): return x.astype(int)",
    "def f(x): return [[1], [1, 2]]",
    "def f(x): return 'garbage'",
    "def f(x): return (y for y in x)",
    "def f(x): raise ValueError('a\\nb\\x1b[2J')",
    "def f(x): raise KeyboardInterrupt",
    "def f(x): raise SystemExit(0)",
    "def f(x): raise MemoryError",
    "def f(x): return f(x)",
    "def f(x): return x @ 'a'",
    "class E(Exception):\n  def __str__(self): raise E\ndef f(x): raise E",
    "import os\ndef f(x): os._exit(0)",
    "import os\ndef f(x): os._exit(3)",
    "import os\ndef f(x): os.kill(os.getpid(), 11)",
    "import os\ndef f(x): os.kill(os.getpid(), 9)",
    "import os\ndef f(x): os.closerange(3, 99)",
    "import ctypes\ndef f(x): ctypes.string_at(0)",
    f"{CHILD}\ndef f(x): raise ValueError",
    f"{CHILD}\nimport os\ndef f(x): os._exit(1)",
    "f = 3",
    "f = None",
    "def g(x): return x",
    "def f(): return 1",
    "def f(x, y): return x",
    "def f(x) return x",
    "import no_such_module",
    "raise SystemExit(0)",
    "import os; os._exit(0)",
    "1 / 0",
    "\udcff",
    "import sys; sys.modules['kernel'] = None",
)
HANGS: Final = (
    "import time\ndef f(x): time.sleep(500)",
    "while True: pass",
    f"{CHILD}\nimport time\ndef f(x): time.sleep(500)",
    "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, {15, 2})\ndef f(x): time.sleep(500)",
)
_LOAD: Final = "import numpy as np\nimport sys\nx = np.load(sys.argv[1])\n"
_SAVE: Final = f"np.save(open(sys.argv[2], 'wb'), {RIGHT})\n"
GOOD_PROGRAMS: Final = (
    f"{_LOAD}{_SAVE}",
    f"{_LOAD}print('garbage' * 99999)\nsys.stderr.write('Traceback' * 99999)\n{_SAVE}",
    f"{CHILD}\n{_LOAD}{_SAVE}",
    f"{_LOAD}open(sys.argv[1], 'w').close()\n{_SAVE}",
    f"{_LOAD}np.save(open(sys.argv[2], 'wb'), ({RIGHT})[None])\n",
    f"{_LOAD}y = {RIGHT}\nnp.save(open(sys.argv[2], 'wb'), y.astype(y.dtype.newbyteorder('>')))\n",
)
BAD_PROGRAMS: Final = (
    "",
    "1 / 0",
    f"{_LOAD}{_SAVE}sys.exit(7)",
    f"{_LOAD}{_SAVE}import os; os.kill(os.getpid(), 9)",
    f"{_LOAD}open(sys.argv[2], 'w').write('garbage')",
    f"{_LOAD}open(sys.argv[2], 'wb')",
    f"{_LOAD}np.save(open(sys.argv[2], 'wb'), x[:-1])",
    f"{_LOAD}np.save(open(sys.argv[2], 'wb'), x.astype(complex))",
    f"{_LOAD}np.save(open(sys.argv[2], 'wb'), np.array([None], object))",
    f"{_LOAD}np.save(open(sys.argv[2], 'wb'), x.astype(int))",
    f"{_LOAD}{_SAVE}open(sys.argv[2], 'r+b').truncate(200)",
    f"{_LOAD}import os; os.mkdir(sys.argv[2])",
    f"{_LOAD}import os; os.symlink('/dev/zero', sys.argv[2])",
    f"{_LOAD}import os; os.mkfifo(sys.argv[2])",
    f"{_LOAD}import os; os.remove(sys.argv[1]); os.rmdir(os.path.dirname(sys.argv[1]))",
    "import time; time.sleep(500)",
    f"{CHILD}\n1 / 0",
)


def kernels(choose: random.Random, directory: Path) -> list[str]:
    """What a hostile kernel or program brought about."""
    groups = (("f", GOOD), ("f", BAD), ("program", GOOD_PROGRAMS), ("program", BAD_PROGRAMS), ("f", HANGS))
    kind, group = choose.choices(groups, weights=(6, 10, 3, 5, 1))[0]
    code, dtype = choose.choice(group), choose.choice(("float16", "float32", "float64"))
    honest = _audit("f", HONEST, dtype, [], directory)
    hasty = ["--timeout", "2"] if "sleep(500)" in code or "while True" in code or "mkfifo" in code else []
    run = _audit(kind, code, dtype, hasty, directory)
    found = [*filter(None, [ended_badly(run)])]
    good = group in (GOOD, GOOD_PROGRAMS)
    if not found and run.code != (0 if good else 2):
        found.append("an answer of no use" if not good else "a right answer is refused")
    if not found and good and _figures(run.out) != _figures(honest.out):
        found.append(f"{run.out} differs from {honest.out}")
    if (directory / "child").exists() and _lives(int((directory / "child").read_text())):
        found.append("a process lives on")
    if not run.err.isprintable() and run.err[-1:] == "\n" and not run.err[:-1].isprintable():
        found.append("an unprintable complaint")
    found += [f"left behind: {path}" for path in Path(tempfile.gettempdir()).glob("actcli-*")]
    return [f"{fault}\n    {run.told}{code}" for fault in found]


def _audit(kind: str, code: str, dtype: str, more: Sequence[str], directory: Path) -> Any:
    (directory / "child").unlink(missing_ok=True)
    name = f"kernel{len([*directory.iterdir()])}"  # a module of its own, not one in Python's cache
    (directory / f"{name}.py").write_bytes(code.encode("utf-8", "surrogateescape"))
    source = ["--against", f"{name}:f"] if kind == "f" else ["--run", f"{sys.executable} {name}.py {{in}} {{out}}"]
    words = ["audit", "softsign", "--dtype", dtype, "--range", "-0.001", "0.001", *source, "-f", "json", "-q", *more]
    return execute(words, directory, {})


def _figures(out: str) -> Any:
    return {name: value for name, value in json.loads(out).items() if name != "implementation"}


def _lives(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(campaign(__doc__, faults))
