"""The numerical core: activations, jets, networks. NumPy only; knows no terminal, no file, no option.

Its public names can be imported from `actcli`.
"""
