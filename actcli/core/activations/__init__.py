"""The class Activation, the catalogue, and formulas."""
