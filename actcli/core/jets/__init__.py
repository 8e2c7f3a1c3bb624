"""Truncated Taylor series, and the elementary functions on them: derivatives of every order."""
