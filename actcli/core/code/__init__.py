"""Code of an activation for other programs: value and slope as trees of operations, in stable form, and printed."""
