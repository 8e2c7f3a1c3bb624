"""An implementation in a separate interpreter, so that it cannot hang or end this process."""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from actcli.core.activations.activation import Activation
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, from_bits, round_to, to_bits
from actcli.foreign.calls import FRAMEWORKS, call_of


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its own group, with all that it started: its children hold the pipes open."""
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # all have ended; PermissionError: a zombie on macOS
        os.killpg(process.pid, signal.SIGKILL)


class LackingError(InputError):
    """A framework lacks a function, a type or a derivative; the message says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Results as float64, and their original type."""

    values: Array
    dtype: str


class Implementation:
    """A function in another interpreter, which ends with the context.

    against: a framework's name, `module:function`, `module.function`, or the path of an .onnx model
    python:  the interpreter; None: the one of this process
    timeout: limit for loading and for each call, in seconds
    """

    def __init__(self, against: str, python: str | None, timeout: float) -> None:
        self.against, self.timeout = against, timeout
        self.python = python or sys.executable
        self._late = False
        self.framework = self.version = self.name = ""

    def __enter__(self) -> Self:
        self._stderr = tempfile.TemporaryFile()
        worker = Path(__file__).with_name("worker.py")
        try:
            self._process = subprocess.Popen(
                [self.python, str(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,  # the worker gets no Ctrl-C
            )
        except OSError as error:
            self._stderr.close()
            raise InputError(f"{self.python}: {(error.strerror or str(error)).lower()}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        kill_group(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # unsent data for a worker that has ended
                    continue

    def load(self, activation: Activation) -> None:
        """Load the function for this activation. InputError: there is none."""
        answer, _ = self._ask({"load": self._what(activation)})
        self.name, self.framework, self.version = answer["name"], answer["framework"], answer["version"]

    def __call__(
        self,
        x: Array,
        dtype: str,
        order: int = 0,
        grad_output: Array | None = None,
        shape: tuple[int, ...] | None = None,
    ) -> Answer:
        """Results at numbers of the type: values, or derivatives of this order times grad_output.

        shape: of the results, if not x's
        InputError: no results, or not of this shape.
        """
        parts = [x] if grad_output is None else [x, grad_output]
        payload = b"".join(to_bits(part, dtype).astype(_width(dtype)).tobytes() for part in parts)
        request = {"dtype": dtype, "order": order, "shape": list(x.shape), "grad": grad_output is not None}
        request["results"] = list(shape or x.shape)
        answer, data = self._ask(request, payload)
        answered = answer["dtype"]
        values = from_bits(np.frombuffer(data, _width(answered)), answered).reshape(answer["shape"])
        return Answer(round_to(values, dtype), answered)

    def _what(self, activation: Activation) -> Mapping[str, Any]:
        if self.against in FRAMEWORKS:
            try:
                return call_of(activation, self.against)
            except InputError as error:
                raise LackingError(str(error)) from None
        if self.against.lower().endswith(".onnx"):
            if not os.path.exists(self.against):
                raise InputError(f"{self.against}: no such file")
            return {"model": self.against}
        return {"path": self.against}

    def _ask(self, request: Mapping[str, Any], payload: bytes = b"") -> tuple[dict[str, Any], bytes]:
        header = json.dumps({**request, "size": len(payload)}).encode()
        timer = threading.Timer(self.timeout, self._too_late)
        timer.start()
        try:
            answer, data = self._exchange(struct.pack("<I", len(header)) + header + payload)
        except (OSError, EOFError, struct.error):
            raise InputError(self._ended()) from None
        finally:
            timer.cancel()
        if error := answer.get("error"):
            raise self._said(error, answer.get("missing"))
        return answer, data

    def _exchange(self, message: bytes) -> tuple[dict[str, Any], bytes]:
        inbox, outbox = self._process.stdin, self._process.stdout
        assert inbox is not None
        assert outbox is not None
        inbox.write(message)
        inbox.flush()
        (length,) = struct.unpack("<I", outbox.read(4))
        answer: dict[str, Any] = json.loads(outbox.read(length))
        data = outbox.read(answer["size"])
        if len(data) < answer["size"]:
            raise EOFError
        return answer, data

    def _too_late(self) -> None:
        self._late = True
        kill_group(self._process)

    def _ended(self) -> str:
        if self._late:
            return f"{self.against}: no answer in {self.timeout:g} seconds"
        code = self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{self.against}: the interpreter {self.python} ended with {how}" + (f": {last[:200]}" if last else "")

    def _said(self, error: str, missing: str | None) -> InputError:
        if missing and (missing in FRAMEWORKS or missing in ("onnx", "numpy", "ml_dtypes")):
            return InputError(f"{missing} is not installed for {self.python}: {self.python} -m pip install {missing}")
        # A refusal by a framework means that it lacks something; by a user's function, that it is broken.
        return (LackingError if self.against in FRAMEWORKS else InputError)(f"{self.against}: {error}")


def _width(dtype: str) -> str:
    return f"<u{FLOAT_FORMATS[dtype].bits // 8}"
