"""The multilayer perceptron and its training; tables of initialisers, norms, losses, optimizers and data sets."""
