"""Identification of a function: equal to a known activation, a scaled and shifted copy of one, or near one."""
