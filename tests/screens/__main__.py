"""Renews the screens: see tests/screens/__init__.py."""

import sys

from tests.screens import REPORTS, screen, stored

for name in sys.argv[1:] or REPORTS:
    stored(name).write_text(screen(name), encoding="utf-8")
