"""Completion scripts, the manual page, and corrections of command lines."""
