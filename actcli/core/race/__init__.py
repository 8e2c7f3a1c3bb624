"""A fair race of activations: the same data, steps and random numbers for all, each with its best setting."""
