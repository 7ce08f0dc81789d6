"""What the engine reaches the world through. Errors of libraries stop here, translated once."""
