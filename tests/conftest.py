"""What all tests share."""

import os

# As the program itself does, before NumPy is imported: see actcli.cli.main.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# A loaded machine is slow, not wrong; and the same examples every time keep a failure reproducible.
settings.register_profile("actcli", deadline=None, derandomize=True)
settings.load_profile("actcli")
