"""Floating-point formats, compensated sums, special functions, roots and quadrature."""
