"""One file per command: it reads the arguments, calls the core and gives the result to a view."""
