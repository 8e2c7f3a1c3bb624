"""What the shell and `man` are told of the program, generated from its commands."""
