"""The gradient-depth experiment: a deep network is trained, measured layer by layer, and held against theory."""
