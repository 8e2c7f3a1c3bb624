"""NumPy's .npz: named arrays in one file."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from actcli.streams.output import open_file


def write_npz(arrays: Mapping[str, npt.NDArray[np.generic]], path: str) -> None:
    """Writes the arrays under their names. Raises StreamError when the file can't be written."""
    with open_file(path) as file:
        # savez takes its arrays as keywords, and has some of its own.
        np.savez(file, **arrays)  # type: ignore[arg-type]  # see above
