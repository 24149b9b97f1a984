"""What else one could run in the place of the edge."""
