"""Pictures: their description, and two painters: the terminal, in characters, and the page, in vectors."""
