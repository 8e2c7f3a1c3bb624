"""Decisions of a trained network over the plane, pieces of its boundary, and the plane's image in each layer."""
