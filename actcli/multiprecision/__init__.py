"""Formulas computed with mpmath, imported only where float64 cannot decide and handed to the core."""
