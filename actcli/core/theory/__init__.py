"""Mean-field theory of deep random networks: variance, correlation and gradient from layer to layer."""
