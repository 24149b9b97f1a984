"""The edge: moves bytes, records facts, decides nothing."""
