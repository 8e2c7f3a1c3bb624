"""The multilayer perceptron and its training; a table each of initialisers, norms, losses, optimizers and data sets."""
