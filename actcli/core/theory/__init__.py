"""Mean-field theory of deep random networks: what an activation does to signal and gradient."""
