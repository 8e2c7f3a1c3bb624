"""The mathematics, with NumPy only and without terminal, files or options. It is also the public library.

Packages in reading order; each imports only from those above it:

    arrays, errors    arrays and their helpers; exceptions
    numerics/         floating-point formats, compensated sums, special functions, roots, quadrature
    jets/             truncated Taylor series, and the elementary functions on them: derivatives of every order
    activations/      the class Activation, the families of the catalogue, formulas, the literature
    analysis/         properties, graphs, differences, distribution under a standard normal input
    identify/         recognition of known activations
    theory/           mean-field theory of a deep random network: gain, critical point, fixed points
    network/          the multilayer perceptron: losses, optimizers, initialisers, data sets, training
    lessons/          experiments of the lesson: collapse, approximation, one training step
    depth/            the gradient-depth experiment
    boundary/         decision boundaries of small networks
    race/             comparison of activations by training, with a sign test
    audit/            comparison of another implementation with exact results
    code/             emission of code for PyTorch, JAX, NumPy and C
"""
