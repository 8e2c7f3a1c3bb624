"""What a trained network decides over the plane, where the boundary is straight, and how each layer bends the plane."""
