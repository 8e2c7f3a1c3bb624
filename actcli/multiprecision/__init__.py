"""Formulas computed with mpmath, imported only where float64 cannot decide; the core is given what it needs of it."""
