"""The mathematics: NumPy only. It knows no terminal, no file and no option, and is the library as well.

To be read in this order; each room stands on those before it:

    arrays, errors    arrays and their helpers; what is wrong with an argument
    numerics/         floating-point formats, compensated sums, special functions, roots, quadrature
    jets/             truncated Taylor series, and the elementary functions on them: derivatives of every order
    activations/      what an activation is, the families of the catalogue, formulas, the literature
    analysis/         properties, graphs, differences, what becomes of a normal distribution
    identify/         which known activation a function is
    theory/           mean-field theory of a deep random network: gain, critical point, fixed points
    network/          the multilayer perceptron: losses, optimizers, initialisers, data sets, training
    lessons/          collapse, approximation, one training step: the user's texts as experiments
    depth/            the gradient-depth experiment
    race/             a fair race between activations
    audit/            somebody else's kernel held against the exact results

jets, activations and network are an afternoon for a student who knows NumPy.
"""
