"""What all tests share."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# As the program itself does, before NumPy is imported: see actcli.cli.main.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from tests.examples import EXAMPLES

# What is started in the background ignores Ctrl-C, and so would every program that the tests start from there.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A loaded machine is slow, not wrong; and the same examples every time keep a failure reproducible.
settings.register_profile("actcli", deadline=None, derandomize=True, max_examples=EXAMPLES)
# Other ones every time, and more: pytest --hypothesis-profile thorough
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("actcli")


# What presses keys in a terminal, forks or fills a disk is written for Linux; the program itself is not.
if sys.platform != "linux":
    collect_ignore = ["cli", "fuzz", "screens", "shell", "test_readme.py", "views/test_terminal.py"]


@pytest.fixture
def way_for_all() -> Iterator[Path]:
    """A folder that every user of the machine can reach; those of pytest can be reached by nobody else."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def pytest_xdist_auto_num_workers(config: Any) -> int | None:
    """A process for each processor for the whole suite, as pytest-xdist decides it; none for a part of it."""
    return None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0
