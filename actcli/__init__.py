"""A workbench for activation functions: evaluate, differentiate, plot, compare, train."""

__version__ = "0.1.0"
