"""Formulas computed with mpmath for the core, imported only where float64 cannot decide."""
