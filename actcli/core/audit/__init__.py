"""Somebody else's implementation held against the exact results, in ULP and in steps, and what its errors look like."""
