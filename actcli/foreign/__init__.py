"""Implementations that an audit calls itself: a framework's function, one's own, a model, a program.

calls.py           what each framework calls an entry of the catalogue
worker.py          runs in the interpreter that has the framework; knows nothing of actcli
implementation.py  starts that interpreter, hands it inputs and takes its results
program.py         one's own kernel as a program that reads a file and writes one
"""
