"""Implementations that an audit calls: a function of a framework, a user's function or model, a program.

calls.py           each framework's call for an entry of the catalogue
worker.py          runs in the interpreter that has the framework; imports nothing of actcli
implementation.py  starts that interpreter, sends inputs and receives results
program.py         a user's program that reads a file of inputs and writes a file of results
"""
