"""What all tests share."""

from hypothesis import settings

# A loaded machine is slow, not wrong; and the same examples every time keep a failure reproducible.
settings.register_profile("actcli", deadline=None, derandomize=True)
settings.load_profile("actcli")
