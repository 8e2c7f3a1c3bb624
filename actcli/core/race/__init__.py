"""A fair race: activations in networks with the same data, weights drawn alike, and the same number of steps."""
