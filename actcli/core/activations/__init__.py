"""What an activation is, the catalogue, and formulas."""
