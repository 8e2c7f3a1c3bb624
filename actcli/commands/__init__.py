"""One file a command: read the arguments, call the core, hand the result to a view."""
