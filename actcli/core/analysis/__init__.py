"""Properties of a function: its shape, zeros, extrema and limits, and the image of a normal distribution."""
