"""What there is to know about a function: its shape, its zeros and extrema, what it does to a normal distribution."""
