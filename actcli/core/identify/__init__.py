"""Which known activation a function is: equal to one, a scaled and shifted copy of one, or nearest to which."""
