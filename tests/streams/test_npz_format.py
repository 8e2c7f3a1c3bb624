"""Named arrays, as NumPy's own reader finds them; whole or not at all."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli.streams.errors import StreamError
from actcli.streams.npy import write_npz

ARRAYS: dict[str, Any] = {
    "W1": np.arange(6.0).reshape(2, 3),
    "b1": np.array([1e-320, -0.0, np.inf], dtype=np.float64),
    "half": np.array([[1.5]], dtype=np.float32),
    "loss": np.array("cross_entropy"),
    "residual": np.array(True),
    "empty": np.empty((0, 3)),
}


@pytest.mark.parametrize("name", ["run.npz", "run", "run.with.dots", "ñandú.npz"])
def test_numpy_reads_what_was_written_under_exactly_that_name(name: str, tmp_path: Path) -> None:
    write_npz(ARRAYS, str(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    with np.load(tmp_path / name, allow_pickle=False) as read:
        assert set(read) == set(ARRAYS)
        for key, array in ARRAYS.items():
            assert read[key].dtype == array.dtype
            assert read[key].shape == array.shape
            assert read[key].tobytes() == array.tobytes()


def test_an_array_that_is_not_contiguous(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(4, 6)[::2, ::3].T
    write_npz({"a": array}, str(tmp_path / "a.npz"))
    with np.load(tmp_path / "a.npz") as read:
        assert (read["a"] == array).all()


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"x" * 100_000)
    write_npz({"a": np.ones(1)}, str(path))
    with np.load(path) as read:
        assert list(read) == ["a"]


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"missing/run\.npz: No such file or directory"):
        write_npz(ARRAYS, str(tmp_path / "missing" / "run.npz"))
    with pytest.raises(StreamError, match="Is a directory"):
        write_npz(ARRAYS, str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_an_error_half_way_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"old")

    class Unwilling(np.ndarray):  # type: ignore[type-arg]  # any dtype
        def __array_finalize__(self, obj: object) -> None:
            pass

        @property
        def dtype(self) -> Any:
            raise MemoryError

    arrays: dict[str, Any] = {"a": np.ones(100_000), "b": np.ones(3).view(Unwilling)}
    with pytest.raises(MemoryError):
        write_npz(arrays, str(path))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.npz"]
