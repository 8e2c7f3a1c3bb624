"""Small networks that show one thing each: collapse, approximation, a single training step."""
