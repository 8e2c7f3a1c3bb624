"""Numbers in and out: text, CSV, .npy and JSON; files are written whole or not at all."""
