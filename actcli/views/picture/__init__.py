"""What a picture is (description), and its two painters: the terminal, in characters, and the page, in vectors."""
