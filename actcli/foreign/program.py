"""A user's program as an implementation: it reads a file of inputs and writes a file of results."""

import shlex
import subprocess
import tempfile
from math import prod
from pathlib import Path
from typing import Final

import numpy as np

from actcli.core.arrays import Array
from actcli.core.errors import InputError, count
from actcli.core.numerics.formats import FLOAT_FORMATS, from_bits, to_bits
from actcli.foreign.implementation import kill_group

_INPUTS: Final = "{in}", "{in.bin}"
_RESULTS: Final = "{out}", "{out.bin}"
_GRADIENTS: Final = "{grad}", "{grad.bin}"

_NPY: Final = {"float64": "<f8", "float32": "<f4", "float16": "<f2", "bfloat16": "<u2"}
"""Type -> dtype in a .npy file; bit patterns for types that NumPy lacks."""


class Program:
    """A command line with the places {in} and {out} for .npy files, or {in.bin} and {out.bin} for raw numbers.

    {grad} and {grad.bin} are places for an incoming gradient, {dtype} and {order} for type and order. The line is split
    like a shell's, but not run by a shell.
    InputError: a line without places for inputs and results.
    """

    def __init__(self, line: str, timeout: float) -> None:
        try:
            self.words = shlex.split(line)
        except ValueError as error:
            raise InputError(f"the command {line!r}: {str(error).lower()}") from None
        self.line, self.timeout = line, timeout
        for places, what in ((_INPUTS, "inputs"), (_RESULTS, "results")):
            if sum(place in word for word in self.words for place in places) != 1:
                raise InputError(f"the command needs one place for its {what}: {' or '.join(places)}")

    def __call__(
        self,
        x: Array,
        dtype: str,
        order: int = 0,
        shape: tuple[int, ...] | None = None,
        grad_output: Array | None = None,
    ) -> Array:
        """Results at numbers of the type.

        shape: of the results, if not x's; rows go to the program as .npy
        InputError: no results, or a wrong number of them.
        """
        if x.ndim > 1 and self._used(_INPUTS) != "{in}":
            raise InputError("raw numbers have no rows: for a row-wise activation the program reads {in}, a .npy file")
        shape = shape or x.shape
        if (grad_output is not None) != any(place in word for word in self.words for place in _GRADIENTS):
            missing = "needs a place for the gradient" if grad_output is not None else "gets no gradient for the place"
            raise InputError(f"the command {missing}: {' or '.join(_GRADIENTS)}")
        with tempfile.TemporaryDirectory(prefix="actcli-") as directory:
            paths = {place: Path(directory, _file_name(place)) for place in (*_INPUTS, *_RESULTS, *_GRADIENTS)}
            _write(paths[self._used(_INPUTS)], x, dtype)
            if grad_output is not None:
                _write(paths[self._used(_GRADIENTS)], grad_output, dtype)
            self._run({**{place: str(path) for place, path in paths.items()}, "{dtype}": dtype, "{order}": str(order)})
            y = self._read(paths[self._used(_RESULTS)], dtype)
        if y.size != prod(shape):
            expected = "" if shape == x.shape else f", and {prod(shape):,} are expected"
            raise InputError(f"{self.words[0]}: {count(y.size, 'result')} for {count(x.size, 'input')}{expected}")
        return y.reshape(shape)

    def _used(self, places: tuple[str, ...]) -> str:
        return next(place for place in places if any(place in word for word in self.words))

    def _run(self, values: dict[str, str]) -> None:
        words = [_filled(word, values) for word in self.words]
        with tempfile.TemporaryFile() as stderr:  # a pipe would stay open as long as a process that it started
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    start_new_session=True,  # so that all that it starts ends with it
                )
            except OSError as error:
                raise InputError(f"{words[0]}: {(error.strerror or str(error)).lower()}") from None
            try:
                process.wait(self.timeout)
            except subprocess.TimeoutExpired:
                raise InputError(f"{words[0]}: no answer in {self.timeout:g} seconds") from None
            finally:
                kill_group(process)
                process.wait()
            stderr.seek(0)
            said = stderr.read().decode(errors="replace").strip().split("\n")[-1].strip()
        if process.returncode:
            how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit code {process.returncode}"
            raise InputError(f"{words[0]} ended with {how}" + (f": {said[:200]}" if said else ""))

    def _read(self, path: Path, dtype: str) -> Array:
        if not path.is_file():
            raise InputError(f"{self.words[0]} wrote no {self._used(_RESULTS)}")
        width = f"<u{FLOAT_FORMATS[dtype].bits // 8}"
        if path.suffix == ".bin":
            raw = path.read_bytes()
            if len(raw) % np.dtype(width).itemsize:
                raise InputError(f"{self.words[0]}: {len(raw):,} bytes are no whole number of {dtype}")
            return from_bits(np.frombuffer(raw, width), dtype)
        try:
            with path.open("rb") as file:
                array = np.lib.format.read_array(file, allow_pickle=False)
        except (ValueError, EOFError, OSError, OverflowError):  # OverflowError: numbers of the shape too large
            raise InputError(f"{self.words[0]}: what it wrote to {{out}} is no .npy file") from None
        expected = np.dtype(_NPY.get(dtype, width))
        if array.dtype.newbyteorder("<") != expected:
            raise InputError(f"{self.words[0]}: its results are {array.dtype}; of {dtype} they are {expected}")
        little = array.astype(expected)
        return from_bits(np.ascontiguousarray(little).view(width), dtype)


def _file_name(place: str) -> str:
    name = place.strip("{}")
    return name if name.endswith(".bin") else f"{name}.npy"


def _filled(word: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        word = word.replace(place, value)
    return word


def _write(path: Path, x: Array, dtype: str) -> None:
    bits = to_bits(x, dtype).astype(f"<u{FLOAT_FORMATS[dtype].bits // 8}")
    if path.suffix == ".bin":
        path.write_bytes(bits.tobytes())
    else:
        np.save(path, bits.view(_NPY.get(dtype, bits.dtype.str)))
