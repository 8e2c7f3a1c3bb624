"""The numerical core: activations, jets, networks. NumPy only; knows no terminal, no file, no option."""
