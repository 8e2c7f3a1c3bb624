"""Settings of all tests."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# As in actcli.cli.main, before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# For the processes that pytest starts: glibc keeps freed memory in large pages, because page faults are dear.
os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 << 20))
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(1 << 30))
os.environ.setdefault("MALLOC_TOP_PAD_", str(4 << 20))

import pytest
from hypothesis import settings

from tests.examples import EXAMPLES

# Background jobs ignore Ctrl-C and Ctrl-\, nohup ignores SIGHUP, and so would programs started by tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _name in ("SIGHUP", "SIGQUIT"):
    if hasattr(signal, _name):
        signal.signal(getattr(signal, _name), signal.SIG_DFL)

# No deadline for a busy machine; the same examples in every run make failures reproducible.
settings.register_profile("actcli", deadline=None, derandomize=True, max_examples=EXAMPLES)
# More and varying examples: pytest --hypothesis-profile thorough
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("actcli")


# Tests that press keys in a terminal, fork or fill a disk need Linux; the program does not.
if sys.platform != "linux":
    collect_ignore = ["cli", "fuzz", "screens", "shell", "test_readme.py", "views/test_terminal.py"]


# The thousands of collected tests stay until the end. (gc.freeze would hide them from Hypothesis, which asks gc.)
gc.disable()


def pytest_collection_finish() -> None:
    gc.set_threshold(20_000)
    gc.enable()


@pytest.fixture
def way_for_all() -> Iterator[Path]:
    """A folder that every user can read, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def pytest_xdist_auto_num_workers(config: Any) -> int | None:
    """One process per processor for the whole suite; none for parts of it."""
    return None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0
